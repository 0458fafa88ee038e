"""A supplier is to bring goods: ordered by page, file or ERP, announced carton by carton, not awaited any more; how a place counts."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from comptoir.kit.actor import Actor, Role
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, Invalid, NotFound
from comptoir.kit.ids import new_id
from comptoir.kit.runner import Flow
from comptoir.network import places_sql
from comptoir.receiving import counting, imports, sql
from comptoir.receiving.imports import ImportPurchases, PurchasesImported
from comptoir.receiving.lifecycle import Action
from comptoir.receiving.model import (
    Announced,
    AnnounceGoods,
    BlindSet,
    CancelPurchase,
    CountBlind,
    OrderGoods,
    PurchaseTold,
    Wish,
    told,
)
from comptoir.staff.sql import insert_audit
from comptoir.stock import feed_sql

BUYERS: tuple[Role, ...] = ("store_manager", "regional_manager", "head_office", "integrator", "system")


async def order_goods(tx: Tx, command: OrderGoods, actor: Actor, now: datetime) -> PurchaseTold:
    """For managers of the place and keys; on a handheld an associate may open a delivery that nobody announced, which has no lines.

    NotFound `unknown_location`, `unknown_sku`; Conflict `place_closed`, `number_known`.
    """
    if command.lines:
        actor.needs(*BUYERS)
    else:
        actor.needs("associate", *BUYERS)
    await check_known(tx, actor, command.location, (wish.sku for wish in command.lines))
    if await places_sql.is_closed(tx, command.location):
        raise Conflict("place_closed", location=command.location)
    if command.number is not None and await sql.known_numbers(tx, [command.number]):
        raise Conflict("number_known", number=command.number)
    return await make(tx, command, actor)


async def check_known(tx: Tx, actor: Actor, location: str, skus: Iterable[str]) -> None:
    """NotFound `unknown_location` for a place that is not the actor's, `unknown_sku`."""
    asked = set(skus)
    known = await feed_sql.find_known(tx, actor, asked, (), [location])
    if location not in known.locations:
        raise NotFound("unknown_location", location=location)
    if strangers := sorted(asked - known.skus):
        raise NotFound("unknown_sku", sku=strangers[0])


async def make(tx: Tx, command: OrderGoods, actor: Actor) -> PurchaseTold:
    """Write it and say so."""
    asked = counting.merge(command.lines)
    await sql.insert(tx, command, asked)
    tx.touched.add(command.location)
    tx.tell(Event("receiving.ordered", command.id, {"units": sum(asked.values())}, command.location))
    return told(await sql.lock(tx, command.id, actor))


async def import_purchases(tx: Tx, command: ImportPurchases, actor: Actor, now: datetime) -> PurchasesImported:
    """All orders of the file, or nothing: Invalid `bad_rows` names lines."""
    actor.needs(*BUYERS)
    rows = command.rows
    known = await feed_sql.find_known(
        tx, actor, (row.sku for row in rows if row.sku), (imports.spelled(row.barcode) for row in rows if row.barcode),
        (row.location for row in rows),
    )  # fmt: skip
    numbers = await sql.known_numbers(tx, (row.number for row in rows))
    orders, faults = imports.group(rows, known.skus, known.barcodes, known.locations, numbers)
    closed = {place for place in known.locations if await places_sql.is_closed(tx, place)}
    faults += [imports.Fault(row.line, "place_closed", row.location) for row in rows if row.location in closed]
    imports.refuse(faults)
    if not orders:
        raise Invalid("bad_rows", count=0, rows=[])
    units = 0
    for number, lines in orders.items():
        first = lines[0][0]
        wishes = tuple(Wish(sku, row.quantity) for row, sku in lines)
        made = OrderGoods(
            new_id(), first.location, first.supplier, wishes, number, first.expected_on, first.delivery_note
        )
        units += (await make(tx, made, actor)).ordered
    return PurchasesImported(len(orders), units)


async def announce_goods(tx: Tx, command: AnnounceGoods, actor: Actor, now: datetime) -> Announced:
    """Cartons of an order that is awaited. NotFound `purchase_not_found`, `unknown_sku`; Conflict `not_now`, `number_known`; Invalid `carton_twice`."""
    actor.needs(*BUYERS)
    purchase = await sql.lock(tx, command.purchase, actor)
    purchase.after(Action.END)
    rows = counting.unpack(command.cartons)
    await check_known(tx, actor, purchase.location, (sku for _, sku, _ in rows))
    if not await sql.insert_asn(tx, command.id, purchase, command.number, command.expected_on):
        raise Conflict("number_known", number=command.number)
    await sql.CARTONS.insert(tx, [(command.id, *row) for row in rows])
    units = sum(row[2] for row in rows)
    tx.touched.add(purchase.location)
    tx.tell(
        Event("receiving.announced", purchase.id, {"cartons": len(command.cartons), "units": units}, purchase.location)
    )
    return Announced(command.id, purchase.id, len(command.cartons), units)


async def cancel_purchase(tx: Tx, command: CancelPurchase, actor: Actor, now: datetime) -> PurchaseTold:
    """While nothing of it has come. NotFound `purchase_not_found`; Conflict `not_now`."""
    actor.needs(*BUYERS)
    purchase = await sql.lock(tx, command.purchase, actor)
    await sql.advance(tx, purchase, purchase.after(Action.CANCEL))
    tx.tell(Event("receiving.canceled", purchase.id, {}, purchase.location))
    return told(await sql.lock(tx, purchase.id, actor))


async def count_blind(tx: Tx, command: CountBlind, actor: Actor, now: datetime) -> BlindSet:
    """Whether hands there see what is expected while they count. NotFound `unknown_location`."""
    actor.needs("store_manager", "regional_manager", "head_office", "system")
    await check_known(tx, actor, command.location, ())
    await sql.put_rule(tx, command.location, command.blind)
    await insert_audit(tx, actor, "receiving.rule", command.location, command.location, blind=command.blind)
    return BlindSet(command.location, command.blind)


FLOWS: Mapping[type, Flow] = {
    OrderGoods: order_goods,
    ImportPurchases: import_purchases,
    AnnounceGoods: announce_goods,
    CancelPurchase: cancel_purchase,
    CountBlind: count_blind,
}
