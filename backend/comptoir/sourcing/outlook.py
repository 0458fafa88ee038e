"""What this process believes about places and their stock: a hint that makes planning free of the database.

The hint may be old; the rows locked by the order decide. When it says "nobody has it", the database is asked before
anyone is refused, so an old hint can cost a second look but never an oversell (I1) or a wrong refusal (no undersell).
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from comptoir.network.geography import area_of, distance_km, point_of_area
from comptoir.sourcing.calendar import HOME, Calendar
from comptoir.sourcing.model import Article, Place
from comptoir.sourcing.policy import DEFAULT, NOT_SERVED, Policy
from comptoir.sourcing.snapshot import Rates, Service, Site, Snapshot

NOTHING = Article()
NEVER = datetime(2000, 1, 1, tzinfo=UTC)


class Outlook:
    """Places by index, kits, known SKUs, and available units per SKU as one list over all places; the snapshot that routing looks at is made of these."""

    def __init__(self) -> None:
        self.places: list[Place] = []
        self.ids: list[str] = []
        self.index: dict[str, int] = {}
        self.names: frozenset[str] = frozenset()
        """What a policy may call places by: ids, kinds and regions of those that there are."""
        self.known: Mapping[str, Article] = {}
        self.kits: Mapping[str, Sequence[Any]] = {}
        self.supply: dict[str, list[int]] = {}
        self.queue: list[int] = []
        self.policy: Policy = DEFAULT
        self.policy_number = 0
        self.shadow: tuple[int, Policy] | None = None
        """A policy that is tried silently on every order, with its number."""
        self.given: dict[str, int] = {}
        """Parcels given to each location today, where a rule limits them."""
        self.prices: dict[str, dict[str, list[int]]] = {"scarcity": {}, "markdown": {}, "decline": {}}
        self.priced: tuple[datetime, str, str] = (NEVER, "", "")
        """How far the prices were read: as of, SKU, location."""
        self.collected: Mapping[str, Sequence[tuple[int, date]]] = {}
        """When carriers come to places that have times of their own, as (minute since 1970, date)."""
        self._made: dict[int, Snapshot] = {}
        self._closed: dict[tuple[int, str], tuple[datetime | None, Mapping[int, str]]] = {}
        self._calendar: Calendar | None = None
        self._day = (NEVER, NEVER)
        """From when to when the calendar's day lasts."""

    def set_places(self, places: Sequence[Place]) -> None:
        """Take over the network; figures of stock are kept where the place is still there."""
        if places == self.places:
            return
        moved = [self.index.get(place.id, -1) for place in places]
        if [place.id for place in places] != self.ids:
            for table in (self.supply, *self.prices.values()):
                for sku, row in table.items():
                    table[sku] = [row[i] if i >= 0 else 0 for i in moved]
            self.queue = [self.queue[i] if i >= 0 else 0 for i in moved]
        self.places = list(places)
        self.ids = [place.id for place in places]
        self.index = {place.id: place.index for place in places}
        self.names = frozenset(name for place in places for name in (place.id, place.kind, place.region))
        self._forget()

    def set_supply(self, rows: Iterable[tuple[str, str, int]]) -> None:
        """Take over available units: (sku, location, units)."""
        size = len(self.places)
        for sku, location, units in rows:
            row = self.supply.get(sku)
            if row is None:
                row = self.supply[sku] = [0] * size
            at = self.index.get(location)
            if at is not None:
                row[at] = units

    def set_queue(self, counts: Mapping[str, int]) -> None:
        """Works that wait at each location, by id. The list stays the same one: snapshots look at it."""
        self.queue[:] = [counts.get(place, 0) for place in self.ids]

    def apart(self) -> "Outlook":
        """The same network with queues of its own: what is only tried in it touches nobody's promise."""
        made = copy(self)
        made.queue = list(self.queue)
        made._made, made._closed = {}, {}
        return made

    def set_policy(self, number: int, policy: Policy, shadow: tuple[int, Policy] | None = None) -> None:
        """Plan by this policy from now on."""
        if number != self.policy_number or policy != self.policy or shadow != self.shadow:
            self.policy_number, self.policy, self.shadow = number, policy, shadow
            self._forget()

    def set_prices(self, rows: Iterable[tuple[str, str, int, int, int]]) -> None:
        """Take over what a unit costs beyond its parcel: (sku, location, scarcity, markdown, expected refusal)."""
        size, changed = len(self.places), set()
        for sku, location, *figures in rows:
            at = self.index.get(location)
            if at is None:
                continue
            changed.add(sku)
            for table, figure in zip(("scarcity", "markdown", "decline"), figures, strict=True):
                row = self.prices[table].get(sku)
                if row is None:
                    if not figure:
                        continue
                    row = self.prices[table][sku] = [0] * size
                row[at] = figure
        for snapshot in self._made.values():
            snapshot.forget_units(changed)

    def set_collections(self, collected: Mapping[str, Sequence[tuple[int, date]]]) -> None:
        if collected != self.collected:
            self.collected = collected
            self._forget()

    def available(self, sku: str, at: int) -> int:
        row = self.supply.get(sku)
        return row[at] if row is not None else 0

    def article(self, sku: str) -> Article:
        return self.known.get(sku, NOTHING)

    def calendar(self, now: datetime) -> Calendar:
        """The carrier's days, from the week before this one on."""
        if self._calendar is None or not self._day[0] <= now < self._day[1]:
            today = now.astimezone(HOME).date()
            begins, ends = (datetime.combine(day, time.min, HOME) for day in (today, today + timedelta(days=1)))
            self._calendar, self._day = Calendar(today), (begins.astimezone(UTC), ends.astimezone(UTC))
            self._forget()
        return self._calendar

    def snapshot(self, now: datetime, policy: Policy | None = None) -> Snapshot:
        """What routing looks at by a policy (the one in force when none is said), at this minute."""
        calendar = self.calendar(now)
        chosen = policy or self.policy
        made = self._made.get(id(chosen))
        if made is None:
            made = self._made[id(chosen)] = self._snapshot(chosen, calendar)
        made.now = int(now.timestamp() // 60)
        return made

    def _snapshot(self, policy: Policy, calendar: Calendar) -> Snapshot:
        sites = [
            Site(
                place.id,
                policy.labor[place.kind].pick_minor,
                policy.labor[place.kind].pack_minor + place.parcel_cost_minor,
                place.lead_minutes,
                place.capacity_per_hour,
                place.windows,
                calendar.collections(
                    place.windows, place.time_zone, policy.collection_minute, self.collected.get(place.id)
                ),
                frozenset((place.id, place.kind, place.region)),
                sum(policy.preferences.get(name, 0) for name in (place.id, place.kind, place.region)),
                place.paces,
            )
            for place in self.places
        ]
        tariff = policy.tariff
        services = tuple(
            Service(
                one.id,
                one.days,
                tuple(row if row is not None else (NOT_SERVED,) * len(tariff.steps) for row in one.prices),
            )
            for one in tariff.services
        )
        rates = Rates(services, tariff.steps, {}, len(tariff.zones) - 1, {})
        made = Snapshot(sites, rates, policy.late, calendar.arrivals)
        made.supply, made.queue = self.supply, self.queue
        made.scarcity, made.markdown, made.decline = (
            self.prices[name] for name in ("scarcity", "markdown", "decline")
        )  # fmt: skip
        return made

    def _forget(self) -> None:
        self._made.clear()
        self._closed.clear()

    def closed(self, area: str, snapshot: Snapshot, policy: Policy, now: datetime) -> Mapping[int, str]:
        """Places that send nothing there, with a word of `why.BARRED`. Kept until places change or a pause ends: that changes no place."""
        kept = self._closed.get((id(policy), area))
        if kept is not None and (kept[0] is None or now < kept[0]):
            return kept[1]
        served = [
            any(service.prices[zone][0] < NOT_SERVED for service in snapshot.rates.services)
            for zone in range(len(policy.tariff.zones))
        ]
        found: dict[int, str] = {}
        for at, place in enumerate(self.places):
            if not place.ship:
                found[at] = "does_not_ship"
            elif place.paused(now):
                found[at] = "paused"
            elif not served[snapshot.rates.zone(area, at)]:
                found[at] = "not_served"
        until = min((p.paused_until for p in self.places if p.paused_until and p.paused(now)), default=None)
        self._closed[id(policy), area] = (until, found)
        return found

    def area(self, country: str, postcode: str, snapshot: Snapshot, policy: Policy) -> str:
        """The destination's name in a snapshot, with the zone and the distance of every site told there."""
        area = area_of(country, postcode)
        if area not in snapshot.rates.zones:
            to = point_of_area(area)
            far = [round(distance_km(to, (place.latitude, place.longitude))) for place in self.places]
            snapshot.rates.add(area, [zone_of(policy, area, kilometers) for kilometers in far], far)
        return area


def zone_of(policy: Policy, area: str, kilometers: int) -> int:
    """The first zone of a tariff that holds there; the last one holds everywhere."""
    zones = policy.tariff.zones
    for number, zone in enumerate(zones):
        if (not zone.areas or area.startswith(zone.areas)) and (zone.within_km is None or kilometers <= zone.within_km):
            return number
    return len(zones) - 1
