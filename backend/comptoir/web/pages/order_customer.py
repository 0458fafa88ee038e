"""A customer who wrote or called is served by head office: the file of what is kept of them, or erasing it, with what stays told before."""

from typing import Any, Final, Literal, get_args
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, URLEncodedBody

from comptoir.flows.erase_customer import Asked, EraseCustomer, GiveCustomerData, Identity, why_not
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, Invalid, Refusal
from comptoir.notifications.filling import for_a_lock_screen
from comptoir.screens import customer_data, order_customer
from comptoir.web.guards import by
from comptoir.web.pages.orders import NewIds
from comptoir.web.pages.page import Page

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
KINDS: Final = ("name", "email", "phone", "addresses", "companies", "collectors", "words", "notes", "browsers", "shop_messages", "wishes")  # fmt: skip
"""What can name somebody, in the order in which the page says it."""


class AskedForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How it was asked and checked; one id for each of the two buttons."""

    id: UUID
    file_id: UUID
    asked: Asked | Literal[""] = ""
    identity: Identity | Literal[""] = ""


@get("/manager/orders/{order:uuid}/customer", opt=by("head_office"))
async def show(order: FromPath[UUID], house: TheHouse, actor: TheActor, page: ThePage) -> Answer:
    """What would be given or erased, what is in the way, what stays and until when."""
    return await asked_page(order, house, actor, page)


async def asked_page(
    order: UUID, house: House, actor: Actor, page: Page, refusal: Refusal | None = None, typed: AskedForm | None = None
) -> Answer:
    """The page; what was chosen stays chosen beside a refusal."""
    async with borrowed(house.pool) as connection:
        view = await order_customer.read(connection, order, actor)
    blocked = [(one, reason) for one in view.orders if (reason := why_not([one.standing]))]
    return page.html(
        "manager/order_customer.html", status=refusal.status if refusal else 200, view=view, blocked=blocked,
        refusal=refusal, typed=typed, ids=NewIds(), kinds=KINDS, ways=get_args(Asked), checks=get_args(Identity),
    )  # fmt: skip


@post("/manager/orders/{order:uuid}/customer/file", opt=by("head_office"), status_code=200)
async def give(
    order: FromPath[UUID], data: URLEncodedBody[AskedForm], house: TheHouse, actor: TheActor, page: ThePage
) -> Answer:
    """The same file that the customer can take from their own page; that it was given is kept."""
    try:
        command = GiveCustomerData(data.file_id, order, data.asked or None, data.identity or None)
        await house.runner.perform(command, actor)
    except (Invalid, Conflict) as refusal:
        return await asked_page(order, house, actor, page, refusal, data)
    async with borrowed(house.pool) as connection:
        view = await order_customer.read(connection, order, actor)
        told = await customer_data.read_customer_data(connection, order, house.clock(), for_a_lock_screen)
    if told is None:
        return await asked_page(order, house, actor, page, Conflict("customer_erased"))
    headers = {"content-disposition": f'attachment; filename="{view.number}.json"', "cache-control": "no-store"}
    return Response(told, media_type="application/json", headers=headers)


@post("/manager/orders/{order:uuid}/customer/erase", opt=by("head_office"), status_code=200)
async def erase(
    order: FromPath[UUID], data: URLEncodedBody[AskedForm], house: TheHouse, actor: TheActor, page: ThePage
) -> Answer:
    """Erase it for good, and show the order as it is without them."""
    try:
        command = EraseCustomer(data.id, order, asked=data.asked or None, identity=data.identity or None)
        await house.runner.perform(command, actor)
    except (Invalid, Conflict) as refusal:
        return await asked_page(order, house, actor, page, refusal, data)
    return page.go(f"/manager/orders/{order}")


ROUTES: list[BaseRouteHandler] = [show, give, erase]
