"""Writes of sourcing: decisions and prices, many rows in one statement."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from comptoir.kit.bulk import Bulk
from comptoir.kit.db import Tx
from comptoir.sourcing.why import Why, shipped

DECISIONS = Bulk(
    "sourcing_decision", order_id="uuid", number="smallint", at="timestamptz", occasion="text", policy="int", parcels="smallint", cost_minor="int",
    tried_policy="int", tried_parcels="smallint", tried_minor="int",
    tried_differs="bool", body="bytea",
)  # fmt: skip

MOST_MINOR: Final = 2_000_000_000
"""What stands beside a decision to be counted; the decision itself has the whole figure."""


async def keep_decisions(tx: Tx, decisions: Sequence[tuple[UUID, Why]], first: int = 1) -> None:
    """Keep the whys of orders, each the order's decision number `first`."""
    await DECISIONS.insert(tx, [
        (
            order, first, why.at, why.occasion, why.policy, len(why.taken.parcels), min(why.taken.total, MOST_MINOR),
            why.shadow.policy if why.shadow else None, len(why.shadow.plan.parcels) if why.shadow else None,
            min(why.shadow.cost_in_force, MOST_MINOR) if why.shadow else None,
            shipped(why.shadow.plan) != shipped(why.taken) if why.shadow else None, msgspec.json.encode(why),
        )
        for order, why in decisions
    ])  # fmt: skip


async def keep_next_decision(tx: Tx, order: UUID, why: Why) -> None:
    """Keep one more why of an order whose row is locked."""
    last = await tx.value("SELECT coalesce(max(number), 0) FROM sourcing_decision WHERE order_id = $1", order)
    await keep_decisions(tx, [(order, why)], last + 1)


async def note_tries(tx: Tx, order: UUID, units: Sequence[tuple[int, int, str]], location: str, reason: str) -> None:
    """This location did not give these (line, part, SKU); its last refusal is the one that counts."""
    await tx.run(
        "INSERT INTO sourcing_try (order_id, line, part, location, sku, reason, at)"
        " SELECT $1, u.line, u.part, $5, u.sku, $6, $7 FROM unnest($2::smallint[], $3::smallint[], $4::text[]) AS u (line, part, sku)"
        " ON CONFLICT (order_id, line, part, location) DO UPDATE SET reason = excluded.reason, at = excluded.at",
        order, [u[0] for u in units], [u[1] for u in units], [u[2] for u in units], location, reason, tx.now,
    )  # fmt: skip


# A location that has counted the article since, or got more of it, may be asked again: what it said then is not true any more.
_TRIED = """
SELECT t.line, t.part, t.location FROM sourcing_try t WHERE t.order_id = $1 AND NOT EXISTS (
  SELECT FROM stock_movement m WHERE m.sku = t.sku AND m.location = t.location AND m.recorded_at > t.at AND m.happened_at > t.at - interval '1 day'
    AND m.on_hand > 0 AND m.fact IN ('receipt', 'count', 'snapshot', 'till_return') AND t.reason IN ('short', 'declined'))
"""


async def tried(tx: Tx, order: UUID) -> dict[tuple[int, int], frozenset[str]]:
    """(line, part) -> locations that are not asked again for it."""
    found: dict[tuple[int, int], set[str]] = {}
    for line, part, location in await tx.rows(_TRIED, order):
        found.setdefault((line, part), set()).add(location)
    return {key: frozenset(places) for key, places in found.items()}
