"""A store asks for goods of another place; whoever has them, or head office, answers. What is granted is promised there at once."""

from collections.abc import Mapping
from datetime import datetime

from comptoir.flows.create_transfer import create_transfer
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, Forbidden, Invalid, NotFound
from comptoir.kit.ids import new_id
from comptoir.kit.runner import Flow
from comptoir.network import places_sql
from comptoir.stock import feed_sql
from comptoir.transfers import handling, request_sql, requesting
from comptoir.transfers.model import CreateTransfer
from comptoir.transfers.requesting import (
    AskTransfer,
    DeclineRequest,
    GrantRequest,
    Request,
    RequestTold,
    WithdrawRequest,
)


async def ask_transfer(tx: Tx, command: AskTransfer, actor: Actor, now: datetime) -> RequestTold:
    """For whoever works at `to`. NotFound `unknown_location`, `unknown_sku`; Conflict `place_closed`; Invalid `same_place`."""
    asked = handling.create(command.lines)
    known = await feed_sql.find_known(tx, actor, asked, (), [command.to])
    if command.to not in known.locations:
        raise NotFound("unknown_location", location=command.to)
    if await places_sql.is_closed(tx, command.to):
        raise Conflict("place_closed", location=command.to)
    if command.from_ == command.to:
        raise Invalid("same_place", location=command.to)
    if command.from_ is not None and not await tx.value("SELECT true FROM location WHERE id = $1", command.from_):
        raise NotFound("unknown_location", location=command.from_)
    if strangers := sorted(asked.keys() - known.skus):
        raise NotFound("unknown_sku", sku=strangers[0])
    await request_sql.insert(tx, command, asked)
    tx.touched |= {command.to} | ({command.from_} if command.from_ else set())
    facts = {"from": command.from_, "units": sum(asked.values())}
    tx.tell(Event("transfer.requested", command.id, facts, command.to))
    return told(await request_sql.lock(tx, command.id, actor), "asked")


async def grant_request(tx: Tx, command: GrantRequest, actor: Actor, now: datetime) -> RequestTold:
    """For managers of the place that sends. Shortage when it has too few, as for any transfer.

    NotFound `request_not_found`, `unknown_location`; Conflict `request_answered`; Invalid `source_missing`, `more_than_asked`, `nothing_named`.
    """
    actor.needs("store_manager", "regional_manager", "head_office", "integrator", "system")
    request = await request_sql.lock(tx, command.request, actor)
    place, given = requesting.grant(request, command.lines, command.from_)
    carried = CreateTransfer(
        new_id(), place, request.to_location, requesting.wishes(given), "replenish", command.note or request.note
    )
    made = await create_transfer(tx, carried, actor, now)
    await request_sql.note_granted(tx, request.id, given)
    await request_sql.answer(tx, request, "accepted", command.note, made.id, place)
    facts = {"transfer": made.id, "units": sum(given.values()), "changed": sum(given.values()) < _asked(request)}
    tx.tell(Event("transfer.request_granted", request.id, facts, place))
    return told(request, "accepted", sum(given.values()), made)


async def decline_request(tx: Tx, command: DeclineRequest, actor: Actor, now: datetime) -> RequestTold:
    """For managers of the place that was asked, and for whoever stands above the store that asks.

    NotFound `request_not_found`; Conflict `request_answered`; Forbidden `request_not_yours`.
    """
    actor.needs("store_manager", "regional_manager", "head_office", "integrator", "system")
    request = await request_sql.lock(tx, command.request, actor)
    requesting.check_open(request)
    asked = request.from_location is not None and actor.reaches(request.from_location)
    if not asked and actor.role == "store_manager":
        raise Forbidden("request_not_yours")
    await request_sql.answer(tx, request, "declined", command.note, None, None)
    tx.tell(Event("transfer.request_declined", request.id, {}, request.to_location))
    return told(request, "declined")


async def withdraw_request(tx: Tx, command: WithdrawRequest, actor: Actor, now: datetime) -> RequestTold:
    """For whoever works where the goods were to go. NotFound `request_not_found`; Conflict `request_answered`."""
    request = await request_sql.lock(tx, command.request, actor)
    if not actor.reaches(request.to_location):
        raise NotFound("request_not_found")
    requesting.check_open(request)
    await request_sql.answer(tx, request, "canceled", "", None, None)
    tx.tell(Event("transfer.request_withdrawn", request.id, {}, request.to_location))
    return told(request, "canceled")


def told(
    request: Request, status: requesting.RequestStatus, granted: int | None = None, made: object = None
) -> RequestTold:
    """The answer of every act on a request."""
    return RequestTold(request.id, request.number, status, _asked(request), granted, getattr(made, "id", None))


def _asked(request: Request) -> int:
    return sum(line.asked for line in request.lines)


FLOWS: Mapping[type, Flow] = {
    AskTransfer: ask_transfer,
    GrantRequest: grant_request,
    DeclineRequest: decline_request,
    WithdrawRequest: withdraw_request,
}
