"""What a routing decision looks at: sites with their stock, their prices, their queue and their carrier. Read only; whoever keeps it fresh fills it.

Money is in minor units (cents), weights in grams, times in whole minutes since any one moment, days in whole days of the carrier's calendar.
Rows by SKU are lists with one figure for each site, in the order of `sites`; a SKU that has no row has nothing.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Final

import msgspec

from comptoir.network.promise import ready_minute

MOST_CARRIED: Final = 10_000
FAR_AWAY: Final = 1 << 40
"""A day that no parcel arrives on: nothing leaves this site within the calendar."""


class Site(msgspec.Struct, frozen=True):
    """A place that ships. `collections` are the carrier's next collections, ascending, each (minute, day); `groups` are names that rules know it by.

    `capacity_per_hour` is works in an open hour, `windows` its open minutes as (from, to), ascending.
    """

    id: str
    pick_minor: int = 0
    pack_minor: int = 0
    lead_minutes: int = 0
    capacity_per_hour: int = 60
    windows: tuple[tuple[int, int], ...] = ()
    collections: tuple[tuple[int, int], ...] = ()
    groups: frozenset[str] = frozenset()
    preference_minor: int = 0
    """What a parcel from here is held to cost more than it does, or less."""
    paces: tuple[tuple[int, int, float], ...] = ()
    """Open time with the works of an hour of it, where something is planned for some hours; else `capacity_per_hour` holds."""


class Service(msgspec.Struct, frozen=True):
    """A carrier's product: days on the way, and a price for each zone and step of weight (zone first)."""

    id: str
    days: int
    prices: tuple[tuple[int, ...], ...]


class Rates(msgspec.Struct, frozen=True):
    """The table of prices. `steps` are the heaviest grams of each step, ascending; what is heavier pays the last.

    `zones` maps a destination to one zone for each site; a destination that is not there is in zone `elsewhere` for all.
    """

    services: tuple[Service, ...]
    steps: tuple[int, ...]
    zones: dict[str, Sequence[int]]
    elsewhere: int = 0
    kilometers: dict[str, Sequence[int]] = {}
    """As the crow flies from each site; what lists of rules sort by, and no cost."""

    def add(self, to: str, zones: Sequence[int], kilometers: Sequence[int]) -> None:
        """Name one more destination."""
        self.zones[to] = zones
        self.kilometers[to] = kilometers

    def step(self, grams: int) -> int:
        return min(bisect_left(self.steps, grams), len(self.steps) - 1)

    def zone(self, to: str, at: int) -> int:
        row = self.zones.get(to)
        return self.elsewhere if row is None else row[at]


