"""Behind the customer's link: something goes back. Which articles, why, a picture, by which way, what is given and when; then its own page.

Every step is a page of its own and works with no script. What was chosen is kept as a draft under the id that the return will have.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.handlers import BaseRouteHandler
from litestar.params import Body, FromPath, FromQuery, URLEncodedBody

from comptoir.errands.relays import Offered
from comptoir.flows.return_terms import (
    Given,
    Priced,
    Terms,
    asked_at,
    given_for,
    read_terms,
    read_ways,
    skus_of,
    verdicts_of,
)
from comptoir.house import House
from comptoir.kit.db import Connection, borrowed
from comptoir.kit.errors import Conflict, Invalid, Malformed, NotFound, Refusal, TooMany
from comptoir.kit.ids import new_id
from comptoir.kit.pictures import web_picture
from comptoir.kit.qr import qr_path
from comptoir.kit.throttle import Limit, take
from comptoir.kit.words import Maybe, Postcode
from comptoir.returns.accessories import Accessory, kept_for
from comptoir.returns.credit import SCANNED, credit_code, spaced
from comptoir.returns.drafting import (
    PHOTO_HEAVIEST,
    PHOTO_WIDEST,
    ChangeWay,
    Draft,
    DraftLine,
    KeepDraft,
    KeepPhoto,
    SendBack,
    WayChosen,
    next_step,
    wants_photo,
)
from comptoir.returns.eligibility import Verdict
from comptoir.returns.model import CancelReturn
from comptoir.returns.queries import list_asked
from comptoir.returns.reasons import Reason, is_defect, offered
from comptoir.screens.customer_order import CustomerOrder
from comptoir.screens.customer_return import (
    CustomerReturn,
    Lacking,
    StoreNear,
    find_draft,
    find_label,
    find_return,
    near_stores,
)
from comptoir.web.guards import by_link
from comptoir.web.pages.customer_link import HEADERS, Answer, customer, find_either, not_found
from comptoir.web.pages.page import Page
from comptoir.web.requests import DoorRequest

MINE: Final = "/o/{token:str}/return"
ONE: Final = MINE + "/{rma:uuid}"
MOST_BYTES: Final = 12_000_000
"""Of a picture that is sent: any phone's photo. Up to three times as much is read, to be refused in words."""

STEPS: Final = Limit("return-steps", 120, timedelta(minutes=10))
"""Of one order: somebody changes their mind, and nobody fills the disk."""
PHOTOS: Final = Limit("return-photos", 40, timedelta(hours=1))
SEARCHES: Final = Limit("relay-search", 30, timedelta(minutes=10))

_one_at_a_time: Final = asyncio.Semaphore(1)

TheHouse = NamedDependency[House]
ThePage = NamedDependency[Page]
Token = FromPath[str]
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


class WayForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How it goes back; from where, when the order has no address. `id` and `fee` only where a return comes another way."""

    way: Annotated[str, msgspec.Meta(max_length=8)] = ""
    name: Maybe = ""
    street: Maybe = ""
    postcode: Postcode = ""
    city: Maybe = ""
    id: UUID | None = None


class SendForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Yes. `fee` is what the way costs as it stood on the page, in minor units."""

    fee: Annotated[str, msgspec.Meta(max_length=8, pattern=r"^[0-9]{1,8}\Z")] = "0"


class IdForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: UUID


class Holder(msgspec.Struct, frozen=True):
    """Who holds the link: whoever bought, or (`gift`) whoever got it; and on what terms their order may come back."""

    order: CustomerOrder
    gift: bool
    terms: Terms


async def _holder(request: DoorRequest, house: House, page: Page, token: str) -> Holder | None:
    """None for whatever is no link, and for somebody who collected for another: what they hold is not theirs to return."""
    order, named = await find_either(request, house, token)
    if order is None:
        return None
    async with borrowed(house.pool) as connection:
        terms = await read_terms(connection, order.id, house.clock())
    if named and not terms.gift:
        return None
    page.lang = order.language
    return Holder(order, named, terms)


