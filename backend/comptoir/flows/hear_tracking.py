"""What a carrier told of a parcel: kept once, its status never backwards, the work and the order moved on, whoever must know told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from comptoir.carriers.following import contradicts, later
from comptoir.carriers.model import TrackingEvent
from comptoir.flows.keep_progress import keep_progress
from comptoir.flows.receive_parcel import come_back
from comptoir.flows.send_back import hear_way_back
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.lifecycles import Action
from comptoir.fulfillment.model import Moved, Work
from comptoir.fulfillment.resolving import COMING_BACK
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.orders import sql as orders_sql
from comptoir.returns.arriving import ComingBack
from comptoir.shipping import tracking
from comptoir.shipping import tracking_sql as sql
from comptoir.shipping.links import carrier_name
from comptoir.shipping.tracking import Heard, HeardEvent, HearTracking, Tracked

_PATHS: Final[Mapping[str, tuple[Action, ...]]] = {
    "in_transit": (Action.TRACK_IN_TRANSIT,),
    "delivered": (Action.TRACK_IN_TRANSIT, Action.TRACK_DELIVERED),
    "delivery_failed": (Action.TRACK_IN_TRANSIT, Action.TRACK_FAILED),
    "returned_to_sender": (Action.TRACK_IN_TRANSIT, Action.TRACK_RETURNED),
}
"""Where the work's parcels stand -> the steps that lead there; a carrier leaves steps out, and a step that does not fit is passed over."""


async def hear_tracking(tx: Tx, command: HearTracking, actor: Actor, now: datetime) -> Heard:
    """The same events again change nothing. A number of no parcel of ours is answered so, and nothing is kept."""
    seen = await sql.find(tx, command)
    if seen is None:
        return await hear_way_back(tx, command, now)
    await orders_sql.lock(tx, seen.order_id)
    (work,) = await work_sql.lock(tx, [seen.work], None)
    one = await sql.lock(tx, seen.parcel)
    if one is None:
        return Heard(False)
    new = await sql.keep_events(tx, one, command.events, command.source)
    if not new:
        return Heard(True, 0, one.status)
    old = _standing(one)
    found = old
    for event in sorted(new, key=lambda event: (event.at or now, event.code)):
        heard = _event(one, event)
        if event.status == "unknown":
            await _tell_code(tx, one, event)
        if found is not None and contradicts(found, heard):
            await _tell_case(tx, one, "tracking_contradicts", code=event.code)
        found = later(found, heard)
    assert found is not None
    changed = found.status != one.status
    next_at = tracking.next_ask(found.status, one.handed_at, now)
    await sql.keep_standing(tx, one, found.status, found.at, found.code, found.where, next_at)
    if changed:
        await _moved(tx, one, work, found.status)
        if found.status == "return_to_sender":
            given = await come_back(tx, one, actor, now)
            await _tell_case(tx, one, COMING_BACK, **({} if given is None else _told_of(given)))
    tx.touched.add(one.location)
    return Heard(True, len(new), found.status)


def _standing(one: Tracked) -> TrackingEvent | None:
    if one.status == "pending" and not one.code:
        return None
    return TrackingEvent(one.number, one.code, one.status, one.status_at)


def _event(one: Tracked, event: HeardEvent) -> TrackingEvent:
    return TrackingEvent(one.number, event.code, event.status, event.at, event.place, event.words)


async def _moved(tx: Tx, one: Tracked, work: Work, status: tracking.Status) -> None:
    """The parcel's units, the work's steps, the order's progress, and the event that says so."""
    if status == "delivered":
        units = await sql.units_of(tx, one.parcel)
        await work_sql.move_units(tx, one.work, [Moved(line, "in_transit", "delivered", n) for line, n in units])
    target = tracking.work_target(await sql.statuses_of_work(tx, one.work))
    first = work.status
    for action in _PATHS.get(target or "", ()):
        if work.status.value == target or not work.allows(action):
            continue
        work = _stepped(work, action)
        await work_sql.advance(tx, work.id, work.status)
    if work.status != first and target == "in_transit":
        tx.tell(Event("shipping.in_transit", one.order_id, {"parcel": one.parcel}, one.location, one.work))
    if status == "cancelled":
        # It left with the driver, and its carrier knows it no more: where its goods are is for a person to find out.
        await _tell_case(tx, one, "parcel_void")
    if kind := tracking.TOLD.get(status):
        tx.tell(Event(kind, one.order_id, {"parcel": one.parcel}, one.location, one.work))
    await keep_progress(tx, one.order_id)


def _stepped(work: Work, action: Action) -> Work:
    return msgspec.structs.replace(work, status=work.after(action))


def _told_of(given: ComingBack) -> dict[str, str | int]:
    return {
        "rma": str(given.rma), "return": given.number, "right": given.right, "goods_minor": given.goods_minor,
        "delivery_minor": given.delivery_minor,
    }  # fmt: skip


async def _tell_code(tx: Tx, one: Tracked, event: HeardEvent) -> None:
    """A code that no table has: once for all parcels of the carrier."""
    if not await sql.is_told(tx, "tracking_code", "key", f"{one.carrier}:{event.code}"):
        await _tell_case(tx, one, "tracking_code", code=event.code, key=f"{one.carrier}:{event.code}")


async def _tell_case(tx: Tx, one: Tracked, kind: str, **more: str | int) -> UUID:
    body: dict[str, object] = {
        "parcel": one.parcel,
        "carrier": one.carrier,
        "name": carrier_name(one.carrier),
        "number": one.number,
    } | more
    return await work_sql.insert_exception(
        tx, one.location, kind, "store_manager", order=one.order_id, work=one.work, body=body
    )
