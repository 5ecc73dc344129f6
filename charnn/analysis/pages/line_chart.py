"""Line charts as SVG within a page, which need no matplotlib.

They are small, have the colours of the page, light or dark, and say in words what they show.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from charnn.analysis.curves.scale import is_exploded
from charnn.analysis.pages.axis import Axis, padded_axis
from charnn.analysis.pages.html import Html, element, joined

_WIDTH, _HEIGHT = 360.0, 200.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 8.0, 8.0, 22.0
_MOST_POINTS = 300


@dataclass(frozen=True)
class Line:
    """A curve.

    Attributes:
        label: what the legend calls it.
        xs: its places along the chart, in ascending order.
        ys: its value at each.
        colour: `blue`, `red`, `green` or `ink`.
        style: `solid`, `thin` or `dashed`, so that lines can be told apart without their colours.
    """

    label: str
    xs: Sequence[float]
    ys: Sequence[float]
    colour: str = "blue"
    style: str = "solid"


def level(label: str, value: float) -> Line:
    """A value that holds everywhere: a dashed line from edge to edge."""
    return Line(label, [-math.inf, math.inf], [value, value], "ink", "dashed")


def chart(title: str, lines: Sequence[Line], over: str, *, logarithmic: bool = False, from_zero: bool = False) -> Html:
    """A figure of lines over one axis, with a legend, and a sentence for readers who cannot see it.

    Lines without points are left out; at least one line must have some. An axis that does not begin at 0 also becomes
    logarithmic where its highest value would flatten all others.

    Args:
        title: the heading.
        lines: what is drawn; where the axis is logarithmic, their values are above 0.
        over: what the lines run over.
        logarithmic: whether the axis of values is logarithmic.
        from_zero: whether the axis of values begins at 0.
    """
    lines = [line for line in lines if line.ys]
    ys = [y for line in lines for y in line.ys]
    logarithmic = logarithmic or (not from_zero and is_exploded(ys))
    xs = [x for line in lines for x in line.xs if math.isfinite(x)]
    across = Axis(min(xs), max(xs), logarithmic=False)
    up = padded_axis(0.0 if from_zero else min(ys), max(ys), logarithmic)
    grid = [_tick_across(across, tick) for tick in across.ticks()] + [_tick_up(up, tick) for tick in up.ticks()]
    drawing = element(
        "svg",
        *grid,
        *(_curve(line, across, up) for line in lines),
        viewBox=f"0 0 {_WIDTH:g} {_HEIGHT:g}",
        role="img",
        aria_label=_in_words(title, lines, over),
    )
    entries = [":", *map(_legend_entry, lines)] if len(lines) > 1 else []
    return element("figure", element("h3", title), drawing, element("figcaption", f"over {over}", *entries))


def _x(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def _tick_across(axis: Axis, tick: float) -> Html:
    x = f"{_x(axis.share(tick)):.1f}"
    rule = element("line", x1=x, x2=x, y1=_y(1), y2=_y(0), class_="rule")
    return joined([rule, element("text", _figure(tick), x=x, y=_HEIGHT - 6, text_anchor="middle")])


def _tick_up(axis: Axis, tick: float) -> Html:
    y = _y(axis.share(tick))
    rule = element("line", x1=_x(0), x2=_x(1), y1=f"{y:.1f}", y2=f"{y:.1f}", class_="rule")
    return joined([rule, element("text", _figure(tick), x=_LEFT - 6, y=f"{y + 4:.1f}", text_anchor="end")])


def _curve(line: Line, across: Axis, up: Axis) -> Html:
    """A line through its points; a single one is a dot."""
    points = [(_x(across.share(x)), _y(up.share(y))) for x, y in _fewer_points(line)]
    if len(points) == 1:
        return element("circle", cx=f"{points[0][0]:.1f}", cy=f"{points[0][1]:.1f}", r=3, class_=f"dot {line.colour}")
    text = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return element("polyline", points=text, class_=f"line {line.colour} {line.style}")


def _fewer_points(line: Line) -> list[tuple[float, float]]:
    """The points; of too many the lowest and the highest of each stretch, so that no peak is lost."""
    points = list(zip(line.xs, line.ys, strict=True))
    size = math.ceil(len(points) / (_MOST_POINTS / 2))
    if len(points) <= _MOST_POINTS:
        return points
    stretches = [points[start : start + size] for start in range(0, len(points), size)]
    kept = [points[0]]
    for stretch in stretches:
        kept += sorted({min(stretch, key=lambda point: point[1]), max(stretch, key=lambda point: point[1])})
    return [*kept, points[-1]]


def _legend_entry(line: Line) -> Html:
    stroke = element("line", x1=1, x2=23, y1=5, y2=5, class_=f"line {line.colour} {line.style}")
    picture = element("svg", stroke, viewBox="0 0 24 10", class_="key", aria_hidden="true")
    return element("span", picture, line.label, class_="entry")


def _in_words(title: str, lines: Sequence[Line], over: str) -> str:
    """What the chart shows, as a sentence."""
    told = [
        f"{line.label} {_figure(line.ys[0])}"
        if len(set(line.ys)) == 1
        else f"{line.label} from {_figure(line.ys[0])} to {_figure(line.ys[-1])},"
        f" lowest {_figure(min(line.ys))}, highest {_figure(max(line.ys))}"
        for line in lines
    ]
    return f"{title} over {over}: {'; '.join(told)}."


def _figure(value: float) -> str:
    """A number in few characters."""
    if value and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.3g}".replace("e+0", "e").replace("e-0", "e−").replace("-", "−")
    return f"{value:,.4g}".replace("-", "−") if abs(value) < 1e4 else f"{value:,.0f}".replace("-", "−")


STYLE = """
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 0 1.5rem; }
figure { margin: 0 0 1rem; min-width: 0; }
figure svg[role] { display: block; width: 100%; height: auto; }
svg text { fill: var(--faint); font: 11px system-ui, sans-serif; }
.rule { stroke: var(--rule); stroke-width: 1; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.thin { stroke-width: 1; }
.dashed { stroke-width: 1.5; stroke-dasharray: 5 3; }
.line.blue { stroke: var(--blue); } .line.red { stroke: var(--red); } .line.green { stroke: var(--green); }
.line.ink { stroke: var(--ink); }
.dot.blue { fill: var(--blue); } .dot.red { fill: var(--red); } .dot.green { fill: var(--green); }
.dot.ink { fill: var(--ink); }
.entry { display: inline-block; margin: 0 .3rem 0 .6rem; }
.key { width: 24px; height: 10px; margin-right: .35rem; }
"""
