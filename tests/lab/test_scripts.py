"""What the scripts say, and what they leave alone. Nothing here is installed."""

import os
import subprocess

import pytest

from lab import ROOT

USAGE_ERROR = 2
APT = """#!/bin/sh
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
    for name, text in {"dpkg-query": f"#!/bin/sh\ntouch {tmp_path}/asked\nexit 1\n",
                       "apt-get": APT}.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)

    def run(*command, **environment):
        # /usr/sbin is where install-packages keeps servers from starting: it sees an empty one.
        return subprocess.run(
            ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs tmpfs /usr/sbin; exec "$@"', "sh",
             *command], cwd=ROOT, text=True, capture_output=True, timeout=60, check=False,
            env={**os.environ, "PATH": f"{programs}:/usr/bin:/bin", **environment})

    run.asked = lambda: (tmp_path / "asked").exists()
    return run


@pytest.mark.parametrize("script", ["test", "demo", "fresh"])
def test_help_installs_nothing(packages, script):
    told = packages(f"scripts/{script}", "--help")
    assert told.returncode == 0 and f"scripts/{script} " in told.stdout
    assert not packages.asked()


def test_help_of_test_names_each_verb(packages):
    told = packages("scripts/test", "--help").stdout
    for line in (ROOT / "scripts/test").read_text().splitlines():
        if line.startswith("verb_"):
            assert f" {line.split('(')[0].removeprefix('verb_')} " in told


def test_an_unknown_verb_installs_nothing(packages):
    told = packages("scripts/test", "check", "nonsense")
    assert told.returncode == USAGE_ERROR and "no verb 'nonsense'" in told.stderr
    assert not packages.asked()


def test_installing_says_what_it_is_at(packages):
    told = packages("scripts/install-packages", "demo")
    assert told.returncode == 0, told
    said = told.stdout.splitlines()
    assert said[0].startswith("installing, with what they need: iproute2")
    assert said[2:] == ["  downloading 143 MB of archives.", "  unpacking", "  setting up"]


def test_installing_that_fails_says_so(packages):
    told = packages("scripts/install-packages", "demo", APT_STATUS="100")
    assert told.returncode == 1 and "apt-get failed" in told.stderr
