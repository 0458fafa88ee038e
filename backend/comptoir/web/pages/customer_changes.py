"""What a customer changes behind their link: who collects, how long it is kept, where it goes, what becomes of what is missing."""

import contextlib
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, URLEncodedBody

from comptoir.fulfillment.changing import AskChange, DeliverTo, WithdrawChange
from comptoir.fulfillment.collecting import ForgetCollector, NameCollector
from comptoir.fulfillment.keeping import KeepLonger
from comptoir.fulfillment.short_choice import ChooseForShort
from comptoir.house import House
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, Invalid, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.words import Maybe
from comptoir.notifications.numbers import e164, takes_sms
from comptoir.screens import customer_asks
from comptoir.screens.customer_asks import ShortChoice
from comptoir.screens.customer_order import CustomerOrder
from comptoir.web.guards import by_link
from comptoir.web.pages.customer_link import HEADERS, Answer, customer, find, not_found
from comptoir.web.pages.page import Page
from comptoir.web.requests import DoorRequest

TheHouse = NamedDependency[House]
ThePage = NamedDependency[Page]
Token = FromPath[str]

T = TypeVar("T")

NOT_ONE: Final = ' ,;:<>()[]"\\'
"""What would make two addresses, or none, of what was typed."""

MINE: Final = "/o/{token:str}/"


class IdForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Yes; the id was made with the page, so that Back and sending again change nothing."""

    id: UUID


class LongerForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Keep this part longer."""

    id: UUID
    work: UUID


class CollectorForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who collects, and a mobile number or an e-mail address that reaches them."""

    id: UUID
    name: Maybe = ""
    contact: Annotated[str, msgspec.Meta(max_length=254)] = ""


class ElsewhereForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Delivered to an address, or collected at `store`. `how` is `delivery` or `store:<id>`."""

    id: UUID
    how: Annotated[str, msgspec.Meta(max_length=80)] = ""
    street: Maybe = ""
    street2: Maybe = ""
    postcode: Annotated[str, msgspec.Meta(max_length=12)] = ""
    city: Maybe = ""


class ChoiceForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`how`: `refund`, `wait`, `store:<id>` or `substitute:<sku>`."""

    id: UUID
    how: Annotated[str, msgspec.Meta(max_length=80)] = ""


class WithdrawForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The request that is not asked any more."""

    id: UUID
    request: UUID


@post(MINE + "longer", opt=by_link(), status_code=200)
async def keep_longer(
    request: DoorRequest, house: TheHouse, page: ThePage, token: Token, data: URLEncodedBody[LongerForm]
) -> Answer:
    """Three open days more."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    # Collected, gone back or asked for twice already: the page itself says how things are.
    with contextlib.suppress(Conflict):
        await house.runner.perform(KeepLonger(data.id, order.id, data.work), customer(order))
    return page.go(f"/o/{token}")


@get(MINE + "collector", opt=by_link())
async def ask_collector(request: DoorRequest, house: TheHouse, page: ThePage, token: Token) -> Answer:
    """Who shall collect."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    return collector_form(page, order, token) if order.pickup else page.go(f"/o/{token}")


@post(MINE + "collector", opt=by_link(), status_code=200)
async def name_collector(
    request: DoorRequest, house: TheHouse, page: ThePage, token: Token, data: URLEncodedBody[CollectorForm]
) -> Answer:
    """This person collects, and is told so."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    try:
        phone, email = contact_of(data)
        await house.runner.perform(NameCollector(data.id, order.id, data.name.strip(), phone, email), customer(order))
    except (Invalid, Conflict) as refusal:
        return collector_form(page, order, token, refusal, data)
    return page.go(f"/o/{token}")


@post(MINE + "collector/forget", opt=by_link(), status_code=200)
async def forget_collector(
    request: DoorRequest, house: TheHouse, page: ThePage, token: Token, data: URLEncodedBody[IdForm]
) -> Answer:
    """Whoever bought collects after all."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    await house.runner.perform(ForgetCollector(data.id, order.id), customer(order))
    return page.go(f"/o/{token}")


@get(MINE + "elsewhere", opt=by_link())
async def ask_elsewhere(request: DoorRequest, house: TheHouse, page: ThePage, token: Token) -> Answer:
    """Home delivery or another store, with what it costs."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    if order.pickup is None or order.asked:
        return page.go(f"/o/{token}")
    return await elsewhere_form(house, page, order, token)


@post(MINE + "elsewhere", opt=by_link(), status_code=200)
async def elsewhere(
    request: DoorRequest, house: TheHouse, page: ThePage, token: Token, data: URLEncodedBody[ElsewhereForm]
) -> Answer:
    """Asked of the store; nothing has changed yet."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    try:
        await house.runner.perform(change_of(data, order), customer(order))
    except (Invalid, Conflict) as refusal:
        if refusal.code == "asked_already":
            return page.go(f"/o/{token}")
        return await elsewhere_form(house, page, order, token, refusal, data)
    return page.go(f"/o/{token}")


@post(MINE + "elsewhere/withdraw", opt=by_link(), status_code=200)
async def withdraw(
    request: DoorRequest, house: TheHouse, page: ThePage, token: Token, data: URLEncodedBody[WithdrawForm]
) -> Answer:
    """Not asked any more."""
    order = await find(request, house, token)
    if order is None or not any(one.id == data.request for one in order.requests):
        return not_found(page) if order is None else page.go(f"/o/{token}")
    await house.runner.perform(WithdrawChange(data.id, order.id, data.request), customer(order))
    return page.go(f"/o/{token}")


