"""The goods stay on their shelf, because whoever came may not have them; nobody waits any more, and it is noted."""

from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.fulfillment.handover import RefuseHandOver
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import NotFound
from comptoir.orders import sql as orders_sql


class HandOverRefused(msgspec.Struct, frozen=True):
    """The order whose goods stay."""

    order: UUID


async def refuse_hand_over(tx: Tx, command: RefuseHandOver, actor: Actor, now: datetime) -> HandOverRefused:
    """End the wait of whoever came for this order; NotFound `order_not_found` for an order of other stores only."""
    actor.needs("associate", "store_manager")
    if not actor.reaches(command.location):
        raise NotFound("order_not_found")
    await orders_sql.lock(tx, command.order, (command.location,))
    await tx.run(
        "UPDATE arrival SET done_at = $3 WHERE order_id = $1 AND location = $2 AND done_at IS NULL",
        command.order, command.location, now,
    )  # fmt: skip
    tx.tell(
        Event("fulfillment.hand_over_refused", command.order, {"reason": command.reason}, location=command.location)
    )
    return HandOverRefused(command.order)
