#!/usr/bin/env python3
"""Every figure that a room reports stands in docs/statistics.md, and no other. Before that the check
shows that it can fail.

With --table it prints the rows, to be put there."""

import pathlib
import re
import sys
import tempfile

PAGE = "docs/statistics.md"
SAID = re.compile(r'\.(total|now|spread)\(\s*\{\s*"(\w+)",\s*"([^"]*)",\s*"([^"]*)"(?:,\s*"(\w+)")?\s*\}')
ROW = re.compile(r"^\| `(\w+)`(?: by (\w+))? \|", re.MULTILINE)
# Of a line of JSON itself.
NO_FIGURES = {"time", "program"}


def figures_of(root, folder=""):
    """Yields name and label, whether it counts since the start, unit and help."""
    for path in sorted((root / "src" / folder).rglob("*.cc")):
        text = re.sub(r'"\s*\n\s*"', "", path.read_text())
        for kind, name, unit, meaning, label in SAID.findall(text):
            yield (name, label), kind, unit, meaning


def documented(page):
    section = page[page.find("\n## Figures"):] if "\n## Figures" in page else ""
    return {row for row in ROW.findall(section) if row[0] not in NO_FIGURES}


def faults_of(root):
    told = documented((root / PAGE).read_text())
    said = {}
    for figure, _, unit, meaning in figures_of(root):
        if said.setdefault(figure, (unit, meaning)) != (unit, meaning):
            yield f"{figure[0]}: is said in two ways"
    for name, label in sorted(said.keys() - told):
        yield f"{PAGE}: `{name}`" + (f" by {label}" if label else "") + " is not explained"
    for name, _ in sorted(told - said.keys()):
        yield f"{PAGE}: no room says `{name}`"


def print_table(root):
    seen = set()
    for (name, label), kind, unit, meaning in figures_of(root):
        if name in seen:
            continue
        seen.add(name)
        by = f" by {label}" if label else ""
        now = ", *now*" if kind == "now" else ""
        print(f"| `{name}`{by} | {unit} | {meaning}{now} |")


def self_test():
    source = 'to.total({"a", "packets", "all"}, 1); to.now({"b", "bytes", "some "\n"more", "why"}, 2);'
    page = "# S\n\n## Figures\n\n| `a` | packets | all |\n"
    rows = page + "| `b` by why | bytes | some |\n"
    for what, code, text in ((None, source, rows), ("`b` by why is not explained", source, page),
                             ("no room says `c`", source, rows + "| `c` | | |\n"),
                             ("a: is said in two ways",
                              source + 'to.total({"a", "bytes", "all"}, 1);', rows)):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, content in (("src/a.cc", code), (PAGE, text)):
                (root / name).parent.mkdir()
                (root / name).write_text(content)
            found = list(faults_of(root))
            assert len(found) == (what is not None) and (not found or what in found[0]), found


def main():
    self_test()
    if sys.argv[1] == "--table":
        return print_table(pathlib.Path(sys.argv[2]))
    faults = list(faults_of(pathlib.Path(sys.argv[1])))
    print("\n".join(faults) or "the figures are explained")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
