"""A handheld tells what hands have done: a batch of facts from its journal, each applied once, none lost, none refused for being late."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec

from comptoir.flows import (
    adjust_stock,
    announce,
    count_reported,
    count_shelf,
    hand_over,
    load_parcel,
    look_again,
    pack_parcel,
    pick,
    pull_recalled,
    put_back,
    receive_goods,
    receive_transfer,
    return_reported,
    ship_transfer,
    short_pick,
    stage,
    start_pack,
    try_on,
)
from comptoir.flows.follow_journal import clock_off, follow_journal, keep_place
from comptoir.flows.lock_named import lock_named
from comptoir.flows.report_as import Reporter, report_as, tell_refused, tell_who
from comptoir.flows.undo_reported import UndoReported
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.journal import MOST, Batch, DeviceEvent, Follows, Taken, Told
from comptoir.fulfillment.model import (
    REPORTS,
    Adjust,
    CloseParcel,
    Count,
    CountFound,
    HandOver,
    LoadParcel,
    LookAgain,
    Outcome,
    PackParcel,
    Pick,
    PickForTransfer,
    PutBack,
    ReadAnnouncement,
    RecallDone,
    RecallPull,
    Receive,
    Release,
    ShelfDone,
    Short,
    Stage,
    Start,
    Undo,
    UnknownCode,
    Unlock,
    WorkNote,
)
from comptoir.kit.actor import Actor
from comptoir.kit.db import AWAY, LOST_RACES, Event, Tx
from comptoir.kit.errors import Conflict, Forbidden, NotFound, Refusal
from comptoir.kit.ids import Seal
from comptoir.returns.reporting import RETURN_REPORTS, ToldParcel, ToldPlaced, ToldReturn
from comptoir.sourcing.outlook import Outlook

log = logging.getLogger("comptoir.reports")

__all__ = ["MOST", "Batch", "DeviceEvent", "Follows", "TakeReports", "Taken", "Told"]

Undoer = Callable[[Tx, dict[str, Any], Actor, datetime], Awaitable[Outcome]]


_PARCEL = "SELECT true FROM work WHERE id = $1 AND kind = 'ship'"


def taken_back(events: Sequence[DeviceEvent]) -> frozenset[UUID]:
    """Missing articles that the very next line takes back: nobody has looked elsewhere for them yet, and nobody need to."""
    return frozenset(
        first.id
        for first, then in pairwise(events)
        if first.type == "short" and then.type == "undo" and then.body.get("event") == str(first.id)
    )


class TakeReports:
    """Holds the flows that need the seal or the outlook."""

    def __init__(self, seal: Seal, outlook: Outlook) -> None:
        self.stage = stage.StageReported(seal)
        self.hand_over = hand_over.HandOverFlow(seal)
        self.short = short_pick.ShortReported(outlook)
        self.take_back = return_reported.ReturnReported(seal, outlook)
        self.try_on = try_on.TryOnReported(self.hand_over, self.take_back)
        self.undo: Mapping[str, Undoer] = {
            "pick": pick.undo_pick, "short": short_pick.undo_short, "look_again": look_again.undo_look_again, "put_back": put_back.undo_put_back,
            "hand_over": UndoReported(self.try_on), "stage": stage.undo_stage,
            "pack_parcel": pack_parcel.undo_packed, "close_parcel": pack_parcel.undo_closed,
            "load": load_parcel.undo_load, "recall_pull": pull_recalled.undo_pull, "adjust": adjust_stock.undo_adjust_reported,
        }  # fmt: skip

    async def __call__(self, tx: Tx, batch: Batch, device: Actor, now: datetime) -> Taken:
        """Apply a batch in one transaction, each event under a savepoint.

        Conflict `gap` (with `expected_seq`) when lines are missing, `device_clone` when the journal is another device's
        or its lines changed. Known lines give their first outcome again.
        """
        expected = await follow_journal(tx, batch, device, now)
        known = await self._known(tx, batch)
        await lock_named(tx, (event.body for event in batch.events), device)
        told: list[Told] = []
        slips = taken_back(batch.events)
        for event in batch.events:
            if event.seq > expected:
                raise Conflict("gap", expected_seq=expected)
            first = known.get(event.id)
            if event.seq < expected:
                # What another journal had told first has no line of its own here, and is known by its id alone.
                if first is None:
                    raise Conflict("device_clone")
                told.append(msgspec.structs.replace(first, seq=event.seq, again=True))
                continue
            done = msgspec.structs.replace(first, seq=event.seq, again=True) if first else None
            told.append(done or await self._take(tx, batch.journal_id, event, device, now, event.id in slips))
            known[event.id] = told[-1]
            expected += 1
        await keep_place(tx, batch.journal_id, expected, device, clock_off(batch.events, now), now)
        packs = {event.pack_id for event in batch.events if event.pack_id}
        return Taken(expected - 1, tuple(told), tuple(sorted(packs)))

    async def _known(self, tx: Tx, batch: Batch) -> dict[UUID, Told]:
        """Events that were told before, by whatever journal: id -> what came of it."""
        rows = await tx.rows(
            "SELECT id, answer FROM device_event WHERE id = ANY($1::uuid[])", [event.id for event in batch.events]
        )
        return {row["id"]: msgspec.json.decode(row["answer"], type=Told) for row in rows}

    async def _take(
        self, tx: Tx, journal: UUID, event: DeviceEvent, device: Actor, now: datetime, slip: bool
    ) -> Told:  # fmt: skip
        at, outcome = now, Outcome("refused", "malformed")
        told_before = len(tx.events)
        try:
            async with tx.connection.transaction():
                reporter = await report_as(tx, event, device, now)
                at = reporter.at
                outcome = await self._decoded(tx, event, reporter, slip)
        except (NotFound, Forbidden) as refusal:
            # Not this store's, or nobody was allowed to: the only things that a fact is refused for, beside being garbled.
            outcome = Outcome("refused", refusal.code, facts=refusal.facts)
        except (*AWAY, *LOST_RACES):
            raise
        except Exception as misfit:
            del tx.events[told_before:]
            outcome = await self._did_not_fit(tx, event, device, misfit)
        if outcome.outcome == "refused":
            del tx.events[told_before:]
            await tell_refused(tx, event, outcome.problem or "malformed", device)
        told = Told(event.seq, event.id, outcome.outcome, False, outcome.problem, outcome.work, outcome.facts)
        await tx.run(
            "INSERT INTO device_event (journal, seq, id, kind, body, pack, sign_in, happened_at, received_at, outcome, answer, effect)"
            " VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9, $10, $11::jsonb, $12::jsonb)",
            journal, event.seq, event.id, event.type, msgspec.json.encode(event.body).decode(), event.pack_id, event.sign_in_id, at, now, outcome.outcome,
            msgspec.json.encode(told).decode(), msgspec.json.encode(outcome.effect).decode(),
        )  # fmt: skip
        return told

    async def _decoded(self, tx: Tx, event: DeviceEvent, reporter: Reporter, slip: bool) -> Outcome:
        """Read the body, apply it, and tell the manager when somebody did it who should not have."""
        kind = REPORTS.get(event.type) or RETURN_REPORTS.get(event.type)
        if kind is None:
            return Outcome("refused", "unknown_event")
        try:
            # A device names lines as text; everything else in a body is strict by its bounds.
            report = msgspec.convert(event.body, kind, strict=False)
        except msgspec.ValidationError:
            return Outcome("refused", "malformed")
        if slip and isinstance(report, Short) and await tx.value(_PARCEL, report.work):
            # It has moved nothing, and its undo finds nothing to do.
            return Outcome("applied", None, report.work)
        outcome = await self._apply(tx, report, event, reporter.actor, reporter.at)
        if reporter.problem and outcome.outcome != "refused":
            await tell_who(tx, event, reporter.problem, reporter.actor, reporter.at)
            return msgspec.structs.replace(
                outcome, outcome="applied_with_exception", problem=outcome.problem or reporter.problem
            )
        return outcome

    async def _did_not_fit(self, tx: Tx, event: DeviceEvent, device: Actor, misfit: Exception) -> Outcome:
        """A fact that the books cannot hold: kept, and given to the manager; the journal goes on."""
        why = misfit.code if isinstance(misfit, Refusal) else type(misfit).__name__
        if not isinstance(misfit, Refusal):
            log.error("did not fit: %s %s", event.type, event.id, exc_info=misfit)
        location = device.locations[0] if device.locations else ""
        await work_sql.insert_exception(
            tx,
            location,
            "did_not_fit",
            "store_manager",
            body={"event": event.id, "type": event.type, "why": why},
        )
        return Outcome("applied_with_exception", "did_not_fit")

    async def _apply(self, tx: Tx, report: Any, event: DeviceEvent, actor: Actor, at: datetime) -> Outcome:
        match report:
            case Pick():
                return await pick.pick_reported(tx, report, actor, at)
            case Short():
                return await self.short(tx, report, actor, at)
            case LookAgain():
                return await look_again.look_again_reported(tx, report, actor, at)
            case Stage():
                return await self.stage(tx, report, actor, at)
            case HandOver():
                return await self.try_on.reported(tx, report, actor, at, event.id)
            case ToldReturn():
                return await self.take_back(tx, report, actor, at)
            case ToldPlaced():
                return await return_reported.placed_reported(tx, report, actor, at)
            case ToldParcel():
                return await return_reported.parcel_reported(tx, report, actor, at)
            case PutBack():
                return await put_back.put_back_reported(tx, report, actor, at)
            case PackParcel():
                return await pack_parcel.pack_reported(tx, report, actor, at)
            case CloseParcel():
                return await pack_parcel.close_reported(tx, report, actor, at)
            case LoadParcel():
                return await load_parcel.load_reported(tx, report, actor, at, event.id)
            case Start():
                return await start_pack.start_reported(tx, report, actor, at)
            case Release():
                return await start_pack.release_reported(tx, report, actor, at)
            case Count():
                return await count_reported.count_reported(tx, report, actor, at, event.id)
            case CountFound():
                return await count_reported.found_reported(tx, report, actor, at)
            case ShelfDone():
                return await count_shelf.shelf_done_reported(tx, report, actor, at, event.id)
            case ReadAnnouncement():
                return await announce.read_reported(tx, report, actor, at)
            case RecallPull():
                return await pull_recalled.pull_reported(tx, report, actor, at)
            case RecallDone():
                return await pull_recalled.done_reported(tx, report, actor, at)
            case Adjust():
                return await adjust_stock.adjust_reported(tx, report, actor, at, event.id)
            case PickForTransfer():
                return await ship_transfer.pick_for_transfer_reported(tx, report, actor, at)
            case Receive() if report.purchase is not None:
                return await receive_goods.receive_goods_reported(tx, report, actor, at)
            case Receive():
                return await receive_transfer.receive_reported(tx, report, actor, at)
            case Undo():
                return await self._undo(tx, report, event, actor, at)
            case WorkNote():
                work = await work_sql.lock(tx, [report.work], actor.locations)
                tx.tell(
                    Event("fulfillment.noted", work[0].order_id, {"text": report.text}, work[0].location, report.work)
                )
                return Outcome("applied", None, report.work)
            case Unlock() | UnknownCode():
                return Outcome("applied")
            case _:
                return Outcome("refused", "unknown_event")

    async def _undo(self, tx: Tx, report: Undo, event: DeviceEvent, actor: Actor, at: datetime) -> Outcome:
        """Take back an earlier event of the device whose sign-in this is, by whatever journal it came; once."""
        row = await tx.row(
            "SELECT e.effect, e.undone, e.outcome FROM device_event e JOIN sign_in i ON i.id = e.sign_in"
            " WHERE e.id = $1 AND i.device = $2 FOR NO KEY UPDATE OF e",
            report.event, actor.device,
        )  # fmt: skip
        if row is None:
            await work_sql.insert_exception(
                tx, (actor.locations or ("",))[0], "nothing_to_undo", "store_manager",
                body={"event": event.id, "undo_of": report.event, "who": actor.who, "at": at},
            )  # fmt: skip
            return Outcome("applied_with_exception", "nothing_to_undo")
        effect = msgspec.json.decode(row["effect"]) if row["effect"] else {}
        undoer = self.undo.get(effect.get("kind", ""))
        if row["undone"] or row["outcome"] == "refused" or undoer is None:
            # It stands already as it was before, or had moved nothing: there is nothing for anybody to do.
            return Outcome("applied", "nothing_to_undo")
        outcome = await undoer(tx, effect, actor, at)
        await tx.run("UPDATE device_event SET undone = true WHERE id = $1", report.event)
        return outcome
