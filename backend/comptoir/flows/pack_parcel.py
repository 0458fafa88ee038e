"""Picked goods go into parcels: each scan one unit, each parcel closed with its box and weight; nothing that hands did is lost."""

from datetime import datetime
from typing import Any
from uuid import UUID

from comptoir.flows.ask_label import ask_by_itself, forget_unasked
from comptoir.flows.keep_progress import keep_progress
from comptoir.flows.move_work import locked_work
from comptoir.flows.parcel_standing import keep_standing
from comptoir.flows.pick import surplus_of_no_line
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.model import CloseParcel, Moved, Outcome, PackParcel, Pick, Work, WorkLine
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict
from comptoir.shipping import packing, sql
from comptoir.shipping.commands import LabelStands, Unpack
from comptoir.shipping.labels import may_ask
from comptoir.shipping.model import LabelState, Parcel, Size, State, Step
from comptoir.stock import sql as stock_sql
from comptoir.stock.model import Of, pick_undone, picked


async def pack_reported(tx: Tx, report: PackParcel, actor: Actor, at: datetime) -> Outcome:
    """Units of a line lie in a parcel. Packed units stay set aside; what was never scanned while picking counts as picked too.

    Surplus becomes put-back work; a closed parcel takes them, and the manager looks at its weight; one that has left does not.
    """
    work = await locked_work(tx, report.work, actor)
    line = work.line(report.line)
    if work.kind != "ship":
        return await _told(tx, work, report, actor, at, "not_to_be_sent")
    if line is None:
        return await surplus_of_no_line(tx, work, Pick(work.id, report.line, report.quantity, report.code), actor, at)
    if await sql.is_taken(tx, report.parcel, work.id):
        return await _told(tx, work, report, actor, at, "parcel_of_other_work")
    parcels = await sql.lock_parcels(tx, work.id)
    parcel = next((one for one in parcels if one.id == report.parcel), None)
    done = packing.put_in(parcel, line.picked, line.reserved, report.quantity)
    if done.problem == "parcel_gone":
        return await _told(tx, work, report, actor, at, done.problem)
    effect: dict[str, Any] = {"kind": "pack_parcel", "work": work.id, "line": line.line, "parcel": report.parcel,
                              "picked": done.from_picked, "shelf": done.from_shelf}  # fmt: skip
    if done.units:
        if parcel is None:
            number = max((one.number for one in parcels), default=0) + 1
            await sql.insert_parcel(tx, report.parcel, work.id, work.location, work.order_id, number, at)
        elif parcel.state == State.CANCELED:
            await sql.set_state(tx, parcel.id, parcel.after(Step.PUT_IN))
        await _into(tx, work, line, report.parcel, done, at)
    if done.surplus:
        effect["put_back"] = await _surplus(tx, work, line, done.surplus)
    if done.problem == "parcel_closed":
        effect["exception"] = await _look(tx, work, report.parcel, "parcel_closed", line.sku, done.units, actor, at)
    await keep_standing(tx, work.id, at)
    await keep_progress(tx, work.order_id)
    problem = "canceled_meanwhile" if done.surplus and line.canceled else done.problem
    return Outcome("applied_with_exception" if problem else "applied", problem, work.id, effect=effect)


async def _into(tx: Tx, work: Work, line: WorkLine, parcel: UUID, done: packing.PutIn, at: datetime) -> None:
    moved = []
    if done.from_shelf:
        moved.append(Moved(line.line, "reserved", "picked", done.from_shelf))
        await stock_sql.post(
            tx, [picked(line.sku, work.location, done.from_shelf, order_id=work.order_id, work=work.id, happened_at=at)]
        )
    moved.append(Moved(line.line, "picked", "staged", done.units))
    await work_sql.move_units(tx, work.id, moved)
    await sql.add_units(tx, parcel, work.id, work.location, line.line, line.sku, done.units)


