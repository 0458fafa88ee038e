"""A batch of reports locks all that it names first: orders, works, put-backs, transfers, purchase orders, then stock, each in one order for everybody.

So two devices that tell of the same goods in opposite order wait for each other once, and never block each other.
"""

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from comptoir.fulfillment import sql as work_sql
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.receiving import sql as receiving_sql
from comptoir.transfers import sql as transfers_sql

_NAMES = ("work", "order", "put_back", "event", "pack", "transfer", "purchase")

_TOLD_BEFORE = (
    "SELECT e.effect->>'work' AS work, e.effect->>'put_back' AS put_back FROM device_event e"
    " JOIN sign_in i ON i.id = e.sign_in JOIN device d ON d.id = i.device"
    " WHERE e.id = ANY($1::uuid[]) AND ($2::text[] IS NULL OR d.location = ANY($2))"
)
_OF_PACKS = (
    "SELECT id FROM work WHERE pack = ANY($1::uuid[]) AND ($2::text[] IS NULL OR location = ANY($2))"
    " UNION SELECT unnest(works) FROM pack WHERE id = ANY($1::uuid[]) AND ($2::text[] IS NULL OR location = ANY($2))"
)
_ITS_WORKS = (
    "SELECT 1 FROM work WHERE (id = ANY($1::uuid[]) OR order_id = ANY($2::uuid[]))"
    " AND ($3::text[] IS NULL OR location = ANY($3)) ORDER BY id FOR NO KEY UPDATE"
)
_ITS_STOCK = """
SELECT 1 FROM stock_level l WHERE (l.sku, l.location) IN (
  SELECT sku, location FROM work_line
  WHERE (work = ANY($1::uuid[]) OR order_id = ANY($2::uuid[])) AND ($3::text[] IS NULL OR location = ANY($3))
  UNION ALL SELECT sku, location FROM put_back WHERE id = ANY($4::uuid[]) AND ($3::text[] IS NULL OR location = ANY($3))
  UNION ALL SELECT l.sku, p.place FROM transfer_line l JOIN transfer t ON t.id = l.transfer CROSS JOIN LATERAL unnest(ARRAY[t.from_location, t.to_location]) AS p (place)
    WHERE t.id = ANY($5::uuid[]) AND ($3::text[] IS NULL OR p.place = ANY($3))
  UNION ALL SELECT l.sku, p.location FROM purchase_line l JOIN purchase p ON p.id = l.purchase
    WHERE p.id = ANY($6::uuid[]) AND ($3::text[] IS NULL OR p.location = ANY($3)))
ORDER BY l.sku, l.location FOR NO KEY UPDATE OF l
"""


async def lock_named(tx: Tx, bodies: Iterable[Mapping[str, Any]], device: Actor) -> None:
    """Lock what these bodies name; what does not exist, or is another store's, is passed over here and judged later."""
    named: dict[str, set[UUID]] = {name: set() for name in _NAMES}
    count = 0
    for body in bodies:
        count += 1
        for name in _NAMES:
            with contextlib.suppress(ValueError):
                named[name].add(UUID(str(body.get(name))))
    works, orders, backs = named["work"], named["order"], named["put_back"]
    if named["event"]:
        # What an undo takes back was told by a device of this store before, and names its work or put-back there.
        for row in await tx.rows(_TOLD_BEFORE, list(named["event"]), device.locations):
            works |= {UUID(row["work"])} if row["work"] else set()
            backs |= {UUID(row["put_back"])} if row["put_back"] else set()
    if named["pack"]:
        works |= {row[0] for row in await tx.rows(_OF_PACKS, list(named["pack"]), device.locations)}
    if named["transfer"]:
        orders |= set(await transfers_sql.orders_of(tx, named["transfer"], device.locations))
    orders |= set((await work_sql.orders_of(tx, works, device.locations)).values())
    await tx.rows("SELECT 1 FROM sales_order WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE", sorted(orders))
    if count == 1:
        return
    await tx.rows(_ITS_WORKS, list(works), list(orders), device.locations)
    await tx.rows("SELECT 1 FROM put_back WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE", list(backs))
    await transfers_sql.lock_many(tx, named["transfer"])
    await receiving_sql.lock_many(tx, named["purchase"], device.locations)
    await tx.rows(
        _ITS_STOCK, list(works), list(orders), device.locations, list(backs), list(named["transfer"]), list(named["purchase"])
    )  # fmt: skip
