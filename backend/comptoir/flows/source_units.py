"""Units of an order that no place has promised yet are sourced on exact, locked figures: reserved where the policy says, with the reason kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.db import Tx
from comptoir.sourcing.deciding import Decision, Wish, decide
from comptoir.sourcing.model import Need
from comptoir.sourcing.outlook import Outlook
from comptoir.sourcing.sql import keep_next_decision
from comptoir.stock import promise
from comptoir.stock import sql as stock_sql
from comptoir.stock.model import Fact, Level, Movement

_FACTS = """
SELECT o.channel, o.service, o.received_at, coalesce(a.country, 'FR') AS country, coalesce(a.postcode, '') AS postcode,
  CASE WHEN EXISTS (SELECT FROM order_company c WHERE c.order_id = o.id) THEN 'business' ELSE 'private' END AS buyer
FROM sales_order o LEFT JOIN order_address a ON a.order_id = o.id WHERE o.id = $1
"""


class Looked(msgspec.Struct, frozen=True):
    """A decision, and the locked levels that it was made on."""

    decision: Decision
    levels: dict[tuple[str, str], Level]


async def look(
    tx: Tx, outlook: Outlook, order: UUID, needs: Sequence[Need], now: datetime, occasion: str,
    tried: Mapping[tuple[int, int], frozenset[str]] | None = None, free: Mapping[tuple[str, str], int] | None = None,
    may_wait: bool = False,
) -> Looked:  # fmt: skip
    """Decide for these units of an order whose row is locked; nothing is written. `free`: units by (SKU, location) that would be given up for it."""
    skus = sorted({need.sku for need in needs})
    levels = await stock_sql.lock_everywhere(tx, skus)
    # What is given up may not be promised again where a shelf has fewer than it promised, or promises nothing for now.
    then = {**levels, **{key: _given_up(levels[key], units) for key, units in (free or {}).items() if key in levels}}
    rows = {
        sku: [level.available(now) if (level := then.get((sku, place))) else 0 for place in outlook.ids] for sku in skus
    }
    wish = msgspec.structs.replace(await wish_of(tx, order, needs, occasion, tried), may_wait=may_wait)
    return Looked(decide(wish, outlook, now, rows), levels)


async def look_at_levels(tx: Tx, looked: Looked) -> Looked:
    """The same decision on the levels as they are after what was given up."""
    return Looked(looked.decision, await stock_sql.lock_everywhere(tx, sorted({sku for sku, _ in looked.levels})))


def _given_up(level: Level, units: int) -> Level:
    return msgspec.structs.replace(level, reserved=level.reserved - units)


async def wish_of(
    tx: Tx, order: UUID, needs: Sequence[Need], occasion: str, tried: Mapping[tuple[int, int], frozenset[str]] | None = None
) -> Wish:  # fmt: skip
    """The question that an order on file asks for these units."""
    facts = await tx.row(_FACTS, order)
    assert facts is not None
    return Wish(
        tuple(needs), facts["country"], facts["postcode"], facts["channel"], facts["service"], facts["buyer"], tried or {},
        occasion, placed_at=facts["received_at"],
    )  # fmt: skip


async def source(
    tx: Tx, outlook: Outlook, order: UUID, needs: Sequence[Need], now: datetime, occasion: str,
    tried: Mapping[tuple[int, int], frozenset[str]] | None = None,
) -> Decision:  # fmt: skip
    """Decide for these units of an order whose row is locked, and reserve them. What nobody has is in the plan's `missing`."""
    looked = await look(tx, outlook, order, needs, now, occasion, tried)
    await reserve(tx, order, looked, now)
    return looked.decision


async def reserve(tx: Tx, order: UUID, looked: Looked, now: datetime) -> None:
    """Promise what was decided, on the levels that were locked for it, and keep the reasons."""
    rows: list[tuple[Any, ...]] = []
    movements = []
    levels = looked.levels
    for s in looked.decision.plan.shares:
        level = levels[s.sku, s.place]
        taken = promise.reserve(level, s.quantity, now)
        levels[s.sku, s.place] = msgspec.structs.replace(level, reserved=level.reserved + s.quantity)
        rows.append((s.place, s.sku, order, s.line, s.part, s.quantity, taken.available_when_promised, None, now))
        movements.append(Movement(s.sku, s.place, Fact.RESERVE, reserved=s.quantity, order_id=order))
    await stock_sql.insert_reservations(tx, rows)
    await stock_sql.post(tx, movements)
    if looked.decision.why is not None:
        await keep_next_decision(tx, order, looked.decision.why)
