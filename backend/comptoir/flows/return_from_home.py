"""A customer sends something back from home: chosen step by step, then sent at once with its label wished for; or by another way after all."""

from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from comptoir.flows.open_return import lock_return, open_return
from comptoir.flows.return_terms import Terms, asked_at, given_for, read_pieces, read_terms, read_ways, skus_of
from comptoir.flows.send_back import want_label
from comptoir.kit.actor import SYSTEM, Actor
from comptoir.kit.db import Event, Tx, in_transaction
from comptoir.kit.errors import Conflict, Invalid, NotFound
from comptoir.network.markets import crossing
from comptoir.orders import sql as orders_sql
from comptoir.returns import draft_sql
from comptoir.returns.drafting import (
    KEPT_FOR,
    MOST_PHOTOS,
    ChangeWay,
    Draft,
    DraftKept,
    DraftLine,
    KeepDraft,
    KeepPhoto,
    SendBack,
    WayChosen,
    may_come,
)
from comptoir.returns.lifecycle import Status
from comptoir.returns.model import Coming, OpenReturn, ReturnStands, stands
from comptoir.returns.reasons import find, is_defect, offered
from comptoir.shipping import way_back, way_back_sql
from comptoir.shipping.model import LabelState
from comptoir.shipping.way_back import Sender

if TYPE_CHECKING:
    from comptoir.house import House

AT_ONCE: Final = 200
"""Old drafts that one round forgets."""


async def keep_draft(tx: Tx, command: KeepDraft, actor: Actor, now: datetime) -> DraftKept:
    """The choice so far. NotFound `order_not_found`; Invalid `unknown_line`, `unknown_reason`; Conflict `already_returned`,
    `return_not_possible`, `return_sent`."""
    actor.needs_order(command.order)
    terms = await read_terms(tx.connection, command.order, now)
    _check(terms, command.lines)
    if not await draft_sql.keep(tx, command):
        raise Conflict("return_sent")
    return DraftKept(command.draft)


async def keep_photo(tx: Tx, command: KeepPhoto, actor: Actor, now: datetime) -> DraftKept:
    """A picture for one of its articles. NotFound `return_not_found`; Invalid `unknown_line`, `too_many_photos`."""
    actor.needs_order(command.order)
    draft = await _draft(tx, command.draft, command.order)
    if draft.line(command.line) is None:
        raise Invalid("unknown_line", line=command.line)
    if len({*draft.photos, command.line}) > MOST_PHOTOS:
        raise Invalid("too_many_photos", most=MOST_PHOTOS)
    await draft_sql.put_photo(tx, command)
    return DraftKept(command.draft)


async def send_back(tx: Tx, command: SendBack, actor: Actor, now: datetime) -> ReturnStands:
    """The draft becomes a return with its number; its label is bought a moment later.

    NotFound `order_not_found`, `return_not_found`; Invalid `nothing_chosen`, `sender_missing`, `unknown_line`; Conflict
    `already_returned`, `return_not_possible`, `no_way_back`, `way_costs_more` than was told, and what the rules of returns refuse.
    """
    actor.needs_order(command.order)
    await orders_sql.lock(tx, command.order)
    draft = await _draft(tx, command.id, command.order)
    if draft.way is None or any(one.reason is None for one in draft.lines):
        raise Invalid("nothing_chosen")
    terms = await read_terms(tx.connection, command.order, now)
    if command.gift and not terms.gift:
        raise NotFound("order_not_found")
    _check(terms, draft.lines)
    given_for(terms, draft.lines, asked_at(terms, draft.notice, now))
    photos = await draft_sql.photos_of(tx, draft.id)
    opened = OpenReturn(
        id=command.id, order=command.order, origin="home", wish="credit" if command.gift else "refund", method=draft.way.method,
        location=None if draft.way.method == "store" else terms.goes_to, gift=command.gift, notice=draft.notice,
        units=tuple(
            Coming(line=one.line, quantity=one.quantity, reason=one.reason or "no_reason", photo=photos.get(one.line)) for one in draft.lines
        ),
    )  # fmt: skip
    skus = skus_of(terms, draft.lines)
    done = await open_return(tx, opened, actor, now)
    await _want(tx, terms, done, draft.lines, skus, draft.way, command.fee_minor, now)
    await draft_sql.drop(tx, draft.id)
    body = {"rma": done.id, "number": done.number, "method": draft.way.method, "gift": command.gift}
    tx.tell(Event("return.requested", command.order, body))
    return done


