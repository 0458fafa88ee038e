"""Rows of counts: one open count per (location, SKU) at a time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import NotFound
from comptoir.kit.ids import new_id
from comptoir.stock.counting import Found, StockCount, SubmitCount
from comptoir.stock.directing import Candidate, Directed

_COUNT = "id, location, sku, status, reason, asked_at, counted, expected, counted_at, counted_by, not_by, moved, decided_because"


async def ask(tx: Tx, location: str, sku: str, reason: str, who: str, now: datetime) -> UUID:
    """Ask for a count; the id of the new one, or of the one that is open already."""
    made: UUID | None = await tx.value(
        "INSERT INTO stock_count (id, location, sku, status, reason, asked_at, asked_by)"
        " VALUES ($1, $2, $3, 'asked', $4, $5, $6)"
        " ON CONFLICT (location, sku) WHERE status IN ('asked', 'submitted', 'recount') DO NOTHING RETURNING id",
        new_id(), location, sku, reason, now, who,
    )  # fmt: skip
    if made is not None:
        return made
    found: UUID = await tx.value(
        "SELECT id FROM stock_count WHERE location = $1 AND sku = $2 AND status IN ('asked', 'submitted', 'recount')",
        location, sku,
    )  # fmt: skip
    return found


async def counted_as(tx: Tx, sku: str) -> list[str]:
    """The SKUs that lie on a shelf when somebody sees this one: itself, or the parts of a kit."""
    rows = await tx.rows(
        "SELECT k.component FROM kit_component k JOIN sku s ON s.sku = k.kit AND s.is_kit WHERE k.kit = $1 ORDER BY 1",
        sku,
    )
    return [row["component"] for row in rows] or [sku]


async def find(tx: Tx, count: UUID, actor: Actor) -> StockCount:
    """Read and lock a count; NotFound `count_not_found` when it does not exist or is another store's."""
    row = await tx.row(
        f"SELECT {_COUNT} FROM stock_count"
        " WHERE id = $1 AND ($2::text[] IS NULL OR location = ANY($2)) FOR NO KEY UPDATE",
        count, None if actor.locations is None else list(actor.locations),
    )  # fmt: skip
    if row is None:
        raise NotFound("count_not_found", count=str(count))
    return read(row)


def read(row: Any) -> StockCount:
    """A row as its struct."""
    return msgspec.convert(dict(row), StockCount)


async def expected_at(tx: Tx, sku: str, location: str, at: datetime) -> int:
    """What the shelf held by the ledger at this moment: on hand without what was set aside. The row is locked."""
    found: int | None = await tx.value(
        "SELECT l.on_hand - l.set_aside - (SELECT coalesce(sum(m.on_hand - m.set_aside), 0) FROM stock_movement m"
        " WHERE m.sku = l.sku AND m.location = l.location AND m.happened_at > $3)::int"
        " FROM stock_level l WHERE l.sku = $1 AND l.location = $2",
        sku, location, at,
    )  # fmt: skip
    return found or 0


async def keep(tx: Tx, count: StockCount, now: datetime) -> None:
    """Write a count as it stands now; a decision is noted with its time and person."""
    decided = count.status in ("approved", "canceled", "recount")
    await tx.run(
        "UPDATE stock_count SET status = $2, counted = $3, expected = $4, counted_at = $5, counted_by = $6,"
        " decided_at = $7, decided_by = $8, not_by = $9, moved = $10, decided_because = $11 WHERE id = $1",
        count.id, count.status.value, count.counted, count.expected, count.counted_at, count.counted_by,
        now if decided else None, tx.who if decided else None, count.not_by, count.moved, count.decided_because,
    )  # fmt: skip


async def keep_figure(tx: Tx, count: StockCount, command: SubmitCount, expected: int, at: datetime, who: str) -> None:
    """Write down what somebody counted, whatever comes of it."""
    await tx.run(
        "INSERT INTO stock_count_figure (id, count_id, location, sku, quantity, expected, parts, seconds, counted_at, counted_by, recorded_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7::int[], $8, $9, $10, $11)",
        command.id, count.id, count.location, count.sku, command.quantity, expected, list(command.parts), command.seconds, at, who, tx.now,
    )  # fmt: skip


