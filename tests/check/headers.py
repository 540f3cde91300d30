#!/usr/bin/env python3
"""Every header compiles on its own.

That of a source file is the first that the file includes, so compiling the file proves it. The other
headers are compiled here.
"""

import argparse
import pathlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor


def compile_alone(compiler, source, header):
    command = [compiler, "-std=c++20", "-fsyntax-only", "-x", "c++", "-I", source / "include", "-I",
               source / "src", "-DSPDLOG_FMT_EXTERNAL", "-include", header, "/dev/null"]
    done = subprocess.run([str(c) for c in command], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    return "" if done.returncode == 0 else f"{header}:\n{done.stdout}"


def is_first_of_its_source(header):
    source = header.with_suffix(".cc")
    if not source.exists():
        return False
    first = next(line for line in source.read_text().splitlines() if line.startswith("#include"))
    if not first.endswith(f'/{header.name}"'):
        sys.exit(f"{source}: the first #include is to be its own header")
    return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--source", type=pathlib.Path, required=True)
    options = parser.parse_args()
    headers = sorted((options.source / "include").rglob("*.hh"))
    headers += sorted((options.source / "src").rglob("*.hh"))
    proven = [header for header in headers if is_first_of_its_source(header)]
    alone = [header for header in headers if header not in proven]
    assert len(proven) > 30 and len(alone) > 10
    with ThreadPoolExecutor(2) as pool:
        faults = [f for f in pool.map(
            lambda h: compile_alone(options.compiler, options.source, h), alone) if f]
    print("\n".join(faults) or
          f"{len(alone)} headers are self-contained, {len(proven)} are the first of their source")
    return 1 if faults else 0


sys.exit(main())
