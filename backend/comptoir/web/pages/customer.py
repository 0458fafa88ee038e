"""The customer's page behind `/o/<26 characters>`: no account, no script; the link is the key and is never logged."""

import contextlib
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, URLEncodedBody

from comptoir.flows.cancel_by_customer import CancelByCustomer
from comptoir.fulfillment.arriving import Arrive, Spot
from comptoir.house import House
from comptoir.kit.errors import Conflict, Invalid, Refusal, TooMany
from comptoir.kit.ids import new_id
from comptoir.kit.throttle import Limit, take
from comptoir.kit.words import Maybe, Slug
from comptoir.notifications import sending_sql
from comptoir.notifications.rating import Rate, SayMore, Score
from comptoir.orders.model import LineQuantity
from comptoir.screens.customer_order import CustomerOrder
from comptoir.web import limits
from comptoir.web.guards import by_link
from comptoir.web.pages.customer_link import (
    HEADERS,
    Answer,
    customer,
    find,
    find_either,
    not_found,
    passes_of,
    with_pass,
)
from comptoir.web.pages.page import Page
from comptoir.web.requests import DoorRequest

CONTACT: Final = Limit("customer-contact", 6, limits.LINK.window)
"""Tries to name the order's e-mail or phone, per order."""

TAPS: Final = Limit("customer-rating", 20, limits.LINK.window)
"""Times somebody says how it was, per order."""

SCORES: Final[dict[str, Score]] = {"1": 1, "2": 2, "3": 3}
WAITING: Final = ("here", "early", "coming")


LineUnits = Annotated[str, msgspec.Meta(max_length=12, pattern=r"^[0-9]{1,3}:[0-9]{1,6}\Z")]
"""A line and how many units of it."""


class HereForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """ "I am here". The id was made with the page, so that Back and sending again change nothing."""

    id: UUID
    location: Slug
    place: Spot = ""


class CancelForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is not wanted any more, as "line:units"; `contact` is the e-mail or phone of the order."""

    id: UUID
    contact: Annotated[str, msgspec.Meta(max_length=254)] = ""
    units: Annotated[list[LineUnits], msgspec.Meta(max_length=200)] | LineUnits = []


class RatingForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One tap. No id: what is kept is the last tap, and the same tap again changes nothing."""

    score: Literal["1", "2", "3"]


class CommentForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of words to it."""

    id: UUID
    comment: Maybe = ""


@get("/o/{token:str}", opt=by_link())
async def show(
    request: DoorRequest, house: NamedDependency[House], page: NamedDependency[Page], token: FromPath[str]
) -> Answer:
    """The order as it is now."""
    order, named = await find_either(request, house, token)
    if order is None:
        return not_found(page)
    # A messenger that draws a preview of the link is no reader: only a browser that goes there says so.
    if request.headers.get("sec-fetch-mode") == "navigate" and request.headers.get("sec-fetch-dest") == "document":
        await sending_sql.opened_by_customer(house.pool, order.id, house.clock(), "collector" if named else "customer")
    if named:
        return collector_page(house, page, order, token)
    return status_page(house, page, order, token)


@post("/o/{token:str}/here", opt=by_link(), status_code=200)
async def here(
    request: DoorRequest, house: NamedDependency[House], page: NamedDependency[Page], token: FromPath[str],
    data: URLEncodedBody[HereForm],
) -> Answer:  # fmt: skip
    """Whoever collects is at the store; saying it again changes nothing but the spot."""
    order, _ = await find_either(request, house, token)
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
        lines = lines_of(data, order)
        await house.runner.perform(CancelByCustomer(data.id, order.id, data.contact, lines), customer(order))
    except (Invalid, TooMany) as refusal:
        return cancel_page(page, order, token, refusal, data)
    except Conflict:
        pass
    return page.go(f"/o/{token}")


@post("/o/{token:str}/rating", opt=by_link(), status_code=200)
async def rate(
    request: DoorRequest, house: NamedDependency[House], page: NamedDependency[Page], token: FromPath[str],
    data: URLEncodedBody[RatingForm],
) -> Answer:  # fmt: skip
    """How it was; another tap changes it."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    with contextlib.suppress(Conflict, TooMany):
        await take(house.pool, TAPS, order.id.hex, house.clock())
        await house.runner.perform(Rate(new_id(), order.id, SCORES[data.score]), customer(order))
    return page.go(f"/o/{token}#how")


@post("/o/{token:str}/rating/comment", opt=by_link(), status_code=200)
async def say_more(
    request: DoorRequest, house: NamedDependency[House], page: NamedDependency[Page], token: FromPath[str],
    data: URLEncodedBody[CommentForm],
) -> Answer:  # fmt: skip
    """Words to the tap."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    with contextlib.suppress(Conflict):
        await house.runner.perform(SayMore(data.id, order.id, " ".join(data.comment.split())), customer(order))
    return page.go(f"/o/{token}#how")


def status_page(house: House, page: Page, order: CustomerOrder, token: str) -> Answer:
    page.lang = order.language
    now = house.clock()
    main, passes = order.main, passes_of(house, order)
    return page.html(
        "customer/order.html", headers=with_pass(passes), order=order, main=main, passes=passes,
        now=now, token=token, form_id=new_id(), new_id=new_id,
        time_zone=main.store.time_zone if main else "Europe/Paris", waiting=order.state in WAITING,
        asks=order.asks_rating(now),
        push_key=house.push.vapid.public_key if main and main.waits and not order.holds else "",
    )  # fmt: skip


def collector_page(house: House, page: Page, order: CustomerOrder, token: str) -> Answer:
    """For whoever was named to collect: where, until when, and the pass. Nothing of what was bought, nor for how much."""
    page.lang = order.language
    main, passes = order.pickup or order.main, passes_of(house, order)
    return page.html(
        "customer/collecting.html", headers=with_pass(passes), order=order, main=main, passes=passes,
        now=house.clock(), token=token, form_id=new_id(), time_zone=main.store.time_zone if main else "Europe/Paris",
        waiting=order.state in WAITING,
    )  # fmt: skip


def cancel_page(
    page: Page, order: CustomerOrder, token: str, refusal: Refusal | None = None, typed: CancelForm | None = None
) -> Answer:
    page.lang = order.language
    asked = dict(pairs_of(typed.units)) if typed else {}
    return page.html(
        "customer/cancel.html", status=refusal.status if refusal else 200, headers=HEADERS,
        order=order, token=token, form_id=new_id(), refusal=refusal, typed=typed.contact if typed else "", asked=asked,
    )  # fmt: skip


def pairs_of(units: list[str] | str) -> list[tuple[int, int]]:
    """(line, units) of what a form says."""
    return [
        (int(line), int(n))
        for line, _, n in (one.partition(":") for one in ([units] if isinstance(units, str) else units))
    ]


def lines_of(data: CancelForm, order: CustomerOrder) -> tuple[LineQuantity, ...]:
    """What is to be canceled; empty for the whole order. Invalid `nothing_chosen`, `more_than_ordered`."""
    asked = {line: n for line, n in pairs_of(data.units) if n}
    left = {line.line: line.cancelable for line in order.lines if line.cancelable}
    if not data.units:
        return ()
    if not asked:
        raise Invalid("nothing_chosen")
    if any(n > left.get(line, 0) for line, n in asked.items()):
        raise Invalid("more_than_ordered")
    return () if asked == left else tuple(LineQuantity(line, n) for line, n in sorted(asked.items()))


ROUTES: list[BaseRouteHandler] = [show, here, ask_to_cancel, cancel, rate, say_more]
