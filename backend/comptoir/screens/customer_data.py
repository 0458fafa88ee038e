"""Everything that is kept of one customer, for the customer: one statement, plain words of our own as keys. No secret is in it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection

MOST: Final = 1_000
"""Orders of one customer; more than that belong to a company."""

_CONTACT: Final = "SELECT c.email, c.phone FROM sales_order o JOIN customer c ON c.id = o.customer WHERE o.id = $1 AND c.erased_at IS NULL"
_SQL = """
SELECT jsonb_build_object('first_name', c.first_name, 'last_name', c.last_name, 'email', c.email, 'phone', c.phone, 'language', c.language,
    'consents', c.consents, 'switched_off', (SELECT coalesce(jsonb_agg(jsonb_build_object('about', f.topic, 'by', f.medium) ORDER BY f.topic, f.medium), '[]')
      FROM customer_preference f WHERE f.customer = c.id)) AS customer,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('number', o.number, 'shop_number', o.external_number, 'placed_at', o.placed_at, 'progress', o.progress,
      'currency', trim(o.currency), 'goods_minor', o.goods_minor, 'discount_minor', o.discount_minor, 'shipping_minor', o.shipping_minor,
      'vat_minor', o.vat_minor, 'total_minor', o.total_minor, 'collected_by', o.collector, 'canceled_at', o.canceled_at,
      'address', (SELECT to_jsonb(a) - 'order_id' FROM order_address a WHERE a.order_id = o.id),
      'company', (SELECT to_jsonb(b) - 'order_id' FROM order_company b WHERE b.order_id = o.id),
      'lines', (SELECT jsonb_agg(jsonb_build_object('line', l.line, 'article', l.sku, 'title', l.title, 'quantity', l.quantity, 'canceled', l.canceled,
          'unit_price_minor', l.unit_price_minor, 'discount_minor', l.discount_minor, 'total_minor', l.total_minor, 'method', l.method) ORDER BY l.line)
        FROM order_line l WHERE l.order_id = o.id),
      'holds', (SELECT jsonb_agg(jsonb_build_object('reason', h.reason, 'from', h.placed_at, 'to', h.released_at) ORDER BY h.placed_at)
        FROM order_hold h WHERE h.order_id = o.id),
      'payments', (SELECT jsonb_agg(jsonb_build_object('provider', p.provider, 'state', p.state, 'amount_minor', p.amount_minor,
          'captured_minor', p.captured_minor, 'refunded_minor', p.refunded_minor) ORDER BY p.reference) FROM payment p WHERE p.order_id = o.id),
      'money_to_move', (SELECT jsonb_agg(jsonb_build_object('kind', i.kind, 'amount_minor', i.amount_minor, 'state', i.state, 'at', i.intended_at) ORDER BY i.intended_at)
        FROM payment_intention i WHERE i.order_id = o.id),
      'parts', (SELECT jsonb_agg(jsonb_build_object('store', s.name, 'kind', w.kind, 'state', w.status, 'promised_for', w.promise_at, 'later_hour_told', w.told_at,
          'ready_at', w.staged_at, 'kept_until', w.collect_until) ORDER BY w.created_at, w.id) FROM work w JOIN location s ON s.id = w.location WHERE w.order_id = o.id),
      'arrivals', (SELECT jsonb_agg(jsonb_build_object('at', a.at, 'store', s.name, 'place', a.place) ORDER BY a.at) FROM arrival a
        JOIN location s ON s.id = a.location WHERE a.order_id = o.id),
      'hand_overs', (SELECT jsonb_agg(jsonb_build_object('at', v.at, 'store', s.name, 'shown', v.proof, 'collected_by', v.collector,
          'identity_looked_at', v.identity_checked, 'age_looked_at', v.age_checked, 'undone_at', v.undone_at) ORDER BY v.at)
        FROM hand_over v JOIN location s ON s.id = v.location WHERE v.order_id = o.id),
      'sent_to', (SELECT to_jsonb(d) - 'order_id' - 'chosen_by' FROM order_delivery d WHERE d.order_id = o.id),
      'parcels', (SELECT jsonb_agg(jsonb_build_object('carrier', t.carrier, 'number', t.number, 'state', t.status, 'given_at', t.handed_at,
          'delivered_at', t.delivered_at, 'told', (SELECT jsonb_agg(jsonb_build_object('at', e.at, 'code', e.code, 'place', e.place, 'words', e.words) ORDER BY e.at, e.id)
            FROM tracking_event e WHERE e.parcel = t.parcel)) ORDER BY t.handed_at, t.parcel) FROM tracking t WHERE t.order_id = o.id),
      'withdrawals', (SELECT jsonb_agg(jsonb_build_object('noticed_at', r.noticed_at, 'lines', r.lines, 'until', r.legal_until, 'reply_to', r.reply_to) ORDER BY r.noticed_at)
        FROM return_request r WHERE r.order_id = o.id),
      'returns', (SELECT jsonb_agg(jsonb_build_object('number', m.number, 'state', m.status, 'at', m.opened_at, 'way', m.method,
          'articles', (SELECT jsonb_agg(jsonb_build_object('article', u.sku, 'reason', u.reason, 'state', u.state, 'condition', u.condition, 'serial', u.serial, 'note', u.note) ORDER BY u.n)
            FROM rma_unit u WHERE u.rma = m.id),
          'labels', (SELECT jsonb_agg(jsonb_build_object('carrier', b.carrier, 'number', b.tracking_number, 'state', b.status, 'sent_from', b.sender) ORDER BY b.n)
            FROM return_label b WHERE b.rma = m.id),
          'pictures', (SELECT count(*) FROM return_photo f WHERE f.rma = m.id)) ORDER BY m.opened_at, m.id) FROM rma m WHERE m.order_id = o.id AND NOT m.gift),
      'messages', (SELECT jsonb_agg(jsonb_build_object('at', m.made_at, 'by', m.medium, 'state', m.status, 'subject', m.subject, 'text', m.body,
          'text_by_sms', m.sms, 'text_by_push', m.push) ORDER BY m.made_at, m.id)
        FROM message m WHERE m.order_id = o.id),
      'named_to_collect', (SELECT jsonb_build_object('name', k.name, 'phone', k.phone, 'email', k.email, 'at', k.named_at) FROM collector k WHERE k.order_id = o.id),
      'asked_of_the_store', (SELECT jsonb_agg(jsonb_build_object('what', q.kind, 'of', q.body, 'answer', q.state, 'at', q.asked_at) ORDER BY q.asked_at)
        FROM change_request q WHERE q.order_id = o.id),
      'how_it_was', (SELECT jsonb_build_object('score', r.score, 'words', r.comment, 'at', r.at) FROM rating r WHERE r.order_id = o.id),
      'browsers_told', (SELECT count(*) FROM push_subscription u WHERE u.order_id = o.id),
      'documents', (SELECT jsonb_agg(jsonb_build_object('number', d.number, 'kind', d.kind, 'issued_on', d.issued_on, 'total_minor', d.total_minor) ORDER BY d.number)
        FROM document d WHERE d.order_id = o.id)) ORDER BY o.placed_at, o.id), '[]')
    FROM (SELECT * FROM sales_order WHERE customer = c.id ORDER BY placed_at DESC, id LIMIT $2) o) AS orders
