"""A return is announced: which units of which order, or of no order by permission; nothing has moved yet."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.flows.judge_return import UNASKED, check_opening, judge_return, permitted, refuse
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, Invalid, NotFound
from comptoir.orders import sql as orders_sql
from comptoir.returns import rma_sql as sql
from comptoir.returns.model import MOST_UNITS, Coming, OpenReturn, Return, ReturnStands, stands
from comptoir.returns.queries import list_reasons
from comptoir.returns.reasons import find, offered
from comptoir.returns.refunding import free_places, gross_shares, unit_minor


class Placed(msgspec.Struct, frozen=True):
    """One unit that is to come back, found among what the customer has; its `asked` says how it was named."""

    asked: int
    line: int | None
    part: int | None
    nth: int | None
    sku: str
    paid_minor: int


async def open_return(tx: Tx, command: OpenReturn, actor: Actor, now: datetime) -> ReturnStands:
    """Announce it. NotFound `order_not_found`; Invalid `unknown_line`, `unknown_sku`, `unknown_reason`, `line_or_sku`;
    Conflict `not_with_customer`, `already_returned`, `permission_needed` and what the rules of returns refuse."""
    if actor.role == "customer":
        if command.order is None or command.origin != "home" or command.permission is not None:
            raise NotFound("order_not_found")
        actor.needs_order(command.order)
    else:
        actor.needs("associate", "store_manager", "head_office", "integrator", "system")
    found, _ = await open_units(tx, command, actor, now)
    return stands(found)


async def open_units(
    tx: Tx, command: OpenReturn, actor: Actor, now: datetime, *, person: bytes | None = None
) -> tuple[Return, list[Placed]]:
    """Write the return and its units; the order is locked from here on. `person`: who brings it, as a digest, where there is no order."""
    if command.location is not None:
        await check_place(tx, command.location)
    reasons = offered(await list_reasons(tx.connection), to_customer=actor.role == "customer")
    for asked in command.units:
        find(reasons, asked.reason)
    if sum(asked.quantity for asked in command.units) > MOST_UNITS:
        raise Invalid("too_many_units", most=MOST_UNITS)
    who = await permitted(tx, command.permission, actor, command.location)
    allowed = command.permission if who else None
    if command.order is not None:
        await orders_sql.lock(tx, command.order)
        units = choose_units(command.units, await sql.needs_of(tx, command.order))
    else:
        if command.origin not in UNASKED and who is None:
            refuse(("no_receipt",))
        units = await blind_units(tx, command.units)
    await sql.insert(
        tx, command.id, command.order, origin=command.origin, wish=command.wish, method=command.method, location=command.location,
        notice=command.notice, gift=command.gift, policy=0, by_permission=allowed.why if allowed else None,
        permitted_who=who, permit_reason=allowed.reason if allowed else None,
    )  # fmt: skip
    await sql.UNITS.insert(
        tx,
        [
            (command.id, n, command.order, one.line, one.part, one.nth, one.sku, "expected", command.units[one.asked].reason,
             command.units[one.asked].note or None, command.units[one.asked].photo, one.paid_minor)
            for n, one in enumerate(units, 1)
        ],
    )  # fmt: skip
    if person is not None:
        await sql.keep_person(tx, command.id, person)
    found = await sql.lock(tx, command.id)
    ruling = await judge_return(tx, found, whole=False, now=now)
    check_opening(found, ruling)
    await tx.run(
        "UPDATE rma SET policy = $2, notice = coalesce(notice, $3) WHERE id = $1",
        found.id,
        ruling.version,
        ruling.notice,
    )
    tx.tell(
        Event("return.opened", command.order or command.id, about(found) | {"units": len(units), "origin": command.origin},
              command.location)
    )  # fmt: skip
    return found, units


def about(found: Return) -> dict[str, object]:
    """What every event of a return says of it. Of a gift the buyer is not told: whoever writes messages looks at `gift`."""
    return {"rma": found.id, "number": found.number, "gift": found.gift, "origin": found.origin}


async def check_place(tx: Tx, location: str) -> None:
    """NotFound `location_not_found`."""
    if not await tx.value("SELECT true FROM location WHERE id = $1", location):
        raise NotFound("location_not_found")


def choose_units(asked: Sequence[Coming], needs: Sequence[sql.Need]) -> list[Placed]:
    """The units of an order that come back: of a kit's line all its parts. Each has its place, so that none comes back twice.

    Invalid `unknown_line`, `line_or_sku`; Conflict `not_with_customer` when nothing of the line came to the customer,
    `already_returned` when there are fewer left.
    """
    taken = {(need.line, need.part): list(need.taken) for need in needs}
    found: list[Placed] = []
    for at, one in enumerate(asked):
        line = one.line if one.line is not None else line_of(one, needs)
        of_line = [need for need in needs if need.line == line]
        wanted = [need for need in of_line if one.part in (None, need.part) and one.sku in (None, need.sku)]
        if not wanted:
            raise Invalid("unknown_line", line=line)
        shares = gross_shares(wanted[0].total_minor, wanted[0].vat_beside_minor, [need.share_minor for need in of_line])
        cost = {need.part: share for need, share in zip(of_line, shares, strict=True)}
        for need in wanted:
            whole = len(wanted) == len(of_line) and one.part is None
            units = one.quantity * (need.quantity // need.of_line if whole else 1)
            if not need.reached:
                raise Conflict("not_with_customer", line=line)
            places = free_places(taken[need.line, need.part], need.reached, units)
            if places is None:
                raise Conflict(
                    "already_returned", line=line, left=max(0, need.reached - len(taken[need.line, need.part]))
                )
            taken[need.line, need.part] += places
            found += [
                Placed(at, need.line, need.part, nth, need.sku, unit_minor(cost[need.part], need.quantity, nth))
                for nth in places
            ]
    return found


def line_of(one: Coming, needs: Sequence[sql.Need]) -> int:
    """The line of an article that was scanned: the first one that still has units of it with the customer, else the first that has it.

    Invalid `line_or_sku` when nothing was named; Conflict `not_of_order` when the order has none of it.
    """
    if one.sku is None:
        raise Invalid("line_or_sku")
    having = [need for need in needs if need.sku == one.sku]
    if not having:
        raise Conflict("not_of_order", sku=one.sku)
    return next((need for need in having if need.reached > len(need.taken)), having[0]).line


async def blind_units(tx: Tx, asked: Sequence[Coming]) -> list[Placed]:
    """Units without an order: worth what the article costs today, and never money. Invalid `unknown_sku`, `line_or_sku`."""
    prices = {
        row["sku"]: row["price_minor"]
        for row in await tx.rows(
            "SELECT sku, price_minor FROM sku WHERE sku = ANY($1::text[]) AND NOT is_kit",
            [one.sku for one in asked if one.sku],
        )
    }
    found = []
    for at, one in enumerate(asked):
        if one.sku is None or one.line is not None:
            raise Invalid("line_or_sku")
        if one.sku not in prices:
            raise Invalid("unknown_sku", lines=[{"line": at + 1, "sku": one.sku}])
        found += [Placed(at, None, None, None, one.sku, prices[one.sku])] * one.quantity
    return found


async def lock_return(tx: Tx, rma: UUID, actor: Actor, location: str | None = None) -> Return:
    """The order, then its return, locked. Any store may take any return, at a place of its own. NotFound `return_not_found`."""
    if location is not None and not actor.reaches(location):
        raise NotFound("location_not_found")
    order = await sql.order_of(tx, rma)
    if order is not None:
        actor.needs_order(order)
        await orders_sql.lock(tx, order)
    found = await sql.lock(tx, rma)
    if location is not None:
        await check_place(tx, location)
        tx.touched.add(location)
    elif found.location is not None:
        tx.touched.add(found.location)
    return found
