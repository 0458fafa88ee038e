"""What was announced is here: on the counter or the dock, not yet looked at. What did not come is said."""

from datetime import datetime

from comptoir.flows.open_return import about, lock_return
from comptoir.fulfillment import resolving_sql
from comptoir.fulfillment.resolving import CAME
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.returns import rma_sql as sql
from comptoir.returns.lifecycle import RETURN, UNIT, Action, Status, Step, UnitState
from comptoir.returns.model import ReceiveReturn, Return, ReturnStands, stands
from comptoir.shipping import way_back_sql


async def receive_return(tx: Tx, command: ReceiveReturn, actor: Actor, now: datetime) -> ReturnStands:
    """NotFound `return_not_found`, `location_not_found`, `unit_not_found`; Conflict `not_now` for one that is over."""
    actor.needs("associate", "store_manager", "head_office", "integrator", "system")
    found = await lock_return(tx, command.rma, actor, command.location)
    return stands(await receive(tx, found, command.location, command.missing, now))


async def receive(tx: Tx, found: Return, location: str, missing: tuple[int, ...], now: datetime) -> Return:
    """The return is here from now on; the day counts for the refund (L221-24)."""
    after = RETURN.after(Action.RECEIVE, found.status)
    for n in missing:
        UNIT.after(Step.MISS, found.unit(n).state)
    await sql.set_units(tx, found.id, missing, UnitState.MISSING)
    await sql.advance(tx, found.id, after, received_at=now)
    await tx.run("UPDATE rma SET location = $2 WHERE id = $1", found.id, location)
    tx.tell(
        Event(
            "return.received",
            found.order or found.id,
            about(found) | {"missing": len(missing), "again": found.status != Status.REQUESTED},
            location,
        )
    )
    if found.status == Status.REQUESTED:
        await end_search(tx, found, CAME)
    return await keep_status(tx, await sql.lock(tx, found.id), now)


async def end_search(tx: Tx, found: Return, resolution: str) -> None:
    """Nobody asks for its parcel any more, neither its carrier nor a person: what was to decide about it is closed."""
    await way_back_sql.stop_asking(tx, found.id)
    for kind in await resolving_sql.close_of_return(tx, found.id, resolution):
        tx.tell(
            Event("fulfillment.exception_resolved", found.order or found.id, {"kind": kind, "resolution": resolution}, found.location)
        )  # fmt: skip


async def end_case(tx: Tx, found: Return) -> None:
    """A manager had it to decide: now it is, whoever did it and wherever."""
    if await resolving_sql.close_decided(tx, found.id):
        told = {"kind": "return_to_decide", "resolution": "put_right"}
        tx.tell(Event("fulfillment.exception_resolved", found.order or found.id, told, found.location))


async def keep_status(tx: Tx, found: Return, now: datetime) -> Return:
    """Received becomes inspected once every unit that counts was looked at; a return of nothing is declined."""
    if found.status not in (Status.RECEIVED, Status.INSPECTED):
        return found
    counting = found.counting
    if not counting:
        await sql.advance(tx, found.id, Status.DECLINED, ended_at=now)
    elif all(unit.state != UnitState.EXPECTED for unit in counting):
        await sql.advance(tx, found.id, Status.INSPECTED, inspected_at=now)
    else:
        return found
    return await sql.lock(tx, found.id)
