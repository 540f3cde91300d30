"""Plots as SVG, with the standard library alone: lines over a logarithmic axis, and bars."""

import dataclasses
import math
from xml.sax.saxutils import escape

COLOURS = ("#1b6ca8", "#d1495b", "#2e8b57", "#8a5a00", "#6a4c93")
WIDTH, HEIGHT = 760, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 46, 52


@dataclasses.dataclass
class Line:
    label: str
    points: list  # (x, y), x above 0


def text(x, y, words, anchor="start", size=12, more=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" {more}>'
            f"{escape(words)}</text>")


def stroke(x1, y1, x2, y2, colour="#ccc"):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def frame(title, parts, height=HEIGHT):
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        text(LEFT, 22, title, size=15, more='font-weight="bold"'), *parts, "</svg>", ""])


def steps(highest):
    """Round values for an axis from 0, about five of them."""
    raw = highest / 5
    magnitude = 10 ** math.floor(math.log10(raw))
    step = next(m * magnitude for m in (1, 2, 5, 10) if m * magnitude >= raw)
    return [i * step for i in range(math.ceil(highest / step) + 1)]


def label_of(value):
    for limit, unit in ((1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:g}{unit}"
    return f"{value:g}"


def line_plot(title, x_label, y_label, lines):
    xs = sorted({x for line in lines for x, _ in line.points})
    ticks = steps(max(y for line in lines for _, y in line.points))
    low, high = math.log10(xs[0]), math.log10(xs[-1])

    def at_x(x):
        return LEFT + (math.log10(x) - low) / ((high - low) or 1) * (WIDTH - LEFT - RIGHT)

    def at_y(y):
        return HEIGHT - BOTTOM - y / ticks[-1] * (HEIGHT - TOP - BOTTOM)

    parts = []
    for tick in ticks:
        parts += [stroke(LEFT, at_y(tick), WIDTH - RIGHT, at_y(tick)),
                  text(LEFT - 8, at_y(tick) + 4, label_of(tick), "end")]
    parts += [text(at_x(x), HEIGHT - BOTTOM + 18, label_of(x), "middle") for x in xs]
    parts += [text((LEFT + WIDTH) / 2, HEIGHT - 12, x_label, "middle"),
              text(LEFT - 8, TOP - 12, y_label, "end")]
    for number, line in enumerate(lines):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{at_x(x):.1f},{at_y(y):.1f}" for x, y in sorted(line.points))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{at_x(x):.1f}" cy="{at_y(y):.1f}" r="3" fill="{colour}"/>'
                  for x, y in line.points]
        parts.append(text(LEFT + 14, TOP + 14 + 17 * number, line.label, more=f'fill="{colour}"'))
    return frame(title, parts)


@dataclasses.dataclass
class Bars:
    label: str
    values: list  # one for each of the series


def bar_plot(title, series, groups):
    """Horizontal bars, a group for each label."""
    row, left = 16, 250
    highest = steps(max(v for group in groups for v in group.values))[-1]
    scale = (WIDTH - left - 60) / highest
    parts = []
    y = TOP
    for number, name in enumerate(series):
        parts.append(text(left + 110 * number, y, name,
                          more=f'fill="{COLOURS[number]}" font-weight="bold"'))
    y += 12
    for group in groups:
        parts.append(text(left - 10, y + row * len(group.values) / 2 + 4, group.label, "end"))
        for number, value in enumerate(group.values):
            parts.append(f'<rect x="{left}" y="{y}" width="{value * scale:.1f}" '
                         f'height="{row - 3}" fill="{COLOURS[number]}"/>')
            parts.append(text(left + value * scale + 6, y + 11, f"{value:.1f}"))
            y += row
        y += 12
    return frame(title, parts, y + 6)
