"""A daemon's man page, made of docs/options.in and of what its parser knows."""

import datetime
import os
import re

from option_table import DAEMONS, Block, default_of

COMMON = ("The process", "Keys", "Configuration file", "Signals and exit status")
INLINE = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*|\[([^\]]+)\]\(([^)]+)\)")


def escaped(text):
    return text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")


def prose(text):
    """A piece of running text, without a break of line."""
    done, at = "", 0
    for found in INLINE.finditer(text):
        done += plain(text[at:found.start()])
        code, bold, italic, link, to = found.groups()
        if code or bold:
            done += f"\\fB{escaped(code) if code else plain(bold)}\\fR"
        elif italic:
            done += f"\\fI{plain(italic)}\\fR"
        else:
            done += prose(link) if to.startswith("#") or link in to else f"{prose(link)} ({plain(to)})"
        at = found.end()
    return done + plain(text[at:])


def plain(text):
    return re.sub(r"<[^>]+>", "", text).replace("\\", "\\e").replace("'", "\\(aq")


def line(text):
    """At the start of a line a dot or an apostrophe would be a request."""
    return "\\&" + text if text[:1] in (".", "'") else text


def sentences(text):
    """A sentence a line, as roff wants it."""
    return [line(piece) for piece in re.split(r"(?<=[.:;?]) (?=[A-Z\\])", text) if piece]


def paragraphs(text):
    """Markdown, as far as docs/options.in uses it, to roff."""
    out, kept, code = [], [], False

    def flush():
        if kept:
            out.extend([".PP", *sentences(prose(" ".join(kept)))])
            kept.clear()

    for row in text.split("\n"):
        if row.startswith("```"):
            flush()
            out.extend([".fi", ".RE"] if code else [".PP", ".RS 4", ".nf"])
            code = not code
        elif row.startswith("<!--"):
            continue
        elif code:
            out.append(line(escaped(row)))
        elif row.startswith("### "):
            flush()
            out.append(f'.SS "{plain(row[4:])}"')
        elif row.startswith("|"):
            flush()
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip("|"))]
            if not re.fullmatch(r"[-| ]+", row) and cells[0] not in ("signal", "status"):
                out.extend([".TP", prose(cells[0]), *sentences(prose(" ".join(cells[1:])))])
        elif row.strip():
            kept.append(row.strip())
        else:
            flush()
    flush()
    return out


def entries(block, daemon):
    out = []
    for entry in block.entries:
        if not entry.concerns(daemon.name):
            continue
        option = daemon.option(entry.name)
        names = ", ".join(f"\\fB{escaped(name)}\\fR" for name in option.names)
        value = f" \\fI{plain(option.value)}\\fR" if option.value else ""
        note = f" ({entry.note})" if entry.note not in ("", *DAEMONS) else ""
        out += [".TP", names + value + note, *sentences(prose(entry.text))]
        default = default_of(option, entry)
        if default not in ("off", "none"):
            out += sentences(prose(f"Default: {default}."))
    return out


def sections(parts):
    """Yields each part with the heading of the second level that it stands under."""
    heading = ""
    for part in parts:
        if isinstance(part, Block):
            yield heading, part
            continue
        for piece in re.split(r"^(?=## )", part, flags=re.M):
            found = re.match(r"## (.*)\n?", piece)
            if found:
                heading = found[1]
                piece = piece[found.end():]
            yield heading, piece


def day():
    stamp = os.environ.get("SOURCE_DATE_EPOCH")
    when = datetime.datetime.fromtimestamp(int(stamp), datetime.timezone.utc) if stamp else \
        datetime.datetime.now(datetime.timezone.utc)
    return when.strftime("%Y-%m-%d")


def man_page(daemon, parts):
    about = daemon.about[0].lower() + daemon.about[1:].rstrip(".")
    other = next(name for name in DAEMONS if name != daemon.name)
    out = [f'.TH {daemon.name.upper()} 8 {day()} "{daemon.name} {daemon.version}"',
           ".SH NAME", f"{daemon.name} \\- {about}", ".SH SYNOPSIS"]
    previous = None
    for heading, piece in sections(parts):
        if heading == daemon.name and previous != heading:
            # Its first paragraph is how it is called; the page's own introduction follows.
            first, piece = piece.strip("\n").partition("\n\n")[::2]
            out += [*sentences(prose(first.replace("\n", " "))), ".SH OPTIONS",
                    *paragraphs(parts[0].split("\n## ")[0].partition("\n")[2])]
        elif heading in COMMON and previous != heading:
            out.append(f'.SH "{heading.upper()}"')
        elif heading not in (*COMMON, daemon.name):
            previous = heading
            continue
        previous = heading
        out += entries(piece, daemon) if isinstance(piece, Block) else paragraphs(piece)
    out += [".SH SEE ALSO", f".BR {other} (8),", ".BR tcpdump (8),", ".BR pcap\\-filter (7)", ".PP",
            "The guides in /usr/share/doc/tcpcopy/docs: deployment.md, troubleshooting.md, cookbook.md."]
    return re.sub(r"^(\.S[HS] .*)\n\.PP\n", r"\1\n", "\n".join(out) + "\n", flags=re.M)