@get(MINE, opt=by_link())
async def choose(
    request: DoorRequest, house: TheHouse, page: ThePage, token: Token, notice: FromQuery[UUID | None] = None,
    draft: FromQuery[UUID | None] = None,
) -> Answer:  # fmt: skip
    """Which articles. From a notice of withdrawal its units are chosen already; coming back to it, those that were."""
    held = await _holder(request, house, page, token)
    if held is None:
        return not_found(page)
    known = await _draft(house, held, draft) if draft else None
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
    held = await _holder(request, house, page, token)
    if held is None:
        return not_found(page)
    before = await _draft(house, held, data.id)
    notice = before.notice if before else _noticed(held, data.notice)
    asked = [(int(line), int(n)) for line, _, n in (one.partition(":") for one in _list(data.units))]
    try:
        await take(house.pool, STEPS, held.order.id.hex, house.clock())
        lines = [
            DraftLine(line, n, old.reason if before and (old := before.line(line)) else None) for line, n in asked if n > 0
        ]  # fmt: skip
        if not lines:
            raise Invalid("nothing_chosen")
        kept = _command(
            KeepDraft, {"id": new_id(), "draft": data.id, "order": held.order.id, "lines": lines, "notice": notice}
        )
        await house.runner.perform(kept, customer(held.order))
    except (Invalid, Conflict, TooMany) as refusal:
        if refusal.code == "return_sent":
            return page.go(_one(token, data.id))
        return _choose_page(page, held, token, before, notice, refusal)
    return page.go(f"{_one(token, data.id)}/why")


@get(ONE + "/why", opt=by_link())
async def ask_why(request: DoorRequest, house: TheHouse, page: ThePage, token: Token, rma: FromPath[UUID]) -> Answer:
    """Why each goes back. Nobody has to say: one of the reasons is none."""
    held, draft = await _at_step(request, house, page, token, rma)
    if held is None:
        return not_found(page)
    return _why_page(page, held, token, draft) if draft else page.go(_one(token, rma))


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
    held, draft = await _at_step(request, house, page, token, rma)
    if held is None:
        return not_found(page)
    if draft is None:
        return page.go(_one(token, rma))
    said = {int(line): reason for line, _, reason in (one.partition(":") for one in _list(data.why))}
    try:
        await take(house.pool, STEPS, held.order.id.hex, house.clock())
        if any(not said.get(one.line) for one in draft.lines):
            raise Invalid("nothing_chosen")
        lines = [msgspec.structs.replace(one, reason=said[one.line]) for one in draft.lines]
        draft = await _keep(house, held, msgspec.structs.replace(draft, lines=tuple(lines), way=None))
    except (Invalid, Conflict, TooMany) as refusal:
        return _why_page(page, held, token, draft, refusal)
    return page.go(f"{_one(token, rma)}/{next_step(draft, held.terms.reasons)}")


@get(ONE + "/photos", opt=by_link())
async def ask_photos(request: DoorRequest, house: TheHouse, page: ThePage, token: Token, rma: FromPath[UUID]) -> Answer:
    """A picture of what is wrong, for each article of which one is asked. Whoever has none goes on without."""
    held, draft = await _at_step(request, house, page, token, rma)
    if held is None:
        return not_found(page)
    return _photos_page(page, held, token, draft) if draft else page.go(_one(token, rma))


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
    held, draft = await _at_step(request, house, page, token, rma)
    if held is None:
        return not_found(page)
    if draft is None:
        return page.go(_one(token, rma))
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
    return page.go(f"{_one(token, rma)}/photos")


@get(ONE + "/way", opt=by_link())
async def ask_way(request: DoorRequest, house: TheHouse, page: ThePage, token: Token, rma: FromPath[UUID]) -> Answer:
    """To a store, a relay or a carrier's counter: what each costs, and what is near."""
    held, draft = await _at_step(request, house, page, token, rma)
    if held is None:
        return not_found(page)
    if draft is None:
        return page.go(_one(token, rma))
    if any(one.reason is None for one in draft.lines):
        return page.go(f"{_one(token, rma)}/why")
    return await _draft_way_page(house, page, held, token, draft)


async def _draft_way_page(
    house: House, page: Page, held: Holder, token: str, draft: Draft, typed: WayForm | None = None,
    refusal: Refusal | None = None,
) -> Answer:  # fmt: skip
    try:
        skus = skus_of(held.terms, draft.lines)
    except (Conflict, Invalid):
        return page.go(f"/o/{token}/return?draft={draft.id}")
    return await _way_page(house, page, held, token, draft.id, draft.lines, skus, draft.way, typed, refusal)


