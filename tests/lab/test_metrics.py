"""--metrics: what Prometheus is given, whoever asks, and what is asked of it in conf/."""

import json
import re
import shutil
import subprocess
import sys
import time

import pytest

import exposition
from lab import ADDRESS, POOL, ROOT, in_host, run
from peers import assert_same_requests, finish, wrk

sys.path.insert(0, str(ROOT / "tests/check"))
from figures import figures_of  # noqa: E402
from metrics import PREFIX, metric_name, queries_of, used_in  # noqa: E402

PORT = 9510
FETCH = """
import sys, urllib.request
answer = urllib.request.urlopen(sys.argv[1], timeout=5)
assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
sys.stdout.write(answer.read().decode())
"""
# Connections that say nothing, half of something, garbage, or read nothing of the answer.
HOSTILE = """
import socket, sys, time
end, kept = time.monotonic() + float(sys.argv[2]), []
while time.monotonic() < end:
    for words in (b"", b"GET /metr", b"\\x16\\x03\\x01" * 2000, b"GET /metrics HTTP/1.1\\r\\n\\r\\n"):
        peer = socket.socket()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        peer.settimeout(1)
        try:
            peer.connect((sys.argv[1], 9510))
            peer.send(words)
        except OSError:
            pass
        kept.append(peer)
        kept = kept[-200:]
    time.sleep(0.005)
"""


def fetch(lab, host, address="127.0.0.1"):
    return lab.on(host, sys.executable, "-c", FETCH, f"http://{address}:{PORT}/metrics")


def command_of(lab, *options):
    return [lab.build / "src/tcpcopy/tcpcopy", "-x", f"80-{ADDRESS['target']}:8080", "-s",
            ADDRESS["assistant"], "-c", POOL, *options]


def names_of(daemon, figures):
    """The metrics of figures, as their source names them."""
    kinds = {name: (unit, kind) for folder in ("common", daemon)
             for (name, _), kind, unit, _ in figures_of(ROOT, folder)}
    return {metric_name(PREFIX[daemon], name, *kinds[name]) for name in figures}


def test_prometheus_gets_all_figures(web, tmp_path):
    lab, online, target = web
    files = {name: tmp_path / f"{name}.json" for name in PREFIX}
    intercept = lab.intercept("--metrics", f"127.0.0.1:{PORT}", "--statistics-file", files["intercept"])
    tcpcopy = lab.tcpcopy("-c", POOL, "--metrics", f"localhost:{PORT}", "--statistics-file",
                          files["tcpcopy"])
    assert "localhost is 127.0.0.1" in tcpcopy.log()
    finish(wrk(lab, 5, 2, pause_ms=10))
    assert_same_requests(online, target)
    pages = {"tcpcopy": fetch(lab, "online"), "intercept": fetch(lab, "assistant")}
    tcpcopy.stop()
    intercept.stop()
    metrics = {name: exposition.parse(page) for name, page in pages.items()}
    said = {name: json.loads(file.read_text().splitlines()[-1]) for name, file in files.items()}
    for name, figures in said.items():
        wanted = names_of(name, figures.keys() - {"time", "program"})
        assert wanted <= metrics[name].keys()
        more = {"process_cpu_seconds_total", "process_resident_memory_bytes",
                "process_start_time_seconds", f"{PREFIX[name]}_build_info"}
        assert metrics[name].keys() - wanted == more

    def value(daemon, name, of=None):
        return metrics[daemon][re.sub("_(bucket|sum|count)$", "", name)].values[name, of]

    assert value("tcpcopy", "tcpcopy_delivered_bytes_total") == said["tcpcopy"]["bytes_delivered"] > 0
    turns = value("tcpcopy", "tcpcopy_turns_sent_total")
    print(f"{turns:.0f} turns, {target.requests()} requests")
    assert turns == target.requests()
    assert 0 < value("tcpcopy", "tcpcopy_target_answer_seconds_count") <= turns
    assert 0 < value("tcpcopy", "tcpcopy_target_answer_seconds_sum") < turns
    assert value("tcpcopy", "tcpcopy_lag_seconds_count") >= turns
    assert value("tcpcopy", "tcpcopy_links_connected") == 2
    assert value("intercept", "tcpcopy_intercept_responses_forwarded_total") == \
        value("tcpcopy", "tcpcopy_link_responses_total")
    assert abs(value("tcpcopy", "process_start_time_seconds") - time.time()) < 60
    # The dashboard and the alerts ask for nothing else; some of it is there after a fault alone.
    given = {name for each in metrics.values() for metric in each.values()
             for name in (*metric.names(), metric.name)}
    asked = {name for _, query in queries_of(ROOT) for name, _ in used_in(query)} - {"up"}
    assert asked and asked <= given, asked - given


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not there")
def test_promtool_has_nothing_against_it(web):
    lab, online, target = web
    lab.intercept("--metrics", f"127.0.0.1:{PORT}")
    lab.tcpcopy("-c", POOL, "--metrics", f"127.0.0.1:{PORT}")
    finish(wrk(lab, 5, 1, pause_ms=10))
    for host in ("online", "assistant"):
        done = subprocess.run(["promtool", "check", "metrics"], input=fetch(lab, host), text=True,
                              capture_output=True, timeout=20)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    run("promtool", "check", "rules", ROOT / "conf/prometheus-alerts.yml")


