"""An associate looks after a customer who waits: "Sam is on it"."""

from datetime import datetime
from uuid import UUID

from comptoir.fulfillment import sql
from comptoir.fulfillment.arriving import Arrived, TakeArrival
from comptoir.fulfillment.lifecycles import Status
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, NotFound


async def take_arrival(tx: Tx, command: TakeArrival, actor: Actor, now: datetime) -> Arrived:
    """Give the arrival this associate's name; taking it again changes nothing.

    Raises Forbidden `role_lacks_right`, NotFound `arrival_not_found`, Conflict `arrival_taken` (with `taken_by`) or
    `arrival_over`.
    """
    actor.needs("associate", "store_manager")
    row = await tx.row(
        "SELECT id, order_id, location, at, taken_by, done_at FROM arrival WHERE id = $1 AND ($2::text[] IS NULL"
        " OR location = ANY($2)) FOR NO KEY UPDATE",
        command.arrival, actor.locations,
    )  # fmt: skip
    if row is None:
        raise NotFound("arrival_not_found")
    if row["done_at"] is not None:
        raise Conflict("arrival_over")
    who = UUID(actor.who)
    if row["taken_by"] not in (None, who):
        raise Conflict("arrival_taken", taken_by=str(row["taken_by"]))
    works = await sql.lock_of_order(tx, row["order_id"], (row["location"],))
    not_ready = any(work.kind == "pickup" and work.status not in (Status.STAGED, Status.HANDED_OVER) for work in works)
    if row["taken_by"] is None:
        await tx.run("UPDATE arrival SET taken_by = $2, taken_at = $3 WHERE id = $1", command.arrival, who, now)
        tx.tell(
            Event(
                "customer.taken",
                row["order_id"],
                {"arrival": str(command.arrival), "staff": actor.who},
                location=row["location"],
            )
        )
    return Arrived(row["id"], row["at"], not_ready, who)