async def change_way(tx: Tx, command: ChangeWay, actor: Actor, now: datetime) -> ReturnStands:
    """A return that has not come comes another way. NotFound `return_not_found`; Conflict `not_now` once it is here or on its way,
    `label_there` when a label was made, `label_being_bought`, `no_way_back`, `way_costs_more`."""
    actor.needs_order(command.order)
    found = await lock_return(tx, command.rma, actor)
    if found.order != command.order or found.origin != "home":
        raise NotFound("return_not_found")
    if found.status != Status.REQUESTED:
        raise Conflict("not_now", lifecycle="return", state=found.status.value, action="change_way")
    live = await way_back_sql.live(tx, found.id)
    if command.way.method != "store" and not way_back.may_ask_again(live):
        raise Conflict("label_there" if live and live.state == LabelState.BOUGHT else "label_being_bought")
    if live is not None and live.state in (LabelState.INTENDED, LabelState.UNKNOWN):
        await way_back_sql.give_up(tx, live.id)
    terms = await read_terms(tx.connection, command.order, now)
    await draft_sql.set_way(tx, found.id, command.way.method, None if command.way.method == "store" else terms.goes_to)
    # Only the reasons count here: they say who pays for the way.
    lines = tuple(
        {unit.line: DraftLine(unit.line, 1, unit.reason) for unit in found.counting if unit.line is not None}.values()
    )
    skus = [unit.sku for unit in found.counting]
    await _want(tx, terms, stands(found), lines, skus, command.way, command.fee_minor, now)
    return stands(found)


async def forget_drafts(house: "House") -> int:
    """What nobody sent is forgotten, with its pictures."""
    now = house.clock()
    return await in_transaction(house.pool, SYSTEM.who, now, lambda tx: draft_sql.forget(tx, now - KEPT_FOR, AT_ONCE))


async def _want(
    tx: Tx, terms: Terms, done: ReturnStands, lines: tuple[DraftLine, ...], skus: list[str], way: WayChosen, fee_minor: int, now: datetime
) -> None:  # fmt: skip
    """A label, where the way needs one; never dearer than its customer was told."""
    if way.method == "store":
        return
    if way.sender is None and terms.postcode is None:
        raise Invalid("sender_missing")
    ways = await read_ways(tx.connection, terms, lines, skus, now)
    priced = next((one for one in ways if one.method == way.method), None)
    if priced is None or terms.goes_to is None:
        raise Conflict("no_way_back")
    if priced.fee_minor > fee_minor:
        raise Conflict("way_costs_more", fee_minor=priced.fee_minor)
    pieces = await read_pieces(tx.connection, skus)
    sender = None if way.sender is None else msgspec.convert(msgspec.to_builtins(way.sender), Sender)
    border = terms.border if sender is None else crossing(sender.country, sender.postcode, terms.goes_country)
    await want_label(
        tx, done.id, done.number, terms.order, way.method, terms.goes_to, pieces, sender, priced.fee_minor, terms.currency, border,
    )  # fmt: skip


def _check(terms: Terms, lines: tuple[DraftLine, ...]) -> None:
    may_come(lines, {one.line: one.left for one in terms.lines})
    for one in lines:
        line = terms.line(one.line)
        if line is None or not line.accepted:
            raise Conflict("return_not_possible", line=one.line)
        if one.reason is not None:
            reason = find(offered(terms.reasons, to_customer=True), one.reason)
            if line.only_faulty and not is_defect(reason):
                raise Conflict("return_not_possible", line=one.line)


async def _draft(tx: Tx, draft: UUID, order: UUID) -> Draft:
    found = await draft_sql.lock(tx, draft, order)
    if found is None:
        raise NotFound("return_not_found")
    return found
