"""Behind the customer's link: something goes back. Which articles, why, a picture; then, by the way that was chosen, what is given and when.

Every step is a page of its own and works with no script. What was chosen is kept as a draft under the id that the return will have.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.handlers import BaseRouteHandler
from litestar.params import Body, FromPath, FromQuery, URLEncodedBody

from comptoir.flows.return_terms import (
    Given,
    asked_at,
    given_for,
    read_ways,
    skus_of,
)
from comptoir.house import House
from comptoir.kit.db import Connection, borrowed
from comptoir.kit.errors import Conflict, Invalid, Malformed, NotFound, Refusal, TooMany
from comptoir.kit.ids import new_id
from comptoir.kit.pictures import web_picture
from comptoir.kit.throttle import Limit, take
from comptoir.returns.accessories import Accessory
from comptoir.returns.drafting import (
    PHOTO_HEAVIEST,
    PHOTO_WIDEST,
    Draft,
    DraftLine,
    KeepDraft,
    KeepPhoto,
    SendBack,
    next_step,
    wants_photo,
)
from comptoir.returns.queries import list_asked
from comptoir.returns.reasons import Reason, is_defect, offered
from comptoir.screens.customer_return import (
    near_stores,
)
from comptoir.web.guards import by_link
from comptoir.web.pages.customer_link import HEADERS, Answer, customer, not_found
from comptoir.web.pages.page import Page
from comptoir.web.pages.return_steps import (
    MINE,
    ONE,
    STEPS,
    Holder,
    TheHouse,
    ThePage,
    Token,
    address_of,
    at_step,
    command_of,
    draft_of,
    holder_of,
    keep,
    sent_of,
)
from comptoir.web.requests import DoorRequest

MOST_BYTES: Final = 12_000_000
"""Of a picture that is sent: any phone's photo. Up to three times as much is read, to be refused in words."""

PHOTOS: Final = Limit("return-photos", 40, timedelta(hours=1))

_one_at_a_time: Final = asyncio.Semaphore(1)

LineUnits = Annotated[str, msgspec.Meta(max_length=12, pattern=r"^[0-9]{1,5}:[0-9]{1,5}\Z")]
LineWhy = Annotated[str, msgspec.Meta(max_length=48, pattern=r"^[0-9]{1,5}:[a-z0-9_]{0,40}\Z")]


class ChooseForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of lines as "line:units". The id was made with the page: Back and sending again change the same draft."""

    id: UUID
    notice: UUID | None = None
    units: Annotated[list[LineUnits], msgspec.Meta(max_length=200)] | LineUnits = []


class WhyForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Reasons of lines as "line:reason"."""

    why: Annotated[list[LineWhy], msgspec.Meta(max_length=200)] | LineWhy = []


class SendForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Yes. `fee` is what the way costs as it stood on the page, in minor units."""

    fee: Annotated[str, msgspec.Meta(max_length=8, pattern=r"^[0-9]{1,8}\Z")] = "0"


@get(MINE, opt=by_link())
async def choose(
    request: DoorRequest, house: TheHouse, page: ThePage, token: Token, notice: FromQuery[UUID | None] = None,
    draft: FromQuery[UUID | None] = None,
) -> Answer:  # fmt: skip
    """Which articles. From a notice of withdrawal its units are chosen already; coming back to it, those that were."""
    held = await holder_of(request, house, page, token)
    if held is None:
        return not_found(page)
    known = await draft_of(house, held, draft) if draft else None
    return _choose_page(page, held, token, known, None if known else _noticed(held, notice))


def _noticed(held: Holder, notice: UUID | None) -> UUID | None:
    """The notice that was named, if it is this order's and whoever asks gave it."""
    return None if held.gift else next((one.id for one in held.order.notices if one.id == notice), None)


def _choose_page(
    page: Page, held: Holder, token: str, known: Draft | None, notice: UUID | None, refusal: Refusal | None = None
) -> Answer:
    asked = {one.line: one.quantity for one in known.lines} if known else {}
    if not asked and notice is not None:
        said = next((one for one in held.order.notices if one.id == notice), None)
        asked = {one.line: one.quantity for one in said.lines} if said else {}
    return page.html(
        "customer/return.html", status=refusal.status if refusal else 200, headers=HEADERS, order=held.order, token=token, terms=held.terms,
        gift=held.gift, asked=asked, notice=(known.notice if known else notice) or "", draft=known.id if known else new_id(), refusal=refusal,
    )  # fmt: skip


