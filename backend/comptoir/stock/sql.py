"""The ledger's writes: lock levels in one order, post movements and their running sums together."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from comptoir.kit.bulk import Bulk
from comptoir.kit.columns import columns_of, literal
from comptoir.kit.db import Tx
from comptoir.kit.ids import new_id_texts
from comptoir.stock.counting import seen_by_count
from comptoir.stock.model import Fact, Level, Movement
from comptoir.stock.safety_sql import IN_FORCE, RULED

_LEVEL = "l.sku, l.location, l.on_hand, l.reserved, l.set_aside, l.unsellable, l.safety_stock, l.no_promise_until"


async def lock(tx: Tx, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Level]:
    """Lock the levels of these (sku, location) pairs, always in that order, and read them.

    A pair without a row is left out: nothing was ever there. The order is what keeps two transactions from deadlock.
    """
    wanted = sorted(set(keys))
    rows = await tx.rows(
        f"SELECT {_LEVEL}, s.blocked_reason IS NOT NULL AS blocked"
        " FROM stock_level l JOIN unnest($1::text::text[], $2::text::text[]) AS k (sku, location)"
        " ON l.sku = k.sku AND l.location = k.location"
        " JOIN sku s ON s.sku = l.sku ORDER BY l.sku, l.location FOR NO KEY UPDATE OF l",
        literal([sku for sku, _ in wanted]), literal([location for _, location in wanted]),
    )  # fmt: skip
    return {(row[0], row[1]): Level(*row) for row in rows}


async def lock_everywhere(tx: Tx, skus: Sequence[str]) -> dict[tuple[str, str], Level]:
    """Lock every level of these SKUs, in the same order; for the exact answer when a snapshot was wrong."""
    rows = await tx.rows(
        f"SELECT {_LEVEL}, s.blocked_reason IS NOT NULL AS blocked FROM stock_level l JOIN sku s ON s.sku = l.sku"
        " WHERE l.sku = ANY($1::text[]) ORDER BY l.sku, l.location FOR NO KEY UPDATE OF l",
        sorted(set(skus)),
    )  # fmt: skip
    return {(row[0], row[1]): Level(*row) for row in rows}


_MISSING = (
    "INSERT INTO stock_level (sku, location, safety_stock)"
    f" SELECT k.sku, k.location, {RULED.format(number=IN_FORCE.format(now='$3::timestamptz'), sku='k.sku', article='s', place='p')}"
    " FROM unnest($1::text[], $2::text[]) AS k (sku, location) LEFT JOIN sku s ON s.sku = k.sku LEFT JOIN location p ON p.id = k.location"
    " WHERE NOT EXISTS (SELECT FROM stock_level l WHERE l.sku = k.sku AND l.location = k.location) ORDER BY 1, 2 ON CONFLICT DO NOTHING"
)


async def make_missing(tx: Tx, keys: Sequence[tuple[str, str]]) -> None:
    """Make the levels of these (sku, location) pairs that do not exist; they keep back what the rules say from their first unit on."""
    await tx.run(_MISSING, [sku for sku, _ in keys], [location for _, location in keys], tx.now)


async def post(tx: Tx, movements: Sequence[Movement], *, by_hands: bool = True) -> None:
    """Append movements to the ledger and add them to the levels, making levels that did not exist.

    Locks the touched levels in (sku, location) order first. Figures that a CHECK forbids end the transaction. What hands did before
    the last count of its row is written beside a line that takes it off that count; `by_hands` is false for whoever has seen to that.
    """
    if not movements:
        return
    keys = sorted({(m.sku, m.location) for m in movements})
    # Missing rows are made in key order; the ordered lock that follows then holds them all.
    await make_missing(tx, keys)
    rows = await tx.rows(
        "SELECT l.sku, l.location, l.counted_at FROM stock_level l JOIN unnest($1::text[], $2::text[]) AS k (sku, location) USING (sku, location)"
        " ORDER BY l.sku, l.location FOR NO KEY UPDATE OF l",
        [k[0] for k in keys], [k[1] for k in keys],
    )  # fmt: skip
    if by_hands and (late := seen_by_count(movements, {(row[0], row[1]): row[2] for row in rows})):
        newer = await _newer_snapshots(tx, late)
        movements = [*movements, *(one for one in late if (one.sku, one.location) not in newer)]
    sums: dict[tuple[str, str], list[int]] = {}
    for m in movements:
        total = sums.setdefault((m.sku, m.location), [0, 0, 0, 0])
        for i, delta in enumerate((m.on_hand, m.reserved, m.set_aside, m.unsellable)):
            total[i] += delta
    await add_to_levels(tx, keys, [sums[k] for k in keys])
    await note_sold(tx, [m for m in movements if m.fact in (Fact.HAND_OVER, Fact.CARRIER_TOOK)])
    await append(tx, movements)


async def _newer_snapshots(tx: Tx, late: Sequence[Movement]) -> set[tuple[str, str]]:
    """Of these rows those whose last absolute figure is the till's: it told what is in the building, not what is on the shelf."""
    rows = await tx.rows(
        "SELECT DISTINCT k.sku, k.location FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS k (sku, location, at)"
        " WHERE EXISTS (SELECT FROM stock_movement m WHERE m.sku = k.sku AND m.location = k.location AND m.fact = 'snapshot' AND m.happened_at > k.at)",
        [one.sku for one in late], [one.location for one in late], [one.happened_at for one in late],
    )  # fmt: skip
    return {(row["sku"], row["location"]) for row in rows}


