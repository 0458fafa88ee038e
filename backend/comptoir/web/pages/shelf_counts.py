"""The Shelves page of stock: have a whole shelf counted, see who counts it, take it away from a device, read what came of it."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, Invalid, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.words import Note, Slug
from comptoir.network import queries as network
from comptoir.screens import shelf_counts as screen
from comptoir.stock.queries import check_reach
from comptoir.stock.shelves import CancelShelfCount, Label, OpenShelfCount, ReleaseShelf
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.page import Page
from comptoir.web.pages.people import AskForm
from comptoir.web.pages.session import Answer

HERE: Final = "/manager/stock/shelves"


class OpenForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Have a shelf counted."""

    id: UUID
    store: Slug
    aisle: Label
    bay: Label = ""


class ReleaseForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Take it away from a device, and say why."""

    id: UUID
    reason: Annotated[Note, msgspec.Meta(min_length=1)]


@get(HERE, opt=by(*MANAGERS))
async def shelves(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], store: FromQuery[Slug | None] = None,
) -> Answer:  # fmt: skip
    """Counts that go on and the last ones; with a store, its shelves. NotFound `unknown_location`."""
    return await _list(house, actor, page, now, store)


@post(HERE, opt=by("store_manager", "head_office"), status_code=200)
async def begin(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], data: URLEncodedBody[OpenForm],
) -> Answer:  # fmt: skip
    """The shelf stands on the store's handhelds from now on."""
    try:
        done = await house.runner.perform(OpenShelfCount(data.id, data.store, data.aisle, data.bay), actor)
    except (Conflict, Invalid) as refusal:
        return await _list(house, actor, page, now, data.store, refusal)
    return page.go(f"{HERE}/{done.read()['id']}")


@get(HERE + "/{shelf:uuid}", opt=by(*MANAGERS))
async def one(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], shelf: FromPath[UUID],
) -> Answer:  # fmt: skip
    """One count: who has it, and article by article what came of it."""
    return await _one(house, actor, page, now, shelf)


@post(HERE + "/{shelf:uuid}/release", opt=by("store_manager", "head_office"), status_code=200)
async def release(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], shelf: FromPath[UUID], data: URLEncodedBody[ReleaseForm],
) -> Answer:  # fmt: skip
    """Any device may take it again."""
    return await _done(house, actor, page, now, ReleaseShelf(data.id, shelf, data.reason))


@post(HERE + "/{shelf:uuid}/cancel", opt=by("store_manager", "head_office"), status_code=200)
async def cancel(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], shelf: FromPath[UUID], data: URLEncodedBody[AskForm],
) -> Answer:  # fmt: skip
    """Nobody needs it any more."""
    return await _done(house, actor, page, now, CancelShelfCount(data.id, shelf))


async def _done(
    house: House, actor: Actor, page: Page, now: datetime, command: ReleaseShelf | CancelShelfCount
) -> Answer:
    try:
        await house.runner.perform(command, actor)
    except Conflict as refusal:
        return await _one(house, actor, page, now, command.shelf, refusal)
    return page.go(f"{HERE}/{command.shelf}")


async def _list(
    house: House, actor: Actor, page: Page, now: datetime, store: str | None, refusal: Refusal | None = None
) -> Answer:
    async with borrowed(house.pool) as connection:
        places = await network.list_names(connection, actor.locations)
        chosen = store or (places[0][0] if len(places) == 1 else None)
        if chosen is not None:
            await check_reach(connection, chosen, actor)
        counting = await screen.read(connection, actor)
        there = await screen.read_shelves(connection, chosen) if chosen else []
    going_on = {(one.aisle, one.bay) for one in counting if one.status == "open" and one.location == chosen}
    return page.html(
        "manager/shelves.html", status=refusal.status if refusal else 200, counting=counting, going_on=going_on, there=there, places=places, store=chosen or "",
        refusal=refusal, now=now, new_id=new_id, may=actor.role != "regional_manager",
    )  # fmt: skip


async def _one(
    house: House, actor: Actor, page: Page, now: datetime, shelf: UUID, refusal: Refusal | None = None
) -> Answer:
    async with borrowed(house.pool) as connection:
        view, lines = await screen.read_one(connection, shelf, actor)
    told: dict[str, Any] = {"view": view, "lines": lines, "refusal": refusal, "now": now, "new_id": new_id}
    may = actor.role != "regional_manager"
    return page.html("manager/shelf.html", status=refusal.status if refusal else 200, may=may, **told)


ROUTES: list[BaseRouteHandler] = [shelves, begin, one, release, cancel]