@get(MINE + "missing/{line:int}", opt=by_link())
async def ask_choice(request: DoorRequest, house: TheHouse, page: ThePage, token: Token, line: FromPath[int]) -> Answer:
    """What can become of what is missing."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    choice = choice_of(order, line)
    return await choice_form(house, page, order, token, choice) if choice else page.go(f"/o/{token}")


@post(MINE + "missing/{line:int}", opt=by_link(), status_code=200)
async def choose(
    request: DoorRequest, house: TheHouse, page: ThePage, token: Token, line: FromPath[int],
    data: URLEncodedBody[ChoiceForm],
) -> Answer:  # fmt: skip
    """The customer's answer."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    try:
        await house.runner.perform(answer_of(data, order, line), customer(order))
    except (Invalid, Conflict) as refusal:
        choice = choice_of(order, line)
        if choice is None or refusal.code in ("nothing_missing", "asked_already"):
            return page.go(f"/o/{token}")
        return await choice_form(house, page, order, token, choice, refusal)
    return page.go(f"/o/{token}")


def contact_of(data: CollectorForm) -> tuple[str | None, str | None]:
    """(phone as E.164, e-mail) of what was typed. Invalid `name_missing`, `bad_contact`."""
    typed = data.contact.strip()
    if not data.name.strip():
        raise Invalid("name_missing")
    if "@" in typed:
        head, _, tail = typed.partition("@")
        if not head or "." not in tail.strip(".") or any(not char.isprintable() or char in NOT_ONE for char in typed):
            raise Invalid("bad_contact")
        return None, typed
    number = e164(typed)
    if number is None or not takes_sms(number):
        raise Invalid("bad_contact")
    return number, None


def change_of(data: ElsewhereForm, order: CustomerOrder) -> AskChange:
    """The form as a command. Invalid `nothing_chosen`, `address_missing`."""
    if data.how.startswith("store:"):
        return to_command({"id": data.id, "order": order.id, "kind": "store", "location": data.how[6:]}, AskChange)
    if data.how != "delivery":
        raise Invalid("nothing_chosen")
    if not (data.street.strip() and data.postcode.strip() and data.city.strip()):
        raise Invalid("address_missing")
    to = {
        "street": data.street.strip(),
        "street2": data.street2.strip(),
        "postcode": data.postcode.strip(),
        "city": data.city.strip(),
    }
    address = to_command(to, DeliverTo)
    return AskChange(data.id, order.id, "delivery", to=address)


def answer_of(data: ChoiceForm, order: CustomerOrder, line: int) -> ChooseForShort:
    """The form as a command. Invalid `nothing_chosen`."""
    how, _, what = data.how.partition(":")
    named = {"store": "location", "substitute": "sku"}.get(how)
    more = {named: what} if named else {}
    return to_command({"id": data.id, "order": order.id, "line": line, "choice": how} | more, ChooseForShort)


def to_command(told: dict[str, Any], kind: type[T]) -> T:
    """Built from what a form said. Invalid `nothing_chosen` where that is no such thing."""
    try:
        return msgspec.convert(told, kind)
    except msgspec.ValidationError:
        raise Invalid("address_missing" if kind is DeliverTo else "nothing_chosen") from None


def choice_of(order: CustomerOrder, line: int) -> ShortChoice | None:
    return next((one for one in order.choices if one.line == line), None)


def collector_form(
    page: Page, order: CustomerOrder, token: str, refusal: Refusal | None = None, typed: CollectorForm | None = None
) -> Answer:
    page.lang = order.language
    return page.html(
        "customer/collector.html", status=refusal.status if refusal else 200, headers=HEADERS, order=order, token=token,
        form_id=new_id(), forget_id=new_id(), refusal=refusal, typed=typed,
    )  # fmt: skip


async def elsewhere_form(
    house: House, page: Page, order: CustomerOrder, token: str, refusal: Refusal | None = None,
    typed: ElsewhereForm | None = None,
) -> Answer:  # fmt: skip
    page.lang = order.language
    assert order.pickup is not None or refusal is not None
    here = order.pickup.store.id if order.pickup else ""
    async with borrowed(house.pool) as connection:
        stores = await customer_asks.other_stores(connection, order.id, None, here, house.clock())
    return page.html(
        "customer/elsewhere.html", status=refusal.status if refusal else 200, headers=HEADERS, order=order, token=token,
        form_id=new_id(), stores=stores, refusal=refusal, typed=typed,
    )  # fmt: skip


async def choice_form(
    house: House, page: Page, order: CustomerOrder, token: str, choice: ShortChoice, refusal: Refusal | None = None
) -> Answer:
    page.lang = order.language
    part = order.pickup or order.main
    here = part.store.id if part else ""
    now = house.clock()
    async with borrowed(house.pool) as connection:
        stores = await customer_asks.other_stores(connection, order.id, choice.line, here, now)
        instead = await customer_asks.instead_of(connection, order.id, choice.line, here, now)
    return page.html(
        "customer/missing.html", status=refusal.status if refusal else 200, headers=HEADERS, order=order, token=token,
        form_id=new_id(), choice=choice, stores=stores, instead=instead, refusal=refusal,
        time_zone=part.store.time_zone if part else "Europe/Paris",
    )  # fmt: skip


ROUTES: list[BaseRouteHandler] = [
    keep_longer, ask_collector, name_collector, forget_collector, ask_elsewhere, elsewhere, withdraw, ask_choice, choose,
]  # fmt: skip
