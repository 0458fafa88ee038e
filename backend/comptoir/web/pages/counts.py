"""Counting on the handheld: the list that a device keeps, blind, and the directed list when there is nothing on it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.errors import Conflict, NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.stock.counting import DirectCounts
from comptoir.stock.shelves import TakeShelf
from comptoir.web.guards import COUNTER, by
from comptoir.web.pages.handing import store_of
from comptoir.web.pages.page import Page
from comptoir.web.sync.kept_counts import kept_counts

Answer = Response[Any]


class DirectForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ask for what matters most here."""

    id: UUID


async def listed(
    house: House, actor: Actor, page: Page, now: datetime, one: UUID | None = None, refusal: Refusal | None = None
) -> Answer:
    """The list, opened at one article. NotFound `count_not_found` when that is not asked for here."""
    kept = await kept_counts(house, actor, now, page.picture, (one,) if one else ())
    assert kept is not None
    if one is not None and str(one) not in {row["id"] for row in kept["rows"]}:
        raise NotFound("count_not_found")
    data = kept | {"open": str(one) if one else None}
    return page.html(
        "associate/counts.html", status=refusal.status if refusal else 200, data=data, shell=False, new_id=new_id, refusal=refusal,
    )  # fmt: skip


@get("/counts", opt=by(*COUNTER))
async def counts(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
    now: NamedDependency[datetime],
) -> Answer:
    """Articles to count."""
    return await listed(house, actor, page, now)


@get("/counts/{count:uuid}", opt=by(*COUNTER))
async def show_count(
    count: FromPath[UUID],
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
    now: NamedDependency[datetime],
) -> Answer:
    """Count one article: scan it, type the number, done."""
    return await listed(house, actor, page, now, count)


@post("/counts/direct", opt=by(*COUNTER), status_code=200)
async def direct(
    data: URLEncodedBody[DirectForm],
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
) -> Answer:
    """Fill the list with what matters most in this store."""
    await house.runner.perform(DirectCounts(data.id, store_of(actor)), actor)
    return page.go("/counts")


@post("/counts/shelves/{shelf:uuid}/take", opt=by(*COUNTER), status_code=200)
async def take(
    shelf: FromPath[UUID],
    data: URLEncodedBody[DirectForm],
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
    now: NamedDependency[datetime],
) -> Answer:
    """Count a whole shelf on this device; a colleague who was quicker is told of."""
    try:
        await house.runner.perform(TakeShelf(data.id, shelf), actor)
    except Conflict as refusal:
        return await listed(house, actor, page, now, None, refusal)
    return page.go(f"/counts#shelf-{shelf}")


ROUTES: list[BaseRouteHandler] = [counts, show_count, direct, take]
