"""Goods are to go from one place to another: promised at the source at once, free again when nobody wants them any more."""

from datetime import datetime

from comptoir.flows.lock_transfer import lock_transfer, needs_end
from comptoir.fulfillment import sql as work_sql
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, Invalid, NotFound
from comptoir.stock import feed_sql, promise
from comptoir.stock import sql as stock_sql
from comptoir.stock.model import Fact, Movement
from comptoir.transfers import handling, sql
from comptoir.transfers.lifecycle import Action
from comptoir.transfers.model import CancelTransfer, CreateTransfer, TransferTold, told


async def create_transfer(tx: Tx, command: CreateTransfer, actor: Actor, now: datetime) -> TransferTold:
    """For managers of the source and keys with `stock:write`. The whole of it is promised, or nothing.

    NotFound `unknown_location`, `unknown_sku`; Conflict `place_closed`; Invalid `same_place`; Shortage for the first article that is too few.
    """
    actor.needs("store_manager", "regional_manager", "head_office", "integrator", "system")
    asked = handling.create(command.lines)
    known = await feed_sql.find_known(tx, actor, asked, (), [command.from_])
    there = await tx.row("SELECT closed_at FROM location WHERE id = $1", command.to)
    if command.from_ not in known.locations or not there:
        raise NotFound("unknown_location", location=command.to if command.from_ in known.locations else command.from_)
    if there["closed_at"] is not None:
        raise Conflict("place_closed", location=command.to)
    if command.from_ == command.to:
        raise Invalid("same_place", location=command.to)
    if strangers := sorted(asked.keys() - known.skus):
        raise NotFound("unknown_sku", sku=strangers[0])
    levels = await stock_sql.lock(tx, [(sku, command.from_) for sku in asked])
    rows, movements = [], []
    number = await sql.insert(tx, command.id, command.from_, command.to, command.reason, command.note)
    for line, (sku, units) in enumerate(asked.items(), 1):
        level = levels.get((sku, command.from_))
        if level is None:
            raise promise.Shortage(sku=sku, location=command.from_, wanted=units, available=0)
        taken = promise.reserve(level, units, now)
        rows.append((line, sku, units, taken.available_when_promised, units, 0, 0, None))
        movements.append(Movement(sku, command.from_, Fact.RESERVE, reserved=units, reason=number))
    await sql.insert_lines(tx, command.id, rows)
    await stock_sql.post(tx, movements)
    tx.touched |= {command.from_, command.to}
    tx.tell(Event("transfer.created", command.id, {"to": command.to, "units": sum(asked.values())}, command.from_))
    return told(await sql.lock(tx, command.id))


async def cancel_transfer(tx: Tx, command: CancelTransfer, actor: Actor, now: datetime) -> TransferTold:
    """Before it has left: what lies on its shelf is free, what was picked is carried back. Conflict `not_now`, `carries_order`."""
    actor.needs("store_manager", "regional_manager", "head_office", "integrator", "system")
    transfer = (await lock_transfer(tx, command.transfer, actor)).transfer
    needs_end(actor, transfer.from_location)
    moved = handling.cancel(transfer)
    await sql.move_units(tx, transfer.id, moved)
    movements = []
    for move in moved:
        if move.source == "reserved":
            movements.append(
                Movement(
                    move.line.sku, transfer.from_location, Fact.RELEASE, reserved=-move.units, reason=transfer.number
                )
            )
        else:
            await work_sql.insert_put_back(
                tx,
                transfer.from_location,
                move.line.sku,
                move.units,
                "transfer_canceled",
                promised=True,
                cause=transfer.id,
            )
    await stock_sql.post(tx, movements)
    await sql.advance(tx, transfer, transfer.after(Action.CANCEL))
    tx.tell(Event("transfer.canceled", transfer.id, {}, transfer.from_location))
    return told(await sql.lock(tx, transfer.id))
