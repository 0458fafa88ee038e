"""The reports: which figures each shows, which of them is looked at first, and what it is taken apart by. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Final, Literal

import msgspec

from comptoir.reporting.measures import MEASURES, Figures, Sums, quantile, ratio, total

By = Literal["day", "week", "month"]
Shown = Literal["share", "time", "days", "count", "money"]
"""How a value is said: a part of one, seconds, days, a number, minor units of the report's currency."""

BYS: Final[tuple[By, ...]] = ("day", "week", "month")
GRAINS: Final[Mapping[By, str]] = {"day": "d", "week": "w", "month": "m"}
SPANS: Final[Mapping[By, int]] = {"day": 28, "week": 13, "month": 13}
"""How many periods one page shows."""

LEAST_COMPARED: Final = 5
"""A median over stores that the reader may not see needs so many of them: fewer would tell what a neighbor does."""

Value = float | int | None
Values = Mapping[str, Value]


class Column(msgspec.Struct, frozen=True):
    """One value of a report, worked out of sums. `better`: whether more or less of it is better, where that can be said."""

    name: str
    shown: Shown
    of: Callable[[Sums], Value]
    better: Literal["more", "less", ""] = ""


class Breakdown(msgspec.Struct, frozen=True):
    """A report taken apart by what stands in the keys of its measures; `group` reads it out of a key. `words`: how it is named.

    `share`: the column of which each group's part of the whole is said. `ordered`: by the key, not by size.
    """

    words: Literal["hour", "kind", "short", "sku", "cancel", "decline", "return", "carrier", "channel", "band"]
    measures: tuple[str, ...]
    columns: tuple[Column, ...]
    group: Callable[[str], str] = lambda key: key
    share: bool = False
    ordered: bool = False


class Report(msgspec.Struct, frozen=True):
    """`measures` are what it reads, `main` the column that its chart shows."""

    name: str
    measures: tuple[str, ...]
    columns: tuple[Column, ...]
    main: str
    breakdowns: tuple[Breakdown, ...] = ()
    money: bool = False

    def column(self, name: str) -> Column:
        return next(one for one in self.columns if one.name == name)


def _count(measure: str, at: int = 0) -> Callable[[Sums], Value]:
    return lambda sums: total(sums, measure, at)


def _times(measure: str) -> tuple[Column, ...]:
    return (
        Column("orders" if MEASURES[measure].unit == "orders" else "customers", "count", _count(measure)),
        Column("median", "time", lambda sums: quantile(sums, measure, 0.5), "less"),
        Column("ninth", "time", lambda sums: quantile(sums, measure, 0.9), "less"),
        Column("mean", "time", lambda sums: ratio(total(sums, measure, 1), total(sums, measure)), "less"),
    )


def _old(sums: Sums) -> Value:
    """The part of the stock's value of which nothing was sold in ninety days."""
    rows = sums.get("stock", {})
    return ratio(sum(row[1] for key, row in rows.items() if key[:4] > "0090"), total(sums, "stock", 1))


def before_bar(key: str) -> str:
    return key.partition("|")[0]


_ON_TIME = Column("on_time", "share", lambda sums: ratio(total(sums, "ready", 1), total(sums, "ready")), "more")
_SHORT = Column("short", "count", _count("short"), "less")
_SHORT_RATE = Column(
    "short_rate", "share", lambda sums: ratio(total(sums, "short"), total(sums, "found") + total(sums, "short")), "less"
)
_PARCELS = Column("parcels", "count", _count("shipped"))
_ARRIVED = Column("delivered", "count", _count("shipped", 1))
_IN_TIME = Column("in_time", "share", lambda sums: ratio(total(sums, "shipped", 2), total(sums, "shipped", 1)), "more")
_DAYS = Column("days", "days", lambda sums: ratio(total(sums, "travelled", 1), total(sums, "travelled")), "less")
_SENT_BACK = Column("sent_back", "count", _count("sent_back"), "less")
_GOODS = Column("goods", "money", _count("sold", 1))
_SALES = (
    _GOODS,
    Column("units", "count", _count("sold")),
    Column("delivery", "money", _count("sold", 2)),
    Column("captured", "money", _count("captured", 1)),
    Column("refunded", "money", _count("refunded", 1)),
)
_RETURNED = (
    Column("units", "count", _count("returned")), Column("given", "money", _count("returned", 1)), Column("kept", "money", _count("returned", 2)),
)  # fmt: skip
_STOCK = (
    Column("value", "money", lambda sums: total(sums, "stock", 1) if sums.get("stock") else None),
    Column("units", "count", lambda sums: total(sums, "stock") if sums.get("stock") else None),
)

