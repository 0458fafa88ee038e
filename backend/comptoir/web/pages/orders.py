"""Orders as the people behind them look after them: the list, one order whole, and what canceling it would do."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery

from comptoir.fulfillment import allowed, passes
from comptoir.fulfillment.lifecycles import Status
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx, borrowed
from comptoir.kit.errors import Malformed, Refusal, TooMany
from comptoir.kit.ids import new_id
from comptoir.kit.reason_rows import list_reasons
from comptoir.kit.reasons import ReasonCode
from comptoir.kit.rehearsal import rehearse
from comptoir.kit.words import Slug
from comptoir.network import queries as network
from comptoir.orders.cancel_reasons import CANCEL
from comptoir.orders.capture import POSTCODES
from comptoir.orders.model import Address, CancelOrder, LineQuantity
from comptoir.screens import (
    article_search,
    order_desk,
    order_messages,
    order_parcels,
    order_search,
    order_story,
    order_why,
    other_stores,
)
from comptoir.screens import order as order_screen
from comptoir.screens.order import OrderView
from comptoir.screens.order_parcels import ParcelView
from comptoir.screens.order_search import Filter
from comptoir.shipping.links import carrier_name, tracking_link
from comptoir.web import limits
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.page import Page
from comptoir.web.pages.return_facts import returnable
from comptoir.web.requests import DoorRequest

Answer = Response[Any]
Words = FromQuery[Annotated[str, msgspec.Meta(max_length=80)]]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Now = NamedDependency[datetime]
AT_ONCE: Final = 50
LETTERS: Final = 6
MOST_STORES: Final = 20


@get("/manager/orders", opt=by(*MANAGERS))
async def list_orders(
    request: DoorRequest, house: TheHouse, actor: TheActor, page: ThePage, now: Now, which: FromQuery[Filter] = "all", q: Words = "",
    after: FromQuery[str | None] = None, store: FromQuery[Slug | None] = None,
) -> Answer:  # fmt: skip
    """The newest orders; `which` is what they wait for, `q` whatever somebody has of one, `after` where the last page ended; all of one `store`.

    NotFound `location_not_found` for a store of others.
    """
    actor = actor.at(store)
    asked_for = await with_pass(order_search.understood(q), request, house, actor)
    async with borrowed(house.pool) as connection:
        rows = await order_search.read(connection, actor, which, asked_for, place_after(after), AT_ONCE + 1)
        name = await network.find_name(connection, store) if store else ""
    asked = {"which": which} | ({"q": q} if q else {}) | ({"store": store} if store else {})
    more = len(rows) > AT_ONCE
    rows = rows[:AT_ONCE]
    next_page = "/manager/orders?" + urlencode(asked | {"after": rows[-1].place}) if more else None
    headers = {"link": f'<{next_page}>; rel="next"'} if next_page else {}
    return page.html(
        "manager/orders.html", headers=headers, rows=rows, which=which, q=q, filters=order_search.FILTERS, now=now,
        next_page=next_page, later=after is not None, store=store, store_name=name,
    )  # fmt: skip


async def with_pass(words: order_search.Words, request: DoorRequest, house: House, actor: Actor) -> order_search.Words:
    """The pass that the words may be, as the database keeps it. Letters are the store's own: its manager alone finds by them.

    Whoever tried too many letters finds by everything else.
    """
    whole = "".join(words.plain.split()).upper()
    if whole.startswith(passes.PREFIX):
        return msgspec.structs.replace(words, qr_hash=passes.qr_hash(whole))
    letters = whole.replace("-", "")
    if actor.role != "store_manager" or not actor.locations or len(letters) != LETTERS or not letters.isalpha():
        return words
    try:
        await limits.count(request, limits.LETTERS, str(actor.who))
    except TooMany:
        return words
    return msgspec.structs.replace(
        words,
        letters=[(place, passes.letters_hash(house.seal, place, letters)) for place in actor.locations[:MOST_STORES]],
    )


def place_after(text: str | None) -> tuple[datetime, UUID] | None:
    """Where the last page ended, as our own link wrote it. Malformed `bad_cursor` otherwise."""
    if not text:
        return None
    at, _, order = text.partition("_")
    try:
        when = datetime.fromisoformat(at)
        if when.tzinfo is None:
            raise ValueError(at)
        return when, UUID(order)
    except (ValueError, OverflowError):
        raise Malformed("bad_cursor") from None


@get("/manager/orders/{order:uuid}", opt=by(*MANAGERS))
async def show(
    order: FromPath[UUID], house: TheHouse, actor: TheActor, page: ThePage, now: Now,
    story: FromQuery[Literal["newest", "oldest"]] = "newest", every: FromQuery[bool] = False,
) -> Answer:  # fmt: skip
    """One order, whole; its story newest or oldest first, shortened unless `every` fact is asked for. NotFound when it is not the actor's."""
    return await order_page(order, house, actor, page, now, story=story, every=every)


