"""Google Benchmark's JSON to a table, and to a plot of what grows with the number of sessions.

    report.py RESULT.json [--plots FOLDER …]
"""

import argparse
import json
import pathlib

from plot import Line, line_plot

UNITS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


class Result:
    """One benchmark: the median of its repetitions."""

    def __init__(self, fields):
        name, *arguments = fields["run_name"].split("/")
        self.name = name
        self.arguments = {key: int(value) for key, value in (
            a.split(":") for a in arguments if ":" in a) if key not in ("iterations", "repeats")}
        self.cpu_ns = fields["cpu_time"] * UNITS[fields["time_unit"]]
        self.fields = fields

    def size(self):
        return self.arguments.get("sessions") or self.arguments.get("routes")

    def get(self, counter):
        return self.fields.get(counter)

    def item_ns(self):
        """CPU of one item: a packet that goes in, a record, a timer."""
        return 1e9 / self.fields["items_per_second"] if self.get("items_per_second") else self.cpu_ns


def read(path):
    entries = json.loads(path.read_text())["benchmarks"]
    failed = [e["run_name"] + ": " + e["error_message"] for e in entries if e.get("error_occurred")]
    medians = [e for e in entries if e.get("aggregate_name") == "median"]
    return [Result(e) for e in medians or entries], failed


def short(value):
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= 10 * limit or (value >= limit and unit != "k"):
            return f"{value / limit:.3g} {unit}"
    return f"{value:.4g}"


def arguments(result):
    return ", ".join(f"{value:,} {key.replace('_', ' ')}" for key, value in result.arguments.items())


def table(results):
    lines = ["| benchmark | of | CPU an item | items/s | more |", "|---|---|---|---|---|"]
    for result in results:
        more = []
        for counter, form in (("packets/s", "{} packets/s in and out"), ("requests/s", "{} requests/s"),
                              ("out/request", "{} packets out a request"),
                              ("bytes_per_second", "{}B/s"), ("bytes/session", "{} bytes a session"),
                              ("bytes/route", "{} bytes a route"),
                              ("longest_turn_us", "longest turn {} µs")):
            if result.get(counter) is not None:
                more.append(form.format(short(result.get(counter))))
        rate = result.get("items_per_second")
        lines.append(f"| {result.name} | {arguments(result)} | {result.item_ns():,.1f} ns | "
                     f"{short(rate) if rate else ''} | {', '.join(more)} |")
    return "\n".join(lines)


def scale_plot(results):
    """CPU of one request by the number of sessions, and of one look-up by that of routes."""
    lines = []
    for think in sorted({r.arguments["think_ms"] for r in results if r.name == "keep_alive"}):
        points = [(r.size(), 1e9 / r.get("requests/s")) for r in results
                  if r.name == "keep_alive" and r.arguments["think_ms"] == think]
        label = "ack rides" if think < 40 else "ack alone"
        lines.append(Line(f"engine, a request, {think} ms think time ({label})", points))
    lookups = [(r.size(), r.item_ns()) for r in results if r.name == "route_lookup"]
    lines.append(Line("router, a response finds its link", lookups))
    return line_plot("CPU by sessions or routes", "sessions, routes", "ns", lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("result", type=pathlib.Path)
    parser.add_argument("--plots", type=pathlib.Path, action="append", default=[])
    options = parser.parse_args()
    results, failed = read(options.result)
    print(table(results))
    print(*failed, sep="\n", end="")
    if any(r.name == "keep_alive" for r in results):
        for folder in options.plots:
            (folder / "performance-scale.svg").write_text(scale_plot(results))


if __name__ == "__main__":
    main()
