"""Parcels on their way back of which nothing is heard, or that arrived and nobody scanned, become a person's business. Run by the worker, bounded."""

from typing import TYPE_CHECKING, Final

from comptoir.flows.open_return import about
from comptoir.fulfillment import sql as work_sql
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import Event, Tx, in_transaction
from comptoir.returns import rma_sql
from comptoir.returns.lifecycle import Status
from comptoir.shipping import way_back_sql
from comptoir.shipping.links import carrier_name

if TYPE_CHECKING:
    from comptoir.house import House

AT_ONCE: Final = 100


async def watch_returns(house: "House") -> int:
    """One round; how many cases were opened."""
    return await in_transaction(house.pool, SYSTEM.who, house.clock(), look)


async def look(tx: Tx) -> int:
    """One case per parcel, until somebody has decided."""
    opened = 0
    for label in await way_back_sql.claim_silent(tx, AT_ONCE):
        found = await rma_sql.lock(tx, label.rma)
        if found.status != Status.REQUESTED:
            continue
        kind = "return_unscanned" if label.status == "delivered" else "return_late"
        heard = label.status_at or label.sent_at or tx.now
        body = {
            "rma": found.id, "return": found.number, "carrier": label.carrier, "name": carrier_name(label.carrier),
            "number": label.tracking_number, "day": heard.date().isoformat(),
        }  # fmt: skip
        await work_sql.insert_exception(tx, label.location, kind, "store_manager", order=found.order, body=body)
        tx.tell(
            Event("return.late", found.order or found.id, about(found) | {"carrier": label.carrier}, label.location)
        )
        opened += 1
    return opened
