"""The customer says "I am here"; the store's queue shows it at once, even before the goods are ready."""

from datetime import datetime

from comptoir.fulfillment import sql
from comptoir.fulfillment.arriving import Arrive, Arrived, early
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import NotFound


async def arrive(tx: Tx, command: Arrive, actor: Actor, now: datetime) -> Arrived:
    """Note the arrival, or the new spot of one that waits; NotFound (not yours), Conflict `nothing_to_collect`."""
    actor.needs_order(command.order)
    if not actor.reaches(command.location):
        raise NotFound("order_not_found")
    works = [work for work in await sql.lock_of_order(tx, command.order, None) if work.location == command.location]
    before_the_goods = early(works)
    waiting = await tx.row(
        "UPDATE arrival SET place = $3 WHERE order_id = $1 AND location = $2 AND done_at IS NULL RETURNING id, at,"
        " taken_by",
        command.order, command.location, command.place,
    )  # fmt: skip
    if waiting is not None:
        tx.touched.add(command.location)
        tx.tell(Event("customer.moved", command.order, {"arrival": str(waiting["id"])}, location=command.location))
        return Arrived(waiting["id"], waiting["at"], before_the_goods, waiting["taken_by"])
    await tx.run(
        "INSERT INTO arrival (id, order_id, location, at, place) VALUES ($1, $2, $3, $4, $5)",
        command.id, command.order, command.location, now, command.place,
    )  # fmt: skip
    tx.tell(
        Event(
            "customer.arrived",
            command.order,
            {"arrival": str(command.id), "early": before_the_goods},
            location=command.location,
        )
    )
    return Arrived(command.id, now, before_the_goods)
