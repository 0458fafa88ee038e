"""Who holds a customer's link: whoever bought, or whoever was named to collect. Shared by the pages behind it."""

import re
from typing import Any, Final

import msgspec
from litestar import Response

from comptoir.fulfillment.passes import PREFIX, pass_letters, pass_token
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound
from comptoir.kit.ids import digest
from comptoir.kit.qr import qr_path
from comptoir.screens.customer_order import CustomerOrder, find_customer_order
from comptoir.screens.customer_part import Part
from comptoir.web import limits
from comptoir.web.pages.page import Page
from comptoir.web.requests import DoorRequest

TOKEN: Final = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
HEADERS: Final = {"x-robots-tag": "noindex, nofollow", "cache-control": "no-store", "referrer-policy": "no-referrer"}
Answer = Response[Any]


class PassView(msgspec.Struct, frozen=True):
    """A pass to be drawn: the part it opens, the QR's side and path, two times three letters."""

    part: Part
    side: int
    path: str
    letters: tuple[str, str]


async def find(request: DoorRequest, house: House, token: str) -> CustomerOrder | None:
    """The order of a link; None for whatever is no link. TooMany when an address tries many."""
    order, _ = await find_either(request, house, token, collectors=False)
    return order


async def find_either(
    request: DoorRequest, house: House, token: str, *, collectors: bool = True
) -> tuple[CustomerOrder | None, bool]:
    """The order of a link, and whether it is the link of somebody named to collect it."""
    order, named = None, False
    if TOKEN.fullmatch(token):
        async with borrowed(house.pool) as connection:
            order = await find_customer_order(connection, digest(token), house.clock())
            if order is None and collectors:
                order = await find_customer_order(connection, digest(token), house.clock(), collector=True)
                named = order is not None
    if order is None:
        # Only misses count: a page that refreshes itself, or a family behind one address, must never be shut out.
        await limits.count_address(request, limits.LINK)
    return order, named


def customer(order: CustomerOrder) -> Actor:
    """Whoever holds the link, for this one order: its flows compare `who`."""
    return Actor(who=f"customer:{order.id}", role="customer", locations=None, via="link", language=order.language)


def passes_of(house: House, order: CustomerOrder) -> list[PassView]:
    """The passes that open something now, one for each store."""
    views: list[PassView] = []
    shown = set()
    for part in order.parts:
        if part.shows_pass and part.pass_generation is not None and part.store.id not in shown:
            shown.add(part.store.id)
            side, path = qr_path(PREFIX + pass_token(house.seal, order.id, part.store.id, part.pass_generation))
            letters = pass_letters(house.seal, order.id, part.store.id, part.pass_generation)
            views.append(PassView(part, side, path, (letters[:3], letters[3:])))
    return views


def with_pass(passes: list[PassView]) -> dict[str, str]:
    """Headers of a page. Where it shows a pass, the browser's own worker keeps it for the counter with no network."""
    return HEADERS | {"x-pass": "shown"} if passes else HEADERS


def not_found(page: Page) -> Answer:
    """An unknown link, a revoked one and nonsense look the same."""
    return page.html("customer/not_found.html", status=NotFound.status, headers=HEADERS)
