#!/usr/bin/env python3
"""Proves that the pure libraries are pure: no system header, clock or random source is included,
and no object file asks the linker for one. `--self-test` shows that the check can fail."""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

ALLOWED_HEADERS = {
    "algorithm", "array", "bit", "cassert", "charconv", "chrono", "compare", "cstddef", "cstdint",
    "cstring", "deque", "functional", "iterator", "limits", "list", "memory", "new", "numeric",
    "optional", "span", "string", "string_view", "tuple", "type_traits", "utility", "variant",
    "vector",
    "absl/container/btree_map.h", "absl/container/flat_hash_map.h",
    "absl/container/flat_hash_set.h", "absl/hash/hash.h",
}
OWN = re.compile(r"^(tcpcopy|common/(net|wire|container)|intercept/route)/")
FORBIDDEN_WORDS = re.compile(r"::now\s*\(|steady_clock|system_clock|high_resolution_clock|<random>|"
                             r"\brand\s*\(|\bgetenv\b|\bstd::cout\b|\bstd::cerr\b|\bprintf\b")
FORBIDDEN_SYMBOLS = re.compile(
    r"^(socket|bind|connect|listen|accept4?|send(to|msg|mmsg)?|recv(from|msg|mmsg)?|open(at)?|close|"
    r"read|write|ioctl|epoll_\w+|poll|select|setsockopt|getsockopt|clock_gettime|gettimeofday|time|"
    r"nanosleep|usleep|sleep|rand|random|srand|getrandom|getentropy|fopen|fwrite|fputs|printf|"
    r"fprintf|puts|syscall|fork|pthread_create|pcap_\w+|libnet_\w+)(@.*)?$|"
    r"^_ZNSt6chrono.*now|random_device|^_ZN6spdlog")


def include_faults(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = re.match(r'\s*#include\s+([<"])([^>"]+)[>"]', line)
        if found:
            quote, name = found.groups()
            if quote == '"' and (OWN.match(name) or name in ALLOWED_HEADERS):
                continue
            if quote == "<" and name in ALLOWED_HEADERS:
                continue
            yield f"{path}:{number}: includes {name}"
        elif FORBIDDEN_WORDS.search(line.split("//")[0]):
            yield f"{path}:{number}: {line.strip()}"


def symbol_faults(archive):
    listing = subprocess.run(["nm", "--undefined-only", archive], text=True, check=True,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    for line in listing.splitlines():
        fields = line.split()
        if len(fields) == 2 and fields[0] == "U" and FORBIDDEN_SYMBOLS.search(fields[1]):
            yield f"{archive}: needs {fields[1]}"


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        bad = pathlib.Path(folder) / "bad.cc"
        bad.write_text("#include <sys/socket.h>\n#include <chrono>\n"
                       "auto t = std::chrono::steady_clock::now();\n")
        assert len(list(include_faults(bad))) == 2
    for symbol in ("socket", "clock_gettime@GLIBC_2.17", "_ZNSt6chrono3_V212steady_clock3nowEv"):
        assert FORBIDDEN_SYMBOLS.search(symbol), symbol
    assert not FORBIDDEN_SYMBOLS.search("memcpy")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folders", nargs="+", required=True)
    parser.add_argument("--archives", nargs="+", required=True)
    options = parser.parse_args()
    self_test()
    files = [path for folder in options.folders for path in sorted(pathlib.Path(folder).rglob("*"))
             if path.suffix in (".hh", ".cc")]
    assert len(files) > 20, "the pure folders are not where this check looks"
    faults = [fault for path in files for fault in include_faults(path)]
    faults += [fault for archive in options.archives for fault in symbol_faults(archive)]
    print("\n".join(faults) or f"{len(files)} files and {len(options.archives)} libraries are pure")
    return 1 if faults else 0


sys.exit(main())
