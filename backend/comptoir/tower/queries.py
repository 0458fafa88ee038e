"""Reads of the tower: stores, what they have to do by promise, who waits in them, what their past hours teach. Each bounded."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection
from comptoir.network.planned import AS_TEXT
from comptoir.orders.sql import STILL_NEEDED
from comptoir.tower.forecasting import Error
from comptoir.tower.learning import Pace, PastHour

MOST: Final = 2_000
CASES_EACH: Final = 20
"""Open cases of one store that are weighed against the rest; all of them stand on their own page."""
SILENT_AFTER: Final = timedelta(minutes=10)
UNHEARD_AFTER: Final = timedelta(minutes=45)
"""Without a sign of any device of a store: as long as the alert that comes along waits."""
LIVE: Final = "('open', 'accepted', 'picking', 'picked')"

_PLACES = f"""
SELECT l.id, l.name, l.kind, l.region, coalesce(r.name, '') AS region_name, l.time_zone, l.capacity_per_hour, l.pick_lead_minutes, l.paused_until,
  ARRAY(SELECT ARRAY[h.weekday::int, h.opens, h.closes] FROM opening_hours h WHERE h.location = l.id ORDER BY 1) AS hours,
  ARRAY(SELECT e.day::text || ' ' || coalesce(e.opens, -1) || ' ' || coalesce(e.closes, -1) FROM opening_exception e WHERE e.location = l.id) AS exceptions,
  {AS_TEXT}
FROM location l LEFT JOIN region r ON r.id = l.region WHERE ($1::text[] IS NULL OR l.id = ANY($1)) ORDER BY l.name, l.id LIMIT $2
"""
# Promises are whole minutes, five apart mostly: a store's backlog is some hundred counts, however many works it has.
_BACKLOG = f"""
SELECT b.location, array_agg(b.minute ORDER BY b.minute), array_agg(b.waiting ORDER BY b.minute), array_agg(b.begun ORDER BY b.minute),
  array_agg(b.laid ORDER BY b.minute), array_agg(b.packing ORDER BY b.minute), array_agg(b.ship ORDER BY b.minute)
FROM (SELECT w.location, floor(extract(epoch FROM w.promise_at) / 60)::int AS minute,
    (count(*) FILTER (WHERE w.status IN ('open', 'accepted')))::int AS waiting, (count(*) FILTER (WHERE w.status = 'picking'))::int AS begun,
    (count(*) FILTER (WHERE w.status = 'picked' AND w.kind = 'pickup'))::int AS laid, (count(*) FILTER (WHERE w.status = 'picked' AND w.kind <> 'pickup'))::int AS packing,
    (count(*) FILTER (WHERE w.status IN ('open', 'accepted') AND w.kind = 'ship'))::int AS ship
  FROM work w WHERE w.status IN {LIVE} AND ($1::text[] IS NULL OR w.location = ANY($1)) GROUP BY 1, 2) b
GROUP BY b.location LIMIT $2
"""
_WAITING = """
SELECT a.location, count(*)::int, min(a.at), (count(*) FILTER (WHERE a.taken_by IS NULL))::int, min(a.at) FILTER (WHERE a.taken_by IS NULL)
FROM arrival a WHERE a.done_at IS NULL AND ($1::text[] IS NULL OR a.location = ANY($1)) GROUP BY 1 LIMIT $2
"""
_STAGED = """
SELECT w.location, count(*)::int, (count(*) FILTER (WHERE w.collect_until < $3))::int
FROM work w WHERE w.status = 'staged' AND ($1::text[] IS NULL OR w.location = ANY($1)) GROUP BY 1 LIMIT $2
"""
_CASES = """
SELECT e.location, count(*)::int FROM exception e WHERE e.resolved_at IS NULL AND ($1::text[] IS NULL OR e.location = ANY($1)) GROUP BY 1 LIMIT $2
"""
_UNTOLD = """
SELECT w.location, count(DISTINCT m.order_id)::int FROM message m JOIN sales_order o ON o.id = m.order_id JOIN work w ON w.order_id = m.order_id
WHERE m.status = 'failed' AND {still} AND w.status <> 'rejected' AND w.ended_because IS DISTINCT FROM 'moved' AND ($1::text[] IS NULL OR w.location = ANY($1)) GROUP BY 1 LIMIT $2
""".replace("{still}", STILL_NEEDED.strip())
_SILENT = f"""
SELECT q.location, count(*)::int, min(q.last_seen_at), (array_agg(q.name ORDER BY q.last_seen_at, q.name))[1], sum(q.lines)::int FROM (
  SELECT p.location, d.id, d.name, d.last_seen_at, (SELECT count(*) FROM work w JOIN work_line n ON n.work = w.id WHERE w.pack = ANY(array_agg(p.id)) AND w.status IN {LIVE} AND n.reserved > 0) AS lines
  FROM pack p JOIN device d ON d.id = p.device WHERE p.closed_at IS NULL AND d.revoked_at IS NULL AND d.last_seen_at < $3
    AND EXISTS (SELECT FROM work w WHERE w.pack = p.id AND w.status IN {LIVE}) AND ($1::text[] IS NULL OR p.location = ANY($1))
  GROUP BY p.location, d.id) q GROUP BY 1 LIMIT $2
