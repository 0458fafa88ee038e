"""The devices of some stores: when each was last heard of, how far its journal came, and what it still has in hand."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection

MOST = 500
SILENT_AFTER = timedelta(minutes=10)
"""A device that is awake and has a network is heard of every minute."""

AppState = Literal["", "none", "old", "newest"]

_PACKS = """
SELECT jsonb_build_object('id', p.id, 'who', t.first_name, 'made_at', p.made_at, 'lease_until', p.lease_until, 'device', x.name,
  'last_seen_at', x.last_seen_at, 'works', (SELECT count(*) FROM work w WHERE w.pack = p.id AND w.status IN ('open', 'accepted', 'picking', 'picked')),
  'lines', (SELECT count(*) FROM work w JOIN work_line l ON l.work = w.id WHERE w.pack = p.id AND w.status IN ('open', 'accepted', 'picking', 'picked') AND l.reserved > 0)) AS pack
FROM pack p JOIN device x ON x.id = p.device JOIN staff t ON t.id = p.staff
WHERE p.closed_at IS NULL AND EXISTS (SELECT FROM work w WHERE w.pack = p.id AND w.status IN ('open', 'accepted', 'picking', 'picked'))
"""
_SQL = f"""
SELECT d.id, d.location, l.name AS store, l.time_zone, d.name, d.last_seen_at, d.revoked_at, d.clock_off_seconds, d.app_version, d.app_version_at, j.last_seq, j.last_at AS last_fact_at,
  (SELECT s.first_name FROM sign_in i JOIN staff s ON s.id = i.staff WHERE i.device = d.id AND i.ended_at IS NULL ORDER BY i.started_at DESC LIMIT 1) AS in_use_by,
  u.id IS NOT NULL AS push_on, u.shown_at AS push_shown_at, u.failed_at AS push_failed_at,
  (SELECT max(n.settled_at) FROM push_note n WHERE n.device = d.id AND n.status = 'failed') AS push_missed_at,
  (SELECT coalesce(jsonb_agg(q.pack ORDER BY q.pack->>'made_at'), '[]') FROM ({_PACKS} AND p.device = d.id) q) AS packs
FROM device d JOIN location l ON l.id = d.location LEFT JOIN push_subscription u ON u.device = d.id
LEFT JOIN LATERAL (SELECT expected_seq - 1 AS last_seq, last_at FROM journal WHERE device = d.id ORDER BY last_at DESC, id DESC LIMIT 1) j ON true
WHERE ($1::text[] IS NULL OR d.location = ANY($1))
ORDER BY d.revoked_at IS NOT NULL, NOT EXISTS (SELECT FROM pack p WHERE p.device = d.id AND p.closed_at IS NULL), l.name, d.name, d.id LIMIT $2
"""
_ONE = f"SELECT q.pack FROM ({_PACKS} AND p.id = $1 AND p.location = $2) q"


class OpenPack(msgspec.Struct, frozen=True):
    """A pack that somebody has on a device: its works that are not over, and the lines left to pick."""

    id: UUID
    who: str
    made_at: datetime
    lease_until: datetime
    device: str
    works: int
    lines: int
    last_seen_at: datetime | None = None

    def silent_minutes(self, now: datetime) -> int:
        """Whole minutes since its device was heard of; 0 while that is nothing to wonder about."""
        return silence(self.last_seen_at, now)


class DeviceState(msgspec.Struct, frozen=True):
    """A device as its manager wants to know it. What it has not sent yet nobody can know while it is silent."""

    id: UUID
    location: str
    store: str
    time_zone: str
    name: str
    packs: list[OpenPack] = []
    last_seen_at: datetime | None = None
    revoked_at: datetime | None = None
    clock_off_seconds: int | None = None
    last_seq: int | None = None
    last_fact_at: datetime | None = None
    in_use_by: str | None = None
    push_on: bool = False
    push_shown_at: datetime | None = None
    push_failed_at: datetime | None = None
    push_missed_at: datetime | None = None
    app_version: str = ""
    app_version_at: datetime | None = None

    @property
    def push(self) -> Literal["off", "failing", "untested", "on"]:
        """What is known of its notifications; `untested`: on, and no screen has shown one yet."""
        if not self.push_on:
            return "off"
        return "failing" if self.push_failed_at else "on" if self.push_shown_at else "untested"

    def app(self, newest: str) -> AppState:
        """How the app that it keeps stands beside the newest one."""
        return app_state(self.app_version, newest)

    @property
    def lines(self) -> int:
        return sum(pack.lines for pack in self.packs)

    @property
    def clock_off_minutes(self) -> int:
        """Whole minutes that its own clock is ahead; behind: negative."""
        return round((self.clock_off_seconds or 0) / 60)

    def silent_minutes(self, now: datetime) -> int:
        """Whole minutes without a word although it has work in hand."""
        return silence(self.last_seen_at, now) if self.packs and self.revoked_at is None else 0


def app_state(version: str, newest: str) -> AppState:
    """`none`: it never said that it keeps one, so it works with a network only. Without a newest one nothing is said."""
    if not newest:
        return ""
    return "none" if not version else "newest" if version == newest else "old"


def silence(last_seen_at: datetime | None, now: datetime) -> int:
    """Whole minutes, once they are too many."""
    since = now - last_seen_at if last_seen_at else timedelta(0)
    return int(since.total_seconds() // 60) if since >= SILENT_AFTER else 0


async def read(connection: Connection, locations: Sequence[str] | None) -> list[DeviceState]:
    """Every device of these stores (None = all), or the first 500: those with work in hand first, revoked ones last."""
    rows = await connection.fetch(_SQL, None if locations is None else list(locations), MOST)
    return [_state(row) for row in rows]


def _state(row: Any) -> DeviceState:
    told = {key: value for key, value in row.items() if value is not None}
    return msgspec.convert(told | {"packs": msgspec.json.decode(told["packs"])}, DeviceState)


async def pack_of(connection: Connection, pack: UUID | None, location: str) -> OpenPack | None:
    """The pack that a work is in, with its device, while somebody still has it."""
    found = await connection.fetchval(_ONE, pack, location) if pack else None
    return msgspec.json.decode(found, type=OpenPack) if found else None
