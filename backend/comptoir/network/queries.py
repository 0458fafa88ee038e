"""Places, read: one for its page, many for a list; only those the actor reaches."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from comptoir.kit import simple
from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound
from comptoir.network.model import DeskPicture, EntityRow, Location, Opening, OpeningException, RegionRow
from comptoir.network.tables import Location as Place
from comptoir.network.tables import Region

_LOCATION = (
    "SELECT l.id, l.name, l.kind, l.region, l.street, l.postcode, l.city, l.country, l.directions, l.phone, l.latitude, l.longitude,"
    " l.time_zone, l.services, l.capacity_per_hour, l.pick_lead_minutes, l.hold_days, l.paused_until, l.paused_reason, l.version,"
    " l.cart_orders, l.scan_totes, l.legal_entity, l.closed_at, l.takes_returns,"
    " (SELECT count(*)::int FROM staging_place s WHERE s.location = l.id) AS shelves,"
    " (SELECT coalesce(jsonb_agg(jsonb_build_array(h.weekday, h.opens, h.closes) ORDER BY h.weekday, h.opens), '[]')"
    "   FROM opening_hours h WHERE h.location = l.id)::text AS hours,"
    " (SELECT coalesce(jsonb_agg(jsonb_build_array(e.day, e.opens, e.closes, e.reason) ORDER BY e.day), '[]')"
    "   FROM opening_exception e WHERE e.location = l.id AND e.day >= $2)::text AS exceptions FROM location l"
)


def _location(row: Any) -> Location:
    held = dict(row)
    hours = msgspec.json.decode(held["hours"], type=list[tuple[int, int, int]])
    days = msgspec.json.decode(held["exceptions"], type=list[tuple[date, int | None, int | None, str]])
    return Location(
        **held | {
            "services": tuple(held["services"]),
            "hours": tuple(Opening(*one) for one in hours),
            "exceptions": tuple(OpeningException(*one) for one in days),
        }
    )  # fmt: skip


async def find_location(
    connection: Connection, location: str, locations: Sequence[str] | None, since: date
) -> Location:
    """One place with its hours and its exceptions from a day on. NotFound `location_not_found`."""
    row = await connection.fetchrow(
        f"{_LOCATION} WHERE l.id = $1 AND ($3::text[] IS NULL OR l.id = ANY($3))",
        location, since, None if locations is None else list(locations),
    )  # fmt: skip
    if row is None:
        raise NotFound("location_not_found")
    return _location(row)


async def list_locations(
    connection: Connection, locations: Sequence[str] | None, since: date, after: str = "", limit: int = 100
) -> list[Location]:
    """Places in id order after one."""
    rows = await connection.fetch(
        f"{_LOCATION} WHERE l.id > $1 AND ($3::text[] IS NULL OR l.id = ANY($3)) ORDER BY l.id LIMIT $4",
        after, since, None if locations is None else list(locations), limit,
    )  # fmt: skip
    return [_location(row) for row in rows]


async def find_desk_picture(
    connection: Connection, location: str, locations: Sequence[str] | None
) -> DeskPicture | None:
    """What a place shows of its pickup desk, without the bytes."""
    row = await connection.fetchrow(
        "SELECT name, width, height, says_fr, says_en FROM desk_picture"
        " WHERE location = $1 AND ($2::text[] IS NULL OR location = ANY($2))",
        location, None if locations is None else list(locations),
    )  # fmt: skip
    return DeskPicture(**dict(row)) if row else None


async def find_desk_bytes(connection: Connection, name: str) -> bytes | None:
    """The picture of that name, for anybody; None when no store shows it any more."""
    found: bytes | None = await connection.fetchval("SELECT bytes FROM desk_picture WHERE name = $1 LIMIT 1", name)
    return found


async def find_collecting(connection: Connection, location: str) -> Any:
    """Hold days, time zone, hours and exceptions (as `hours.hours_of` reads them) of a place that is known to exist."""
    return await connection.fetchrow(
        "SELECT l.hold_days, l.time_zone,"
        " ARRAY(SELECT ARRAY[h.weekday::int, h.opens, h.closes] FROM opening_hours h WHERE h.location = l.id ORDER BY 1) AS hours,"
        " ARRAY(SELECT e.day::text || ' ' || coalesce(e.opens, -1) || ' ' || coalesce(e.closes, -1)"
        "   FROM opening_exception e WHERE e.location = l.id) AS exceptions FROM location l WHERE l.id = $1",
        location,
    )


async def list_names(
    connection: Connection, locations: Sequence[str] | None, limit: int = 2000, *, open_alone: bool = False
) -> list[tuple[str, str, str]]:
    """(id, name, region) of the places somebody reaches, by name; with `open_alone` without those that are closed."""
    if locations is not None and not locations:
        return []
    query = Place.select(Place.id, Place.name, Place.region).order_by(Place.name, Place.id).limit(limit)
    if locations is not None:
        query = query.where(Place.id.is_in(list(locations)))
    if open_alone:
        query = query.where(Place.closed_at.is_null())
    return [(row["id"], row["name"], row["region"] or "") for row in await simple.run(connection, query)]


async def find_name(connection: Connection, location: str) -> str:
    """What a place is called. NotFound `location_not_found`."""
    found: str | None = await connection.fetchval("SELECT name FROM location WHERE id = $1", location)
    if found is None:
        raise NotFound("location_not_found")
    return found


async def list_regions(connection: Connection, limit: int = 500) -> list[tuple[str, str]]:
    """(id, name) of all regions, by name."""
    query = Region.select(Region.id, Region.name).order_by(Region.name).limit(limit)
    return [(row["id"], row["name"]) for row in await simple.run(connection, query)]


async def list_region_rows(connection: Connection, limit: int = 500) -> list[RegionRow]:
    """Regions with how many places and managers each has, by name."""
    rows = await connection.fetch(
        "SELECT r.id, r.name, r.version, (SELECT count(*)::int FROM location l WHERE l.region = r.id AND l.closed_at IS NULL) AS places,"
        " (SELECT count(*)::int FROM staff s WHERE s.region = r.id AND s.disabled_at IS NULL) AS managers FROM region r ORDER BY r.name, r.id LIMIT $1",
        limit,
    )  # fmt: skip
    return [RegionRow(**dict(row)) for row in rows]


async def list_entities(connection: Connection, entity: str | None = None, limit: int = 100) -> list[EntityRow]:
    """The companies that sell, by name; or the one that is asked for."""
    rows = await connection.fetch(
        "SELECT e.id, e.name, e.siren, e.vat_number, e.address, e.document_prefix, trim(e.country) AS country, e.rcs, e.capital_minor, e.time_zone, e.version,"
        " (SELECT count(*)::int FROM location l WHERE l.legal_entity = e.id) AS places FROM legal_entity e WHERE $1::text IS NULL OR e.id = $1"
        " ORDER BY e.name, e.id LIMIT $2",
        entity, limit,
    )  # fmt: skip
    return [EntityRow(**dict(row)) for row in rows]


async def list_kinds_of_names(connection: Connection, limit: int = 10_000) -> list[str]:
    """Every word that a rule may name places by: their ids, their kinds, their regions' ids; the two kinds whether or not there is one."""
    rows = await connection.fetch(
        "SELECT id FROM location UNION SELECT id FROM region UNION SELECT kind FROM location ORDER BY 1 LIMIT $1", limit
    )
    return sorted({"store", "warehouse", *(row[0] for row in rows)})
