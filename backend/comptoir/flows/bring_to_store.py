"""A customer's units go to the store where they are to be collected: promised all the way, and pickup work where they arrive.

    work at the source: reserved -> picked -> in transit -> (left it)    |    work at the destination: picked -> staged

Whoever decides that a line is covered by a transfer gives the source its work as for any order, then calls `bring_to_store`
in the same transaction. Every unit of the line stays in exactly one state of exactly one work (docs/journeys/transfers.md).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from comptoir.flows.keep_progress import keep_progress
from comptoir.flows.lock_transfer import Locked
from comptoir.flows.move_work import moved_on
from comptoir.flows.stage import told_as_staged
from comptoir.fulfillment import carrying
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.lifecycles import Action, Status
from comptoir.fulfillment.model import Moved as UnitsMoved
from comptoir.fulfillment.model import Work, WorkLine
from comptoir.fulfillment.short_choice import answer_until
from comptoir.kit import outbox
from comptoir.kit.db import Event, Tx
from comptoir.kit.ids import new_id
from comptoir.orders import sql as orders_sql
from comptoir.stock import sql as stock_sql
from comptoir.stock.model import Fact, Movement, picked
from comptoir.transfers import sql
from comptoir.transfers.handling import Moved
from comptoir.transfers.lifecycle import Action as TransferAction
from comptoir.transfers.lifecycle import Status as TransferStatus
from comptoir.transfers.model import Transfer


async def bring_to_store(tx: Tx, work: Work, to: str, promise_at: datetime) -> UUID:
    """The units of `work` are to be collected at store `to`, ready there by `promise_at`; the transfer's id.

    The caller holds the order and its works locked, has the units reserved or picked as this work at the source, and has
    looked at `to` (a store that lets customers collect). What lies on the pickup shelf comes off it again, bags and all.
    Conflict `not_movable`.
    """
    unstaged = carrying.carry(work, to)
    made = new_id()
    await work_sql.move_units(tx, work.id, unstaged)
    if unstaged:
        await tx.run("UPDATE bag SET gone_at = $2 WHERE work = $1 AND gone_at IS NULL", work.id, tx.now)
        await outbox.withdraw(tx, work.order_id, await told_as_staged(tx, work))
        tx.tell(Event("fulfillment.unstaged", work.order_id, {}, work.location, work.id))
    # Whoever has it in hand goes on with it; what was ready is nobody's until it leaves.
    await tx.run(
        "UPDATE work SET kind = 'transfer', status = CASE status WHEN 'staged' THEN 'picked' ELSE status END, version = version + 1,"
        " pack = CASE WHEN status IN ('picked', 'staged') THEN NULL ELSE pack END, flagged = NULL,"
        " taken_by = CASE WHEN status IN ('picked', 'staged') THEN NULL ELSE taken_by END,"
        " staged_at = NULL, collect_until = NULL, rescue_until = NULL WHERE id = $1", work.id,
    )  # fmt: skip
    await tx.run(
        "UPDATE arrival SET done_at = $3 WHERE order_id = $1 AND location = $2 AND done_at IS NULL", work.order_id, work.location, tx.now
    )  # fmt: skip
    await tx.run(
        "UPDATE order_line SET location = $3, method = 'pickup' WHERE order_id = $1 AND line = ANY($2::smallint[])",
        work.order_id, sorted({line.order_line for line in work.lines if line.quantity > line.canceled + line.shorted}), to,
    )  # fmt: skip
    await sql.insert(tx, made, work.location, to, "customer", order=work.order_id, work=work.id, promise_at=promise_at)
    tx.touched |= {work.location, to}
    tx.tell(
        Event("fulfillment.transfer_planned", work.order_id, {"transfer": made, "to": to}, work.location, work.id),
        Event("transfer.created", made, {"to": to, "units": sum(live(line) for line in work.lines)}, work.location),
    )
    await keep_progress(tx, work.order_id)
    return made


def live(line: WorkLine) -> int:
    """Units of a line that are still wanted of this work."""
    return line.reserved + line.picked + line.staged


async def leave(tx: Tx, transfer: Transfer, work: Work, now: datetime) -> tuple[Moved, ...]:
    """The goods of a customer's work leave with this transfer, which now says what it carries; what to do to the stock."""
    sent = carrying.send(work)
    await work_sql.move_units(tx, work.id, sent)
    skus = {line.line: line.sku for line in work.lines}
    rows = [(n, skus[move.line], move.units, None, 0, move.units, 0, move.line) for n, move in enumerate(sent, 1)]
    await sql.insert_lines(tx, transfer.id, rows)
    await moved_on(tx, work, work.after(Action.SEND), now)
    await tx.run("UPDATE work SET pack = NULL, taken_by = NULL WHERE id = $1", work.id)
    tx.tell(Event("fulfillment.transfer_left", work.order_id, {"transfer": transfer.id}, work.location, work.id))
    await keep_progress(tx, work.order_id)
    lines = (await sql.lock(tx, transfer.id)).lines
    return tuple(Moved(line, "picked", "in_transit", line.in_transit) for line in lines)


