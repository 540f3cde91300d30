"""The text format of Prometheus, version 0.0.4, read as strictly as its description allows: a metric's
HELP, its TYPE and then all of its samples, no series twice, histograms whole."""

import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf'({NAME})(?:\{{([a-zA-Z_][a-zA-Z0-9_]*)="([^"\\\n]*)"\}})? (\d+(?:\.\d+)?)')


class Metric:
    def __init__(self, name, help_text):
        self.name, self.help, self.type = name, help_text, None
        self.values = {}  # by name and the label's value

    def names(self):
        """What its samples may be called."""
        if self.type == "histogram":
            return {f"{self.name}_{part}" for part in ("bucket", "sum", "count")}
        return {self.name}

    def check(self):
        assert self.values, f"{self.name} has no sample"
        assert self.help.strip(), f"{self.name} has no help"
        assert (self.type == "counter") == self.name.endswith("_total"), f"{self.name} is a {self.type}"
        if self.type != "histogram":
            return
        buckets = [(float(of), value) for (name, of), value in self.values.items()
                   if name.endswith("_bucket")]
        assert buckets == sorted(buckets) and [v for _, v in buckets] == sorted(v for _, v in buckets)
        assert buckets[-1] == (float("inf"), self.values[f"{self.name}_count", None])
        assert (f"{self.name}_sum", None) in self.values, f"{self.name} has no sum"


def parse(text):
    """The metrics by name."""
    assert text.endswith("\n"), "the last line has no end"
    metrics, current = {}, None
    for line in text[:-1].split("\n"):
        if head := re.fullmatch(rf"# HELP ({NAME}) (.*)", line):
            assert head[1] not in metrics, f"{head[1]} comes twice"
            current = metrics[head[1]] = Metric(head[1], head[2])
        elif head := re.fullmatch(rf"# TYPE ({NAME}) (counter|gauge|histogram)", line):
            assert current and current.name == head[1] and not current.values and not current.type, line
            current.type = head[2]
        else:
            found = SAMPLE.fullmatch(line)
            assert found, f"no sample: {line!r}"
            name, _, of, value = found.groups()
            assert current and current.type and name in current.names(), f"stands alone: {line}"
            assert (name, of) not in current.values, f"comes twice: {line}"
            current.values[name, of] = float(value)
    for metric in metrics.values():
        metric.check()
    return metrics
