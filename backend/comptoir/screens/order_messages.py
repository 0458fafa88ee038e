"""What the customer of an order was told, by which medium, and what nobody has yet: newest first."""

from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection
from comptoir.orders.sql import STILL_NEEDED

MOST = 50
_SQL = """
SELECT m.id, m.template, m.medium, m.status, coalesce(m.reason, '') AS reason, m.made_at, m.settled_at,
  (SELECT t.first_name FROM staff t WHERE t.id::text = m.settled_by) AS settled_by, NOT {still} AS moot,
  coalesce((SELECT jsonb_agg(jsonb_build_object('medium', t.medium, 'begun_at', t.begun_at, 'outcome', t.outcome, 'code', t.code, 'receipt', t.receipt)
    ORDER BY t.n) FROM message_try t WHERE t.message = m.id), '[]') AS tries
FROM message m JOIN sales_order o ON o.id = m.order_id WHERE m.order_id = $1
  AND ($2::text[] IS NULL OR EXISTS (SELECT FROM work w WHERE w.order_id = $1 AND w.location = ANY($2))
    OR EXISTS (SELECT FROM order_line l WHERE l.order_id = $1 AND l.location = ANY($2)))
ORDER BY m.made_at DESC, m.id DESC LIMIT $3
""".replace("{still}", STILL_NEEDED.strip())
_CONTACT = """
SELECT c.first_name, coalesce(c.phone, '') AS phone, coalesce(c.email, '') AS email, c.erased_at IS NOT NULL AS erased
FROM sales_order o JOIN customer c ON c.id = o.customer WHERE o.id = $1
  AND ($2::text[] IS NULL OR EXISTS (SELECT FROM work w WHERE w.order_id = $1 AND w.location = ANY($2))
    OR EXISTS (SELECT FROM order_line l WHERE l.order_id = $1 AND l.location = ANY($2)))
"""


class TriedOn(msgspec.Struct, frozen=True):
    """One try: on which medium, and what came of it as far as anybody knows."""

    medium: str
    begun_at: datetime
    outcome: str | None = None
    code: str = ""
    receipt: str | None = None


class SentMessage(msgspec.Struct, frozen=True):
    """One message of the ledger. `settled_by` is the first name of who told the customer in person."""

    id: UUID
    template: str
    medium: str
    status: str
    reason: str
    made_at: datetime
    tries: list[TriedOn]
    settled_at: datetime | None = None
    settled_by: str | None = None
    moot: bool = False

    @property
    def red(self) -> bool:
        """Somebody must act."""
        return self.status == "failed" and not self.moot

    @property
    def tried(self) -> list[str]:
        """The media that were tried, in their order, each once."""
        return list(dict.fromkeys(one.medium for one in self.tries))


class Contact(msgspec.Struct, frozen=True):
    """How the customer can be reached."""

    first_name: str = ""
    phone: str = ""
    email: str = ""
    erased: bool = False


class OrderMessages(msgspec.Struct, frozen=True):
    """An order's messages and its customer's contact."""

    rows: list[SentMessage]
    contact: Contact

    @property
    def red(self) -> list[SentMessage]:
        return [row for row in self.rows if row.red]


async def read(connection: Connection, order: UUID, actor: Actor) -> OrderMessages:
    """At most MOST messages; none of an order that is not the actor's."""
    rows = await connection.fetch(_SQL, order, actor.locations, MOST)
    found = await connection.fetchrow(_CONTACT, order, actor.locations)
    return OrderMessages(
        [msgspec.convert({**dict(row), "tries": msgspec.json.decode(row["tries"])}, SentMessage) for row in rows],
        Contact(**dict(found)) if found else Contact(),
    )


_UNTOLD = """
SELECT * FROM (SELECT DISTINCT ON (m.order_id) m.id AS message, m.order_id AS order, o.number, coalesce(nullif(o.collector, ''), c.first_name || ' ' || c.last_name) AS name, c.first_name,
  m.template, coalesce(m.reason, '') AS reason, m.made_at, coalesce(c.phone, '') AS phone, coalesce(c.email, '') AS email
FROM message m JOIN sales_order o ON o.id = m.order_id JOIN customer c ON c.id = o.customer
WHERE m.status = 'failed' AND m.template IN ('ready', 'reminder', 'last_day', 'short', 'early', 'delayed') AND c.erased_at IS NULL
  AND EXISTS (SELECT FROM work w WHERE w.order_id = m.order_id AND w.location = $1 AND w.status IN ('open', 'accepted', 'picking', 'picked', 'staged'))
ORDER BY m.order_id, m.made_at DESC, m.id DESC) u ORDER BY made_at, message LIMIT $2
"""


class Untold(msgspec.Struct, frozen=True):
    """A customer of this store who does not know something yet."""

    message: UUID
    order: UUID
    number: str
    name: str
    first_name: str
    template: str
    reason: str
    made_at: datetime
    phone: str
    email: str


async def untold(connection: Connection, location: str) -> list[Untold]:
    """What a store has to tell and nobody has heard: one red message of each of its open orders, the oldest first."""
    return [Untold(*row) for row in await connection.fetch(_UNTOLD, location, MOST)]
