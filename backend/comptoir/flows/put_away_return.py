"""A unit that came back finds its place: scanned onto its shelf it is for sale again; else it leaves the building."""

from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.catalog.queries import find_cautions
from comptoir.flows.give_back import needs_place
from comptoir.flows.open_return import about, check_place, lock_return
from comptoir.flows.tell_misfit import article_of
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, NotFound
from comptoir.returns import rma_sql as sql
from comptoir.returns.disposition import check_leaving
from comptoir.returns.lifecycle import RETURN, UNIT, Action, Step, UnitState
from comptoir.returns.model import PutAwayUnit, SendAwayUnit
from comptoir.stock import sql as stock_sql
from comptoir.stock.model import return_gone, return_shelved


class UnitPlaced(msgspec.Struct, frozen=True):
    """The unit that found its place, and how many of its article still wait for theirs here."""

    rma: UUID
    number: str
    n: int
    sku: str
    state: UnitState
    left: int


async def put_away_unit(tx: Tx, command: PutAwayUnit, actor: Actor, now: datetime) -> UnitPlaced:
    """One scan, one unit: the one that has waited longest. It may be promised from this commit on.

    NotFound `location_not_found`, `unknown_code`; Conflict `nothing_to_shelve`, `recalled` for an article that is stopped everywhere.
    """
    actor.needs("associate", "store_manager", "head_office", "integrator", "system")
    if not actor.reaches(command.location):
        raise NotFound("location_not_found")
    await check_place(tx, command.location)
    sku = await article_of(tx, command.code)
    if sku is None:
        raise NotFound("unknown_code", scanned=command.code)
    if (await find_cautions(tx.connection, [sku]))[1]:
        raise Conflict("recalled", skus=[sku])
    unit = await sql.next_to_shelve(tx, sku, command.location, command.rma)
    if unit is None:
        raise Conflict("nothing_to_shelve", sku=sku)
    await stock_sql.post(
        tx, [return_shelved(sku, command.location, 1, unit["number"], order_id=unit["order_id"], happened_at=now)]
    )
    await sql.left(tx, unit["rma"], unit["n"], UnitState.PLACED)
    tx.touched.add(command.location)
    body = {"rma": unit["rma"], "number": unit["number"], "sku": sku, "n": unit["n"]}
    tx.tell(Event("return.put_away", unit["order_id"] or unit["rma"], body, command.location))
    left = await tx.value(
        "SELECT count(*) FROM rma_unit WHERE location = $1 AND sku = $2 AND state = 'here' AND disposition = 'shelf'",
        command.location, sku,
    )  # fmt: skip
    return UnitPlaced(unit["rma"], unit["number"], unit["n"], sku, UnitState.PLACED, left)


async def send_away_unit(tx: Tx, command: SendAwayUnit, actor: Actor, now: datetime) -> UnitPlaced:
    """A unit leaves: marked down and sold off, to repair, to its vendor, to another store, or destroyed.

    NotFound `return_not_found`, `unit_not_found`; Invalid `not_for_leaving`, `destroy_needs_proof`; Conflict `not_now`.
    """
    actor.needs("associate", "store_manager", "head_office", "integrator", "system")
    found = await lock_return(tx, command.rma, actor)
    await needs_place(found, actor)
    RETURN.after(Action.PUT_AWAY, found.status)
    unit = found.unit(command.n)
    UNIT.after(Step.SEND_AWAY, unit.state)
    disposition = unit.disposition or "shelf"
    if unit.condition is None and disposition == "shelf":
        # It had been lost and was never looked at: what is not fit for the shelf may leave as well.
        disposition = "mark_down"
    if disposition == "destroy":
        actor.needs("store_manager", "head_office", "integrator", "system")
    check_leaving(disposition, command.reason, command.proof)
    why = " ".join(part for part in (disposition, command.reason, command.to) if part)
    await stock_sql.post(
        tx, [return_gone(unit.sku, unit.location or "", 1, found.number, order_id=found.order, happened_at=now)]
    )
    await sql.left(tx, found.id, unit.n, UnitState.GONE, why, command.proof or None)
    body = about(found) | {"n": unit.n, "sku": unit.sku, "disposition": disposition, "reason": command.reason}
    tx.tell(Event("return.gone", found.order or found.id, body, unit.location))
    return UnitPlaced(found.id, found.number, unit.n, unit.sku, UnitState.GONE, 0)
