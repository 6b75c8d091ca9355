"""Where the marks of a chart stand: plain numbers for templates that draw them as SVG, without scripts or styles."""

from collections.abc import Sequence
from dataclasses import dataclass

LEFT, RIGHT, TOP, BOTTOM = 40.0, 18.0, 10.0, 24.0
GAP = 0.22
"""The part of a column's room that stays empty."""
SMALLEST, LARGEST = 3.0, 8.0
_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Datum:
    """One value or stack of values to draw; `parts` are (what it is, how much), the lowest first."""

    label: str
    title: str
    href: str
    parts: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A rectangle or, for points, a circle around (x, y) with half of `width` as its radius."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """All marks of one datum with the area that can be clicked."""

    label: str
    title: str
    href: str
    x: float
    width: float
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across the chart at a round value, or a place on its lower edge."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything to draw. `line` are the points of a polyline, "" if there is none."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]
    below: tuple[Tick, ...]
    line: str = ""


def columns(data: Sequence[Datum], *, width: float = 520, height: float = 190) -> Chart:
    """Stacked columns side by side, from zero to a round value above the highest stack."""
    highest = max((sum(amount for _, amount in one.parts) for one in data), default=0.0)
    step = _step(highest, pieces=3)
    top_value = max(step, -(-highest // step) * step)
    room = (width - LEFT - RIGHT) / max(1, len(data))
    scale = (height - TOP - BOTTOM) / top_value
    drawn = []
    for place, one in enumerate(data):
        x, y = LEFT + place * room, height - BOTTOM
        marks = []
        for kind, amount in one.parts:
            y -= amount * scale
            if amount:
                marks.append(
                    Mark(kind, _round(x + room * GAP / 2), _round(y), _round(room * (1 - GAP)), _round(amount * scale))
                )
        drawn.append(Column(one.label, one.title, one.href, _round(x), _round(room), tuple(marks)))
    ticks = [Tick(_round(height - BOTTOM - value * scale), f"{value:g}") for value in _values(step, top_value)]
    return _chart(width, height, drawn, ticks, _below(drawn))


def shares(data: Sequence[Datum], *, width: float = 520, height: float = 130, most: float = 1.0) -> Chart:
    """A line of shares over time, 0 to `most`; the first part of each datum is its value, no part is a gap."""
    room = (width - LEFT - RIGHT) / max(1, len(data))
    scale = (height - TOP - BOTTOM) / most
    drawn, points = [], []
    for place, one in enumerate(data):
        middle = LEFT + (place + 0.5) * room
        marks: tuple[Mark, ...] = ()
        if one.parts:
            kind, value = one.parts[0]
            y = height - BOTTOM - min(value, most) * scale
            marks = (Mark(kind, _round(middle), _round(y), SMALLEST * 2, SMALLEST * 2),)
            points.append(f"{_round(middle)},{_round(y)}")
        drawn.append(Column(one.label, one.title, one.href, _round(LEFT + place * room), _round(room), marks))
    ticks = [Tick(_round(height - BOTTOM - value * scale), f"{value:.0%}") for value in (0, most / 2, most)]
    return _chart(width, height, drawn, ticks, _below(drawn), " ".join(points))


def reliability(
    points: Sequence[tuple[float, float, int, str, str]], *, width: float = 520, height: float = 230
) -> Chart:
    """Stated against true share; a point is (stated, true, letters, title, href), the larger the more letters."""
    inner = (width - LEFT - RIGHT, height - TOP - BOTTOM)
    most = max((letters for _, _, letters, _, _ in points), default=1)
    drawn, line = [], []
    for stated, true, letters, title, href in points:
        x, y = LEFT + stated * inner[0], height - BOTTOM - true * inner[1]
        radius = SMALLEST + (LARGEST - SMALLEST) * (letters / most) ** 0.5
        mark = Mark("point", _round(x), _round(y), _round(2 * radius), _round(2 * radius))
        drawn.append(Column("", title, href, _round(x - LARGEST - 2), 2 * LARGEST + 4, (mark,)))
        line.append(f"{_round(x)},{_round(y)}")
    quarters = (0, 0.25, 0.5, 0.75, 1)
    ticks = [Tick(_round(height - BOTTOM - value * inner[1]), f"{value:.0%}") for value in quarters]
    below = [Tick(_round(LEFT + value * inner[0]), f"{value:.0%}") for value in quarters]
    return _chart(width, height, drawn, ticks, below, " ".join(line))


def _chart(
    width: float, height: float, drawn: list[Column], ticks: list[Tick], below: list[Tick], line: str = ""
) -> Chart:
    return Chart(
        width=width,
        height=height,
        left=LEFT,
        right=width - RIGHT,
        top=TOP,
        bottom=height - BOTTOM,
        columns=tuple(drawn),
        ticks=tuple(ticks),
        below=tuple(below),
        line=line,
    )


def _below(drawn: Sequence[Column]) -> list[Tick]:
    return [Tick(_round(one.x + one.width / 2), one.label) for one in drawn]


def _step(highest: float, pieces: int) -> float:
    """A round distance (1, 2 or 5 times a power of ten, at least 1) of which few reach the highest value."""
    power = 1
    while True:
        for step in _STEPS:
            if step * power * pieces >= highest:
                return step * power
        power *= 10


def _values(step: float, top_value: float) -> list[float]:
    return [step * number for number in range(int(top_value / step) + 1)]


def _round(value: float) -> float:
    return round(value, 1)
