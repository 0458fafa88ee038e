"""Customers who come for their order are told that it is late, or a later hour, when the time to take it back is over. The promise stays."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from comptoir.kit import outbox
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, Invalid
from comptoir.tower import acting_sql
from comptoir.tower.acts import UNDO_FOR, Act, Extend, Tell
from comptoir.tower.playing import Part, Played
from comptoir.tower.standing import StoreNow

KIND: Final = "fulfillment.delayed"
LATE: Final = "fulfillment.late_told"
STEP: Final = timedelta(minutes=5)


async def extend(tx: Tx, command: Act, what: Extend, actor: Actor, stood: StoreNow, now: datetime) -> Played:
    """The later hour, first to those whose promise is in danger. Conflict `nobody_to_tell`; Invalid `act_hour_closed`: nobody can come then."""
    urgent = in_danger(stood)
    at = _rounded(what.to)
    if not stood.open_at(at):
        raise Invalid("act_hour_closed")
    found = await acting_sql.customers(tx, command.location, None, at, urgent, what.works)
    await acting_sql.lock_orders(tx, [row["order_id"] for row in found])
    # Ready, collected or told meanwhile: nothing to say any more.
    rows = await acting_sql.customers(tx, command.location, [row["id"] for row in found], at, urgent, what.works)
    if not rows:
        raise Conflict("nobody_to_tell")
    parts = []
    for row in rows:
        await acting_sql.tell_hour(tx, row["id"], at, at)
        since = row["told_at"] or row["promise_at"]
        body = {
            "from": since.isoformat(), "to": at.isoformat(), "until": at.isoformat(), "action": str(command.id),
        }  # fmt: skip
        tx.tell(Event(KIND, row["order_id"], body, row["location"], row["id"], due_at=now + UNDO_FOR))
        before = {"set": at, "number": row["order_number"]}
        parts.append(Part(row["id"], row["order_id"], before))
    fewer = what.works - len(parts)
    return Played(
        parts=tuple(parts), told=tuple(part.order for part in parts), stays=(("fewer", fewer),) if fewer else ()
    )  # fmt: skip


async def tell(tx: Tx, command: Act, what: Tell, actor: Actor, stood: StoreNow, now: datetime) -> Played:
    """That it is late, to whom that is true and who has heard nothing. Conflict `nobody_is_late`."""
    urgent = in_danger(stood)
    found = await acting_sql.late(tx, command.location, None, urgent, what.works)
    await acting_sql.lock_orders(tx, [row["order_id"] for row in found])
    rows = await acting_sql.late(tx, command.location, [row["id"] for row in found], urgent, what.works)
    if not rows:
        raise Conflict("nobody_is_late")
    body = {"action": str(command.id)}
    for row in rows:
        tx.tell(Event(LATE, row["order_id"], body, row["location"], row["id"], due_at=now + UNDO_FOR))
    parts = tuple(Part(row["id"], row["order_id"], {"number": row["order_number"]}) for row in rows)
    fewer = what.works - len(parts)
    return Played(parts=parts, told=tuple(part.order for part in parts), stays=(("fewer", fewer),) if fewer else ())


async def undo_tell(tx: Tx, parts: list[Any], action: str) -> int:
    """Nobody hears of it. How many. Conflict `act_undo_over`."""
    await acting_sql.lock_orders(tx, [row["order_id"] for row in parts])
    for order in sorted({row["order_id"] for row in parts}):
        await _unsay(tx, order, LATE, action)
    return len(parts)


async def _unsay(tx: Tx, order: UUID, kind: str, action: str) -> None:
    """What the act would have told. Conflict `act_undo_over` when the time ran out while this waited, and somebody was told."""
    if await outbox.withdraw(tx, order, await outbox.seqs_of(tx, order, kind, "action", action)):
        raise Conflict("act_undo_over")


def in_danger(stood: StoreNow) -> list[int]:
    """Promises (minutes) that have passed or that the forecast sees broken."""
    return [*stood.risks, *(minute for minute in stood.backlog.minutes if minute < stood.at)]


async def undo_extend(tx: Tx, parts: list[Any], action: str) -> tuple[int, list[tuple[str, str]]]:
    """Nobody hears of it; what a customer had been told before holds again. (order number, `told_since`) where another hour was told.

    Conflict `act_undo_over`.
    """
    await acting_sql.lock_orders(tx, [row["order_id"] for row in parts])
    back = 0
    stayed = []
    for row in parts:
        before = row["before"]
        await _unsay(tx, row["order_id"], KIND, action)
        if await acting_sql.untell_hour(tx, row["order_id"], row["work"], datetime.fromisoformat(before["set"])):
            back += 1
        else:
            stayed.append((before["number"], "told_since"))
    return back, stayed


def _rounded(at: datetime) -> datetime:
    """Up to five minutes: nobody believes 14:03."""
    over = timedelta(minutes=at.minute % 5, seconds=at.second, microseconds=at.microsecond)
    return at + (STEP - over) if over else at
