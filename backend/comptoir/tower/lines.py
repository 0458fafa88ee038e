"""How the readings of the Now page went in the last hours: a small line for each, drawn on the server, with its words. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

STEP: Final = 15
"""Minutes between two readings that are kept."""
BACK: Final = 6 * 60
"""Minutes that a line goes back."""
GAP: Final = 3 * STEP
"""Longer without a reading, the line is broken: nobody knows what was in between."""
FIGURES: Final = ("due", "at_risk", "late", "waiting", "untold", "silent_devices", "pickups_missed")
"""In the order in which they are kept."""
WIDTH: Final = 100
HEIGHT: Final = 30
EDGE: Final = 2

Readings = Mapping[int, Mapping[str, Sequence[int]]]
"""Minute -> store -> its figures."""
Past = Sequence[tuple[int, Sequence[int]]]
"""(Minute, figures of some stores together), ascending."""


class Line(msgspec.Struct, frozen=True):
    """One reading over the last hours: `path` in a box of 100 by 30; the lowest, the highest and the minute of that."""

    path: str
    low: int
    high: int
    high_at: int


def together(readings: Readings, locations: Iterable[str] | None) -> Past:
    """What some stores (None: all) came to at each moment that was kept."""
    wanted = None if locations is None else frozenset(locations)
    return [
        (minute, [sum(column) for column in zip(*rows, strict=True)])
        for minute, stores in sorted(readings.items())
        if (rows := [row for store, row in stores.items() if wanted is None or store in wanted])
    ]


def lines(past: Past, at: int, now: Mapping[str, int]) -> dict[str, Line]:
    """A line for each figure that was ever more than nothing, up to what it is `now` at the minute `at`."""
    found = {}
    for n, name in enumerate(FIGURES):
        points = [(minute, row[n]) for minute, row in past if at - BACK <= minute < at]
        points.append((at, now.get(name, 0)))
        values = [value for _, value in points]
        if len(points) > 2 and any(values):
            high_at = max(points, key=lambda point: (point[1], point[0]))[0]
            found[name] = Line(path(points, at), min(values), max(values), high_at)
    return found


def path(points: Sequence[tuple[int, int]], at: int) -> str:
    """The `d` of an SVG path: the last point at the right edge, six hours ago at the left, the highest at the top."""
    most = max(max(value for _, value in points), 1)
    drawn, before = "", None
    for minute, value in points:
        x = round(WIDTH * (minute - at + BACK) / BACK)
        y = round(HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * value / most)
        drawn += f"{'M' if before is None or minute - before > GAP else 'L'}{x} {y}"
        before = minute
    return drawn
