"""The counter: find the order by pass, letters, number, name or phone; hand it over; undo within two minutes."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.fulfillment import passes
from comptoir.fulfillment.handover import UNDO_FOR
from comptoir.fulfillment.model import UndoHandOver
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound
from comptoir.screens import counter, work_list
from comptoir.web import limits
from comptoir.web.guards import COUNTER, by
from comptoir.web.pages.page import Page
from comptoir.web.pages.work import store_of
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
    return page.html("associate/counter.html", view=view, found=found, q=q, now=now, time_zone=view.time_zone)


@get("/counter/pass", opt=by(*COUNTER))
async def by_pass(
    request: DoorRequest, code: FromQuery[Annotated[str, msgspec.Meta(max_length=64)]], house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime],
) -> Answer:  # fmt: skip
    """A scanned pass opens the order it belongs to; NotFound `pass_not_found` when it is another store's, or an old one."""
    await limits.count(request, limits.LOOKUP, str(actor.device or actor.who))
    async with borrowed(house.pool) as connection:
        order = await counter.by_pass(connection, store_of(actor), passes.qr_hash(code))
    if order is None:
        raise NotFound("pass_not_found")
    return await hand_over_page(order, house, actor, page, now, pass_=code.strip().upper())


@get("/counter/orders/{order:uuid}", opt=by(*COUNTER))
async def by_order(
    order: FromPath[UUID], house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], now: NamedDependency[datetime],
    letters: FromQuery[Annotated[str, msgspec.Meta(max_length=6, pattern=r"^[A-Za-z]*\Z")]] = "",
) -> Answer:  # fmt: skip
    """An order found without its pass: the identity is looked at before the goods leave."""
    return await hand_over_page(order, house, actor, page, now, letters=letters.upper())


async def hand_over_page(order: UUID, house: House, actor: Actor, page: Page, now: datetime, *, pass_: str = "", letters: str = "") -> Answer:
    """Items, shelves and bags of what leaves; what must be checked first; or why nothing can leave now."""
    store = store_of(actor)
    async with borrowed(house.pool) as connection:
        view = await counter.read(connection, order, store)
        zone = await connection.fetchval("SELECT time_zone FROM location WHERE id = $1", store)
    last = view.last if view.last and not view.last.undone and now - view.last.at < UNDO_FOR else None
    proven = bool(pass_ or letters)
    if not view.staged:
        return page.html("associate/not_ready.html", view=view, last=last, now=now, time_zone=zone, undo_for=UNDO_FOR)
    facts = {
        "order": str(view.order), "name": view.name, "works": [str(w.id) for w in view.staged], "bags": [{"bag": f"B:{b.tag}", "work": str(w)} for w, b in view.bags],
        "pass": pass_ or None, "letters": letters or None, "identity": not proven, "age": view.age is not None, "sign_in_id": str(actor.sign_in),
        "server_time": now.isoformat().replace("+00:00", "Z"), "done_href": f"/counter/orders/{view.order}/done",
    }  # fmt: skip
    return page.html("associate/handover.html", view=view, facts=facts, proven=proven, letters=letters, now=now, time_zone=zone)


@get("/counter/orders/{order:uuid}/done", opt=by(*COUNTER))
async def done(order: FromPath[UUID], house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], now: NamedDependency[datetime]) -> Answer:
    """The server has it: who got what, two minutes to undo, and who is next."""
    store = store_of(actor)
    async with borrowed(house.pool) as connection:
        view = await counter.read(connection, order, store)
        board = await work_list.read(connection, store)
    if view.last is None or view.last.undone:
        return page.go(f"/counter/orders/{order}")
    return page.html("associate/handed_over.html", view=view, board=board, last=view.last, now=now, time_zone=board.time_zone, undo_for=UNDO_FOR)


class UndoForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Take a hand-over back; `id` was made with the page, so that a second tap changes nothing."""

    id: UUID


@post("/handovers/{hand_over:uuid}/undo", opt=by(*COUNTER), status_code=200)
async def undo(
    hand_over: FromPath[UUID], data: URLEncodedBody[UndoForm], house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page]
) -> Answer:
    """Everything stands as before: stock, bags, state, and what was due is not sent."""
    undone = (await house.runner.perform(UndoHandOver(data.id, hand_over), actor)).read(dict[str, Any])
    return page.go(f"/counter/orders/{undone['order']}")


ROUTES: list[BaseRouteHandler] = [show_counter, by_pass, by_order, done, undo]
