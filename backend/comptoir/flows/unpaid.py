"""Money that an order was promised with and that is gone: its authorization ended before the goods left, and nobody has paid again."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from comptoir.kit.db import Connection
from comptoir.payments.recording import PAID
from comptoir.payments.sql import ENDED
from comptoir.returns.refunding import gross_shares

# What was refused or canceled of the delivery is in no need: it is what was given back for line 0, by no return.
_ORDER: Final = f"""
SELECT o.total_minor - coalesce((SELECT sum(f.amount_minor) FROM refund_line f WHERE f.order_id = o.id AND f.line = 0
    AND NOT EXISTS (SELECT FROM rma r WHERE r.id = f.cause)), 0)::bigint AS wanted_minor,
  (SELECT coalesce(sum(amount_minor), 0)::bigint FROM payment WHERE order_id = o.id AND state = ANY($3::text[]) AND NOT ({ENDED})) AS paid_minor
FROM sales_order o WHERE o.id = $1 AND EXISTS (SELECT FROM payment WHERE order_id = o.id AND (state = 'voided' OR {ENDED}))
"""
_GONE: Final = (
    f"SELECT DISTINCT order_id FROM payment WHERE order_id = ANY($1::uuid[]) AND (state = 'voided' OR {ENDED})"
)
_NEEDS: Final = """
SELECT r.line, r.quantity, r.canceled, r.share_minor, l.total_minor,
  CASE WHEN o.total_minor = o.goods_minor - o.discount_minor + o.shipping_minor THEN 0 ELSE l.vat_minor END AS vat_beside_minor
FROM requirement r JOIN order_line l ON l.order_id = r.order_id AND l.line = r.line JOIN sales_order o ON o.id = r.order_id
WHERE r.order_id = $1 ORDER BY r.line, r.part
"""


async def unpaid_minor(connection: Connection, order: UUID, now: datetime) -> int:
    """What is not paid any more of what the customer still gets; 0 for an order whose money was never gone."""
    row = await connection.fetchrow(_ORDER, order, now, list(PAID))
    if row is None or row["paid_minor"] >= row["wanted_minor"]:
        return 0
    needs = await connection.fetch(_NEEDS, order)
    canceled = 0
    for line in {need["line"] for need in needs}:
        of_line = [need for need in needs if need["line"] == line]
        shares = gross_shares(
            of_line[0]["total_minor"], of_line[0]["vat_beside_minor"], [need["share_minor"] for need in of_line]
        )
        canceled += sum(
            share * need["canceled"] // need["quantity"] for share, need in zip(shares, of_line, strict=True)
        )
    return max(0, int(row["wanted_minor"]) - canceled - int(row["paid_minor"]))


async def unpaid_of(connection: Connection, orders: Collection[UUID], now: datetime) -> dict[UUID, int]:
    """The same for many orders: those of which something is not paid any more, each with what."""
    asked = await connection.fetch(_GONE, sorted(set(orders)), now)
    due = {row[0]: await unpaid_minor(connection, row[0], now) for row in asked}
    return {order: minor for order, minor in due.items() if minor}
