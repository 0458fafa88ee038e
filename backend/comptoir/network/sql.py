"""Rows of places, written; every change counts the version up, so that two people cannot overwrite each other unseen."""

from collections.abc import Sequence
from datetime import date, datetime

from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict, Invalid, NotFound
from comptoir.kit.ids import digest
from comptoir.network.changing import SaveHours, SaveStore, SetDeskPicture, SetException


async def lock_location(tx: Tx, location: str, locations: Sequence[str] | None, version: int | None = None) -> int:
    """Lock a place and give its version. NotFound when it is not reached, Conflict `changed_meanwhile`."""
    found: int | None = await tx.value(
        "SELECT version FROM location WHERE id = $1 AND ($2::text[] IS NULL OR id = ANY($2)) FOR NO KEY UPDATE",
        location, None if locations is None else list(locations),
    )  # fmt: skip
    if found is None:
        raise NotFound("location_not_found")
    if version is not None and version != found:
        raise Conflict("changed_meanwhile")
    return found


async def put_figures(tx: Tx, command: SaveStore) -> int:
    """Write what a store offers; gives the new version."""
    version: int = await tx.value(
        "UPDATE location SET capacity_per_hour = $2, pick_lead_minutes = $3, hold_days = $4, services = $5, phone = $6,"
        " directions = $7, cart_orders = $8, scan_totes = $9, version = version + 1 WHERE id = $1 RETURNING version",
        command.location, command.capacity_per_hour, command.pick_lead_minutes, command.hold_days,
        sorted(set(command.services)), command.phone, command.directions, command.cart_orders, command.scan_totes,
    )  # fmt: skip
    return version


async def set_promised_pace(tx: Tx, location: str, *, learned: bool) -> bool:
    """Promises reckon with the learned pace from now on, or with the capacity; False when they did already."""
    return bool(
        await tx.value(
            "UPDATE location SET promises_learned = $2, version = version + 1 WHERE id = $1 AND promises_learned <> $2 RETURNING true",
            location, learned,
        )
    )  # fmt: skip


async def put_hours(tx: Tx, command: SaveHours) -> int:
    """Replace a store's week; gives the new version."""
    await tx.run("DELETE FROM opening_hours WHERE location = $1", command.location)
    weekdays, opens, closes = zip(*command.hours, strict=True) if command.hours else ((), (), ())
    await tx.run(
        "INSERT INTO opening_hours (location, weekday, opens, closes)"
        " SELECT $1, d, o, c FROM unnest($2::smallint[], $3::smallint[], $4::smallint[]) AS week (d, o, c)",
        command.location, list(weekdays), list(opens), list(closes),
    )  # fmt: skip
    return await count_up(tx, command.location)


async def put_exception(tx: Tx, command: SetException) -> int:
    """Write a day's own hours; gives the new version."""
    await tx.run(
        "INSERT INTO opening_exception (location, day, opens, closes, reason) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (location, day) DO UPDATE SET opens = excluded.opens, closes = excluded.closes, reason = excluded.reason",
        command.location, command.day, command.opens, command.closes, command.reason,
    )  # fmt: skip
    return await count_up(tx, command.location)


async def drop_exception(tx: Tx, location: str, day: date) -> int:
    """Remove a day's own hours; gives the new version."""
    await tx.run("DELETE FROM opening_exception WHERE location = $1 AND day = $2", location, day)
    return await count_up(tx, location)


async def set_pause(tx: Tx, location: str, until: datetime | None, reason: str | None) -> int:
    """Pause a place until a moment, or (None) let it go on; gives the new version."""
    version: int = await tx.value(
        "UPDATE location SET paused_until = $2, paused_reason = $3, version = version + 1 WHERE id = $1 RETURNING version",
        location, until, reason,
    )  # fmt: skip
    return version


async def put_desk_picture(tx: Tx, command: SetDeskPicture) -> int:
    """Write a store's picture, or what is said of the one it has; gives the new version. Invalid `picture_missing`."""
    if command.picture:
        await tx.run(
            "INSERT INTO desk_picture (location, name, bytes, width, height, says_fr, says_en) VALUES ($1, $2, $3, $4, $5, $6, $7)"
            " ON CONFLICT (location) DO UPDATE SET name = excluded.name, bytes = excluded.bytes, width = excluded.width,"
            "   height = excluded.height, says_fr = excluded.says_fr, says_en = excluded.says_en",
            command.location, digest(command.picture).hex()[:32], command.picture, command.width, command.height,
            command.says_fr, command.says_en,
        )  # fmt: skip
    elif not await tx.value(
        "UPDATE desk_picture SET says_fr = $2, says_en = $3 WHERE location = $1 RETURNING true",
        command.location, command.says_fr, command.says_en,
    ):  # fmt: skip
        raise Invalid("picture_missing")
    return await count_up(tx, command.location)


async def drop_desk_picture(tx: Tx, location: str) -> int:
    """Remove a store's picture; gives the new version."""
    await tx.run("DELETE FROM desk_picture WHERE location = $1", location)
    return await count_up(tx, location)


async def count_up(tx: Tx, location: str) -> int:
    """The place changed; gives the new version."""
    version: int = await tx.value("UPDATE location SET version = version + 1 WHERE id = $1 RETURNING version", location)
    return version


async def wake_pages(tx: Tx, location: str) -> None:
    """Open pages that show the place read it again once this transaction is there."""
    await tx.run("SELECT pg_notify('comptoir', $1)", location)
