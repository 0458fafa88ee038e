"""Reads the facts of an order for its messages, and writes the ledger."""

from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.db import Tx
from comptoir.notifications.model import Message, OrderFacts

OFF = """
coalesce((SELECT jsonb_object_agg(f.topic, f.media) FROM (SELECT p.topic, jsonb_agg(p.medium) AS media FROM customer_preference p
    WHERE p.customer = o.customer GROUP BY p.topic) f), '{}') AS off
""".strip()
"""What the customer of `o` has switched off, as JSON: topic -> media."""
_FACTS = """
SELECT o.id, o.number, o.language, trim(o.currency) AS currency, o.progress,
  coalesce((SELECT h.name FROM channel h WHERE h.id = o.channel AND h.kind <> 'api'), '') AS refund_by,
  coalesce(c.phone, '') <> '' AS has_phone, coalesce(c.email, '') <> '' AS has_email, c.erased_at IS NOT NULL AS erased,
  coalesce((SELECT jsonb_object_agg(k.sku, concat_ws(', ', k.name, nullif(k.variant, ''))) FROM sku k
    WHERE k.sku IN (SELECT r.sku FROM requirement r WHERE r.order_id = o.id)), '{}') AS articles,
  coalesce((SELECT jsonb_object_agg(n.line, coalesce(nullif(concat_ws(', ', k.name, nullif(k.variant, '')), ''), n.title)) FROM order_line n
    LEFT JOIN sku k ON k.sku = n.sku WHERE n.order_id = o.id), '{}') AS titles,
  coalesce(o.cancel_reason = 'payment_not_received', false) AS lapsed,
  coalesce((SELECT sum(g.refused) FROM hand_over v JOIN hand_over_line g ON g.hand_over = v.id
    WHERE v.order_id = o.id AND v.undone_at IS NULL), 0)::int AS refused,
  EXISTS (SELECT FROM message m WHERE m.order_id = o.id AND m.template = 'ready' AND m.status <> 'suppressed') AS
      told_of_part,
  coalesce((SELECT jsonb_agg(jsonb_build_object('id', t.parcel, 'carrier', t.carrier, 'number', t.number, 'status', t.status, 'due_on', t.due_on,
      'relay', coalesce(d.relay_name || ', ' || concat_ws(', ', d.relay_street, concat_ws(' ', d.relay_postcode, d.relay_city)), ''))
      ORDER BY t.handed_at, t.parcel) FROM tracking t LEFT JOIN order_delivery d ON d.order_id = t.order_id AND d.kind = 'relay'
    WHERE t.order_id = o.id), '[]') AS parcels,
  EXISTS (SELECT FROM message m WHERE m.order_id = o.id AND m.template = 'parcel_delayed' AND m.status <> 'suppressed') AS told_parcel_late,
  EXISTS (SELECT FROM message m WHERE m.order_id = o.id AND m.template = 'relay_closed' AND m.status <> 'suppressed'
    AND m.made_at > (SELECT d.chosen_at FROM order_delivery d WHERE d.order_id = o.id)) AS told_relay,
  coalesce((SELECT jsonb_agg(jsonb_build_object('id', r.id, 'number', r.number, 'sku', r.sku, 'hazard_fr', r.hazard_fr, 'hazard_en', r.hazard_en,
      'remedies', r.remedies, 'contact', r.contact, 'lots', r.lots) ORDER BY r.opened_at DESC)
    FROM recall r WHERE r.sku IN (SELECT q.sku FROM requirement q WHERE q.order_id = o.id)), '[]') AS recalls,
  EXISTS (SELECT FROM push_subscription u WHERE u.order_id = o.id) AS has_push,
  coalesce((SELECT h.until FROM order_hold h WHERE h.order_id = o.id AND h.reason = 'payment' AND h.released_at IS NULL LIMIT 1),
    (SELECT max(p.expires_at) FROM payment p WHERE p.order_id = o.id AND p.state = 'pending' AND p.provider = 'pay_link')) AS pay_until,
  (SELECT CASE WHEN k.phone IS NULL THEN 'email' ELSE 'sms' END FROM collector k WHERE k.order_id = o.id) AS collector_by,
  {off},
  coalesce((SELECT jsonb_agg(jsonb_build_object('id', w.id, 'kind', CASE w.kind WHEN 'transfer' THEN 'pickup' ELSE w.kind END,
      'status', CASE WHEN t.id IS NOT NULL AND w.status = 'in_transit' THEN 'picked' ELSE w.status END, 'promise_at', coalesce(t.promise_at, w.promise_at),
      'collect_until', w.collect_until, 'told_at', w.told_at, 'told_until', w.told_until,
      'units', (SELECT coalesce(sum(n.quantity - n.canceled), 0) FROM work_line n WHERE n.work = w.id),
      'place', jsonb_build_object('id', l.id, 'name', l.name, 'street', l.street, 'postcode', l.postcode, 'city',
          l.city,
        'directions', l.directions, 'time_zone', l.time_zone,
        'hours', coalesce((SELECT jsonb_agg(jsonb_build_array(h.weekday, h.opens, h.closes)) FROM opening_hours h
            WHERE h.location = l.id), '[]'),
        'exceptions', coalesce((SELECT jsonb_agg(concat_ws(' ', x.day, coalesce(x.opens, -1), coalesce(x.closes, -1)))
          FROM opening_exception x WHERE x.location = l.id AND x.day BETWEEN $2::date - 1 AND $2::date + 21), '[]')))
      ORDER BY w.promise_at, w.id)
    FROM work w LEFT JOIN transfer t ON t.work = w.id AND w.kind = 'transfer' JOIN location l ON l.id = coalesce(t.to_location, w.location)
    WHERE w.order_id = o.id), '[]') AS works
FROM sales_order o LEFT JOIN customer c ON c.id = o.customer WHERE o.id = $1
""".replace("{off}", OFF)


async def find_facts(tx: Tx, order: UUID) -> OrderFacts | None:
    """What is true of an order now; None when there is no such order."""
    row = await tx.row(_FACTS, order, tx.now.date())
    if row is None:
        return None
    kept: dict[str, Any] = dict(row)
    kept["articles"] = msgspec.json.decode(kept["articles"])
    kept["titles"] = msgspec.json.decode(kept["titles"])
    kept["works"] = msgspec.json.decode(kept["works"])
    kept["recalls"] = msgspec.json.decode(kept["recalls"])
    kept["parcels"] = msgspec.json.decode(kept["parcels"])
    kept["off"] = msgspec.json.decode(kept["off"])
    return msgspec.convert(kept, OrderFacts)


async def insert(tx: Tx, message: Message) -> None:
    """Keep a message; the same one again changes nothing."""
    await tx.run(
        "INSERT INTO message (id, stream, seq, order_id, template, medium, language, subject, body, status,"
        " reason, made_at, plan, useful_until, recipient, sms, push, next_at, settled_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::timestamptz, $13::text[], $14, $15, $16, $17,"
        " CASE WHEN $10 = 'due' THEN $12::timestamptz END, CASE WHEN $10 = 'due' THEN NULL ELSE $12::timestamptz END) ON CONFLICT (stream, seq, template, medium)"
        " DO NOTHING",
        message.id, message.stream, message.seq, message.order_id, message.template, message.medium, message.language,
        message.subject,
        message.body, message.status, message.reason, message.made_at, list(message.plan), message.useful_until,
        message.recipient, message.sms, message.push,
    )  # fmt: skip
