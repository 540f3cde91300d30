#!/usr/bin/env python3
"""What stands under docs/ can be reached, and what the pages name is there: links, their headings,
paths of the tree. Before that the check shows that it can fail."""

import pathlib
import re
import sys
import tempfile

SOURCES = (".in",)  # what scripts make pages of
PAGES = ("README.md", "CONTRIBUTING.md", "docs/*.md", "tests/*/README.md")
LINK = re.compile(r"\]\(([^)\s]+)\)")
PATH = re.compile(r"`((?:src|include/tcpcopy|tests|scripts|conf|docs|cmake)/[\w./*-]*)`")
# Of tcpcopy's rooms architecture.md leaves src/tcpcopy/ out.
ROOM = re.compile(r"`((?:session|capture|inject|returns|options|trace)/[\w.*]+)`")
PLACEHOLDER = re.compile(r"\b[A-Z]+[_.]|/[A-Z]+\b|\bX\b")


def anchors(text):
    """As GitHub makes them of headings, and those that are written."""
    for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", heading.lower())
        yield plain.strip().replace(" ", "-")
    yield from re.findall(r'<a id="([^"]+)">', text)


def without_blocks(text):
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def exists(root, path):
    return any(root.glob(path.rstrip("/"))) if "*" in path else (root / path).exists()


def faults_of(root):
    pages = [path for pattern in PAGES for path in sorted(root.glob(pattern))]
    reached = set()
    for page in pages:
        text = without_blocks(page.read_text())
        place = page.relative_to(root)
        for link in LINK.findall(text):
            if re.match(r"[a-z]+:", link):
                continue
            name, _, anchor = link.partition("#")
            to = (page.parent / name).resolve() if name else page
            if to != page:
                reached.add(to)
            if not to.exists():
                yield f"{place}: {link} leads nowhere"
            elif anchor and anchor not in anchors(to.read_text()):
                yield f"{place}: {link}: there is no such heading"
        paths = PATH.findall(text)
        if page.name == "architecture.md":
            paths += [f"src/tcpcopy/{path}" for path in ROOM.findall(text)]
        for path in paths:
            if not PLACEHOLDER.search(path) and not exists(root, path):
                yield f"{place}: `{path}` is not there"
    for path in sorted((root / "docs").iterdir()):
        if path.suffix not in SOURCES and path.resolve() not in reached:
            yield f"docs/{path.name}: no page links to it"


def self_test():
    for what, readme, page in (
            ("docs/page.md: no page links to it", "", "# A"),
            ("docs/other.md leads nowhere", "[a](docs/page.md) [b](docs/other.md)", "# A"),
            ("there is no such heading", "[a](docs/page.md#b-c)", "# A"),
            ("`src/gone.cc` is not there", "[a](docs/page.md#a-b) `src/gone.cc`", "# A: b")):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder).resolve()
            (root / "docs").mkdir()
            (root / "README.md").write_text(readme)
            (root / "docs/page.md").write_text(page)
            found = list(faults_of(root))
            assert len(found) == 1 and what in found[0], f"{what}: {found}"


def main():
    self_test()
    faults = list(faults_of(pathlib.Path(sys.argv[1]).resolve()))
    print("\n".join(faults) or "all pages are linked, and name what is there")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
