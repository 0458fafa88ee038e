"""What a carrier answered is written down: a label bought, refused with what to mend, put off, or in doubt."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from comptoir.flows.move_work import locked_work
from comptoir.flows.parcel_standing import keep_standing
from comptoir.fulfillment import sql as work_sql
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.ids import digest
from comptoir.shipping import labels, sql
from comptoir.shipping.commands import (
    GiveUpLabel,
    LabelStands,
    RecordLabel,
    RecordVoid,
    TypeNumber,
    VoidLabel,
)
from comptoir.shipping.labels import Settled
from comptoir.shipping.model import Attempt, LabelState, Parcel, State, Step
from comptoir.staff.sql import insert_audit

VOIDS: Final = 12
"""How often a carrier is told that a label is void before a person must: about two hours."""


async def record_label(tx: Tx, command: RecordLabel, actor: Actor, now: datetime) -> LabelStands:
    """The answer to one call. A call that was thought lost and comes back after all still counts: a label is a label."""
    attempt, parcel = await _locked(tx, command.label, actor)
    if attempt.state not in (LabelState.CALLING, LabelState.UNKNOWN) or (
        attempt.state == LabelState.UNKNOWN and command.answer.word != "bought"
    ):
        return _stands(attempt, parcel)
    settled = labels.settle(attempt, command.answer, now)
    await sql.settle_attempt(tx, attempt.id, settled, command.answer)
    if command.content:
        await sql.keep_file(tx, attempt.id, command.media_type, digest(command.content), command.content)
    body = {"parcel": parcel.id, "carrier": attempt.carrier}
    if settled.state == LabelState.BOUGHT:
        await _put_on(tx, parcel, attempt.id, now)
        await sql.trust_account(tx, attempt.account or "")
        body["tracking_number"] = command.answer.numbers[0]
        tx.tell(Event("shipping.label_bought", parcel.order_id, body, parcel.location, parcel.work))
    elif settled.state != LabelState.INTENDED:
        if settled.problem == "account_refused" and attempt.account:
            await sql.refuse_account(tx, attempt.account, command.answer.words)
        await _tell_why(tx, attempt, settled)
    tx.touched.add(parcel.location)
    return await _after(tx, attempt.id, parcel, actor)


async def doubt_lost_calls(tx: Tx) -> int:
    """Calls that nobody came back from become a person's to look at; how many."""
    lost = await sql.doubt_lost_calls(tx)
    for attempt in lost:
        await _tell_why(tx, attempt, Settled(LabelState.UNKNOWN, "label_unknown", "carrier"))
    return len(lost)


async def _tell_why(tx: Tx, attempt: Attempt, settled: Settled) -> None:
    """No label for now, and a person can do something about it."""
    kind = "shipping.label_unknown" if settled.state == LabelState.UNKNOWN else "shipping.label_refused"
    body = {"parcel": attempt.parcel, "carrier": attempt.carrier, "why": settled.problem, "mend": settled.mend}
    tx.tell(Event(kind, attempt.order_id, body, attempt.location, attempt.work))
    if settled.state == LabelState.UNKNOWN:
        await work_sql.insert_exception(
            tx, attempt.location, "label_unknown", "store_manager", order=attempt.order_id, work=attempt.work,
            body={"parcel": attempt.parcel, "reference": attempt.reference, "carrier": attempt.carrier},
        )  # fmt: skip


async def type_number(tx: Tx, command: TypeNumber, actor: Actor, now: datetime) -> LabelStands:
    """A number that a person has from the carrier by another way. Conflict `label_there`, `label_being_bought`, `not_now`."""
    work = await locked_work(tx, await sql.work_of(tx, command.parcel, actor.locations), actor)
    (parcel,) = [one for one in await sql.lock_parcels(tx, work.id) if one.id == command.parcel]
    live = await sql.live_attempt(tx, parcel.id)
    if labels.may_type(live) and live is not None:
        await sql.end_attempt(tx, live.id, LabelState.GIVEN_UP, command.reason)
        await _looked(tx, live)
    parcel.after(Step.LABEL)
    n = await sql.next_number(tx, parcel.id)
    reference = labels.reference(work.order_number, work.id.hex, parcel.number, n)
    await sql.insert_attempt(
        tx, command.id, parcel, n, LabelState.MANUAL, reference, carrier=command.carrier.strip(), reason=command.reason,
        tracking_number=command.tracking_number.replace(" ", ""),
    )  # fmt: skip
    await _put_on(tx, parcel, command.id, now)
    await insert_audit(tx, actor, "label.typed", str(parcel.id), location=parcel.location, reason=command.reason)
    body = {
        "parcel": parcel.id,
        "carrier": command.carrier.strip(),
        "tracking_number": command.tracking_number.replace(" ", ""),
    }
    tx.tell(Event("shipping.number_typed", parcel.order_id, body, parcel.location, parcel.work))
    return await _after(tx, command.id, parcel, actor)


