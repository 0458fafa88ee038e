"""What people changed: one list that is searched by thing, person and time, and the history of one thing; only of places one reaches."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection

SHOWN: Final = 50
MOST: Final = 10_000
"""Rows of a file."""

# Ids are looked up only where they can be ids: a digest or a slug is no uuid.
_NAMED: Final = """
SELECT a.id, a.at, a.who, a.role, a.action, a.subject, a.location, a.reason, a.body::text AS body, s.name AS who_name, l.name AS store, t.name AS thing
FROM (
  SELECT * FROM audit WHERE ($1::text[] IS NULL OR location = ANY($1))
    AND ($2::text IS NULL OR split_part(action, '.', 1) = ANY(string_to_array($2, ','))) AND ($3::text IS NULL OR subject = $3)
    AND ($4::text[] IS NULL OR who = ANY($4)) AND ($5::timestamptz IS NULL OR at >= $5) AND ($6::timestamptz IS NULL OR at < $6)
    AND ($7::uuid IS NULL OR (at, id) < (SELECT b.at, b.id FROM audit b WHERE b.id = $7))
  ORDER BY at DESC, id DESC LIMIT $8
) a
LEFT JOIN location l ON l.id = a.location
LEFT JOIN LATERAL (
  SELECT p.first_name || ' ' || p.last_name AS name FROM staff p WHERE p.id = CASE WHEN a.who ~ '^[0-9a-f-]{36}$' THEN a.who::uuid END
  UNION ALL SELECT k.name FROM api_key k WHERE k.id = CASE WHEN a.who ~ '^key:[0-9a-f-]{36}$' THEN substr(a.who, 5)::uuid END LIMIT 1
) s ON true
LEFT JOIN LATERAL (SELECT CASE split_part(a.action, '.', 1)
  WHEN 'store' THEN (SELECT o.name FROM location o WHERE o.id = a.subject)
  WHEN 'printer_network' THEN (SELECT o.name FROM location o WHERE o.id = a.subject)
  WHEN 'region' THEN (SELECT r.name FROM region r WHERE r.id = a.subject)
  WHEN 'entity' THEN (SELECT e.name FROM legal_entity e WHERE e.id = a.subject)
  WHEN 'channel' THEN (SELECT c.name FROM channel c WHERE c.id = a.subject)
  WHEN 'sku' THEN (SELECT concat_ws(', ', i.name, nullif(i.variant, ''), nullif(i.deciding, '')) FROM sku i WHERE i.sku = a.subject)
  WHEN 'box' THEN (SELECT b.name_fr FROM box_type b WHERE b.id = a.subject)
  WHEN 'carrier_account' THEN (SELECT c.name FROM carrier_account c WHERE c.id = a.subject)
  WHEN 'payment_account' THEN (SELECT c.name FROM payment_account c WHERE c.id = a.subject)
  ELSE CASE WHEN a.subject ~ '^[0-9a-f-]{36}$' THEN CASE split_part(a.action, '.', 1)
    WHEN 'person' THEN (SELECT p.first_name || ' ' || p.last_name FROM staff p WHERE p.id = a.subject::uuid)
    WHEN 'key' THEN (SELECT k.name FROM api_key k WHERE k.id = a.subject::uuid)
    WHEN 'device' THEN (SELECT d.name FROM device d WHERE d.id = a.subject::uuid)
    WHEN 'printer' THEN (SELECT p.name FROM printer p WHERE p.id = a.subject::uuid)
    WHEN 'webhook' THEN (SELECT w.name FROM webhook_endpoint w WHERE w.id = a.subject::uuid) END END END AS name) t ON true
ORDER BY a.at DESC, a.id DESC
"""
_PEOPLE: Final = """
SELECT id::text FROM staff WHERE plain_name(first_name || ' ' || last_name) LIKE '%' || plain_name($1) || '%'
  AND ($2::text[] IS NULL OR EXISTS (SELECT FROM staff_location w WHERE w.staff = staff.id AND w.location = ANY($2)))
UNION ALL SELECT 'key:' || id FROM api_key WHERE $2::text[] IS NULL AND plain_name(name) LIKE '%' || plain_name($1) || '%' LIMIT 200
"""


class Entry(msgspec.Struct, frozen=True):
    """One change: who, when, what it was done to, the fields before and after. `thing` is its name where it has one now."""

    id: UUID
    at: datetime
    who: str
    role: str
    action: str
    subject: str
    location: str | None
    reason: str
    body: dict[str, Any]
    who_name: str | None
    store: str | None
    thing: str | None

    @property
    def kind(self) -> str:
        """What sort of thing it is: the first word of its action."""
        return self.action.split(".")[0]

    @property
    def changes(self) -> list[tuple[str, Any, Any]]:
        """(field, before, after)."""
        found = self.body.get("changes", [])
        return [(str(field), before, after) for field, before, after in found]


class Question(msgspec.Struct, frozen=True):
    """Which changes: of things of these kinds (with commas), of one thing, by people of a name, in a span."""

    kinds: str | None = None
    subject: str | None = None
    person: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: UUID | None = None


async def list_changes(
    connection: Connection, question: Question, locations: Sequence[str] | None, limit: int = SHOWN
) -> list[Entry]:
    """Newest first; whoever has some places sees what was changed at those."""
    reached = None if locations is None else list(locations)
    who = None
    if question.person:
        rows = await connection.fetch(_PEOPLE, question.person, reached)
        who = [row[0] for row in rows]
    rows = await connection.fetch(
        _NAMED, reached, question.kinds, question.subject, who, question.since, question.until, question.after, limit
    )
    return [msgspec.convert({**dict(row), "body": msgspec.json.decode(row["body"])}, Entry) for row in rows]


async def history_of(
    connection: Connection, kinds: str, subject: str, locations: Sequence[str] | None, limit: int = 20
) -> list[Entry]:
    """The latest changes of one thing, for its own page."""
    return await list_changes(connection, Question(kinds=kinds, subject=subject), locations, limit)
