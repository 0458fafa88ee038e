"""Goods that come back by parcel: announced or not, or brought back by their carrier. The scan of the parcel is what counts."""

from datetime import datetime
from typing import Final
from uuid import UUID

from comptoir.flows.judge_return import judge_return
from comptoir.flows.lost_return import find_lost
from comptoir.flows.open_return import about, lock_return, open_units
from comptoir.flows.receive_return import receive
from comptoir.flows.settle_return import delivery_of, worths
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, NotFound
from comptoir.orders import sql as orders_sql
from comptoir.returns import rma_sql as sql
from comptoir.returns.arriving import ComingBack, ParcelTaken, TakeParcel, number_of, spellings, to_sender_id
from comptoir.returns.lifecycle import Status
from comptoir.returns.model import Coming, OpenReturn, Return
from comptoir.returns.reasons import NO_REASON, NOT_COLLECTED
from comptoir.shipping.tracking import Tracked

_BY_NUMBER: Final = "SELECT id FROM rma WHERE number = $1"
_BY_LABEL: Final = (
    "SELECT rma FROM return_label WHERE tracking_number = ANY($1::text[]) OR reference = ANY($1::text[])"
    " ORDER BY intended_at DESC LIMIT 1"
)
_BY_PARCEL: Final = (
    "SELECT parcel, order_id FROM label_attempt WHERE tracking_number = ANY($1::text[]) OR reference = ANY($1::text[])"
    " ORDER BY intended_at DESC LIMIT 1"
)
_BY_ORDER: Final = "SELECT id FROM sales_order WHERE number = ANY($1::text[]) OR external_number = ANY($1::text[]) ORDER BY placed_at DESC LIMIT 1"
# Whoever announced it may have put it into the box that it came in.
_ANNOUNCED: Final = (
    "SELECT id FROM rma WHERE order_id = $1 AND status = 'requested' ORDER BY opened_at DESC, id LIMIT 1"
)
_HERE: Final = (
    "SELECT id FROM rma WHERE order_id = $1 AND status IN ('received', 'inspected') AND origin = 'unannounced' AND location = $2"
    " ORDER BY received_at DESC, id LIMIT 1"
)
_OF_PARCEL: Final = (
    "SELECT w.order_line AS line, w.part, l.quantity FROM parcel_line l JOIN work_line w ON w.work = l.work AND w.line = l.line"
    " WHERE l.parcel = $1 ORDER BY w.order_line, w.part"
)


async def take_parcel(tx: Tx, command: TakeParcel, actor: Actor, now: datetime) -> ParcelTaken:
    """It is here. The same parcel scanned again changes nothing. NotFound `parcel_not_known`, `location_not_found`;
    Conflict `already_returned` when everything that it could hold came back before, `return_over` for a return that was called off."""
    actor.needs("associate", "store_manager", "head_office", "integrator", "system")
    if not actor.reaches(command.location):
        raise NotFound("location_not_found")
    tx.touched.add(command.location)
    names = spellings(command.code)
    number = number_of(command.code)
    rma = await tx.value(_BY_NUMBER, number) if number else None
    rma = rma or await tx.value(_BY_LABEL, names)
    if rma is not None:
        return await _arrived(tx, await lock_return(tx, rma, actor, command.location), command.location, now)
    parcel = await tx.row(_BY_PARCEL, names)
    order = parcel["order_id"] if parcel else await tx.value(_BY_ORDER, names)
    if order is None:
        raise NotFound("parcel_not_known")
    by_carrier = to_sender_id(parcel["parcel"]) if parcel else None
    known = await tx.value("SELECT id FROM rma WHERE id = $1", by_carrier) if by_carrier else None
    known = known or await tx.value(_ANNOUNCED, order) or await tx.value(_HERE, order, command.location)
    if known is not None:
        return await _arrived(tx, await lock_return(tx, known, actor, command.location), command.location, now)
    await orders_sql.lock(tx, order)
    units = await _units_of(tx, order, parcel["parcel"]) if parcel else await _left(tx, order)
    if not units:
        raise Conflict("already_returned", line=0, left=0)
    opened = OpenReturn(id=command.id, order=order, origin="unannounced", location=command.location, units=units)
    found, _ = await open_units(tx, opened, actor, now)
    return await _arrived(tx, found, command.location, now)


async def come_back(tx: Tx, one: Tracked, actor: Actor, now: datetime) -> ComingBack | None:
    """Its carrier brings a parcel back: a return by itself, once, and its customer is told what they get. None when it holds nothing that could
    come back. What its customer announced before stays theirs."""
    made = to_sender_id(one.parcel)
    if await tx.value("SELECT true FROM rma WHERE id = $1", made):
        return None
    units = await _units_of(tx, one.order_id, one.parcel, NOT_COLLECTED)
    if not units:
        return None
    opened = OpenReturn(id=made, order=one.order_id, origin="to_sender", location=one.location, units=units)
    try:
        found, _ = await open_units(tx, opened, actor, now)
    except Conflict:
        return None
    fee = await delivery_of(tx, found)
    ruling = await judge_return(tx, found, whole=not fee.kept, now=now)
    right = "none" if "none" in ruling.rights else "law" if "law" in ruling.rights else "goodwill"
    goods = 0 if right == "none" else sum(worths(found, ruling, (), {}).values())
    given = ComingBack(found.id, found.number, right, goods, 0 if right == "none" else fee.back_minor(ruling))
    tx.tell(
        Event(
            "return.coming_back", one.order_id,
            about(found) | {"parcel": one.parcel, "right": right, "amount_minor": given.total_minor}, one.location, one.work,
        )
    )  # fmt: skip
    return given


async def _arrived(tx: Tx, found: Return, location: str, now: datetime) -> ParcelTaken:
    if found.status in (Status.DECLINED, Status.CANCELED):
        raise Conflict("return_over", number=found.number)
    again = found.status != Status.REQUESTED
    if not again:
        found = await receive(tx, found, location, (), now)
    elif await find_lost(tx, found, location, now):
        again = False
    return ParcelTaken(found.id, found.number, found.origin, found.status, len(found.counting), again)


async def _units_of(tx: Tx, order: UUID, parcel: UUID, reason: str = NO_REASON) -> tuple[Coming, ...]:
    """What a parcel held, as far as it has not come back already."""
    left = {(one.line, one.part): one.quantity for one in await _left(tx, order)}
    rows = await tx.rows(_OF_PARCEL, parcel)
    found = [(row["line"], row["part"], min(row["quantity"], left.get((row["line"], row["part"]), 0))) for row in rows]
    return tuple(Coming(reason=reason, line=line, part=part, quantity=units) for line, part, units in found if units)


async def _left(tx: Tx, order: UUID) -> tuple[Coming, ...]:
    """Whatever of the order is with the customer: who opens the parcel says what of it came."""
    return tuple(
        Coming(line=need.line, part=need.part, quantity=need.reached - len(need.taken))
        for need in await sql.needs_of(tx, order)
        if need.reached > len(need.taken)
    )
