"""The page of goods that are about to leave; opened by a scanned pass (never part of an address), letters, or a search."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response

from comptoir.flows.unpaid import unpaid_minor
from comptoir.fulfillment import passes
from comptoir.fulfillment.handover import UNDO_FOR
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound
from comptoir.kit.ids import new_id
from comptoir.screens import counter, return_done, signed_in
from comptoir.web import limits
from comptoir.web.pages.page import Page
from comptoir.web.requests import DoorRequest

Answer = Response[Any]


def store_of(actor: Actor) -> str:
    """The store whose counter this is: the device's."""
    if not actor.locations:
        raise NotFound("location_not_found")
    return actor.locations[0]


async def by_pass(code: str, request: DoorRequest, house: House, actor: Actor, page: Page) -> Answer:
    """A scanned pass opens the order it belongs to; NotFound `pass_not_found` when it is another store's, or an old one."""
    await limits.count(request, limits.LOOKUP, str(actor.device or actor.who))
    async with borrowed(house.pool) as connection:
        order = await counter.by_pass(connection, store_of(actor), passes.qr_hash(code))
    if order is None:
        raise NotFound("pass_not_found")
    return await hand_over_page(order, house, actor, page, house.clock(), pass_=code.strip().upper())


async def hand_over_page(
    order: UUID, house: House, actor: Actor, page: Page, now: datetime, *, pass_: str = "", letters: str = ""
) -> Answer:
    """Items, shelves and bags of what leaves; what must be checked first; or why nothing can leave now."""
    store = store_of(actor)
    async with borrowed(house.pool) as connection:
        view = await counter.read(connection, order, store)
        zone = (await signed_in.read(connection, actor, store)).time_zone
        articles = await counter.articles(connection, order, store)
        due = await unpaid_minor(connection, order, now)
        currency = await return_done.currency_of(connection, order, None)
    last = view.last if view.last and not view.last.undone and now - view.last.at < UNDO_FOR else None
    proven = bool(pass_ or letters)
    if not view.staged:
        return page.html("associate/not_ready.html", view=view, last=last, now=now, time_zone=zone, undo_for=UNDO_FOR)
    facts = {
        "order": str(view.order), "number": view.number, "name": view.name, "works": [str(w.id) for w in view.staged], "bags": [{"bag": f"B:{b.tag}", "work": str(w)} for w, b in view.bags],
        "pass": pass_ or None, "letters": letters or None, "identity": not proven, "age": view.age is not None, "sign_in_id": str(actor.sign_in),
        "server_time": now.isoformat().replace("+00:00", "Z"), "done_href": f"/counter/orders/{view.order}/done",
        "try_href": f"/counter/orders/{view.order}/try-on", "articles": articles,
    }  # fmt: skip
    return page.html(
        "associate/handover.html",
        view=view,
        facts=facts,
        proven=proven,
        letters=letters,
        refusal_id=new_id(),
        due=due,
        currency=currency,
        now=now,
        time_zone=zone,
        shows_secret=proven,
    )
