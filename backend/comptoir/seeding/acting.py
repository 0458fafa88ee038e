"""Does what a script's steps tell, each through the flow that a person's tap or scan would reach."""

from typing import Any
from uuid import UUID

from comptoir.flows.arrive import arrive
from comptoir.flows.cancel_order import cancel_order
from comptoir.flows.hand_over import HandOverFlow, RequestHandOver, undo_hand_over
from comptoir.flows.lapse import expire, miss
from comptoir.flows.look_again import look_again_reported
from comptoir.flows.pick import pick_reported
from comptoir.flows.put_back import put_back_reported
from comptoir.flows.record_payment import RecordPaymentFlow
from comptoir.flows.release_hold import ReleaseHoldFlow, place_hold
from comptoir.flows.short_pick import short_reported
from comptoir.flows.stage import StageReported
from comptoir.flows.start_pack import release_reported, start_pack
from comptoir.flows.take_arrival import take_arrival
from comptoir.fulfillment.arriving import Arrive, TakeArrival
from comptoir.fulfillment.model import (
    HandOver,
    LookAgain,
    Outcome,
    Pick,
    PutBack,
    RefusedUnits,
    Release,
    Short,
    Stage,
    StartPack,
    UndoHandOver,
)
from comptoir.fulfillment.passes import PREFIX, pass_token
from comptoir.kit.actor import SYSTEM, Actor
from comptoir.kit.db import Pool, Tx, in_transaction
from comptoir.kit.ids import Seal, new_id
from comptoir.orders.model import CancelOrder, LineQuantity, PlaceHold, ReleaseHold
from comptoir.payments.recording import RecordPayment
from comptoir.seeding.reference import staff_id
from comptoir.sourcing.outlook import Outlook
from comptoir.world.cast import ASSOCIATE, MANAGERS
from comptoir.world.scripts import CUSTOMER_ACTS, Act, Script, Step

BOSSES = {boss.key: boss for boss in MANAGERS}


