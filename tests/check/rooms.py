#!/usr/bin/env python3
"""The walls of the house: who includes whom, whose namespace is where, and what stands in some rooms
alone. Before it looks at the tree it shows that each rule can fail, on a small tree that breaks it."""

import pathlib
import re
import sys
import tempfile

from house import House, VOCABULARY, includes

OPTIONS = "options"
# These meet all rooms of tcpcopy; trace decorates their ports. Options take their settings alone.
MEETING = {"check", "path", "replayer", "trace", OPTIONS}
# What opens nothing may be included by options from any room.
SETTINGS = re.compile(r"/settings\.hh$")
OPTIONS_MAY_USE = {VOCABULARY, OPTIONS, "runtime"}
# What these know of the control channel: no record of any version.
OF_THE_CHANNEL = {"route": {"common/wire/message.hh"}, "session": set()}


def inclusion_faults(house):
    """A room includes what it uses, and uses what it includes; pure rooms use pure rooms."""
    for room in house.rooms.values():
        used = set()
        for path in house.files(room):
            for number, quote, name in includes(path):
                to = house.room_of(name)
                place = f"{house.path(path)}:{number}"
                if to is None:
                    if (house.source / "src" / name).exists():
                        yield f"{place}: {name} belongs to no room"
                    continue
                if quote == "<":
                    yield f'{place}: the project\'s own {name} is included with "..."'
                used.add(to)
                if to not in (room.name, VOCABULARY, *room.uses):
                    yield f"{place}: {room.name} does not use {to}"
                if (room.name == OPTIONS and to not in OPTIONS_MAY_USE and
                        not house.rooms[to].pure and not SETTINGS.search(name)):
                    yield f"{place}: options take settings.hh alone of {to}"
                if to == "wire" and name not in OF_THE_CHANNEL.get(room.name, {name}):
                    yield f"{place}: {room.name} knows no record"
        for name in room.uses:
            if name not in house.rooms:
                yield f"{room.folder}: uses {name}, which is no room"
            elif name not in used:
                yield f"{room.folder}: uses {name} and includes nothing of it"
            elif room.pure and not house.rooms[name].pure:
                yield f"{room.folder}: is pure and uses {name}, which is not"


def daemon(room):
    folder = room.folder.split("/")
    return folder[1] if len(folder) > 1 else ""


def meeting_faults(house):
    """Rooms of tcpcopy meet in a few places; no room is of use to the other daemon."""
    for room in house.rooms.values():
        for name in room.uses:
            used = house.rooms.get(name)
            if used is None or daemon(used) == "common":
                continue
            if daemon(used) != daemon(room):
                yield f"{room.folder}: uses {used.folder}, which is another program's"
            elif daemon(room) == "tcpcopy" and room.name not in MEETING:
                yield f"{room.folder}: uses {used.folder}; these meet in {', '.join(sorted(MEETING))}"


def namespace_faults(house):
    """All of a room stands in its namespace, or, in a folder of it, in one of that name in there."""
    for room in house.rooms.values():
        wanted = "tcpcopy" if room.name == VOCABULARY else f"tcpcopy::{room.name}"
        for path in house.files(room):
            folder = path.parent.name
            opened = re.findall(r"^namespace (tcpcopy\S*) \{", path.read_text(), re.MULTILINE)
            if not opened or any(name not in (wanted, f"{wanted}::{folder}") for name in opened):
                yield f"{house.path(path)}: is to be in namespace {wanted}, not {opened}"


