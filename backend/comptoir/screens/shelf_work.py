"""What else hands have to do in a store: goods to put back, and where an article is."""

from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection

MOST = 100

_PUT_BACKS = """
SELECT p.id, p.sku, s.name, s.variant, s.deciding, s.picture, p.quantity - p.done AS left, p.reason, p.bag, h.aisle, h.bay, h.level,
  ARRAY(SELECT b.code FROM barcode b WHERE b.sku = p.sku ORDER BY b.code) AS codes, s.blocked_reason AS blocked
FROM put_back p JOIN sku s ON s.sku = p.sku LEFT JOIN shelf_place h ON h.location = p.location AND h.sku = p.sku
WHERE p.location = $1 AND p.done < p.quantity AND p.withdrawn_at IS NULL ORDER BY h.aisle NULLS LAST, h.bay, h.level, p.made_at LIMIT 100
"""


class PutBackRow(msgspec.Struct, frozen=True):
    """Units to carry back to their shelf."""

    id: UUID
    sku: str
    name: str
    variant: str
    deciding: str
    picture: str
    left: int
    reason: str
    bag: str | None
    aisle: str | None
    bay: str | None
    level: str | None
    codes: list[str]
    blocked: str | None

    @property
    def place(self) -> dict[str, str | None] | None:
        return {"aisle": self.aisle, "bay": self.bay, "level": self.level} if self.aisle else None


async def put_backs(connection: Connection, location: str) -> list[PutBackRow]:
    """Open put-backs in walk order."""
    return [PutBackRow(*row) for row in await connection.fetch(_PUT_BACKS, location)]


_ARTICLE = """
SELECT s.sku, s.name, s.variant, s.deciding, s.picture, l.on_hand, l.reserved, l.set_aside, l.sold_at, l.counted_at, h.aisle, h.bay, h.level,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('name', p.name, 'free', o.on_hand - o.reserved - o.safety_stock) ORDER BY o.on_hand - o.reserved - o.safety_stock DESC), '[]') FROM
    (SELECT * FROM stock_level o WHERE o.sku = s.sku AND o.location <> $1 AND o.on_hand - o.reserved - o.safety_stock > 0 ORDER BY o.on_hand - o.reserved - o.safety_stock DESC LIMIT 5) o JOIN location p ON p.id = o.location) AS elsewhere
FROM sku s LEFT JOIN stock_level l ON l.sku = s.sku AND l.location = $1 LEFT JOIN shelf_place h ON h.location = $1 AND h.sku = s.sku
WHERE s.sku = $2 OR s.sku = (SELECT b.sku FROM barcode b WHERE b.code = ANY($3::text[]) LIMIT 1) LIMIT 1
"""


async def article(connection: Connection, location: str, sku: str, codes: list[str]) -> dict[str, Any] | None:
    """What a scanned article is, where it lives here, and who else has it."""
    row = await connection.fetchrow(_ARTICLE, location, sku, codes)
    if row is None:
        return None
    return {**dict(row), "elsewhere": msgspec.json.decode(row["elsewhere"])}


_LABEL = """
SELECT w.id, w.order_id, w.status, w.kind FROM work w JOIN sales_order o ON o.id = w.order_id
WHERE w.location = $1 AND (w.id::text = lower($2) OR o.number = upper($2)) ORDER BY w.status = 'canceled', w.id LIMIT 1
"""


class Labeled(msgspec.Struct, frozen=True):
    """The work that a label names."""

    id: UUID
    order: UUID
    status: str
    kind: str

    @property
    def at_the_table(self) -> bool:
        """It is packed now, or soon."""
        return self.kind == "ship" and self.status in ("picked", "packed", "labeled")


async def by_label(connection: Connection, location: str, label: str) -> Labeled | None:
    """The store's work of a label, by its own id or its order's number; None when it is none of the store's."""
    row = await connection.fetchrow(_LABEL, location, label)
    return Labeled(*row) if row else None


async def by_tote(connection: Connection, location: str, tote: int, staff: str) -> UUID | None:
    """The parcel of this store that waits for packing in a tote of this number: of one's own cart first, then of the latest."""
    found: UUID | None = await connection.fetchval(
        "SELECT id FROM work WHERE location = $1 AND tote = $2 AND kind = 'ship' AND status = 'picked'"
        " ORDER BY taken_by::text = $3 DESC NULLS LAST, picked_at DESC, id LIMIT 1",
        location, tote, staff,
    )  # fmt: skip
    return found
