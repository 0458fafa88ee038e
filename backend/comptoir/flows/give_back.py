"""Units are not taken after all: the customer keeps them, nothing comes, or the whole return is declined."""

from collections.abc import Sequence
from datetime import datetime

from comptoir.flows.open_return import about, lock_return
from comptoir.flows.receive_return import end_case, end_search, keep_status
from comptoir.flows.send_back import end_label
from comptoir.fulfillment.resolving import GAVE_UP
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import NotFound
from comptoir.returns import rma_sql as sql
from comptoir.returns.lifecycle import RETURN, UNIT, Action, Status, Step, UnitState
from comptoir.returns.model import CancelReturn, DeclineReturn, GiveBack, Return, ReturnStands, Unit, stands
from comptoir.stock import sql as stock_sql
from comptoir.stock.model import return_gone


async def give_back(tx: Tx, command: GiveBack, actor: Actor, now: datetime) -> ReturnStands:
    """Units that are refused go home with the customer; when none is left the return is declined.

    NotFound `return_not_found`, `unit_not_found`; Conflict `not_now` once it is settled or the unit has its place.
    """
    actor.needs("associate", "store_manager", "head_office", "integrator", "system")
    found = await lock_return(tx, command.rma, actor)
    await needs_place(found, actor)
    RETURN.after(Action.GIVE_BACK, found.status)
    units = [found.unit(n) for n in dict.fromkeys(command.units)]
    await hand_back(tx, found, units, now)
    tx.tell(
        Event("return.given_back", found.order or found.id, about(found) | {"units": len(units), "why": command.why},
              found.location)
    )  # fmt: skip
    left = await keep_status(tx, await sql.lock(tx, found.id), now)
    if left.status == Status.DECLINED:
        await end_case(tx, left)
    return stands(left)


async def decline_return(tx: Tx, command: DeclineReturn, actor: Actor, now: datetime) -> ReturnStands:
    """Nothing of it is taken. NotFound `return_not_found`; Conflict `not_now` once it is settled or a unit has its place."""
    actor.needs("associate", "store_manager", "head_office", "integrator", "system")
    found = await lock_return(tx, command.rma, actor)
    await needs_place(found, actor)
    after = RETURN.after(Action.DECLINE, found.status)
    await hand_back(tx, found, found.counting, now)
    await sql.advance(tx, found.id, after, ended_at=now)
    await end_case(tx, found)
    tx.tell(Event("return.declined", found.order or found.id, about(found) | {"why": command.why}, found.location))
    return stands(await sql.lock(tx, found.id))


async def cancel_return(tx: Tx, command: CancelReturn, actor: Actor, now: datetime) -> ReturnStands:
    """Nothing will come. NotFound `return_not_found`; Conflict `not_now` once something is here, `return_on_its_way`."""
    found = await lock_return(tx, command.rma, actor)
    if actor.role == "customer" and found.order is None:
        raise NotFound("return_not_found")
    after = RETURN.after(Action.CANCEL, found.status)
    await end_label(tx, found.id)
    await end_search(tx, found, GAVE_UP)
    for unit in found.counting:
        UNIT.after(Step.CANCEL, unit.state)
    await sql.set_units(tx, found.id, [unit.n for unit in found.counting], UnitState.CANCELED)
    await sql.advance(tx, found.id, after, ended_at=now)
    tx.tell(Event("return.canceled", found.order or found.id, about(found), found.location))
    return stands(await sql.lock(tx, found.id))


async def hand_back(tx: Tx, found: Return, units: Sequence[Unit], now: datetime) -> None:
    """These units are the customer's again; those that counted in the building leave it."""
    for unit in units:
        UNIT.after(Step.GIVE_BACK, unit.state)
    gone = [unit for unit in units if unit.state == UnitState.HERE]
    await stock_sql.post(
        tx,
        [return_gone(unit.sku, unit.location or "", 1, found.number, order_id=found.order, happened_at=now) for unit in gone],
    )  # fmt: skip
    await sql.set_units(tx, found.id, [unit.n for unit in units], UnitState.GIVEN_BACK)


async def needs_place(found: Return, actor: Actor) -> None:
    """Who works in one store decides about what lies there. NotFound `return_not_found` for another store's."""
    if found.location is not None and not actor.reaches(found.location):
        raise NotFound("return_not_found")