REPORTS: Final[Mapping[str, Report]] = {
    one.name: one
    for one in (
        Report(
            "on-time", ("ready",),
            (
                _ON_TIME, Column("orders", "count", _count("ready")),
                Column("late", "count", lambda sums: total(sums, "ready") - total(sums, "ready", 1), "less"),
            ),
            "on_time", (Breakdown("kind", ("ready",), (_ON_TIME, Column("orders", "count", _count("ready")))),),
        ),
        Report("prepare", ("prepared",), _times("prepared"), "median"),
        Report("accept", ("accepted",), _times("accepted"), "median"),
        Report("collect", ("collected",), _times("collected"), "median"),
        Report("wait", ("waited",), _times("waited"), "median"),
        Report(
            "orders", ("received",), (Column("orders", "count", _count("received")), Column("units", "count", _count("received", 1))), "orders",
            (Breakdown("hour", ("received",), (Column("orders", "count", _count("received")),), ordered=True),),
        ),
        Report(
            "fill", ("found", "short", "short_sku"),
            (
                Column("filled", "share", lambda sums: ratio(total(sums, "found"), total(sums, "found") + total(sums, "short")), "more"),
                Column("asked", "count", lambda sums: total(sums, "found") + total(sums, "short")), _SHORT, _SHORT_RATE,
            ),
            "filled",
            (
                Breakdown("short", ("short",), (_SHORT,), share=True),
                Breakdown("sku", ("short_sku",), (Column("short", "count", _count("short_sku")),), share=True),
            ),
        ),
        Report(
            "cancellations", ("canceled", "declined", "expired"),
            (
                Column("canceled", "count", _count("canceled"), "less"), Column("declined", "count", _count("declined"), "less"),
                Column("expired", "count", _count("expired"), "less"),
            ),
            "canceled",
            (
                Breakdown("cancel", ("canceled",), (Column("canceled", "count", _count("canceled")),), share=True),
                Breakdown("decline", ("declined",), (Column("declined", "count", _count("declined")),), share=True),
            ),
        ),
        Report("returns", ("returned",), _RETURNED, "units", (Breakdown("return", ("returned",), _RETURNED, before_bar),), money=True),
        Report(
            "carriers", ("shipped", "travelled", "sent_back"), (_IN_TIME, _PARCELS, _ARRIVED, _DAYS, _SENT_BACK), "in_time",
            (Breakdown("carrier", ("shipped", "travelled", "sent_back"), (_IN_TIME, _PARCELS, _ARRIVED, _DAYS, _SENT_BACK), before_bar),),
        ),
        Report(
            "sales", ("sold", "captured", "refunded"), _SALES, "goods",
            (Breakdown("channel", ("sold", "captured", "refunded"), _SALES, before_bar),), money=True,
        ),
        Report(
            "stock", ("stock",), (*_STOCK, Column("old", "share", _old, "less")), "value",
            (Breakdown("band", ("stock",), _STOCK, before_bar, ordered=True),), money=True,
        ),
    )
}  # fmt: skip
"""In the order of the page."""

MOST_GROUPS: Final = 20
"""Groups of a breakdown that a page lists: the greatest."""


class Group(msgspec.Struct, frozen=True):
    """One row of a breakdown; `part` of the whole by the first column."""

    key: str
    values: Values
    part: float | None


def values(columns: Iterable[Column], sums: Sums) -> Values:
    """What the columns say of these sums."""
    return {column.name: column.of(sums) for column in columns}


def parts(breakdown: Breakdown, sums: Sums, most: int = MOST_GROUPS) -> list[Group]:
    """The breakdown's groups, the greatest first, or by key where they have an order of their own."""
    split: dict[str, dict[str, dict[str, Figures]]] = defaultdict(lambda: defaultdict(dict))
    for measure in breakdown.measures:
        for key, figures in sums.get(measure, {}).items():
            split[breakdown.group(key)][measure][key] = figures
    first = breakdown.measures[0]
    whole = total(sums, first)
    sizes = {key: total(own, first) for key, own in split.items()}
    ordered = sorted(split, key=lambda key: key if breakdown.ordered else (-sizes[key], key))
    return [
        Group(key, values(breakdown.columns, split[key]), ratio(sizes[key], whole) if breakdown.share else None)
        for key in ordered[: None if breakdown.ordered else most]
    ]


def currencies(sums: Sums) -> list[str]:
    """The currencies of the money in these sums, the one with most of it first."""
    found: dict[str, int] = defaultdict(int)
    for measure in ("sold", "captured", "refunded", "returned", "stock"):
        for key, figures in sums.get(measure, {}).items():
            if "|" in key:
                found[key.rpartition("|")[2]] += figures[1] + 1
    return sorted(found, key=lambda currency: (-found[currency], currency))


def in_currency(sums: Sums, currency: str) -> Sums:
    """Only what is in one currency: money of two does not add up."""
    return {
        measure: {key: figures for key, figures in keys.items() if key.rpartition("|")[2] == currency}
        for measure, keys in sums.items()
    }


def spans(by: By, until: date) -> list[date]:
    """The first days of the periods that a page shows, the oldest first; the last one holds `until`."""
    if by == "month":
        months = until.year * 12 + until.month - 1
        return [date(at // 12, at % 12 + 1, 1) for at in range(months - SPANS[by] + 1, months + 1)]
    last = until if by == "day" else until - timedelta(days=until.weekday())
    step = 1 if by == "day" else 7
    return [last - timedelta(days=step * back) for back in range(SPANS[by] - 1, -1, -1)]


def last_day(by: By, first: date) -> date:
    """The last day of a period that begins at `first`."""
    if by == "day":
        return first
    if by == "week":
        return first + timedelta(days=6)
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
