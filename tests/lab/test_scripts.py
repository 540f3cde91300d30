"""What the scripts say, and what they leave alone. Nothing here is installed."""

import os
import re
import shutil
import subprocess

import pytest

from lab import ROOT

USAGE_ERROR = 2
APT = """\
[ "$1" = install ] || exit 0
echo "Need to get 143 MB of archives."
echo "Get:1 http://example.org/ a [1 kB]"
echo "Unpacking a (1) ..."
echo "Unpacking b (1) ..."
echo "Setting up a (1) ..."
exit ${APT_STATUS:-0}
"""


@pytest.fixture
def packages(tmp_path):
    """A machine without any package, where apt only says that it works."""
    programs = tmp_path / "bin"
    programs.mkdir()

    def program(path, text):
        (programs / path).write_text(f"#!/bin/sh\n{text}\n")
        (programs / path).chmod(0o755)

    program("dpkg-query", f"touch {tmp_path}/asked\nexit 1")
    program("apt-get", APT)

    def run(*command, **environment):
        # /usr/sbin is where install-packages keeps servers from starting: it sees an empty one.
        return subprocess.run(
            ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs tmpfs /usr/sbin; exec "$@"', "sh",
             *command], cwd=ROOT, text=True, capture_output=True, timeout=60, check=False,
            env={**os.environ, "PATH": f"{programs}:/usr/bin:/bin", **environment})

    run.program = program
    run.asked = lambda: (tmp_path / "asked").exists()
    return run


@pytest.mark.parametrize("script", ["test", "demo", "fresh", "package", "cross-arm64"])
def test_help_installs_nothing(packages, script):
    told = packages(f"scripts/{script}", "--help")
    assert told.returncode == 0 and f"scripts/{script} " in told.stdout
    assert not packages.asked()


def test_help_of_test_names_each_verb(packages):
    told = packages("scripts/test", "--help").stdout
    for line in (ROOT / "scripts/test").read_text().splitlines():
        if line.startswith("verb_"):
            assert f" {line.split('(')[0].removeprefix('verb_')} " in told


def test_help_of_test_names_what_runs_without_a_verb(packages):
    text = (ROOT / "scripts/test").read_text()
    usual = re.search(r"verbs=\((\w[\w ]+)\)", text)[1].split()
    told = re.search(r"Without a verb: ([\w, ]+?)\s+and (\w+)",
                     " ".join(packages("scripts/test", "--help").stdout.split()))
    assert told[1].split(", ") + [told[2]] == usual
    left_out = set(re.findall(r"^verb_(\w+)\(", text, re.M)) - set(usual)
    assert left_out == {"build", "clang", "package", "tidy"}
    assert "runs all but `clang`, `package` and `tidy`" in (ROOT / "CONTRIBUTING.md").read_text()


def test_an_unknown_verb_installs_nothing(packages):
    told = packages("scripts/test", "check", "nonsense")
    assert told.returncode == USAGE_ERROR and "no verb 'nonsense'" in told.stderr
    assert not packages.asked()


def test_installing_says_what_it_is_at(packages):
    told = packages("scripts/install-packages", "demo")
    assert told.returncode == 0, told
    said = told.stdout.splitlines()
    assert said[0].startswith("installing, with what they need: iproute2")
    assert "minutes" in said[1]
    assert said[2:] == ["  downloading 143 MB of archives.", "  unpacking", "  setting up"]


def test_building_says_what_it_is_at(packages, tmp_path):
    tree = tmp_path / "tree"
    shutil.copytree(ROOT / "scripts", tree / "scripts")
    lab = tree / "tests/lab"
    lab.mkdir(parents=True)
    packages.program(lab / "enter", "echo entered")
    for name in ("ninja", "c++", "ip", "setpriv", "sysctl", "tcpdump"):
        packages.program(name, "exit 0")
    packages.program("cmake", '[ "$1" = --build ] || exit 0; for i in $(seq 40); do '
                     'echo "[$i/40] Building CXX object"; done')
    told = packages(tree / "scripts/demo")
    assert told.returncode == 0, told
    said = told.stdout.splitlines()
    building = said.index("building the two daemons in build/user: minutes, on two cores")
    assert said[0].startswith("installing") and building > 0
    tenths = [f"building: {number} of 40" for number in (1, *range(4, 41, 4))]
    assert said[building + 1:] == [*tenths, "entered"]
    assert "The first run downloads, installs and compiles for some minutes" in " ".join(
        (ROOT / "README.md").read_text().split())


def test_installing_that_fails_says_so(packages):
    told = packages("scripts/install-packages", "demo", APT_STATUS="100")
    assert told.returncode == 1 and "apt-get failed" in told.stderr


def test_the_package_is_built_with_what_the_tree_is_built_with():
    text = (ROOT / "scripts/packages.txt").read_text()
    build = set(text.split("[build]\n")[1].split("\n[")[0].split())
    control = (ROOT / "packaging/debian/control").read_text()
    named = set(re.findall(r"[\w+-]{3,}", control.split("Build-Depends:")[1].split("Standards")[0]))
    assert build - {"build-essential"} <= named
