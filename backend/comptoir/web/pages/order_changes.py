"""What a person does to an order: release a hold, say what a line is, cancel, decide about what a shelf did not have."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, URLEncodedBody

from comptoir.flows.move_to_store import MoveToStore
from comptoir.flows.resolve_short import ResolveShort
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, Invalid
from comptoir.kit.runner import Command
from comptoir.kit.words import Code, Note, Slug
from comptoir.orders.model import CancelOrder, HoldReason, LineQuantity, MapUnknownLine, PlaceHold, ReleaseHold
from comptoir.screens import order as order_screen
from comptoir.screens import order_desk
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.orders import CancelReason, order_page
from comptoir.web.pages.page import Page

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Now = NamedDependency[datetime]
Version = Annotated[int, msgspec.Meta(ge=0, le=10**9)]
LineText = Annotated[
    str, msgspec.Meta(max_length=2000, pattern=r"^([0-9]{1,3}:[0-9]{1,5}(,[0-9]{1,3}:[0-9]{1,5}){0,99})?\Z")
]


class ReleaseForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Accept what holds the order."""

    id: UUID
    version: Version
    reason: HoldReason
    note: Annotated[Note, msgspec.Meta(min_length=1)]


class HoldForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hold an order that nobody has started."""

    id: UUID
    version: Version
    note: Annotated[Note, msgspec.Meta(min_length=1)]


class ArticleForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which article the line is; `remember` for the shop's next order."""

    id: UUID
    version: Version
    sku: Code
    remember: Literal["yes", ""] = ""


class CancelForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was shown and is now meant; `lines` is empty for the whole order, else "1:2,3:1"."""

    id: UUID
    version: Version
    reason: CancelReason
    lines: LineText = ""


class ShortForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Give the money back, or pick at a store: `retry` is its id, empty means refund."""

    id: UUID
    version: Version
    store: Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[a-z0-9-]*\Z")] = ""


class MoveForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The store that does the work instead."""

    id: UUID
    version: Version
    store: Slug


@post("/manager/orders/{order:uuid}/release", opt=by(*MANAGERS), status_code=200)
async def release(
    order: FromPath[UUID], data: URLEncodedBody[ReleaseForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """One hold less; with the last one the stores are given the work."""
    command = ReleaseHold(data.id, order, data.reason, data.note)
    return await changed(order, data.version, command, house, actor, page, now)


@post("/manager/orders/{order:uuid}/hold", opt=by(*MANAGERS), status_code=200)
async def hold(
    order: FromPath[UUID], data: URLEncodedBody[HoldForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """The stores see no work of it until somebody releases it."""
    return await changed(order, data.version, PlaceHold(data.id, order, data.note), house, actor, page, now)


@post("/manager/orders/{order:uuid}/lines/{line:int}/article", opt=by(*MANAGERS), status_code=200)
async def say_article(
    order: FromPath[UUID], line: FromPath[int], data: URLEncodedBody[ArticleForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:  # fmt: skip
    """The line is this article; with the last unknown line the hold goes."""
    command = MapUnknownLine(data.id, order, line, data.sku, data.remember == "yes")
    return await changed(order, data.version, command, house, actor, page, now)


@post("/manager/orders/{order:uuid}/cancel", opt=by(*MANAGERS), status_code=200)
async def cancel(
    order: FromPath[UUID], data: URLEncodedBody[CancelForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """Cancel what was shown."""
    pairs = [part.split(":") for part in data.lines.split(",") if part]
    command = CancelOrder(data.id, order, data.reason, tuple(LineQuantity(int(at), int(n)) for at, n in pairs))
    return await changed(order, data.version, command, house, actor, page, now)


@post("/manager/orders/{order:uuid}/lines/{line:int}/short", opt=by(*MANAGERS), status_code=200)
async def decide_short(
    order: FromPath[UUID], line: FromPath[int], data: URLEncodedBody[ShortForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:  # fmt: skip
    """Refund the missing units, or promise them again at a store."""
    command = ResolveShort(data.id, order, line, "retry" if data.store else "refund", data.store or None)
    return await changed(order, data.version, command, house, actor, page, now)


@post("/manager/orders/{order:uuid}/works/{work:uuid}/move", opt=by("regional_manager", "head_office"), status_code=200)
async def move(
    order: FromPath[UUID], work: FromPath[UUID], data: URLEncodedBody[MoveForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:  # fmt: skip
    """Another store does it: promised there, over here."""
    return await changed(order, data.version, MoveToStore(data.id, order, work, data.store), house, actor, page, now)


async def changed(
    order: UUID, version: int, command: Command, house: House, actor: Actor, page: Page, now: datetime
) -> Answer:
    """Do it and show the order; a refusal stands on top of the order as it is now. NotFound when it is not the actor's."""
    async with borrowed(house.pool) as connection:
        view = await order_screen.read(connection, order, actor)
        known = await order_desk.is_done(connection, command.id)
    try:
        if view.version != version and not known:
            raise Conflict("changed_meanwhile", version=view.version)
        await house.runner.perform(command, actor)
    except (Conflict, Invalid) as refusal:
        return await order_page(order, house, actor, page, now, refusal)
    return page.go(f"/manager/orders/{order}")


ROUTES: list[BaseRouteHandler] = [release, hold, say_article, cancel, decide_short, move]
