"""Where can it be collected, and when? Figures are read from the database each time; places come from the outlook.

Requests for SKUs that arrive while others are being read share the next statement, which begins after they came: every
figure was committed when it was asked for. What is cached is the network alone (names, hours, queue, a pause), as old
as the outlook: seconds.
"""

import asyncio
from collections import OrderedDict
from datetime import datetime
from typing import Literal

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.clock import Clock
from comptoir.kit.db import Pool, borrowed
from comptoir.kit.errors import Invalid, NotFound, Outage, Refusal
from comptoir.network.geography import Point, distance_km, known_postcode, point_of
from comptoir.network.hours import opens_today
from comptoir.network.promise import ready_by
from comptoir.sourcing.outlook import Outlook
from comptoir.stock.queries import find_free, find_free_here

MOST_TOLD = 20
"""Nobody outside needs to know that there are more."""

MOST_STORES = 200
MOST_POINTS = 512
GROUP = 32
READERS = 2
WAITING = 2_000

Precision = Literal["point", "postcode", "area", "country"]


class PickupStore(msgspec.Struct, frozen=True):
    """One store and what it could hand over. `available` is at most 20; `enough` compares the true figure."""

    location: str
    name: str
    city: str
    distance_km: float
    time_zone: str
    open_today: bool
    ready_by: datetime
    available: int
    enough: bool


class Near(msgspec.Struct, frozen=True):
    """The point that distances are counted from, and how it was found."""

    latitude: float
    longitude: float
    precision: Precision


class PickupAvailability(msgspec.Struct, frozen=True):
    """One SKU over the stores that hand over, nearest first."""

    sku: str
    quantity: int
    near: Near
    stores: tuple[PickupStore, ...]


class HeldSku(msgspec.Struct, frozen=True):
    """One SKU in one location; `available` is at most 20, and null for a SKU nobody knows."""

    sku: str
    available: int | None


class LocationAvailability(msgspec.Struct, frozen=True):
    """Many SKUs of one location, in the order asked."""

    location: str
    time_zone: str
    ready_by: datetime
    skus: tuple[HeldSku, ...]


