"""Behind the customer's link: by which way something goes back, what each costs and what is near; another way for a return that was sent."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, URLEncodedBody

from comptoir.errands.relays import Offered
from comptoir.flows.return_terms import (
    Priced,
    read_ways,
    skus_of,
)
from comptoir.house import House
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, Invalid, NotFound, Refusal, TooMany
from comptoir.kit.ids import new_id
from comptoir.kit.throttle import Limit, take
from comptoir.kit.words import Maybe, Postcode
from comptoir.returns.drafting import (
    ChangeWay,
    Draft,
    DraftLine,
    WayChosen,
)
from comptoir.screens.customer_return import (
    CustomerReturn,
    near_stores,
)
from comptoir.web.guards import by_link
from comptoir.web.pages.customer_link import HEADERS, Answer, customer, not_found
from comptoir.web.pages.page import Page
from comptoir.web.pages.return_steps import (
    ONE,
    STEPS,
    Holder,
    TheHouse,
    ThePage,
    Token,
    address_of,
    at_step,
    holder_of,
    keep,
    sent_of,
)
from comptoir.web.requests import DoorRequest

SEARCHES: Final = Limit("relay-search", 30, timedelta(minutes=10))


class WayForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How it goes back; from where, when the order has no address. `id` and `fee` only where a return comes another way."""

    way: Annotated[str, msgspec.Meta(max_length=8)] = ""
    name: Maybe = ""
    street: Maybe = ""
    postcode: Postcode = ""
    city: Maybe = ""
    id: UUID | None = None


@get(ONE + "/way", opt=by_link())
async def ask_way(request: DoorRequest, house: TheHouse, page: ThePage, token: Token, rma: FromPath[UUID]) -> Answer:
    """To a store, a relay or a carrier's counter: what each costs, and what is near."""
    held, draft = await at_step(request, house, page, token, rma)
    if held is None:
        return not_found(page)
    if draft is None:
        return page.go(address_of(token, rma))
    if any(one.reason is None for one in draft.lines):
        return page.go(f"{address_of(token, rma)}/why")
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
    held, draft = await at_step(request, house, page, token, rma)
    if held is None:
        return not_found(page)
    if draft is None:
        return page.go(address_of(token, rma))
    try:
        await take(house.pool, STEPS, held.order.id.hex, house.clock())
        await keep(house, held, msgspec.structs.replace(draft, way=_way_of(data, held)))
    except (Invalid, Conflict, TooMany) as refusal:
        return await _draft_way_page(house, page, held, token, draft, data, refusal)
    return page.go(f"{address_of(token, rma)}/confirm")


@get(ONE + "/other-way", opt=by_link())
async def ask_other_way(
    request: DoorRequest, house: TheHouse, page: ThePage, token: Token, rma: FromPath[UUID]
) -> Answer:
    """Another way for a return that was sent: where no label could be made, or a store is easier after all."""
    held = await holder_of(request, house, page, token)
    if held is None:
        return not_found(page)
    found = await sent_of(house, held, rma)
    if found is None or not found.may_change:
        return page.go(address_of(token, rma))
    return await _way_page(house, page, held, token, rma, found.lines, found.skus, None, None, sent=found)


@post(ONE + "/other-way", opt=by_link(), status_code=200)
async def other_way(
    request: DoorRequest, house: TheHouse, page: ThePage, token: Token, rma: FromPath[UUID], data: URLEncodedBody[WayForm]
) -> Answer:  # fmt: skip
    """That way instead, never dearer than the first."""
    held = await holder_of(request, house, page, token)
    if held is None:
        return not_found(page)
    found = await sent_of(house, held, rma)
    if found is None:
        return page.go(address_of(token, rma))
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
            return page.go(address_of(token, rma))
        return await _way_page(house, page, held, token, rma, found.lines, found.skus, None, data, refusal, sent=found)
    return page.go(address_of(token, rma))


async def _ways_of(house: House, held: Holder, found: CustomerReturn) -> list[Priced]:
    async with borrowed(house.pool) as connection:
        return await read_ways(connection, held.terms, found.lines, found.skus, house.clock())


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


ROUTES: list[BaseRouteHandler] = [ask_way, way, ask_other_way, other_way]