class Hands:
    """Everybody of the cast at work. `pool` gives one transaction per step; `now` is the step's own time."""

    def __init__(self, pool: Pool, seal: Seal, outlook: Outlook, shop: Actor) -> None:
        self.pool, self.seal, self.shop = pool, seal, shop
        self._release_hold = ReleaseHoldFlow(outlook)
        self._record_payment = RecordPaymentFlow(self._release_hold)
        self._stage = StageReported(seal)
        self._hand_over = HandOverFlow(seal)

    async def do(self, script: Script, step: Step) -> None:
        """Carry out one step. A refusal, or a report that became an exception, is a fault of the script: raised."""
        actor = self._actor(script, step)
        await in_transaction(self.pool, actor.who, step.at, lambda tx: self._do(tx, script, step, actor))

    def _actor(self, script: Script, step: Step) -> Actor:
        if who := ASSOCIATE.get(step.by):
            role: Any = who.role
            return Actor(str(staff_id(who.key)), role, (who.location,), via="sync")
        if boss := BOSSES.get(step.by):
            role = boss.role
            return Actor(str(staff_id(boss.key)), role, None)
        if step.by == CUSTOMER_ACTS:
            return Actor(f"customer:{script.id}", "customer", None)
        return SYSTEM if step.by == SYSTEM.who else self.shop

    async def _do(self, tx: Tx, script: Script, step: Step, actor: Actor) -> None:
        match step.act:
            case Act.PAY:
                await self._record_payment(tx, await _payment_of(tx, script), actor, step.at)
            case Act.HOLD:
                await place_hold(tx, PlaceHold(new_id(), script.id, step.reason), actor, step.at)
            case Act.RELEASE_HOLD:
                reason: Any = step.reason
                await self._release_hold(tx, ReleaseHold(new_id(), script.id, reason), actor, step.at)
            case Act.CANCEL | Act.CANCEL_LINE:
                await cancel_order(tx, _cancel(script, step), actor, step.at)
            case Act.START | Act.COLLEAGUE | Act.PICK | Act.SHORT | Act.LOOK_AGAIN | Act.STAGE:
                await self._work(tx, script, step, actor)
            case Act.HAND_OVER:
                command = RequestHandOver(new_id(), await self._hand_over_of(tx, script, step))
                await self._hand_over.request(tx, command, actor, step.at)
            case Act.UNDO_HAND_OVER:
                made = await tx.value(
                    "SELECT id FROM hand_over WHERE order_id = $1 AND undone_at IS NULL ORDER BY at DESC LIMIT 1",
                    script.id,
                )
                await undo_hand_over(tx, UndoHandOver(new_id(), made, step.reason), actor, step.at)
            case Act.PUT_BACK:
                made = await tx.value(
                    "SELECT id FROM put_back WHERE order_id = $1 AND sku = $2 AND done < quantity LIMIT 1",
                    script.id,
                    step.sku,
                )
                _done(await put_back_reported(tx, PutBack(made, step.quantity), actor, step.at))
            case Act.MISS:
                await miss(tx, script.id, await _work_of(tx, script), step.at)
            case Act.EXPIRE:
                await expire(tx, script.id, await _work_of(tx, script), step.at)
            case Act.ARRIVE:
                assert script.pickup_location is not None
                await arrive(tx, Arrive(new_id(), script.id, script.pickup_location, step.place), actor, step.at)
            case Act.TAKE:
                made = await tx.value("SELECT id FROM arrival WHERE order_id = $1 AND done_at IS NULL", script.id)
                await take_arrival(tx, TakeArrival(new_id(), made), actor, step.at)
            case Act.REFUSE_LINE | Act.REFUSE_AGE:
                # Refused units leave with the hand-over that follows; a refused collector leaves nothing but the goods.
                return

    async def _work(self, tx: Tx, script: Script, step: Step, actor: Actor) -> None:
        work = await _work_of(tx, script)
        if step.act is Act.START:
            assert script.pickup_location is not None
            await start_pack(tx, StartPack(new_id(), script.pickup_location, (work,)), actor, step.at)
        elif step.act is Act.COLLEAGUE:
            pack = await tx.value("SELECT pack FROM work WHERE id = $1", work)
            _done(await release_reported(tx, Release(pack), actor, step.at))
        elif step.act is Act.STAGE:
            report = Stage(work, f"B:{step.tag}", f"L:{step.place.replace(' ', '')}")
            _done(await self._stage(tx, report, actor, step.at))
        else:
            for line, units in await _lines_of(tx, script, work, step.sku):
                if step.act is Act.PICK:
                    _done(await pick_reported(tx, Pick(work, line, units), actor, step.at))
                elif step.act is Act.SHORT:
                    reason: Any = step.reason
                    _done(await short_reported(tx, Short(work, line, units, reason), actor, step.at))
                else:
                    _done(await look_again_reported(tx, LookAgain(work, line), actor, step.at))

    async def _hand_over_of(self, tx: Tx, script: Script, step: Step) -> HandOver:
        location = script.pickup_location
        assert location is not None
        work = await _work_of(tx, script)
        tags = await tx.rows("SELECT tag FROM bag WHERE work = $1 AND gone_at IS NULL ORDER BY tag", work)
        refused = [
            RefusedUnits(work, line, units, other.reason)
            for other in script.steps
            if other.act is Act.REFUSE_LINE and other.at <= step.at
            for line, units in await _lines_of(tx, script, work, other.sku, "staged")
        ]
        return HandOver(
            order=script.id,
            works=(work,),
            bags=tuple(f"B:{row['tag']}" for row in tags),
            pass_=PREFIX + pass_token(self.seal, script.id, location, 0),
            age_checked=True,
            collector=script.collector,
            refused=tuple(refused),
        )


def _cancel(script: Script, step: Step) -> CancelOrder:
    lines = tuple(
        LineQuantity(number, step.quantity)
        for number, want in enumerate(script.lines, 1)
        if step.act is Act.CANCEL_LINE and want.sku == step.sku
    )
    return CancelOrder(new_id(), script.id, step.reason, lines)


async def _payment_of(tx: Tx, script: Script) -> RecordPayment:
    """The payment that was awaited, captured in full."""
    row = await tx.row(
        "SELECT reference, amount_minor FROM payment WHERE order_id = $1 AND state = 'pending'", script.id
    )
    assert row is not None, f"{script.key} awaits no payment"
    return RecordPayment(new_id(), script.id, row["reference"], "captured", row["amount_minor"])


async def _work_of(tx: Tx, script: Script) -> UUID:
    """The order's pickup work."""
    found = await tx.value("SELECT id FROM work WHERE order_id = $1 AND kind = 'pickup'", script.id)
    assert isinstance(found, UUID), f"{script.key} has no pickup work"
    return found


async def _lines_of(tx: Tx, script: Script, work: UUID, sku: str, state: str = "reserved") -> list[tuple[int, int]]:
    """(line, units in that state) of the work's lines for the ordered SKU; a kit has one for each part."""
    numbers = [number for number, want in enumerate(script.lines, 1) if want.sku == sku]
    rows = await tx.rows(
        f"SELECT line, {state} AS units FROM work_line"
        f" WHERE work = $1 AND order_line = ANY($2::int[]) AND {state} > 0 ORDER BY line",
        work, numbers,
    )  # fmt: skip
    return [(row["line"], row["units"]) for row in rows]


def _done(outcome: Outcome) -> None:
    assert outcome.outcome == "applied", outcome
