"""Invoices and credit notes as PDF: behind the customer's link those of its one order, for managers those of theirs."""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.errors import NotFound
from comptoir.web.documents import answer_with, file_for, file_of_order
from comptoir.web.guards import MANAGERS, by, by_link
from comptoir.web.pages.customer_link import HEADERS, find, not_found
from comptoir.web.pages.page import Page
from comptoir.web.requests import DoorRequest

Answer = Response[Any]


@get("/o/{token:str}/documents/{number:str}", opt=by_link())
async def show_to_customer(
    request: DoorRequest, house: NamedDependency[House], page: NamedDependency[Page], token: FromPath[str],
    number: FromPath[str],
) -> Answer:  # fmt: skip
    """The order's own document; any other looks like an unknown link."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    try:
        return answer_with(await file_of_order(house, number, order.id), HEADERS)
    except NotFound:
        return not_found(page)


@get("/manager/documents/{number:str}", opt=by(*MANAGERS))
async def show_to_manager(
    house: NamedDependency[House], actor: NamedDependency[Actor], number: FromPath[str]
) -> Answer:
    """A document of an order that the manager may see."""
    return answer_with(await file_for(house, number, actor))


ROUTES: list[BaseRouteHandler] = [show_to_customer, show_to_manager]
