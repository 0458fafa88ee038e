"""What is still to be paid for an order: how much, until when the goods are kept, and by which link."""

from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection

_SQL = """
SELECT p.order_id AS order, o.number, p.reference, p.amount_minor AS due_minor, trim(o.currency) AS currency, h.until,
  coalesce((SELECT l.state FROM pay_link l WHERE l.order_id = p.order_id AND l.reference = p.reference ORDER BY l.made_at DESC, l.id DESC LIMIT 1), '') AS link,
  (SELECT l.url FROM pay_link l WHERE l.order_id = p.order_id AND l.reference = p.reference AND l.state = 'open') AS url
FROM payment p JOIN sales_order o ON o.id = p.order_id
JOIN order_hold h ON h.order_id = p.order_id AND h.reason = 'payment' AND h.released_at IS NULL
WHERE p.state = 'pending' AND p.provider = 'pay_link' AND p.order_id = $1 ORDER BY p.reference LIMIT 1
"""


class Awaited(msgspec.Struct, frozen=True):
    """`link`: the state of the newest link, empty where none was asked for; `url` where it is open."""

    order: UUID
    number: str
    reference: str
    due_minor: int
    currency: str
    until: datetime | None
    link: str
    url: str | None

    @property
    def coming(self) -> bool:
        """A link is being made, or made anew."""
        return self.link in ("due", "closing") or (self.link == "open" and self.url is None)


async def read(connection: Connection, order: UUID) -> Awaited | None:
    """None where nothing is awaited (any more)."""
    row = await connection.fetchrow(_SQL, order)
    return Awaited(**dict(row)) if row else None