@post(MINE, opt=by_link(), status_code=200)
async def chosen(
    request: DoorRequest, house: TheHouse, page: ThePage, token: Token, data: URLEncodedBody[ChooseForm]
) -> Answer:
    """These. Reasons and way that were said before stay, as far as they still fit."""
    held = await holder_of(request, house, page, token)
    if held is None:
        return not_found(page)
    before = await draft_of(house, held, data.id)
    notice = before.notice if before else _noticed(held, data.notice)
    asked = [(int(line), int(n)) for line, _, n in (one.partition(":") for one in _list(data.units))]
    try:
        await take(house.pool, STEPS, held.order.id.hex, house.clock())
        lines = [
            DraftLine(line, n, old.reason if before and (old := before.line(line)) else None) for line, n in asked if n > 0
        ]  # fmt: skip
        if not lines:
            raise Invalid("nothing_chosen")
        kept = command_of(
            KeepDraft, {"id": new_id(), "draft": data.id, "order": held.order.id, "lines": lines, "notice": notice}
        )
        await house.runner.perform(kept, customer(held.order))
    except (Invalid, Conflict, TooMany) as refusal:
        if refusal.code == "return_sent":
            return page.go(address_of(token, data.id))
        return _choose_page(page, held, token, before, notice, refusal)
    return page.go(f"{address_of(token, data.id)}/why")


@get(ONE + "/why", opt=by_link())
async def ask_why(request: DoorRequest, house: TheHouse, page: ThePage, token: Token, rma: FromPath[UUID]) -> Answer:
    """Why each goes back. Nobody has to say: one of the reasons is none."""
    held, draft = await at_step(request, house, page, token, rma)
    if held is None:
        return not_found(page)
    return _why_page(page, held, token, draft) if draft else page.go(address_of(token, rma))


def _why_page(page: Page, held: Holder, token: str, draft: Draft, refusal: Refusal | None = None) -> Answer:
    every = offered(held.terms.reasons, to_customer=True)
    offers: dict[int, tuple[Reason, ...]] = {}
    for one in draft.lines:
        line = held.terms.line(one.line)
        wrong = line is not None and line.only_faulty
        offers[one.line] = tuple(reason for reason in every if not wrong or is_defect(reason))
    return page.html(
        "customer/return_why.html", status=refusal.status if refusal else 200, headers=HEADERS, order=held.order, token=token,
        terms=held.terms, draft=draft, offers=offers, refusal=refusal, step=1,
    )  # fmt: skip


@post(ONE + "/why", opt=by_link(), status_code=200)
async def why(
    request: DoorRequest, house: TheHouse, page: ThePage, token: Token, rma: FromPath[UUID], data: URLEncodedBody[WhyForm]
) -> Answer:  # fmt: skip
    """For these reasons."""
    held, draft = await at_step(request, house, page, token, rma)
    if held is None:
        return not_found(page)
    if draft is None:
        return page.go(address_of(token, rma))
    said = {int(line): reason for line, _, reason in (one.partition(":") for one in _list(data.why))}
    try:
        await take(house.pool, STEPS, held.order.id.hex, house.clock())
        if any(not said.get(one.line) for one in draft.lines):
            raise Invalid("nothing_chosen")
        lines = [msgspec.structs.replace(one, reason=said[one.line]) for one in draft.lines]
        draft = await keep(house, held, msgspec.structs.replace(draft, lines=tuple(lines), way=None))
    except (Invalid, Conflict, TooMany) as refusal:
        return _why_page(page, held, token, draft, refusal)
    return page.go(f"{address_of(token, rma)}/{next_step(draft, held.terms.reasons)}")


@get(ONE + "/photos", opt=by_link())
async def ask_photos(request: DoorRequest, house: TheHouse, page: ThePage, token: Token, rma: FromPath[UUID]) -> Answer:
    """A picture of what is wrong, for each article of which one is asked. Whoever has none goes on without."""
    held, draft = await at_step(request, house, page, token, rma)
    if held is None:
        return not_found(page)
    return _photos_page(page, held, token, draft) if draft else page.go(address_of(token, rma))


def _photos_page(page: Page, held: Holder, token: str, draft: Draft, refusal: Refusal | None = None) -> Answer:
    return page.html(
        "customer/return_photos.html", status=refusal.status if refusal else 200, headers=HEADERS, order=held.order, token=token,
        terms=held.terms, draft=draft, wanted=wants_photo(draft, held.terms.reasons), refusal=refusal, step=1,
    )  # fmt: skip


