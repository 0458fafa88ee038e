"""What the tower writes down: hours as they go, what they teach, what it said and what came. Jobs of the worker, safe to run again.

Hours stay five weeks, forecasts two: what they teach stays as a handful of figures.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import Pool, Tx, borrowed, in_transaction
from comptoir.network.hours import DAYPARTS, hours_of, open_minutes, zone_of
from comptoir.tower import queries
from comptoir.tower.forecasting import HORIZONS, Errors, Figure, figure, learn, promised
from comptoir.tower.learning import AHEAD_HOURS, DAYS, learn_paces
from comptoir.tower.lines import FIGURES, STEP
from comptoir.tower.queries import Place
from comptoir.tower.standing import ANY, SUMS, StoreNow
from comptoir.tower.watching import minute_of, read_direct

if TYPE_CHECKING:
    from comptoir.house import House

HOURS_KEPT: Final = timedelta(days=36)
FORECASTS_KEPT: Final = timedelta(days=14)
READINGS_KEPT: Final = timedelta(days=2)
ENOUGH: Final = 40
"""Forecasts that saw something before a store is judged by its own errors."""
ALL: Final = "*"

_HOUR = """
INSERT INTO store_hour (location, hour, part, received, works, lines, open_minutes, pressing)
SELECT n.location, $4, n.part, 0, 0, 0, n.open_minutes,
  CASE WHEN $5 THEN (SELECT count(*) FROM work w WHERE w.location = n.location AND w.status IN ('open', 'accepted', 'picking') AND w.promise_at < $6) END
FROM unnest($1::text[], $2::smallint[], $3::smallint[]) AS n (location, part, open_minutes)
ON CONFLICT (location, hour) DO UPDATE SET open_minutes = excluded.open_minutes
"""
_COUNTS = """
WITH picked AS (SELECT w.location, w.id FROM work w WHERE w.picked_at >= $1 AND w.picked_at < $2),
done AS (SELECT p.location, count(DISTINCT p.id)::int AS works, count(n.line)::int AS lines FROM picked p LEFT JOIN work_line n ON n.work = p.id GROUP BY 1),
came AS (SELECT w.location, count(*)::int AS works FROM work w WHERE w.created_at >= $1 AND w.created_at < $2 GROUP BY 1)
UPDATE store_hour h SET received = coalesce(c.works, 0), works = coalesce(d.works, 0), lines = coalesce(d.lines, 0)
FROM store_hour s LEFT JOIN done d ON d.location = s.location LEFT JOIN came c ON c.location = s.location
WHERE s.hour = $1 AND h.location = s.location AND h.hour = s.hour
  AND (h.received, h.works, h.lines) IS DISTINCT FROM (coalesce(c.works, 0), coalesce(d.works, 0), coalesce(d.lines, 0))
"""
_SAY = """
INSERT INTO forecast_kept (scope, made_at, hours, due_at, late, low, high, scale)
SELECT scope, $1::timestamptz, hours, $1::timestamptz + hours * interval '1 hour', late, low, high, scale
FROM unnest($2::text[], $3::smallint[], $4::float8[], $5::float8[], $6::float8[], $7::float8[]) AS n (scope, hours, late, low, high, scale)
ON CONFLICT DO NOTHING
"""
# Late: not picked or not on its shelf when its promise passed, whatever became of it since; who canceled was not kept waiting.
BROKEN = """
SELECT q.location, count(*)::int FROM (
  SELECT w.location FROM work w WHERE w.status IN ('open', 'accepted', 'picking', 'picked') AND w.promise_at > $1 AND w.promise_at <= $2
    AND NOT (w.status = 'picked' AND w.kind <> 'pickup' AND w.picked_at <= w.promise_at)
  UNION ALL
  SELECT w.location FROM work w WHERE w.picked_at > $1::timestamptz - interval '12 hours' AND w.promise_at > $1 AND w.promise_at <= $2
    AND w.status NOT IN ('open', 'accepted', 'picking', 'picked', 'canceled', 'rejected') AND coalesce(w.staged_at, w.picked_at) > w.promise_at
) q GROUP BY 1
"""
_READINGS = """
INSERT INTO tower_reading (at, location, due, at_risk, late, waiting, untold, silent, pickups)
SELECT $1, n.* FROM unnest($2::text[], $3::int[], $4::int[], $5::int[], $6::int[], $7::int[], $8::int[], $9::int[]) AS n
ON CONFLICT DO NOTHING
"""
_PASTS = """
SELECT scope, hours, late, scale, came FROM forecast_kept WHERE made_at >= $1 AND came IS NOT NULL ORDER BY made_at DESC LIMIT 400000
"""
_TEACH = """
INSERT INTO forecast_error (scope, hours, low, high, calm, usual, seen, learned_at)
SELECT scope, hours, low, high, calm, usual, seen, $8
FROM unnest($1::text[], $2::smallint[], $3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::int[]) AS n (scope, hours, low, high, calm, usual, seen)
ON CONFLICT (scope, hours) DO UPDATE SET low = excluded.low, high = excluded.high, calm = excluded.calm, usual = excluded.usual, seen = excluded.seen,
  learned_at = excluded.learned_at
