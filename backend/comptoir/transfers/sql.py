"""The writes and locks of transfers. An order and its works are locked before its transfer, a transfer before stock levels."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.bulk import Bulk
from comptoir.kit.db import Tx
from comptoir.kit.errors import NotFound
from comptoir.transfers.handling import Moved
from comptoir.transfers.lifecycle import Status
from comptoir.transfers.model import Line, SettleTransfer, Transfer

LINES = Bulk(
    "transfer_line", transfer="uuid", line="smallint", sku="text", quantity="int", available_when_promised="int", reserved="int", in_transit="int",
    over="int", work_line="smallint",
)  # fmt: skip
_TRANSFER = 'id, number, from_location, to_location, status, order_id AS "order", work, promise_at, arrived_work'
_LINE = "line, sku, quantity, reserved, picked, in_transit, received, missing, released, over, work_line, lost, damaged"
STATES = ("reserved", "picked", "in_transit", "received", "missing", "released", "lost", "damaged")


async def insert(
    tx: Tx, id: UUID, from_location: str, to_location: str, reason: str, note: str = "", *, order: UUID | None = None,
    work: UUID | None = None, promise_at: datetime | None = None,
) -> str:  # fmt: skip
    """A new transfer; the number that people call it by."""
    number: str = await tx.value(
        "INSERT INTO transfer (id, number, from_location, to_location, status, reason, note, order_id, work, promise_at, created_at, created_by)"
        " VALUES ($1, 'T-' || nextval('transfer_number'), $2, $3, 'created', $4, $5, $6, $7, $8, $9, $10) RETURNING number",
        id, from_location, to_location, reason, note, order, work, promise_at, tx.now, tx.who,
    )  # fmt: skip
    return number


async def insert_lines(tx: Tx, transfer: UUID, rows: Sequence[tuple[Any, ...]]) -> None:
    """Lines: (line, sku, quantity, available when promised, reserved, in transit, over, work line)."""
    await LINES.insert(tx, [(transfer, *row) for row in rows])


async def order_of(tx: Tx, transfer: UUID, locations: Sequence[str] | None) -> UUID | None:
    """Whose order it carries, if any. NotFound `transfer_not_found` when neither of its ends is the actor's."""
    row = await tx.row(
        "SELECT order_id FROM transfer WHERE id = $1 AND ($2::text[] IS NULL OR from_location = ANY($2) OR to_location = ANY($2))",
        transfer, None if locations is None else list(locations),
    )  # fmt: skip
    if row is None:
        raise NotFound("transfer_not_found")
    found: UUID | None = row["order_id"]
    return found


async def orders_of(tx: Tx, transfers: Iterable[UUID], locations: Sequence[str] | None) -> list[UUID]:
    """The orders that these transfers carry, as far as the actor's locations reach."""
    rows = await tx.rows(
        "SELECT order_id FROM transfer WHERE id = ANY($1::uuid[]) AND order_id IS NOT NULL"
        " AND ($2::text[] IS NULL OR from_location = ANY($2) OR to_location = ANY($2))",
        list(set(transfers)), None if locations is None else list(locations),
    )  # fmt: skip
    return [row[0] for row in rows]


async def lock(tx: Tx, transfer: UUID) -> Transfer:
    """Lock a transfer that exists, with its lines."""
    row = await tx.row(f"SELECT {_TRANSFER} FROM transfer WHERE id = $1 FOR NO KEY UPDATE", transfer)
    assert row is not None
    lines = await tx.rows(f"SELECT {_LINE} FROM transfer_line WHERE transfer = $1 ORDER BY line", transfer)
    return msgspec.convert({**dict(row), "lines": tuple(Line(*line) for line in lines)}, Transfer)


async def lock_many(tx: Tx, transfers: Iterable[UUID]) -> None:
    """Lock these, in id order; what does not exist is passed over."""
    await tx.rows(
        "SELECT 1 FROM transfer WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE", sorted(set(transfers))
    )


