"""The Stock page: find an article and what every store has of it, decide about counts, block, take in a stock file."""

import asyncio
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.handlers import BaseRouteHandler
from litestar.params import Body, FromPath, FromQuery, URLEncodedBody

from comptoir.catalog.model import BlockSku, UnblockSku
from comptoir.channels.queries import list_failed_deliveries
from comptoir.flows.reading_stock_rules import read_safety
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, Forbidden, Invalid, Malformed, Refusal
from comptoir.kit.reason_rows import list_reasons
from comptoir.kit.reasons import ReasonCode
from comptoir.kit.words import Code, Note
from comptoir.screens import article_search, policy_names, stock_desk
from comptoir.stock import imports, safety
from comptoir.stock.count_reasons import COUNT
from comptoir.stock.counting import ApproveCount, AskCountAgain
from comptoir.stock.imports import ImportStock, StockImported
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.orders import NewIds, Words, place_after
from comptoir.web.pages.page import Page

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Now = NamedDependency[datetime]


class BlockForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Stop an article everywhere."""

    id: UUID
    sku: Code
    reason: Annotated[Note, msgspec.Meta(min_length=1)]


class UnblockForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Let an article be sold again."""

    id: UUID
    sku: Code
    note: Note = ""


class CountForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Have it counted again."""

    id: UUID


class BelieveForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Believe a count, and say why the figure was another."""

    id: UUID
    because: ReasonCode


@get("/manager/stock", opt=by(*MANAGERS))
async def desk(house: TheHouse, actor: TheActor, page: ThePage, now: Now, q: Words = "") -> Answer:
    """What waits for a decision; with `q`, the articles that match."""
    return await desk_page(house, actor, page, now, q)


async def desk_page(
    house: House, actor: Actor, page: Page, now: datetime, q: str = "", *, refusal: Refusal | None = None,
    imported: StockImported | None = None,
) -> Answer:  # fmt: skip
    """The page, with what came of the stock file or the decision that was just sent."""
    async with borrowed(house.pool) as connection:
        view = await stock_desk.read(connection, actor)
        reasons = await list_reasons(connection, COUNT)
        found = await article_search.read(connection, q, 30)
        failed = await list_failed_deliveries(connection, actor, limit=20) if actor.role == "head_office" else []
    return page.html(
        "manager/stock.html", status=refusal.status if refusal else 200, view=view, found=found, q=q, failed=failed,
        now=now, ids=NewIds(), refusal=refusal, imported=imported, may_decide=actor.role != "regional_manager",
        at_head_office=actor.role == "head_office", most=stock_desk.MOST_COUNTS, because=[one for one in reasons if one.used],
    )  # fmt: skip


@get("/manager/stock/article", opt=by(*MANAGERS))
async def show_article(
    sku: FromQuery[Code], house: TheHouse, actor: TheActor, page: ThePage, now: Now,
    store: FromQuery[Annotated[str, msgspec.Meta(max_length=64)]] = "", after: FromQuery[str | None] = None,
) -> Answer:  # fmt: skip
    """One article over all stores and its ledger, newest first. NotFound `unknown_sku`."""
    async with borrowed(house.pool) as connection:
        view = await stock_desk.article(connection, actor, sku, now, store, place_after(after))
        _, rules = await read_safety(connection, now)
        reasons = {one.code: one for one in await list_reasons(connection, COUNT)}
        names = await policy_names.read(connection) if any(level.safety for level in view.levels) else None
    lines = view.movements[: stock_desk.AT_ONCE]
    asked = {"sku": sku} | ({"store": store} if store else {})
    more = len(view.movements) > len(lines)
    next_page = "/manager/stock/article?" + urlencode(asked | {"after": lines[-1].place}) if more else None
    headers = {"link": f'<{next_page}>; rel="next"'} if next_page else {}
    of = safety.Article(view.sku, view.category)
    why = {
        one.id: safety.why(rules, of, safety.Place(one.id, one.kind, one.region), one.own, one.safety)
        for one in view.levels
    }
    return page.html(
        "manager/stock_article.html", headers=headers, view=view, lines=lines, store=store, next_page=next_page, now=now,
        ids=NewIds(), at_head_office=actor.role == "head_office", names=names, why=why,
        reasons=reasons,
    )  # fmt: skip


@post("/manager/stock/block", opt=by("head_office"), status_code=200)
async def block(data: URLEncodedBody[BlockForm], house: TheHouse, actor: TheActor, page: ThePage) -> Answer:
    """No sale, no pick, no hand-over of it anywhere, from now on."""
    await house.runner.perform(BlockSku(data.id, data.sku, data.reason), actor)
    return page.go("/manager/stock/article?" + urlencode({"sku": data.sku}))


@post("/manager/stock/unblock", opt=by("head_office"), status_code=200)
async def unblock(data: URLEncodedBody[UnblockForm], house: TheHouse, actor: TheActor, page: ThePage) -> Answer:
    """It may be sold again."""
    await house.runner.perform(UnblockSku(data.id, data.sku, data.note), actor)
    return page.go("/manager/stock/article?" + urlencode({"sku": data.sku}))


@post("/manager/stock/counts/{count:uuid}/approve", opt=by("store_manager", "head_office"), status_code=200)
async def approve(
    count: FromPath[UUID], data: URLEncodedBody[BelieveForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """The difference goes into the ledger, with its reason."""
    return await decided(ApproveCount(data.id, count, data.because), house, actor, page, now)


@post("/manager/stock/counts/{count:uuid}/again", opt=by("store_manager", "head_office"), status_code=200)
async def again(
    count: FromPath[UUID], data: URLEncodedBody[CountForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """The store is asked to count once more."""
    return await decided(AskCountAgain(data.id, count), house, actor, page, now)


async def decided(
    command: ApproveCount | AskCountAgain, house: House, actor: Actor, page: Page, now: datetime
) -> Answer:
    """Decide about a count; a colleague who was quicker is told of."""
    try:
        await house.runner.perform(command, actor)
    except (Conflict, Forbidden, Invalid) as refusal:
        return await desk_page(house, actor, page, now, refusal=refusal)
    return page.go("/manager/stock")


@post(
    "/manager/stock/import", opt=by("head_office"), status_code=200, request_max_body_size=imports.MOST_BYTES + 10_000
)
async def import_file(
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
    house: TheHouse, actor: TheActor, page: ThePage, now: Now,
) -> Answer:  # fmt: skip
    """A stock file: all of it is taken in, or nothing and what is wrong with it, line by line."""
    file, id, as_of = data.get("file"), data.get("id"), data.get("as_of")
    if set(data) != {"file", "id", "as_of"} or not isinstance(file, UploadFile):
        raise Malformed("malformed", where="$.file")
    try:
        at = msgspec.convert(as_of, Annotated[datetime, msgspec.Meta(tz=True)], strict=False)
        command_id = msgspec.convert(id, UUID, strict=False)
    except msgspec.ValidationError:
        raise Malformed("malformed", where="$.as_of") from None
    try:
        rows, faults = await asyncio.to_thread(imports.parse, await file.read())
        imports.refuse(faults)
        done = await house.runner.perform(ImportStock(command_id, at, rows), actor)
    except Refusal as refusal:
        return await desk_page(house, actor, page, now, refusal=refusal)
    return await desk_page(house, actor, page, now, imported=done.read(StockImported))


ROUTES: list[BaseRouteHandler] = [desk, show_article, block, unblock, approve, again, import_file]
