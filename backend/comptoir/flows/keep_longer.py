"""The customer asks for more time; the goods stay where they lie, and what was to go back tomorrow does not."""

from datetime import datetime

from comptoir.flows.become_ready import open_days_of
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.keeping import MOST_TIMES, KeepLonger, Kept, longer
from comptoir.fulfillment.lifecycles import Action
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import NotFound
from comptoir.orders import sql


async def keep_longer(tx: Tx, command: KeepLonger, actor: Actor, now: datetime) -> Kept:
    """NotFound (not yours); Conflict `not_staged`, `kept_long_enough`."""
    actor.needs_order(command.order)
    await sql.lock(tx, command.order, actor.locations)
    works = await work_sql.lock_of_order(tx, command.order, actor.locations)
    work = next((one for one in works if one.id == command.work), None)
    if work is None:
        raise NotFound("order_not_found")
    times = await tx.value("SELECT kept_longer::int FROM work WHERE id = $1", work.id)
    store, windows = await open_days_of(tx, work.location, now)
    until = longer(work.collect_until, times, work.status, windows, store["time_zone"], now)
    await tx.run(
        "UPDATE work SET collect_until = $2, rescue_until = NULL, kept_longer = kept_longer + 1 WHERE id = $1",
        work.id, until,
    )  # fmt: skip
    await work_sql.advance(tx, work.id, work.after(Action.EXTEND))
    tx.touched.add(work.location)
    tx.tell(Event("fulfillment.kept_longer", command.order, {"until": until}, work.location, work.id))
    return Kept(until, MOST_TIMES - times - 1)