"""
_PACES = """
INSERT INTO store_pace (location, part, works_per_hour, lines_per_hour, hours, learned_at)
SELECT location, part, works, lines, hours, $6 FROM unnest($1::text[], $2::smallint[], $3::float8[], $4::float8[], $5::float8[]) AS n (location, part, works, lines, hours)
ON CONFLICT (location, part) DO UPDATE SET works_per_hour = excluded.works_per_hour, lines_per_hour = excluded.lines_per_hour, hours = excluded.hours,
  learned_at = excluded.learned_at
"""


async def keep_hours(house: "House") -> None:
    """The hour that has begun, and the one before it until a few minutes into the next."""
    now = house.clock()
    hour = now.replace(minute=0, second=0, microsecond=0)
    async with borrowed(house.pool) as connection:
        places = await queries.read_places(connection, None)
        for begins in (hour - timedelta(hours=1), hour):
            # What waited when an hour began is known to whoever looks in its first minutes, and to nobody later.
            looks = begins == hour and now - hour < timedelta(minutes=5)
            await connection.execute(
                _HOUR, *_columns(places, begins), begins, looks, begins + timedelta(hours=AHEAD_HOURS)
            )  # fmt: skip
            await connection.execute(_COUNTS, begins, begins + timedelta(hours=1))


async def learn_from_hours(house: "House") -> int:
    """How many paces are known now."""
    return await learn_all(house.pool, house.clock())


async def learn_all(pool: Pool, now: datetime) -> int:
    """Paces of the last four weeks, errors of the last two; what is too old goes."""
    async with borrowed(pool) as connection:
        places = await queries.read_places(connection, None)
        learned: list[tuple[str, int, float, float, float]] = []
        for place in places:
            hours = await queries.read_hours(connection, (place.id,), now - timedelta(days=DAYS), now)
            learned += [
                (place.id, pace.part, pace.works_per_hour, pace.lines_per_hour, pace.hours)
                for pace in learn_paces(hours.get(place.id, ()), minute_of(now), place.capacity_per_hour)
            ]
        pasts = await connection.fetch(_PASTS, now - FORECASTS_KEPT)

    async def write(tx: Tx) -> None:
        # A part of the day of which nothing is known any more goes at the capacity again.
        await tx.run("DELETE FROM store_pace")
        await tx.run(_PACES, *_turned(learned, 5), now)
        await tx.run("DELETE FROM forecast_error")
        await tx.run(_TEACH, *_turned(taught(pasts), 7), now)
        await tx.run("DELETE FROM store_hour WHERE hour < $1", now - HOURS_KEPT)
        await tx.run("DELETE FROM forecast_kept WHERE made_at < $1", now - FORECASTS_KEPT)

    await in_transaction(pool, SYSTEM.who, now, write)
    return len(learned)


async def keep_forecasts(house: "House") -> int:
    """What is said at the beginning of each hour; what came of what was said before. How many were judged."""
    now = house.clock()
    judged = await judge(house, now)
    hour = now.replace(minute=0, second=0, microsecond=0)
    async with borrowed(house.pool) as connection:
        if await connection.fetchval("SELECT true FROM forecast_kept WHERE made_at >= $1 LIMIT 1", hour):
            return judged
        stores = await read_direct(connection, SYSTEM, now)
        errors = await queries.read_errors(connection)
        rows = said(stores, errors)
        await connection.execute(_SAY, now, *_turned(rows, 6))
    return judged


async def keep_readings(house: "House") -> int:
    """What the readings of every store are at each quarter of an hour; what is older than two days goes. How many stores were read."""
    now = house.clock()
    quarter = now.replace(minute=now.minute // STEP * STEP, second=0, microsecond=0)
    async with borrowed(house.pool) as connection:
        if await connection.fetchval("SELECT true FROM tower_reading WHERE at >= $1 LIMIT 1", quarter):
            return 0
        stores = await read_direct(connection, SYSTEM, now)
        rows = [(store.place.id, *(getattr(store, name) for name in FIGURES)) for store in stores]
        await connection.execute(_READINGS, quarter, *_turned(rows, 1 + len(FIGURES)))
        await connection.execute("DELETE FROM tower_reading WHERE at < $1", now - READINGS_KEPT)
    return len(rows)


async def judge(house: "House", now: datetime) -> int:
    """Compare forecasts whose hour has come with what their stores did. How many."""
    async with borrowed(house.pool) as connection:
        due = await connection.fetch(
            "SELECT made_at, due_at, hours, array_agg(scope) AS scopes FROM forecast_kept WHERE came IS NULL AND due_at <= $1"
            " GROUP BY 1, 2, 3 ORDER BY 2 LIMIT 50",
            now,
        )
        if not due:
            return 0
        regions = {place.id: f"region:{place.region}" for place in await queries.read_places(connection, None)}
        judged = 0
        for row in due:
            came: dict[str, int] = {}
            for location, count in await connection.fetch(BROKEN, row["made_at"], row["due_at"]):
                for scope in (location, regions.get(location, ""), ALL):
                    came[scope] = came.get(scope, 0) + count
            counts = [came.get(scope, 0) for scope in row["scopes"]]
            await connection.execute(
                "UPDATE forecast_kept k SET came = n.came FROM unnest($3::text[], $4::int[]) AS n (scope, came)"
                " WHERE k.scope = n.scope AND k.made_at = $1 AND k.hours = $2 AND k.came IS NULL",
                row["made_at"], row["hours"], row["scopes"], counts,
            )  # fmt: skip
            judged += len(counts)
    return judged


def said(stores: Sequence[StoreNow], own: Mapping[str, Errors]) -> list[tuple[str, int, float, float, float, float]]:
    """What is kept of a forecast: each store with anything promised, each region, all; by horizon."""
    rows = []
    sums = own.get(SUMS) or own.get(ANY, {})
    groups: dict[str, list[StoreNow]] = {}
    for store in stores:
        groups.setdefault(ALL, []).append(store)
        if store.place.region:
            groups.setdefault(f"region:{store.place.region}", []).append(store)
    for hours in HORIZONS:
        for store in stores:
            until = store.at + hours * 60
            said_ = figure((store.outlook,), until, own.get(store.place.id) or own.get(ANY, {}))
            if said_.scale or promised(store.outlook.store, store.at, until):
                rows.append(_row(store.place.id, hours, said_))
        for scope, members in groups.items():
            outlooks = [store.outlook for store in members]
            rows.append(_row(scope, hours, figure(outlooks, members[0].at + hours * 60, sums)))
    return rows


def taught(pasts: Iterable[Any]) -> list[tuple[str, int, float, float, float, float | None, int]]:
    """What kept forecasts teach: any store together, sums together, and stores of which enough is known alone."""
    by: dict[tuple[str, int], list[tuple[float, float, float]]] = {}
    for scope, hours, late, scale, came in pasts:
        for name in (SUMS,) if scope == ALL or scope.startswith("region:") else (ANY, scope):
            by.setdefault((name, hours), []).append((late, scale, came))
    found = []
    for (scope, hours), rows in sorted(by.items()):
        error = learn(rows)
        if scope in (ANY, SUMS) or error.seen >= ENOUGH:
            found.append((scope, hours, error.low, error.high, error.calm, error.usual, error.seen))
    return found


def _row(scope: str, hours: int, said_: Figure) -> tuple[str, int, float, float, float, float]:
    return scope, hours, said_.late, said_.low, said_.high, said_.scale


def _columns(places: Sequence[Place], hour: datetime) -> tuple[list[str], list[int], list[int]]:
    """Stores, the part of the day that this hour is to each, and the minutes it is open in it."""
    found: list[tuple[str, int, int]] = []
    begins = minute_of(hour)
    for place in places:
        local = hour.astimezone(zone_of(place.time_zone))
        part = sum(1 for starts in DAYPARTS if starts <= local.hour * 60 + local.minute) - 1
        week, exceptions = hours_of(place.hours, place.exceptions)
        windows = open_minutes(week, exceptions, place.time_zone, hour - timedelta(days=1), 3)
        minutes = sum(max(0, min(closes, begins + 60) - max(opens, begins)) for opens, closes in windows)
        found.append((place.id, part, minutes if place.hours else 60))
    return [one[0] for one in found], [one[1] for one in found], [one[2] for one in found]


def _turned(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Rows as columns."""
    return [[row[i] for row in rows] for i in range(width)]
