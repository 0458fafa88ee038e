"""Which articles a store should count next. Pure: what is known of each row in, an ordered list with its reasons out.

points = 25 for each short of the last 28 days, at most 4
       + 60 when tries to pick it mostly fail: 60 x (1 - found / tries), from 3 tries on
       + 10 for each over-promised unit, at most 5
       + 1 for each 3 days since it was last counted, at most 40 (never counted: 40)
       + 1 for each 100.00 of what lies there, at most 20
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec

FEWEST_TRIES = 3
LONGEST_DAYS = 120
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
    """One row of a store's stock. `shorts` of the last 28 days; `tries` and `found` of the find rate; values in minor units."""

    sku: str
    on_hand: int
    reserved: int
    price_minor: int
    shorts: int = 0
    tries: int = 0
    found: int = 0
    counted_at: datetime | None = None


class Directed(msgspec.Struct, frozen=True):
    """An article to count, how urgent it is, and why."""

    sku: str
    urgency: int
    cause: Cause


def points(row: Candidate, now: datetime) -> dict[Cause, int]:
    """What each reason weighs for one row."""
    fails = round(60 * (row.tries - row.found) / row.tries) if row.tries >= FEWEST_TRIES else 0
    days = LONGEST_DAYS if row.counted_at is None else min(LONGEST_DAYS, (now - row.counted_at).days)
    return {
        Cause.SHORTS: 25 * min(4, row.shorts),
        Cause.NOT_FOUND: fails,
        Cause.OVER_PROMISED: 10 * min(5, max(0, row.reserved - row.on_hand)),
        Cause.LONG_AGO: max(0, days) // 3,
        Cause.VALUE: min(20, max(0, row.on_hand) * row.price_minor // 10_000),
    }


def direct(rows: Iterable[Candidate], now: datetime, most: int = MOST_AT_ONCE) -> tuple[Directed, ...]:
    """The most urgent first, at most `most`; equal ones by SKU, so that the same figures give the same list."""
    found = []
    for row in rows:
        weighed = points(row, now)
        urgency = sum(weighed.values())
        if urgency >= LEAST:
            found.append(Directed(row.sku, urgency, max(weighed, key=lambda cause: weighed[cause])))
    return tuple(sorted(found, key=lambda one: (-one.urgency, one.sku))[:most])
