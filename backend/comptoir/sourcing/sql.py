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
