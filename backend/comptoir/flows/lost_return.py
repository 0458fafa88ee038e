"""A parcel that is lost on its way back: the money is given all the same, by a person's decision; and what becomes of it should it come after all.

Whoever sent it with our label has done their part; their proof is the carrier's first scan (L221-24).
"""

from datetime import datetime
from uuid import UUID

from comptoir.flows.judge_return import MAY_PERMIT
from comptoir.flows.open_return import about, lock_return
from comptoir.flows.settle_return import SettleReturnFlow
from comptoir.fulfillment import sql as work_sql
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.returns import rma_sql as sql
from comptoir.returns.lifecycle import RETURN, UNIT, Action, Step, UnitState
from comptoir.returns.model import Permission, Return, ReturnSettled, Settling, Wish
from comptoir.shipping import way_back_sql
from comptoir.stock import sql as stock_sql
from comptoir.stock.model import return_inspected


async def refund_lost(
    tx: Tx, settle: SettleReturnFlow, rma: UUID, note: str, actor: Actor, now: datetime
) -> ReturnSettled:
    """Its units are lost and its money is intended, in one commit; the note is kept as the reason. NotFound `return_not_found`; Conflict `not_now` once it is here."""
    found = await lock_return(tx, rma, actor)
    after = RETURN.after(Action.LOSE, found.status)
    units = [unit for unit in found.counting if unit.state == UnitState.EXPECTED]
    for unit in units:
        UNIT.after(Step.LOSE, unit.state)
    await sql.set_units(tx, found.id, [unit.n for unit in units], UnitState.LOST)
    await sql.advance(tx, found.id, after, inspected_at=now)
    await way_back_sql.stop_asking(tx, found.id)
    tx.tell(Event("return.lost", found.order or found.id, about(found) | {"units": len(units)}, found.location))
    wish: Wish = "credit" if found.gift or found.order is None else "refund"
    permission = Permission(note) if actor.role in MAY_PERMIT else None
    return await settle.settle(tx, await sql.lock(tx, found.id), Settling(wish=wish), permission, actor, now)


async def find_lost(tx: Tx, found: Return, location: str, now: datetime) -> int:
    """It came after all, and was paid for: its units are here, to be looked at and put away; how many."""
    units = [unit for unit in found.units if unit.state == UnitState.LOST]
    for unit in units:
        UNIT.after(Step.FIND, unit.state)
    if not units:
        return 0
    await stock_sql.post(
        tx, [return_inspected(unit.sku, location, 1, found.number, order_id=found.order, happened_at=now) for unit in units]
    )  # fmt: skip
    await sql.bring_found(tx, found.id, [unit.n for unit in units], location)
    body = {"rma": found.id, "return": found.number}
    await work_sql.insert_exception(
        tx, location, "return_found", "store_manager", order=found.order, quantity=len(units), body=body
    )
    tx.tell(Event("return.found", found.order or found.id, about(found) | {"units": len(units)}, location))
    return len(units)