async def order_page(
    order: UUID, house: House, actor: Actor, page: Page, now: datetime, refusal: Refusal | None = None, *,
    typed: Address | None = None, story: Literal["newest", "oldest"] = "newest", every: bool = False,
) -> Answer:  # fmt: skip
    """The order's page; a refusal of what was just tried stands on top of it, with the address that was `typed`."""
    async with borrowed(house.pool) as connection:
        view = await order_screen.read(connection, order, actor)
        desk = await order_desk.read(connection, order, actor)
        may_move = actor.role in ("regional_manager", "head_office")
        messages = await order_messages.read(connection, order, actor)
        moves = await other_stores.read(connection, order, actor.locations, now) if may_move else {}
        whys = await order_why.read(connection, order, actor, page.lang)
        parcels = await order_parcels.read(connection, order, actor)
        told = await order_story.read(connection, order, actor, newest=story == "newest", every=every)
        reason_words = {one.code: one.says(page.lang) for one in await list_reasons(connection, CANCEL)}
    returning = await returnable(house, view, now, page.lang)
    return page.html(
        "manager/order.html", returning=returning, status=refusal.status if refusal else 200, view=view, desk=desk, reason_words=reason_words, now=now, refusal=refusal, ids=NewIds(),
        acts=acts_on(view, parcels, actor), moves=moves, messages=messages, parcels=parcels, story=told, newest=story == "newest", every=every,
        typed=typed, whys=whys, countries=tuple(POSTCODES), tracking_link=tracking_link, carrier_name=carrier_name,
    )  # fmt: skip


class Acts(msgspec.Struct, frozen=True):
    """What this person may do to this order now, as the lifecycles' tables say it: no button that would be refused."""

    cancel: bool
    hold: bool
    address: bool


def acts_on(view: OrderView, parcels: list[ParcelView], actor: Actor) -> Acts:
    """Without work, an order is head office's to cancel. A label settles the address, also one that is only asked for."""
    works = [(work.kind, Status(work.status)) for work in view.works]
    sends = any(line.method == "ship" and line.canceled < line.quantity for line in view.lines)
    over = view.progress in ("canceled", "fulfilled", "closed")
    return Acts(
        cancel=not over and something_left(view) and (actor.locations is None or any(actor.reaches(work.location) for work in view.works)),
        hold=not over and not view.held and allowed.may_wait(works),
        address=not over and sends and allowed.may_redirect(works) and not any(parcel.labeled for parcel in parcels),
    )  # fmt: skip


def something_left(view: OrderView) -> bool:
    """Is there a unit that can still be canceled: held, without a place, or in work that has not left?"""
    if view.held or any(line.unsourced for line in view.lines):
        return True
    return any(
        allowed.may_cancel((work.kind, Status(work.status))) and any(unit.reserved + unit.picked + unit.staged for unit in work.lines)
        for work in view.works
    )  # fmt: skip


class NewIds:
    """A fresh id for each form of a page: sending a form twice changes nothing twice."""

    @property
    def next(self) -> UUID:
        return new_id()


