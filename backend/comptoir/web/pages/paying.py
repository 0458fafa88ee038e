"""What other goods cost more is paid: by a link and its QR, with a credit, or at the till under its receipt; and what is left of a credit."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.flows.use_credit import find_credit
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.qr import qr_path
from comptoir.kit.throttle import Limit, take
from comptoir.kit.words import Code
from comptoir.network.zones import HOME
from comptoir.payments.recording import RecordPayment
from comptoir.returns.model import PayWithCredit
from comptoir.screens import awaited as awaits
from comptoir.screens import return_done
from comptoir.screens.awaited import Awaited
from comptoir.screens.customer_order import CustomerOrder
from comptoir.web import limits
from comptoir.web.guards import COUNTER, PUBLIC, by, by_link
from comptoir.web.pages.customer_link import HEADERS, Answer, customer, find, not_found
from comptoir.web.pages.handing import store_of
from comptoir.web.pages.page import Page
from comptoir.web.requests import DoorRequest

TRIES: Final = Limit("credit-code", 10, limits.LINK.window)
"""Codes that are typed on one order's page, or on one device: nobody guesses 26 characters, and nobody shall try."""

TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Typed = Annotated[str, msgspec.Meta(max_length=60)]


class CreditForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A credit by its code; `id` was made with the page."""

    id: UUID
    code: Typed


class TillForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The till took it, under this receipt."""

    id: UUID
    till: Code


class CodeForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: Typed


# ------------------------------------------------------------ at the desk


@get("/returns/credits", opt=by(*COUNTER))
async def credits(page: ThePage) -> Answer:
    """What is left of a credit: its code is asked for."""
    return page.html("associate/credit.html", credit=None, refusal=None)


@post("/returns/credits", opt=by(*COUNTER), status_code=200)
async def balance(data: URLEncodedBody[CodeForm], house: TheHouse, actor: TheActor, page: ThePage) -> Answer:
    """The code stands in the body, because addresses are written into logs."""
    return await balance_page(data.code, house, actor, page)


async def balance_page(code: str, house: House, actor: Actor, page: Page) -> Answer:
    """What a credit was, what is left of it and what it pays; tries are counted."""
    await take(house.pool, TRIES, str(actor.device or actor.who), house.clock())
    try:
        async with borrowed(house.pool) as connection:
            found = await find_credit(connection, code, actor)
    except NotFound as refusal:
        return page.html("associate/credit.html", credit=None, refusal=refusal, status=404)
    return page.html("associate/credit.html", credit=found, refusal=None)


async def awaited_of(house: House, rma: UUID, actor: Actor) -> Awaited:
    """What is still to be paid for the other goods of a return of this store. Conflict `nothing_awaited`."""
    async with borrowed(house.pool) as connection:
        done = await return_done.read(connection, rma, store_of(actor))
        found = await awaits.read(connection, done.exchange.order) if done.exchange else None
    if found is None:
        raise Conflict("nothing_awaited")
    return found


@get("/returns/{rma:uuid}/paying", opt=by(*COUNTER))
async def paying(rma: FromPath[UUID], house: TheHouse, actor: TheActor) -> Response[Any]:
    """How far it is, for the page that waits: another word than before, and it shows itself again."""
    try:
        found = await awaited_of(house, rma, actor)
    except Conflict:
        state = "paid"
    else:
        state = f"{found.link} {found.due_minor} {found.url is not None}"
    return Response({"state": state}, media_type="application/json", headers={"cache-control": "no-store"})


@post("/returns/{rma:uuid}/till", opt=by(*COUNTER), status_code=200)
async def by_till(
    rma: FromPath[UUID], data: URLEncodedBody[TillForm], house: TheHouse, actor: TheActor, page: ThePage
) -> Answer:
    """Paid at the till: the goods go on."""
    found = await awaited_of(house, rma, actor)
    told = RecordPayment(data.id, found.order, data.till, "captured", found.due_minor, "till")
    await house.runner.perform(told, actor)
    return page.go(f"/returns/{rma}")


@post("/returns/{rma:uuid}/credit", opt=by(*COUNTER), status_code=200)
async def by_credit(
    rma: FromPath[UUID], data: URLEncodedBody[CreditForm], house: TheHouse, actor: TheActor, page: ThePage
) -> Answer:
    """Paid with a credit, as far as it reaches."""
    found = await awaited_of(house, rma, actor)
    await take(house.pool, TRIES, str(actor.device or actor.who), house.clock())
    await house.runner.perform(PayWithCredit(id=data.id, order=found.order, code=data.code), actor)
    return page.go(f"/returns/{rma}")


# ------------------------------------------------------------ behind the customer's link


@get("/o/{token:str}/pay", opt=by_link())
async def ask(request: DoorRequest, house: TheHouse, page: ThePage, token: FromPath[str]) -> Answer:
    """How to pay it."""
    order = await find(request, house, token)
    return await pay_page(house, page, order, token) if order else not_found(page)


@post("/o/{token:str}/pay", opt=by_link(), status_code=200)
async def pay(
    request: DoorRequest, house: TheHouse, page: ThePage, token: FromPath[str], data: URLEncodedBody[CreditForm]
) -> Answer:
    """With a credit; what it does not reach for is still to be paid."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    try:
        await take(house.pool, TRIES, order.id.hex, house.clock())
        await house.runner.perform(PayWithCredit(id=data.id, order=order.id, code=data.code), customer(order))
    except Refusal as refusal:
        return await pay_page(house, page, order, token, refusal)
    return page.go(f"/o/{token}/pay")


async def pay_page(
    house: House, page: Page, order: CustomerOrder, token: str, refusal: Refusal | None = None
) -> Answer:
    """Link, credit, or the till; the order's page where nothing is awaited any more."""
    async with borrowed(house.pool) as connection:
        found = await awaits.read(connection, order.id)
    if found is None:
        return page.go(f"/o/{token}")
    return page.html(
        "customer/pay.html", headers=HEADERS, status=refusal.status if refusal else 200, order=order, awaited=found, token=token, form_id=new_id(), refusal=refusal,
        qr=qr_path(found.url) if found.url else None, time_zone=next((part.store.time_zone for part in order.parts), HOME),
    )  # fmt: skip


@get("/paid", opt=PUBLIC)
async def paid(page: ThePage, done: FromQuery[bool] = False) -> Answer:
    """Where the provider's page leads back to: it says thank you, and knows nothing of anybody."""
    return page.html("customer/paid.html", headers=HEADERS, done=done)


ROUTES: list[BaseRouteHandler] = [credits, balance, paying, by_till, by_credit, ask, pay, paid]
