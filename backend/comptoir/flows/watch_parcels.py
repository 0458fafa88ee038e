"""Parcels that should have arrived, and parcels of which nothing is heard, become a person's business, once each."""

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from comptoir.fulfillment import sql as work_sql
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import Event, Tx, in_transaction
from comptoir.shipping import tracking
from comptoir.shipping import tracking_sql as sql
from comptoir.shipping.links import carrier_name

if TYPE_CHECKING:
    from comptoir.house import House

SET = 200


async def watch_parcels(house: "House") -> int:
    """One round; how many cases were opened."""
    now = house.clock()
    return await in_transaction(house.pool, SYSTEM.who, now, look)


async def look(tx: Tx) -> int:
    """Late by the store's own day; lost by the clock. The customer hears of a delay once."""
    zones = {row[0]: row[1] for row in await tx.rows("SELECT id, time_zone FROM location LIMIT 100000")}
    opened = 0
    for one, told_late, told_lost in await sql.lock_overdue(
        tx, tx.now - tracking.LOST_AFTER, tx.now - tracking.RELAY_LOST_AFTER, SET
    ):
        today = tx.now.astimezone(ZoneInfo(zones[one.location])).date()
        late = not told_late and tracking.is_late(one, today)
        lost = not told_lost and tracking.is_lost(one, tx.now)
        for kind, day in ((("parcel_late", one.due_on),) if late else ()) + (
            (("parcel_lost", one.moved_at.date()),) if lost else ()
        ):
            body = {
                "parcel": one.parcel, "carrier": one.carrier, "name": carrier_name(one.carrier), "number": one.number, "day": day.isoformat(),
            }  # fmt: skip
            await work_sql.insert_exception(
                tx, one.location, kind, "store_manager", order=one.order_id, work=one.work, body=body
            )
            opened += 1
        if late:
            tx.tell(Event("shipping.delayed", one.order_id, {"parcel": one.parcel}, one.location, one.work))
        if late or lost:
            await sql.set_told(tx, one.parcel, late=late, lost=lost)
    return opened
