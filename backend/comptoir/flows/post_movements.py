"""Tills and the ERP tell what happened in the shops: new lines go into the ledger, known ones are passed over."""

from datetime import datetime

from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.stock import feed, feed_sql, sql
from comptoir.stock.events import over_promised
from comptoir.stock.feed import MovementsPosted, PostMovements
from comptoir.stock.model import Fact


async def post_movements(tx: Tx, command: PostMovements, actor: Actor, now: datetime) -> MovementsPosted:
    """Every line is applied whole, passed over, or told why not; one bad line never takes its neighbors with it."""
    lines = command.movements
    known = await feed_sql.find_known(
        tx, actor, (m.sku for m in lines if m.sku), (feed.spelled(m.barcode) for m in lines if m.barcode),
        (m.location for m in lines),
    )  # fmt: skip
    kept = await feed_sql.find_kept(tx, [line.id for line in lines])
    fresh, outcomes = feed.sort_movements(lines, known, kept, now)
    if fresh:
        levels = await feed_sql.lock_rows(tx, ((m.sku, m.location) for m in fresh))
        anchors = await feed_sql.find_anchors(tx, sorted(levels))
        late = []
        for movement in fresh:
            at, fact = anchors.get((movement.sku, movement.location), (None, Fact.SNAPSHOT))
            if (taken_back := feed.take_back_late(movement, at, fact)) is not None:
                late.append(taken_back)
        await sql.post(tx, [*fresh, *late], by_hands=False)
        await sql.note_sold(tx, [m for m in fresh if m.fact is Fact.TILL_SALE])
        tx.tell(*over_promised(levels, [*fresh, *late]))
    return MovementsPosted(tuple(outcomes))
