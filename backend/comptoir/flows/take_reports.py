"""A handheld tells what hands have done: a batch of facts from its journal, each applied once, none lost, none refused for being late."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import msgspec

from comptoir.flows import count_stock, hand_over, look_again, pick, put_back, short_pick, stage, start_pack
from comptoir.flows.lock_named import lock_named
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.model import (
    REPORTS,
    Count,
    HandOver,
    LookAgain,
    Outcome,
    Pick,
    PutBack,
    Release,
    Short,
    Stage,
    Start,
    Undo,
    UndoHandOver,
    UnknownCode,
    Unlock,
    WorkNote,
)
from comptoir.kit.actor import Actor, Role
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, Refusal
from comptoir.kit.ids import Seal
from comptoir.kit.words import Instant
from comptoir.sourcing.outlook import Outlook
from comptoir.stock.counting import SubmitCount

MOST = 50
TIME_SLACK = timedelta(minutes=1)


class DeviceEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a device's journal. `at_wall` + `offset_ms` is when it happened, by the server's clock."""

    seq: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    id: UUID
    at_wall: Instant
    sign_in_id: UUID
    type: Annotated[str, msgspec.Meta(max_length=32)]
    body: dict[str, Any]
    at_mono: Annotated[float, msgspec.Meta(ge=0, le=1e15)] = 0.0
    offset_ms: Annotated[float, msgspec.Meta(ge=-1e12, le=1e12)] = 0.0
    pack_id: UUID | None = None