class Late(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What it costs when a parcel comes later than it was promised."""

    first_day_minor: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    each_day_minor: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0

    def cost(self, days: int) -> int:
        return 0 if days <= 0 else self.first_day_minor + (days - 1) * self.each_day_minor


class Snapshot:
    """Everything at one moment. `arrivals[n][day]` is the day on which a parcel of n days arrives that leaves on `day`."""

    def __init__(self, sites: Sequence[Site], rates: Rates, late: Late, arrivals: Sequence[Sequence[int]]) -> None:
        self.sites, self.rates, self.late, self.arrivals = list(sites), rates, late, arrivals
        self.supply: dict[str, list[int]] = {}
        self.queue: list[int] = [0] * len(self.sites)
        """Works that wait at each site."""
        self.scarcity: dict[str, list[int]] = {}
        self.markdown: dict[str, list[int]] = {}
        self.decline: dict[str, list[int]] = {}
        self.now = 0
        self._unit: dict[str, tuple[list[int], int]] = {}
        self._ranked: dict[tuple[str, int], tuple[tuple[int, int], ...]] = {}
        self._nearest: dict[str, Sequence[int]] = {}
        self._leaves: dict[int, tuple[int, int, int]] = {}
        self._carried: dict[tuple[int, int, int, int], tuple[int, int, str]] = {}
        self._nothing = ([0] * len(self.sites), 0)
        self.days = {service.id: service.days for service in rates.services}
        self.least_pick = min((site.pick_minor for site in self.sites), default=0)

    def set_prices(
        self, *, scarcity: Mapping[str, Sequence[int]] | None = None, markdown: Mapping[str, Sequence[int]] | None = None,
        decline: Mapping[str, Sequence[int]] | None = None,
    ) -> None:  # fmt: skip
        """Take over what a unit costs beyond its parcel: what it would have brought elsewhere, what its markdown would not have lost, and what a refusal would cost."""
        for kept, given in ((self.scarcity, scarcity), (self.markdown, markdown), (self.decline, decline)):
            if given is not None:
                for sku, row in given.items():
                    kept[sku] = list(row)
                    self._unit.pop(sku, None)

    @property
    def has_prices(self) -> bool:
        """Whether any unit costs anything beside parcel and labor."""
        return bool(self.scarcity or self.markdown or self.decline)

    def forget_units(self, skus: Iterable[str]) -> None:
        """The prices of these SKUs were changed where they lie."""
        for sku in skus:
            self._unit.pop(sku, None)

    @contextmanager
    def instead(self, rows: Mapping[str, list[int]]) -> Iterator[None]:
        """Look at these rows of supply for a moment, which must not wait for anything."""
        before = {sku: self.supply.get(sku) for sku in rows}
        self.supply.update(rows)
        try:
            yield
        finally:
            for sku, row in before.items():
                if row is None:
                    del self.supply[sku]
                else:
                    self.supply[sku] = row

    @contextmanager
    def in_hand(self, at: int) -> Iterator[None]:
        """For a moment nothing waits at this site, as for goods that are picked: the body must not wait for anything."""
        before = self.queue[at]
        self.queue[at] = 0
        try:
            yield
        finally:
            self.queue[at] = before

    def unit(self, sku: str) -> tuple[list[int], int]:
        """What one unit of a SKU costs at each site beside parcel and labor, and the least of it."""
        found = self._unit.get(sku)
        if found is None:
            rows = [row for row in (table.get(sku) for table in (self.scarcity, self.markdown, self.decline)) if row]
            if not rows:
                self._unit[sku] = self._nothing
                return self._nothing
            summed = [sum(figures) for figures in zip(*rows, strict=True)]
            found = self._unit[sku] = (summed, min(summed))
        return found

    def ranked(self, to: str, step: int) -> tuple[tuple[int, int], ...]:
        """(least cost of a parcel from there, site), cheapest first, of equal ones the nearest: carriage by the cheapest service and packing. Kept."""
        found = self._ranked.get((to, step))
        if found is None:
            services, zone = self.rates.services, self.rates.zone
            far = self.rates.kilometers.get(to) or [0] * len(self.sites)
            rows = sorted(
                (
                    min(service.prices[zone(to, at)][step] for service in services)
                    + site.pack_minor
                    + site.preference_minor,
                    far[at],
                    at,
                )
                for at, site in enumerate(self.sites)
            )
            found = self._ranked[to, step] = tuple((cost, at) for cost, _, at in rows)
        return found

    def nearest(self, to: str) -> Sequence[int]:
        """Sites by distance from a destination, nearest first. Kept."""
        found = self._nearest.get(to)
        if found is None:
            far = self.rates.kilometers[to]
            found = self._nearest[to] = sorted(range(len(self.sites)), key=lambda at: (far[at], at))
        return found

    def leaves(self, at: int) -> int:
        """The day on which a parcel leaves this site that is given to it now."""
        kept = self._leaves.get(at)
        if kept is not None and kept[0] == self.now and kept[1] == self.queue[at]:
            return kept[2]
        site = self.sites[at]
        ready = ready_minute(
            site.windows, site.lead_minutes, self.queue[at], site.capacity_per_hour, self.now, site.paces
        )
        found = bisect_right(site.collections, (ready, -1))
        day = site.collections[found][1] if found < len(site.collections) else FAR_AWAY
        self._leaves[at] = (self.now, self.queue[at], day)
        return day

    def carriage(self, to: str, at: int, step: int, due: int) -> tuple[int, int, str]:
        """(carriage, late penalty, service): the service that costs least when what comes late is paid for. `due` is a day."""
        row = self.rates.zones.get(to)
        key = (self.rates.elsewhere if row is None else row[at], self.leaves(at), step, due)
        found = self._carried.get(key)
        if found is None:
            if len(self._carried) > MOST_CARRIED:
                self._carried.clear()
            found = self._carried[key] = self._carry(*key)
        return found

    def _carry(self, zone: int, day: int, step: int, due: int) -> tuple[int, int, str]:
        best = (1 << 60, 0, 0, "")
        for service in self.rates.services:
            price = service.prices[zone][step]
            arrives = self.arrivals[service.days][day] if day < FAR_AWAY else due + 30
            late = self.late.cost(arrives - due)
            if price + late < best[0]:
                best = (price + late, price, late, service.id)
        return best[1], best[2], best[3]
