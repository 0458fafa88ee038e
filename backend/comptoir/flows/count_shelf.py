"""A whole shelf is counted: opened by the store manager, taken by one device, told by its journal, the rest shown and confirmed."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid5

import msgspec

from comptoir.flows import auditing
from comptoir.flows.count_stock import submit_count_reported
from comptoir.flows.tell_misfit import article_of
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.model import Outcome, ShelfDone
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, Invalid, NotFound, Unknown
from comptoir.kit.runner import Flow
from comptoir.stock import counting_sql, feed_sql, shelf_sql, shelves
from comptoir.stock.counting import SubmitCount
from comptoir.stock.shelves import (
    MOST_ARTICLES,
    CancelShelfCount,
    OpenShelfCount,
    ReleaseShelf,
    ShelfChanged,
    ShelfCount,
    TakeShelf,
)


async def open_shelf_count(tx: Tx, command: OpenShelfCount, actor: Actor, now: datetime) -> ShelfChanged:
    """Ask for every article whose place is there.

    NotFound `unknown_location`; Invalid `shelf_unknown` where nothing has its place, `shelf_too_large`; Conflict `shelf_being_counted`.
    """
    actor.needs("store_manager", "head_office", "integrator")
    known = await feed_sql.find_known(tx, actor, (), (), [command.location])
    if command.location not in known.locations:
        raise NotFound("unknown_location", location=command.location)
    await counting_sql.lock_location(tx, command.location)
    for aisle, bay in await shelf_sql.list_open(tx, command.location):
        if shelves.overlaps(command.aisle, command.bay, aisle, bay):
            raise Conflict("shelf_being_counted", aisle=aisle, bay=bay)
    skus = await shelf_sql.list_articles(tx, command.location, command.aisle, command.bay)
    if not skus:
        raise Invalid("shelf_unknown", aisle=command.aisle, bay=command.bay)
    if len(skus) > MOST_ARTICLES:
        raise Invalid("shelf_too_large", most=MOST_ARTICLES)
    shelf = ShelfCount(command.id, command.location, command.aisle, command.bay, "open")
    await shelf_sql.insert(tx, shelf, actor.who)
    await shelf_sql.ask_all(tx, shelf, skus, actor.who)
    return await _answer(tx, shelf)


async def take_shelf(tx: Tx, command: TakeShelf, actor: Actor, now: datetime) -> ShelfChanged:
    """This device counts it from now on. Unknown `device_needed`; Conflict `shelf_taken`, `shelf_over`; NotFound `shelf_not_found`."""
    actor.needs("associate", "store_manager")
    shelf = await shelf_sql.find(tx, command.shelf, actor)
    if actor.device is None:
        raise Unknown("device_needed")
    shelf = shelves.take(shelf, actor.device, actor.who, now)
    await shelf_sql.keep(tx, shelf, actor.who)
    return await _answer(tx, shelf)


async def release_shelf(tx: Tx, command: ReleaseShelf, actor: Actor, now: datetime) -> ShelfChanged:
    """Take it away from the device that has it; what that one still tells moves nothing and is a case. Conflict `shelf_free`, `shelf_over`."""
    actor.needs("store_manager", "head_office", "integrator")
    before = await shelf_sql.find(tx, command.shelf, actor)
    shelf = shelves.release(before)
    await shelf_sql.keep(tx, shelf, actor.who)
    told = [("holder", before.holder, None), ("device", str(before.device), None)]
    await auditing.note(tx, actor, "stock.shelf_released", str(shelf.id), shelf.location, command.reason, changes=told)
    return await _answer(tx, shelf)


async def cancel_shelf_count(tx: Tx, command: CancelShelfCount, actor: Actor, now: datetime) -> ShelfChanged:
    """Nobody needs it any more; figures that were told stay. Conflict `shelf_over`."""
    actor.needs("store_manager", "head_office", "integrator")
    shelf = await shelf_sql.find(tx, command.shelf, actor)
    if shelf.status != "open":
        raise Conflict("shelf_over")
    shelf = msgspec.structs.replace(shelf, status="canceled")
    await shelf_sql.keep(tx, shelf, actor.who)
    await shelf_sql.cancel_asked(tx, shelf.id, actor.who)
    return await _answer(tx, shelf)


async def shelf_done_reported(tx: Tx, report: ShelfDone, actor: Actor, at: datetime, event: UUID) -> Outcome:
    """The shelf is counted: what was seen and on no list is added, what was not seen and confirmed is nothing.

    `shelf_of_another` when the device no longer had it: nothing of the list becomes zero, what was seen is asked to be counted.
    """
    shelf = await shelf_sql.find(tx, report.shelf, actor)
    mine = shelf.status == "open" and shelf.device == actor.device
    if mine:
        await feed_sql.lock_rows(
            tx, [(row["sku"], shelf.location) for row in await shelf_sql.lock_counts(tx, shelf.id)]
        )
    # When each of these was looked for is not known: whatever moved since the shelf was taken is the manager's to decide about.
    seconds = min(1_000_000, max(0, round((at - (shelf.taken_at or at)).total_seconds())))
    for n, extra in enumerate(report.extra):
        units = extra.quantity if mine else None
        await _add(tx, shelf, extra.code, units, actor, at, uuid5(event, f"extra {n}"), seconds)
    tx.touched.add(shelf.location)
    if not mine:
        if await shelf_sql.case_open(tx, shelf.id):
            return Outcome("applied_with_exception", "shelf_of_another", None, {"shelf": str(shelf.id)})
        await work_sql.insert_exception(
            tx, shelf.location, "shelf_of_another", "store_manager", quantity=len(report.unseen),
            body={"shelf": shelf.id, "aisle": shelf.aisle, "bay": shelf.bay, "who": actor.who, "at": at},
        )  # fmt: skip
        return Outcome("applied_with_exception", "shelf_of_another", None, {"shelf": str(shelf.id)})
    waiting = {row["id"]: row["sku"] for row in await shelf_sql.lock_counts(tx, shelf.id)}
    unseen = [count for count in dict.fromkeys(report.unseen) if count in waiting]
    await shelf_sql.mark_unseen(tx, unseen)
    for count in unseen:
        figure = SubmitCount(uuid5(event, str(count)), count, 0, at, (), seconds)
        await submit_count_reported(tx, figure, actor, tx.now)
    await shelf_sql.let_go(tx, shelf.id)
    done = msgspec.structs.replace(shelf, status="done")
    await shelf_sql.keep(tx, done, actor.who)
    body = {
        "shelf": str(shelf.id), "aisle": shelf.aisle, "bay": shelf.bay, "unseen": len(unseen), "extra": len(report.extra),
    }  # fmt: skip
    tx.tell(Event("stock.shelf_counted", shelf.id, body, shelf.location))
    return Outcome("applied", None, None, {"shelf": str(shelf.id), "count": str(shelf.id)})


async def _add(
    tx: Tx, shelf: ShelfCount, code: str, units: int | None, actor: Actor, at: datetime, figure: UUID, seconds: int
) -> None:
    """What was seen and is on no list. An article with its place elsewhere is asked to be counted whole: some of it may lie there; of a kit its parts are."""
    sku = await article_of(tx, code)
    if sku is None:
        await work_sql.insert_exception(
            tx, shelf.location, "unknown_in_count", "store_manager", quantity=units,
            body={"code": code[:80], "shelf": shelf.id, "who": actor.who, "at": at},
        )  # fmt: skip
        return
    parts = await counting_sql.counted_as(tx, sku)
    place = await shelf_sql.place_of(tx, sku, shelf.location)
    here = parts == [sku] and (place is None or shelves.overlaps(shelf.aisle, shelf.bay, *place))
    why = "shelf_extra" if here else "found_elsewhere"
    *_, count = [await counting_sql.ask(tx, shelf.location, each, why, actor.who, tx.now) for each in parts]
    if here and units is not None:
        await shelf_sql.join(tx, count, shelf.id)
        await submit_count_reported(tx, SubmitCount(figure, count, units, at, (), seconds), actor, tx.now)


async def _answer(tx: Tx, shelf: ShelfCount) -> ShelfChanged:
    tx.touched.add(shelf.location)
    return ShelfChanged(
        shelf.id, shelf.location, shelf.status, await shelf_sql.count_articles(tx, shelf.id), shelf.until
    )


FLOWS: Mapping[type, Flow] = {
    OpenShelfCount: open_shelf_count, TakeShelf: take_shelf, ReleaseShelf: release_shelf, CancelShelfCount: cancel_shelf_count,
}  # fmt: skip