class Follows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The journal that this one goes on from, and how far the server had acknowledged it."""

    journal_id: UUID
    acked_through: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a device sends: the next lines of its journal, in order."""

    journal_id: UUID
    events: Annotated[tuple[DeviceEvent, ...], msgspec.Meta(max_length=MOST)]
    v: Annotated[int, msgspec.Meta(ge=1, le=1)] = 1
    follows: Follows | None = None


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of one event."""

    seq: int
    id: UUID
    outcome: str
    again: bool = False
    problem: str | None = None
    work: UUID | None = None
    facts: dict[str, Any] = {}


class Taken(msgspec.Struct, frozen=True):
    """The answer to a batch; everything through `acked_through` may be forgotten by the device."""

    acked_through: int
    outcomes: tuple[Told, ...]
    touched_packs: tuple[UUID, ...] = ()


Undoer = Callable[[Tx, dict[str, Any], Actor, datetime], Awaitable[Outcome]]


class TakeReports:
    """Holds the flows that need the seal or the outlook."""

    def __init__(self, seal: Seal, outlook: Outlook) -> None:
        self.stage = stage.StageReported(seal)
        self.hand_over = hand_over.HandOverFlow(seal)
        self.undo: Mapping[str, Undoer] = {
            "pick": pick.undo_pick, "short": short_pick.undo_short, "look_again": look_again.undo_look_again, "put_back": put_back.undo_put_back,
            "hand_over": undo_reported_hand_over, "stage": stage.undo_stage,
        }  # fmt: skip

    async def __call__(self, tx: Tx, batch: Batch, device: Actor, now: datetime) -> Taken:
        """Apply a batch in one transaction, each event under a savepoint.

        Conflict `gap` (with `expected_seq`) when lines are missing, `device_clone` when the journal is another device's
        or its lines changed. Known lines give their first outcome again.
        """
        await tx.run(
            "INSERT INTO journal (id, device, started_at, last_at) VALUES ($1, $2, $3, $3) ON CONFLICT (id) DO NOTHING",
            batch.journal_id,
            device.device,
            now,
        )
        journal = await tx.row(
            "SELECT device, expected_seq FROM journal WHERE id = $1 FOR NO KEY UPDATE", batch.journal_id
        )
        assert journal is not None
        if journal["device"] != device.device:
            raise Conflict("device_clone")
        expected: int = journal["expected_seq"]
        known = {
            row["seq"]: row
            for row in await tx.rows(
                "SELECT seq, id, answer FROM device_event WHERE journal = $1 AND seq = ANY($2::bigint[])",
                batch.journal_id,
                [e.seq for e in batch.events],
            )
        }
        await lock_named(tx, (event.body for event in batch.events), device)
        told: list[Told] = []
        for event in batch.events:
            if event.seq > expected:
                raise Conflict("gap", expected_seq=expected)
            if event.seq < expected:
                row = known.get(event.seq)
                if row is None or row["id"] != event.id:
                    raise Conflict("device_clone")
                told.append(msgspec.structs.replace(msgspec.json.decode(row["answer"], type=Told), again=True))
                continue
            told.append(await self._take(tx, batch.journal_id, event, device, now))
            expected += 1
        await tx.run(
            "UPDATE journal SET expected_seq = $2, last_at = $3 WHERE id = $1", batch.journal_id, expected, now
        )
        packs = {event.pack_id for event in batch.events if event.pack_id}
        return Taken(expected - 1, tuple(told), tuple(sorted(packs)))

    async def _take(self, tx: Tx, journal: UUID, event: DeviceEvent, device: Actor, now: datetime) -> Told:
        first = await tx.value("SELECT answer FROM device_event WHERE id = $1", event.id)
        if first is not None:
            # The same fact by another way (sent on by a second device): its first outcome stands.
            return msgspec.structs.replace(msgspec.json.decode(first, type=Told), seq=event.seq, again=True)
        at, outcome = now, Outcome("refused", "malformed")
        told_before = len(tx.events)
        try:
            async with tx.connection.transaction():
                at, actor = await self._who(tx, event, device, now)
                # A device names lines as text; everything else in a body is strict by its bounds.
                report = msgspec.convert(event.body, REPORTS[event.type], strict=False)
                outcome = await self._apply(tx, report, event, actor, at)
        except (msgspec.ValidationError, KeyError):
            outcome = Outcome("refused", "unknown_event" if event.type not in REPORTS else "malformed")
        except Refusal as refusal:
            outcome = Outcome("refused", refusal.code, facts=refusal.facts)
        except (asyncpg.CheckViolationError, asyncpg.DataError) as misfit:
            del tx.events[told_before:]
            outcome = await self._did_not_fit(tx, event, device, misfit)
        if outcome.outcome == "refused":
            del tx.events[told_before:]
        told = Told(event.seq, event.id, outcome.outcome, False, outcome.problem, outcome.work, outcome.facts)
        await tx.run(
            "INSERT INTO device_event (journal, seq, id, kind, body, pack, sign_in, happened_at, received_at, outcome, answer, effect)"
            " VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9, $10, $11::jsonb, $12::jsonb)",
            journal, event.seq, event.id, event.type, msgspec.json.encode(event.body).decode(), event.pack_id, event.sign_in_id, at, now, outcome.outcome,
            msgspec.json.encode(told).decode(), msgspec.json.encode(outcome.effect).decode(),
        )  # fmt: skip
        return told

    async def _did_not_fit(self, tx: Tx, event: DeviceEvent, device: Actor, misfit: Exception) -> Outcome:
        """A fact that the ledger cannot hold: kept, and given to the manager; the journal goes on."""
        location = device.locations[0] if device.locations else ""
        await work_sql.insert_exception(
            tx,
            location,
            "did_not_fit",
            "store_manager",
            body={"event": event.id, "type": event.type, "why": type(misfit).__name__},
        )
        return Outcome("applied_with_exception", "did_not_fit")

    async def _who(self, tx: Tx, event: DeviceEvent, device: Actor, now: datetime) -> tuple[datetime, Actor]:
        """Who did it and when: authority is judged at the event's time. Conflict `not_signed_in_then`."""
        row = await tx.row(
            "SELECT i.staff, i.started_at, i.ended_at, s.role, s.language FROM sign_in i JOIN staff s ON s.id = i.staff WHERE i.id = $1 AND i.device = $2",
            event.sign_in_id, device.device,
        )  # fmt: skip
        if row is None:
            raise Conflict("not_signed_in_then")
        at = min(max(event.at_wall + timedelta(milliseconds=event.offset_ms), row["started_at"]), now)
        if row["ended_at"] is not None and at > row["ended_at"] + TIME_SLACK:
            raise Conflict("not_signed_in_then")
        role: Role = row["role"] if row["role"] in ("associate", "store_manager") else "associate"
        return at, Actor(
            str(row["staff"]),
            role,
            device.locations,
            device.device,
            "handheld",
            language=row["language"],
            sign_in=event.sign_in_id,
        )

    async def _apply(self, tx: Tx, report: Any, event: DeviceEvent, actor: Actor, at: datetime) -> Outcome:
        match report:
            case Pick():
                return await pick.pick_reported(tx, report, actor, at)
            case Short():
                return await short_pick.short_reported(tx, report, actor, at)
            case LookAgain():
                return await look_again.look_again_reported(tx, report, actor, at)
            case Stage():
                return await self.stage(tx, report, actor, at)
            case HandOver():
                return await self.hand_over.reported(tx, report, actor, at, event.id)
            case PutBack():
                return await put_back.put_back_reported(tx, report, actor, at)
            case Release():
                return await start_pack.release_reported(tx, report, actor, at)
            case Start():
                return await start_pack.start_reported(tx, report, actor, at)
            case Unlock():
                return Outcome("applied")
            case Count():
                counted = SubmitCount(event.id, report.count, report.quantity, at)
                outcome = await count_stock.submit_count_reported(tx, counted, actor, tx.now)
                return Outcome("applied", None, None, {"status": outcome.status})
            case Undo():
                return await self._undo(tx, report, actor, at)
            case WorkNote():
                work = await work_sql.lock(tx, [report.work], actor.locations)
                tx.tell(
                    Event("fulfillment.noted", work[0].order_id, {"text": report.text}, work[0].location, report.work)
                )
                return Outcome("applied", None, report.work)
            case UnknownCode():
                return Outcome("applied")
            case _:
                return Outcome("refused", "unknown_event")

    async def _undo(self, tx: Tx, report: Undo, actor: Actor, at: datetime) -> Outcome:
        """Take back an earlier event of this device; an event is taken back once."""
        row = await tx.row(
            "SELECT e.effect, e.undone, e.outcome FROM device_event e JOIN journal j ON j.id = e.journal WHERE e.id = $1 AND j.device = $2 FOR NO KEY UPDATE OF e",
            report.event, actor.device,
        )  # fmt: skip
        effect = msgspec.json.decode(row["effect"]) if row and row["effect"] else {}
        undoer = self.undo.get(effect.get("kind", ""))
        if row is None or row["undone"] or row["outcome"] == "refused" or undoer is None:
            return Outcome("applied_with_exception", "nothing_to_undo")
        outcome = await undoer(tx, effect, actor, at)
        await tx.run("UPDATE device_event SET undone = true WHERE id = $1", report.event)
        return outcome


async def undo_reported_hand_over(tx: Tx, effect: dict[str, Any], actor: Actor, at: datetime) -> Outcome:
    if "hand_over" not in effect:
        return Outcome("applied_with_exception", "nothing_to_undo")
    done = await hand_over.undo_hand_over(
        tx, UndoHandOver(UUID(effect["hand_over"]), UUID(effect["hand_over"])), actor, at
    )
    return Outcome("applied", None, done.works[0], {"hand_over": done.id})
