"""A transfer, locked as everybody locks it: the order that it carries, that order's works, then the transfer."""

from uuid import UUID

import msgspec

from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.model import Work
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import NotFound
from comptoir.orders import sql as orders_sql
from comptoir.transfers import sql
from comptoir.transfers.model import Transfer


class Locked(msgspec.Struct, frozen=True):
    """A transfer and, when it carries a customer's units, all works of that order."""

    transfer: Transfer
    works: tuple[Work, ...] = ()

    @property
    def source(self) -> Work | None:
        """The work at the source that the customer's units belong to."""
        return next((work for work in self.works if work.id == self.transfer.work), None)


async def lock_transfer(tx: Tx, transfer: UUID, actor: Actor) -> Locked:
    """NotFound `transfer_not_found` when neither of its ends is the actor's."""
    order = await sql.order_of(tx, transfer, actor.locations)
    if order is None:
        return Locked(await sql.lock(tx, transfer))
    await orders_sql.lock(tx, order)
    works = await work_sql.lock_of_order(tx, order, None)
    return Locked(await sql.lock(tx, transfer), tuple(works))


def needs_end(actor: Actor, location: str) -> None:
    """NotFound `transfer_not_found` for whoever stands at the other end: what is done here is done here."""
    if not actor.reaches(location):
        raise NotFound("transfer_not_found")
