"""The counter: find the order by pass, letters, number, name or phone; hand it over; undo within two minutes."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.flows.paid_again import PaidAtTill
from comptoir.flows.unpaid import unpaid_minor
from comptoir.fulfillment import passes
from comptoir.fulfillment.handover import UNDO_FOR, RefuseHandOver
from comptoir.fulfillment.model import UndoHandOver
from comptoir.fulfillment.offline_counter import TakeCounter
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.ids import new_id
from comptoir.kit.words import Code
from comptoir.screens import counter, kept_counter, order_messages, return_desk, return_done, work_list
from comptoir.web import limits
from comptoir.web.guards import COUNTER, by
from comptoir.web.pages import return_view
from comptoir.web.pages.handing import hand_over_page, store_of
from comptoir.web.pages.orders import NewIds
from comptoir.web.pages.page import Page
from comptoir.web.requests import DoorRequest

Answer = Response[Any]
LETTERS = 6


@get("/counter", opt=by(*COUNTER))
async def show_counter(
    request: DoorRequest, house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], now: NamedDependency[datetime],
    q: FromQuery[Annotated[str, msgspec.Meta(max_length=80)]] = "",
) -> Answer:  # fmt: skip
    """Who waits, and what lies on the shelf; `q` finds by letters, number, name or the end of a phone number."""
    store = store_of(actor)
    letters = "".join(q.split()).upper().replace("-", "")
    async with borrowed(house.pool) as connection:
        view = await work_list.read(connection, store)
        if q:
            await limits.count(request, limits.LOOKUP, str(actor.device or actor.who))
        if len(letters) == LETTERS and letters.isalpha():
            await limits.count(request, limits.LETTERS, str(actor.device or actor.who))
            orders = await counter.by_letters(connection, store, passes.letters_hash(house.seal, store, letters))
            if len(orders) == 1:
                return page.go(f"/counter/orders/{orders[0]}?letters={letters}")
        found = await counter.search(connection, store, q)
        untold = await order_messages.untold(connection, store)
        lease = await kept_counter.lease(connection, store, actor.device, now) if actor.device else None
    return page.html(
        "associate/counter.html",
        view=view,
        found=found,
        untold=untold,
        ids=NewIds(),
        q=q,
        now=now,
        time_zone=view.time_zone,
        lease=lease,
        lease_id=new_id(),
    )


class LeaseForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Take the counter onto this device; `id` was made with the page."""

    id: UUID


@post("/counter/lease", opt=by(*COUNTER), status_code=200)
async def take_lease(
    data: URLEncodedBody[LeaseForm], house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page]
) -> Answer:  # fmt: skip
    """From now on this device may hand over with no network; the one that could hears of it at its next contact."""
    await house.runner.perform(TakeCounter(data.id, store_of(actor)), actor)
    return page.go("/counter")


@get("/counter/orders/{order:uuid}", opt=by(*COUNTER))
async def by_order(
    order: FromPath[UUID], house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], now: NamedDependency[datetime],
    letters: FromQuery[Annotated[str, msgspec.Meta(max_length=6, pattern=r"^[A-Za-z]*\Z")]] = "",
) -> Answer:  # fmt: skip
    """An order found without its pass: the identity is looked at before the goods leave."""
    return await hand_over_page(order, house, actor, page, now, letters=letters.upper())


@get("/counter/orders/{order:uuid}/done", opt=by(*COUNTER))
async def done(
    order: FromPath[UUID],
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
    now: NamedDependency[datetime],
) -> Answer:
    """The server has it: who got what, two minutes to undo, and who is next."""
    store = store_of(actor)
    async with borrowed(house.pool) as connection:
        view = await counter.read(connection, order, store)
        board = await work_list.read(connection, store)
        rma = await counter.stayed(connection, view.last.id) if view.last else None
        stayed = await return_done.read(connection, rma, store) if rma else None
        away = await return_desk.to_put_away(connection, store, rma) if rma else []
    if view.last is None or view.last.undone:
        return page.go(f"/counter/orders/{order}")
    return page.html(
        "associate/handed_over.html",
        view=view,
        board=board,
        last=view.last,
        stayed=stayed,
        away=away,
        data=return_view.away_data(away, actor, now),
        now=now,
        time_zone=board.time_zone,
        undo_for=UNDO_FOR,
    )


class TillForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The till took what was not paid any more, under this receipt; `id` was made with the page."""

    id: UUID
    till: Code


@post("/counter/orders/{order:uuid}/till", opt=by(*COUNTER), status_code=200)
async def paid_at_till(
    order: FromPath[UUID], data: URLEncodedBody[TillForm], house: NamedDependency[House], actor: NamedDependency[Actor],
    page: NamedDependency[Page], now: NamedDependency[datetime],
) -> Answer:  # fmt: skip
    """It is paid again: the goods may leave. Where nothing was to be paid, nothing is kept."""
    async with borrowed(house.pool) as connection:
        await counter.read(connection, order, store_of(actor))
        due = await unpaid_minor(connection, order, now)
    if due:
        await house.runner.perform(PaidAtTill(data.id, order, data.till), actor)
    return page.go(f"/counter/orders/{order}")


class RefuseForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The goods stay; `id` was made with the page."""

    id: UUID


@post("/counter/orders/{order:uuid}/refusal", opt=by(*COUNTER), status_code=200)
async def refuse(
    order: FromPath[UUID],
    data: URLEncodedBody[RefuseForm],
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
) -> Answer:
    """Whoever came is too young for what is in the bag: it stays on its shelf, and the next customer is served."""
    await house.runner.perform(RefuseHandOver(data.id, order, store_of(actor)), actor)
    return page.go("/counter")


class UndoForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Take a hand-over back; `id` was made with the page, so that a second tap changes nothing."""

    id: UUID


@post("/handovers/{hand_over:uuid}/undo", opt=by(*COUNTER), status_code=200)
async def undo(
    hand_over: FromPath[UUID],
    data: URLEncodedBody[UndoForm],
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
) -> Answer:
    """Everything stands as before: stock, bags, state, and what was due is not sent."""
    undone = (await house.runner.perform(UndoHandOver(data.id, hand_over), actor)).read(dict[str, Any])
    return page.go(f"/counter/orders/{undone['order']}")


ROUTES: list[BaseRouteHandler] = [show_counter, take_lease, by_order, done, paid_at_till, refuse, undo]
