"""What the newest counts would have met under other rules: the first figure of each, beside what the ledger said."""

from datetime import datetime
from typing import Final

from comptoir.kit.db import Connection
from comptoir.stock.count_rules import Past

MOST: Final = 2_000

_READ: Final = """
SELECT f.quantity, f.expected, s.price_minor, k.moved FROM stock_count k JOIN sku s ON s.sku = k.sku
CROSS JOIN LATERAL (SELECT quantity, expected FROM stock_count_figure WHERE count_id = k.id ORDER BY recorded_at, id LIMIT 1) f
WHERE k.asked_at >= $1 AND ($2::text[] IS NULL OR k.location = ANY($2)) ORDER BY k.asked_at DESC LIMIT $3
"""


async def read(connection: Connection, since: datetime, locations: list[str] | None) -> list[Past]:
    """At most 2,000 of the counts that were asked for since a moment, the newest first."""
    return [Past(*row) for row in await connection.fetch(_READ, since, locations, MOST)]
