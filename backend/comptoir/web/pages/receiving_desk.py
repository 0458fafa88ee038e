"""Receiving for managers and head office: differences to decide about, what suppliers are to bring, a new order, a file of them."""

import asyncio
from datetime import date, datetime
from typing import Annotated, Any, Literal
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
from comptoir.kit.words import Code, Maybe, Note, Slug, Word
from comptoir.network import queries as network
from comptoir.receiving import imports
from comptoir.receiving.imports import ImportPurchases, PurchasesImported
from comptoir.receiving.lifecycle import ENDED
from comptoir.receiving.model import (
    CancelPurchase,
    CountBlind,
    DecideDifference,
    Decision,
    OrderGoods,
    PurchaseTold,
    Wish,
)
from comptoir.screens import receiving as screen
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.orders import NewIds, place_after
from comptoir.web.pages.page import Page
from comptoir.web.pages.transfer_desk import AT_ONCE, ROWS, Few, Link, Place, Typed, named, page_after, typed_rows

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Now = NamedDependency[datetime]
Named = FromPath[UUID]
HERE = "/manager/receiving"
FIELDS = ("location", "supplier", "number", "expected_on", "delivery_note", "note")


class OrderForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to, from whom, when, and up to six articles with their numbers; the id was made with the page."""

    id: UUID
    location: Place
    supplier: Maybe = ""
    number: Annotated[str, msgspec.Meta(max_length=64)] = ""
    expected_on: Annotated[str, msgspec.Meta(max_length=10)] = ""
    delivery_note: Maybe = ""
    note: Note = ""
    code: Few | Typed = []
    quantity: Few | Typed = []


class DecideForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is done about a difference; `back` is the page it was decided on."""

    id: UUID
    decision: Decision
    note: Note = ""
    back: Literal["list", "order"] = "list"


class BlindForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a place counts."""

    id: UUID
    location: Slug
    blind: Literal["yes", "no"]


class CancelForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """It is not awaited any more."""

    id: UUID


@get("/manager/receiving", opt=by(*MANAGERS))
async def desk(
    house: TheHouse, actor: TheActor, page: ThePage, now: Now, after: FromQuery[str | None] = None, store: Link = ""
) -> Answer:
    """What is to be decided about, what is awaited, what has ended; with `store`, at that place alone."""
    return await desk_page(house, actor, page, now, after=after, place=store)


async def desk_page(
    house: House, actor: Actor, page: Page, now: datetime, *, after: str | None = None, place: str = "",
    refusal: Refusal | None = None, imported: PurchasesImported | None = None,
) -> Answer:  # fmt: skip
    """The page, with what came of the file or the decision that was just sent."""
    async with borrowed(house.pool) as connection:
        going, total = await screen.awaited(connection, actor, place or None)
        ended = await screen.read_list(
            connection, actor, place_after(after), AT_ONCE + 1, status=ENDED, location=place or None
        )
        differ = await screen.differences(connection, actor)
        decided = await screen.differences(connection, actor, decided=True)
        blind = await screen.blind_places(connection, actor)
    return page.html(
        "manager/receiving.html", status=refusal.status if refusal else 200, going=going, total=total, ended=ended[:AT_ONCE], differ=differ,
        decided=decided[:10], blind=blind, path=HERE, places=[(id, name) for id, name, _ in blind], place=place,
        next_page=page_after(HERE, ended, place), now=now, ids=NewIds(), refusal=refusal, imported=imported,
    )  # fmt: skip


@get("/manager/receiving/new", opt=by(*MANAGERS))
async def ask(house: TheHouse, actor: TheActor, page: ThePage) -> Answer:
    """An empty form."""
    return await form_page(house, actor, page, dict.fromkeys(FIELDS, ""), [])


async def form_page(
    house: House, actor: Actor, page: Page, typed: dict[str, str], rows: list[tuple[str, str]], refusal: Refusal | None = None
) -> Answer:  # fmt: skip
    """The form with what was typed; a refusal stands on top and nothing is lost."""
    async with borrowed(house.pool) as connection:
        ours = await network.list_names(connection, actor.locations, open_alone=True)
    return page.html(
        "manager/receiving_new.html", status=refusal.status if refusal else 200, typed=typed,
        ours=[(id, name) for id, name, _ in ours], rows=[*rows, *[("", "")] * (ROWS - len(rows))], refusal=refusal,
        ids=NewIds(),
    )  # fmt: skip


@post("/manager/receiving/new", opt=by(*MANAGERS), status_code=200)
async def create(data: URLEncodedBody[OrderForm], house: TheHouse, actor: TheActor, page: ThePage) -> Answer:
    """Awaited from now on, or the form again with what stands in the way."""
    rows = typed_rows(data.code, data.quantity)
    try:
        lines = tuple(Wish(wish.sku, wish.quantity) for wish in await named(house, rows))
        command = OrderGoods(
            data.id, place_of(data.location), read(data.supplier, Word, "supplier_missing"), lines,
            read(data.number, Code, "number_unreadable") if data.number else None, day_of(data.expected_on), data.delivery_note, data.note,
        )  # fmt: skip
        made = (await house.runner.perform(command, actor)).read(PurchaseTold)
    except (Conflict, Invalid, NotFound) as refusal:
        typed = {name: getattr(data, name) for name in FIELDS}
        return await form_page(house, actor, page, typed, rows, refusal)
    return page.go(f"/manager/receiving/{made.id}")


def place_of(location: str) -> str:
    """Invalid `place_missing`."""
    if not location:
        raise Invalid("place_missing")
    return location


def read(text: str, kind: Any, code: str) -> Any:
    """A field's text as its type, or Invalid with this code."""
    try:
        return msgspec.convert(text.strip(), kind)
    except msgspec.ValidationError:
        raise Invalid(code) from None


