"""Units that a location cannot or does not give are looked for elsewhere, at once and only they; what nobody has becomes a person's and the customer's choice."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.flows.give_work import Given, give_work
from comptoir.flows.keep_progress import keep_progress
from comptoir.flows.source_units import Looked, look, reserve
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.model import Work
from comptoir.fulfillment.short_choice import answer_until
from comptoir.kit.db import Event, Tx
from comptoir.orders import sql
from comptoir.sourcing.again import MOST_TRIES
from comptoir.sourcing.model import Need, Share
from comptoir.sourcing.outlook import Outlook
from comptoir.sourcing.sql import note_tries, tried


class Lost(msgspec.Struct, frozen=True):
    """Units of one requirement that are to be found elsewhere; they are unsourced when this is asked."""

    line: int
    part: int
    sku: str
    units: int


def lost_of(work: Work) -> list[Lost]:
    """What a work was to give and has not picked, each requirement once."""
    units: dict[tuple[int, int, str], int] = {}
    for line in work.lines:
        if line.reserved:
            key = (line.order_line, line.part, line.sku)
            units[key] = units.get(key, 0) + line.reserved
    return [Lost(*key, count) for key, count in units.items()]


class Found(msgspec.Struct, frozen=True):
    """The works that were made, and the units that nobody has as (line, part, units)."""

    works: tuple[UUID, ...]
    missing: tuple[tuple[int, int, int], ...] = ()


async def source_again(
    tx: Tx, outlook: Outlook, order: UUID, number: str, lost: Sequence[Lost], location: str, reason: str, now: datetime,
    ask: bool = True,
) -> Found:  # fmt: skip
    """Find these units elsewhere. The order's row and the units' levels may be locked already; `location` gave up for `reason`.

    An order that is held keeps the units held: they are sourced when its hold is released. What was tried is not asked again, and after
    MOST_TRIES locations a person decides (the caller, where `ask` is off).
    """
    await note_tries(tx, order, [(one.line, one.part, one.sku) for one in lost], location, reason)
    if await sql.open_holds(tx, order):
        await sql.move_units(tx, order, [(one.line, one.part, -one.units, one.units, 0, 0) for one in lost])
        return Found(())
    before = await tried(tx, order)
    open_ = [one for one in lost if len(before.get((one.line, one.part), ())) < MOST_TRIES]
    needs = [Need(one.line, one.part, one.sku, one.units, None) for one in open_]
    works: tuple[UUID, ...] = ()
    left = {(one.line, one.part): one.units for one in lost}
    if needs:
        looked = await look(tx, outlook, order, needs, now, reason, before)
        await reserve(tx, order, looked, now)
        works = await give(tx, outlook, order, number, looked, now)
        for share in looked.decision.plan.shares:
            left[share.line, share.part] -= share.quantity
        await tell(tx, order, location, reason, looked.decision.plan.shares)
    missing = tuple((line, part, units) for (line, part), units in left.items() if units)
    for line, part, units in missing if ask else ():
        sku = next(one.sku for one in lost if (one.line, one.part) == (line, part))
        await ask_person(tx, order, location, line, sku, units, reason)
    await keep_progress(tx, order)
    return Found(works, missing)


async def give(tx: Tx, outlook: Outlook, order: UUID, number: str, looked: Looked, now: datetime) -> tuple[UUID, ...]:
    """The decided units become works of their locations, and are at work from now on."""
    by_place: dict[str, list[Given]] = {}
    for s in looked.decision.plan.shares:
        by_place.setdefault(s.place, []).append((s.line, s.part, s.sku, s.place, s.quantity))
    made = [
        await give_work(tx, outlook, order, number, place, "ship", shares, now) for place, shares in by_place.items()
    ]
    moved = [(s.line, s.part, -s.quantity, 0, s.quantity, 0) for s in looked.decision.plan.shares]
    for row in moved:
        await sql.move_units(tx, order, [row])
    return tuple(made)


async def tell(tx: Tx, order: UUID, location: str, reason: str, shares: Sequence[Share]) -> None:
    """One line of the order's story: who gave up, who has it now."""
    if shares:
        to = sorted({share.place for share in shares})
        units = sum(share.quantity for share in shares)
        tx.tell(
            Event(
                "order.sourced_again", order, {"from": location, "to": to, "reason": reason, "units": units}, location
            )
        )


async def ask_person(
    tx: Tx, order: UUID, location: str, line: int, sku: str, units: int, reason: str, work: UUID | None = None
) -> UUID:  # fmt: skip
    """Nobody has them: the customer may choose, a manager may decide, and until then it stays on a list. The exception's id."""
    zone = await tx.value("SELECT time_zone FROM location WHERE id = $1", location)
    until = answer_until(tx.now, zone)
    made = await work_sql.insert_exception(
        tx, location, "short_choice", "store_manager", order=order, work=work, sku=sku, quantity=units,
        body={"line": line, "reason": reason, "until": until},
    )  # fmt: skip
    body = {"line": line, "sku": sku, "quantity": units, "reason": reason, "until": until}
    tx.tell(Event("fulfillment.short", order, body, location, work))
    return made
