"""Which articles a store should count next. Pure: what is known of each row in, an ordered list with its reasons out.

points = 25 for each short of the last 28 days, at most 4
       + 60 when tries to pick it mostly fail: 60 x (1 - found / tries), from 3 tries on
       + 10 for each over-promised unit, at most 5
       + 20 x days since it was last counted / days of its class (`count_rules.py`), at most 40 (never counted: 40)
       + 1 for each 100.00 of what lies there, at most 15

From 20 points on somebody is sent: an article is due when the days of its class are over, and never for its worth alone.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec

from comptoir.stock.count_rules import DEFAULT, CountRules, classes

FEWEST_TRIES = 3
DUE = 20
LEAST = 20
"""Below this nobody is sent to a shelf: a count that finds nothing costs as much as one that does."""
MOST_AT_ONCE = 50


class Cause(StrEnum):
    """What weighed most; the handheld and the manager read it in words."""

    SHORTS = "shorts"
    NOT_FOUND = "not_found"
    OVER_PROMISED = "over_promised"
    LONG_AGO = "long_ago"
    VALUE = "value"


class Candidate(msgspec.Struct, frozen=True):
    """One row of a store's stock. `shorts` of the last 28 days; `tries` and `found` of the find rate; values in minor units. `busy`: counted
    since a day, or being counted: it says what the others are worth beside it, and is not asked for.
    """

    sku: str
    on_hand: int
    reserved: int
    price_minor: int
    shorts: int = 0
    tries: int = 0
    found: int = 0
    counted_at: datetime | None = None
    busy: bool = False

    @property
    def worth_minor(self) -> int:
        return max(0, self.on_hand) * self.price_minor


class Directed(msgspec.Struct, frozen=True):
    """An article to count, how urgent it is, and why."""

    sku: str
    urgency: int
    cause: Cause


def points(row: Candidate, now: datetime, class_days: int) -> dict[Cause, int]:
    """What each reason weighs for one row whose class is due after so many days."""
    fails = round(60 * (row.tries - row.found) / row.tries) if row.tries >= FEWEST_TRIES else 0
    age = 2 * DUE if row.counted_at is None else DUE * max(0, (now - row.counted_at).days) // class_days
    return {
        Cause.SHORTS: 25 * min(4, row.shorts),
        Cause.NOT_FOUND: fails,
        Cause.OVER_PROMISED: 10 * min(5, max(0, row.reserved - row.on_hand)),
        Cause.LONG_AGO: min(2 * DUE, age),
        Cause.VALUE: min(15, row.worth_minor // 10_000),
    }


def direct(
    rows: Iterable[Candidate], now: datetime, most: int = MOST_AT_ONCE, rules: CountRules = DEFAULT
) -> tuple[Directed, ...]:
    """The most urgent first, at most `most`; equal ones by SKU, so that the same figures give the same list."""
    known = list(rows)
    of = classes(((row.sku, row.worth_minor) for row in known), rules)
    found = []
    for row in known:
        if row.busy:
            continue
        weighed = points(row, now, rules.days(of[row.sku]))
        urgency = sum(weighed.values())
        if urgency >= LEAST:
            found.append(Directed(row.sku, urgency, max(weighed, key=lambda cause: weighed[cause])))
    return tuple(sorted(found, key=lambda one: (-one.urgency, one.sku))[:most])