# What is written in some places alone: the words, where, and why.
PLACES = [
    (r"\bv4_bits\b|\bsockaddr_in\b|\bAF_INET\b",
     ("include/tcpcopy/address.hh", "src/common/vocabulary/", "src/common/net/", "src/common/wire/", "src/common/runtime/",
      "src/tcpcopy/inject/",
      # Until flows are of both families:
      "src/tcpcopy/options/rule_syntax.cc", "src/tcpcopy/path/pool_check.cc",
      "src/tcpcopy/session/sampling.cc", "src/tcpcopy/session/port_candidates.cc",
      "src/tcpcopy/session/source_addresses.cc", "src/tcpcopy/capture/raw_capture.cc",
      "src/intercept/route/destination_translation.cc"),
     "knows one family of addresses"),
    (r"\binjector_?(\.|->)flush\(", ("src/tcpcopy/inject/outbox.cc",),
     "announcements would not leave first"),
    (r"(?<![\w.>:])flush\(\);(?<!void flush\(\);)",
     ("src/tcpcopy/inject/outbox.cc", "src/tcpcopy/returns/intercept_link.cc"),
     "an injector sends nothing by itself"),
    (r"\bwake_up_is_over\(", ("src/common/runtime/budget.hh", "src/common/runtime/event_loop."),
     "each source takes its batches by a Budget"),
]


def code_of(path):
    return [(number, line.split("//")[0])
            for number, line in enumerate(path.read_text().splitlines(), 1)]


def sources(house):
    return [path for folder in ("include", "src") for path in
            sorted((house.source / folder).rglob("*")) if path.suffix in (".hh", ".cc")]


def place_faults(house, places):
    for pattern, allowed, why in places:
        used = set()
        for path in sources(house):
            found = [number for number, line in code_of(path) if re.search(pattern, line)]
            place = next((a for a in allowed if str(house.path(path)).startswith(a)), None)
            if found and place is None:
                yield f"{house.path(path)}:{found[0]}: {why}: {pattern}"
            elif found:
                used.add(place)
        for place in sorted(set(allowed) - used):
            yield f"{place} is allowed {pattern}, and has it no more: take it off the list"


# Exceptions end a daemon, so only what runs while it starts throws them: constructors, what reads the
# options, what opens something; and these, with who calls them.
THROWING = re.compile(r"(?:^|::)(?:[A-Z]\w*|(?:open|parse|interpret|refuse|load|read|find|check)\w*|"
                      r"activate|attach|expect|set_filter|make_context)$")
THROWERS = {
    "add_range": "parse_client_pool()", "take_mac": "parse_rule()", "own_address": "find_device_way()",
    "ask_for": "find_device_way()", "HostNames::host": "the options' parsers",
    "ModuleFile::take_ports": "open_modules()",
    "make_key": "--make-key, which is all that runs", "go_to_background": "main()",
    "PidFile::update": "main()", "listen_on": "LinkServer's constructor",
    "local_addresses": "the options' refusals, Interceptor's constructor, and whoever catches it",
    "EventLoop::watch": "whoever starts; try_watch() is for later", "EventLoop::on_signals": "run()",
}


CONTROL = re.compile(r"(if|else|for|while|do|switch|case|try|catch|return|const auto|[:}#/\[])\b|[:}#/\[]")


def throwers(path):
    """Yields line and function of each throw: the function is what it is indented under."""
    lines = path.read_text().splitlines()
    for at, line in enumerate(lines):
        if not re.search(r"\bthrow\b", line.split("//")[0]):
            continue
        depth, function = len(line) - len(line.lstrip()), "nobody"
        for above in reversed(lines[:at]):
            text = above.lstrip()
            if not text or len(above) - len(text) >= depth:
                continue
            depth = len(above) - len(text)
            found = re.search(r"([\w:~]+)\(", text)
            if found and not CONTROL.match(text):
                function = found[1]
                break
        yield at + 1, function


def throw_faults(house, allowed):
    used = set()
    for path in sources(house):
        for number, function in throwers(path):
            if function in allowed:
                used.add(function)
            elif not THROWING.search(function):
                yield (f"{house.path(path)}:{number}: {function} throws; does it run only while a daemon "
                       "starts?")
    for function in sorted(allowed.keys() - used):
        yield f"{function} may throw, and does not any more: take it off the list"


def faults_of(house, places, allowed):
    for rule in (inclusion_faults, meeting_faults, namespace_faults):
        yield from rule(house)
    yield from place_faults(house, places)
    yield from throw_faults(house, allowed)


