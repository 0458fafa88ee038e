"""What head office sees of a kind of policy: its versions with who made them and when they hold, and what was done with them last."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection

MOST: Final = 100
"""Versions and events that are shown; older ones are still kept."""


class Row(msgspec.Struct, frozen=True):
    """One version without its body."""

    number: int
    note: str
    who: str | None
    made_at: datetime
    active_from: datetime | None = None
    held_until: datetime | None = None
    """When a later one began; None while it holds, and for one that never did."""
    tried_from: datetime | None = None
    tried_until: datetime | None = None

    def tried(self, now: datetime) -> bool:
        return (
            self.tried_from is not None
            and self.tried_from <= now
            and (self.tried_until is None or self.tried_until > now)
        )


class Happened(msgspec.Struct, frozen=True):
    """One thing that was done: the event's kind without its package, and the version it was done with."""

    kind: str
    number: int
    at: datetime
    who: str | None
    since: datetime | None = None
    until: datetime | None = None


class Policies(msgspec.Struct, frozen=True):
    """Newest first. `active` is the number in force, 0 for what comes along; `next` the one that begins soonest after now."""

    rows: tuple[Row, ...]
    happened: tuple[Happened, ...]
    active: int
    next: int | None
    tried: int | None

    @property
    def newest(self) -> int:
        return self.rows[0].number if self.rows else 0

    def find(self, number: int) -> Row | None:
        return next((row for row in self.rows if row.number == number), None)


_READ: Final = """
WITH versions AS (
  SELECT p.number, p.note, p.made_by, p.made_at, p.active_from, p.tried_from, p.tried_until,
    (SELECT min(l.active_from) FROM policy l WHERE l.kind = p.kind AND p.active_from <= $2
      AND (l.active_from, l.number) > (p.active_from, p.number) AND l.active_from <= $2) AS held_until
  FROM policy p WHERE p.kind = $1 ORDER BY p.number DESC LIMIT $4
), done AS (
  SELECT split_part(e.kind, '.', 2) AS kind, (e.body->>'number')::int AS number, e.at, e.who, (e.body->>'since')::timestamptz AS since,
    (e.body->>'until')::timestamptz AS until FROM event e WHERE e.stream = $3 ORDER BY e.seq DESC LIMIT $4
)
SELECT
  (SELECT coalesce(jsonb_agg(jsonb_build_object('number', v.number, 'note', v.note, 'made_at', v.made_at, 'active_from', v.active_from,
    'held_until', v.held_until, 'tried_from', v.tried_from, 'tried_until', v.tried_until, 'who', s.first_name || ' ' || s.last_name)
    ORDER BY v.number DESC), '[]') FROM versions v LEFT JOIN staff s ON s.id::text = v.made_by)::text AS rows,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', d.kind, 'number', d.number, 'at', d.at, 'since', d.since, 'until', d.until,
    'who', s.first_name || ' ' || s.last_name) ORDER BY d.at DESC), '[]') FROM done d LEFT JOIN staff s ON s.id::text = d.who)::text AS happened
"""


async def read(connection: Connection, kind: str, stream: UUID, now: datetime) -> Policies:
    """The newest versions of a kind, and the latest events of its stream."""
    found = await connection.fetchrow(_READ, kind, now, stream, MOST)
    assert found is not None
    rows = msgspec.json.decode(found["rows"], type=tuple[Row, ...])
    begun = [row for row in rows if row.active_from is not None and row.active_from <= now]
    ahead = [row for row in rows if row.active_from is not None and row.active_from > now]
    tried = [row for row in rows if row.tried(now)]
    return Policies(
        rows, msgspec.json.decode(found["happened"], type=tuple[Happened, ...]),
        max(begun, key=_beginning).number if begun else 0,
        min(ahead, key=_beginning).number if ahead else None,
        max(tried, key=lambda row: (row.tried_from, row.number)).number if tried else None,
    )  # fmt: skip


def _beginning(row: Row) -> tuple[datetime, int]:
    assert row.active_from is not None
    return row.active_from, row.number
