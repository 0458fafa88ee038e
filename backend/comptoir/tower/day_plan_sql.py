"""Plans of days, read and written: their versions, the hours that hold, who was there in past hours as a number of the store."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection, Tx
from comptoir.network.planned import Span

_VERSIONS: Final = """
SELECT p.number, p.each_per_hour, p.people, p.how, p.made_at, coalesce(s.first_name || ' ' || s.last_name, '') AS by
FROM day_plan p LEFT JOIN staff s ON s.id::text = p.made_by WHERE p.location = $1 AND p.day = $2 ORDER BY p.number DESC LIMIT 20
"""
# How many were signed in on the store's devices in each hour: a number of the store, nothing of anybody.
_THERE: Final = """
WITH here AS (SELECT i.staff, i.started_at, i.seen_at FROM device d JOIN sign_in i ON i.device = d.id
  WHERE d.location = $1 AND i.started_at >= $2 AND i.started_at < $3)
SELECT floor(extract(epoch FROM h.hour) / 60)::int, count(DISTINCT p.staff)::int FROM store_hour h
JOIN here p ON p.started_at < h.hour + interval '1 hour' AND p.seen_at >= h.hour
WHERE h.location = $1 AND h.hour >= $2 AND h.hour < $3 AND h.works > 0 GROUP BY 1 LIMIT 1000
"""


class Version(msgspec.Struct, frozen=True):
    """One version of a day's plan: people by hour of the store's clock, -1 where nothing is planned."""

    number: int
    each_per_hour: float
    people: list[int]
    how: str
    made_at: datetime
    by: str = ""


async def versions(connection: Connection, location: str, day: date) -> list[Version]:
    """The versions of a day's plan, the newest first."""
    return [Version(**dict(row)) for row in await connection.fetch(_VERSIONS, location, day)]


async def people_there(connection: Connection, location: str, since: datetime, until: datetime) -> Mapping[int, int]:
    """How many people were signed in on a store's devices, by the minute each past hour began."""
    return {row[0]: row[1] for row in await connection.fetch(_THERE, location, since, until)}


async def insert(
    tx: Tx, location: str, day: date, number: int, each_per_hour: float, people: Sequence[int], how: str, who: str
) -> None:
    await tx.run(
        "INSERT INTO day_plan (location, day, number, each_per_hour, people, how, made_at, made_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        location, day, number, each_per_hour, list(people), how, tx.now, who,
    )  # fmt: skip


async def put_hours(
    tx: Tx, location: str, begins: datetime, ends: datetime, spans: Sequence[Span], command: UUID
) -> None:
    """These hours hold for the day, and no others of a plan; what plans of days said of days that are over goes, versions keep it."""
    await tx.run(
        "DELETE FROM store_plan WHERE location = $1 AND of_day AND ((from_at >= $2 AND from_at < $3) OR until_at < $4)",
        location, begins, ends, tx.now - timedelta(days=1),
    )  # fmt: skip
    await tx.run(
        "INSERT INTO store_plan (id, location, kind, from_at, until_at, per_hour, action, of_day)"
        " SELECT gen_random_uuid(), $1, 'capacity', to_timestamp(f * 60), to_timestamp(t * 60), c, $5, true"
        " FROM unnest($2::bigint[], $3::bigint[], $4::double precision[]) AS plan (f, t, c)",
        location, [one[0] for one in spans], [one[1] for one in spans], [one[2] for one in spans], command,
    )  # fmt: skip
