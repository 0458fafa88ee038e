"""A supplier's goods come in, scan by scan. The world happened: whatever came is counted, and where it differs somebody decides."""

from collections.abc import Mapping
from datetime import datetime

from comptoir.flows.receive_transfer import carton_of
from comptoir.flows.tell_misfit import article_of
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.model import Outcome, Receive
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, NotFound
from comptoir.kit.runner import Flow
from comptoir.receiving import counting, sql
from comptoir.receiving.lifecycle import AWAITED, Action, Status
from comptoir.receiving.model import (
    Decided,
    DecideDifference,
    Photographed,
    Purchase,
    PurchaseTold,
    TakeGoodsPhoto,
    TakeInGoods,
    told,
)
from comptoir.stock import counting_sql, feed_sql
from comptoir.stock import sql as stock_sql
from comptoir.stock.events import over_promised
from comptoir.stock.model import goods_received


async def receive_goods_reported(tx: Tx, report: Receive, actor: Actor, at: datetime) -> Outcome:
    """Count a scan, many units at once, or a correction. Exception `unknown_at_receiving` for a code of nothing we sell."""
    assert report.purchase is not None
    purchase = await sql.lock(tx, report.purchase, actor)
    sku = report.sku or await article_of(tx, report.code)
    known = sku and await tx.row("SELECT name, variant, deciding FROM sku WHERE sku = $1", sku)
    if sku is None or not known:
        receipt = await sql.receipt_of(tx, purchase)
        await sql.advance(tx, purchase, purchase.after(Action.RECEIVE))
        units = max(1, report.quantity)
        await sql.insert_difference(tx, receipt, "unknown_code", None, units, (report.sku or report.code)[:64] or "–")
        return Outcome("applied_with_exception", "unknown_at_receiving", None, {"purchase": purchase.id, "sku": None})
    carton = carton_of(report.carton)
    done = await take_in(tx, purchase, sku, report.quantity, report.damaged, carton, at)
    line = (await sql.lock(tx, purchase.id, actor)).line(sku) or counting.blank(purchase, sku)
    facts = {
        "purchase": purchase.id, "sku": sku, "counted": line.counted, "damaged": line.damaged, "over": line.over,
        "name": known["name"], "more": " ".join(part for part in (known["variant"], known["deciding"]) if part),
    }  # fmt: skip
    if carton:
        facts |= {"carton": carton, "taken": await sql.counted_of_carton(tx, purchase.id, carton, sku)}
    return Outcome("applied_with_exception" if done.problem else "applied", done.problem, None, facts)


async def take_in(
    tx: Tx, purchase: Purchase, sku: str, units: int, damaged: bool, carton: str, at: datetime
) -> counting.Counted:
    """Put the units into the books: one entry, one ledger line of the same id; the order is being received from now on."""
    there = await sql.counted_in(tx, purchase.id, sku, damaged) if units < 0 else 0
    counted = counting.count(purchase.status, there, units)
    if counted.problem == "correction_too_late":
        # The delivery that counted it has ended, or nobody counted it: no figure changes, and somebody looks.
        said = {"purchase": purchase.id, "number": purchase.number, "who": tx.who, "at": at}
        await work_sql.insert_exception(
            tx, purchase.location, "correction_too_late", "store_manager", sku=sku, quantity=-units + counted.units, body=said
        )  # fmt: skip
    if counted.units:
        receipt = await sql.receipt_of(tx, purchase)
        made = await sql.insert_entry(tx, receipt, sku, counted.units, damaged, carton, at)
        movement = goods_received(
            sku, purchase.location, counted.units, receipt.number, made, damaged=damaged, happened_at=at
        )
        levels = await feed_sql.lock_rows(tx, [(sku, purchase.location)])
        await stock_sql.post(tx, [movement])
        tx.tell(*over_promised(levels, [movement]))
        if counted.problem == "goods_not_awaited":
            await sql.insert_difference(tx, receipt, "not_awaited", sku, counted.units, None)
        await sql.advance(tx, purchase, purchase.after(Action.RECEIVE))
    return counted


