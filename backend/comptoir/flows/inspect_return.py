"""Units that came back are looked at: how they are, what becomes of them. From now on they count in the building, not for sale."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from comptoir.catalog.queries import find_cautions
from comptoir.flows.open_return import about, lock_return
from comptoir.flows.reading_returns import read_policy
from comptoir.flows.receive_return import end_search, keep_status
from comptoir.fulfillment.resolving import CAME
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, Invalid
from comptoir.returns import rma_sql as sql
from comptoir.returns.accessories import Absent, absent_of
from comptoir.returns.lifecycle import RETURN, UNIT, Action, Status, Step, UnitState
from comptoir.returns.model import InspectReturn, Looked, Return, ReturnStands, Unit, stands
from comptoir.returns.policy import disposition_of
from comptoir.returns.queries import list_asked, list_reasons
from comptoir.returns.reasons import find
from comptoir.returns.refunding import free_places, unit_minor
from comptoir.stock import sql as stock_sql
from comptoir.stock.model import return_inspected


async def inspect_return(tx: Tx, command: InspectReturn, actor: Actor, now: datetime) -> ReturnStands:
    """NotFound `return_not_found`, `location_not_found`, `unit_not_found`; Invalid `unknown_reason`, `unknown_accessory`,
    `incomplete_not_for_shelf`; Conflict `not_now`."""
    actor.needs("associate", "store_manager", "head_office", "integrator", "system")
    found = await lock_return(tx, command.rma, actor, command.location)
    return stands(await inspect(tx, found, command.location, command.units, now))


async def inspect(tx: Tx, found: Return, location: str, looks: Sequence[Looked], now: datetime) -> Return:
    """Keep how each unit is. Looked at again, a unit changes and moves no figure: it stays where it was first found."""
    after = RETURN.after(Action.INSPECT, found.status)
    reasons = await list_reasons(tx.connection)
    _, recalled = await find_cautions(tx.connection, [unit.sku for unit in found.units])
    _, policy = await read_policy(tx.connection, now)
    rows = await tx.rows(
        "SELECT sku, category FROM sku WHERE sku = ANY($1::text[])", [unit.sku for unit in found.units]
    )
    categories = {row["sku"]: row["category"] for row in rows}
    belongs = await list_asked(tx.connection, categories)
    movements, first = [], 0
    for look in looks:
        unit = found.unit(look.n)
        UNIT.after(Step.INSPECT, unit.state)
        if unit.state == UnitState.MISSING:
            unit = await found_again(tx, found, unit)
        reason = find(reasons, look.reason or unit.reason)
        absent = unit.absent if look.absent is None else absent_of(belongs.get(unit.sku, ()), look.absent)
        if absent and look.disposition == "shelf":
            raise Invalid("incomplete_not_for_shelf", n=unit.n)
        proposed = disposition_of(
            policy, reason.code, look.condition, categories.get(unit.sku, ""), incomplete=bool(absent)
        )
        # A recalled article is never sold again: its vendor takes it, or there is proof of its end.
        disposition = look.disposition or ("vendor" if unit.sku in recalled else proposed)
        here = unit.location if unit.state == UnitState.HERE else location
        if here is None or (unit.state == UnitState.HERE and here != location):
            raise Conflict("unit_elsewhere", location=here)
        if unit.state != UnitState.HERE:
            movements.append(
                return_inspected(unit.sku, location, 1, found.number, order_id=found.order, happened_at=now)
            )
            first += 1
        await sql.keep_look(tx, found.id, seen(unit, look, reason.code, disposition, location, absent))
    await stock_sql.post(tx, movements)
    if found.status == Status.REQUESTED:
        await tx.run("UPDATE rma SET location = $2 WHERE id = $1", found.id, location)
        await end_search(tx, found, CAME)
    await sql.advance(tx, found.id, after, received_at=now)
    looked = await keep_status(tx, await sql.lock(tx, found.id), now)
    if first or looked.status != found.status:
        told = about(found) | {"units": first, "all": looked.status == Status.INSPECTED}
        tx.tell(Event("return.inspected", found.order or found.id, told, location))
    return looked


async def found_again(tx: Tx, found: Return, unit: Unit) -> Unit:
    """A unit that had been missed came after all: another return may have its place by now, then it takes a free one.

    Conflict `already_returned` when the customer has none left that it could be.
    """
    if found.order is None or unit.line is None:
        return unit
    need = next(n for n in await sql.needs_of(tx, found.order) if (n.line, n.part) == (unit.line, unit.part))
    if unit.nth not in need.taken:
        return unit
    places = free_places(need.taken, need.reached, 1)
    if places is None:
        raise Conflict("already_returned", line=unit.line, left=0)
    cost = await sql.cost_of(tx, found.order, unit.line, need.part)
    return await sql.place_anew(tx, found.id, unit, places[0], unit_minor(cost, need.quantity, places[0]))


def seen(unit: Unit, look: Looked, reason: str, disposition: str, location: str, absent: tuple[Absent, ...]) -> Unit:
    """The unit as it was found; words that are left out stay as they were."""
    return msgspec.structs.replace(
        unit, state=UnitState.HERE, condition=look.condition, disposition=disposition, reason=reason, location=location,
        serial=look.serial or unit.serial, lacks=look.lacks or unit.lacks, note=look.note or unit.note, photo=look.photo or unit.photo,
        absent=absent,
    )  # fmt: skip
