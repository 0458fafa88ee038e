"""Which goods had better lie elsewhere: too few for the days to come here, more than enough there. Pure; figures in units.

cover = units that may be promised / units that go out a day
short: what is needed for `NEED_DAYS` is more than there is and what is on its way
spare: what is left after `KEEP_DAYS` of the place's own sales
"""

from collections.abc import Iterable
from math import ceil

import msgspec

WINDOW_DAYS = 28
"""Sales of so many days say how much goes out."""
NEED_DAYS = 14
KEEP_DAYS = 42
LEAST_UNITS = 2
"""Fewer are not worth a carton."""


class Position(msgspec.Struct, frozen=True):
    """One article at one place: free units, units on their way there, and units that went out within the window."""

    sku: str
    location: str
    free: int
    coming: int = 0
    went: int = 0

    @property
    def short(self) -> int:
        """Units that will be missing within `NEED_DAYS`."""
        return max(0, ceil(self.went * NEED_DAYS / WINDOW_DAYS) - max(0, self.free) - self.coming)

    @property
    def spare(self) -> int:
        """Units that nobody is likely to ask for here within `KEEP_DAYS`."""
        return max(0, self.free - ceil(self.went * KEEP_DAYS / WINDOW_DAYS))

    @property
    def days(self) -> int | None:
        """Days until the shelf is empty at this pace; None where nothing sells."""
        return self.free * WINDOW_DAYS // self.went if self.went else None


class Suggestion(msgspec.Struct, frozen=True):
    """Units of one article that had better go from one place to another, and the two positions that say why."""

    sku: str
    units: int
    source: Position
    to: Position


def suggest(positions: Iterable[Position]) -> list[Suggestion]:
    """The worst shortages first, each from whoever can spare most; what is spared once is not spared again."""
    by_sku: dict[str, list[Position]] = {}
    for position in positions:
        by_sku.setdefault(position.sku, []).append(position)
    found: list[Suggestion] = []
    for sku, places in by_sku.items():
        spare = {place.location: place.spare for place in places}
        for to in sorted(places, key=lambda place: (-place.short, place.location)):
            wanted = to.short
            for source in sorted(places, key=lambda place: (-spare[place.location], place.location)):
                units = min(wanted, spare[source.location])
                if source.location != to.location and units >= LEAST_UNITS:
                    spare[source.location] -= units
                    wanted -= units
                    found.append(Suggestion(sku, units, source, to))
    return sorted(found, key=lambda each: (-each.units, each.sku, each.to.location, each.source.location))
