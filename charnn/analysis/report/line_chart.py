"""Line charts as SVG within a page: small, without matplotlib, and in the colours of the page, light or dark."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from charnn.analysis.report.html import Html, element

_WIDTH, _HEIGHT = 360.0, 200.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 8.0, 8.0, 22.0
_TICKS = 5
_MOST_POINTS = 300
# Beyond this ratio of the highest to the median value a linear axis would show nothing but the highest.
_EXPLODED = 20.0


@dataclass(frozen=True)
class Line:
    """A curve.

    Attributes:
        colour: `blue`, `red`, `green` or `ink`.
        style: `solid`, `thin` or `dashed`, so that lines can be told apart without their colours.
    """

    label: str
    places: Sequence[float]
    values: Sequence[float]
    colour: str = "blue"
    style: str = "solid"


def level(label: str, value: float) -> Line:
    """A value that holds everywhere: a dashed line from edge to edge."""
    return Line(label, [-math.inf, math.inf], [value, value], "ink", "dashed")


@dataclass(frozen=True)
class Axis:
    """Where numbers lie: from 0 (the low end) to 1."""

    low: float
    high: float
    logarithmic: bool

    def share(self, value: float) -> float:
        """How far a value lies from the low end to the high one; the infinite lie at the ends."""
        if math.isinf(value):
            return float(value > 0)
        convert: Callable[[float], float] = math.log if self.logarithmic else float
        low, high = convert(self.low), convert(self.high)
        return (convert(value) - low) / (high - low) if high > low else 0.5

    def ticks(self) -> list[float]:
        """Round numbers along the axis."""
        if self.logarithmic:
            decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            found = [digit * 10.0**decade for decade in decades for digit in (1, 2, 5)]
            inside = [tick for tick in found if self.low <= tick <= self.high]
            whole = [tick for tick in inside if math.isclose(math.log10(tick) % 1, 0, abs_tol=1e-9)]
            return _thinned(whole, _TICKS) if len(whole) > _TICKS else whole if len(whole) > 1 else inside
        step = _round_step((self.high - self.low) / _TICKS)
        return [step * count for count in range(math.ceil(self.low / step), math.floor(self.high / step) + 1)]


def chart(title: str, lines: Sequence[Line], over: str, *, logarithmic: bool = False, from_zero: bool = False) -> Html:
    """A figure of lines over one axis, with a legend and a sentence for those who cannot see it.

    Lines without points are left out, and there must be one with some. Values are positive where the axis is
    logarithmic, which one that does not begin at 0 also becomes where one value would flatten all others.

    Args:
        over: what the places are.
        from_zero: whether the axis begins at 0.
    """
    lines = [line for line in lines if line.values]
    values = [value for line in lines for value in line.values]
    exploded = min(values) > 0 and max(values) > _EXPLODED * median(values)
    logarithmic = logarithmic or (exploded and not from_zero)
    places = [place for line in lines for place in line.places if math.isfinite(place)]
    across = Axis(min(places), max(places), logarithmic=False)
    up = _padded(0.0 if from_zero else min(values), max(values), logarithmic)
    grid = [_tick_across(across, tick) for tick in across.ticks()] + [_tick_up(up, tick) for tick in up.ticks()]
    drawing = element(
        "svg",
        *grid,
        *(_curve(line, across, up) for line in lines),
        viewBox=f"0 0 {_WIDTH:g} {_HEIGHT:g}",
        role="img",
        aria_label=_words(title, lines, over),
    )
    keys = [":", *map(_key, lines)] if len(lines) > 1 else []
    return element("figure", element("h3", title), drawing, element("figcaption", f"over {over}", *keys))


def _padded(low: float, high: float, logarithmic: bool) -> Axis:
    """An axis on which the outermost values have a little room."""
    if logarithmic:
        return Axis(low / 1.15, high * 1.15, logarithmic=True)
    room = 0.06 * (high - low) or abs(high) * 0.1 or 1.0
    return Axis(low - room if low != 0 else 0.0, high + room, logarithmic=False)


def _round_step(step: float) -> float:
    """The least of 1, 2 and 5 times a power of ten that is no smaller."""
    if step <= 0:
        return 1.0
    decade = 10.0 ** math.floor(math.log10(step))
    return next(digit * decade for digit in (1, 2, 5, 10) if digit * decade >= step * (1 - 1e-9))


def _thinned(values: Sequence[float], most: int) -> list[float]:
    return list(values[:: math.ceil(len(values) / most)])


def _x(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def _tick_across(axis: Axis, tick: float) -> Html:
    x = f"{_x(axis.share(tick)):.1f}"
    rule = element("line", x1=x, x2=x, y1=_y(1), y2=_y(0), class_="rule")
    return Html(rule + element("text", _figure(tick), x=x, y=_HEIGHT - 6, text_anchor="middle"))


def _tick_up(axis: Axis, tick: float) -> Html:
    y = _y(axis.share(tick))
    rule = element("line", x1=_x(0), x2=_x(1), y1=f"{y:.1f}", y2=f"{y:.1f}", class_="rule")
    return Html(rule + element("text", _figure(tick), x=_LEFT - 6, y=f"{y + 4:.1f}", text_anchor="end"))


def _curve(line: Line, across: Axis, up: Axis) -> Html:
    """A line through its points; a single one is a dot."""
    points = [(_x(across.share(place)), _y(up.share(value))) for place, value in _fewer(line)]
    if len(points) == 1:
        return element("circle", cx=f"{points[0][0]:.1f}", cy=f"{points[0][1]:.1f}", r=3, class_=f"dot {line.colour}")
    text = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return element("polyline", points=text, class_=f"line {line.colour} {line.style}")


def _fewer(line: Line) -> list[tuple[float, float]]:
    """The points, or of each stretch of many the lowest and the highest, so that no peak is lost."""
    points = list(zip(line.places, line.values, strict=True))
    size = math.ceil(len(points) / (_MOST_POINTS / 2))
    if len(points) <= _MOST_POINTS:
        return points
    stretches = [points[start : start + size] for start in range(0, len(points), size)]
    kept = [points[0]]
    for stretch in stretches:
        kept += sorted({min(stretch, key=lambda point: point[1]), max(stretch, key=lambda point: point[1])})
    return [*kept, points[-1]]


def _key(line: Line) -> Html:
    """An entry of the legend."""
    stroke = element("line", x1=1, x2=23, y1=5, y2=5, class_=f"line {line.colour} {line.style}")
    picture = element("svg", stroke, viewBox="0 0 24 10", class_="key", aria_hidden="true")
    return element("span", picture, line.label, class_="entry")


def _words(title: str, lines: Sequence[Line], over: str) -> str:
    """What the chart shows, as a sentence."""
    told = [
        f"{line.label} {_figure(line.values[0])}"
        if len(set(line.values)) == 1
        else f"{line.label} from {_figure(line.values[0])} to {_figure(line.values[-1])},"
        f" lowest {_figure(min(line.values))}, highest {_figure(max(line.values))}"
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