"""
_UNHEARD = """
SELECT l.id, count(d.id)::int, max(coalesce(d.last_seen_at, d.enrolled_at)) FROM location l LEFT JOIN device d ON d.location = l.id AND d.revoked_at IS NULL
WHERE $1::text[] IS NULL OR l.id = ANY($1) GROUP BY 1 HAVING coalesce(max(coalesce(d.last_seen_at, d.enrolled_at)) < $3, true) LIMIT $2
"""
_HOURS = """
SELECT h.location, floor(extract(epoch FROM h.hour) / 60)::int AS minute, h.part, h.received, h.works, h.lines, h.open_minutes, h.pressing
FROM store_hour h WHERE h.hour >= $3 AND h.hour < $4 AND ($1::text[] IS NULL OR h.location = ANY($1)) ORDER BY h.location, h.hour LIMIT $2
"""
_WEEKS = """
SELECT h.location, array_agg(floor(extract(epoch FROM h.hour) / 60)::int), array_agg(h.received)
FROM store_hour h WHERE h.hour = ANY($3) AND ($1::text[] IS NULL OR h.location = ANY($1)) GROUP BY 1 LIMIT $2
"""
# The dearest of each store: a region's own are there whatever the others have.
_OPEN_CASES = """
WITH e AS (SELECT x.*, row_number() OVER (PARTITION BY x.location ORDER BY coalesce(o.total_minor, 0) DESC, x.made_at, x.id) AS n
  FROM exception x LEFT JOIN sales_order o ON o.id = x.order_id WHERE x.resolved_at IS NULL AND ($1::text[] IS NULL OR x.location = ANY($1)))
SELECT e.id, e.location, e.kind, e.made_at, e.quantity AS units, o.number, o.total_minor, o.currency, s.name AS article,
  (SELECT q.kind FROM change_request q WHERE q.exception = e.id LIMIT 1) AS what, (SELECT d.name FROM device d WHERE d.id::text = e.body->>'device') AS device
FROM e LEFT JOIN sales_order o ON o.id = e.order_id LEFT JOIN sku s ON s.sku = e.sku
WHERE e.n <= $3 ORDER BY coalesce(o.total_minor, 0) DESC, e.made_at, e.id LIMIT $2
"""
_MEAN_ORDER = f"""
SELECT w.location, avg(o.total_minor)::bigint FROM work w JOIN sales_order o ON o.id = w.order_id
WHERE w.location = ANY($1) AND w.status IN {LIVE} AND w.promise_at < $3 GROUP BY 1 LIMIT $2
"""


class Place(msgspec.Struct, frozen=True):
    """A store as the tower names it; hours and exceptions as `hours.hours_of` reads them, plans as `planned.read` does."""

    id: str
    name: str
    kind: str
    region: str | None
    region_name: str
    time_zone: str
    capacity_per_hour: int
    pick_lead_minutes: int
    paused_until: datetime | None
    hours: list[list[int]]
    exceptions: list[str]
    plans: list[str] = []


class Backlog(msgspec.Struct, frozen=True):
    """Works by promise, side by side: `minutes` ascending; begun by nobody, being picked, picked for the shelf, picked for a parcel.

    `ship` are those of `waiting` that a carrier takes.
    """

    minutes: list[int] = []
    waiting: list[int] = []
    begun: list[int] = []
    laid: list[int] = []
    packing: list[int] = []
    ship: list[int] = []

    @property
    def works(self) -> int:
        return sum(self.waiting) + sum(self.begun) + sum(self.laid) + sum(self.packing)


class OpenCase(msgspec.Struct, frozen=True):
    """An open exception, as much of it as its title and its harm need."""

    id: UUID
    location: str
    kind: str
    made_at: datetime
    units: int | None
    number: str | None
    total_minor: int | None
    currency: str | None
    article: str | None
    what: str | None
    device: str | None


async def read_places(connection: Connection, locations: Sequence[str] | None) -> list[Place]:
    rows = await connection.fetch(_PLACES, _wanted(locations), MOST)
    return [Place(*row) for row in rows]


async def read_backlogs(connection: Connection, locations: Sequence[str] | None) -> dict[str, Backlog]:
    """What each store has to do, by promise; a store with nothing is not in it."""
    return {row[0]: Backlog(*row[1:]) for row in await connection.fetch(_BACKLOG, _wanted(locations), MOST)}


async def read_waiting(connection: Connection, locations: Sequence[str] | None) -> dict[str, tuple[Any, ...]]:
    """Customers who are in the store: how many, since when, how many nobody serves yet, and since when."""
    return _by_store(await connection.fetch(_WAITING, _wanted(locations), MOST))


async def read_shelves(
    connection: Connection, locations: Sequence[str] | None, until: datetime
) -> dict[str, tuple[Any, ...]]:  # fmt: skip
    """Orders on the shelf, and how many of them go back by a moment."""
    return _by_store(await connection.fetch(_STAGED, _wanted(locations), MOST, until))


async def read_case_counts(connection: Connection, locations: Sequence[str] | None) -> dict[str, tuple[Any, ...]]:
    return _by_store(await connection.fetch(_CASES, _wanted(locations), MOST))


async def read_untold(connection: Connection, locations: Sequence[str] | None) -> dict[str, tuple[Any, ...]]:
    """Orders of which a message reached nobody."""
    return _by_store(await connection.fetch(_UNTOLD, _wanted(locations), MOST))


async def read_silent(
    connection: Connection, locations: Sequence[str] | None, now: datetime
) -> dict[str, tuple[Any, ...]]:  # fmt: skip
    """Devices that have work in hand and were not heard of: how many, since when, the first one's name, lines in their hands."""
    return _by_store(await connection.fetch(_SILENT, _wanted(locations), MOST, now - SILENT_AFTER))


