"""A label for the way back: wanted and on file before its carrier hears of it, answered, and its parcel followed."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from comptoir.carriers.following import later
from comptoir.carriers.model import TrackingEvent
from comptoir.flows.ask_label import accounts_of
from comptoir.kit.actor import SYSTEM, Actor
from comptoir.kit.db import Event, Tx, in_transaction
from comptoir.kit.errors import Conflict, NotFound
from comptoir.kit.ids import new_id
from comptoir.network.markets import Crossing
from comptoir.shipping import labels, way_back, way_back_sql
from comptoir.shipping.model import LabelState, Piece
from comptoir.shipping.tracking import Heard, HearTracking
from comptoir.shipping.way_back import (
    Method,
    RecordReturnLabel,
    RecordReturnVoid,
    ReturnLabel,
    ReturnLabelStands,
    Sender,
)

if TYPE_CHECKING:
    from comptoir.house import House

AT_ONCE: Final = 200
"""Old labels that one round throws away."""
VOIDS: Final = 12
"""How often a carrier is told that a label is void, as for parcels that leave."""


async def want_label(
    tx: Tx, rma: UUID, number: str, order: UUID, method: Method, location: str, pieces: list[Piece], sender: Sender | None,
    fee_minor: int, currency: str, border: Crossing,
) -> None:  # fmt: skip
    """A label is asked for as soon as the worker comes by. Conflict `no_way_back` where no carrier takes these goods."""
    grams = way_back.weight_of(sum(one.grams for one in pieces))
    ways = way_back.ways_back(await accounts_of(tx, location), pieces, grams, border)
    way = next((one for one in ways if one.method == method), None)
    if way is None:
        raise Conflict("no_way_back")
    n = await way_back_sql.next_number(tx, rma)
    reference = way_back.reference(number, n)
    await way_back_sql.insert(
        tx, new_id(), rma, order, n, way, location, grams, fee_minor, sender, reference, currency
    )  # fmt: skip


async def record_return_label(tx: Tx, command: RecordReturnLabel, actor: Actor, now: datetime) -> ReturnLabelStands:
    """The answer to one call. One that was thought lost and comes back after all still counts."""
    label = await way_back_sql.lock(tx, command.label)
    if label is None:
        raise NotFound("label_not_found")
    late = label.state == LabelState.UNKNOWN and command.answer.word == "bought"
    if label.state != LabelState.CALLING and not late:
        return _stands(label)
    settled = labels.settle(label, command.answer, now)
    bought = settled.state == LabelState.BOUGHT
    ask_at = way_back.next_ask("pending", now, now) if bought else None
    await way_back_sql.settle(tx, label.id, settled, command.answer, command.media_type, command.content, ask_at)
    if bought:
        tx.tell(Event("return.label_ready", label.order_id, await _about(tx, label)))
        if await _is_over(tx, label.rma):
            # Its return was called off while the carrier was being asked.
            await way_back_sql.throw_away(tx, label.id, "canceled")
    elif settled.state in (LabelState.INTENDED, LabelState.UNKNOWN) and await _is_over(tx, label.rma):
        await way_back_sql.give_up(tx, label.id)
    elif settled.state != LabelState.INTENDED:
        await _tell_why(tx, label, settled.problem or "")
    stands = await way_back_sql.lock(tx, label.id)
    assert stands is not None
    return _stands(stands)


async def doubt_lost_return_calls(tx: Tx) -> int:
    """Calls that nobody came back from are in doubt; how many."""
    lost = await way_back_sql.doubt_lost_calls(tx)
    for one in lost:
        await _tell_why(tx, one, "label_unknown")
        if await _is_over(tx, one.rma):
            await way_back_sql.give_up(tx, one.id)
    return len(lost)


async def end_label(tx: Tx, rma: UUID) -> None:
    """Its return is called off. Conflict `return_on_its_way` once the carrier has the parcel."""
    label = await way_back_sql.live(tx, rma)
    if label is None:
        return
    if label.sent_at is not None:
        raise Conflict("return_on_its_way")
    if label.state == LabelState.BOUGHT:
        await way_back_sql.throw_away(tx, label.id, "canceled")
    elif label.state in (LabelState.INTENDED, LabelState.UNKNOWN):
        await way_back_sql.give_up(tx, label.id)


async def drop_unused(house: "House") -> int:
    """Labels that nobody used in their time are thrown away; how many."""
    now = house.clock()
    return await in_transaction(house.pool, SYSTEM.who, now, throw_away_old)


async def throw_away_old(tx: Tx) -> int:
    """One round of them."""
    found = await way_back_sql.lock_unused(tx, tx.now - way_back.GOOD_FOR, AT_ONCE)
    for one in found:
        await way_back_sql.throw_away(tx, one.id, "expired")
    return len(found)


async def record_return_void(tx: Tx, command: RecordReturnVoid, actor: Actor, now: datetime) -> ReturnLabelStands:
    """Whether its carrier took a label back. What it did not is kept as unused, with what it cost."""
    label = await way_back_sql.lock(tx, command.label)
    if label is None:
        raise NotFound("label_not_found")
    if label.void_state != "calling":
        return _stands(label)
    state, word, next_at = LabelState.VOIDED, command.word, None
    if word == "busy" and label.void_tries < VOIDS:
        wait = max(labels.wait_after(label.void_tries), timedelta(seconds=command.wait_seconds))
        word, next_at = "intended", now + min(wait, timedelta(hours=1))
    elif word != "confirmed":
        state, word = LabelState.UNUSED, "unknown" if word == "busy" else "refused"
    await way_back_sql.settle_void(tx, label.id, state, word, command.words, next_at)
    if state == LabelState.UNUSED:
        tx.tell(Event("return.label_unused", label.order_id, await _about(tx, label)))
    return ReturnLabelStands(label.id, state, label.tracking_number)


async def hear_way_back(tx: Tx, command: HearTracking, now: datetime) -> Heard:
    """What a carrier told of a parcel on its way back. The same again changes nothing; a status never goes backwards."""
    found = await way_back_sql.find_number(tx, command.carrier, command.number)
    label = await way_back_sql.lock(tx, found) if found else None
    if label is None:
        return Heard(False)
    old = None if label.status == "pending" else _event(label)
    standing = old
    sent_at = label.sent_at
    for event in sorted(command.events, key=lambda event: (event.at or now, event.code)):
        if event.status in way_back.MOVING and event.at is not None:
            sent_at = min(event.at, sent_at) if sent_at else event.at
        standing = later(standing, TrackingEvent(command.number, event.code, event.status, event.at))
    if standing is None or (old is not None and standing == old and sent_at == label.sent_at):
        return Heard(True, 0, label.status)
    if sent_at is None and standing.status in way_back.MOVING:
        sent_at = now
    since = label.settled_at or now
    ask_at = way_back.next_ask(standing.status, since, now)
    # What is here already is not looked for any more.
    here = await tx.value("SELECT status <> 'requested' FROM rma WHERE id = $1", label.rma)
    look_at = None if here else way_back.next_look(standing.status, standing.at, sent_at is not None, now)
    await way_back_sql.keep_standing(
        tx, label.id, standing.status, standing.at, standing.code, sent_at, None if here else ask_at, look_at
    )
    if label.sent_at is None and sent_at is not None:
        tx.tell(Event("return.on_its_way", label.order_id, {"rma": label.rma, "carrier": label.carrier}))
    return Heard(True, 1, standing.status)


async def _is_over(tx: Tx, rma: UUID) -> bool:
    return bool(await tx.value("SELECT status IN ('canceled', 'declined') FROM rma WHERE id = $1", rma))


def _event(label: ReturnLabel) -> TrackingEvent:
    return TrackingEvent(label.tracking_number or "", label.code, label.status, label.status_at)


async def _tell_why(tx: Tx, label: ReturnLabel, why: str) -> None:
    tx.tell(Event("return.label_refused", label.order_id, await _about(tx, label) | {"why": why}))


async def _about(tx: Tx, label: ReturnLabel) -> dict[str, object]:
    row = await tx.row("SELECT number, gift FROM rma WHERE id = $1", label.rma)
    found = dict(row) if row else {"number": "", "gift": False}
    return found | {"rma": label.rma, "method": label.method, "carrier": label.carrier}


def _stands(label: ReturnLabel) -> ReturnLabelStands:
    return ReturnLabelStands(label.id, label.state, label.tracking_number)
