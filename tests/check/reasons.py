#!/usr/bin/env python3
"""Every reason that packets, sessions or links are left out or end for is counted somewhere, has a
name, and stands in the documentation. Before that the check shows that it can fail."""

import pathlib
import re
import sys
import tempfile

# The enumeration, its header, where its names stand.
REASONS = [
    ("LossReason", "src/tcpcopy/session/ledger.hh", "src/tcpcopy/session/ledger.cc"),
    ("Refusal", "src/tcpcopy/session/ledger.hh", "src/tcpcopy/session/ledger.cc"),
    ("SendError", "src/tcpcopy/inject/send_errors.hh", "src/tcpcopy/inject/send_errors.cc"),
    ("ParseError", "src/common/net/packet_parser.hh", "src/common/net/packet_parser.cc"),
    ("EndReason", "src/common/channel/link_end.hh", "src/common/channel/link_end.cc"),
]
NO_REASON = {"kNone"}


def reasons_of(header, enumeration):
    body = re.search(rf"enum class {enumeration} [^{{]*\{{(.*?)\}};", header, re.DOTALL)
    return [name for name in re.findall(r"^\s*(k\w+)", body[1], re.MULTILINE)
            if name not in NO_REASON] if body else []


def names_of(source, enumeration, reasons):
    """What to_string() has for each: in a switch, or in an array of the same order."""
    array = re.search(r"kNames = \{(.*?)\};", source, re.DOTALL)
    if array:
        return dict(zip(reasons, re.findall(r'"([a-z0-9-]+)"', array[1])))
    return dict(re.findall(rf'case {enumeration}::(k\w+):\s*return "([a-z0-9-]+)"', source))


def faults_of(root, reasons):
    texts = {path: path.read_text() for path in sorted((root / "src").rglob("*"))
             if path.suffix in (".hh", ".cc")}
    pages = "\n".join(path.read_text() for path in sorted((root / "docs").glob("*.md")))
    for enumeration, header, source in reasons:
        found = reasons_of(texts[root / header], enumeration)
        if not found:
            yield f"{header}: there is no enumeration {enumeration}"
        names = names_of(texts[root / source], enumeration, found)
        for reason in found:
            used = re.compile(rf"(?<!case ){enumeration}::{reason}\b")
            if not any(used.search(text) for text in texts.values()):
                yield f"{header}: {enumeration}::{reason} is counted nowhere"
            name = names.get(reason)
            if name is None:
                yield f"{source}: {enumeration}::{reason} has no name"
            elif f"`{name}`" not in pages:
                yield f"docs: `{name}` ({enumeration}::{reason}) is explained nowhere"


CODES = ("src/common/findings/codes.hh", "docs/check.md", "docs/troubleshooting.md")


def code_faults(header, page, symptoms):
    """Each code of --check has a section of its own, and a symptom."""
    codes = {f"TC{number} {name}" for number, name in
             re.findall(r'constexpr Code k\w+\{(\d+), "([a-z-]+)"\}', header)}
    sections = set(re.findall(r"^## (TC\d+ .*)$", page, re.MULTILINE))
    for code in sorted(codes ^ sections):
        yield f"docs/check.md: {code} is {'no code' if code in sections else 'explained nowhere'}"
    for code in sorted(codes):
        link = f"check.md#{code.lower().replace(' ', '-')}"
        if f"({link})" not in symptoms:
            yield f"docs/troubleshooting.md: no symptom leads to {link}"


def self_test():
    header = 'constexpr Code kA{101, "a"}; constexpr Code kB{102, "b"};'
    symptoms = "(check.md#tc101-a) (check.md#tc102-b)"
    assert not list(code_faults(header, "## TC101 a\n\n## TC102 b", symptoms))
    assert len(list(code_faults(header, "## TC101 a\n\n## TC103 b", symptoms))) == 2
    assert len(list(code_faults(header, "## TC101 a\n\n## TC102 b", symptoms[:20]))) == 1
    counted = "lose(Why::kA); lose(Why::kB);"
    names = 'case Why::kA: return "a"; case Why::kB: return "b";'
    for what, source, page in (("Why::kB is counted nowhere", counted[:13] + names, "`a` `b`"),
                               ("Why::kB has no name", counted + names[:26], "`a` `b`"),
                               ("`b` (Why::kB) is explained", counted + names, "`a`")):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in (("src/why.hh", "enum class Why : int {\n  kA,\n  kB,\n};"),
                               ("src/why.cc", source), ("docs/page.md", page)):
                (root / name).parent.mkdir(exist_ok=True)
                (root / name).write_text(text)
            found = list(faults_of(root, [("Why", "src/why.hh", "src/why.cc")]))
            assert len(found) == 1 and what in found[0], f"{what}: {found}"


def main():
    self_test()
    root = pathlib.Path(sys.argv[1])
    faults = list(faults_of(root, REASONS))
    faults += code_faults(*((root / name).read_text() for name in CODES))
    print("\n".join(faults) or f"the reasons of {len(REASONS)} enumerations are counted and explained")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
