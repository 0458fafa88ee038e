"""A person corrects where the parcels go, as long as no label says otherwise. An order that waited for it goes on."""

from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.flows.release_hold import ReleaseHoldFlow
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.allowed import may_redirect
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, Invalid
from comptoir.orders import sql
from comptoir.orders.capture import fault_of_address
from comptoir.orders.model import CorrectAddress, ReleaseHold


class AddressCorrected(msgspec.Struct, frozen=True):
    """What still holds the order, if anything, and the works it was given if nothing does."""

    order: UUID
    held: tuple[str, ...]
    works: tuple[UUID, ...]


class CorrectAddressFlow:
    """An address that a carrier takes releases the hold `address`."""

    def __init__(self, release: ReleaseHoldFlow) -> None:
        self.release = release

    async def __call__(self, tx: Tx, command: CorrectAddress, actor: Actor, now: datetime) -> AddressCorrected:
        """Invalid `address_incomplete` (with `part`); Conflict `nothing_to_send`, `label_on_parcel`."""
        await sql.lock(tx, command.order, actor.locations)
        fault = fault_of_address(command.to)
        if fault:
            raise Invalid("address_incomplete", part=fault)
        if not await tx.value(TO_SEND, command.order):
            raise Conflict("nothing_to_send")
        works = await work_sql.lock_of_order(tx, command.order, None)
        labeled = await tx.value(LABELED, command.order)
        if labeled or not may_redirect((work.kind, work.status) for work in works):
            raise Conflict("label_on_parcel")
        await sql.put_address(tx, command.order, command.to)
        tx.touched.update(work.location for work in works)
        tx.tell(Event("order.address_corrected", command.order, {}))
        held = tuple(await sql.open_holds(tx, command.order))
        given: tuple[UUID, ...] = ()
        if "address" in held:
            release = ReleaseHold(command.id, command.order, "address", command.note or "address corrected")
            released = await self.release(tx, release, actor, now)
            held, given = released.held, released.works
        return AddressCorrected(command.order, held, given)


TO_SEND = "SELECT true FROM order_line WHERE order_id = $1 AND method = 'ship' AND canceled < quantity LIMIT 1"
LABELED = (
    "SELECT true FROM parcel p JOIN label_attempt a ON a.parcel = p.id WHERE p.order_id = $1"
    " AND a.state IN ('intended', 'calling', 'bought', 'unknown', 'manual') LIMIT 1"
)
