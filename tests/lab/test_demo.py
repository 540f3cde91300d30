"""The demonstration says what happened."""

import os
import re
import sys

from demo import Demo, live_line
from lab import HERE, ROOT, run


def test_complete(build, tmp_path):
    nft = tmp_path / "nft"  # of the tests' packages: who only sees the demonstration has none
    nft.write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\nexit 127\n")
    nft.chmod(0o755)
    told = run(sys.executable, HERE / "demo.py", build, "--seconds", 3, timeout=60,
               env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert not (tmp_path / "asked").exists()
    assert "The replay was complete" in told
    assert "sessions live" in told
    assert max(map(len, told.splitlines())) <= 80
    chapters = re.findall(r'"([^"]+)"', told.splitlines()[-1])
    assert len(chapters) == 2
    for chapter in chapters:
        assert f"\n## {chapter}\n" in (ROOT / "README.md").read_text()


def test_live_line_fits_into_80_columns():
    assert len(live_line(9999, 9_999_999, 0, "999")) < 80
    assert live_line(3, 100, 101, "20").endswith(" lag 0")


def test_incomplete(make_lab):
    demo = Demo(make_lab())
    demo.tcpcopy.stop()
    demo.watch(1)
    demo.judge()
    assert not demo.complete()
    assert "The replay was NOT complete" in demo.verdict()
    assert "0 served by the target" in demo.verdict()
