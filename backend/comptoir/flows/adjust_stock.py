"""A person corrects a figure and says why; what is beyond them waits for a manager; what was wrong is taken back by a line of its own."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.catalog.sql import find_kits
from comptoir.flows import auditing
from comptoir.flows.tell_misfit import article_of
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.model import Adjust, Outcome
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, Forbidden, Invalid, NotFound
from comptoir.kit.ids import new_id
from comptoir.kit.reason_rows import list_reasons
from comptoir.kit.reasons import Reason, find
from comptoir.stock import adjusting, adjusting_sql, feed_sql, recalling_sql, sql
from comptoir.stock.adjust_photos import HANDS, AdjustPhotoTaken, TakeAdjustPhoto, lacks_photo
from comptoir.stock.adjust_reasons import ADJUST
from comptoir.stock.adjusting import (
    Adjusted,
    Adjustment,
    AdjustStock,
    DecideAdjustment,
    Status,
    UndoAdjustment,
)
from comptoir.stock.events import over_promised
from comptoir.stock.limits import ChangeStockRules, StockRules
from comptoir.stock.limits_sql import find_rules, keep_rules


async def adjust_stock(tx: Tx, command: AdjustStock, actor: Actor, now: datetime) -> Adjusted:
    """For whoever works there, and keys with `stock:write`. NotFound for what is not theirs; Invalid `unknown_reason`, `destroy_needs_proof`;
    `adjust_needs_photo`, `kit_has_no_stock`; Conflict `not_that_many`, `kept_for_recall`. Beyond the person's limit it waits for a manager.
    """
    actor.needs("associate", "store_manager", "regional_manager", "head_office", "integrator", "system")
    reason = await _reason(tx, command.reason)
    one = await _told(tx, command, reason, actor, now)
    if adjusting.needs_proof(adjusting.acts_as(reason.acts), command.note):
        raise Invalid("destroy_needs_proof")
    if lacks_photo(reason.photo, actor.role, command.photo):
        raise Invalid("adjust_needs_photo")
    if command.photo and not await adjusting_sql.has_photo(tx, command.photo, command.id, command.location):
        raise NotFound("picture_not_found")
    await _fits(tx, one)
    rules = await find_rules(tx.connection)
    return await _keep(tx, one, waits=not rules.allows(actor.role, one.quantity, one.value_minor))


async def adjust_reported(tx: Tx, report: Adjust, actor: Actor, at: datetime, event: UUID) -> Outcome:
    """Told by a device. A code that nobody knows is the manager's case; what is beyond the person or beyond the books, and what lacks the
    proof or the picture that it needs, waits for a manager. A picture that is named may come later."""
    location = (actor.locations or ("",))[0]
    sku = report.sku or await article_of(tx, report.code)
    if sku is None:
        tx.touched.add(location)
        await work_sql.insert_exception(
            tx, location, "unknown_in_adjustment", "store_manager", quantity=report.quantity,
            body={"code": report.code[:80], "reason": report.reason, "who": actor.who, "at": at},
        )  # fmt: skip
        return Outcome("applied_with_exception", "unknown_in_adjustment")
    command = AdjustStock(event, location, sku, report.quantity, report.reason, report.note, report.photo)
    reason = await _reason(tx, report.reason)
    one = await _told(tx, command, reason, actor, at)
    rules = await find_rules(tx.connection)
    waits = not rules.allows(actor.role, one.quantity, one.value_minor)
    waits = waits or adjusting.needs_proof(adjusting.acts_as(reason.acts), report.note)
    waits = waits or lacks_photo(reason.photo, actor.role, report.photo)
    try:
        await _fits(tx, one)
    except Conflict:
        waits = True
    done = await _keep(tx, one, waits=waits)
    facts = {"adjustment": str(one.id), "status": done.status}
    return Outcome("applied", None, None, facts, {"kind": "adjust", "adjustment": one.id})


async def take_adjust_photo(tx: Tx, command: TakeAdjustPhoto, actor: Actor, now: datetime) -> AdjustPhotoTaken:
    """Before its correction is told, or after. NotFound `unknown_location`; Conflict `id_reused` for a picture of another correction."""
    actor.needs(*HANDS)
    if not actor.reaches(command.location):
        raise NotFound("unknown_location", location=command.location)
    if not await adjusting_sql.put_photo(tx, command):
        raise Conflict("id_reused", id=str(command.id))
    tx.touched.add(command.location)
    return AdjustPhotoTaken(command.id)


async def _told(tx: Tx, command: AdjustStock, reason: Reason, actor: Actor, at: datetime) -> Adjustment:
    known = await feed_sql.find_known(tx, actor, [command.sku], (), [command.location])
    if command.location not in known.locations:
        raise NotFound("unknown_location", location=command.location)
    if command.sku not in known.skus:
        raise NotFound("unknown_sku", sku=command.sku)
    if (await find_kits(tx, [command.sku]))[command.sku]:
        raise Invalid("kit_has_no_stock", sku=command.sku)
    on_hand, unsellable = adjusting.deltas(adjusting.acts_as(reason.acts), command.quantity)
    value = command.quantity * await adjusting_sql.price_of(tx, command.sku)
    return Adjustment(
        command.id, command.location, command.sku, command.quantity, command.reason, command.note.strip(), on_hand, unsellable, value,
        "waiting", at, actor.who, photo=command.photo,
    )  # fmt: skip


async def _reason(tx: Tx, code: str) -> Reason:
    """Invalid `unknown_reason`; one that is no longer offered still means what it meant."""
    return find(await list_reasons(tx.connection, ADJUST), code)


async def _fits(tx: Tx, one: Adjustment) -> None:
    """Conflict `not_that_many`, `kept_for_recall`; its level is locked from here on."""
    levels = await feed_sql.lock_rows(tx, [(one.sku, one.location)])
    recalled = await recalling_sql.held(tx, one.sku, one.location)
    adjusting.fits(levels[one.sku, one.location], one.on_hand, one.unsellable, recalled)


async def _keep(tx: Tx, one: Adjustment, *, waits: bool) -> Adjusted:
    status: Status = "waiting" if waits else "applied"
    await adjusting_sql.insert(tx, msgspec.structs.replace(one, status=status))
    if not waits:
        return await _post(tx, one)
    tx.touched.add(one.location)
    tx.tell(Event("stock.adjustment_waits", one.id, {"sku": one.sku, "units": one.quantity}, one.location))
    return await _figures(tx, one, status)


async def _post(tx: Tx, one: Adjustment) -> Adjusted:
    """Into the ledger."""
    levels = await feed_sql.lock_rows(tx, [(one.sku, one.location)])
    movement = adjusting.movement_of(one)
    await sql.post(tx, [movement])
    tx.tell(*over_promised(levels, [movement]))
    tx.touched.add(one.location)
    return await _figures(tx, one, "applied")


async def _figures(tx: Tx, one: Adjustment, status: Status) -> Adjusted:
    level = (await feed_sql.lock_rows(tx, [(one.sku, one.location)]))[one.sku, one.location]
    return Adjusted(one.id, one.sku, one.location, status, level.on_hand, level.unsellable)


async def decide_adjustment(tx: Tx, command: DecideAdjustment, actor: Actor, now: datetime) -> Adjusted:
    """NotFound `adjustment_not_found`; Conflict `adjustment_decided`, `not_that_many`, `kept_for_recall`; Forbidden `adjustment_beyond_you`."""
    actor.needs("store_manager", "regional_manager", "head_office")
    one = await adjusting_sql.lock(tx, command.adjustment, actor)
    rules = await find_rules(tx.connection)
    adjusting.decide(one, actor.who, may=rules.allows(actor.role, one.quantity, one.value_minor))
    await adjusting_sql.decide(tx, one.id, "applied" if command.believe else "declined", now)
    if not command.believe:
        tx.touched.add(one.location)
        return await _figures(tx, one, "declined")
    await _fits(tx, one)
    return await _post(tx, one)


async def undo_adjustment(tx: Tx, command: UndoAdjustment, actor: Actor, now: datetime) -> Adjusted:
    """NotFound `adjustment_not_found`; Conflict `adjustment_decided` (undone already, or never in the ledger), `not_that_many`,
    `kept_for_recall`; Forbidden `adjustment_beyond_you`: taking it back is as large a correction as it was."""
    actor.needs("store_manager", "regional_manager", "head_office", "integrator")
    one = await adjusting_sql.lock(tx, command.adjustment, actor)
    if not (await find_rules(tx.connection)).allows(actor.role, one.quantity, one.value_minor):
        raise Forbidden("adjustment_beyond_you")
    return await _take_back(tx, one, now)


async def undo_adjust_reported(tx: Tx, effect: dict[str, Any], actor: Actor, at: datetime) -> Outcome:
    """The device that told it takes it back: by a line of its own, or, while it waits, without any. What a manager has decided stands."""
    one = await adjusting_sql.lock(tx, UUID(str(effect["adjustment"])), actor)
    if one.status in ("applied", "declined") and one.decided_by is not None and one.decided_by != one.who:
        return Outcome("applied_with_exception", "adjustment_decided", None, {"adjustment": str(one.id)})
    if one.status == "waiting":
        await adjusting_sql.decide(tx, one.id, "declined", tx.now)
        tx.touched.add(one.location)
    elif one.status == "applied":
        await _take_back(tx, one, tx.now)
    return Outcome("applied", None, None, {"adjustment": str(one.id)})


async def _take_back(tx: Tx, one: Adjustment, now: datetime) -> Adjusted:
    key = (one.sku, one.location)
    levels = await feed_sql.lock_rows(tx, [key])
    movement = adjusting.undo(one, levels[key], new_id(), await recalling_sql.held(tx, *key))
    await sql.post(tx, [movement])
    assert movement.id is not None
    await adjusting_sql.undone(tx, one.id, movement.id, now)
    tx.tell(*over_promised(levels, [movement]))
    tx.touched.add(one.location)
    return await _figures(tx, one, "undone")


async def change_stock_rules(tx: Tx, command: ChangeStockRules, actor: Actor, now: datetime) -> StockRules:
    """What holds from now on."""
    actor.needs("head_office")
    await tx.run("SELECT pg_advisory_xact_lock(hashtext('stock rules'))")
    before = await auditing.standing(tx, "stock_rules", "stock")
    await keep_rules(tx, command.rules)
    await auditing.keep(tx, actor, "stock_rules.save", "stock_rules", "stock", before)
    return command.rules