@post(ONE + "/photos/{line:int}", opt=by_link(), status_code=200, request_max_body_size=3 * MOST_BYTES)
async def photo(
    request: DoorRequest, house: TheHouse, page: ThePage, token: Token, rma: FromPath[UUID], line: FromPath[int],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Answer:  # fmt: skip
    """One picture, drawn anew and small; another one takes its place."""
    held, draft = await at_step(request, house, page, token, rma)
    if held is None:
        return not_found(page)
    if draft is None:
        return page.go(address_of(token, rma))
    file = data.get("file") or None
    if file is not None and not isinstance(file, UploadFile):
        raise Malformed("malformed", where="$.file")
    try:
        await take(house.pool, PHOTOS, held.order.id.hex, house.clock())
        sent = await file.read() if file is not None else b""
        if not sent:
            raise Invalid("not_a_picture")
        if len(sent) > MOST_BYTES:
            raise Invalid("picture_too_heavy")
        async with _one_at_a_time:
            made = await asyncio.to_thread(web_picture, sent, PHOTO_WIDEST, PHOTO_HEAVIEST)
        command = KeepPhoto(new_id(), rma, held.order.id, line, made.bytes, made.width, made.height)
        await house.runner.perform(command, customer(held.order))
    except (Invalid, Conflict, TooMany, NotFound) as refusal:
        return _photos_page(page, held, token, draft, refusal)
    return page.go(f"{address_of(token, rma)}/photos")


@get(ONE + "/confirm", opt=by_link())
async def confirm(request: DoorRequest, house: TheHouse, page: ThePage, token: Token, rma: FromPath[UUID]) -> Answer:
    """What goes back, how, what is given for it and until when; and the button. Nothing has happened yet."""
    held, draft = await at_step(request, house, page, token, rma)
    if held is None:
        return not_found(page)
    if draft is None:
        return page.go(address_of(token, rma))
    return await _confirm_page(house, page, held, token, draft)


async def _confirm_page(
    house: House, page: Page, held: Holder, token: str, draft: Draft, refusal: Refusal | None = None
) -> Answer:
    step = next_step(draft, held.terms.reasons)
    if step != "confirm" or draft.way is None:
        return page.go(f"{address_of(token, draft.id)}/{step}")
    now = house.clock()
    async with borrowed(house.pool) as connection:
        at = asked_at(held.terms, draft.notice, now)
        try:
            given, skus = given_for(held.terms, draft.lines, at), skus_of(held.terms, draft.lines)
        except (Conflict, Invalid):
            # Gone meanwhile, in another return or over its time: the first step says what is left.
            return page.go(f"/o/{token}/return?draft={draft.id}")
        ways = await read_ways(connection, held.terms, draft.lines, skus, now)
        stores = await near_stores(connection, held.order.id, held.terms.country, held.terms.postcode, now)
        along = await _along(connection, held, given)
    priced = next((one for one in ways if one.method == draft.way.method), None)
    if priced is None:
        return page.go(f"{address_of(token, draft.id)}/way")
    words = {one.code: one.says(page.lang) for one in held.terms.reasons}
    return page.html(
        "customer/return_confirm.html", status=refusal.status if refusal else 200, headers=HEADERS, order=held.order, token=token,
        terms=held.terms, draft=draft, priced=priced, given=given, latest=_latest(given, at), words=words, stores=stores[:1], refusal=refusal,
        gift=held.gift, time_zone=held.order.time_zone, step=3, along=along,
    )  # fmt: skip


def _latest(given: Given, at: datetime) -> datetime:
    return at + timedelta(days=given.latest_days)


@post(ONE + "/confirm", opt=by_link(), status_code=200)
async def send(
    request: DoorRequest, house: TheHouse, page: ThePage, token: Token, rma: FromPath[UUID], data: URLEncodedBody[SendForm]
) -> Answer:  # fmt: skip
    """Sent; doing so again leads to the same return."""
    held, draft = await at_step(request, house, page, token, rma)
    if held is None:
        return not_found(page)
    if draft is None:
        return page.go(address_of(token, rma))
    try:
        await take(house.pool, STEPS, held.order.id.hex, house.clock())
        await house.runner.perform(SendBack(rma, held.order.id, int(data.fee), held.gift), customer(held.order))
    except (Invalid, Conflict, TooMany, NotFound) as refusal:
        if await sent_of(house, held, rma) is None:
            return await _confirm_page(house, page, held, token, draft, refusal)
    return page.go(address_of(token, rma))


async def _along(connection: Connection, held: Holder, given: Given) -> dict[int, list[tuple[Accessory, int]]]:
    """Line -> what belongs to it and is to come back with it, and what is kept otherwise: nothing where the rules do not allow it."""
    articles = held.terms.case.articles
    asked = await list_asked(connection, {articles[line].sku: articles[line].category for line in given.verdicts})
    return {
        line: [(one, one.keep_minor if verdict.incomplete else 0) for one in asked.get(articles[line].sku, ())]
        for line, verdict in given.verdicts.items()
    }


def _list(said: list[str] | str) -> list[str]:
    return [said] if isinstance(said, str) else said


ROUTES: list[BaseRouteHandler] = [choose, chosen, ask_why, why, ask_photos, photo, confirm, send]
