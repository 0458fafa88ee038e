"""A device tells that a hand-over was taken back: judged at the device's own time, never refused for being late.

Too late, or refused goods on their shelf already: the store manager puts it right. When another device had told of the same
goods as well, its hand-over counts after all, because the goods are with that customer.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.flows.hand_over import undo_hand_over
from comptoir.flows.regain import Regained, end_again
from comptoir.flows.try_on import TryOnReported
from comptoir.fulfillment import resolving_sql, sql
from comptoir.fulfillment.model import HandOver, Outcome, UndoHandOver
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict

UNDONE = "undone"
"""How an exception ends when what it was about was taken back."""

_TOLD_AS_WELL = (
    "SELECT x.id AS case_id, e.id AS event, e.body, e.happened_at, i.id AS sign_in, i.staff, i.device FROM exception x"
    " JOIN device_event e ON e.id = (x.body ->> 'event')::uuid JOIN sign_in i ON i.id = e.sign_in"
    " WHERE x.order_id = $1 AND x.location = $2 AND x.kind = 'handed_over_twice' AND x.resolved_at IS NULL AND NOT e.undone"
    " AND NOT EXISTS (SELECT FROM hand_over h WHERE h.id = e.id) ORDER BY e.happened_at LIMIT 1"
)


class UndoReported:
    """Needs the hand-over's flow: the second of two hand-overs is carried out once the first is undone."""

    def __init__(self, hand_over: TryOnReported) -> None:
        self.hand_over = hand_over

    async def __call__(self, tx: Tx, effect: dict[str, Any], actor: Actor, at: datetime) -> Outcome:
        """Take back what `effect` says a hand-over had done."""
        cases = [UUID(case) for case in effect.get("exceptions", ())]
        work = UUID(effect["work"]) if "work" in effect else None
        if "hand_over" not in effect:
            # The report had moved nothing: what it had told the manager is not so.
            await self._close(tx, cases, actor)
            return Outcome("applied", None, work)
        made = UUID(effect["hand_over"])
        row = await tx.row("SELECT order_id, location, works FROM hand_over WHERE id = $1", made)
        assert row is not None
        try:
            async with tx.connection.transaction():
                done = await undo_hand_over(tx, UndoHandOver(made, made), actor, at)
        except Conflict as late:
            if late.code == "already_undone":
                return Outcome("applied", None, work)
            await sql.insert_exception(
                tx, row["location"], "hand_over_undo_late", "store_manager", order=row["order_id"], work=row["works"][0],
                body={"hand_over": made, "why": late.code, "who": actor.who, "at": at, "device": actor.device},
            )  # fmt: skip
            return Outcome("applied_with_exception", late.code, row["works"][0])
        regained = msgspec.convert(effect.get("regained", []), list[Regained])
        if regained:
            await end_again(tx, await sql.lock(tx, done.works, actor.locations), regained, made)
        await self._close(tx, cases, actor)
        await self._told_as_well(tx, row["order_id"], row["location"], actor)
        return Outcome("applied", None, done.works[0], {"hand_over": done.id})

    async def _close(self, tx: Tx, cases: list[UUID], actor: Actor) -> None:
        for case in cases:
            await resolving_sql.close(tx, case, UNDONE, actor.who, tx.now)

    async def _told_as_well(self, tx: Tx, order: UUID, location: str, actor: Actor) -> None:
        """Another device had told of the same goods: now theirs is the one hand-over."""
        row = await tx.row(_TOLD_AS_WELL, order, location)
        if row is None:
            return
        report = msgspec.convert(msgspec.json.decode(row["body"]), HandOver, strict=False)
        teller = Actor(
            str(row["staff"]), "associate", actor.locations, row["device"], "handheld", sign_in=row["sign_in"]
        )
        outcome = await self.hand_over.reported(tx, report, teller, row["happened_at"], row["event"])
        await self._close(tx, [row["case_id"]], teller)
        await tx.run(
            "UPDATE device_event SET effect = $2::jsonb WHERE id = $1",
            row["event"], msgspec.json.encode(outcome.effect).decode(),
        )  # fmt: skip