async def add_to_levels(tx: Tx, keys: Sequence[tuple[str, str]], deltas: Sequence[Sequence[int]]) -> None:
    """Add (on hand, reserved, set aside, unsellable) to rows that this transaction has locked."""
    await tx.run(
        "UPDATE stock_level l SET on_hand = l.on_hand + d.a, reserved = l.reserved + d.b, set_aside = l.set_aside + d.c,"
        " unsellable = l.unsellable + d.e FROM unnest($1::text::text[], $2::text::text[], $3::text::int[], $4::text::int[], $5::text::int[],"
        " $6::text::int[])"
        " AS d (sku, location, a, b, c, e) WHERE l.sku = d.sku AND l.location = d.location",
        *map(literal, zip(*keys, strict=True)), *map(literal, zip(*deltas, strict=True)),
    )  # fmt: skip


async def note_sold(tx: Tx, sales: Sequence[Movement]) -> None:
    """Remember when each row was last sold, over the counter or for an order; the rows are locked. For the scan screens and the age of stock."""
    if sales:
        await tx.run(
            "UPDATE stock_level l SET sold_at = greatest(l.sold_at, s.at) FROM (SELECT sku, location, max(at) AS at"
            " FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS s (sku, location, at) GROUP BY 1, 2) AS s"
            " WHERE l.sku = s.sku AND l.location = s.location",
            [m.sku for m in sales], [m.location for m in sales], [m.happened_at or tx.now for m in sales],
        )  # fmt: skip


async def append(tx: Tx, movements: Sequence[Movement]) -> None:
    """Write ledger lines; the caller has added them to the levels."""
    ids = new_id_texts(len(movements))
    columns = columns_of(
        [(m.id or made, m.location, m.sku, m.fact.value, m.on_hand, m.reserved, m.set_aside, m.unsellable, m.reason,
          m.order_id, m.work, m.happened_at or tx.now) for m, made in zip(movements, ids, strict=True)]
    )  # fmt: skip
    await tx.run(
        "INSERT INTO stock_movement (id, location, sku, fact, on_hand, reserved, set_aside, unsellable, reason, order_id, work, happened_at, who, recorded_at)"
        " SELECT *, $13, $14 FROM unnest($1::text::uuid[], $2::text::text[], $3::text::text[], $4::text::text[], $5::text::int[], $6::text::int[],"
        " $7::text::int[], $8::text::int[], $9::text::text[], $10::text::uuid[], $11::text::uuid[], $12::text::timestamptz[])",
        *map(literal, columns), tx.who, tx.now,
    )  # fmt: skip


RESERVATIONS = Bulk(
    "reservation", id="uuid", location="text", sku="text", order_id="uuid", line="smallint", part="smallint", quantity="int",
    available_when_promised="int", soft_until="timestamptz", made_at="timestamptz",
)  # fmt: skip


async def insert_reservations(tx: Tx, rows: Sequence[tuple[Any, ...]]) -> None:
    """Keep promises: (location, sku, order, line, part, quantity, available when promised, soft until, made at)."""
    await RESERVATIONS.insert(tx, [(made, *row) for made, row in zip(new_id_texts(len(rows)), rows, strict=True)])


async def release_reservations(tx: Tx, order: UUID, line: int, part: int, location: str, units: int) -> None:
    """Note on the promises themselves that `units` of them ended without the goods leaving; oldest first."""
    for row in await tx.rows(
        "SELECT id, quantity - released AS open FROM reservation WHERE order_id = $1 AND line = $2 AND part = $3 AND location = $4"
        " AND released < quantity ORDER BY id FOR UPDATE",
        order, line, part, location,
    ):  # fmt: skip
        give = min(units, row["open"])
        if give:
            await tx.run(
                "UPDATE reservation SET released = released + $3 WHERE order_id = $1 AND id = $2",
                order,
                row["id"],
                give,
            )
            units -= give


async def renew_reservations(tx: Tx, order: UUID, line: int, part: int, location: str, units: int) -> None:
    """An undo: `units` of promises that had ended stand again; newest first."""
    for row in await tx.rows(
        "SELECT id, released FROM reservation WHERE order_id = $1 AND line = $2 AND part = $3 AND location = $4 AND released > 0"
        " ORDER BY id DESC FOR UPDATE",
        order, line, part, location,
    ):  # fmt: skip
        again = min(units, row["released"])
        if again:
            await tx.run(
                "UPDATE reservation SET released = released - $3 WHERE order_id = $1 AND id = $2",
                order,
                row["id"],
                again,
            )
            units -= again


async def stop_promises(tx: Tx, sku: str, location: str, until: datetime | None) -> None:
    """After a short: promise nothing new of this SKU here until it is counted (None lifts it)."""
    await tx.run("UPDATE stock_level SET no_promise_until = $3 WHERE sku = $1 AND location = $2", sku, location, until)
