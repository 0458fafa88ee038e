"""Behind a customer's link: where the parcel is to go, chosen from a list without a script; and a parcel that did not come."""

import contextlib
from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.errands.relays import Found
from comptoir.house import House
from comptoir.kit.errors import Conflict, NotFound, Refusal, TooMany
from comptoir.kit.ids import new_id
from comptoir.kit.throttle import Limit, take
from comptoir.kit.words import Postcode
from comptoir.screens.customer_order import CustomerOrder
from comptoir.shipping.relays import ChooseRelay, TellNotReceived
from comptoir.web.guards import by_link
from comptoir.web.pages.customer_link import HEADERS, Answer, customer, find, not_found
from comptoir.web.pages.page import Page
from comptoir.web.requests import DoorRequest

SEARCHES: Final = Limit("relay-search", 30, timedelta(minutes=10))
"""Of one order: somebody looks around, and nobody reads the carriers' lists out."""

TheHouse = NamedDependency[House]
ThePage = NamedDependency[Page]
Token = FromPath[str]
NOTHING: Final = Found(())


class ChooseForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`to` is `home`, or the key of a relay on the list that `postcode` gave."""

    id: UUID
    to: Annotated[str, msgspec.Meta(max_length=140)] = ""
    postcode: Postcode = ""


class MissingForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: UUID


@get("/o/{token:str}/relay", opt=by_link())
async def ask_relay(
    request: DoorRequest, house: TheHouse, page: ThePage, token: Token, postcode: FromQuery[str] = ""
) -> Answer:
    """Pick-up points near a postcode, nearest first; or the door."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    if not order.relay_open:
        return page.go(f"/o/{token}")
    try:
        found = await _near(house, order, postcode)
    except TooMany as refusal:
        return _page(page, order, token, postcode, NOTHING, refusal)
    return _page(page, order, token, postcode, found)


@post("/o/{token:str}/relay", opt=by_link(), status_code=200)
async def choose(
    request: DoorRequest, house: TheHouse, page: ThePage, token: Token, data: URLEncodedBody[ChooseForm]
) -> Answer:
    """This one; what is kept of it is what its carrier said, not what the form did."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    found = NOTHING
    try:
        relay = None
        if data.to != "home":
            found = await _near(house, order, data.postcode)
            relay = next((one.chosen for one in found.offered if one.key == data.to), None)
            if relay is None:
                raise Conflict("relay_gone")
        await house.runner.perform(ChooseRelay(data.id, order.id, relay), customer(order))
    except Refusal as refusal:
        if refusal.code in ("label_made", "nothing_to_send"):
            # The page itself says how things are.
            return page.go(f"/o/{token}")
        return _page(page, order, token, data.postcode, found, refusal)
    return page.go(f"/o/{token}")


@post("/o/{token:str}/parcels/{parcel:uuid}/missing", opt=by_link(), status_code=200)
async def not_received(
    request: DoorRequest, house: TheHouse, page: ThePage, token: Token, parcel: FromPath[UUID],
    data: URLEncodedBody[MissingForm],
) -> Answer:  # fmt: skip
    """The carrier says delivered and it is not there: a person looks into it."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    with contextlib.suppress(Conflict, NotFound):
        await house.runner.perform(TellNotReceived(data.id, order.id, parcel), customer(order))
    return page.go(f"/o/{token}#parcels")


async def _near(house: House, order: CustomerOrder, postcode: str) -> Found:
    typed = "".join(postcode.split())[:12]
    if not typed or not typed.isalnum():
        return NOTHING
    now = house.clock()
    await take(house.pool, SEARCHES, order.id.hex, now)
    return await house.relays.near("FR", typed, "", 2000, now)


def _page(
    page: Page, order: CustomerOrder, token: str, postcode: str, found: Found, refusal: Refusal | None = None
) -> Answer:
    return page.html(
        "customer/relay.html", status=refusal.status if refusal else 200, headers=HEADERS, order=order, token=token,
        form_id=new_id(), new_id=new_id, postcode=postcode, found=found, refusal=refusal,
    )  # fmt: skip


ROUTES: list[BaseRouteHandler] = [ask_relay, choose, not_received]
