"""Fixtures of the lab tests."""

import os
import pathlib

import pytest

from lab import ROOT, Lab
from peers import Nginx

LAST_LINES = 25


@pytest.fixture(scope="session")
def build():
    """Where the daemons were built."""
    path = pathlib.Path(os.environ.get("TCPCOPY_BUILD", ROOT / "build/release"))
    assert (path / "src/tcpcopy/tcpcopy").exists(), f"no tcpcopy in {path}: build it first"
    return path


@pytest.fixture
def make_lab(request, tmp_path, build):
    """Makes the test's lab; takes what Lab takes (hosts, offload)."""
    labs = []

    def make(**parameters):
        assert not labs, "one lab at a time"
        labs.append(Lab(tmp_path, build, **parameters))
        request.node.lab = labs[0]
        return labs[0]

    yield make
    for lab in labs:
        lab.close()


@pytest.fixture
def web(make_lab):
    """A lab with nginx on both sides: the lab, the online server, the target."""
    lab = make_lab()
    lab.route_responses()
    return lab, Nginx(lab, "online", 80), Nginx(lab, "target", 8080)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows the last lines of what ran in the lab."""
    outcome = yield
    report = outcome.get_result()
    if call.when != "call" or not report.failed:
        return
    for process in getattr(getattr(item, "lab", None), "processes", []):
        lines = process.log().splitlines()[-LAST_LINES:]
        if lines:
            report.sections.append((process.log_path.name, "\n".join(lines)))