async def _surplus(tx: Tx, work: Work, line: WorkLine, units: int) -> UUID | None:
    """Units that the work does not need lie beside the parcel: back to their shelf, unless their put-back is written already."""
    waits = await tx.value(
        "SELECT coalesce(sum(quantity - done), 0)::int FROM put_back WHERE work = $1 AND line = $2 AND withdrawn_at IS NULL",
        work.id, line.line,
    )  # fmt: skip
    if units <= waits:
        return None
    return await work_sql.insert_put_back(
        tx, work.location, line.sku, units - waits, "more_than_needed", promised=False, order=work.order_id, work=work.id,
        line=line.line,
    )  # fmt: skip


async def _told(tx: Tx, work: Work, report: PackParcel, actor: Actor, at: datetime, problem: str) -> Outcome:
    """The books stay as they are, and the manager looks at the parcel."""
    line = work.line(report.line)
    told = await _look(
        tx, work, report.parcel, problem, line.sku if line else None, report.quantity, actor, at
    )  # fmt: skip
    effect = {"kind": "pack_parcel", "work": work.id, "line": report.line, "picked": 0, "shelf": 0, "exception": told}
    return Outcome("applied_with_exception", problem, work.id, effect=effect)


async def _look(
    tx: Tx, work: Work, parcel: UUID, kind: str, sku: str | None, units: int | None, actor: Actor, at: datetime
) -> UUID:  # fmt: skip
    return await work_sql.insert_exception(
        tx, work.location, kind, "store_manager", order=work.order_id, work=work.id, sku=sku, quantity=units,
        body={"parcel": parcel, "who": actor.who, "at": at},
    )  # fmt: skip


async def undo_packed(tx: Tx, effect: dict[str, Any], actor: Actor, at: datetime) -> Outcome:
    """The unit came out again: it lies in the tote, or on its shelf where it had come from. A labeled parcel is the manager's."""
    work = await locked_work(tx, effect["work"], actor)
    if surplus := effect.get("put_back"):
        await tx.run("UPDATE put_back SET withdrawn_at = $2 WHERE id = $1 AND done = 0", surplus, tx.now)
    if told := effect.get("exception"):
        await work_sql.close_exception(tx, told, "undone")
    units, line = int(effect["picked"]) + int(effect["shelf"]), work.line(int(effect["line"]))
    if not units or line is None:
        return Outcome("applied", None, work.id)
    parcels = await sql.lock_parcels(tx, work.id)
    parcel = next((one for one in parcels if str(one.id) == str(effect["parcel"])), None)
    back = min(units, parcel.holds(line.line), line.staged) if parcel else 0
    if parcel is None or parcel.state not in (State.OPEN, State.PACKED) or back < units:
        made = await _look(tx, work, UUID(str(effect["parcel"])), "packed_meanwhile", line.sku, units, actor, at)
        return Outcome("applied_with_exception", "packed_meanwhile", work.id, {"exception": made})
    await take_units(tx, parcel, line, back)
    await work_sql.move_units(tx, work.id, [Moved(line.line, "staged", "picked", back)])
    if shelf := int(effect["shelf"]):
        await work_sql.move_units(tx, work.id, [Moved(line.line, "picked", "reserved", shelf)])
        of: Of = {"order_id": work.order_id, "work": work.id, "happened_at": at}
        await stock_sql.post(tx, [pick_undone(line.sku, work.location, shelf, **of)])
    await keep_standing(tx, work.id, at)
    await keep_progress(tx, work.order_id)
    return Outcome("applied", None, work.id)


async def take_units(tx: Tx, parcel: Parcel, line: WorkLine, units: int) -> None:
    """Units leave a parcel that has no label: a closed one is open again, an empty one is none."""
    await sql.add_units(tx, parcel.id, parcel.work, parcel.location, line.line, line.sku, -units)
    await forget_unasked(tx, parcel, "unpacked")
    empty = parcel.units == units
    if empty or parcel.state == State.PACKED:
        await sql.set_state(tx, parcel.id, parcel.after(Step.CANCEL) if empty else parcel.after(Step.REOPEN))


