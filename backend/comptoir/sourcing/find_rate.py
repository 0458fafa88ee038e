"""How often a location finds what its books promise, and whether that is known well enough to reckon with. Pure.

A rate for each article at each location, drawn towards the location's, and the location's towards everybody's: few tries say little. It goes
into promises only while what it predicted for the latest tries is what then happened (`calibrated`); until then it is shown and nothing else.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

OF_LOCATION: Final = 20
"""Tries that everybody's rate counts for beside a location's own."""
OF_ARTICLE: Final = 8
"""Tries that the location's rate counts for beside an article's own there."""
SHOWN: Final = 10
"""Tries that a person is told of: found 7 of the last 10."""
BUCKETS: Final = 4
LEAST_TRIES: Final = 200
"""Units in the latest quarter that it takes to judge; fewer prove nothing."""
OFF_BY: Final = 0.25
"""How far, of what was seen, a prediction may be off, over all and in each bucket."""
AND_FLAT: Final = 0.01


class Try(msgspec.Struct, frozen=True):
    """Units of an article that a location was to pick, and how many of them it did not find; in the order of time."""

    sku: str
    location: str
    units: int
    missing: int


def latest(tries: Iterable[Try], most: int = SHOWN) -> dict[tuple[str, str], tuple[int, int]]:
    """(SKU, location) -> (tries, of them found whole), of the latest `most` tries; `tries` in the order of time."""
    kept: dict[tuple[str, str], deque[bool]] = {}
    for one in tries:
        kept.setdefault((one.sku, one.location), deque(maxlen=most)).append(not one.missing)
    return {key: (len(seen), sum(seen)) for key, seen in kept.items()}


class Rates:
    """Chances that a unit is not found, from tries."""

    def __init__(self, tries: Iterable[Try]) -> None:
        self.units: dict[tuple[str, ...], int] = {}
        self.missing: dict[tuple[str, ...], int] = {}
        for one in tries:
            for key in ((), (one.location,), (one.location, one.sku)):
                self.units[key] = self.units.get(key, 0) + one.units
                self.missing[key] = self.missing.get(key, 0) + one.missing

    def everywhere(self) -> float:
        return self._drawn((), 0.05, OF_LOCATION)

    def at(self, location: str) -> float:
        return self._drawn((location,), self.everywhere(), OF_LOCATION)

    def of(self, sku: str, location: str) -> float:
        """The chance that one unit of this article is not found there."""
        return self._drawn((location, sku), self.at(location), OF_ARTICLE)

    def _drawn(self, key: tuple[str, ...], towards: float, weight: int) -> float:
        return (self.missing.get(key, 0) + towards * weight) / (self.units.get(key, 0) + weight)


class Judged(msgspec.Struct, frozen=True):
    """What the earlier tries predicted for the latest quarter, what was seen there, and whether that may be used."""

    predicted: float
    seen: float
    usable: bool


def calibrated(tries: Sequence[Try]) -> Judged:
    """Predict the latest quarter from what came before it; usable when the chances were right over all and in each quarter of the predictions."""
    cut = len(tries) * 3 // 4
    rates, latest = Rates(tries[:cut]), tries[cut:]
    told = sorted(((rates.of(one.sku, one.location), one.units, one.missing) for one in latest), key=lambda row: row[0])
    units = sum(row[1] for row in told)
    if units < LEAST_TRIES:
        return Judged(0.0, 0.0, False)
    predicted, seen = sum(p * n for p, n, _ in told) / units, sum(m for *_, m in told) / units
    right = near(predicted, seen)
    size = -(-len(told) // BUCKETS)
    for begin in range(0, len(told), size):
        rows = told[begin : begin + size]
        count = sum(row[1] for row in rows)
        right = right and near(sum(p * n for p, n, _ in rows) / count, sum(m for *_, m in rows) / count)
    return Judged(predicted, seen, right)


def near(predicted: float, seen: float) -> bool:
    return abs(predicted - seen) <= max(OFF_BY * seen, AND_FLAT)
