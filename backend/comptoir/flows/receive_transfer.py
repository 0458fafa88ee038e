"""Goods come in by scan. The world happened: what was not awaited is counted too, and what is missing is told at the end."""

from datetime import datetime
from uuid import UUID

from comptoir.flows.bring_to_store import arrive, give_up
from comptoir.flows.lock_transfer import Locked, lock_transfer, needs_end
from comptoir.flows.tell_misfit import article_of
from comptoir.flows.tell_transfer import tell_case, tell_misfit
from comptoir.fulfillment.model import Outcome, Receive
from comptoir.kit.actor import Actor
from comptoir.kit.codes import parse
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import NotFound
from comptoir.stock import feed_sql
from comptoir.stock import sql as stock_sql
from comptoir.stock.events import over_promised
from comptoir.stock.model import came_damaged, transfer_missing, transfer_over, transfer_received
from comptoir.transfers import handling, sql
from comptoir.transfers.handling import Handled
from comptoir.transfers.lifecycle import TO_RECEIVE, Action
from comptoir.transfers.model import ReceiveTransfer, TransferTold, told


async def receive_reported(tx: Tx, report: Receive, actor: Actor, at: datetime) -> Outcome:
    """Count a scan, many units at once, or a correction. Exception `unknown_in_transfer` for a code that we do not sell."""
    assert report.transfer is not None
    locked = await lock_transfer(tx, report.transfer, actor)
    transfer = locked.transfer
    needs_end(actor, transfer.to_location)
    sku = report.sku or await article_of(tx, report.code)
    known = sku and await tx.row("SELECT name, variant, deciding FROM sku WHERE sku = $1", sku)
    if sku is None or not known:
        return await tell_misfit(tx, transfer, transfer.to_location, "unknown_in_transfer", report, actor, at)
    handled = await take_in(tx, locked, sku, report.quantity, actor, at, damaged=report.damaged)
    if handled.problem:
        await tell_misfit(tx, transfer, transfer.to_location, handled.problem, report, actor, at, sku)
    arrived = handled.units if report.quantity > 0 else -handled.units
    counted = sum(line.received + line.over + line.damaged for line in transfer.of(sku)) + arrived + handled.surplus
    damaged = sum(line.damaged for line in transfer.of(sku)) + (arrived if report.damaged else 0)
    of_carton: dict[str, object] = {}
    if carton := carton_of(report.carton):
        _, taken = await sql.add_to_carton(tx, transfer.id, carton, sku, 0, arrived + handled.surplus)
        of_carton = {"carton": carton, "taken": taken}
    facts = {"transfer": transfer.id, "sku": sku, "counted": counted, "damaged": damaged, "over": handled.surplus, "name": known["name"],
             "more": " ".join(part for part in (known["variant"], known["deciding"]) if part)}  # fmt: skip
    return Outcome("applied_with_exception" if handled.problem else "applied", handled.problem, None, facts | of_carton)


async def take_in(
    tx: Tx, locked: Locked, sku: str, units: int, actor: Actor, at: datetime, *, damaged: bool = False
) -> Handled:
    """Move the units and post what that does to the stock; a customer's become pickup work here, or are missing if they came damaged."""
    transfer = locked.transfer
    handled = handling.receive_reported(transfer, sku, units, damaged=damaged)
    to, number = transfer.to_location, transfer.number
    await sql.move_units(tx, transfer.id, handled.moved)
    if handled.surplus:
        await sql.add_over(tx, transfer, sku, handled.surplus)
    came = handled.units if units > 0 else -handled.units
    movements = []
    if came:
        # Of a closed transfer it had been taken in with the papers and counted away again: only the latter was wrong.
        movements.append(
            transfer_received(sku, to, came, number, happened_at=at) if transfer.status in TO_RECEIVE
            else transfer_missing(sku, to, -came, number, happened_at=at)
        )  # fmt: skip
    if handled.surplus:
        movements.append(transfer_over(sku, to, handled.surplus, number, happened_at=at))
    if damaged and came + handled.surplus:
        movements.append(came_damaged(sku, to, came + handled.surplus, number, happened_at=at))
    levels = await feed_sql.lock_rows(tx, [(sku, to)])
    await stock_sql.post(tx, movements)
    tx.tell(*over_promised(levels, movements))
    if transfer.status in TO_RECEIVE:
        await sql.advance(tx, transfer, transfer.after(Action.RECEIVE))
        if locked.source is not None and units > 0:
            await (give_up if damaged else arrive)(tx, locked, handled.moved, at)
    tx.touched.add(to)
    return handled


async def receive_transfer(tx: Tx, command: ReceiveTransfer, actor: Actor, now: datetime) -> TransferTold:
    """What has come, and whether that is all: then what is missing is counted away, and the manager hears of every difference.

    NotFound `transfer_not_found`, `unknown_sku`; Conflict `not_now` when it is not on its way.
    """
    locked = await lock_transfer(tx, command.transfer, actor)
    needs_end(actor, locked.transfer.to_location)
    locked.transfer.after(Action.RECEIVE if command.lines else Action.CLOSE)
    for came in sorted(command.lines, key=lambda came: came.sku):
        if not await tx.value("SELECT true FROM sku WHERE sku = $1", came.sku):
            raise NotFound("unknown_sku", sku=came.sku)
        for units, damaged in ((came.quantity, False), (came.damaged, True)):
            if units:
                await take_in(tx, locked, came.sku, units, actor, now, damaged=damaged)
                locked = await lock_transfer(tx, command.transfer, actor)
    if command.close:
        await close(tx, locked, actor, now)
    return told(await sql.lock(tx, command.transfer))


async def close(tx: Tx, locked: Locked, actor: Actor, now: datetime) -> UUID:
    """The end of receiving: two ledger lines say where the missing units were lost, a case for the manager that they were."""
    transfer = locked.transfer
    to, number = transfer.to_location, transfer.number
    status = transfer.after(Action.CLOSE)
    gone = handling.close(transfer)
    await sql.move_units(tx, transfer.id, gone)
    if locked.source is not None:
        await give_up(tx, locked, gone, now)
    movements = [
        line(move.line.sku, to, move.units, number) for move in gone for line in (transfer_received, transfer_missing)
    ]
    await stock_sql.post(tx, movements)
    said = {"who": actor.who, "at": now, "from": transfer.from_location}
    for line in transfer.lines:
        if line.damaged:
            await tell_case(tx, transfer, to, "transfer_damaged", line.sku, line.damaged, said)
    for move in gone:
        await tell_case(tx, transfer, to, "transfer_short", move.line.sku, move.units, said)
    for line in transfer.lines:
        if line.over:
            await tell_case(tx, transfer, to, "transfer_over", line.sku, line.over, said)
    await sql.advance(tx, transfer, status)
    differs = {"missing": sum(move.units for move in gone), "over": transfer.total("over"), "damaged": transfer.total("damaged")}  # fmt: skip
    tx.tell(Event("transfer.closed", transfer.id, differs, to))
    return transfer.id


def carton_of(scanned: str) -> str:
    """A carton's label in its one spelling: 18 digits of an SSCC, or as it was printed."""
    text = scanned.strip()
    found = parse(text)
    return found.code if found.kind == "sscc" else text[:64]
