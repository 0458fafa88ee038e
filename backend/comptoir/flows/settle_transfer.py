"""Units that a transfer lost on its way are accounted for: found there, gone for good, or never sent."""

from collections.abc import Mapping
from datetime import datetime

from comptoir.flows.lock_transfer import lock_transfer, needs_end
from comptoir.flows.tell_transfer import end_case
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict
from comptoir.kit.runner import Flow
from comptoir.stock import counting_sql, feed_sql
from comptoir.stock import sql as stock_sql
from comptoir.stock.model import transfer_missing
from comptoir.transfers import handling, sql
from comptoir.transfers.model import CountSource, SettleTransfer, TransferTold, told


async def settle_transfer(tx: Tx, command: SettleTransfer, actor: Actor, now: datetime) -> TransferTold:
    """For managers and keys that reach the place whose stock it changes; that units are lost, either end may say.

    `found` puts them on hand where they went, `stayed` where they came from, `lost` nowhere: they were counted away when
    receiving ended. NotFound `transfer_not_found`; Conflict `not_now`; Invalid `more_than_missing`.
    """
    actor.needs("store_manager", "regional_manager", "head_office", "integrator", "system")
    transfer = (await lock_transfer(tx, command.transfer, actor)).transfer
    place = transfer.from_location if command.kind == "stayed" else transfer.to_location
    if command.kind != "lost":
        needs_end(actor, place)
    moved = handling.settle(transfer, command.sku, command.kind, command.units)
    await sql.move_units(tx, transfer.id, moved)
    if command.kind != "lost":
        await feed_sql.lock_rows(tx, [(command.sku, place)])
        await stock_sql.post(tx, [transfer_missing(command.sku, place, -command.units, transfer.number)])
    await sql.insert_settlement(tx, command)
    after = await sql.lock(tx, transfer.id)
    if not sum(line.missing for line in after.of(command.sku)):
        await end_case(
            tx, transfer, "transfer_short", command.sku, "goods_lost" if command.kind == "lost" else "put_right"
        )
    tx.touched |= {transfer.from_location, transfer.to_location}
    facts = {"sku": command.sku, "kind": command.kind, "units": command.units}
    tx.tell(Event("transfer.settled", transfer.id, facts, place))
    return told(after)


async def count_source(tx: Tx, command: CountSource, actor: Actor, now: datetime) -> TransferTold:
    """For managers and keys that reach the source: a count there says what really left, and its difference is the stock effect.

    NotFound `transfer_not_found`; Conflict `nothing_over`.
    """
    actor.needs("store_manager", "regional_manager", "head_office", "integrator", "system")
    transfer = (await lock_transfer(tx, command.transfer, actor)).transfer
    needs_end(actor, transfer.from_location)
    if not sum(line.over for line in transfer.of(command.sku)):
        raise Conflict("nothing_over", sku=command.sku)
    await counting_sql.ask(tx, transfer.from_location, command.sku, "transfer_over", actor.who, now)
    await end_case(tx, transfer, "transfer_over", command.sku, "put_right")
    tx.touched.add(transfer.from_location)
    return told(transfer)


FLOWS: Mapping[type, Flow] = {SettleTransfer: settle_transfer, CountSource: count_source}