async def _way_page(
    house: House, page: Page, held: Holder, token: str, rma: UUID, lines: Sequence[DraftLine], skus: Sequence[str], way: WayChosen | None,
    typed: WayForm | None, refusal: Refusal | None = None, sent: CustomerReturn | None = None,
) -> Answer:  # fmt: skip
    now, terms = house.clock(), held.terms
    async with borrowed(house.pool) as connection:
        ways = await read_ways(connection, terms, lines, skus, now)
        stores = await near_stores(connection, held.order.id, terms.country, terms.postcode, now)
    return page.html(
        "customer/return_way.html", status=refusal.status if refusal else 200, headers=HEADERS, order=held.order, token=token, terms=terms,
        rma=rma, ways=ways, stores=stores, relay=await _relay_near(house, held, ways, now), chosen=typed.way if typed else way.method if way else "",
        typed=typed or _typed(way, held), refusal=refusal, gift=held.gift, sent=sent, form_id=new_id(), step=2,
    )  # fmt: skip


async def _relay_near(house: House, held: Holder, ways: list[Priced], now: datetime) -> Offered | None:
    """The nearest relay of the carrier whose label it would be; None when nobody says."""
    way = next((one.label for one in ways if one.method == "relay"), None)
    if way is None or held.terms.postcode is None:
        return None
    try:
        await take(house.pool, SEARCHES, held.order.id.hex, now)
        found = await house.relays.near(held.terms.country, held.terms.postcode, "", 2000, now)
    except TooMany:
        return None
    return next((one for one in found.offered if one.account == way.account), None)


@post(ONE + "/way", opt=by_link(), status_code=200)
async def way(
    request: DoorRequest, house: TheHouse, page: ThePage, token: Token, rma: FromPath[UUID], data: URLEncodedBody[WayForm]
) -> Answer:  # fmt: skip
    """That way."""
    held, draft = await _at_step(request, house, page, token, rma)
    if held is None:
        return not_found(page)
    if draft is None:
        return page.go(_one(token, rma))
    try:
        await take(house.pool, STEPS, held.order.id.hex, house.clock())
        await _keep(house, held, msgspec.structs.replace(draft, way=_way_of(data, held)))
    except (Invalid, Conflict, TooMany) as refusal:
        return await _draft_way_page(house, page, held, token, draft, data, refusal)
    return page.go(f"{_one(token, rma)}/confirm")


@get(ONE + "/confirm", opt=by_link())
async def confirm(request: DoorRequest, house: TheHouse, page: ThePage, token: Token, rma: FromPath[UUID]) -> Answer:
    """What goes back, how, what is given for it and until when; and the button. Nothing has happened yet."""
    held, draft = await _at_step(request, house, page, token, rma)
    if held is None:
        return not_found(page)
    if draft is None:
        return page.go(_one(token, rma))
    return await _confirm_page(house, page, held, token, draft)


async def _confirm_page(
    house: House, page: Page, held: Holder, token: str, draft: Draft, refusal: Refusal | None = None
) -> Answer:
    step = next_step(draft, held.terms.reasons)
    if step != "confirm" or draft.way is None:
        return page.go(f"{_one(token, draft.id)}/{step}")
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
        return page.go(f"{_one(token, draft.id)}/way")
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
    held, draft = await _at_step(request, house, page, token, rma)
    if held is None:
        return not_found(page)
    if draft is None:
        return page.go(_one(token, rma))
    try:
        await take(house.pool, STEPS, held.order.id.hex, house.clock())
        await house.runner.perform(SendBack(rma, held.order.id, int(data.fee), held.gift), customer(held.order))
    except (Invalid, Conflict, TooMany, NotFound) as refusal:
        if await _sent(house, held, rma) is None:
            return await _confirm_page(house, page, held, token, draft, refusal)
    return page.go(_one(token, rma))


@get(ONE, opt=by_link())
async def show(request: DoorRequest, house: TheHouse, page: ThePage, token: Token, rma: FromPath[UUID]) -> Answer:
    """The return: its number and QR, its label, where goods and money are."""
    held = await _holder(request, house, page, token)
    if held is None:
        return not_found(page)
    found = await _sent(house, held, rma)
    if found is None:
        draft = await _draft(house, held, rma)
        return page.go(f"{_one(token, rma)}/{next_step(draft, held.terms.reasons)}" if draft else f"/o/{token}/return")
    return await _sent_page(house, page, held, token, found)