FROM customer c WHERE c.id = (SELECT customer FROM sales_order WHERE id = $1) AND c.erased_at IS NULL
"""
_STANDS = """
SELECT q.progress,
  EXISTS (SELECT FROM payment_intention i WHERE i.order_id = q.id AND i.kind IN ('refund', 'void') AND i.state IN ('intended', 'sent', 'failed')),
  EXISTS (SELECT FROM return_request r WHERE r.order_id = q.id AND r.state = 'noticed')
FROM sales_order o JOIN sales_order q ON q.customer = o.customer WHERE o.id = $1 ORDER BY q.id LIMIT $2
"""


async def contact_of(connection: Connection, order: UUID) -> tuple[str | None, str | None]:
    """(e-mail, phone) on file; to be compared or masked, never shown."""
    row = await connection.fetchrow(_CONTACT, order)
    return (row["email"], row["phone"]) if row else (None, None)


async def states_of(connection: Connection, order: UUID) -> list[tuple[str, bool, bool]]:
    """(progress, money is due back, a return is running) of every order of this order's customer."""
    return [tuple(row) for row in await connection.fetch(_STANDS, order, MOST)]


async def read_customer_data(
    connection: Connection, order: UUID, now: datetime, plain: Callable[[str, str], str]
) -> bytes | None:
    """All of it as JSON, indented for reading; None when the customer is not known any more. `plain(text, first name)` gives a kept
    message without what opens something: whoever finds the file must not collect the goods with it."""
    row = await connection.fetchrow(_SQL, order, MOST)
    if row is None:
        return None
    customer: dict[str, Any] = msgspec.json.decode(row["customer"])
    orders: list[dict[str, Any]] = msgspec.json.decode(row["orders"])
    for one in orders:
        for message in one["messages"] or ():
            for part in ("subject", "text", "text_by_sms", "text_by_push"):
                message[part] = plain(message[part], customer["first_name"])
    told = {"as_of": now, "customer": customer, "orders": orders}
    return msgspec.json.format(msgspec.json.encode(told), indent=2)


def masked(email: str | None, phone: str | None) -> str:
    """The contact as its owner knows it again and nobody else learns it: "i•••@e•••.com", "•• 78"."""
    if email and "@" in email:
        name, _, host = email.partition("@")
        return f"{name[:1]}•••@{host[:1]}•••.{host.rpartition('.')[2]}"
    digits = "".join(char for char in phone or "" if char.isdecimal())
    return f"•• {digits[-2:]}" if len(digits) >= 6 else ""