async def take_in_goods(tx: Tx, command: TakeInGoods, actor: Actor, now: datetime) -> PurchaseTold:
    """What has come, and whether that is this delivery, or all of it.

    NotFound `purchase_not_found`, `unknown_sku`; Conflict `not_now` once it has ended, `nothing_received`.
    """
    purchase = await sql.lock(tx, command.purchase, actor)
    if purchase.status not in AWAITED:
        raise Conflict("not_now", lifecycle="purchase", state=purchase.status.value, action=Action.RECEIVE.value)
    for came in sorted(command.lines, key=lambda came: came.sku):
        if not await tx.value("SELECT true FROM sku WHERE sku = $1", came.sku):
            raise NotFound("unknown_sku", sku=came.sku)
        for units, damaged in ((came.quantity, False), (came.damaged, True)):
            if units:
                await take_in(tx, purchase, came.sku, units, damaged, "", now)
                purchase = await sql.lock(tx, command.purchase, actor)
    number = None
    if command.close or command.last:
        number = await close(tx, purchase, command.last)
        purchase = await sql.lock(tx, command.purchase, actor)
    return told(purchase, number)


async def close(tx: Tx, purchase: Purchase, last: bool) -> str:
    """The delivery's end: what differs goes to the list; with `last` what is missing too, and the order has ended."""
    if not last and purchase.status is not Status.RECEIVING:
        raise Conflict("nothing_received", number=purchase.number)
    receipt = await sql.receipt_of(tx, purchase)
    known = await sql.told_before(tx, purchase.id)
    if not last:
        # What was missing at an earlier end is still said to be.
        known = {key: units for key, units in known.items() if key[0] != "short"}
    new = counting.changes(counting.differences(purchase, last=last), known)
    for each in new:
        if each.units > 0:
            await sql.insert_difference(tx, receipt, each.kind, each.sku, each.units, None)
        else:
            await sql.lower_differences(tx, purchase.id, each)
    await sql.close_receipt(tx, receipt, last)
    await sql.advance(tx, purchase, purchase.after(Action.END) if last else purchase.status)
    tx.touched.add(purchase.location)
    facts = {
        "receipt": receipt.number, "good": purchase.total("good"), "damaged": purchase.total("damaged"),
        "over": purchase.total("over"), "short": purchase.total("short"), "last": last,
    }  # fmt: skip
    tx.tell(Event("receiving.received", purchase.id, facts, purchase.location))
    return receipt.number


async def decide_difference(tx: Tx, command: DecideDifference, actor: Actor, now: datetime) -> Decided:
    """For managers and keys. NotFound `difference_not_found`; Conflict `difference_decided`; Invalid `nothing_to_count`."""
    actor.needs("store_manager", "regional_manager", "head_office", "integrator", "system")
    found = await sql.lock_difference(tx, command.difference, actor)
    status = counting.decide(found.status, found.kind, command.decision)
    if status == "recount" and found.sku:
        await counting_sql.ask(tx, found.location, found.sku, "receiving", actor.who, now)
    await sql.decide(tx, found.id, status, command.note)
    tx.touched.add(found.location)
    facts = {"difference": found.id, "kind": found.kind, "sku": found.sku, "units": found.units, "status": status}
    tx.tell(Event("receiving.decided", found.purchase, facts, found.location))
    return Decided(found.id, status)


async def take_goods_photo(tx: Tx, command: TakeGoodsPhoto, actor: Actor, now: datetime) -> Photographed:
    """Keep a picture of what came damaged. NotFound `purchase_not_found`, `unknown_sku`."""
    actor.needs("associate", "store_manager")
    purchase = await sql.lock(tx, command.purchase, actor)
    if not await tx.value("SELECT true FROM sku WHERE sku = $1", command.sku):
        raise NotFound("unknown_sku", sku=command.sku)
    await sql.put_photo(tx, command, purchase.location)
    return Photographed(command.id)


FLOWS: Mapping[type, Flow] = {
    TakeInGoods: take_in_goods,
    DecideDifference: decide_difference,
    TakeGoodsPhoto: take_goods_photo,
}
