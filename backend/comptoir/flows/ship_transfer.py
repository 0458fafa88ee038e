"""The source lays goods to a transfer, scan by scan, and lets it go: from then on they are in no place's figures."""

from datetime import datetime

from comptoir.catalog.queries import find_cautions
from comptoir.flows.bring_to_store import leave
from comptoir.flows.lock_transfer import lock_transfer, needs_end
from comptoir.flows.receive_transfer import carton_of
from comptoir.flows.tell_misfit import article_of
from comptoir.flows.tell_transfer import tell_case, tell_misfit
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.model import Outcome, PickForTransfer
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.stock import counting_sql
from comptoir.stock import sql as stock_sql
from comptoir.stock.model import Fact, Movement, transfer_shipped
from comptoir.transfers import handling, sql
from comptoir.transfers.handling import Moved
from comptoir.transfers.lifecycle import Action
from comptoir.transfers.model import ShipTransfer, Transfer, TransferTold, told


async def pick_for_transfer_reported(tx: Tx, report: PickForTransfer, actor: Actor, at: datetime) -> Outcome:
    """Count a scan, or take it back. What the transfer does not ask for is to be carried back."""
    transfer = (await lock_transfer(tx, report.transfer, actor)).transfer
    needs_end(actor, transfer.from_location)
    sku = report.sku or await article_of(tx, report.code)
    if sku is None:
        return await tell_misfit(tx, transfer, transfer.from_location, "unknown_in_transfer", report, actor, at)
    handled = handling.pick_reported(transfer, sku, report.quantity)
    await lay(tx, transfer, handled.moved, at)
    if handled.problem == "transfer_left":
        await tell_misfit(tx, transfer, transfer.from_location, "transfer_left", report, actor, at, sku)
    elif handled.surplus:
        await work_sql.insert_put_back(
            tx, transfer.from_location, sku, handled.surplus, "more_than_needed", promised=False, cause=transfer.id
        )
    counted = handled.units if report.quantity > 0 else -handled.units
    if report.carton.strip() and counted:
        await sql.add_to_carton(tx, transfer.id, carton_of(report.carton), sku, counted, 0)
    problem = handled.problem
    if handled.units and report.quantity > 0 and sku in (await find_cautions(tx.connection, [sku]))[1]:
        # It is in hand and counted; whether it may travel is not for the hands to say.
        problem = "recalled"
        await tell_case(tx, transfer, transfer.from_location, problem, sku, handled.units, {"who": actor.who, "at": at})
    tx.touched.add(transfer.from_location)
    facts = {"transfer": transfer.id, "sku": sku, "counted": sum(line.picked for line in transfer.of(sku)) + counted}  # fmt: skip
    return Outcome("applied_with_exception" if problem else "applied", problem, None, facts)


async def lay(tx: Tx, transfer: Transfer, moved: tuple[Moved, ...], at: datetime) -> None:
    """Units come off their shelf for it, or go back."""
    await sql.move_units(tx, transfer.id, moved)
    await stock_sql.post(
        tx,
        [
            Movement(
                move.line.sku, transfer.from_location, Fact.PICK if move.to == "picked" else Fact.PICK_UNDONE,
                set_aside=move.units if move.to == "picked" else -move.units, reason=transfer.number, happened_at=at,
            )
            for move in moved
        ],
    )  # fmt: skip


async def ship_transfer(tx: Tx, command: ShipTransfer, actor: Actor, now: datetime) -> TransferTold:
    """What was picked leaves; what was not is free again, and its shelf is counted.

    Conflict `not_now`, `nothing_to_ship`, `still_to_pick`; Invalid `more_than_asked`.
    """
    locked = await lock_transfer(tx, command.transfer, actor)
    transfer = locked.transfer
    needs_end(actor, transfer.from_location)
    if locked.source is not None:
        moved = await leave(tx, transfer, locked.source, now)
    else:
        if command.lines:
            await lay(tx, transfer, handling.pick_exactly(transfer, command.lines), now)
            transfer = await sql.lock(tx, transfer.id)
        moved = handling.ship(transfer)
        await sql.move_units(tx, transfer.id, moved)
    await stock_sql.post(tx, [_left(transfer, move) for move in moved])
    for move in moved:
        if move.to == "released":
            # It was promised and nobody laid it there: what that shelf looks like is worth a look.
            await counting_sql.ask(tx, transfer.from_location, move.line.sku, "short", actor.who, now)
    await sql.advance(tx, transfer, transfer.after(Action.SHIP))
    units = sum(move.units for move in moved if move.to == "in_transit")
    tx.tell(
        Event("transfer.shipped", transfer.id, {"to": transfer.to_location, "units": units}, transfer.from_location)
    )
    return told(await sql.lock(tx, transfer.id))


def _left(transfer: Transfer, move: Moved) -> Movement:
    of = (move.line.sku, transfer.from_location, move.units)
    if move.to == "released":
        return Movement(*of[:2], Fact.RELEASE, reserved=-move.units, reason=transfer.number)
    return transfer_shipped(*of, transfer.number, order_id=transfer.order, work=transfer.work)
