"""Rows of places that come and go, written; each change counts the version up."""

from datetime import datetime
from typing import Any, Final

from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict, Invalid, NotFound
from comptoir.network.geography import point_of
from comptoir.network.places import CreateStore, Described, DescribeStore, SaveEntity, SaveRegion

_BUSY: Final = """
SELECT (SELECT count(*) FROM work WHERE location = $1 AND status IN ('open', 'accepted', 'picking', 'picked'))
  + (SELECT count(*) FROM work WHERE location = $1 AND status = 'staged')
  + (SELECT count(*) FROM transfer WHERE $1 IN (from_location, to_location) AND status IN ('created', 'shipped', 'receiving'))
  + (SELECT count(*) FROM purchase WHERE location = $1 AND status IN ('open', 'receiving'))
"""


async def insert_store(tx: Tx, command: CreateStore) -> int:
    """A new row with its shelves for bags; its version. Conflict `place_there`, Invalid `region_unknown`, `entity_unknown`."""
    about = command.about
    await _check(tx, about)
    latitude, longitude = _point(about)
    made = await tx.value(
        "INSERT INTO location (id, name, kind, region, legal_entity, street, postcode, city, country, time_zone, latitude, longitude, services,"
        " capacity_per_hour, pick_lead_minutes, hold_days, takes_returns) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '{}', 20, 120, 7, $13)"
        " ON CONFLICT (id) DO NOTHING RETURNING version",
        command.location, about.name, about.kind, about.region, about.legal_entity, about.street, about.postcode, about.city, about.country,
        about.time_zone, latitude, longitude, about.takes_returns,
    )  # fmt: skip
    if made is None:
        raise Conflict("place_there", place=command.location)
    await _shelves(tx, command.location, about.shelves)
    version: int = made
    return version


async def describe_store(tx: Tx, command: DescribeStore) -> int:
    """Write what a place is; gives the new version."""
    about = command.about
    await _check(tx, about)
    latitude, longitude = _point(about)
    await _shelves(tx, command.location, about.shelves)
    version: int = await tx.value(
        "UPDATE location SET name = $2, kind = $3, region = $4, legal_entity = $5, street = $6, postcode = $7, city = $8, country = $9, time_zone = $10,"
        " latitude = $11, longitude = $12, takes_returns = $13, version = version + 1 WHERE id = $1 RETURNING version",
        command.location, about.name, about.kind, about.region, about.legal_entity, about.street, about.postcode, about.city, about.country,
        about.time_zone, latitude, longitude, about.takes_returns,
    )  # fmt: skip
    return version


async def still_to_do(tx: Tx, location: str) -> int:
    """Works that are not over, bags that wait, goods on their way to or from a place, what suppliers are to bring."""
    count: int = await tx.value(_BUSY, location)
    return count


async def set_closed(tx: Tx, location: str, at: datetime | None) -> int:
    """Closed at a moment, with no services; or (None) open again, still without."""
    version: int = await tx.value(
        "UPDATE location SET closed_at = $2, services = '{}', version = version + 1 WHERE id = $1 RETURNING version",
        location, at,
    )  # fmt: skip
    return version


async def is_closed(tx: Tx, location: str) -> bool:
    """Whether a place is closed for good."""
    return bool(await tx.value("SELECT closed_at IS NOT NULL FROM location WHERE id = $1", location))


async def put_region(tx: Tx, command: SaveRegion) -> int:
    """New or renamed; its version. Conflict `place_there`, `changed_meanwhile`."""
    return await _put(
        tx, command.version, command.region, "SELECT version FROM region WHERE id = $1 FOR NO KEY UPDATE",
        "INSERT INTO region (id, name) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING RETURNING version",
        "UPDATE region SET name = $2, version = version + 1 WHERE id = $1 RETURNING version", command.name,
    )  # fmt: skip


async def put_entity(tx: Tx, command: SaveEntity) -> int:
    """New or different; its version. Conflict `prefix_taken`, `prefix_used` once a document carries the old one."""
    other = await tx.value(
        "SELECT id FROM legal_entity WHERE document_prefix = $1 AND id <> $2", command.document_prefix, command.entity
    )
    if other is not None:
        raise Conflict("prefix_taken", prefix=command.document_prefix)
    if command.version:
        was = await tx.value("SELECT document_prefix FROM legal_entity WHERE id = $1", command.entity)
        used = await tx.value("SELECT true FROM document_counter WHERE legal_entity = $1 LIMIT 1", command.entity)
        if used and was is not None and was != command.document_prefix:
            raise Conflict("prefix_used", prefix=was)
    return await _put(
        tx, command.version, command.entity, "SELECT version FROM legal_entity WHERE id = $1 FOR NO KEY UPDATE",
        "INSERT INTO legal_entity (id, name, siren, vat_number, address, document_prefix, country, rcs, capital_minor, time_zone)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING RETURNING version",
        "UPDATE legal_entity SET name = $2, siren = $3, vat_number = $4, address = $5, document_prefix = $6, country = $7, rcs = $8,"
        " capital_minor = $9, time_zone = $10, version = version + 1 WHERE id = $1 RETURNING version",
        command.name, command.siren, command.vat_number, command.address, command.document_prefix, command.country, command.rcs,
        command.capital_minor, command.time_zone,
    )  # fmt: skip


async def _put(tx: Tx, version: int, key: str, lock: str, insert: str, update: str, *fields: Any) -> int:
    if not version:
        made: int | None = await tx.value(insert, key, *fields)
        if made is None:
            raise Conflict("place_there", place=key)
        return made
    found = await tx.value(lock, key)
    if found is None:
        raise NotFound("place_not_found")
    if found != version:
        raise Conflict("changed_meanwhile")
    changed: int = await tx.value(update, key, *fields)
    return changed


async def _check(tx: Tx, about: Described) -> None:
    if about.region is not None and not await tx.value("SELECT true FROM region WHERE id = $1", about.region):
        raise Invalid("region_unknown")
    if not await tx.value("SELECT true FROM legal_entity WHERE id = $1", about.legal_entity):
        raise Invalid("entity_unknown")


def _point(about: Described) -> tuple[float, float]:
    if about.latitude is None or about.longitude is None:
        return point_of(about.country, about.postcode)
    return about.latitude, about.longitude


async def _shelves(tx: Tx, location: str, count: int) -> None:
    await tx.run(
        "INSERT INTO staging_place (location, code, name) SELECT $1, 'L:R' || n, 'R ' || n FROM generate_series(1, $2::int) AS n ON CONFLICT DO NOTHING",
        location, count,
    )  # fmt: skip