async def judged(tx: Tx, count: StockCount, command: SubmitCount, expected: int, at: datetime, who: str) -> Found:
    """The figure with its price, what moved while it was counted, and whether another person has counted it too."""
    row = await tx.row(
        "SELECT (SELECT price_minor FROM sku WHERE sku = $1) AS price,"
        " EXISTS (SELECT FROM stock_movement m WHERE m.sku = $1 AND m.location = $2 AND m.happened_at > $3 AND m.happened_at <= $4"
        "   AND m.on_hand <> m.set_aside AND m.fact <> 'count') AS moved,"
        " EXISTS (SELECT FROM stock_count_figure f WHERE f.count_id = $5 AND f.counted_by <> $6) AS others",
        count.sku, count.location, at - timedelta(seconds=command.seconds), at, count.id, who,
    )  # fmt: skip
    assert row is not None
    return Found(command.quantity, expected, row["price"] or 0, row["moved"], row["others"])


_CANDIDATES = """
SELECT v.sku, v.on_hand, v.reserved, s.price_minor, coalesce(m.shorts, 0)::int, coalesce(f.tries, 0)::int, coalesce(f.found, 0)::int, v.counted_at,
  coalesce(v.counted_at >= $3, false) OR k.id IS NOT NULL AS busy
FROM stock_level v JOIN sku s ON s.sku = v.sku LEFT JOIN find_rate f ON f.sku = v.sku AND f.location = v.location
LEFT JOIN (SELECT sku, count(*) AS shorts FROM short_pick
  WHERE location = $1 AND undone_at IS NULL AND at > $2 GROUP BY sku) m ON m.sku = v.sku
LEFT JOIN stock_count k ON k.location = v.location AND k.sku = v.sku AND k.status IN ('asked', 'submitted', 'recount')
WHERE v.location = $1 AND (v.on_hand <> 0 OR v.reserved > 0 OR m.shorts > 0) AND s.blocked_reason IS NULL
LIMIT 100000
"""


async def list_candidates(tx: Tx, location: str, now: datetime) -> list[Candidate]:
    """A store's rows; `busy` those that somebody counts at present or has counted since a day ago."""
    rows = await tx.rows(_CANDIDATES, location, now - timedelta(days=28), now - timedelta(days=1))
    return [Candidate(*row) for row in rows]


async def ask_directed(tx: Tx, location: str, wanted: Sequence[Directed], who: str, now: datetime) -> int:
    """Ask for these at once; how many were not asked for already."""
    made = await tx.rows(
        "INSERT INTO stock_count (id, location, sku, status, reason, asked_at, asked_by, urgency)"
        " SELECT t.id, $1, t.sku, 'asked', t.reason, $2, $3, t.urgency FROM unnest($4::uuid[], $5::text[], $6::text[], $7::int[]) t(id, sku, reason, urgency)"
        " ON CONFLICT (location, sku) WHERE status IN ('asked', 'submitted', 'recount') DO NOTHING RETURNING id",
        location, now, who, [new_id() for _ in wanted], [one.sku for one in wanted], [one.cause.value for one in wanted],
        [one.urgency for one in wanted],
    )  # fmt: skip
    return len(made)


async def lock_location(tx: Tx, location: str) -> None:
    """Two who ask for the list of one store wait for each other."""
    await tx.run("SELECT pg_advisory_xact_lock(hashtextextended('counts ' || $1, 0))", location)


async def count_open(tx: Tx, location: str) -> int:
    """How many articles wait to be counted in a store, whole shelves apart."""
    found: int = await tx.value(
        "SELECT count(*)::int FROM stock_count WHERE location = $1 AND status IN ('asked', 'recount') AND shelf IS NULL",
        location,
    )
    return found


async def note_counted(tx: Tx, sku: str, location: str, at: datetime) -> bool:
    """The row was counted: promises that waited for it may be made again. False while they wait: hands missed units there since."""
    waits: bool | None = await tx.value(
        "UPDATE stock_level SET counted_at = greatest(counted_at, $3), no_promise_until = CASE WHEN no_promise_until > $4"
        " AND EXISTS (SELECT FROM short_pick p WHERE p.sku = $1 AND p.location = $2 AND p.at > $3 AND p.undone_at IS NULL) THEN no_promise_until END"
        " WHERE sku = $1 AND location = $2 RETURNING no_promise_until IS NOT NULL",
        sku, location, at, tx.now,
    )  # fmt: skip
    return not waits
