"""What a test looks at afterwards: an order as it stands, the inbox, the units reserved."""

from typing import Any
from uuid import UUID

from comptoir.channels.model import order_id
from comptoir.house import House


async def state_of(house: House, order: UUID) -> dict[str, Any]:
    """Everything about an order that must not depend on the order of deliveries; empty when there is none."""
    row = await house.pool.fetchrow(
        "SELECT progress, external_updated_at, total_minor FROM sales_order WHERE id = $1", order
    )
    if row is None:
        return {}
    holds = await house.pool.fetch(
        "SELECT reason FROM order_hold WHERE order_id = $1 AND released_at IS NULL ORDER BY 1", order
    )
    lines = await house.pool.fetch(
        "SELECT line, sku, quantity, canceled FROM order_line WHERE order_id = $1 ORDER BY 1", order
    )
    works = await house.pool.fetch(
        "SELECT kind, status, units FROM work WHERE order_id = $1 AND status <> 'canceled' ORDER BY 1, 2", order
    )
    payment = await house.pool.fetchrow(
        "SELECT state, captured_minor, reference FROM payment WHERE order_id = $1", order
    )
    units = await house.pool.fetchval(
        "SELECT coalesce(sum(reserved), 0) FROM stock_movement WHERE order_id = $1", order
    )
    return {
        **dict(row),
        "holds": [hold[0] for hold in holds],
        "lines": [tuple(line) for line in lines],
        "works": [tuple(work) for work in works],
        "payment": tuple(payment or ()),
        "reserved": int(units),
    }


def ours(channel: str, external_id: object) -> UUID:
    """Our id of a shop's order."""
    return order_id(channel, str(external_id))


async def inbox(house: House) -> list[tuple[str, str | None]]:
    """(state, problem) of every delivery, in the order they came."""
    rows = await house.pool.fetch("SELECT state, problem FROM webhook_inbox ORDER BY received_at, delivery_id")
    return [(row[0], row[1]) for row in rows]


async def orders_on_file(house: House) -> int:
    return int(await house.pool.fetchval("SELECT count(*) FROM sales_order"))