def test_the_strict_reader_is_strict():
    head = "# HELP a_total what\n# TYPE a_total counter\n"
    assert exposition.parse(f'{head}a_total{{b="c"}} 1\n')["a_total"].values == {("a_total", "c"): 1}
    for broken in (head, f"{head}a_total 1", "a_total 1\n", f"{head}a_total 1\na_total 2\n",
                   f"{head}b_total 1\n", f"{head}a_total one\n", f"{head}a_total 1\n\n",
                   f"{head}a_total 1\n{head}a_total 1\n", "# HELP a what\n# TYPE a counter\na 1\n"):
        with pytest.raises(AssertionError):
            exposition.parse(broken)


def test_where_metrics_cannot_be_given(make_lab):
    lab = make_lab()
    lab.intercept("--metrics", f"127.0.0.1:{PORT}")
    for host, address, status, words in (
            ("assistant", f"127.0.0.1:{PORT}", 2, "Address already in use; another process has this"),
            ("online", f"203.0.113.7:{PORT}", 1, "this host does not have the address"),
            ("online", "9510", 2, "is no address with a port"),
            ("online", "127.0.0.1:0", 2, "is not a number from 1 to 65535")):
        done = subprocess.run(in_host(host, command_of(lab, "--metrics", address)), text=True,
                              capture_output=True, timeout=10)
        assert done.returncode == status and words in done.stderr, done.stderr
        assert "--metrics" in done.stderr


def test_who_scrapes_in_bad_faith_costs_no_request(web):
    lab, online, target = web
    lab.intercept()
    tcpcopy = lab.tcpcopy("-c", POOL, "--metrics", f"0.0.0.0:{PORT}")
    before = tcpcopy.rss_kb()
    hostile = [lab.start("client", sys.executable, "-c", HOSTILE, ADDRESS["online"], 4, name="hostile")
               for _ in range(3)]
    finish(wrk(lab, 5, 3, pause_ms=10))
    for process in hostile:
        process.popen.wait(10)
    assert_same_requests(online, target)
    values = exposition.parse(fetch(lab, "online"))
    answers = values["tcpcopy_metrics_answers_total"].values
    given_up = values["tcpcopy_metrics_given_up_total"].values
    print(answers, given_up, f"{tcpcopy.rss_kb() - before} KB more")
    assert answers["tcpcopy_metrics_answers_total", "400"] > 0
    assert sum(given_up.values()) > 0
    assert tcpcopy.rss_kb() - before < 8000