async def read_unheard(
    connection: Connection, locations: Sequence[str] | None, now: datetime
) -> dict[str, tuple[Any, ...]]:  # fmt: skip
    """Stores of which no device was heard of for some time: how many they have, and since when; never where there is none."""
    return _by_store(await connection.fetch(_UNHEARD, _wanted(locations), MOST, now - UNHEARD_AFTER))


async def read_hours(
    connection: Connection, locations: Sequence[str] | None, since: datetime, until: datetime, most: int = 50_000
) -> dict[str, list[PastHour]]:
    """Past hours by store, ascending; `pressing_after` is what was pressing when the next one began."""
    found: dict[str, list[PastHour]] = {}
    for location, minute, part, received, works, lines, open_minutes, pressing in await connection.fetch(
        _HOURS, _wanted(locations), most, since, until
    ):
        hours = found.setdefault(location, [])
        if hours and hours[-1].minute == minute - 60:
            hours[-1] = msgspec.structs.replace(hours[-1], pressing_after=pressing)
        hours.append(PastHour(minute, part, received, works, lines, open_minutes, pressing, None))
    return found


async def read_same_hours(
    connection: Connection, locations: Sequence[str] | None, hours: Sequence[datetime]
) -> dict[str, dict[int, int]]:
    """Works that came in by store and hour, of the hours that were looked at."""
    rows = await connection.fetch(_WEEKS, _wanted(locations), MOST, list(hours))
    return {row[0]: dict(zip(row[1], row[2], strict=True)) for row in rows}


async def read_paces(connection: Connection, locations: Sequence[str] | None) -> dict[str, tuple[Pace, ...]]:
    found: dict[str, tuple[Pace, ...]] = {}
    rows = await connection.fetch(
        "SELECT location, part, works_per_hour, lines_per_hour, hours FROM store_pace"
        " WHERE ($1::text[] IS NULL OR location = ANY($1)) ORDER BY location, part LIMIT $2",
        _wanted(locations), 4 * MOST,
    )  # fmt: skip
    for row in rows:
        found[row[0]] = (*found.get(row[0], ()), Pace(*row[1:]))
    return found


async def read_errors(connection: Connection) -> dict[str, dict[int, Error]]:
    """What forecasts of each scope were off by, by horizon."""
    found: dict[str, dict[int, Error]] = {}
    rows = await connection.fetch(
        "SELECT scope, hours, low, high, calm, usual, seen FROM forecast_error ORDER BY scope, hours LIMIT 20000"
    )
    for scope, hours, *figures in rows:
        found.setdefault(scope, {})[hours] = Error(*figures)
    return found


async def read_readings(connection: Connection, since: datetime) -> dict[int, dict[str, list[int]]]:
    """What was kept of the readings of all stores: minute -> store -> figures in the order of `lines.FIGURES`."""
    rows = await connection.fetch(
        "SELECT floor(extract(epoch FROM at) / 60)::int, location, ARRAY[due, at_risk, late, waiting, untold, silent, pickups] FROM tower_reading"
        " WHERE at >= $1 ORDER BY at, location LIMIT $2",
        since, 50 * MOST,
    )  # fmt: skip
    found: dict[int, dict[str, list[int]]] = {}
    for minute, location, figures in rows:
        found.setdefault(minute, {})[location] = figures
    return found


async def read_cases(
    connection: Connection, locations: Sequence[str] | None, each: int = CASES_EACH
) -> list[OpenCase]:  # fmt: skip
    """Open exceptions, so many of each store, those of the dearest orders first."""
    return [OpenCase(*row) for row in await connection.fetch(_OPEN_CASES, _wanted(locations), 2 * MOST, each)]


async def read_mean_orders(connection: Connection, locations: Sequence[str], until: datetime) -> dict[str, int]:
    """What an order is worth on average among those promised by a moment, in minor units, by store."""
    return {row[0]: row[1] for row in await connection.fetch(_MEAN_ORDER, list(locations), MOST, until)}


def _wanted(locations: Sequence[str] | None) -> list[str] | None:
    return None if locations is None else list(locations)


def _by_store(rows: Sequence[Any]) -> dict[str, tuple[Any, ...]]:
    return {row[0]: tuple(row[1:]) for row in rows}