async def _sent_page(
    house: House, page: Page, held: Holder, token: str, found: CustomerReturn, refusal: Refusal | None = None
) -> Answer:
    now = house.clock()
    stores: list[StoreNear] = []
    if found.status == "requested" and (found.method == "store" or (found.label is not None and found.label.stranded)):
        async with borrowed(house.pool) as connection:
            stores = await near_stores(connection, held.order.id, held.terms.country, held.terms.postcode, now)
    side, path = qr_path(found.number)
    verdicts = verdicts_of(held.terms, found.lines, found.noticed_at or found.opened_at)
    by_law = all(one.right == "law" for one in verdicts.values())
    credit = None
    if found.status == "settled" and found.credit_left_minor and not held.gift:
        code = credit_code(house.seal, found.id)
        credit = CreditShown(spaced(code), *qr_path(f"{SCANNED}{code}"))
    return page.html(
        "customer/return_one.html", status=refusal.status if refusal else 200, headers=HEADERS, order=held.order, token=token, one=found,
        gift=held.gift, stores=stores, side=side, path=path, now=now, time_zone=held.order.time_zone, form_id=new_id(), refusal=refusal,
        refund_by=found.refund_by(held.order.time_zone) if by_law else None, by_law=by_law,
        lacking=lacking_of(found, verdicts), credit=credit,
    )  # fmt: skip


async def _along(connection: Connection, held: Holder, given: Given) -> dict[int, list[tuple[Accessory, int]]]:
    """Line -> what belongs to it and is to come back with it, and what is kept otherwise: nothing where the rules do not allow it."""
    articles = held.terms.case.articles
    asked = await list_asked(connection, {articles[line].sku: articles[line].category for line in given.verdicts})
    return {
        line: [(one, one.keep_minor if verdict.incomplete else 0) for one in asked.get(articles[line].sku, ())]
        for line, verdict in given.verdicts.items()
    }


class CreditShown(msgspec.Struct, frozen=True):
    """The code of a credit as people read it, and its QR."""

    code: str
    side: int
    path: str


def lacking_of(found: CustomerReturn, verdicts: Mapping[int, Verdict]) -> list[tuple[Lacking, int]]:
    """What was missing of what came, and what is kept for it: as it was settled, or as it would be, told before anything is."""
    if found.status == "settled":
        return [(one, one.kept_minor) for one in found.lacking]
    return [
        (one, kept_for(one.absent, verdicts[one.line], one.paid_minor) if one.line in verdicts else 0)
        for one in found.lacking
    ]


@get(ONE + "/label", opt=by_link())
async def label(request: DoorRequest, house: TheHouse, page: ThePage, token: Token, rma: FromPath[UUID]) -> Answer:
    """The label as its carrier gave it, now and later."""
    held = await _holder(request, house, page, token)
    if held is None:
        return not_found(page)
    found = await _sent(house, held, rma)
    if found is None:
        return not_found(page)
    async with borrowed(house.pool) as connection:
        file = await find_label(connection, held.order.id, rma)
    if file is None:
        return page.go(_one(token, rma))
    named = {"content-disposition": f'inline; filename="{found.number}.pdf"'}
    return Response(file[0], media_type=file[1], headers=HEADERS | named)


@post(ONE + "/cancel", opt=by_link(), status_code=200)
async def cancel(
    request: DoorRequest, house: TheHouse, page: ThePage, token: Token, rma: FromPath[UUID], data: URLEncodedBody[IdForm]
) -> Answer:  # fmt: skip
    """Nothing comes after all."""
    held = await _holder(request, house, page, token)
    if held is None:
        return not_found(page)
    found = await _sent(house, held, rma)
    if found is None:
        return page.go(f"/o/{token}/return")
    if found.status == "requested" and not found.may_change:
        return await _sent_page(house, page, held, token, found, Conflict("return_on_its_way"))
    try:
        await house.runner.perform(CancelReturn(id=data.id, rma=rma), customer(held.order))
    except Conflict as refusal:
        if refusal.code != "not_now":
            raise
    return page.go(_one(token, rma))


@get(ONE + "/other-way", opt=by_link())
async def ask_other_way(
    request: DoorRequest, house: TheHouse, page: ThePage, token: Token, rma: FromPath[UUID]
) -> Answer:
    """Another way for a return that was sent: where no label could be made, or a store is easier after all."""
    held = await _holder(request, house, page, token)
    if held is None:
        return not_found(page)
    found = await _sent(house, held, rma)
    if found is None or not found.may_change:
        return page.go(_one(token, rma))
    return await _way_page(house, page, held, token, rma, found.lines, found.skus, None, None, sent=found)