async def find_of_work(tx: Tx, work: UUID) -> UUID | None:
    """The transfer that carries this work's units."""
    found: UUID | None = await tx.value("SELECT id FROM transfer WHERE work = $1", work)
    return found


async def move_units(tx: Tx, transfer: UUID, moved: Sequence[Moved]) -> None:
    """Move units of lines between states; the CHECKs hold that no state goes below zero and the sum stays."""
    for move in moved:
        assert move.source in STATES
        assert move.to in STATES
        await tx.run(
            f"UPDATE transfer_line SET {move.source} = {move.source} - $3, {move.to} = {move.to} + $3 WHERE transfer = $1 AND line = $2",
            transfer, move.line.line, move.units,
        )  # fmt: skip


async def add_over(tx: Tx, transfer: Transfer, sku: str, units: int) -> None:
    """Units that came and were not on the way (below zero: taken back); an article that nobody sent gets a line of its own."""
    lines = transfer.of(sku)
    if not lines:
        number = max((line.line for line in transfer.lines), default=0) + 1
        await insert_lines(tx, transfer.id, [(number, sku, 0, None, 0, 0, units, None)])
        return
    for line in lines if units < 0 else lines[:1]:
        some = units if units > 0 else -min(-units, line.over)
        await tx.run(
            "UPDATE transfer_line SET over = over + $3 WHERE transfer = $1 AND line = $2", transfer.id, line.line, some
        )
        units -= some


async def add_to_carton(tx: Tx, transfer: UUID, carton: str, sku: str, packed: int, received: int) -> tuple[int, int]:
    """Units that were laid into a carton, or taken out of it where it arrived, and how many that is now; what is taken back never goes below nothing."""
    row = await tx.row(
        "INSERT INTO transfer_carton AS c (transfer, carton, sku, packed, received) VALUES ($1, $2, $3, greatest(0, $4::int), greatest(0, $5::int))"
        " ON CONFLICT (transfer, carton, sku) DO UPDATE SET packed = greatest(0, c.packed + $4::int), received = greatest(0, c.received + $5::int) RETURNING packed, received",
        transfer, carton, sku, packed, received,
    )  # fmt: skip
    assert row is not None
    return row["packed"], row["received"]


async def insert_settlement(tx: Tx, command: SettleTransfer) -> None:
    """Keep what became of missing units, who said so and when."""
    await tx.run(
        "INSERT INTO transfer_settlement (id, transfer, sku, kind, units, note, at, who) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        command.id, command.transfer, command.sku, command.kind, command.units, command.note, tx.now, tx.who,
    )  # fmt: skip


_STAMPS = {
    Status.SHIPPED: "shipped_at = $3::timestamptz, shipped_by = $4",
    Status.RECEIVING: "received_at = coalesce(received_at, $3::timestamptz)",
    Status.CLOSED: "ended_at = $3::timestamptz, ended_by = $4",
    Status.CANCELED: "ended_at = $3::timestamptz, ended_by = $4",
}


async def advance(tx: Tx, transfer: Transfer, status: Status) -> None:
    """Set the status, with its time and person, and tell the screens of both places."""
    tx.touched |= {transfer.from_location, transfer.to_location}
    if status is transfer.status:
        return
    # Every stamp names its time; the person is named by those of them that a person answers for.
    named = ", ".join(("status = $2", _STAMPS[status]))
    arguments = [transfer.id, status.value, tx.now] + ([tx.who] if "$4" in named else [])
    await tx.run(f"UPDATE transfer SET {named} WHERE id = $1", *arguments)


async def resume(tx: Tx, transfer: Transfer, status: Status) -> None:
    """It had ended and has not: nothing says any more when, and by whom."""
    tx.touched |= {transfer.from_location, transfer.to_location}
    await tx.run(
        "UPDATE transfer SET status = $2, ended_at = NULL, ended_by = NULL WHERE id = $1", transfer.id, status.value
    )


async def note_arrived(tx: Tx, transfer: UUID, work: UUID) -> None:
    """The work that the customer's units have become where they were received."""
    await tx.run("UPDATE transfer SET arrived_work = $2 WHERE id = $1", transfer, work)