def day_of(text: str) -> date | None:
    """A day as a form sends it. Invalid `day_unreadable`."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("day_unreadable") from None


@post(
    "/manager/receiving/import", opt=by(*MANAGERS), status_code=200, request_max_body_size=imports.MOST_BYTES + 10_000
)
async def import_file(
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
    house: TheHouse, actor: TheActor, page: ThePage, now: Now,
) -> Answer:  # fmt: skip
    """A file of purchase orders: all of it, or nothing and what is wrong with it, line by line."""
    file, id = data.get("file"), data.get("id")
    if set(data) != {"file", "id"} or not isinstance(file, UploadFile):
        raise Malformed("malformed", where="$.file")
    try:
        command_id = msgspec.convert(id, UUID, strict=False)
    except msgspec.ValidationError:
        raise Malformed("malformed", where="$.id") from None
    try:
        rows, faults = await asyncio.to_thread(imports.parse, await file.read())
        imports.refuse(faults)
        done = await house.runner.perform(ImportPurchases(command_id, rows), actor)
    except Refusal as refusal:
        return await desk_page(house, actor, page, now, refusal=refusal)
    return await desk_page(house, actor, page, now, imported=done.read(PurchasesImported))


@post("/manager/receiving/blind", opt=by(*MANAGERS), status_code=200)
async def set_blind(data: URLEncodedBody[BlindForm], house: TheHouse, actor: TheActor, page: ThePage) -> Answer:
    """Whether hands at a place see what is expected while they count."""
    await house.runner.perform(CountBlind(data.id, data.location, data.blind == "yes"), actor)
    return page.go("/manager/receiving")


@get("/manager/receiving/{purchase:uuid}", opt=by(*MANAGERS))
async def show(purchase: Named, house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """One purchase order: lines, cartons, deliveries, what differs. NotFound `purchase_not_found`."""
    return await one_page(purchase, house, actor, page, now)


async def one_page(
    purchase: UUID, house: House, actor: Actor, page: Page, now: datetime, refusal: Refusal | None = None
) -> Answer:
    """The page, and on top of it what was just refused."""
    async with borrowed(house.pool) as connection:
        view = await screen.one(connection, purchase, actor)
        differ = await screen.differences(connection, actor, purchase=purchase)
    return page.html(
        "manager/receiving_order.html", status=refusal.status if refusal else 200, view=view, head=view.head, differ=differ,
        ids=NewIds(), refusal=refusal, now=now, time_zone=view.head.time_zone,
    )  # fmt: skip


@post("/manager/receiving/{purchase:uuid}/cancel", opt=by(*MANAGERS), status_code=200)
async def cancel(
    purchase: Named, data: URLEncodedBody[CancelForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """While nothing of it has come."""
    try:
        await house.runner.perform(CancelPurchase(data.id, purchase), actor)
    except Conflict as refusal:
        return await one_page(purchase, house, actor, page, now, refusal)
    return page.go(f"/manager/receiving/{purchase}")


@post("/manager/receiving/{purchase:uuid}/differences/{difference:uuid}", opt=by(*MANAGERS), status_code=200)
async def decide(
    purchase: Named, difference: Named, data: URLEncodedBody[DecideForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:  # fmt: skip
    """Accepted, claimed, counted again, answered; a colleague who was quicker is told of."""
    try:
        await house.runner.perform(DecideDifference(data.id, difference, data.decision, data.note), actor)
    except (Conflict, Invalid) as refusal:
        if data.back == "order":
            return await one_page(purchase, house, actor, page, now, refusal)
        return await desk_page(house, actor, page, now, refusal=refusal)
    return page.go(f"/manager/receiving/{purchase}" if data.back == "order" else "/manager/receiving")


ROUTES: list[BaseRouteHandler] = [desk, ask, create, import_file, set_blind, show, cancel, decide]