async def give_up_label(tx: Tx, command: GiveUpLabel, actor: Actor, now: datetime) -> LabelStands:
    """The carrier has none: a person looked. It may be asked for again. Conflict `label_not_in_doubt`."""
    attempt, parcel = await _locked(tx, command.label, actor)
    labels.may_give_up(attempt)
    await sql.end_attempt(tx, attempt.id, LabelState.GIVEN_UP, command.reason)
    await _looked(tx, attempt)
    await insert_audit(tx, actor, "label.given_up", str(attempt.id), location=parcel.location, reason=command.reason)
    tx.touched.add(parcel.location)
    return await _after(tx, attempt.id, parcel, actor)


async def void_label(tx: Tx, command: VoidLabel, actor: Actor, now: datetime) -> LabelStands:
    """The label is torn up, and the parcel may be opened or labeled anew; its carrier hears of it beside every step.

    Conflict `label_gone` when there is none, `not_now` when the carrier has the parcel.
    """
    attempt, parcel = await _locked(tx, command.label, actor)
    void_state = labels.may_void(attempt)
    state = parcel.after(Step.VOID_LABEL)
    await sql.void_attempt(tx, attempt.id, void_state, command.reason)
    await sql.set_state(tx, parcel.id, state)
    await keep_standing(tx, parcel.work, now)
    await insert_audit(tx, actor, "label.voided", str(attempt.id), location=parcel.location, reason=command.reason)
    body = {"parcel": parcel.id, "carrier": attempt.carrier, "tracking_number": attempt.tracking_number}
    tx.tell(Event("shipping.label_voided", parcel.order_id, body, parcel.location, parcel.work))
    return await _after(tx, attempt.id, parcel, actor)


async def record_void(tx: Tx, command: RecordVoid, actor: Actor, now: datetime) -> LabelStands:
    """Whether the carrier took the label back. When it did not, it may be billed: head office reads that on the label."""
    attempt, parcel = await _locked(tx, command.label, actor)
    word, next_at = command.word, None
    if word == "busy" and attempt.void_tries < VOIDS:
        wait = max(labels.wait_after(attempt.void_tries), timedelta(seconds=command.wait_seconds))
        word, next_at = "intended", now + min(wait, timedelta(hours=1))
    elif word == "busy":
        word = "unknown"
    await sql.settle_void(tx, attempt.id, word, command.words, next_at)
    if word in ("refused", "unknown"):
        body = {"parcel": parcel.id, "carrier": attempt.carrier, "tracking_number": attempt.tracking_number}
        tx.tell(Event("shipping.void_refused", parcel.order_id, body, parcel.location, parcel.work))
    return _stands(attempt, parcel)


async def _locked(tx: Tx, label: UUID, actor: Actor) -> tuple[Attempt, Parcel]:
    """A label and its parcel; the order and the work are locked first, as everywhere."""
    parcel = await tx.value("SELECT parcel FROM label_attempt WHERE id = $1", label)
    work = await sql.work_of(tx, parcel, actor.locations) if parcel else None
    if work is not None:
        await locked_work(tx, work, actor)
    attempt = await sql.lock_attempt(tx, label, actor.locations)
    (found,) = [one for one in await sql.lock_parcels(tx, attempt.work) if one.id == attempt.parcel]
    return attempt, found


async def _put_on(tx: Tx, parcel: Parcel, label: UUID, now: datetime) -> None:
    if parcel.state == State.PACKED:
        await sql.set_state(tx, parcel.id, parcel.after(Step.LABEL), label)
    await keep_standing(tx, parcel.work, now)


async def _looked(tx: Tx, attempt: Attempt) -> None:
    """Somebody has looked at the carrier's: the manager need not."""
    await tx.run(
        "UPDATE exception SET resolved_at = $2, resolved_by = $3, resolution = 'put_right' WHERE work = $1 AND kind = 'label_unknown'"
        " AND body->>'parcel' = $4 AND resolved_at IS NULL",
        attempt.work, tx.now, tx.who, str(attempt.parcel),
    )  # fmt: skip


def _stands(attempt: Attempt, parcel: Parcel) -> LabelStands:
    return LabelStands(attempt.id, parcel.id, attempt.state.value, parcel.state.value, attempt.tracking_number)


async def _after(tx: Tx, label: UUID, parcel: Parcel, actor: Actor) -> LabelStands:
    attempt = await sql.lock_attempt(tx, label, actor.locations)
    (now,) = [one for one in await sql.lock_parcels(tx, parcel.work) if one.id == parcel.id]
    return _stands(attempt, now)
