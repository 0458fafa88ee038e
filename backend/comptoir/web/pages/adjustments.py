"""Corrections of stock for managers: what waits for them, what was done, a new one; head office sets what people may do alone."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID, uuid5

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.handlers import BaseRouteHandler
from litestar.params import Body, FromPath, URLEncodedBody

from comptoir.catalog import queries as catalog
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, Forbidden, Invalid, Malformed, NotFound, Refusal
from comptoir.kit.reason_rows import list_reasons
from comptoir.network import queries as network
from comptoir.screens import adjustments as screen
from comptoir.stock.adjust_photos import TakeAdjustPhoto
from comptoir.stock.adjust_reasons import ADJUST
from comptoir.stock.adjusting import AdjustStock, DecideAdjustment, UndoAdjustment
from comptoir.stock.feed import spelled
from comptoir.stock.limits import ChangeStockRules, StockRules
from comptoir.stock.limits_sql import find_rules
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.orders import NewIds
from comptoir.web.pages.page import Page
from comptoir.web.pages.typed import Typed
from comptoir.web.sync.photos import MOST_BYTES, drawn_anew

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Now = NamedDependency[datetime]
HERE: Final = "/manager/stock/adjustments"
FIELDS: Final = ("location", "code", "quantity", "reason", "note")


class DecideForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Believe it, or not."""

    id: UUID
    believe: Literal["yes", "no"]


class UndoForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Take it back."""

    id: UUID


@get(HERE, opt=by(*MANAGERS))
async def listed(house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """What waits, and what was done lately."""
    return await desk(house, actor, page, now)


async def desk(
    house: House, actor: Actor, page: Page, now: datetime, refusal: Refusal | None = None, typed: dict[str, str] | None = None
) -> Answer:  # fmt: skip
    """The page, with what was just refused and what was typed."""
    async with borrowed(house.pool) as connection:
        waiting = await screen.read(connection, actor, waiting=True)
        done = await screen.read(connection, actor, waiting=False)
        reasons = await list_reasons(connection, ADJUST)
        rules = await find_rules(connection)
        places = await network.list_names(connection, actor.locations)
    return page.html(
        "manager/adjustments.html", status=refusal.status if refusal else 200, waiting=waiting, done=done, rules=rules, refusal=refusal, ids=NewIds(),
        reasons=[one for one in reasons if one.used], words={one.code: one.says(page.lang) for one in reasons}, typed=typed or dict.fromkeys(FIELDS, ""),
        places=[(id, name) for id, name, _ in places], now=now,
        alone=lambda row: rules.allows(actor.role, row.quantity, row.value_minor),
    )  # fmt: skip


@post(HERE, opt=by(*MANAGERS), status_code=200, request_max_body_size=3 * MOST_BYTES)
async def correct(
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
    house: TheHouse, actor: TheActor, page: ThePage, now: Now,
) -> Answer:  # fmt: skip
    """A correction from the desk, with a picture or without; the page again with what stands in the way."""
    file = data.pop("file", None) or None  # a field without a file comes as an empty text
    if file is not None and not isinstance(file, UploadFile):
        raise Malformed("malformed", where="$.file")
    form = Typed(data)
    typed = {name: form.text(name) for name in FIELDS}
    sent = await file.read() if file is not None else b""
    try:
        async with borrowed(house.pool) as connection:
            article = await catalog.find_by_code(connection, spelled(typed["code"]) or "-")
        wanted = {
            "id": form.id(), "location": typed["location"], "sku": article.sku, "quantity": form.whole("quantity", 1, 100_000), "reason": typed["reason"],
            "note": typed["note"],
        }  # fmt: skip
        try:
            command = msgspec.convert(wanted, AdjustStock, strict=False)
        except msgspec.ValidationError:
            raise Invalid("unknown_reason", reason=typed["reason"]) from None
        if sent:
            command = msgspec.structs.replace(command, photo=await keep_photo(house, actor, command, sent))
        await house.runner.perform(command, actor)
    except (Conflict, Invalid, NotFound) as refusal:
        return await desk(house, actor, page, now, refusal, typed)
    return page.go(HERE)


async def keep_photo(house: House, actor: Actor, command: AdjustStock, sent: bytes) -> UUID:
    """Its picture, before it is told. The id follows from the correction's, so that a form sent twice keeps one."""
    if not actor.reaches(command.location):
        raise NotFound("unknown_location", location=command.location)
    made = await drawn_anew(sent)
    photo = uuid5(command.id, "photo")
    await house.runner.perform(
        TakeAdjustPhoto(photo, command.id, command.location, made.bytes, made.width, made.height), actor
    )
    return photo


@get(HERE + "/photos/{photo:uuid}", opt=by(*MANAGERS))
async def picture(photo: FromPath[UUID], house: TheHouse, actor: TheActor) -> Answer:
    """The picture of a correction, to whoever reaches its place. NotFound `picture_not_found`."""
    async with borrowed(house.pool) as connection:
        found = await screen.photo(connection, photo, actor)
    if found is None:
        raise NotFound("picture_not_found")
    return Response(found, media_type="image/webp", headers={"cache-control": "private, no-store"})


@post(HERE + "/{adjustment:uuid}/decide", opt=by(*MANAGERS), status_code=200)
async def decide(
    adjustment: FromPath[UUID], data: URLEncodedBody[DecideForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:  # fmt: skip
    """Into the ledger, or not."""
    try:
        await house.runner.perform(DecideAdjustment(data.id, adjustment, data.believe == "yes"), actor)
    except (Conflict, Forbidden) as refusal:
        return await desk(house, actor, page, now, refusal)
    return page.go(HERE)


@post(HERE + "/{adjustment:uuid}/undo", opt=by(*MANAGERS), status_code=200)
async def undo(
    adjustment: FromPath[UUID],
    data: URLEncodedBody[UndoForm],
    house: TheHouse,
    actor: TheActor,
    page: ThePage,
    now: Now,
) -> Answer:
    """A line of the ledger takes it back."""
    try:
        await house.runner.perform(UndoAdjustment(data.id, adjustment), actor)
    except (Conflict, Forbidden) as refusal:
        return await desk(house, actor, page, now, refusal)
    return page.go(HERE)


@post(HERE + "/rules", opt=by("head_office"), status_code=200)
async def rules(
    data: URLEncodedBody[dict[str, Any]], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """What people may do alone from now on."""
    form = Typed(data)
    try:
        wanted = StockRules(
            form.whole("associate_units", 0, 100_000), form.minor("associate_minor", 100_000_000), form.whole("manager_units", 0, 100_000),
            form.minor("manager_minor", 100_000_000), 1 if form.text("regions_recall") else 0,
        )  # fmt: skip
        await house.runner.perform(ChangeStockRules(form.id(), wanted), actor)
    except Invalid as refusal:
        return await desk(house, actor, page, now, refusal)
    return page.go(HERE)


ROUTES: list[BaseRouteHandler] = [listed, correct, picture, decide, undo, rules]
