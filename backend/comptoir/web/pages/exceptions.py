"""What a report could not settle: for the store manager on the store's device, for managers and head office in a browser."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.fulfillment.resolving import Resolution, ResolveException
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, Invalid, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.words import Note, Slug
from comptoir.network import queries as network
from comptoir.payments.authorizing import KeepAuthorization
from comptoir.screens import exceptions
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.page import Page

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Now = NamedDependency[datetime]


class ResolveForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What came of it, and a note for the next person; the id was made with the page."""

    id: UUID
    resolution: Resolution
    note: Annotated[Note, msgspec.Meta(min_length=1)]


class KeepForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The id was made with the page."""

    id: UUID


@get("/exceptions", opt=by("store_manager"))
async def of_store(house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """The store's open cases, oldest first."""
    return await list_page(house, actor, page, now, handheld=True)


@get("/exceptions/{case:uuid}", opt=by("store_manager"))
async def one_of_store(case: FromPath[UUID], house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """One case and its one act."""
    return await case_page(case, house, actor, page, now, handheld=True)


@post("/exceptions/{case:uuid}", opt=by("store_manager"), status_code=200)
async def resolve_in_store(
    case: FromPath[UUID], data: URLEncodedBody[ResolveForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """The case is closed; back to what is left."""
    return await resolved(case, data, house, actor, page, now, handheld=True)


@get("/manager/exceptions", opt=by(*MANAGERS))
async def of_region(
    house: TheHouse, actor: TheActor, page: ThePage, now: Now, store: FromQuery[Slug | None] = None
) -> Answer:
    """The open cases of all of the manager's stores, or of one, oldest first. NotFound `location_not_found` for a store of others."""
    return await list_page(house, actor.at(store), page, now, handheld=False, store=store)


@get("/manager/exceptions/{case:uuid}", opt=by(*MANAGERS))
async def one_of_region(case: FromPath[UUID], house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """One case and its one act."""
    return await case_page(case, house, actor, page, now, handheld=False)


@post("/manager/exceptions/{case:uuid}", opt=by(*MANAGERS), status_code=200)
async def resolve_in_region(
    case: FromPath[UUID], data: URLEncodedBody[ResolveForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """The case is closed; back to what is left."""
    return await resolved(case, data, house, actor, page, now, handheld=False)


@post("/exceptions/{case:uuid}/money", opt=by("store_manager"), status_code=200)
async def keep_in_store(
    case: FromPath[UUID], data: URLEncodedBody[KeepForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """Money that is about to be gone is captured; what is gone is asked for again."""
    return await kept(case, data, house, actor, page, now, handheld=True)


@post("/manager/exceptions/{case:uuid}/money", opt=by(*MANAGERS), status_code=200)
async def keep_in_region(
    case: FromPath[UUID], data: URLEncodedBody[KeepForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """The same, in a browser."""
    return await kept(case, data, house, actor, page, now, handheld=False)


async def kept(
    case: UUID, data: KeepForm, house: House, actor: Actor, page: Page, now: datetime, *, handheld: bool
) -> Answer:
    """Done once for one form; a colleague who was quicker is told of."""
    try:
        await house.runner.perform(KeepAuthorization(data.id, case), actor)
    except (Conflict, Invalid) as refusal:
        return await case_page(case, house, actor, page, now, handheld=handheld, refusal=refusal)
    return page.go("/exceptions" if handheld else "/manager/exceptions")


async def list_page(
    house: House, actor: Actor, page: Page, now: datetime, *, handheld: bool, store: str | None = None
) -> Answer:
    """Open cases on one of the two frames; `store`: of one that was asked for."""
    async with borrowed(house.pool) as connection:
        cases = await exceptions.read(connection, actor.locations)
        name = await network.find_name(connection, store) if store else ""
    return page.html(
        "manager/exceptions.html", cases=cases, now=now, handheld=handheld, base=base_of(handheld), store_name=name
    )


async def case_page(
    case: UUID, house: House, actor: Actor, page: Page, now: datetime, *, handheld: bool, refusal: Refusal | None = None
) -> Answer:
    """One case on one of the two frames; a refusal of what was just tried stands on top of it."""
    async with borrowed(house.pool) as connection:
        view = await exceptions.one(connection, actor.locations, case)
    return page.html(
        "manager/exception.html", status=refusal.status if refusal else 200, case=view, now=now, handheld=handheld,
        id=new_id(), refusal=refusal, time_zone=view.time_zone, base=base_of(handheld),
    )  # fmt: skip


def base_of(handheld: bool) -> str:
    """The frame a page stands in."""
    return "base/handheld.html" if handheld else "base/manager.html"


async def resolved(
    case: UUID, data: ResolveForm, house: House, actor: Actor, page: Page, now: datetime, *, handheld: bool
) -> Answer:
    """Close it. Closing it twice with one form is once; a colleague who was quicker is told of."""
    try:
        await house.runner.perform(ResolveException(data.id, case, data.resolution, data.note), actor)
    except Conflict as refusal:
        return await case_page(case, house, actor, page, now, handheld=handheld, refusal=refusal)
    return page.go("/exceptions" if handheld else "/manager/exceptions")


ROUTES: list[BaseRouteHandler] = [
    of_store,
    one_of_store,
    resolve_in_store,
    of_region,
    one_of_region,
    resolve_in_region,
    keep_in_store,
    keep_in_region,
]
