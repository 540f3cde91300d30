"""With PF_RING, what is installed finds its libraries where the build found them.

    install_rpath.py --source FOLDER --compiler C++

The rules for the installation are what is looked at, for a PF_RING that consists of names alone:
nothing is compiled.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

DAEMONS = ("tcpcopy", "intercept")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", required=True)
    parser.add_argument("--compiler", required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        pfring, build = pathlib.Path(work, "pfring"), pathlib.Path(work, "build")
        for name in ("include/pcap/pcap.h", "lib/libpcap.so", "lib/libpfring.so"):
            (pfring / name).parent.mkdir(parents=True, exist_ok=True)
            (pfring / name).touch()
        subprocess.run(["cmake", "-G", "Ninja", "-S", options.source, "-B", build,
                        f"-DCMAKE_CXX_COMPILER={options.compiler}", "-DTCPCOPY_TESTS=OFF",
                        f"-DTCPCOPY_PFRING_ROOT={pfring}"],
                       check=True, stdout=subprocess.DEVNULL)
        rules = (build / "cmake_install.cmake").read_text()
        failed = 0
        for daemon in DAEMONS:
            found = re.findall(rf'/{daemon}"\s+(?:OLD_RPATH ".*"\s+)?NEW_RPATH "(.*)"', rules)
            if not found or f"{pfring}/lib" not in found[0].split(":"):
                print(f"{daemon} is installed with the RUNPATH {found}, without {pfring}/lib")
                failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
