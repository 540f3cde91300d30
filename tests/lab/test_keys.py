"""Links with keys: who gets one, and what is said to who does not."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from lab import ADDRESS, HERE, POOL, statistic, wait_until
from peers import assert_same_requests, finish, wrk

CONTROL = (ADDRESS["assistant"], 36524)


@pytest.fixture
def key_file(build, tmp_path):
    """Writes a file of keys: new ones by their names, or lines that are there."""
    def write(file, *keys):
        lines = [key if ":" in key else make_key(build, key) for key in keys]
        path = tmp_path / file
        path.touch(0o600)
        path.write_text("\n".join(lines) + "\n")
        return path, lines
    return write


def make_key(build, name):
    return subprocess.run([build / "src/tcpcopy/tcpcopy", "--make-key", name], check=True,
                          text=True, stdout=subprocess.PIPE).stdout.strip()


def test_replay_with_a_key(web, key_file):
    """Of two keys that intercept knows, each tcpcopy has one; nothing is lost."""
    lab, online, target = web
    known, (first, _) = key_file("known", "web-1", "web-2")
    own, _ = key_file("own", first)
    intercept = lab.intercept("--key", known)
    tcpcopy = lab.tcpcopy("-c", POOL, "--key", own)
    tcpcopy.wait_for("intercept .* speaks version 7 .* captures on eth0")
    finish(wrk(lab, 20, 2, pause_ms=10))
    assert_same_requests(online, target)
    tcpcopy.stop()
    assert statistic(tcpcopy.log(), "lost") == 0
    assert "anybody who reaches" not in intercept.log()


def test_those_without_the_right_key_are_refused(web, key_file, tmp_path):
    """One is in the middle of its replay; others have a wrong key, none, an unknown name, or no
    words. Each is told why, and the one notices nothing."""
    lab, online, target = web
    known, (right,) = key_file("known", "web")
    own, _ = key_file("own", right)
    wrong, _ = key_file("wrong", "web")
    unknown, _ = key_file("unknown", "other")
    intercept = lab.intercept("--key", known)
    tcpcopy = lab.tcpcopy("-c", POOL, "--key", own)
    client = wrk(lab, 20, 6, pause_ms=10)
    cases = [(("--key", wrong), "the key differs: web is another there",
              "the key differs: web is another here"),
             (("--key", unknown), "no key named other there", "no key named other here"),
             ((), "it wants a key, and this end has none", "it has no key")]
    for options, told, said in cases:
        other = lab.tcpcopy(*options, "-C", 1, host="client", wait=False)
        other.wait_for(told)
        intercept.wait_for(f"link {ADDRESS['client']}:.* closed: {said}")
        other.stop()
    for first_bytes in ("16", "1603010005", "16030100050100000100"):  # and then silence
        lab.start("client", sys.executable, HERE / "stranger.py", "send", *CONTROL, first_bytes,
                  name=f"stranger{len(first_bytes)}")
    finish(client)
    assert_same_requests(online, target)
    tcpcopy.stop()
    assert statistic(tcpcopy.log(), "lost") == 0
    assert not re.search("link to intercept .* lost", tcpcopy.log())


def test_handshakes_that_are_not_finished(web, key_file):
    """10,000 connections that begin a handshake and end in garbage, in silence, or without a key,
    during a replay."""
    lab, online, target = web
    known, (line,) = key_file("known", "web")
    own, _ = key_file("own", line)
    intercept = lab.intercept("--key", known)
    tcpcopy = lab.tcpcopy("-c", POOL, "--key", own)
    client = wrk(lab, 20, 6, pause_ms=10)
    lab.start("client", sys.executable, HERE / "link_load.py", "garbage", *CONTROL, 10_000, 1, "tls",
              name="link_load").wait_for("done", timeout=240)
    finish(client)
    assert_same_requests(online, target)
    tcpcopy.stop()
    assert statistic(tcpcopy.log(), "lost") == 0
    intercept.stop()
    assert statistic(intercept.log(), "wrong-key") > 1000
    # A line for each reason and second, not one for each connection.
    assert len([line for line in intercept.log().splitlines() if " closed: " in line]) < 200


def test_an_intercept_without_a_key(web, key_file):
    """It says at the start that anybody may come; one that has a key does not take it."""
    lab, _, _ = web
    own, _ = key_file("own", "web")
    intercept = lab.intercept()
    intercept.wait_for("anybody who reaches .* may register routes")
    other = lab.tcpcopy("--key", own, wait=False)
    other.wait_for("the other end has no key: start it with --key")
    intercept.wait_for("closed: it has a key, and this intercept has none")


def test_an_old_intercept_shows_no_key(web, key_file):
    lab, _, _ = web
    own, _ = key_file("own", "web")
    lab.start("assistant", sys.executable, HERE / "old_intercept.py", CONTROL[1], "8080",
              name="old_intercept").wait_for("listening")
    other = lab.tcpcopy("--key", own, wait=False)
    other.wait_for("cannot reach intercept")
    assert "connected to intercept" not in other.log()


def test_a_key_that_is_removed(web, key_file):
    """Its links are closed at the signal, the others' stay; a file that cannot be read changes
    nothing."""
    lab, online, target = web
    known, (first, second) = key_file("known", "first", "second")
    own, _ = key_file("own", first)
    others, _ = key_file("others", second)
    intercept = lab.intercept("--key", known)
    tcpcopy = lab.tcpcopy("-c", POOL, "--key", own)
    other = lab.tcpcopy("-C", 1, "--key", others, host="client")
    known.chmod(0o644)
    os.kill(intercept.popen.pid, signal.SIGHUP)
    intercept.wait_for("chmod 600 it; all stays as it was")
    key_file("known", first)
    known.chmod(0o600)
    os.kill(intercept.popen.pid, signal.SIGHUP)
    intercept.wait_for(f"link {ADDRESS['client']}:.* closed: its key, second, is not in the file")
    other.wait_for("no key named second there")
    finish(wrk(lab, 10, 1, pause_ms=10))
    assert_same_requests(online, target)
    assert not re.search("link to intercept .* lost", tcpcopy.log())


def test_allow_plain(web, key_file):
    """A link with a key and one without, beside each other."""
    lab, online, target = web
    known, (line,) = key_file("known", "web")
    own, _ = key_file("own", line)
    lab.intercept("--key", known, "--allow-plain")
    lab.tcpcopy("-C", 1, host="client")
    lab.tcpcopy("-c", POOL, "--key", own)
    finish(wrk(lab, 10, 1, pause_ms=10))
    assert_same_requests(online, target)


def test_liveness(web):
    """An intercept that stands still is given up after 3 s, though its host answers, and found
    again when it goes on."""
    lab, online, target = web
    intercept = lab.intercept()
    tcpcopy = lab.tcpcopy("-c", POOL)
    tcpcopy.wait_for("speaks version 7")
    os.kill(intercept.popen.pid, signal.SIGSTOP)
    tcpcopy.wait_for("lost: it has said nothing for 3 s", timeout=10)
    time.sleep(1)
    os.kill(intercept.popen.pid, signal.SIGCONT)
    wait_until(lambda: tcpcopy.log().count("connected to intercept") >= 4, 20, "new links")
    finish(wrk(lab, 10, 1, pause_ms=10))
    assert_same_requests(online, target)


MIXED = {"tcpcopy_wants_payload": (("--with-resp-payload",), ()),
         "tcpcopy_is_single": (("--single",), ()),
         "intercept_was_started_otherwise": ((), ("--with-resp-payload", "--disable-combined")),
         "intercept_was_started_single": ((), ("--single",))}


@pytest.mark.parametrize("tcpcopy,intercept", MIXED.values(), ids=MIXED.keys())
def test_modes_need_not_be_alike(web, tcpcopy, intercept):
    lab, online, target = web
    lab.intercept(*intercept)
    replaying = lab.tcpcopy("-c", POOL, *tcpcopy)
    replaying.wait_for("speaks version 7")
    finish(wrk(lab, 20, 1, pause_ms=10))
    assert_same_requests(online, target)
    replaying.stop()
    assert statistic(replaying.log(), "lost") == 0
