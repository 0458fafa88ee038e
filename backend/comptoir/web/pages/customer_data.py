"""What is kept of a customer: said in sentences, given as a file, erased on demand. The link alone opens neither: the contact is named."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, URLEncodedBody

from comptoir.flows.cancel_by_customer import is_contact
from comptoir.flows.erase_customer import EraseCustomer, Erased, why_not
from comptoir.house import House
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, Invalid, Refusal, TooMany
from comptoir.kit.ids import new_id
from comptoir.kit.throttle import take
from comptoir.notifications.filling import for_a_lock_screen
from comptoir.screens import customer_data
from comptoir.screens.customer_order import CustomerOrder
from comptoir.web.guards import by_link
from comptoir.web.pages.customer import CONTACT
from comptoir.web.pages.customer_link import HEADERS, customer, find, not_found
from comptoir.web.pages.page import Page
from comptoir.web.requests import DoorRequest

Answer = Response[Any]
Contact = Annotated[str, msgspec.Meta(max_length=254)]
IN_THE_WAY: Final = ("erase_order_open", "erase_money_due", "erase_return_open")


class DownloadForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`contact` is the e-mail or phone of the order."""

    contact: Contact = ""


class EraseForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`contact` is the e-mail or phone of the order."""

    id: UUID
    contact: Contact = ""


@get("/o/{token:str}/data", opt=by_link())
async def show(
    request: DoorRequest, house: NamedDependency[House], page: NamedDependency[Page], token: FromPath[str]
) -> Answer:
    """What is kept and how long."""
    order = await find(request, house, token)
    return not_found(page) if order is None else data_page(page, order, token)


def data_page(page: Page, order: CustomerOrder, token: str, refusal: Refusal | None = None, typed: str = "") -> Answer:
    page.lang = order.language
    return page.html(
        "customer/data.html", status=refusal.status if refusal else 200, headers=HEADERS, order=order, token=token,
        refusal=refusal, typed=typed,
    )  # fmt: skip


@post("/o/{token:str}/data/download", opt=by_link(), status_code=200)
async def download(
    request: DoorRequest, house: NamedDependency[House], page: NamedDependency[Page], token: FromPath[str],
    data: URLEncodedBody[DownloadForm],
) -> Answer:  # fmt: skip
    """All of it as a file, once the order's e-mail or phone was named."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    try:
        await take(house.pool, CONTACT, order.id.hex, house.clock())
        async with borrowed(house.pool) as connection:
            if not is_contact(data.contact, *await customer_data.contact_of(connection, order.id)):
                raise Invalid("contact_differs")
            told = await customer_data.read_customer_data(connection, order.id, house.clock(), for_a_lock_screen)
    except (Invalid, TooMany) as refusal:
        return data_page(page, order, token, refusal, data.contact)
    if told is None:
        return not_found(page)
    named = {"content-disposition": f'attachment; filename="{order.number}.json"', "x-content-type-options": "nosniff"}
    return Response(told, media_type="application/json", headers=HEADERS | named)


@get("/o/{token:str}/data/erase", opt=by_link())
async def ask_to_erase(
    request: DoorRequest, house: NamedDependency[House], page: NamedDependency[Page], token: FromPath[str]
) -> Answer:
    """What erasing means, or what stands in its way, before it is done."""
    order = await find(request, house, token)
    return not_found(page) if order is None else await erase_page(house, page, order, token)


async def erase_page(
    house: House, page: Page, order: CustomerOrder, token: str, refusal: Refusal | None = None, typed: str = ""
) -> Answer:
    async with borrowed(house.pool) as connection:
        states = await customer_data.states_of(connection, order.id)
    reason = why_not(states)
    page.lang = order.language
    return page.html(
        "customer/erase.html", status=refusal.status if refusal else 200, headers=HEADERS, order=order, token=token,
        form_id=new_id(), count=len(states), reason=reason, refusal=None if reason else refusal, typed=typed, done=False,
    )  # fmt: skip


@post("/o/{token:str}/data/erase", opt=by_link(), status_code=200)
async def erase(
    request: DoorRequest, house: NamedDependency[House], page: NamedDependency[Page], token: FromPath[str],
    data: URLEncodedBody[EraseForm],
) -> Answer:  # fmt: skip
    """Erase it for good. The link is dead after that, so the answer itself says that it is done."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    try:
        await take(house.pool, CONTACT, order.id.hex, house.clock())
        done = await house.runner.perform(EraseCustomer(data.id, order.id, data.contact), customer(order))
    except (Invalid, TooMany, Conflict) as refusal:
        return await erase_page(house, page, order, token, refusal, data.contact)
    page.lang = order.language
    return page.html("customer/erase.html", headers=HEADERS, order=order, done=True, count=done.read(Erased).orders)


ROUTES: list[BaseRouteHandler] = [show, download, ask_to_erase, erase]