@get("/manager/orders/{order:uuid}/cancel", opt=by(*MANAGERS))
async def cancel_preview(
    order: FromPath[UUID], house: TheHouse, actor: TheActor, page: ThePage, now: Now,
    line: FromQuery[list[int] | None] = None, units: FromQuery[list[int] | None] = None,
    reason: FromQuery[ReasonCode | None] = None,
) -> Answer:  # fmt: skip
    """Which units, and why; with a reason, what it would do: the true flow on the true figures, rolled back."""
    async with borrowed(house.pool) as connection:
        view = await order_screen.read(connection, order, actor)
        reasons = [one for one in await list_reasons(connection, CANCEL) if one.used]
    chosen = dict(zip(line or (), units or (), strict=False))
    lines = wanted(view, chosen)
    effect: Effect | None = None
    refusal = None
    if reason is not None and any(chosen.values()):
        try:
            effect = await effect_of(house, actor, CancelOrder(new_id(), order, reason, lines))
        except Refusal as refused:
            refusal = refused
    return page.html(
        "manager/cancel.html", status=refusal.status if refusal else 200, view=view, chosen=chosen, reason=reason,
        reasons=reasons, effect=effect, refusal=refusal, id=new_id(), lines=spelled(lines), now=now,
        nothing_chosen=reason is not None and not any(chosen.values()),
    )  # fmt: skip


def wanted(view: OrderView, chosen: dict[int, int]) -> tuple[LineQuantity, ...]:
    """The chosen units by line; none at all when everything that is left was chosen, which cancels the order whole."""
    left = {line.line: line.quantity - line.canceled for line in view.lines}
    lines = tuple(LineQuantity(at, min(n, left[at])) for at, n in chosen.items() if at in left and min(n, left[at]) > 0)
    whole = sum(line.quantity for line in lines) == sum(left.values())
    return () if whole else lines


def spelled(lines: tuple[LineQuantity, ...]) -> str:
    """Lines as a form carries them: "1:2,3:1"."""
    return ",".join(f"{line.line}:{line.quantity}" for line in lines)


class Money(msgspec.Struct, frozen=True):
    """What is to be moved, and who moves it."""

    kind: str
    amount_minor: int
    made_by: str


class Effect(msgspec.Struct, frozen=True):
    """What canceling would do: units canceled, units that hands must put back, money to be moved."""

    units: int
    to_put_back: int
    money: list[Money]


async def effect_of(house: House, actor: Actor, command: CancelOrder) -> Effect:
    """Play the cancellation and look at it. The flow's refusals pass."""

    async def look(tx: Tx) -> tuple[int, list[Money]]:
        back, money = await order_desk.consequences(tx.connection, command.order, command.id, tx.now, actor)
        return back, [Money(*moved) for moved in money]

    done, (to_put_back, money) = await rehearse(house.runner, command, actor, look)
    return Effect(done.read(dict[str, Any])["units"], to_put_back, money)


@get("/manager/orders/{order:uuid}/lines/{line:int}/article", opt=by(*MANAGERS))
async def choose_article(
    order: FromPath[UUID], line: FromPath[int], house: TheHouse, actor: TheActor, page: ThePage, q: Words = ""
) -> Answer:
    """Which article is a shop's unknown line? Search by name, barcode or SKU."""
    async with borrowed(house.pool) as connection:
        view = await order_screen.read(connection, order, actor)
        words = q or " ".join(next((at.title for at in view.lines if at.line == line), "").split()[:3])
        found = await article_search.read(connection, words, 20)
    asked = next((at for at in view.lines if at.line == line), None)
    return page.html("manager/article.html", view=view, line=asked, found=found, q=words, ids=NewIds(), number=line)


@get("/manager/orders/{order:uuid}/parcels/{parcel:uuid}/paper", opt=by(*MANAGERS))
async def label_again(order: FromPath[UUID], parcel: FromPath[UUID], house: TheHouse, actor: TheActor) -> Answer:
    """The label as the carrier gave it, the same bytes every time: a PDF opens in the browser, which can print it."""
    async with borrowed(house.pool) as connection:
        content, media_type, number = await order_parcels.label(connection, order, parcel, actor)
    pdf = media_type == "application/pdf"
    headers = {
        "content-disposition": f'{"inline" if pdf else "attachment"}; filename="parcel-{number}.{"pdf" if pdf else "zpl"}"',
        "cache-control": "private, no-store",
    }
    return Response(content, media_type=media_type, headers=headers)


ROUTES: list[BaseRouteHandler] = [list_orders, show, cancel_preview, choose_article, label_again]