@post(ONE + "/other-way", opt=by_link(), status_code=200)
async def other_way(
    request: DoorRequest, house: TheHouse, page: ThePage, token: Token, rma: FromPath[UUID], data: URLEncodedBody[WayForm]
) -> Answer:  # fmt: skip
    """That way instead, never dearer than the first."""
    held = await _holder(request, house, page, token)
    if held is None:
        return not_found(page)
    found = await _sent(house, held, rma)
    if found is None:
        return page.go(_one(token, rma))
    try:
        await take(house.pool, STEPS, held.order.id.hex, house.clock())
        chosen = _way_of(data, held)
        fee = max(
            (one.fee_minor for one in await _ways_of(house, held, found) if one.method == chosen.method), default=0
        )
        change = ChangeWay(data.id or new_id(), held.order.id, rma, chosen, fee)
        await house.runner.perform(change, customer(held.order))
    except (Invalid, Conflict, TooMany, NotFound) as refusal:
        if refusal.code in ("not_now", "return_not_found"):
            return page.go(_one(token, rma))
        return await _way_page(house, page, held, token, rma, found.lines, found.skus, None, data, refusal, sent=found)
    return page.go(_one(token, rma))


# ------------------------------------------------------------ between the steps


async def _at_step(
    request: DoorRequest, house: House, page: Page, token: str, rma: UUID
) -> tuple[Holder | None, Draft | None]:
    """Who asks, and the draft; None for a draft that was sent, or never was: its own address knows where to go on."""
    held = await _holder(request, house, page, token)
    return (held, await _draft(house, held, rma)) if held is not None else (None, None)


async def _draft(house: House, held: Holder, draft: UUID) -> Draft | None:
    async with borrowed(house.pool) as connection:
        return await find_draft(connection, draft, held.order.id)


async def _sent(house: House, held: Holder, rma: UUID) -> CustomerReturn | None:
    """A return of this order; of a gift only for whoever got it, and what the buyer sends only for the buyer."""
    async with borrowed(house.pool) as connection:
        found = await find_return(connection, held.order.id, rma)
    return found if found is not None and found.gift == held.gift else None


async def _ways_of(house: House, held: Holder, found: CustomerReturn) -> list[Priced]:
    async with borrowed(house.pool) as connection:
        return await read_ways(connection, held.terms, found.lines, found.skus, house.clock())


async def _keep(house: House, held: Holder, draft: Draft) -> Draft:
    """Keep the draft as it is now."""
    kept = _command(
        KeepDraft,
        {"id": new_id(), "draft": draft.id, "order": held.order.id, "lines": draft.lines, "notice": draft.notice, "way": draft.way},
    )  # fmt: skip
    await house.runner.perform(kept, customer(held.order))
    return draft


def _command(kind: type[KeepDraft], told: dict[str, Any]) -> KeepDraft:
    """Built from what a form said. Invalid `nothing_chosen` where that is no such thing."""
    try:
        return msgspec.convert(msgspec.to_builtins(told), kind)
    except msgspec.ValidationError:
        raise Invalid("nothing_chosen") from None


def _way_of(data: WayForm, held: Holder) -> WayChosen:
    """Invalid `nothing_chosen`, `sender_missing`."""
    if data.way not in ("store", "relay", "postal"):
        raise Invalid("nothing_chosen")
    if data.way == "store" or held.terms.postcode is not None:
        return WayChosen(data.way)  # type: ignore[arg-type]
    typed = {name: getattr(data, name).strip() for name in ("name", "street", "postcode", "city")}
    if not all(typed.values()):
        raise Invalid("sender_missing")
    try:
        return msgspec.convert({"method": data.way, "sender": typed}, WayChosen)
    except msgspec.ValidationError:
        raise Invalid("sender_missing") from None


def _typed(way: WayChosen | None, held: Holder) -> WayForm:
    """The form as it was last filled in."""
    if way is not None and way.sender is not None:
        sender = way.sender
        return WayForm("", sender.name, sender.street, sender.postcode, sender.city)
    name = "" if held.gift else f"{held.order.first_name} {held.order.last_name}".strip()
    return WayForm("", name)


def _list(said: list[str] | str) -> list[str]:
    return [said] if isinstance(said, str) else said


def _one(token: str, rma: UUID) -> str:
    return f"/o/{token}/return/{rma}"


ROUTES: list[BaseRouteHandler] = [
    choose, chosen, ask_why, why, ask_photos, photo, ask_way, way, confirm, send, show, label, cancel, ask_other_way, other_way,
]  # fmt: skip
