"""Reads for the prices of last units: what was wanted where, what moved, what was found. Each bounded."""

from datetime import datetime

from comptoir.kit.db import Connection
from comptoir.sourcing.find_rate import Try

MOST_SKUS = 20_000
MOST_TRIES = 200_000


async def last_run(connection: Connection, whole: bool | None = None) -> datetime | None:
    found: datetime | None = await connection.fetchval(
        "SELECT max(at) FROM pricing_run WHERE $1::bool IS NULL OR whole = $1", whole
    )
    return found


async def moved_since(connection: Connection, since: datetime) -> list[str]:
    """SKUs whose units moved since a moment."""
    rows = await connection.fetch(
        "SELECT DISTINCT sku FROM stock_movement WHERE recorded_at > $1 ORDER BY sku LIMIT $2", since, MOST_SKUS
    )
    return [row[0] for row in rows]


async def walked_in(connection: Connection, skus: list[str], since: datetime) -> list[tuple[str, str, int]]:
    """(sku, location, units) that tills sold since a moment."""
    rows = await connection.fetch(
        "SELECT sku, location, (-sum(on_hand))::int FROM stock_movement WHERE sku = ANY($1::text[]) AND happened_at > $2"
        " AND fact IN ('till_sale', 'till_return') GROUP BY 1, 2 HAVING sum(on_hand) < 0 LIMIT 2000000",
        skus, since,
    )  # fmt: skip
    return [tuple(row) for row in rows]


async def collected(connection: Connection, skus: list[str], since: datetime) -> list[tuple[str, str, int]]:
    """(sku, location, units) that were ordered to be collected since a moment."""
    rows = await connection.fetch(
        "SELECT r.sku, l.location, sum(r.quantity)::int FROM sales_order o JOIN order_line l ON l.order_id = o.id JOIN requirement r ON r.order_id = o.id AND r.line = l.line"
        " WHERE o.received_at > $2 AND l.method = 'pickup' AND l.location IS NOT NULL AND r.sku = ANY($1::text[]) GROUP BY 1, 2 LIMIT 2000000",
        skus, since,
    )  # fmt: skip
    return [tuple(row) for row in rows]


async def sent(connection: Connection, skus: list[str], since: datetime) -> list[tuple[str, str, str, int]]:
    """(sku, country, beginning of the postcode, units) that were ordered to be sent since a moment."""
    rows = await connection.fetch(
        "SELECT r.sku, a.country, a.postcode, sum(r.quantity)::int FROM sales_order o JOIN order_address a ON a.order_id = o.id"
        " JOIN order_line l ON l.order_id = o.id JOIN requirement r ON r.order_id = o.id AND r.line = l.line"
        " WHERE o.received_at > $2 AND l.method = 'ship' AND r.sku = ANY($1::text[]) GROUP BY 1, 2, 3 LIMIT 2000000",
        skus, since,
    )  # fmt: skip
    return [tuple(row) for row in rows]


async def in_company(connection: Connection, since: datetime) -> float:
    """Of the units that were ordered to be sent since a moment, the part that was ordered with other lines to be sent."""
    found: float = await connection.fetchval(
        "WITH sent AS (SELECT sum(r.quantity) AS units, count(*) AS lines FROM sales_order o JOIN order_line l ON l.order_id = o.id"
        " JOIN requirement r ON r.order_id = o.id AND r.line = l.line WHERE o.received_at > $1 AND l.method = 'ship' GROUP BY o.id)"
        " SELECT coalesce((sum(units) FILTER (WHERE lines > 1))::float8 / nullif(sum(units), 0), 0) FROM sent",
        since,
    )
    return found


async def tries(connection: Connection, since: datetime) -> list[Try]:
    """What locations were to pick and did not find, the oldest first; work that is still being picked says nothing yet."""
    rows = await connection.fetch(
        "SELECT l.sku, l.location, (l.quantity - l.canceled)::int, l.shorted FROM work w JOIN work_line l ON l.work = w.id AND l.location = w.location"
        " WHERE w.created_at > $1 AND w.status NOT IN ('open', 'accepted', 'picking') AND l.quantity > l.canceled"
        " ORDER BY w.created_at, w.id, l.line LIMIT $2",
        since, MOST_TRIES,
    )  # fmt: skip
    return [Try(*row) for row in rows]
