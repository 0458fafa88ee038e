"""While a recall is open: orders that wait for the article lose it, transfers give it up, whoever has it is told once, and where more of it
has come it is looked for again. Run by the worker, bounded.

Each order is its own transaction, locked as everybody locks it. What slipped through beside the opening (an order, a hand-over, an
offline pick) is found by the next run: nothing here counts on having been first.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import UUID

from comptoir.flows.cancel_order import cancel_order
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.lifecycles import LIVE, Status
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import Event, Tx, borrowed, in_transaction
from comptoir.kit.errors import Refusal
from comptoir.kit.ids import new_id
from comptoir.orders import sql as orders_sql
from comptoir.orders.canceling import RECALLED, stoppable
from comptoir.orders.model import CancelOrder, LineQuantity
from comptoir.shipping import manifest_sql
from comptoir.shipping import sql as shipping_sql
from comptoir.stock import recalling_sql as sql
from comptoir.stock import sql as stock_sql
from comptoir.stock.model import Fact, Movement
from comptoir.stock.recalling import Recall
from comptoir.transfers import handling
from comptoir.transfers import sql as transfers_sql
from comptoir.transfers.lifecycle import Action

if TYPE_CHECKING:
    from comptoir.house import House

IN_PARCEL: Final = "recall_in_parcel"
AT_ONCE = 50
TOLD_AT_ONCE = 200
LATE = timedelta(minutes=15)
"""A line of the ledger that was begun before another may be committed after it: so far back is looked every time."""


async def stop_recalled(house: "House") -> int:
    """One round for every open recall. How many orders and transfers were stopped, places asked again, and customers told."""
    now, done = house.clock(), 0
    async with borrowed(house.pool) as connection:
        recalls = await sql.list_open(connection)
        orders = [(one, order) for one in recalls for order in await sql.to_stop(connection, one, AT_ONCE)]
        transfers = [(one, each) for one in recalls for each in await sql.transfers_to_stop(connection, one, AT_ONCE)]
    steps = [partial(stop_order, recall=recall, order=order, now=now) for recall, order in orders]
    steps += [partial(give_up, recall=recall, transfer=transfer) for recall, transfer in transfers]
    steps += [partial(step, recall=recall) for recall in recalls for step in (ask_again, tell_customers)]
    for step in steps:
        done += await in_transaction(house.pool, SYSTEM.who, now, step)
    return done


async def stop_order(tx: Tx, recall: Recall, order: UUID, now: datetime) -> int:
    """What has not left of the article leaves the order, its price is to be given back, what was picked or lies in a bag is to be set apart.

    What lies in a parcel with a label stays the manager's case: the label is thrown away first. 1, or 0 when nothing was left to stop.
    """
    await orders_sql.lock(tx, order)
    works = await work_sql.lock_of_order(tx, order, None)
    needs = await orders_sql.requirements(tx, order)
    waits = {(line.order_line, line.part): 0 for work in works for line in work.lines}
    for work in works:
        coming = work.kind == "transfer" and work.status is Status.IN_TRANSIT
        for line in work.lines:
            if line.sku == recall.sku and (work.status in LIVE or coming):
                waits[line.order_line, line.part] += (
                    line.reserved + line.picked + line.staged + (line.in_transit if coming else 0)
                )
    left = [
        (need["line"], need["part"], need["quantity"], need["canceled"],
         need["unsourced"] + need["held"] + waits.get((need["line"], need["part"]), 0) if need["sku"] == recall.sku else 0)
        for need in needs
    ]  # fmt: skip
    wanted, whole = stoppable(left, await orders_sql.ordered(tx, order))
    if not wanted:
        return 0
    lines = () if whole else tuple(LineQuantity(line, units) for line, units in wanted.items())
    told = len(tx.events)
    try:
        async with tx.connection.transaction():
            await cancel_order(tx, CancelOrder(new_id(), order, RECALLED, lines), SYSTEM, now)
    except Refusal:
        # Nothing of it can be taken out without a person: what follows says where.
        del tx.events[told:]
    for work in await work_sql.lock_of_order(tx, order, None):
        units = (
            sum(line.picked + line.staged for line in work.lines if line.sku == recall.sku)
            if work.status in LIVE
            else 0
        )
        if units and not await work_sql.is_told(tx, work.id, IN_PARCEL, recall.sku):
            for parcel in await shipping_sql.lock_parcels(tx, work.id):
                await manifest_sql.take_off(tx, work.location, parcel.id)
            await work_sql.insert_exception(
                tx, work.location, IN_PARCEL, "store_manager", order=order, work=work.id, sku=recall.sku, quantity=units,
                body={"recall": recall.id, "number": recall.number},
            )  # fmt: skip
    return 1


async def give_up(tx: Tx, recall: Recall, transfer: UUID) -> int:
    """Units of the article stay where they are, those that were picked are to be set apart; what else the transfer carries goes on."""
    found = await transfers_sql.lock(tx, transfer)
    moves = handling.give_up(found, recall.sku)
    if not moves:
        return 0
    await transfers_sql.move_units(tx, transfer, moves)
    for move in moves:
        if move.source == "reserved":
            await stock_sql.post(
                tx, [Movement(recall.sku, found.from_location, Fact.RELEASE, reserved=-move.units, reason=found.number)]
            )
        else:
            await work_sql.insert_put_back(
                tx, found.from_location, recall.sku, move.units, "transfer_canceled", promised=True, cause=transfer
            )
    found = await transfers_sql.lock(tx, transfer)
    if not found.total("reserved") + found.total("picked"):
        await transfers_sql.advance(tx, found, found.after(Action.CANCEL))
        tx.tell(Event("transfer.canceled", transfer, {}, found.from_location))
    tx.touched |= {found.from_location, found.to_location}
    return 1


async def ask_again(tx: Tx, recall: Recall) -> int:
    """Goods of it came to a place that had looked, or that never had any: a transfer, a delivery, a till that took one back."""
    if (await sql.hold_open(tx, recall.id)).status != "open":
        return 0
    asked = await sql.ask_again(tx, recall)
    tx.touched.update(asked)
    return len(asked)


async def tell_customers(tx: Tx, recall: Recall) -> int:
    """Whoever has the article is found and told, each customer once, however many orders they made."""
    looked = await sql.look_on(tx, recall.id)
    if looked is None:
        return 0
    await sql.note_orders(tx, recall, looked - LATE)
    orders = await sql.take_untold(tx, recall.id, TOLD_AT_ONCE)
    tx.tell(*(Event("customer.recall_due", order, {"recall": recall.id, "number": recall.number}) for order in orders))
    return len(orders)
