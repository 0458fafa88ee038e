"""Writes of sourcing: decisions and prices, many rows in one statement."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from comptoir.kit.bulk import Bulk
from comptoir.kit.db import Pool, Tx, borrowed
from comptoir.sourcing.find_rate import Judged
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
    AND m.on_hand > 0 AND m.fact IN ('receipt', 'count', 'snapshot', 'till_return') AND t.reason IN ('short', 'declined', 'over_promised'))
"""


async def tried(tx: Tx, order: UUID) -> dict[tuple[int, int], frozenset[str]]:
    """(line, part) -> locations that are not asked again for it."""
    found: dict[tuple[int, int], set[str]] = {}
    for line, part, location in await tx.rows(_TRIED, order):
        found.setdefault((line, part), set()).add(location)
    return {key: frozenset(places) for key, places in found.items()}


class Priced(msgspec.Struct, frozen=True):
    """What a unit of a SKU costs at a location beyond its parcel."""

    sku: str
    location: str
    scarcity_minor: int
    decline_minor: int


_PRICES = """
INSERT INTO unit_price (sku, location, scarcity_minor, decline_minor, as_of)
SELECT p.sku, p.location, p.scarcity, p.decline, $5 FROM unnest($1::text[], $2::text[], $3::int[], $4::int[]) AS p (sku, location, scarcity, decline)
WHERE p.scarcity > 0 OR p.decline > 0 OR EXISTS (SELECT FROM unit_price u WHERE u.sku = p.sku AND u.location = p.location)
ON CONFLICT (sku, location) DO UPDATE SET scarcity_minor = excluded.scarcity_minor, decline_minor = excluded.decline_minor, as_of = excluded.as_of
WHERE (unit_price.scarcity_minor, unit_price.decline_minor) <> (excluded.scarcity_minor, excluded.decline_minor)
"""
SLICE = 5_000


async def keep_prices(pool: Pool, rows: Sequence[Priced], as_of: datetime) -> int:
    """Write the figures that differ from what stands, in slices that hold no lock for long. How many changed."""
    changed = 0
    async with borrowed(pool) as connection:
        for begin in range(0, len(rows), SLICE):
            some = rows[begin : begin + SLICE]
            done = await connection.execute(
                _PRICES, [r.sku for r in some], [r.location for r in some], [r.scarcity_minor for r in some],
                [r.decline_minor for r in some], as_of,
            )  # fmt: skip
            changed += int(done.split()[-1])
    return changed


_FIND_RATES = """
INSERT INTO find_rate (sku, location, tries, found, as_of)
SELECT r.sku, r.location, r.tries, r.found, $5 FROM unnest($1::text[], $2::text[], $3::smallint[], $4::smallint[]) AS r (sku, location, tries, found)
ON CONFLICT (sku, location) DO UPDATE SET tries = excluded.tries, found = excluded.found, as_of = excluded.as_of
WHERE (find_rate.tries, find_rate.found) <> (excluded.tries, excluded.found)
"""


async def keep_find_rates(pool: Pool, rates: Mapping[tuple[str, str], tuple[int, int]], as_of: datetime) -> None:
    """Write (SKU, location) -> (tries, found), where it differs from what stands."""
    rows = list(rates.items())
    async with borrowed(pool) as connection:
        for begin in range(0, len(rows), SLICE):
            some = rows[begin : begin + SLICE]
            await connection.execute(
                _FIND_RATES, [key[0] for key, _ in some], [key[1] for key, _ in some], [told[0] for _, told in some],
                [told[1] for _, told in some], as_of,
            )  # fmt: skip


async def keep_run(pool: Pool, at: datetime, whole: bool, skus: int, prices: int, changed: int, judged: Judged) -> None:
    """Note that prices were worked out; a month of notes is kept."""
    async with borrowed(pool) as connection:
        await connection.execute(
            "INSERT INTO pricing_run VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (at) DO NOTHING",
            at, whole, skus, prices, changed, judged.predicted, judged.seen, judged.usable,
        )  # fmt: skip
        await connection.execute("DELETE FROM pricing_run WHERE at < $1", at - timedelta(days=31))
