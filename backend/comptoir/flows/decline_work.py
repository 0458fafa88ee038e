"""A store says no to work that it has not begun: the units are looked for elsewhere, and what was not on its shelf is put right."""

from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.flows.move_work import locked_work
from comptoir.flows.short_pick import NO_PROMISE_FOR
from comptoir.flows.source_again import lost_of, source_again
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.decline_reasons import DECLINE
from comptoir.fulfillment.lifecycles import Action
from comptoir.fulfillment.model import Moved, Work
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict
from comptoir.kit.ids import new_id
from comptoir.kit.reason_rows import list_reasons
from comptoir.kit.reasons import ReasonCode, find
from comptoir.kit.words import Note
from comptoir.orders import sql
from comptoir.sourcing.outlook import Outlook
from comptoir.stock import counting_sql
from comptoir.stock import sql as stock_sql
from comptoir.stock.model import released, short

NOT_ON_SHELF = ("not_found", "damaged")


class DeclineWork(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The store does not do this work. `not_found` and `damaged` speak of all its units; single ones are reported as missing while picking."""

    id: UUID
    work: UUID
    reason: ReasonCode
    note: Note = ""


class Declined(msgspec.Struct, frozen=True):
    """Works that others have now, and units that nobody has."""

    work: UUID
    works: tuple[UUID, ...]
    missing: int


class DeclineWorkFlow:
    """Needs the outlook to look elsewhere."""

    def __init__(self, outlook: Outlook) -> None:
        self.outlook = outlook

    async def __call__(self, tx: Tx, command: DeclineWork, actor: Actor, now: datetime) -> Declined:
        """Invalid `unknown_reason`; Conflict `customers_store` for an order that is collected, `already_started` when hands are at it or it is over."""
        work = await locked_work(tx, command.work, actor)
        if work.kind != "ship":
            raise Conflict("customers_store", order_number=work.order_number)
        if not work.allows(Action.REJECT):
            raise Conflict("already_started")
        lost = lost_of(work)
        # Head office may have added reasons: each acts as one that comes along.
        acts = find(await list_reasons(tx.connection, DECLINE), command.reason).acts
        if acts in NOT_ON_SHELF:
            for line in work.lines:
                if line.reserved:
                    await work_sql.flag_others(tx, work.location, line.sku, work.id, "short_elsewhere")
        await stock_sql.lock_everywhere(tx, [one.sku for one in lost])
        await give_up(tx, work, acts, actor.who, now, said=None if acts == command.reason else command.reason)
        await work_sql.advance(tx, work.id, work.after(Action.REJECT))
        # Saying no is not beginning: the order's progress counts works that somebody has begun.
        await tx.run(
            "UPDATE work SET ended_because = 'declined', started_at = NULL, pack = NULL, taken_by = NULL WHERE id = $1",
            work.id,
        )
        tx.touched.add(work.location)
        told = {"reason": command.reason, "note": command.note, "units": sum(one.units for one in lost)}
        tx.tell(Event("fulfillment.declined", work.order_id, told, work.location, work.id))
        found = await source_again(
            tx, self.outlook, work.order_id, work.order_number, lost, work.location, "declined", now
        )
        return Declined(work.id, found.works, sum(units for *_, units in found.missing))


async def give_up(tx: Tx, work: Work, reason: str, who: str, now: datetime, said: str | None = None) -> None:
    """None of the work's units is promised here any more; where they were not on the shelf the books say so too. They are unsourced then."""
    movements = []
    gone = reason in NOT_ON_SHELF
    for line in work.lines:
        units = line.reserved
        if not units:
            continue
        await work_sql.move_units(tx, work.id, [Moved(line.line, "reserved", "shorted" if gone else "canceled", units)])
        await stock_sql.release_reservations(tx, work.order_id, line.order_line, line.part, work.location, units)
        await sql.move_units(tx, work.order_id, [(line.order_line, line.part, units, 0, -units, 0)])
        if not gone:
            movements.append(released(line.sku, work.location, units, order_id=work.order_id, work=work.id))
            continue
        movements.append(
            short(line.sku, work.location, units, damaged=reason == "damaged", order_id=work.order_id, work=work.id)
        )
        await tx.run(
            "INSERT INTO short_pick (id, work, line, location, sku, quantity, reason, said, who, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            new_id(), work.id, line.line, work.location, line.sku, units, reason, said, who, now,
        )  # fmt: skip
        await counting_sql.ask(tx, work.location, line.sku, "short", who, now)
    await stock_sql.post(tx, movements)
    if gone:
        for line in work.lines:
            await stock_sql.stop_promises(tx, line.sku, work.location, now + NO_PROMISE_FOR)