async def arrive(tx: Tx, locked: Locked, moved: Sequence[Moved], at: datetime) -> None:
    """Received units of a customer's go on as pickup work here: off the truck, not on any shelf, so they are picked."""
    transfer, source = locked.transfer, locked.source
    assert source is not None
    came: list[tuple[WorkLine, int]] = []
    for move in moved:
        line = source.line(move.line.work_line or 0)
        # Units whose order was canceled on the way are the store's own now.
        units = min(move.units, line.in_transit) if line else 0
        if line and units:
            came.append((line, units))
    if not came:
        return
    to, order = transfer.to_location, source.order_id
    here = next((work for work in locked.works if work.id == transfer.arrived_work and takes_more(work)), None)
    work = here.id if here else await _open(tx, transfer, source)
    movements = []
    for line, units in came:
        await work_sql.move_units(tx, source.id, [UnitsMoved(line.line, "in_transit", "canceled", units)])
        await stock_sql.release_reservations(tx, order, line.order_line, line.part, source.location, units)
        # They come with their promise: nobody else was ever offered them here.
        await stock_sql.insert_reservations(
            tx, [(to, line.sku, order, line.order_line, line.part, units, units, None, tx.now)]
        )
        await _add(tx, work, to, order, line, units)
        movements.append(Movement(line.sku, to, Fact.RESERVE, reserved=units, order_id=order, work=work))
        movements.append(picked(line.sku, to, units, order_id=order, work=work, happened_at=at))
    await tx.run(
        "UPDATE work SET units = (SELECT sum(quantity) FROM work_line WHERE work = $1), version = version + 1 WHERE id = $1",
        work,
    )
    await stock_sql.post(tx, movements)
    await _left_source(tx, source, sum(units for _, units in came))
    if here is None:
        tx.tell(Event("fulfillment.transfer_arrived", order, {"transfer": transfer.id}, to, work))
    await keep_progress(tx, order)


def takes_more(work: Work) -> bool:
    """Units may join this arrived work: nobody has it in hand, and its bag is not on the shelf."""
    return work.status is Status.PICKED and work.pack is None


async def _open(tx: Tx, transfer: Transfer, source: Work) -> UUID:
    """The customer's work at the store where the goods are now."""
    made = new_id()
    promised = max(transfer.promise_at or tx.now, tx.now)
    await work_sql.WORKS.insert(
        tx,
        [(made, transfer.to_location, source.order_id, source.order_number, "pickup", "picked", promised, 0, tx.now)],
    )
    # A later hour that the customer was told while it was on its way is still what they know.
    await tx.run(
        "UPDATE work SET started_at = $2, picked_at = $2, (told_at, told_until) = (SELECT s.told_at, s.told_until FROM work s WHERE s.id = $3)"
        " WHERE id = $1", made, tx.now, source.id,
    )  # fmt: skip
    await sql.note_arrived(tx, transfer.id, made)
    return made


