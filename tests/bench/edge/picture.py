# SPDX-License-Identifier: GPL-3.0-or-later
"""Line plots side by side, as SVG that is readable on light and dark pages."""

import dataclasses
import html
import math

WIDTH, HEIGHT = 380, 400  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 34, 120
COLOURS = ("#2b7bba", "#d1602f", "#3a9a5b", "#9460b8", "#b8912a", "#c04777")


@dataclasses.dataclass
class Panel:
    title: str
    x: str
    y: str  # unit
    lines: list  # of (name, [(x, y)])
    dots: list = dataclasses.field(default_factory=list)  # the same; in the colours of the lines
    log: bool = False  # both axes


def steps(least, most, log):
    """Round values between, for the marks of an axis."""
    if log:
        return [10.0 ** n for n in range(math.ceil(math.log10(least) - 1e-9), math.floor(math.log10(most) + 1e-9) + 1)]
    size = 10 ** math.floor(math.log10((most - least) / 2))
    size *= next(m for m in (1, 2, 5, 10) if (most - least) / (size * m) <= 6)
    return [n * size for n in range(math.ceil(least / size), math.floor(most / size + 1e-9) + 1)]


def text(x, y, words, anchor="middle", size=11):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{html.escape(words)}</text>'


def draw_panel(panel, left):
    points = [p for _, series in panel.lines + panel.dots for p in series]
    xs, ys = ([p[axis] for p in points] for axis in (0, 1))
    ends = [(min(xs), max(xs)), (min(ys), max(ys))] if panel.log else [(0, max(xs)), (0, max(ys) * 1.05)]

    def place(value, axis):
        low, high = ends[axis]
        share = math.log(value / low) / math.log(high / low) if panel.log else (value - low) / (high - low)
        return left + LEFT + share * (WIDTH - LEFT - RIGHT) if axis == 0 else HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    floor, ceiling, start, end = HEIGHT - BOTTOM, TOP, left + LEFT, left + WIDTH - RIGHT
    yield text((start + end) / 2, TOP - 14, panel.title, size=13)
    for value in steps(*ends[0], panel.log):
        x = place(value, 0)
        yield f'<line x1="{x:.1f}" y1="{floor}" x2="{x:.1f}" y2="{ceiling}" class="grid"/>' + text(x, floor + 15, f"{value:,.10g}")
    for value in steps(*ends[1], panel.log):
        y = place(value, 1)
        yield f'<line x1="{start}" y1="{y:.1f}" x2="{end}" y2="{y:.1f}" class="grid"/>' + text(start - 5, y + 4, f"{value:,.10g}", "end")
    yield text(end, floor + 29, panel.x, "end") + text(start - 5, ceiling - 4, panel.y, "end")
    for i, (name, series) in enumerate(panel.lines):
        path = " ".join(f"{place(x, 0):.1f},{place(y, 1):.1f}" for x, y in series)
        yield f'<polyline points="{path}" stroke="{COLOURS[i]}" class="line"/>'
        y = floor + 36 + 14 * i
        yield f'<line x1="{start}" y1="{y - 4}" x2="{start + 18}" y2="{y - 4}" stroke="{COLOURS[i]}" stroke-width="2"/>'
        yield text(start + 24, y, name, "start")
    for i, (name, series) in enumerate(panel.dots):
        yield from (f'<circle cx="{place(x, 0):.1f}" cy="{place(y, 1):.1f}" r="3" fill="{COLOURS[i]}"/>' for x, y in series)
        y = floor + 36 + 14 * (len(panel.lines) + i)
        yield f'<circle cx="{start + 9}" cy="{y - 4}" r="3" fill="{COLOURS[i]}"/>' + text(start + 24, y, name, "start")


def draw(panels):
    body = "\n".join(line for i, panel in enumerate(panels) for line in draw_panel(panel, i * WIDTH))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH * len(panels)} {HEIGHT}" font-family="sans-serif">\n'
            "<style>text { fill: #444 } .grid { stroke: #888; stroke-opacity: 0.3 } .line { fill: none; stroke-width: 2 }\n"
            "svg { background: #fff }</style>\n" + body + "\n</svg>\n")
