"""Every message of the ledger, newest first, for the demo's phone: one statement, one struct; not in production."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection

PAGE = 40

_SQL = """
SELECT m.id, m.order_id, m.template, m.medium, m.language, m.subject,
  coalesce(nullif(CASE m.medium WHEN 'sms' THEN m.sms WHEN 'push' THEN m.push END, ''), m.body) AS body, m.status,
  coalesce(m.reason, '') AS reason, coalesce(e.due_at, m.made_at) AS told_at,
  o.number, m.recipient, c.first_name || ' ' || left(c.last_name, 1) || '.' AS buyer,
  CASE WHEN m.recipient = 'collector' THEN coalesce(k.generation, 0) ELSE o.link_generation END AS link_generation,
  CASE WHEN m.recipient = 'collector' THEN coalesce(split_part(k.name, ' ', 1), '') ELSE c.first_name END AS first_name,
  CASE WHEN m.recipient = 'collector' THEN '' ELSE c.last_name END AS last_name,
  coalesce((SELECT jsonb_object_agg(p.location, p.generation) FROM pickup_pass p WHERE p.order_id = m.order_id), '{}')
      AS passes,
  coalesce((SELECT l.time_zone FROM work w JOIN location l ON l.id = w.location WHERE w.order_id = m.order_id LIMIT 1),
    'Europe/Paris') AS time_zone
FROM message m JOIN sales_order o ON o.id = m.order_id JOIN customer c ON c.id = o.customer
LEFT JOIN collector k ON k.order_id = m.order_id LEFT JOIN event e ON e.stream = m.stream AND e.seq = m.seq
WHERE $1::uuid IS NULL OR (coalesce(e.due_at, m.made_at), m.id) < (SELECT coalesce(f.due_at, b.made_at), b.id
  FROM message b LEFT JOIN event f ON f.stream = b.stream AND f.seq = b.seq WHERE b.id = $1)
ORDER BY told_at DESC, m.id DESC LIMIT $2
"""


class PhoneMessage(msgspec.Struct, frozen=True):
    """One message as its medium says it; subject and body still hold their marks, `passes` has the pass's generation by location.

    `told_at` is when the event that it tells of was due, so that a story told late reads in its own order.
    """

    id: UUID
    order_id: UUID
    template: str
    medium: str
    language: str
    subject: str
    body: str
    status: str
    reason: str
    told_at: datetime
    number: str
    link_generation: int
    first_name: str
    last_name: str
    passes: dict[str, int]
    time_zone: str
    recipient: Literal["customer", "collector"] = "customer"
    buyer: str = ""


async def list_messages(connection: Connection, before: UUID | None = None) -> list[PhoneMessage]:
    """At most PAGE messages, those older than `before` when it is given."""
    rows = await connection.fetch(_SQL, before, PAGE)
    return [msgspec.convert({**dict(row), "passes": msgspec.json.decode(row["passes"])}, PhoneMessage) for row in rows]
