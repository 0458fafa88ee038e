"""Recalls for managers: what is open, what one would stop, opening it, how far every place and customer is, what becomes of units, its end."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.catalog import queries as catalog
from comptoir.catalog.model import Article
from comptoir.flows.open_recall import RecallEffect, find_effect, needs_right
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from comptoir.kit.words import Note, Slug
from comptoir.screens import recalls as screen
from comptoir.stock.feed import spelled
from comptoir.stock.limits_sql import find_rules
from comptoir.stock.recalling import (
    SINCE_MONTHS,
    CloseRecall,
    DecideRecalled,
    Fate,
    OpenRecall,
    PlaceLooked,
    Remedy,
    check,
    looked_from,
)
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.orders import NewIds
from comptoir.web.pages.page import Page
from comptoir.web.pages.tables import table
from comptoir.web.pages.typed import Typed, chosen

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Now = NamedDependency[datetime]
HERE: Final = "/manager/stock/recalls"
FIELDS: Final = ("code", "hazard_fr", "hazard_en", "contact", "months", "lots", "note")
PLACE_COLUMNS: Final = ("recall", "sku", "store", "expected", "found", "missing", "done", "destroyed", "vendor", "released", "returned_here", "lots_scanned")  # fmt: skip
CUSTOMER_COLUMNS: Final = ("recall", "sku", "order", "store", "units", "told_at", "reach", "why", "told_with_another_order", "returned")  # fmt: skip


class OutcomeForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of units of one place."""

    id: UUID
    location: Slug
    fate: Fate
    units: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    proof: Annotated[Note, msgspec.Meta(min_length=3)]


class LookedForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place has looked everywhere, and found so many besides what was scanned."""

    id: UUID
    location: Slug
    found: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0


class CloseForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """It has ended."""

    id: UUID
    sell: Literal["yes", "no"]
    note: Note = ""


async def may_open(house: House, actor: Actor) -> bool:
    """Whether a button is shown; the flow says the same."""
    async with borrowed(house.pool) as connection:
        try:
            await needs_right(connection, actor)
        except Forbidden:
            return False
    return True


@get(HERE, opt=by(*MANAGERS))
async def listed(house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """Open ones first."""
    async with borrowed(house.pool) as connection:
        rows = await screen.read_list(connection, actor)
        rules = await find_rules(connection)
    return page.html("manager/recalls.html", rows=rows, rules=rules, may_open=await may_open(house, actor), now=now)


@get(HERE + "/new", opt=by("regional_manager", "head_office"))
async def ask(house: TheHouse, actor: TheActor, page: ThePage, now: Now, sku: FromQuery[Annotated[str, msgspec.Meta(max_length=64)]] = "") -> Answer:  # fmt: skip
    """The form, empty but for the article."""
    typed = dict.fromkeys(FIELDS, "") | {"code": sku, "months": str(SINCE_MONTHS)}
    return await form_page(house, actor, page, now, typed, ("refund", "replacement"))


@post(HERE + "/new", opt=by("regional_manager", "head_office"), status_code=200)
async def begin(
    data: URLEncodedBody[dict[str, Any]], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """First what it would stop and whom it concerns; with `act` "open", everything stops and is told."""
    form = Typed(data)
    typed = {name: form.text(name) for name in FIELDS}
    remedies = chosen(form.many("remedies"), [one.value for one in Remedy])
    if not await may_open(house, actor) and form.text("act") != "open":
        return await form_page(house, actor, page, now, typed, remedies)
    try:
        article, command = await read_form(house, form, typed, remedies)
        check(command)
        if form.text("act") != "open":
            return await form_page(house, actor, page, now, typed, remedies, found=(article, command))
        await house.runner.perform(command, actor)
    except (Conflict, Invalid, NotFound) as refusal:
        return await form_page(house, actor, page, now, typed, remedies, refusal=refusal)
    return page.go(f"{HERE}/{command.id}")


async def read_form(
    house: House, form: Typed, typed: dict[str, str], remedies: tuple[str, ...]
) -> tuple[Article, OpenRecall]:
    """The command as typed. NotFound `unknown_code`; Invalid `recall_words` with the field, `number_wrong`."""
    if not typed["code"]:
        raise Invalid("recall_words", field="code")
    async with borrowed(house.pool) as connection:
        article = await catalog.find_by_code(connection, spelled(typed["code"]))
    months = form.whole("months", 1, 120, SINCE_MONTHS)
    lots = tuple(dict.fromkeys(typed["lots"].replace(",", " ").replace(";", " ").split()))
    wanted = {
        "id": form.id(), "sku": article.sku, "hazard_fr": typed["hazard_fr"], "hazard_en": typed["hazard_en"], "remedies": remedies,
        "contact": typed["contact"], "months": months, "lots": lots, "note": typed["note"],
    }  # fmt: skip
    try:
        return article, msgspec.convert(wanted, OpenRecall, strict=False)
    except msgspec.ValidationError as wrong:
        field = next((name for name in FIELDS if f"$.{name}" in str(wrong)), "hazard_fr")
        raise Invalid("recall_words", field=field) from None


async def form_page(
    house: House, actor: Actor, page: Page, now: datetime, typed: dict[str, str], remedies: tuple[str, ...], *,
    found: tuple[Article, OpenRecall] | None = None, refusal: Refusal | None = None,
) -> Answer:  # fmt: skip
    """The form with what was typed, and what it would stop where that could be read; whoever may not open one is told who does."""
    effect: RecallEffect | None = None
    may = await may_open(house, actor)
    async with borrowed(house.pool) as connection:
        if found is not None:
            effect = await find_effect(connection, found[0].sku, looked_from(now, found[1].months))
    article, command = found if found is not None else (None, None)
    return page.html(
        "manager/recall_new.html", status=refusal.status if refusal else 200, typed=typed, remedies=remedies, all_remedies=[one.value for one in Remedy],
        article_found=article, command=command, effect=effect, refusal=refusal, may=may, wrong=refusal.facts.get("field", "") if refusal else "", ids=NewIds(), now=now,
    )  # fmt: skip


@get(HERE + "/{recall:uuid}", opt=by(*MANAGERS))
async def show(recall: FromPath[UUID], house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """How far it is. NotFound `recall_not_found`."""
    return await report(house, actor, page, now, recall)


async def report(
    house: House, actor: Actor, page: Page, now: datetime, recall: UUID, refusal: Refusal | None = None
) -> Answer:
    """The report, with what was just refused on top."""
    async with borrowed(house.pool) as connection:
        view = await screen.read(connection, actor, recall)
        customers = await screen.customers(connection, actor, recall)
        outcomes = await screen.outcomes(connection, actor, recall)
    return page.html(
        "manager/recall.html", status=refusal.status if refusal else 200, view=view, customers=customers, outcomes=outcomes, refusal=refusal, ids=NewIds(),
        fates=[one.value for one in Fate], may_close=await may_open(house, actor), most=screen.MOST_CUSTOMERS, now=now,
    )  # fmt: skip


@get(HERE + "/{recall:uuid}/csv", opt=by(*MANAGERS))
async def as_csv(
    recall: FromPath[UUID], house: TheHouse, actor: TheActor, page: ThePage, now: Now, what: FromQuery[Literal["places", "customers"]] = "places"
) -> Answer:  # fmt: skip
    """The places or the customers as a file; times in UTC, orders instead of names."""
    async with borrowed(house.pool) as connection:
        view = await screen.read(connection, actor, recall)
        rows = await screen.customers(connection, actor, recall, screen.MOST_IN_FILE) if what == "customers" else []
    columns = CUSTOMER_COLUMNS if what == "customers" else PLACE_COLUMNS
    lines: list[tuple[Any, ...]] = (
        [
            (view.number, view.sku, one.number, one.store, one.units, one.told_at or "", one.reach, one.why, "yes" if one.by_another else "no", one.returned)
            for one in rows
        ]
        if what == "customers"
        else [
            (view.number, view.sku, p.store, p.expected, p.found, p.missing if p.done else "", "yes" if p.done else "no", p.destroyed, p.vendor,
             p.released, p.returned_here, p.lots)
            for p in view.places
        ]
    )  # fmt: skip
    return table(f"{view.number}-{what}-{now:%Y-%m-%d-%H%M}", columns, lines, page.lang)


@post(HERE + "/{recall:uuid}/outcome", opt=by(*MANAGERS), status_code=200)
async def outcome(
    recall: FromPath[UUID], data: URLEncodedBody[OutcomeForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:  # fmt: skip
    """Destroyed, back to its vendor, or safe after all; each with its proof."""
    command = DecideRecalled(data.id, recall, data.location, data.fate, data.units, data.proof)
    try:
        await house.runner.perform(command, actor)
    except Conflict as refusal:
        return await report(house, actor, page, now, recall, refusal)
    return page.go(f"{HERE}/{recall}")


@post(HERE + "/{recall:uuid}/looked", opt=by(*MANAGERS), status_code=200)
async def looked(
    recall: FromPath[UUID], data: URLEncodedBody[LookedForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:  # fmt: skip
    """For a place without a handheld: what was found there, and that nothing is left."""
    try:
        await house.runner.perform(PlaceLooked(data.id, recall, data.location, data.found), actor)
    except Conflict as refusal:
        return await report(house, actor, page, now, recall, refusal)
    return page.go(f"{HERE}/{recall}#places")


@post(HERE + "/{recall:uuid}/close", opt=by("regional_manager", "head_office"), status_code=200)
async def close(
    recall: FromPath[UUID], data: URLEncodedBody[CloseForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:
    """It has ended; the article stays blocked or may be sold again."""
    try:
        await house.runner.perform(CloseRecall(data.id, recall, data.sell == "yes", data.note), actor)
    except Conflict as refusal:
        return await report(house, actor, page, now, recall, refusal)
    return page.go(f"{HERE}/{recall}")


ROUTES: list[BaseRouteHandler] = [listed, ask, begin, show, as_csv, looked, outcome, close]
