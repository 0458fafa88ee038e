"""The customer tries on before the goods leave: what is taken is handed over, what is not stays, and what they get for it is settled; all at once.

What stays was handed over and came back in the same breath: one return of the origin `hand_over`, by the rules of every return. Until its
hand-over can no longer be undone no money moves, and undoing it takes the return along (`flows/undo_try_on.py`).
"""

from datetime import datetime
from uuid import UUID, uuid5

import msgspec

from comptoir.flows.hand_over import HandedOver, HandOverFlow, RequestHandOver
from comptoir.flows.return_reported import ReturnReported
from comptoir.flows.take_return import TakeReturnFlow
from comptoir.fulfillment.handover import settles_at
from comptoir.fulfillment.model import HandOver, Outcome, TriedOn
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Invalid
from comptoir.returns import rma_sql as sql
from comptoir.returns.model import MOST_UNITS, Permission, ReturnSettled, Settling, TakeReturn
from comptoir.returns.model import Taken as Back
from comptoir.returns.policy import Condition
from comptoir.returns.reporting import ToldReturn, ToldUnit


class TryOn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Hand over, and take back what was not wanted: `hand_over.tried`. The command's id is the hand-over's, `rma` will be the return's."""

    id: UUID
    rma: UUID
    hand_over: HandOver
    settling: Settling = Settling()
    permission: Permission | None = None


class TriedOnAndSettled(msgspec.Struct, frozen=True):
    """Both answers: until when it can be undone, and what the customer gets."""

    hand_over: HandedOver
    settled: ReturnSettled


class Stays(msgspec.Struct, frozen=True):
    """Units of a line (and part) of the order that stay."""

    line: int
    part: int
    quantity: int
    condition: Condition
    reason: str


class TryOnFlow:
    """Needs what hands over, and what takes a return."""

    def __init__(self, hand_over: HandOverFlow, counter: TakeReturnFlow) -> None:
        self.hand_over, self.counter = hand_over, counter

    async def __call__(self, tx: Tx, command: TryOn, actor: Actor, now: datetime) -> TriedOnAndSettled:
        """Refused as a whole by what refuses the hand-over or the return; Invalid `nothing_tried`, and `tried_too_many` for units that are not there."""
        asked = command.hand_over
        if not asked.tried:
            raise Invalid("nothing_tried")
        done = await self.hand_over.request(tx, RequestHandOver(command.id, asked), actor, now)
        stays = await stays_of(tx, done.id, asked.tried)
        location = await tx.value("SELECT location FROM hand_over WHERE id = $1", done.id)
        back = TakeReturn(
            id=command.rma, location=location, order=asked.order, origin="hand_over", settling=command.settling, permission=command.permission,
            units=tuple(
                Back(line=one.line, part=one.part, quantity=one.quantity, condition=one.condition, reason=one.reason)
                for one in stays
            ),
        )  # fmt: skip
        settled = await self.counter.take(tx, back, actor, now, due=settles_at(now, tx.now))
        await sql.tie(tx, command.rma, command.id)
        return TriedOnAndSettled(done, settled)


class TryOnReported:
    """Told by a device: hands have done it. Needs what hands over, and what takes goods in whatever the rules say."""

    def __init__(self, hand_over: HandOverFlow, back: ReturnReported) -> None:
        self.hand_over, self.back = hand_over, back

    async def reported(self, tx: Tx, report: HandOver, actor: Actor, at: datetime, event: UUID) -> Outcome:
        """Total. What stays is here and counted; what the rules do not give back by themselves a manager decides."""
        told = await self.hand_over.reported(tx, report, actor, at, event)
        if not report.tried or "hand_over" not in told.facts:
            return told
        rma = uuid5(event, "tried on")
        units = [
            ToldUnit(condition=one.condition, reason=one.reason, line=one.line, part=one.part)
            for one in await stays_of(tx, event, report.tried, at_most=True)
            for _ in range(one.quantity)
        ]
        if not units:
            return told
        returned = ToldReturn(return_=rma, units=tuple(units[:MOST_UNITS]), order=report.order)
        back = await self.back(tx, returned, actor, at, origin="hand_over", due=settles_at(at, tx.now))
        await sql.tie(tx, rma, event)
        if told.outcome == "applied" and back.outcome != "applied":
            told = msgspec.structs.replace(told, outcome=back.outcome, problem=back.problem)
        return msgspec.structs.replace(told, facts=told.facts | back.facts)


async def stays_of(tx: Tx, hand_over: UUID, tried: tuple[TriedOn, ...], *, at_most: bool = False) -> list[Stays]:
    """What of this hand-over was tried on and stays, as lines of its order. More than it handed over: Invalid `tried_too_many`,
    or with `at_most` only so many."""
    rows = await tx.rows(
        "SELECT h.work, h.line, h.quantity - h.refused AS handed, l.order_line, l.part FROM hand_over_line h"
        " JOIN work_line l ON l.work = h.work AND l.line = h.line WHERE h.hand_over = $1",
        hand_over,
    )
    left = {(row["work"], row["line"]): row["handed"] for row in rows}
    of = {(row["work"], row["line"]): (row["order_line"], row["part"]) for row in rows}
    found = []
    for one in tried:
        key = (one.work, one.line)
        units = min(one.quantity, left.get(key, 0))
        if units < one.quantity and not at_most:
            raise Invalid("tried_too_many", line=one.line)
        if units:
            left[key] -= units
            found.append(Stays(*of[key], units, one.condition, one.reason))
    return found
