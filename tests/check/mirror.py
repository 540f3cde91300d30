#!/usr/bin/env python3
"""Every source of a pure room has a unit test of its name in the folder of tests/unit that mirrors its
own, or one of the conversations of tests/scenario is its test. Before that the check shows that it can
fail."""

import pathlib
import sys
import tempfile

from house import House

# What is tried through whole conversations alone.
CONVERSATIONS = {"engine", "engine_admission", "session", "session_client", "session_target"}


def faults_of(house, conversations):
    sources = {path.stem: house.path(path) for room in house.rooms.values() if room.pure
               for path in house.files(room) if path.suffix == ".cc"}
    tests = {name: pathlib.Path("tests/unit", *pathlib.Path(path).parts[1:-1], f"{name}_test.cc")
             for name, path in sources.items()}
    tested = {name for name, test in tests.items() if (house.source / test).exists()}
    for name in sorted(sources.keys() - tested - conversations):
        yield f"{sources[name]}: there is no {tests[name]}"
    for name in sorted(conversations & tested | conversations - sources.keys()):
        yield f"tests/check/mirror.py: {name} is no exception"


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name in ("src/a/one.cc", "src/a/two.cc", "src/b/three.cc", "tests/unit/a/one_test.cc"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text("")
        house = House(root, "a|src/a|pure||\nb|src/b|system||")
        (found,) = faults_of(house, set())
        assert "tests/unit/a/two_test.cc" in found, found
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
