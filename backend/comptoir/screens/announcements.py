"""Announcements as managers follow them, with how many devices have read each, and as a store's devices show them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection

MOST: Final = 200
NAMED: Final = 3
_READ: Final = f"""
SELECT a.id, a.text, a.urgent, a.until_at AS until, a.version, a.edition, a.made_at, a.changed_at, a.ended_at, a.made_by, p.stores, p.names, p.time_zone,
  (SELECT count(*)::int FROM announcement_store t WHERE t.announcement = a.id) AS all_stores, d.devices, d.read,
  coalesce((SELECT s.first_name || ' ' || s.last_name FROM staff s WHERE s.id::text = a.made_by), '') AS by
FROM announcement a
JOIN LATERAL (SELECT count(*)::int AS stores, (array_agg(l.name ORDER BY l.name))[1:{NAMED}] AS names, min(l.time_zone) AS time_zone
  FROM announcement_store t JOIN location l ON l.id = t.location WHERE t.announcement = a.id AND ($1::text[] IS NULL OR t.location = ANY($1))) p ON p.stores > 0
JOIN LATERAL (SELECT count(*)::int AS devices, count(r.device)::int AS read
  FROM announcement_store t JOIN device v ON v.location = t.location AND v.revoked_at IS NULL
  LEFT JOIN announcement_receipt r ON r.announcement = a.id AND r.edition = a.edition AND r.device = v.id
  WHERE t.announcement = a.id AND ($1::text[] IS NULL OR t.location = ANY($1))) d ON true
"""
_OPEN: Final = f"""{_READ} WHERE a.ended_at IS NULL AND a.until_at > $2
AND ($4::timestamptz IS NULL OR (a.urgent, a.made_at, a.id) < ((SELECT x.urgent FROM announcement x WHERE x.id = $5), $4, $5))
ORDER BY a.urgent DESC, a.made_at DESC, a.id DESC LIMIT $3"""
_PAST: Final = f"""{_READ} WHERE (a.ended_at IS NOT NULL OR a.until_at <= $2) AND ($4::timestamptz IS NULL OR (a.made_at, a.id) < ($4, $5))
ORDER BY a.made_at DESC, a.id DESC LIMIT $3"""
_ONE: Final = f"{_READ} WHERE a.id = $2"
_DEVICES: Final = """
SELECT l.id AS location, l.name AS store, l.time_zone, v.name, v.last_seen_at, r.at AS read_at, r.received_at
FROM announcement_store t JOIN location l ON l.id = t.location JOIN device v ON v.location = t.location AND v.revoked_at IS NULL
LEFT JOIN announcement_receipt r ON r.announcement = t.announcement AND r.edition = $3 AND r.device = v.id
WHERE t.announcement = $1 AND ($2::text[] IS NULL OR t.location = ANY($2)) ORDER BY r.at IS NOT NULL, l.name, v.name, v.id LIMIT 2000
"""
_OF_STORE: Final = """
SELECT a.id, a.text, a.urgent, a.until_at AS until, a.edition, a.made_at, a.edition > 1 AS corrected, l.time_zone,
  ARRAY(SELECT r.device FROM announcement_receipt r WHERE r.announcement = a.id AND r.edition = a.edition AND r.location = $1) AS read_on
FROM announcement_store t JOIN announcement a ON a.id = t.announcement JOIN location l ON l.id = t.location
WHERE t.location = $1 AND a.ended_at IS NULL AND a.until_at > $2 ORDER BY a.urgent DESC, a.made_at DESC, a.id LIMIT 20
"""


class Announcement(msgspec.Struct, frozen=True):
    """One announcement to those of its stores that the reader reaches: `stores` of `all_stores`, read on `read` of their `devices`."""

    id: UUID
    text: str
    urgent: bool
    until: datetime
    version: int
    edition: int
    made_at: datetime
    changed_at: datetime
    ended_at: datetime | None
    made_by: str
    stores: int
    names: list[str]
    time_zone: str
    all_stores: int
    devices: int
    read: int
    by: str

    @property
    def mine(self) -> bool:
        """Whoever reaches all of its stores may correct and end it."""
        return self.stores == self.all_stores

    def over(self, now: datetime) -> bool:
        return self.ended_at is not None or self.until <= now


class DeviceRead(msgspec.Struct, frozen=True):
    """A device that an announcement is for, and when it was read on it, if it was; `received_at` is later where there was no network."""

    location: str
    store: str
    time_zone: str
    name: str
    last_seen_at: datetime | None
    read_at: datetime | None
    received_at: datetime | None


class Shown(msgspec.Struct, frozen=True):
    """One announcement as devices of a store show it; `read_on` are the devices that need not."""

    id: UUID
    text: str
    urgent: bool
    until: datetime
    edition: int
    made_at: datetime
    corrected: bool
    time_zone: str
    read_on: list[UUID]

    def told(self, device: UUID | None) -> dict[str, Any]:
        """What one device is told of it."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        del plain["read_on"]
        return plain | {"read": device in self.read_on}


After = tuple[datetime, UUID] | None
"""`made_at` and `id` of the last row that was read; None begins."""


async def list_open(
    connection: Connection, actor: Actor, now: datetime, most: int = MOST, after: After = None
) -> list[Announcement]:
    """What devices of the actor's stores show, urgent ones first, then the newest."""
    rows = await connection.fetch(_OPEN, _reach(actor), now, most, *(after or (None, None)))
    return [_view(row) for row in rows]


async def list_past(
    connection: Connection, actor: Actor, now: datetime, most: int = 50, before: After = None
) -> list[Announcement]:
    """What is over, the newest first."""
    rows = await connection.fetch(_PAST, _reach(actor), now, most, *(before or (None, None)))
    return [_view(row) for row in rows]


async def find(
    connection: Connection, actor: Actor, announcement: UUID
) -> tuple[Announcement, list[DeviceRead]] | None:
    """One with the devices that it is for, those that have not read it first; None when it is to none of the actor's stores."""
    row = await connection.fetchrow(_ONE, _reach(actor), announcement)
    if row is None:
        return None
    devices = await connection.fetch(_DEVICES, announcement, _reach(actor), row["edition"])
    return _view(row), [DeviceRead(**dict(one)) for one in devices]


async def of_store(connection: Connection, location: str, now: datetime) -> list[Shown]:
    """What the devices of one store show now, urgent ones first."""
    return [Shown(**dict(row)) for row in await connection.fetch(_OF_STORE, location, now)]


async def zone_of_first(connection: Connection, actor: Actor, locations: Sequence[str]) -> str:
    """The time zone that an end is typed in: that of the first of these stores, else of the actor's."""
    found: str | None = await connection.fetchval(
        "SELECT time_zone FROM location WHERE ($1::text[] IS NULL OR id = ANY($1)) ORDER BY NOT (id = ANY($2)), id LIMIT 1",
        _reach(actor), list(locations),
    )  # fmt: skip
    return found or "Europe/Paris"


def _view(row: Any) -> Announcement:
    return Announcement(**dict(row))


def _reach(actor: Actor) -> Sequence[str] | None:
    return None if actor.locations is None else list(actor.locations)
