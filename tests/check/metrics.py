#!/usr/bin/env python3
"""Every query of the Grafana dashboard and of the alert rules in conf/ is about metrics that the daemons
give, which are those of the figures, and about labels that these have. Before that the check shows that
it can fail."""

import json
import pathlib
import re
import sys
import tempfile

from figures import figures_of

DASHBOARD = "conf/grafana-dashboard.json"
ALERTS = "conf/prometheus-alerts.yml"
PREFIX = {"tcpcopy": "tcpcopy", "intercept": "tcpcopy_intercept"}
OF_THE_PROCESS = {"process_cpu_seconds_total", "process_resident_memory_bytes",
                  "process_start_time_seconds"}
# Prometheus' own metric, and labels that it adds.
OF_PROMETHEUS = {"up"}
EVERYWHERE = {"instance", "job", "le"}
SELECTOR = re.compile(r"\b([a-z_][a-z0-9_]*)(?:\{([^}]*)\})?")
LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")


def metric_name(prefix, name, unit, kind):
    """As src/common/metrics/metrics_text.cc has it: tests/lab/test_seeing.py compares the two."""
    words = name.split("_")
    if unit == "bytes" and "bytes" in words:
        words.remove("bytes")
        words.append("bytes")
    if unit == "seconds":
        words.append("seconds")
    if kind == "total":
        words.append("total")
    return "_".join([prefix, *words])


def metrics_of(root):
    """Metrics of both daemons: the names that queries use, and their labels."""
    metrics = {name: set() for name in OF_THE_PROCESS | OF_PROMETHEUS}
    for daemon, prefix in PREFIX.items():
        metrics[f"{prefix}_build_info"] = {"version"}
        for folder in ("common", daemon):
            for (name, label), kind, unit, _ in figures_of(root, folder):
                full = metric_name(prefix, name, unit, kind)
                for suffix in ("_bucket", "_sum", "_count") if kind == "spread" else ("",):
                    metrics[full + suffix] = {label} - {""}
    return metrics


def queries_of(root):
    """Yields file and query."""
    def walk(node):
        if isinstance(node, dict):
            for key, value in node.items():
                if key in ("expr", "query") and isinstance(value, str):
                    yield value
                yield from walk(value)
        elif isinstance(node, list):
            for value in node:
                yield from walk(value)

    for query in walk(json.loads((root / DASHBOARD).read_text())):
        yield DASHBOARD, query
    for query in re.findall(r"^\s+expr: (.+)$", (root / ALERTS).read_text(), re.MULTILINE):
        yield ALERTS, query


def used_in(query):
    """Yields the metrics of a query, each with the labels that choose among its series."""
    for names in re.findall(r'__name__=~"([^"]*)"', query):
        yield from ((name, set()) for name in names.split("|"))
    query = re.sub(r"\b(?:by|without)\s*\(([^)]*)\)", "", query)
    for name, selector in SELECTOR.findall(query):
        if name.startswith(("tcpcopy_", "process_")) or name == "up":
            yield name, set(LABEL.findall(re.sub(r'"[^"]*"', "", selector)))


def faults_of(root):
    metrics, used = metrics_of(root), set()
    for file, query in queries_of(root):
        for name, labels in used_in(query):
            used.add(name)
            if name not in metrics:
                yield f"{file}: no daemon gives {name}: {query}"
                continue
            for label in sorted(labels - metrics[name] - EVERYWHERE):
                yield f"{file}: {name} has no label {label}: {query}"
    if not used:
        yield f"{DASHBOARD}, {ALERTS}: no query was found"


def self_test():
    source = 'to.total({"bytes_lost", "bytes", "all", "reason"}, 1); to.spread({"lag", "seconds", "s"}, l);'
    good = 'sum by (reason) (rate(tcpcopy_lost_bytes_total{reason!="a",instance=~"b"}[5m])) > up'
    for what, panel, alert in (
            (None, good, "histogram_quantile(0.9, tcpcopy_lag_seconds_bucket)"),
            ("no daemon gives tcpcopy_bytes_lost_total", "rate(tcpcopy_bytes_lost_total[1m])", good),
            ("no daemon gives tcpcopy_lag_seconds", good, "tcpcopy_lag_seconds > 1"),
            ("has no label kind", good, 'tcpcopy_lost_bytes_total{kind="a"}'),
            ("no query was found", "1", "1 + 1")):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in (("src/tcpcopy/a.cc", source),
                               (DASHBOARD, json.dumps({"panels": [{"targets": [{"expr": panel}]}]})),
                               (ALERTS, f"groups:\n  - rules:\n    - alert: A\n      expr: {alert}\n")):
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            found = list(faults_of(root))
            assert len(found) == (what is not None) and (not found or what in found[0]), found


def main():
    self_test()
    faults = list(faults_of(pathlib.Path(sys.argv[1])))
    print("\n".join(faults) or "dashboard and alerts ask for what there is")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
