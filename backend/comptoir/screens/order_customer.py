"""What head office sees before it gives or erases a customer's data: what names them, what is in the way, what stays. One statement."""

from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.invoices.model import Listed
from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound

MOST = 1_000
"""Orders of one customer; more than that belong to a company."""

_SQL = """
WITH bought AS MATERIALIZED (SELECT q.* FROM sales_order o JOIN sales_order q ON q.customer = o.customer WHERE o.id = $1 ORDER BY q.id LIMIT $3)
SELECT o.id, o.number, c.first_name, c.last_name, c.erased_at,
  (SELECT jsonb_agg(jsonb_build_object('id', q.id, 'number', q.number, 'placed_at', q.placed_at, 'progress', q.progress,
      'money', EXISTS (SELECT FROM payment_intention i WHERE i.order_id = q.id AND i.kind IN ('refund', 'void') AND i.state IN ('intended', 'sent', 'failed')),
      'returning', EXISTS (SELECT FROM return_request r WHERE r.order_id = q.id AND r.state = 'noticed')) ORDER BY q.placed_at, q.id) FROM bought q) AS orders,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('number', d.number, 'kind', d.kind, 'issued_on', d.issued_on, 'total_minor', d.total_minor,
      'vat_minor', d.vat_minor, 'currency', trim(d.currency), 'cites', d.cites) ORDER BY d.made_at, d.number), '[]')
    FROM document d WHERE d.order_id IN (SELECT id FROM bought)) AS documents,
  (SELECT count(*)::int FROM message m WHERE m.order_id IN (SELECT id FROM bought)) AS messages,
  jsonb_build_object(
    'name', (c.first_name <> '' OR c.last_name <> '')::int, 'email', (coalesce(c.email, '') <> '')::int, 'phone', (coalesce(c.phone, '') <> '')::int,
    'addresses', (SELECT count(*) FROM order_address a WHERE a.order_id IN (SELECT id FROM bought))
      + (SELECT count(*) FROM change_request g WHERE g.order_id IN (SELECT id FROM bought) AND g.kind = 'delivery' AND g.body <> '{}')
      + (SELECT count(*) FROM return_request r WHERE r.order_id IN (SELECT id FROM bought) AND r.reply_to IS NOT NULL),
    'companies', (SELECT count(*) FROM order_company b WHERE b.order_id IN (SELECT id FROM bought)),
    'collectors', (SELECT count(*) FROM bought q WHERE q.collector IS NOT NULL OR EXISTS (SELECT FROM collector k WHERE k.order_id = q.id)
      OR EXISTS (SELECT FROM hand_over h WHERE h.order_id = q.id AND h.collector IS NOT NULL)),
    'words', (SELECT count(*) FROM rating t WHERE t.order_id IN (SELECT id FROM bought) AND t.comment <> '')
      + (SELECT count(*) FROM arrival v WHERE v.order_id IN (SELECT id FROM bought) AND v.place <> ''),
    'notes', (SELECT count(*) FROM order_hold h WHERE h.order_id IN (SELECT id FROM bought) AND (h.note IS NOT NULL OR (h.reason IN ('manual', 'fraud') AND h.detail <> ''))),
    'browsers', (SELECT count(*) FROM push_subscription u WHERE u.order_id IN (SELECT id FROM bought)),
    'shop_messages', (SELECT count(*) FROM webhook_inbox w WHERE w.order_id IN (SELECT id FROM bought) AND w.state IN ('done', 'stale')),
    'wishes', (SELECT count(*) FROM customer_preference f WHERE f.customer = c.id)) AS named
FROM sales_order o JOIN customer c ON c.id = o.customer WHERE o.id = $1 AND $2::text[] IS NULL
"""


class Bought(msgspec.Struct, frozen=True):
    """One order of theirs; `money` is due back, `returning`: something is on its way back."""

    id: UUID
    number: str
    placed_at: datetime
    progress: str
    money: bool
    returning: bool

    @property
    def standing(self) -> tuple[str, bool, bool]:
        """As the rule of erasing takes it."""
        return self.progress, self.money, self.returning


class OrderCustomer(msgspec.Struct, frozen=True):
    """The customer of an order; `named` counts what is on file of them, by kind."""

    id: UUID
    number: str
    first_name: str
    last_name: str
    orders: list[Bought]
    documents: list[Listed]
    messages: int
    named: dict[str, int]
    erased_at: datetime | None = None


async def read(connection: Connection, order: UUID, actor: Actor) -> OrderCustomer:
    """For who reaches every place alone: a customer's orders lie in many. NotFound `order_not_found`."""
    places = list(actor.locations) if actor.locations is not None else None
    row = await connection.fetchrow(_SQL, order, places, MOST)
    if row is None:
        raise NotFound("order_not_found")
    told = {key: msgspec.json.decode(value) if key in ("orders", "documents", "named") else value for key, value in row.items()}  # fmt: skip
    return msgspec.convert(told, OrderCustomer)
