"""The customer's page behind `/o/<26 characters>`: no account, no script; the link is the key and is never logged."""

import contextlib
import re
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, URLEncodedBody

from comptoir.flows.cancel_by_customer import CancelByCustomer
from comptoir.fulfillment.arriving import Arrive, Spot
from comptoir.fulfillment.passes import PREFIX, pass_letters, pass_token
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, Invalid, NotFound, Refusal, TooMany
from comptoir.kit.ids import digest, new_id
from comptoir.kit.qr import qr_path
from comptoir.kit.throttle import Limit, take
from comptoir.kit.words import Slug
from comptoir.notifications import sending_sql
from comptoir.screens.customer_order import CustomerOrder, find_customer_order
from comptoir.screens.customer_part import Part
from comptoir.web import limits
from comptoir.web.guards import by_link
from comptoir.web.pages.page import Page
from comptoir.web.requests import DoorRequest

TOKEN: Final = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
CONTACT: Final = Limit("customer-contact", 6, limits.LINK.window)
"""Tries to name the order's e-mail or phone, per order."""

HEADERS: Final = {"x-robots-tag": "noindex, nofollow", "cache-control": "no-store", "referrer-policy": "no-referrer"}
WAITING: Final = ("here", "early", "coming")
Answer = Response[Any]


class HereForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """ "I am here". The id was made with the page, so that Back and sending again change nothing."""

    id: UUID
    location: Slug
    place: Spot = ""


class CancelForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cancel all of it; `contact` is the e-mail or phone of the order."""

    id: UUID
    contact: Annotated[str, msgspec.Meta(max_length=254)] = ""


class PassView(msgspec.Struct, frozen=True):
    """A pass to be drawn: the part it opens, the QR's side and path, two times three letters."""

    part: Part
    side: int
    path: str
    letters: tuple[str, str]


@get("/o/{token:str}", opt=by_link())
async def show(
    request: DoorRequest, house: NamedDependency[House], page: NamedDependency[Page], token: FromPath[str]
) -> Answer:
    """The order as it is now."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    # A messenger that draws a preview of the link is no reader: only a browser that goes there says so.
    if request.headers.get("sec-fetch-mode") == "navigate" and request.headers.get("sec-fetch-dest") == "document":
        await sending_sql.opened_by_customer(house.pool, order.id, house.clock())
    return status_page(house, page, order, token)


@post("/o/{token:str}/here", opt=by_link(), status_code=200)
async def here(
    request: DoorRequest, house: NamedDependency[House], page: NamedDependency[Page], token: FromPath[str],
    data: URLEncodedBody[HereForm],
) -> Answer:  # fmt: skip
    """The customer is at the store; saying it again changes nothing but the spot."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    # Collected or canceled meanwhile, or the form of an earlier visit: the page itself says how things are.
    with contextlib.suppress(Conflict):
        await house.runner.perform(Arrive(data.id, order.id, data.location, data.place.strip()), customer(order))
    return page.go(f"/o/{token}")


@get("/o/{token:str}/cancel", opt=by_link())
async def ask_to_cancel(
    request: DoorRequest, house: NamedDependency[House], page: NamedDependency[Page], token: FromPath[str]
) -> Answer:
    """What canceling means, before it is done."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    return cancel_page(page, order, token) if order.cancelable else page.go(f"/o/{token}")


@post("/o/{token:str}/cancel", opt=by_link(), status_code=200)
async def cancel(
    request: DoorRequest, house: NamedDependency[House], page: NamedDependency[Page], token: FromPath[str],
    data: URLEncodedBody[CancelForm],
) -> Answer:  # fmt: skip
    """Cancel the whole order, once its e-mail or phone was named."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    try:
        await take(house.pool, CONTACT, order.id.hex, house.clock())
        await house.runner.perform(CancelByCustomer(data.id, order.id, data.contact), customer(order))
    except (Invalid, TooMany) as refusal:
        return cancel_page(page, order, token, refusal, data.contact)
    except Conflict:
        pass
    return page.go(f"/o/{token}")


async def find(request: DoorRequest, house: House, token: str) -> CustomerOrder | None:
    """The order of a link; None for whatever is no link. TooMany when an address tries many."""
    if not TOKEN.fullmatch(token):
        await limits.count_address(request, limits.LINK)
        return None
    async with borrowed(house.pool) as connection:
        order = await find_customer_order(connection, digest(token), house.clock())
    if order is None:
        # Only misses count: a page that refreshes itself, or a family behind one address, must never be shut out.
        await limits.count_address(request, limits.LINK)
    return order


def customer(order: CustomerOrder) -> Actor:
    """Whoever holds the link, for this one order: its flows compare `who`."""
    return Actor(who=f"customer:{order.id}", role="customer", locations=None, via="link", language=order.language)


def status_page(house: House, page: Page, order: CustomerOrder, token: str) -> Answer:
    page.lang = order.language
    now = house.clock()
    passes = []
    shown = set()
    for part in order.parts:
        if part.shows_pass and part.pass_generation is not None and part.store.id not in shown:
            shown.add(part.store.id)
            side, path = qr_path(PREFIX + pass_token(house.seal, order.id, part.store.id, part.pass_generation))
            letters = pass_letters(house.seal, order.id, part.store.id, part.pass_generation)
            passes.append(PassView(part, side, path, (letters[:3], letters[3:])))
    main = order.main
    return page.html(
        "customer/order.html", headers=HEADERS, order=order, main=main, passes=passes,
        now=now, token=token, form_id=new_id(),
        time_zone=main.store.time_zone if main else "Europe/Paris", waiting=order.state in WAITING,
        push_key=house.push.vapid.public_key if main and main.waits and not order.holds else "",
    )  # fmt: skip


def cancel_page(
    page: Page, order: CustomerOrder, token: str, refusal: Refusal | None = None, typed: str = ""
) -> Answer:
    page.lang = order.language
    return page.html(
        "customer/cancel.html", status=refusal.status if refusal else 200, headers=HEADERS,
        order=order, token=token, form_id=new_id(), refusal=refusal, typed=typed,
    )  # fmt: skip


def not_found(page: Page) -> Answer:
    """An unknown link, a revoked one and nonsense look the same."""
    return page.html("customer/not_found.html", status=NotFound.status, headers=HEADERS)


ROUTES: list[BaseRouteHandler] = [show, here, ask_to_cancel, cancel]