async def out_of_parcels(tx: Tx, work: Work, line: WorkLine, units: int) -> int:
    """Units are not wanted any more and come out of their parcels; how many do. None out of a parcel with a label, or whose
    label is being bought: that is thrown away first.
    """
    free = [
        parcel for parcel in await sql.lock_parcels(tx, work.id)
        if (live := await sql.live_attempt(tx, parcel.id)) is None or live.state == LabelState.INTENDED
    ]  # fmt: skip
    out = 0
    for parcel, some in packing.take_out(free, line.line, units):
        await take_units(tx, parcel, line, some)
        out += some
    return out


async def close_reported(tx: Tx, report: CloseParcel, actor: Actor, at: datetime) -> Outcome:
    """The parcel is closed: its label is asked for at once, and bought beside every step. Closing again changes nothing."""
    work = await locked_work(tx, report.work, actor)
    parcels = await sql.lock_parcels(tx, work.id)
    parcel = next((one for one in parcels if one.id == report.parcel), None)
    state = packing.close(parcel)
    if parcel is None or state is None:
        if parcel is not None and parcel.state != State.CANCELED and parcel.lines:
            return Outcome("applied", None, work.id)
        told = await _look(tx, work, report.parcel, "parcel_empty", None, None, actor, at)
        effect = {"kind": "close_parcel", "work": work.id, "exception": told}
        return Outcome("applied_with_exception", "parcel_empty", work.id, effect=effect)
    size = Size(*report.size_mm) if report.size_mm else None
    box = None
    if report.box is not None and (inside := await sql.find_box(tx, report.box, work.location)) is not None:
        box, size = report.box, size or inside
    await sql.close_parcel(tx, parcel.id, state, box, size, report.weight_grams, at)
    tx.tell(Event("shipping.parcel_closed", work.order_id, {"parcel": parcel.id, "number": parcel.number,
                  "weight_grams": report.weight_grams, "box": box}, work.location, work.id))  # fmt: skip
    await keep_standing(tx, work.id, at)
    (closed,) = [one for one in await sql.lock_parcels(tx, work.id) if one.id == parcel.id]
    await ask_by_itself(tx, work, closed)
    return Outcome("applied", None, work.id, effect={"kind": "close_parcel", "work": work.id, "parcel": parcel.id})


async def undo_closed(tx: Tx, effect: dict[str, Any], actor: Actor, at: datetime) -> Outcome:
    """It is open again, unless its label is there or being bought."""
    work = await locked_work(tx, effect["work"], actor)
    if told := effect.get("exception"):
        await work_sql.close_exception(tx, told, "undone")
        return Outcome("applied", None, work.id)
    parcel = next(one for one in await sql.lock_parcels(tx, work.id) if str(one.id) == str(effect["parcel"]))
    live = await sql.live_attempt(tx, parcel.id)
    if parcel.state != State.PACKED or (live is not None and live.state != LabelState.INTENDED):
        await _look(tx, work, parcel.id, "packed_meanwhile", None, None, actor, at)
        return Outcome("applied_with_exception", "packed_meanwhile", work.id)
    await _open(tx, parcel, at)
    return Outcome("applied", None, work.id)


async def unpack(tx: Tx, command: Unpack, actor: Actor, now: datetime) -> LabelStands:
    """Open a closed parcel. Conflict `void_label_first`, `label_being_bought`, `label_to_check`, `not_now`."""
    work = await locked_work(tx, await sql.work_of(tx, command.parcel, actor.locations), actor)
    (parcel,) = [one for one in await sql.lock_parcels(tx, work.id) if one.id == command.parcel]
    if parcel.state == State.LABELED:
        raise Conflict("void_label_first")
    live = await sql.live_attempt(tx, parcel.id)
    if live is not None and live.state != LabelState.INTENDED:
        may_ask(live)
    parcel.after(Step.REOPEN)
    await _open(tx, parcel, now)
    return LabelStands(None, parcel.id, None, State.OPEN.value)


async def _open(tx: Tx, parcel: Parcel, at: datetime) -> None:
    await forget_unasked(tx, parcel, "unpacked")
    await sql.set_state(tx, parcel.id, parcel.after(Step.REOPEN))
    await keep_standing(tx, parcel.work, at)
