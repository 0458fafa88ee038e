"""Reads when carriers come to stores: for sourcing's calendar, the departure page and the managers' form."""

from collections import defaultdict
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from comptoir.kit.db import Connection
from comptoir.shipping.collections import collection_times

_WEEKS = """
SELECT c.location, c.carrier, l.time_zone,
  coalesce((SELECT jsonb_agg(jsonb_build_array(w.weekday, w.minute) ORDER BY w.weekday, w.minute) FROM collection w
    WHERE w.location = c.location AND w.carrier = c.carrier), '[]') AS week,
  coalesce((SELECT jsonb_agg(jsonb_build_object('day', x.day, 'minute', x.minute, 'reason', x.reason) ORDER BY x.day) FROM collection_exception x
    WHERE x.location = c.location AND x.carrier = c.carrier AND x.day >= $2::date - 1), '[]') AS days
FROM (SELECT location, carrier FROM collection UNION SELECT location, carrier FROM collection_exception) c
JOIN location l ON l.id = c.location
WHERE ($1::text[] IS NULL OR c.location = ANY($1)) ORDER BY c.location, c.carrier LIMIT 20000
"""


class OtherDay(msgspec.Struct, frozen=True):
    """A day that is not like its weekday; without a minute nobody comes."""

    day: date
    minute: int | None = None
    reason: str = ""


class Calendar(msgspec.Struct, frozen=True):
    """When one carrier comes to one store."""

    location: str
    carrier: str
    time_zone: str
    week: list[tuple[int, int]]
    days: list[OtherDay]

    def times(self, since: datetime, until: datetime) -> list[datetime]:
        """Between two moments, ascending, in UTC."""
        return collection_times(self.week, {one.day: one.minute for one in self.days}, self.time_zone, since, until)


async def calendars(connection: Connection, locations: tuple[str, ...] | None, since: date) -> list[Calendar]:
    """Every carrier's calendar at these stores, with the days that differ from the day before `since` on."""
    rows = await connection.fetch(_WEEKS, None if locations is None else list(locations), since)
    return [_calendar(row) for row in rows]


async def collections(
    connection: Connection, since: datetime, until: datetime, locations: tuple[str, ...] | None = None
) -> dict[str, list[tuple[int, int]]]:
    """Location -> its collections by any carrier between two moments, as (minute, day) since 1970 UTC and since 1970 in store time.

    What `sourcing.snapshot.Site.collections` is made of; a store without a row ships by no carrier that comes by itself.
    """
    found: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for calendar in await calendars(connection, locations, since.date()):
        for at in calendar.times(since, until):
            found[calendar.location].add((int(at.timestamp()) // 60, _day(at, calendar.time_zone)))
    return {location: sorted(times) for location, times in found.items()}


def _day(at: datetime, zone: str) -> int:
    from_ = date(1970, 1, 1)
    return (at.astimezone(ZoneInfo(zone)).date() - from_).days


def _calendar(row: Any) -> Calendar:
    kept = {**dict(row), "week": msgspec.json.decode(row["week"]), "days": msgspec.json.decode(row["days"])}
    return msgspec.convert(kept, Calendar)


__all__ = ["Calendar", "OtherDay", "calendars", "collections"]