class Figures:
    """Reads of free units, shared: whoever waits when a statement is sent gets its answer, nobody an older one."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self.pool, self.clock = pool, clock
        self.waiting: OrderedDict[str, asyncio.Future[dict[str, int] | None]] = OrderedDict()
        self.reading: set[asyncio.Task[None]] = set()

    async def of(self, sku: str) -> dict[str, int]:
        """Location -> units. NotFound `unknown_sku`, Outage when too many wait or the database is away."""
        told = self.waiting.get(sku)
        if told is None:
            if len(self.waiting) >= WAITING:
                raise Outage("queue_full", retry_after=1)
            told = self.waiting[sku] = asyncio.get_running_loop().create_future()
            if len(self.reading) < READERS:
                task = asyncio.get_running_loop().create_task(self._read())
                self.reading.add(task)
                task.add_done_callback(self.reading.discard)
        found = await asyncio.shield(told)
        if found is None:
            raise NotFound("unknown_sku", sku=sku)
        return found

    async def _read(self) -> None:
        while self.waiting:
            group = [self.waiting.popitem(last=False) for _ in range(min(GROUP, len(self.waiting)))]
            try:
                async with borrowed(self.pool) as connection:
                    found = await find_free(connection, [sku for sku, _ in group], self.clock())
                for sku, told in group:
                    told.set_result(found.get(sku))
            except Exception as wrong:
                for _, told in group:
                    told.set_exception(wrong if isinstance(wrong, Refusal) else Outage("database_away", retry_after=2))
                    told.exception()


class Board:
    """Answers of one web process: names and rankings of places, kept while the network stays as it is."""

    def __init__(self, pool: Pool, clock: Clock, outlook: Outlook) -> None:
        self.pool, self.outlook = pool, outlook
        self.figures = Figures(pool, clock)
        self.names: dict[str, tuple[str, str, str]] = {}
        self._ids: list[str] = []
        self._places: object = None
        self._rankings: OrderedDict[Point, tuple[tuple[int, float], ...]] = OrderedDict()
        self._soon: dict[int, tuple[int, int, datetime, bool]] = {}

    async def near(self, postcode: str | None, country: str, lat: float | None, lon: float | None) -> Near:
        """The point asked for. Invalid `place_missing`, `unknown_postcode`."""
        await self._refresh()
        if lat is not None and lon is not None:
            return Near(lat, lon, "point")
        if postcode is None:
            raise Invalid("place_missing", needs="postcode, or lat and lon")
        for at, place in enumerate(self.outlook.places):
            if self.names.get(self.outlook.ids[at], ("", "", ""))[2] == postcode:
                return Near(place.latitude, place.longitude, "postcode")
        if country == "FR" and not known_postcode(country, postcode):
            raise Invalid("unknown_postcode", postcode=postcode)
        return Near(*point_of(country, postcode), "area" if country == "FR" else "country")

    async def pickup(
        self, sku: str, quantity: int, near: Near, limit: int, actor: Actor, now: datetime
    ) -> PickupAvailability:
        """One SKU over the pickup stores that the actor reaches, nearest first, at most `limit` of them."""
        units = await self.figures.of(sku)
        stores = []
        for at, distance in self.ranking((near.latitude, near.longitude)):
            location = self.outlook.ids[at]
            if not actor.reaches(location):
                continue
            free = units.get(location, 0)
            name, city, _ = self.names[location]
            ready, open_today = self.soon(at, now)
            stores.append(
                PickupStore(
                    location, name, city, distance, self.outlook.places[at].time_zone, open_today, ready,
                    min(free, MOST_TOLD), free >= quantity,
                )
            )  # fmt: skip
            if len(stores) == limit:
                break
        return PickupAvailability(sku, quantity, near, tuple(stores))

    async def location(self, location: str, skus: list[str], actor: Actor, now: datetime) -> LocationAvailability:
        """Many SKUs of one location. NotFound `unknown_location`."""
        await self._refresh()
        at = self.outlook.index.get(location)
        if at is None or not actor.reaches(location):
            raise NotFound("unknown_location", location=location)
        async with borrowed(self.pool) as connection:
            rows = await find_free_here(connection, location, skus, now)
        held = tuple(HeldSku(sku, None if units is None else min(units, MOST_TOLD)) for sku, units in rows)
        return LocationAvailability(location, self.outlook.places[at].time_zone, self.soon(at, now)[0], held)

    def ranking(self, point: Point) -> tuple[tuple[int, float], ...]:
        """(index, kilometers) of the places that hand over, nearest first."""
        known = self._rankings.get(point)
        if known is None:
            found = [
                (place.index, round(distance_km(point, (place.latitude, place.longitude)), 1))
                for place in self.outlook.places
                if place.pickup and place.id in self.names
            ]
            known = tuple(sorted(found, key=lambda pair: (pair[1], self.outlook.ids[pair[0]])))
            self._rankings[point] = known
            while len(self._rankings) > MOST_POINTS:
                self._rankings.popitem(last=False)
        return known

    def soon(self, at: int, now: datetime) -> tuple[datetime, bool]:
        """When this place would have it ready, and whether its door opens today; kept for the minute and the queue."""
        minute, queue = int(now.timestamp() // 60), self.outlook.queue[at]
        known = self._soon.get(at)
        if known is None or known[0] != minute or known[1] != queue:
            place = self.outlook.places[at]
            ready = ready_by(
                place.windows, place.lead_minutes, queue, place.capacity_per_hour, now, place.paused_until, place.paces
            )
            known = self._soon[at] = (minute, queue, ready, opens_today(place.windows, place.time_zone, now))
        return known[2], known[3]

    async def _refresh(self) -> None:
        """Take over a network that the outlook has read again; names are read when places came or went."""
        if self._places is self.outlook.places:
            return
        places, ids = self.outlook.places, self.outlook.ids
        if ids != self._ids:
            async with borrowed(self.pool) as connection:
                rows = await connection.fetch("SELECT id, name, city, postcode FROM location LIMIT 5000")
            self.names = {row[0]: (row[1], row[2], row[3]) for row in rows}
        self._places, self._ids = places, ids
        self._rankings.clear()
        self._soon.clear()
