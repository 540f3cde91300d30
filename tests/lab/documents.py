"""The commands of README.md and docs/: what stands in their blocks, and how it is run in the lab.

In front of each block there is a comment that says what is to be thought of it:

  <!-- run: NAME on HOST -->       tests/lab/test_documents.py runs it; a line may name its own host by
                                   a comment of the shell: `# on the target`
  <!-- tried: FILE -->             a test does the same in its own words
  <!-- not run: WHY -->            nothing does
  <!-- no commands -->             a picture, a file, what is printed
"""

import dataclasses
import pathlib
import re
import shlex
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGES = ("README.md", "docs/*.md")
MARK = re.compile(r"\s*<!-- (?:run: ([\w-]+) on ([\w-]+)|(tried|not run): (.+)|no commands) -->")
HOSTS = {"the online server": "online", "the first online server": "online",
         "the second online server": "online2", "the target": "target", "the assistant": "assistant"}
# These run until they are told to end.
STAY = ("tcpcopy", "intercept", "tcpdump")
AT_ONCE = ("--check", "--print-config", "--version")


@dataclasses.dataclass
class Block:
    place: str  # page:line
    name: str   # of one that is run
    host: str
    tried: str  # the file of a test
    marked: bool
    text: str


def blocks(root=ROOT):
    for pattern in PAGES:
        for page in sorted(root.glob(pattern)):
            yield from blocks_of(page.read_text(), page.relative_to(root))


def blocks_of(text, page):
    lines, at = text.splitlines(), 0
    while at < len(lines):
        if not lines[at].lstrip().startswith("```"):
            at += 1
            continue
        mark = MARK.fullmatch(lines[at - 1]) if at else None
        end = next(n for n in range(at + 1, len(lines)) if lines[n].lstrip().startswith("```"))
        body = textwrap.dedent("\n".join(lines[at + 1:end]))
        yield Block(f"{page}:{at + 1}", (mark and mark[1]) or "", (mark and mark[2]) or "",
                    mark[4] if mark and mark[3] == "tried" else "", bool(mark), body)
        at = end + 1


def commands(block):
    """Yields host and command."""
    for line in re.sub(r"\\\n\s*", "", block.text).splitlines():
        said = re.search(r"# on (the [\w ]+)$", line)
        if said and said[1] not in HOSTS:
            raise ValueError(f"{block.place}: {said[1]} is no host of the lab")
        if shlex.split(line, comments=True):
            yield HOSTS[said[1]] if said else block.host, line


def play(lab, name, instead=()):
    """Runs a block in the lab, whose hosts have other addresses. @return the processes that stay.

    @param instead pairs of a command of the block and what is run in its place."""
    found = [block for block in blocks() if block.name == name]
    assert len(found) == 1, f"{name}: {len(found)} blocks have this name"
    programs = lab.work / "programs"
    programs.mkdir(exist_ok=True)
    for daemon in ("tcpcopy", "intercept"):
        if not (programs / daemon).exists():
            (programs / daemon).symlink_to(lab.build / f"src/{daemon}/{daemon}")
    stay = []
    for host, command in commands(found[0]):
        command = dict(instead).get(command, command).replace("10.0.0.", "10.77.0.")
        words = shlex.split(command, comments=True)
        shell = ("env", f"PATH={programs}:/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-ec",
                 f'cd {lab.work}; {"exec " if words[0] in STAY else ""}{command}')
        program = next((word for word in STAY if word in words), "")
        if program and not any(word in AT_ONCE for word in words):
            process = lab.start(host, *shell, name=program)
            process.wait_for("listening on" if program == "tcpdump" else "started")
            stay.append(process)
        else:
            lab.on(host, *shell)
    return stay
