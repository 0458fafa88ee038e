"""Receiving on the handheld: what suppliers bring, counted by scans; a delivery nobody announced; pictures of what came damaged."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.handlers import BaseRouteHandler
from litestar.params import Body, FromPath, FromQuery, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, Invalid, Malformed, NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.pictures import web_picture
from comptoir.kit.words import Code, Word
from comptoir.receiving.lifecycle import AWAITED
from comptoir.receiving.model import (
    PHOTO_HEAVIEST,
    PHOTO_WIDEST,
    OrderGoods,
    Photographed,
    PurchaseTold,
    TakeGoodsPhoto,
    TakeInGoods,
)
from comptoir.screens import receiving as screen
from comptoir.web import limits
from comptoir.web.guards import COUNTER, EVERYBODY, by
from comptoir.web.pages.handing import store_of
from comptoir.web.pages.page import Page
from comptoir.web.pages.return_answers import as_json, spoken
from comptoir.web.requests import DoorRequest

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Now = NamedDependency[datetime]
Named = FromPath[UUID]

MOST_BYTES: Final = 12_000_000
"""Of the file that is sent: any phone's photo. Up to three times as much is read, to be refused in words."""
_one_at_a_time: Final = asyncio.Semaphore(1)


class CloseForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The delivery's end; `last` says that nothing more will come. The id was made with the page."""

    id: UUID
    last: Literal["yes", "no"] = "yes"


class UnannouncedForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody stands at the door with goods that nobody announced."""

    id: UUID
    supplier: Word


class OfForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands beside the file: which article of which order."""

    purchase: UUID
    sku: Code


@get("/receiving", opt=by(*COUNTER))
async def of_store(house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """What suppliers are to bring here, what is due first on top."""
    async with borrowed(house.pool) as connection:
        rows = await screen.of_store(connection, store_of(actor))
    due = [row for row in rows if row.due(now)]
    return page.html(
        "associate/receivings.html", due=due, later=[row for row in rows if row not in due], now=now, id=new_id()
    )


@post("/receiving/unannounced", opt=by(*COUNTER), status_code=200)
async def unannounced(data: URLEncodedBody[UnannouncedForm], house: TheHouse, actor: TheActor, page: ThePage) -> Answer:
    """A delivery without an order: everything in it is counted, and a manager decides about it."""
    command = OrderGoods(data.id, store_of(actor), data.supplier)
    made = (await house.runner.perform(command, actor)).read(PurchaseTold)
    return page.go(f"/receiving/{made.id}")


@get("/receiving/{purchase:uuid}", opt=by(*COUNTER))
async def show(
    purchase: Named, house: TheHouse, actor: TheActor, page: ThePage, now: Now, carton: FromQuery[Code | None] = None,
    closed: FromQuery[Code | None] = None,
) -> Answer:  # fmt: skip
    """Count what comes; with `carton`, that one is open; with `closed`, what came of the delivery that just ended. NotFound `purchase_not_found`."""
    return await counting_page(purchase, house, actor, page, now, carton=carton or "", closed=closed or "")


async def counting_page(
    purchase: UUID, house: House, actor: Actor, page: Page, now: datetime, *, carton: str = "", closed: str = "",
    refusal: Refusal | None = None,
) -> Answer:  # fmt: skip
    """The page, and on top of it what was just refused. Who counts blind gets no figure of what is expected."""
    async with borrowed(house.pool) as connection:
        view = await screen.one(connection, purchase, actor)
    head, blind = view.head, view.blind
    if head.location != store_of(actor):
        raise NotFound("purchase_not_found")
    ended = next((receipt for receipt in view.receipts if receipt.number == closed), None)
    mode = "receive" if head.status in AWAITED and ended is None else "look"
    rows = [
        {"sku": line.sku, "name": " ".join(part for part in (line.name, line.deciding) if part), "codes": [*line.codes, line.sku],
         "wanted": 0 if blind else line.ordered, "counted": line.counted, "damaged": line.damaged}
        for line in view.lines
    ]  # fmt: skip
    facts = {
        "about": {"purchase": str(head.id)}, "type": "receive", "mode": "receive", "rows": rows, "blind": blind,
        "cartons": {code: {each.sku: 0 if blind else each.quantity for each in inside} for code, inside in view.cartons.items()},
        "taken": {code: {each.sku: each.counted for each in inside} for code, inside in view.cartons.items()},
        "carton": carton if carton in view.cartons else "", "photos": "/receiving/photos", "sign_in_id": str(actor.sign_in),
        "server_time": now.isoformat().replace("+00:00", "Z"),
    }  # fmt: skip
    return page.html(
        "associate/receiving.html", status=refusal.status if refusal else 200, view=view, head=head, mode=mode, facts=facts,
        ended=ended, blind=blind and mode == "receive", act_id=new_id(), refusal=refusal, now=now,
    )  # fmt: skip


@post("/receiving/{purchase:uuid}/close", opt=by(*COUNTER), status_code=200)
async def close(
    purchase: Named, data: URLEncodedBody[CloseForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """This delivery has been counted; the summary follows."""
    command = TakeInGoods(data.id, purchase, close=True, last=data.last == "yes")
    try:
        told = (await house.runner.perform(command, actor)).read(PurchaseTold)
    except Conflict as refusal:
        return await counting_page(purchase, house, actor, page, now, refusal=refusal)
    return page.go(f"/receiving/{purchase}?closed={told.receipt}")


@post("/receiving/photos", opt=by(*COUNTER), status_code=200, request_max_body_size=3 * MOST_BYTES)
async def take(
    request: DoorRequest, house: TheHouse, actor: TheActor, page: ThePage,
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Answer:  # fmt: skip
    """One picture of a damaged article, drawn anew and small; another one of the same article takes its place."""
    await limits.count(request, limits.PHOTO, str(actor.device or actor.who))
    file = data.pop("file", None)
    if not isinstance(file, UploadFile):
        raise Malformed("malformed", where="$.file")
    try:
        form = msgspec.convert(data, OfForm, strict=False)
    except msgspec.ValidationError as wrong:
        raise Malformed("malformed", wrong=str(wrong)) from None
    try:
        sent = await file.read()
        if len(sent) > MOST_BYTES:
            raise Invalid("picture_too_heavy")
        async with _one_at_a_time:
            made = await asyncio.to_thread(web_picture, sent, PHOTO_WIDEST, PHOTO_HEAVIEST)
        command = TakeGoodsPhoto(new_id(), form.purchase, form.sku, made.bytes, made.width, made.height)
        taken = (await house.runner.perform(command, actor)).read(Photographed)
    except Refusal as refusal:
        return as_json({"problem": spoken(refusal, page.lang)})
    return as_json({"photo": str(taken.id)})


@get("/receiving/photos/{photo:uuid}", opt=by(*EVERYBODY))
async def picture(photo: FromPath[UUID], house: TheHouse, actor: TheActor) -> Answer:
    """A picture of what came damaged, to whoever reaches the place."""
    async with borrowed(house.pool) as connection:
        found = await screen.photo(connection, photo, actor)
    if found is None:
        raise NotFound("picture_not_found")
    return Response(found, media_type="image/webp", headers={"cache-control": "private, no-store"})


ROUTES: list[BaseRouteHandler] = [of_store, unannounced, show, close, take, picture]
