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
from comptoir.kit.reason_rows import list_reasons
from comptoir.kit.reasons import ReasonCode, find
from comptoir.kit.runner import Command
from comptoir.kit.words import Code, Country, Maybe, Note, Slug
from comptoir.orders.cancel_reasons import CANCEL
from comptoir.orders.model import (
    Address,
    CancelOrder,
    CorrectAddress,
    HoldReason,
    LineQuantity,
    MapUnknownLine,
    PlaceHold,
    ReleaseHold,
    RetrySourcing,
)
from comptoir.screens import order as order_screen
from comptoir.screens import order_desk
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.orders import order_page
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
    reason: Literal["manual", "fraud"] = "manual"


class AddressForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the parcels really go; what is left empty is told as missing."""

    id: UUID
    version: Version
    name: Maybe = ""
    street: Maybe = ""
    street2: Maybe = ""
    postcode: Annotated[str, msgspec.Meta(max_length=20)] = ""
    city: Maybe = ""
    country: Country = "FR"
    phone: Annotated[str, msgspec.Meta(max_length=40)] = ""

    @property
    def address(self) -> Address:
        """Invalid `address_incomplete` where a postcode or a phone holds what none has."""
        phone = self.phone.strip() or None
        try:
            return msgspec.convert(
                {"name": self.name.strip(), "street": self.street.strip(), "street2": self.street2.strip(), "postcode": self.postcode.strip(),
                 "city": self.city.strip(), "country": self.country, "phone": phone}, Address,
            )  # fmt: skip
        except msgspec.ValidationError:
            raise Invalid("address_incomplete") from None


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
    reason: ReasonCode
    lines: LineText = ""


class ShortForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Give the money back, or pick at a store: `retry` is its id, empty means refund."""

    id: UUID
    version: Version
    store: Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[a-z0-9-]*\Z")] = ""


class RetryForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Look for stock again."""

    id: UUID
    version: Version


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
    command = PlaceHold(data.id, order, data.note, "fraud" if data.reason == "fraud" else msgspec.UNSET)
    return await changed(order, data.version, command, house, actor, page, now)


@post("/manager/orders/{order:uuid}/address", opt=by(*MANAGERS), status_code=200)
async def correct_address(
    order: FromPath[UUID], data: URLEncodedBody[AddressForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """Its parcels go there; an order that waited for its address goes on at once. What was typed stays when it cannot be."""
    typed = Address(data.name, data.street, data.street2, data.postcode, data.city, data.country, data.phone or None)
    try:
        command = CorrectAddress(data.id, order, data.address)
    except Invalid as refusal:
        return await order_page(order, house, actor, page, now, refusal, typed=typed)
    return await changed(order, data.version, command, house, actor, page, now, typed)


@post("/manager/orders/{order:uuid}/retry", opt=by(*MANAGERS), status_code=200)
async def retry(
    order: FromPath[UUID], data: URLEncodedBody[RetryForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """All that no place had is looked for once more."""
    return await changed(order, data.version, RetrySourcing(data.id, order), house, actor, page, now)


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
    """Cancel what was shown. Invalid `unknown_reason`."""
    async with borrowed(house.pool) as connection:
        await order_screen.read(connection, order, actor)
        find(await list_reasons(connection, CANCEL), data.reason)
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
    order: UUID,
    version: int,
    command: Command,
    house: House,
    actor: Actor,
    page: Page,
    now: datetime,
    typed: Address | None = None,
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
        return await order_page(order, house, actor, page, now, refusal, typed=typed)
    return page.go(f"/manager/orders/{order}")


ROUTES: list[BaseRouteHandler] = [release, hold, correct_address, retry, say_article, cancel, decide_short, move]
