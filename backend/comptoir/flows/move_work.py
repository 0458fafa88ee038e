"""What every report on a work shares: lock the order, then the work; advance its status and tell it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from comptoir.flows.become_ready import become_ready
from comptoir.fulfillment import sql
from comptoir.fulfillment.lifecycles import Status
from comptoir.fulfillment.model import Work
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import NotFound
from comptoir.orders import sql as orders_sql

TOLD = {Status.PICKING: "fulfillment.started", Status.PICKED: "fulfillment.picked", Status.CLOSED: "fulfillment.closed"}


async def locked_work(tx: Tx, work: Any, actor: Actor) -> Work:
    """The work with its lines, its order locked first; NotFound when the actor's locations do not reach it."""
    found = work if isinstance(work, UUID) else UUID(str(work))
    orders = await sql.orders_of(tx, [found], actor.locations)
    if found not in orders:
        raise NotFound("work_not_found")
    await orders_sql.lock(tx, orders[found])
    return (await sql.lock(tx, [found], actor.locations))[0]


async def moved_on(tx: Tx, work: Work, status: Status | None, at: datetime | None = None) -> None:
    """Advance and tell the stores' screens; events of milestones go to the order's stream. `at`: when it happened."""
    tx.touched.add(work.location)
    if status is None or status == work.status:
        return
    await sql.advance(tx, work.id, status)
    if status == Status.STAGED:
        await become_ready(tx, work, at or tx.now)
    if kind := TOLD.get(status):
        tx.tell(Event(kind, work.order_id, {}, work.location, work.id))
