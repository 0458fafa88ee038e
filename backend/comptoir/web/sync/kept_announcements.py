"""What managers announce, as a device keeps it for the time with no network."""

from datetime import datetime
from typing import Any

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.dates import date_words
from comptoir.kit.db import borrowed
from comptoir.network.hours import zone_of
from comptoir.screens import announcements


async def kept_announcements(house: House, actor: Actor, now: datetime) -> dict[str, Any] | None:
    """`{at, rows}` of the device's store, each row with whether this device has read it; None for an actor of no store."""
    if not actor.locations:
        return None
    async with borrowed(house.pool) as connection:
        rows = await announcements.of_store(connection, actor.locations[0], now)
    return told(rows, actor, now)


def told(rows: list[announcements.Shown], actor: Actor, now: datetime) -> dict[str, Any]:
    """The same of rows that are read already; `until_said` is the end in words, with its day: it may be two weeks ahead."""
    return {"at": now.isoformat().replace("+00:00", "Z"), "rows": [_told(row, actor) for row in rows]}


def _told(row: announcements.Shown, actor: Actor) -> dict[str, Any]:
    until = row.until.astimezone(zone_of(row.time_zone))
    return row.told(actor.device) | {"until_said": date_words(until, "EEEE d MMMM, HH:mm", actor.language)}
