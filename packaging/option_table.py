"""The options of both daemons: what their parsers know, and the long texts of docs/options.in.

docs/options.in is the page in Markdown, with blocks in place of its tables:

  @options tcpcopy          or intercept, or both
  --name                    behind it, in parentheses: a note, or the only daemon that has it
    The long text.
    Default: what stands for it where the parser has no default value
  @end
"""

import dataclasses
import re
import subprocess

DAEMONS = ("tcpcopy", "intercept")
# The groups of old names and of what is for tests, and of what does nothing any more: the page's prose
# names these.
ASIDE = ("", "Accepted from 1.x, without effect")
OF_OURS = ("--print-options", "--lose-captured")  # nobody's business


@dataclasses.dataclass
class Option:
    group: str
    names: list  # as they are typed; the letter first
    value: str   # its placeholder, `a|b|c` where it is one of these; empty for a flag
    preset: str
    help: str

    @property
    def name(self):
        return self.names[-1]


@dataclasses.dataclass
class Daemon:
    name: str
    version: str
    about: str
    options: list

    def option(self, name):
        return next((option for option in self.options if name in option.names), None)

    def listed(self):
        return [option for option in self.options if option.group not in ASIDE]


@dataclasses.dataclass
class Entry:
    name: str
    note: str
    text: str
    default: str

    def concerns(self, daemon):
        return self.note not in DAEMONS or self.note == daemon


@dataclasses.dataclass
class Block:
    of: list  # of the names of daemons
    entries: list


def parse_daemon(dump):
    first, *lines = dump.splitlines()
    options = []
    for line in lines:
        group, names, *rest = line.split("\t")
        options.append(Option(group, names.split(), *rest))
    return Daemon(*first.split("\t"), options)


def ask_daemon(binary):
    return parse_daemon(subprocess.run([binary, "--print-options"], text=True, check=True,
                                       capture_output=True).stdout)


def parse_source(text):
    """Yields the page's prose as text, and its tables as blocks."""
    prose, block = [], None
    for number, line in enumerate(text.splitlines(), 1):
        if block is None:
            start = re.fullmatch(r"@options (tcpcopy|intercept|both)", line)
            if start:
                yield "\n".join(prose)
                prose, block = [], Block(list(DAEMONS) if start[1] == "both" else [start[1]], [])
            else:
                prose.append(line)
        elif line == "@end":
            yield block
            block = None
        elif entry := re.fullmatch(r"(--[\w-]+)(?: \((\w+)\))?", line):
            block.entries.append(Entry(entry[1], entry[2] or "", "", ""))
        elif block.entries and line.startswith("  Default: "):
            block.entries[-1].default = line.removeprefix("  Default: ")
        elif block.entries and line.startswith("  ") and not block.entries[-1].default:
            block.entries[-1].text = f"{block.entries[-1].text} {line.strip()}".strip()
        else:
            raise ValueError(f"docs/options.in:{number}: neither an option, nor its text: {line}")
    if block is not None:
        raise ValueError("docs/options.in: @end is missing")
    yield "\n".join(prose)


def default_of(option, entry):
    return option.preset or entry.default or ("none" if option.value else "off")


def faults_of(daemons, parts):
    """@param daemons by name."""
    explained = {(daemon, entry.name): entry
                 for part in parts if isinstance(part, Block)
                 for daemon in part.of for entry in part.entries if entry.concerns(daemon)}
    prose = " ".join(part for part in parts if isinstance(part, str))
    for (daemon, name), entry in explained.items():
        option = daemons[daemon].option(name)
        if option is None:
            yield f"docs/options.in: {daemon} has no option {name}"
        elif option.preset and entry.default:
            yield f"docs/options.in: {daemon} {name}: its parser says the default, {option.preset}"
        elif not entry.text:
            yield f"docs/options.in: {daemon} {name} has no text"
    for daemon in daemons.values():
        for option in daemon.options:
            is_told = any((daemon.name, name) in explained for name in option.names)
            if option.group in ASIDE:
                is_told = is_told or option.name in OF_OURS or any(
                    re.search(rf"[` ]{name}[` ]", prose) for name in option.names)
            if not is_told:
                yield f"docs/options.in: {daemon.name} {option.name} is not explained"


def names_in_markdown(option, note=""):
    names = ", ".join(f"`{name}`" for name in option.names)
    value = " *" + option.value.replace("|", "\\|") + "*" if option.value else ""
    return names + value + (f" ({note})" if note else "")


def page(daemons, parts):
    """docs/options.md."""
    lines = ["<!-- Made by scripts/options from docs/options.in and from what the daemons accept. -->"]
    for part in parts:
        if isinstance(part, str):
            lines.append(part)
            continue
        lines += ["| option | meaning | default |", "|---|---|---|"]
        for entry in part.entries:
            of = next(daemon for daemon in part.of if entry.concerns(daemon))
            option = daemons[of].option(entry.name)
            cells = (names_in_markdown(option, entry.note), entry.text.replace("|", "\\|"),
                     default_of(option, entry))
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
