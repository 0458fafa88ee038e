"""What becomes of units that a recall has found, and its end."""

from datetime import datetime

from comptoir.catalog import sql as catalog_sql
from comptoir.flows import auditing
from comptoir.flows.open_recall import needs_right
from comptoir.fulfillment import sql as work_sql
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.stock import recalling, recalling_sql, sql
from comptoir.stock.events import blocked, stream_of
from comptoir.stock.recalling import CloseRecall, DecideRecalled, RecallTold


async def decide_recalled(tx: Tx, command: DecideRecalled, actor: Actor, now: datetime) -> RecallTold:
    """NotFound `recall_not_found` (also for a place of others); Conflict `recall_over`, `not_that_many_found`."""
    actor.needs("store_manager", "regional_manager", "head_office", "integrator", "system")
    recall = await recalling_sql.hold_open(tx, command.recall)
    place = await recalling_sql.lock_place(tx, recall, command.location, actor)
    level = (await sql.lock(tx, [(recall.sku, command.location)])).get((recall.sku, command.location))
    movement = recalling.decide(recall, place, command, level.unsellable if level else 0)
    await sql.post(tx, [movement])
    await recalling_sql.insert_outcome(tx, command)
    tx.touched.add(command.location)
    await auditing.note(
        tx, actor, "recall.decide", recall.sku, command.location, command.proof, number=recall.number, fate=command.fate.value, units=command.units
    )  # fmt: skip
    return RecallTold(recall.id, recall.number, recall.sku, recall.status)


async def close_recall(tx: Tx, command: CloseRecall, actor: Actor, now: datetime) -> RecallTold:
    """Once every place has looked, every unit has its end, nothing is on its way and every customer was told. NotFound `recall_not_found`;
    Conflict `recall_over`, `recall_goes_on`."""
    await needs_right(tx.connection, actor)
    recall = await recalling_sql.lock(tx, command.recall)
    untold = await tx.value("SELECT count(*)::int FROM recall_order WHERE recall = $1 AND told_at IS NULL", recall.id)
    waiting, between = await recalling_sql.count_left(tx, recall)
    recalling.close(recall, await recalling_sql.places(tx, recall), untold, waiting, between)
    before = await auditing.standing(tx, "sku", recall.sku)
    await recalling_sql.close(tx, recall.id, command.sell_again, command.note)
    tx.tell(
        Event("stock.recall_closed", stream_of(recall.sku), {"recall": recall.id, "number": recall.number, "sku": recall.sku})
    )  # fmt: skip
    if command.sell_again:
        await catalog_sql.set_blocked(tx, recall.sku, None)
        await work_sql.unflag_recalled(tx, recall.sku)
        tx.tell(blocked(recall.sku, None))
    await auditing.keep(tx, actor, "recall.close", "sku", recall.sku, before, reason=command.note, number=recall.number)
    return RecallTold(recall.id, recall.number, recall.sku, "closed")