async def _add(tx: Tx, work: UUID, to: str, order: UUID, line: WorkLine, units: int) -> None:
    known = await tx.value(
        "UPDATE work_line SET quantity = quantity + $4, picked = picked + $4 WHERE work = $1 AND order_line = $2 AND part = $3 RETURNING true",
        work, line.order_line, line.part, units,
    )  # fmt: skip
    if not known:
        await tx.run(
            "INSERT INTO work_line (work, location, line, order_id, order_line, part, sku, quantity, reserved, picked)"
            " SELECT $1, $2, coalesce(max(line), 0) + 1, $3, $4, $5, $6, $7, 0, $7 FROM work_line WHERE work = $1",
            work, to, order, line.order_line, line.part, line.sku, units,
        )  # fmt: skip


async def _left_source(tx: Tx, source: Work, units: int) -> None:
    """Nothing of the work is on its way any more: it has ended where it began."""
    if source.total("in_transit") <= units and source.allows(Action.ARRIVE):
        await moved_on(tx, source, source.after(Action.ARRIVE))
        await tx.run("UPDATE work SET ended_because = 'moved' WHERE id = $1", source.id)


async def give_up(tx: Tx, locked: Locked, gone: Sequence[Moved], now: datetime) -> None:
    """Units of a customer's never came: missing at their store as if its shelf had fewer, and the customer chooses."""
    transfer, source = locked.transfer, locked.source
    assert source is not None
    to, order = transfer.to_location, source.order_id
    lost = 0
    zone = await tx.value("SELECT time_zone FROM location WHERE id = $1", to)
    until = answer_until(now, zone)
    for move in gone:
        line = source.line(move.line.work_line or 0)
        units = min(move.units, line.in_transit) if line else 0
        if not line or not units:
            continue
        lost += units
        await work_sql.move_units(tx, source.id, [UnitsMoved(line.line, "in_transit", "shorted", units)])
        await orders_sql.move_units(tx, order, [(line.order_line, line.part, units, 0, -units, 0)])
        await stock_sql.release_reservations(tx, order, line.order_line, line.part, source.location, units)
        choice: dict[str, Any] = {"line": line.order_line, "reason": "not_found", "until": until}
        await work_sql.insert_exception(
            tx,
            to,
            "short_choice",
            "store_manager",
            order=order,
            work=source.id,
            sku=line.sku,
            quantity=units,
            body=choice,
        )
        tx.tell(
            Event(
                "fulfillment.short", order,
                {"line": line.order_line, "sku": line.sku, "quantity": units, "reason": "not_found", "until": until},
                to, source.id,
            )
        )  # fmt: skip
    if lost:
        await _left_source(tx, source, lost)
        await keep_progress(tx, order)


async def end_carried(tx: Tx, work: Work) -> None:
    """The customer's units are not wanted any more, and nothing has left: nor is the transfer."""
    found = await sql.find_of_work(tx, work.id)
    if found is not None:
        transfer = await sql.lock(tx, found)
        if transfer.status is TransferStatus.CREATED:
            await sql.advance(tx, transfer, transfer.after(TransferAction.CANCEL))
            tx.tell(Event("transfer.canceled", transfer.id, {}, transfer.from_location))


async def carry_again(tx: Tx, work: Work) -> None:
    """What was missing of a work that had ended for it was found: it travels as it was to, its transfer stands again."""
    found = await sql.find_of_work(tx, work.id)
    if found is not None:
        transfer = await sql.lock(tx, found)
        if transfer.status is TransferStatus.CANCELED:
            await sql.resume(tx, transfer, transfer.after(TransferAction.RESUME))
            tx.tell(
                Event(
                    "transfer.created",
                    transfer.id,
                    {"to": transfer.to_location, "units": sum(map(live, work.lines))},
                    transfer.from_location,
                )
            )
