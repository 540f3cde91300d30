#!/usr/bin/env python3
"""Every header compiles on its own."""

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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--source", type=pathlib.Path, required=True)
    options = parser.parse_args()
    headers = sorted((options.source / "include").rglob("*.hh"))
    headers += sorted((options.source / "src").rglob("*.hh"))
    assert len(headers) > 30
    with ThreadPoolExecutor(2) as pool:
        faults = [f for f in pool.map(
            lambda h: compile_alone(options.compiler, options.source, h), headers) if f]
    print("\n".join(faults) or f"{len(headers)} headers are self-contained")
    return 1 if faults else 0


sys.exit(main())
