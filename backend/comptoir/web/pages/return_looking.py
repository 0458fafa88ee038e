"""What of an order or an announced return may come back, unit by unit: the page that scans fill, and the articles that it asks for."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from comptoir.house import House
from comptoir.kit import codes, reason_rows
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.ids import new_id
from comptoir.kit.qr import qr_path
from comptoir.kit.words import Code
from comptoir.returns.permit_reasons import PERMIT
from comptoir.returns.queries import list_reasons
from comptoir.returns.reasons import offered
from comptoir.returns.signals import Brought
from comptoir.screens import awaited as awaits
from comptoir.screens import return_articles, return_desk, return_done, signed_in
from comptoir.staff.model import Colleague
from comptoir.staff.queries import find_managers
from comptoir.web.guards import COUNTER, by
from comptoir.web.pages import return_view
from comptoir.web.pages.handing import store_of
from comptoir.web.pages.page import Page
from comptoir.web.pages.return_answers import as_json
from comptoir.web.pages.return_facts import facts_of
from comptoir.web.pages.return_verdicts import Rules, rules_of, with_asked

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Now = NamedDependency[datetime]
Scanned = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]


@get("/returns/orders/{order:uuid}", opt=by(*COUNTER))
async def of_order(
    order: FromPath[UUID], house: TheHouse, actor: TheActor, page: ThePage, now: Now,
    origin: FromQuery[Annotated[str, msgspec.Meta(pattern=r"^(counter|hand_over)\Z")]] = "counter",
) -> Answer:  # fmt: skip
    """What of an order may come back, until when and by what right; scans take units."""
    async with borrowed(house.pool) as connection:
        view = await return_desk.read_order(connection, order, store_of(actor))
        rules = await rules_of(connection, view, now, page.lang)
        rules = await with_asked(connection, rules, {line.sku: line.category for line in view.lines})
    made = return_view.of_order(view, rules, page.lang, origin)
    brought = [Brought(line.sku, line.line) for line in view.lines]
    facts = await facts_of(house, order, None, brought, rules.policy, now, page.lang)
    return await take_page(house, actor, page, now, msgspec.structs.replace(made, signals=facts))


@get("/returns/blind", opt=by(*COUNTER))
async def blind(house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """Goods without any proof of purchase: with permission only, and never for money."""
    return await take_page(house, actor, page, now, return_view.blind(page.lang))


@get("/returns/alone", opt=by(*COUNTER))
async def alone(page: ThePage) -> Answer:
    """The page that stands in where there is no network: articles by their codes, money waits."""
    return page.html("shell/returns.html")


@get("/returns/{rma:uuid}", opt=by(*COUNTER))
async def one(rma: FromPath[UUID], house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """A return that was announced: everything is there, only how the goods are is to be said. Settled: what became of it."""
    store = store_of(actor)
    async with borrowed(house.pool) as connection:
        done = await return_done.read(connection, rma, store)
        awaited = await awaits.read(connection, done.exchange.order) if done.exchange else None
        if done.status not in ("requested", "received", "inspected"):
            around = await signed_in.read(connection, actor, store)
            away = await return_desk.to_put_away(connection, store, rma)
            permits = {one.code: one for one in await reason_rows.list_reasons(connection, PERMIT)}
            return page.html(
                "associate/return_done.html",
                view=done,
                away=away,
                data=return_view.away_data(away, actor, now),
                permitted=permits.get(done.permit_reason or ""),
                awaited=awaited,
                qr=qr_path(awaited.url) if awaited and awaited.url else None,
                new_id=new_id,
                now=now,
                time_zone=around.time_zone,
            )
        view = await return_desk.read_order(connection, done.order, store) if done.order else None
        rules = await rules_of(connection, view, now, page.lang)
        rules = await with_asked(connection, rules, {unit.sku: unit.category for unit in done.units})
    made = return_view.announced(done, rules, page.lang)
    brought = [Brought(unit.sku, unit.line) for unit in done.units]
    facts = await facts_of(house, done.order, rma, brought, rules.policy, now, page.lang)
    return await take_page(house, actor, page, now, msgspec.structs.replace(made, signals=facts))


async def take_page(house: House, actor: Actor, page: Page, now: datetime, made: return_view.Taking) -> Answer:
    """The page of units in hand: reasons most used first, managers who may permit, and all that its script needs."""
    store = store_of(actor)
    async with borrowed(house.pool) as connection:
        used = await return_desk.most_used(connection)
        reasons = return_view.sorted_reasons(offered(await list_reasons(connection), to_customer=True), used, page.lang)
        managers: list[Colleague] | None = None
        if actor.role != "store_manager":
            managers = await find_managers(connection, store)
        permits = [one for one in await reason_rows.list_reasons(connection, PERMIT) if one.used]
        around = await signed_in.read(connection, actor, store)
    data = made.data | {"id": str(new_id()), "reasons": reasons, "sign_in_id": str(actor.sign_in)}
    return page.html(
        "associate/return.html", view=made.view, data=return_view.pictured(data, page.picture), heading=made.heading, subheading=made.subheading,
        lines=made.lines, verdict=made.verdict, earlier=made.earlier, signals=made.signals, reasons=reasons, managers=managers, permits=permits, now=now, time_zone=around.time_zone,
    )  # fmt: skip


class Codes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: Scanned


class Skus(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    skus: Annotated[tuple[Code, ...], msgspec.Meta(max_length=50)]


@post("/returns/article", opt=by(*COUNTER), status_code=200)
async def article(data: JSONBody[Codes], house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Response[Any]:
    """The article of a scanned code, with its price today and what is here of it."""
    read = codes.parse(data.code)
    async with borrowed(house.pool) as connection:
        found = await return_articles.find(
            connection, store_of(actor), [read.code, data.code.strip(), data.code.strip().upper()]
        )
        rules = await rules_of(connection, None, now, page.lang)
        rules = await with_asked(connection, rules, {found.sku: found.category} if found else {})
    return as_json({"article": drawn(found, page, rules) if found else None})


@post("/returns/sizes", opt=by(*COUNTER), status_code=200)
async def sizes(data: JSONBody[Skus], house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Response[Any]:
    """What a customer may take in place of these: the same style in its sizes and colors."""
    async with borrowed(house.pool) as connection:
        found = await return_articles.sizes(connection, store_of(actor), data.skus)
        rules = await rules_of(connection, None, now, page.lang)
    return as_json({"sizes": [drawn(one, page, rules) for one in found if one.here or one.sku not in data.skus]})


def drawn(one: return_articles.Article, page: Page, rules: Rules) -> dict[str, Any]:
    """An article as a page's script shows it."""
    then = return_view.places_of(rules.policy, one.place or "", one.category, page.lang, recalled=one.blocked)
    told: dict[str, Any] = msgspec.to_builtins(one)
    return told | {
        "picture": page.picture(one.picture), "then": then, "asked": return_view.accessories_of(rules, one.sku, page.lang),
    }  # fmt: skip


ROUTES: list[BaseRouteHandler] = [of_order, blind, alone, one, article, sizes]
