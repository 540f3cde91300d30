#!/usr/bin/env python3
"""Each block of commands in README.md and docs/ is run by a test, or says that it is not; and what the
test of the documents runs is there. Before that the check shows that it can fail."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests/lab"))

import documents  # noqa: E402

TEST = "tests/lab/test_documents.py"


def faults_of(blocks, test, root):
    blocks = list(blocks)
    for block in blocks:
        if not block.marked:
            yield f"{block.place}: is it run? See tests/lab/documents.py for what to write in front of it"
        if block.tried and not (root / block.tried).exists():
            yield f"{block.place}: {block.tried} is not there"
        if block.name and f'"{block.name}"' not in test:
            yield f"{block.place}: {TEST} does not run `{block.name}`"
    names = [block.name for block in blocks if block.name]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"`{name}` names two blocks"
    for played in re.findall(r'play\(lab, "([\w-]+)"\)', test):
        if played not in names:
            yield f"{TEST}: no page has a block `{played}`"


def self_test():
    good = "<!-- run: a on target -->\n```\nls\n```\n"
    test = 'play(lab, "a")'
    for what, page, played in (
            (None, good + "<!-- no commands -->\n```\nx\n```", test),
            ("is it run?", "```\nls\n```", ""),
            ("is not there", "<!-- tried: tests/gone.py -->\n```\nls\n```", ""),
            ("does not run `a`", good, ""),
            ("`a` names two blocks", good * 2, test),
            ("no page has a block `b`", good, test + 'play(lab, "b")')):
        found = list(faults_of(documents.blocks_of(page, "page"), played, ROOT))
        assert len(found) == (what is not None) and (not found or what in found[0]), (what, found)


def main():
    self_test()
    blocks = list(documents.blocks())
    faults = list(faults_of(blocks, (ROOT / TEST).read_text(), ROOT))
    run = sum(bool(block.name) for block in blocks)
    print("\n".join(faults) or f"{len(blocks)} blocks: {run} are run as they stand, "
                               f"{sum(bool(block.tried) for block in blocks)} by other tests")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
