"""What is counted about returns of one person, in whichever store: plain figures of twelve months, for whoever decides now."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection
from comptoir.kit.ids import Seal
from comptoir.returns.signals import Brought, Counted, person_mark, since_of

MOST: Final = 500

_PEOPLE: Final = """
SELECT k.email, k.phone FROM sales_order o JOIN customer k ON k.id = o.customer WHERE o.id = $1
"""
# Every way to somebody is an index. A return that was refused or called off says nothing.
_COUNTED: Final = """
WITH people AS MATERIALIZED (
  SELECT o.customer AS id FROM sales_order o WHERE o.id = $1
  UNION SELECT c.id FROM sales_order o JOIN customer k ON k.id = o.customer JOIN customer c ON lower(c.email) = lower(k.email) WHERE o.id = $1 AND c.email IS NOT NULL
  UNION SELECT c.id FROM sales_order o JOIN customer k ON k.id = o.customer JOIN customer c ON phone_key(c.phone) = phone_key(k.phone)
    WHERE o.id = $1 AND c.phone IS NOT NULL
), returned AS MATERIALIZED (
  SELECT r.id FROM people p JOIN sales_order o ON o.customer = p.id JOIN rma r ON r.order_id = o.id
  WHERE r.opened_at > $3 AND r.status NOT IN ('declined', 'canceled') AND r.id IS DISTINCT FROM $2 AND NOT r.gift LIMIT $8
), blind AS MATERIALIZED (
  SELECT r.id FROM rma r WHERE r.person = ANY($4::bytea[]) AND r.opened_at > $3 AND r.order_id IS NULL
    AND r.status NOT IN ('declined', 'canceled') AND r.id IS DISTINCT FROM $2 LIMIT $8
), units AS MATERIALIZED (
  SELECT u.sku, u.paid_minor, u.refund_minor, u.rma FROM rma_unit u WHERE u.rma IN (SELECT id FROM returned UNION SELECT id FROM blind)
    AND u.state NOT IN ('given_back', 'missing', 'canceled')
)
SELECT (SELECT count(*)::int FROM returned) AS returns,
  (SELECT coalesce(sum(refund_minor), 0)::bigint FROM units WHERE rma IN (SELECT id FROM returned)) AS given_minor,
  (SELECT count(*)::int FROM blind) AS no_receipt,
  (SELECT coalesce(sum(paid_minor), 0)::bigint FROM units WHERE rma IN (SELECT id FROM blind)) AS no_receipt_minor,
  coalesce((SELECT jsonb_agg(jsonb_build_array(a.sku, a.name, a.times) ORDER BY a.sku) FROM (
    SELECT u.sku, max(concat_ws(', ', s.name, nullif(s.variant, ''), nullif(s.deciding, ''))) AS name, count(DISTINCT u.rma)::int AS times
    FROM units u JOIN sku s ON s.sku = u.sku WHERE u.sku = ANY($5::text[]) GROUP BY u.sku) a), '[]')::text AS articles,
  coalesce((SELECT jsonb_agg(DISTINCT jsonb_build_array(u.serial, r.number)) FROM unnest($5::text[], $6::text[]) AS b(sku, serial)
    JOIN rma_unit u ON u.sku = b.sku AND u.serial = b.serial JOIN rma r ON r.id = u.rma
    WHERE b.serial <> '' AND r.id IS DISTINCT FROM $2 AND u.state NOT IN ('given_back', 'missing', 'canceled')), '[]')::text AS serials,
  coalesce((SELECT jsonb_agg(jsonb_build_array((e.body->>'line')::int, e.body->>'code')) FROM device_event e
    WHERE e.kind = 'pick' AND length(e.body->>'code') > 20 AND NOT e.undone
      AND e.body->>'work' IN (SELECT w.id::text FROM work w WHERE w.order_id = $1) AND cardinality($7::int[]) > 0), '[]')::text AS picked
"""


async def read_counted(
    connection: Connection, seal: Seal, order: UUID | None, rma: UUID | None, brought: Sequence[Brought], now: datetime, *, person: str = "",
) -> Counted:  # fmt: skip
    """The figures beside a return `rma` (or one that is not written yet) of an order, or of a `person` named by phone or e-mail."""
    contacts = [person]
    if order is not None:
        row = await connection.fetchrow(_PEOPLE, order)
        contacts += [row["email"] or "", row["phone"] or ""] if row else []
    marks = [mark for contact in contacts if (mark := person_mark(seal, contact)) is not None]
    found = await connection.fetchrow(
        _COUNTED, order, rma, since_of(now), marks, [one.sku for one in brought], [one.serial.strip() for one in brought],
        [one.line for one in brought if one.line is not None and one.serial.strip()], MOST,
    )  # fmt: skip
    assert found is not None
    plain = dict(found)
    for name in ("articles", "serials", "picked"):
        plain[name] = msgspec.json.decode(plain[name])
    return msgspec.convert(plain, Counted)
