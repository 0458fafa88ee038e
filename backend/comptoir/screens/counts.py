"""Articles to count, as a device keeps them for the time with no network: never what is expected."""

from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection
from comptoir.stock.directing import Cause

MOST = 100
KNOWN = frozenset(
    (
        "short",
        "found_after_short",
        "found_elsewhere",
        "put_back_twice",
        "receiving",
        "transfer_over",
        "counted_again",
        *Cause,
    )
)
"""Reasons that the device has words for; whatever a person wrote is "asked"."""

_COUNTS = """
SELECT k.id, k.sku, s.name, s.variant, s.deciding, s.picture, k.reason, k.status = 'recount' AS again, k.not_by,
  CASE WHEN h.sku IS NULL THEN NULL ELSE jsonb_build_object('aisle', h.aisle, 'bay', h.bay, 'level', h.level) END AS place,
  ARRAY(SELECT b.code FROM barcode b WHERE b.sku = k.sku ORDER BY b.code LIMIT 20) AS codes
FROM stock_count k JOIN sku s ON s.sku = k.sku LEFT JOIN shelf_place h ON h.location = k.location AND h.sku = k.sku
WHERE k.location = $1 AND k.status IN ('asked', 'recount')
ORDER BY k.status = 'recount' DESC, k.urgency > 0, h.aisle NULLS LAST, h.bay, h.level, k.urgency DESC, k.asked_at, k.id LIMIT $2
"""


class CountRow(msgspec.Struct, frozen=True):
    """An article to count; `not_by` may not count it again. `codes` as scanned: GTIN-14, internal codes, the SKU itself."""

    id: UUID
    sku: str
    name: str
    variant: str
    deciding: str
    picture: str
    reason: str
    again: bool
    not_by: str | None
    place: dict[str, Any] | None
    codes: list[str]


async def read(connection: Connection, location: str) -> list[CountRow]:
    """What a store has to count: second counts first, then what a short or a person asked for, then the directed ones in walk order."""
    rows = await connection.fetch(_COUNTS, location, MOST)
    found = [
        dict(row)
        | {"reason": row["reason"] if row["reason"] in KNOWN else "asked"}
        | {"place": msgspec.json.decode(row["place"]) if row["place"] else None}
        for row in rows
    ]
    return [CountRow(**row | {"codes": [*row["codes"], row["sku"]]}) for row in found]
