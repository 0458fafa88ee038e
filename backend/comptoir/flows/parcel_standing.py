"""Ship work stands where its parcels stand: to pack, packed, labeled. Computed after every change of a parcel or of its units."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from comptoir.fulfillment import sql
from comptoir.fulfillment.lifecycles import Action, Status
from comptoir.fulfillment.model import Work
from comptoir.kit.db import Event, Tx
from comptoir.shipping import packing
from comptoir.shipping import sql as shipping_sql
from comptoir.shipping.model import Parcel, State

_STEPS: Final[Mapping[tuple[Status, Status], tuple[Action, ...]]] = {
    (Status.PICKED, Status.PACKED): (Action.PACK,),
    (Status.PICKED, Status.LABELED): (Action.PACK, Action.LABEL),
    (Status.PACKED, Status.LABELED): (Action.LABEL,),
    (Status.PACKED, Status.PICKED): (Action.UNPACK,),
    (Status.LABELED, Status.PACKED): (Action.VOID_LABEL,),
    (Status.LABELED, Status.PICKED): (Action.VOID_LABEL, Action.UNPACK),
}
_RESUMED: Final[Mapping[Status, tuple[Action, ...]]] = {
    Status.PICKED: (Action.RESUME_PICK,),
    Status.PACKED: (Action.UNPACK, Action.RESUME_PICK),
    Status.LABELED: (Action.VOID_LABEL, Action.UNPACK, Action.RESUME_PICK),
}
_TOLD: Final = {Status.PACKED: "fulfillment.packed", Status.LABELED: "fulfillment.labeled"}
_MOVED: Final = (Status.PICKING, Status.PICKED, Status.PACKED, Status.LABELED)


async def keep_standing(tx: Tx, work: UUID, at: datetime) -> Status:
    """The work's state by its units and parcels, written and told where it changed. The work's row is locked."""
    (now,) = await sql.lock(tx, [work], None)
    parcels = await shipping_sql.lock_parcels(tx, work)
    if (
        now.kind == "ship"
        and now.status in (Status.OPEN, Status.ACCEPTED)
        and now.total("picked") + now.total("staged")
    ):
        # Packed right from the shelf: it is begun, and nobody gives it to another store.
        now = msgspec.structs.replace(now, status=now.after(Action.START_PICK))
        await sql.advance(tx, work, now.status)
        tx.tell(Event("fulfillment.started", now.order_id, {}, now.location, work))
    if now.kind == "ship" and now.status in _RESUMED and now.total("reserved"):
        # What had been packed right from the shelf lies there again, and is still to be picked.
        for action in _RESUMED[now.status]:
            now = msgspec.structs.replace(now, status=now.after(action))
            await sql.advance(tx, work, now.status)
    wanted = _wanted(now, [parcel for parcel in parcels if parcel.state != State.CANCELED])
    tx.touched.add(now.location)
    if wanted is None or wanted == now.status:
        return now.status
    reached = now.status
    for action in _STEPS.get((now.status, wanted), (Action.FINISH_PICK,)):
        reached = _after(now, reached, action)
        await sql.advance(tx, work, reached)
        if reached in _TOLD and wanted != Status.PICKED:
            body = {"parcels": sum(parcel.state != State.CANCELED for parcel in parcels), "at": at}
            tx.tell(Event(_TOLD[reached], now.order_id, body, now.location, work))
    if wanted == Status.PICKED and now.status != Status.PICKING:
        tx.tell(Event("fulfillment.unpacked", now.order_id, {}, now.location, work))
    return reached


def _after(work: Work, status: Status, action: Action) -> Status:
    return msgspec.structs.replace(work, status=status).after(action)


def _wanted(work: Work, parcels: list[Parcel]) -> Status | None:
    if work.kind != "ship" or work.status not in _MOVED or work.total("reserved"):
        return None
    if not work.total("picked") and not work.total("staged"):
        return None
    standing = Status(packing.standing(work.total("picked"), parcels))
    return Status.PICKED if work.status == Status.PICKING else standing
