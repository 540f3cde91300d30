#!/usr/bin/env python3
"""Proves that the pure rooms are pure: no system header, clock or random source is included, and no
object file asks the linker for one. Before that it shows that the check can fail."""

import pathlib
import re
import subprocess
import sys
import tempfile

from house import House, VOCABULARY, includes

ALLOWED_HEADERS = {
    "algorithm", "array", "bit", "cassert", "charconv", "chrono", "compare", "cstddef", "cstdint",
    "cstdlib", "cstring", "deque", "functional", "iterator", "limits", "list", "map", "memory", "new",
    "numeric", "optional", "set", "span", "string", "string_view", "tuple", "type_traits", "utility", "variant",
    "vector",
    "absl/container/btree_map.h", "absl/container/flat_hash_map.h",
    "absl/container/flat_hash_set.h", "absl/functional/function_ref.h", "absl/hash/hash.h",
}
FORBIDDEN_WORDS = re.compile(r"::now\s*\(|steady_clock|system_clock|high_resolution_clock|<random>|"
                             r"\brand\s*\(|\bgetenv\b|\bstd::cout\b|\bstd::cerr\b|\bprintf\b")
FORBIDDEN_SYMBOLS = re.compile(
    r"^(socket|bind|connect|listen|accept4?|send(to|msg|mmsg)?|recv(from|msg|mmsg)?|open(at)?|close|"
    r"read|write|ioctl|epoll_\w+|poll|select|setsockopt|getsockopt|clock_gettime|gettimeofday|time|"
    r"nanosleep|usleep|sleep|rand|random|srand|getrandom|getentropy|fopen|fwrite|fputs|printf|"
    r"fprintf|puts|syscall|fork|pthread_create|pcap_\w+|libnet_\w+)(@.*)?$|"
    r"^_ZNSt6chrono.*now|random_device|^_ZN6spdlog")


def include_faults(house, path):
    for number, quote, name in includes(path):
        room = house.room_of(name)
        own = room is not None and house.rooms[room].pure
        if not (own and quote == '"') and name not in ALLOWED_HEADERS:
            yield f"{path}:{number}: includes {name}"
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if FORBIDDEN_WORDS.search(line.split("//")[0]):
            yield f"{path}:{number}: {line.strip()}"


def symbol_faults(archive):
    listing = subprocess.run(["nm", "--undefined-only", archive], text=True, check=True,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    for line in listing.splitlines():
        fields = line.split()
        if len(fields) == 2 and fields[0] == "U" and FORBIDDEN_SYMBOLS.search(fields[1]):
            yield f"{archive}: needs {fields[1]}"


def self_test():
    listing = f"{VOCABULARY}|src|pure||\nnet|src/net|pure||\nruntime|src/runtime|system||\n"
    with tempfile.TemporaryDirectory() as folder:
        for room in ("net", "runtime"):
            pathlib.Path(folder, "src", room).mkdir(parents=True)
        bad = pathlib.Path(folder, "src/net/bad.cc")
        bad.write_text('#include "net/good.hh"\n#include "runtime/b.hh"\n'
                       "#include <sys/socket.h>\n#include <chrono>\n"
                       "auto t = std::chrono::steady_clock::now();\n")
        assert len(list(include_faults(House(folder, listing), bad))) == 3
    for symbol in ("socket", "clock_gettime@GLIBC_2.17", "_ZNSt6chrono3_V212steady_clock3nowEv"):
        assert FORBIDDEN_SYMBOLS.search(symbol), symbol
    assert not FORBIDDEN_SYMBOLS.search("memcpy")


def main():
    self_test()
    house = House.from_command_line()
    rooms = [room for room in house.rooms.values() if room.pure]
    files = [path for room in rooms for path in house.files(room)]
    assert len(files) > 80, "the pure rooms are not where this check looks"
    faults = [fault for path in files for fault in include_faults(house, path)]
    faults += [fault for room in rooms if room.archive for fault in symbol_faults(room.archive)]
    print("\n".join(faults) or f"{len(files)} files in {len(rooms)} rooms are pure")
    return 1 if faults else 0


sys.exit(main())
