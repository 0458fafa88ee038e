"""A customer chooses a pick-up point or their door while no label says it, and tells when a parcel did not come."""

from datetime import datetime

from comptoir.fulfillment import sql as work_sql
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, NotFound
from comptoir.orders import sql as orders_sql
from comptoir.shipping import relay_sql, relays, tracking_sql
from comptoir.shipping.links import carrier_name
from comptoir.shipping.relays import ChooseRelay, DeliveryChosen, TellNotReceived


async def choose_relay(tx: Tx, command: ChooseRelay, actor: Actor, now: datetime) -> DeliveryChosen:
    """Conflict `label_made`, `nothing_to_send`. The relay itself is looked at again when the label is bought."""
    actor.needs_order(command.order)
    await orders_sql.lock(tx, command.order, actor.locations)
    ships, labeled = await relay_sql.standing(tx, command.order)
    relays.may_choose(ships=ships, labeled=labeled)
    await relay_sql.put_relay(tx, command.order, command.relay, actor.who)
    kind = "relay" if command.relay else "home"
    tx.tell(Event("shipping.relay_chosen", command.order, {"kind": kind}))
    return DeliveryChosen(kind)


async def tell_not_received(tx: Tx, command: TellNotReceived, actor: Actor, now: datetime) -> bool:
    """A person looks into it, once. Conflict `parcel_not_delivered`; NotFound `parcel_not_found` for another order's."""
    actor.needs_order(command.order)
    await orders_sql.lock(tx, command.order, actor.locations)
    one = await tracking_sql.lock(tx, command.parcel)
    if one is None or one.order_id != command.order:
        raise NotFound("parcel_not_found")
    if one.status != "delivered":
        raise Conflict("parcel_not_delivered")
    if await tracking_sql.is_told(tx, "parcel_not_received", "parcel", str(command.parcel)):
        return False
    body = {"parcel": one.parcel, "carrier": one.carrier, "name": carrier_name(one.carrier), "number": one.number}
    await work_sql.insert_exception(
        tx, one.location, "parcel_not_received", "store_manager", order=one.order_id, work=one.work, body=body
    )
    return True
