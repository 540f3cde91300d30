"""The rooms of the house, as cmake/Rooms.cmake lists them."""

import argparse
import dataclasses
import pathlib
import re

VOCABULARY = "vocabulary"
HEADERS = "include/tcpcopy"


@dataclasses.dataclass
class Room:
    name: str
    folder: str  # from the tree's root
    pure: bool
    uses: list
    archive: str  # of its objects; empty without sources


class House:
    def __init__(self, source, listing):
        self.source = pathlib.Path(source)
        self.rooms = {}
        for line in listing.splitlines():
            name, folder, kind, uses, archive = line.split("|")
            self.rooms[name] = Room(name, folder, kind == "pure", uses.split(), archive)

    @classmethod
    def from_command_line(cls):
        parser = argparse.ArgumentParser()
        parser.add_argument("--source", type=pathlib.Path, required=True)
        parser.add_argument("--rooms", type=pathlib.Path, required=True)
        options = parser.parse_args()
        return cls(options.source, options.rooms.read_text())

    def files(self, room):
        """Its headers and sources, but for a program's main.cc. A folder within that is no room of
        its own belongs to it."""
        folders = [self.source / room.folder]
        if room.name == VOCABULARY:
            folders.append(self.source / HEADERS)
        return [path for folder in folders for path in sorted(folder.rglob("*"))
                if path.suffix in (".hh", ".cc") and path.name != "main.cc" and
                self.room_in(path.parent.relative_to(self.source)) in (room.name, None)]

    def room_in(self, folder):
        """The name of the room that a folder of the tree is, or stands in; none outside of all."""
        for parent in (folder, *folder.parents):
            for room in self.rooms.values():
                if pathlib.PurePath(room.folder) == parent:
                    return room.name
        return None

    def room_of(self, include):
        """The name of the room that an #include "..." leads to; none for other libraries."""
        if (self.source / "include" / include).exists():
            return VOCABULARY
        return self.room_in((pathlib.PurePath("src") / include).parent)

    def path(self, path):
        return path.relative_to(self.source)


def includes(path):
    """Yields line, kind (" or <) and name."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = re.match(r'\s*#include\s+([<"])([^>"]+)[>"]', line)
        if found:
            yield number, found[1], found[2]
