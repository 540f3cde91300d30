#!/usr/bin/env python3
"""Every source of a pure room has a unit test of its name, or one of the conversations of
tests/scenario is its test. Before that the check shows that it can fail."""

import pathlib
import sys
import tempfile

from house import House

# What is tried through whole conversations alone.
CONVERSATIONS = {"engine", "session", "session_client", "session_target"}


def faults_of(house, conversations):
    tests = {path.name.removesuffix("_test.cc")
             for path in (house.source / "tests/unit").rglob("*_test.cc")}
    sources = {path.stem: path for room in house.rooms.values() if room.pure
               for path in house.files(room) if path.suffix == ".cc"}
    for name, path in sorted(sources.items()):
        if name not in tests and name not in conversations:
            yield f"{house.path(path)}: there is no tests/unit/…/{name}_test.cc"
    for name in sorted(conversations & tests | conversations - sources.keys()):
        yield f"tests/check/mirror.py: {name} is no exception"


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name in ("src/a/one.cc", "src/a/two.cc", "src/b/three.cc", "tests/unit/a/one_test.cc"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text("")
        house = House(root, "a|src/a|pure||\nb|src/b|system||")
        (found,) = faults_of(house, set())
        assert "two_test.cc" in found, found
        assert not list(faults_of(house, {"two"}))
        (found,) = faults_of(house, {"one", "two"})
        assert "one is no exception" in found, found


def main():
    self_test()
    faults = list(faults_of(House.from_command_line(), CONVERSATIONS))
    print("\n".join(faults) or "every pure source has its test")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