def broken_trees():
    """Yields what is wrong, the rooms, the files and the places: one fault each."""
    rooms = "net|src/common/net|pure||\nruntime|src/common/runtime|system||\n"
    net = {"src/common/net/a.hh": "namespace tcpcopy::net {}"}
    runtime = {"src/common/runtime/b.hh": "namespace tcpcopy::runtime {}"}
    both = net | runtime
    more = "capture|src/tcpcopy/capture|system||\n"
    capture = {"src/tcpcopy/capture/c.hh": "namespace tcpcopy::capture {}"}
    taking = '#include "tcpcopy/capture/c.hh"\n'
    yield ("net does not use runtime", rooms,
           both | {"src/common/net/a.hh": '#include "common/runtime/b.hh"\nnamespace tcpcopy::net {}'})
    yield ("belongs to no room", rooms, both | {"src/other/x.hh": "", "src/common/net/a.hh":
           '#include "other/x.hh"\nnamespace tcpcopy::net {}'})
    yield ("includes nothing of it", rooms.replace("system||", "system|net|"), both)
    yield ("is pure and uses runtime", rooms.replace("pure||", "pure|runtime|"),
           both | {"src/common/net/a.hh": '#include "common/runtime/b.hh"\nnamespace tcpcopy::net {}'})
    yield (None, rooms, both | {"src/common/net/own/x.hh": "namespace tcpcopy::net::own {}"})
    yield ("is to be in namespace tcpcopy::net", rooms, both | {"src/common/net/own/x.hh":
           "namespace tcpcopy::net::other {}"})
    yield ("is to be in namespace tcpcopy::net", rooms, both | {"src/common/net/a.hh":
           "namespace tcpcopy {}"})
    yield ("these meet in", rooms + more + "inject|src/tcpcopy/inject|system|capture|\n",
           both | capture | {"src/tcpcopy/inject/d.hh": taking + "namespace tcpcopy::inject {}"})
    yield ("is another program's", rooms + more + "link|src/intercept/link|system|capture|\n",
           both | capture | {"src/intercept/link/e.hh": taking + "namespace tcpcopy::link {}"})
    yield ("options take settings.hh alone", rooms + more +
           "options|src/tcpcopy/options|system|capture|\n",
           both | capture | {"src/tcpcopy/options/f.hh": taking + "namespace tcpcopy::options {}"})
    yield ("route knows no record", rooms + "wire|src/common/wire|pure||\n"
           "route|src/intercept/route|pure|wire|\n",
           both | {"src/common/wire/record.hh": "namespace tcpcopy::wire {}",
                   "src/intercept/route/h.hh":
                   '#include "common/wire/record.hh"\nnamespace tcpcopy::route {}'})
    yield ("forbidden here", rooms, both | {"src/common/net/a.hh":
           "namespace tcpcopy::net {}\nAF_INET"})
    yield ("take it off the list", rooms, {**net, "src/common/runtime/b.hh":
           "namespace tcpcopy::runtime {}  // AF_INET"})
    throwing = "namespace tcpcopy::net {{\n{}\n  throw 1;\n}}"
    yield ("on_packet throws", rooms,
           both | {"src/common/net/a.hh": throwing.format("void Reader::on_packet() {")})
    yield (None, rooms, both | {"src/common/net/a.hh": throwing.format("Reader::Reader() {")})


def self_test():
    places = [(r"\bAF_INET\b", ("src/common/runtime/",), "forbidden here")]
    for what, listing, files in broken_trees():
        with tempfile.TemporaryDirectory() as folder:
            if what not in ("take it off the list",):
                files = files | {"src/common/runtime/g.hh": "namespace tcpcopy::runtime {}\nAF_INET"}
            for name, text in files.items():
                path = pathlib.Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            found = list(faults_of(House(folder, listing), places, {}))
            assert len(found) == (what is not None), f"{what}: {found}"
            assert not found or what in found[0], f"{what}: {found}"


def main():
    self_test()
    house = House.from_command_line()
    assert len(house.rooms) > 10, "no rooms are listed"
    faults = list(faults_of(house, PLACES, THROWERS))
    print("\n".join(faults) or f"{len(house.rooms)} rooms keep to their walls")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
