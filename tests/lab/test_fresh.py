"""scripts/fresh, with a root that holds a shell and little more in place of a Debian."""

import os
import re
import shutil
import signal
import subprocess

import pytest

from lab import ROOT, run, wait_until

PROGRAMS = ("bash", "sh", "cat", "ln", "ls", "mkdir", "mount", "sleep", "touch", "umount")
# The root is what stands behind the name of the release.
MMDEBSTRAP = """#!/bin/sh
while [ "$1" != bookworm ]; do shift; done
cp -a TEMPLATE/. "$2"
exit ${MADE:-0}
"""

pytestmark = pytest.mark.skipif(os.environ.get("TCPCOPY_LAB_ENTERED") != "root",
                                reason="making a root takes root")


@pytest.fixture
def fresh(tmp_path):
    template, programs = tmp_path / "template", tmp_path / "bin"
    for folder in ("proc", "sys", "dev", "run", "mnt", "home", "etc", "root", "usr/bin"):
        (template / folder).mkdir(parents=True)
    for name in ("bin", "sbin", "lib", "lib64"):
        (template / name).symlink_to(f"usr/{name}")
        (template / "usr" / name).mkdir(exist_ok=True)
    for name in PROGRAMS:
        shutil.copy(shutil.which(name), template / "usr/bin")
        for library in re.findall(r"(?:=> )?(/\S+) \(0x", run("ldd", shutil.which(name))):
            place = template / library[1:]
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, place)
    programs.mkdir()
    (programs / "mmdebstrap").write_text(MMDEBSTRAP.replace("TEMPLATE", str(template)))
    (programs / "mmdebstrap").chmod(0o755)
    roots = tmp_path / "roots"
    roots.mkdir()

    def start(*command, **environment):
        return subprocess.Popen(
            [ROOT / "scripts/fresh", *command], text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": str(roots), "PATH": f"{programs}:{os.environ['PATH']}",
                 **environment})

    start.roots = roots
    return start


def test_the_command_runs_in_a_clone_and_its_status_is_told(fresh):
    process = fresh("sh", "-c", "ls scripts/fresh; ls /home; ls -d /proc/self /dev/null; exit 7")
    out, told = process.communicate(timeout=120)
    assert process.returncode == 7, told
    assert out.split() == ["scripts/fresh", *(["shared"] if (ROOT.parent / "shared").is_dir() else []),
                           "tcpcopy", "/dev/null", "/proc/self"]
    assert "ended with status 7" in told
    assert not list(fresh.roots.iterdir())


def test_nothing_of_this_machine_is_there(fresh):
    process = fresh("sh", "-c", "ls /usr/bin; [ $HOME = /root ] && [ ! $TCPCOPY_LAB_ENTERED ]")
    out, told = process.communicate(timeout=120)
    assert process.returncode == 0, told
    assert sorted(out.split()) == sorted(PROGRAMS)


@pytest.mark.parametrize("how", (signal.SIGTERM, signal.SIGINT, signal.SIGHUP))
def test_a_signal_leaves_nothing(fresh, how):
    process = fresh("sh", "-c", "sleep 7531 & echo up; wait")
    assert process.stdout.readline() == "up\n"
    process.send_signal(how)
    assert process.wait(120) == 128 + how
    assert not list(fresh.roots.iterdir())
    wait_until(lambda: "sleep 7531" not in run("sh", "-c", "cat /proc/[0-9]*/cmdline 2>/dev/null "
                                               "| tr '\\0' ' ' || true"), 10)


def test_a_root_that_cannot_be_made_leaves_nothing(fresh):
    process = fresh("true", MADE="1")
    process.communicate(timeout=120)
    assert process.returncode == 1
    assert not list(fresh.roots.iterdir())


def test_no_command_is_a_wrong_use(fresh):
    process = fresh()
    _, told = process.communicate(timeout=120)
    assert process.returncode == 2 and "scripts/fresh COMMAND" in told
