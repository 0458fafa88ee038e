"""A chart as figures: bars with their numbers, laid out so that on a phone and on a desk no number stands on another. Pure.

Lengths along the time are percent of the width, heights are pixels: the chart is as wide as its page and its text stays
as large as all text.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, Literal

import msgspec
from babel.numbers import format_decimal, get_currency_precision

from comptoir.reporting.reports import Shown, Value

HEIGHT: Final = 200
TOP: Final = 26
"""Room for the number above the highest bar."""
BASE: Final = 172
"""Where the bars stand; below it is what period each one is."""
NARROW: Final = 272
WIDE: Final = 740
"""Pixels that the bars have on the narrowest phone, and on a desk."""
LETTER: Final = 8.5
GAP: Final = 6

Axis = Literal["percent", "seconds", "minutes", "hours", "long", "days", "money", "count"]
"""`long` is a time said in days, `days` a number of days."""
Seen = Literal["always", "wide", "never"]
_DIVISORS: Final = {"seconds": 1, "minutes": 60, "hours": 3600, "long": 86400}


class Bar(msgspec.Struct, frozen=True):
    """One period: `x` and `width` in percent, `y` and `height` in pixels, no height where there is no value.

    `number_at`, `under_at`: how a text is anchored and where, in percent; at the edges it stays inside.
    """

    x: float
    middle: float
    width: float
    y: float
    height: float
    number: str
    number_seen: Seen
    number_at: tuple[str, float]
    under: str
    under_seen: Seen
    under_at: tuple[str, float]


class Chart(msgspec.Struct, frozen=True):
    """`axis` is the unit of the numbers; `line` where the median stands, None without one; `width` of one bar's slot in percent."""

    bars: list[Bar]
    axis: Axis
    line: float | None


def chart(
    values: Sequence[Value], unders: Sequence[str], shown: Shown, language: str, compared: Value = None, currency: str = "EUR"
) -> Chart:  # fmt: skip
    """Bars for `values` with `unders` below them."""
    known = [value for value in [*values, compared] if value is not None]
    most = max(known, default=0)
    axis = axis_of(shown, most)
    top = 1.0 if shown == "share" else most or 1
    slot = 100 / max(1, len(values))
    # Where nothing was there is no bar, and no nought above it; a share of nothing is a fact.
    numbers = [
        number(value, axis, language, currency) if value or (value == 0 and shown == "share") else ""
        for value in values
    ]
    # The highest, the last and the lowest are what people look for first.
    filled = sorted((at for at in range(len(values)) if numbers[at]), key=lambda at: values[at] or 0)
    first = [*filled[-1:], *([len(values) - 1] if values else []), *filled[:1]]
    seen = seen_of(numbers, first, slot)
    # Where a month begins its name stands; the longest texts are these.
    under_seen = seen_of(
        list(unders), [len(unders) - 1, *(at for at, text in enumerate(unders) if len(text) > 2)], slot
    )
    bars = []
    for at, value in enumerate(values):
        height = 0.0 if value is None else max(2.0, (BASE - TOP) * value / top) if value else 0.0
        bars.append(
            Bar(
                round(at * slot + slot * 0.14, 2), round((at + 0.5) * slot, 2), round(slot * 0.72, 2), round(BASE - height, 1), round(height, 1),
                numbers[at], seen[at], place_of(numbers[at], (at + 0.5) * slot), unders[at], under_seen[at], place_of(unders[at], (at + 0.5) * slot),
            )
        )  # fmt: skip
    return Chart(bars, axis, None if compared is None else round(BASE - (BASE - TOP) * compared / top, 1))


def place_of(text: str, middle: float) -> tuple[str, float]:
    """How a text is anchored (`text-anchor`) and where, so that on a phone it does not run over the edge."""
    half = len(text) * LETTER / 2 / NARROW * 100
    if middle + half > 100:
        return "end", 100.0
    return ("start", 0.0) if middle < half else ("middle", round(middle, 2))


def week_end(first: date) -> date:
    """The Sunday of a week that begins at `first`."""
    return first + timedelta(days=6)


def axis_of(shown: Shown, most: float) -> Axis:
    """The unit in which the numbers of a chart are short."""
    if shown == "time":
        return "seconds" if most < 180 else "minutes" if most < 3 * 3600 else "hours" if most < 3 * 86400 else "long"
    return {"share": "percent", "days": "days", "money": "money", "count": "count"}[shown]  # type: ignore[return-value]


def number(value: float, axis: Axis, language: str, currency: str = "EUR") -> str:
    """A short number without its unit: at most one decimal, and that only below ten."""
    if axis == "percent":
        value *= 100
    elif axis == "money":
        value = float(Decimal(int(value)).scaleb(-get_currency_precision(currency)))
    else:
        value /= _DIVISORS.get(axis, 1)
    fine = 0 < value < 9.95 and axis in ("minutes", "hours", "long", "days")
    rounded = Decimal(str(value)).quantize(Decimal("0.1") if fine else Decimal(1))
    return str(format_decimal(rounded, locale=language))


def seen_of(texts: Sequence[str], first: Sequence[int], slot: float) -> list[Seen]:
    """Which texts are written on every width, only on a wide one, or never: greedily, `first` before the others."""
    order = [*dict.fromkeys(first), *(at for at in range(len(texts) - 1, -1, -1) if at not in first)]

    def span(at: int, width: float) -> tuple[float, float]:
        long = len(texts[at]) * LETTER
        anchor, x = place_of(texts[at], (at + 0.5) * slot)
        left = x / 100 * width - {"start": 0, "middle": long / 2, "end": long}[anchor]
        return left, left + long

    def fits(width: float) -> set[int]:
        taken: dict[int, tuple[float, float]] = {}
        for at in order:
            left, right = span(at, width)
            if texts[at] and all(right + GAP <= begins or ends + GAP <= left for begins, ends in taken.values()):
                taken[at] = (left, right)
        return set(taken)

    narrow = fits(NARROW)
    order.sort(key=lambda at: at not in narrow)
    wide = fits(WIDE)
    return ["always" if at in narrow else "wide" if at in wide else "never" for at in range(len(texts))]
