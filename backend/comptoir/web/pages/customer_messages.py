"""The customer's messages: which ones, by which medium; and the one click that ends what nobody needs (RFC 8058)."""

from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.house import House
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Invalid
from comptoir.kit.ids import new_id
from comptoir.notifications import silence
from comptoir.notifications.wishing import OFFERED, SetWishes, Switch, Unsubscribe, switches
from comptoir.screens.customer_data import contact_of
from comptoir.screens.customer_order import CustomerOrder
from comptoir.screens.customer_wishes import find_wishes
from comptoir.web.guards import by_link
from comptoir.web.pages.customer_link import HEADERS, customer, find, not_found
from comptoir.web.pages.page import Page
from comptoir.web.requests import DoorRequest

Answer = Response[Any]
TheHouse = NamedDependency[House]
ThePage = NamedDependency[Page]
Box = Literal["", "on"]
ASKED: Final[Switch] = ("survey", "email")
"""Switched on again, it lifts what a complaint about a mail has put on the list of silence."""


class WishesForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One box for each switch; a box that is not ticked is not sent."""

    id: UUID
    ready_push: Box = ""
    ready_sms: Box = ""
    ready_email: Box = ""
    changes_push: Box = ""
    changes_sms: Box = ""
    changes_email: Box = ""
    papers_sms: Box = ""
    papers_email: Box = ""
    survey_push: Box = ""
    survey_email: Box = ""

    @property
    def on(self) -> tuple[Switch, ...]:
        return tuple(
            (topic, medium)
            for topic, media in OFFERED.items()
            for medium in media
            if getattr(self, f"{topic}_{medium}")
        )


@get("/o/{token:str}/messages", opt=by_link())
async def show(
    request: DoorRequest, house: TheHouse, page: ThePage, token: FromPath[str], kept: FromQuery[bool] = False
) -> Answer:
    """The switches as they are."""
    order = await find(request, house, token)
    return not_found(page) if order is None else await wishes_page(house, page, order, token, kept=kept)


@post("/o/{token:str}/messages", opt=by_link(), status_code=200)
async def change(
    request: DoorRequest, house: TheHouse, page: ThePage, token: FromPath[str], data: URLEncodedBody[WishesForm]
) -> Answer:
    """Keep them; what the contract needs keeps one medium."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    async with borrowed(house.pool) as connection:
        was_off = ASKED in (await find_wishes(connection, order.id)).off
        email, _ = await contact_of(connection, order.id)
    try:
        await house.runner.perform(SetWishes(data.id, order.id, data.on), customer(order))
    except Invalid as refusal:
        return await wishes_page(house, page, order, token, refused=str(refusal.facts["topic"]), on=data.on)
    if was_off and ASKED in data.on and email:
        await silence.lift(house.pool, "email", silence.mark_of(house.seal, "email", email))
    return page.go(f"/o/{token}/messages?kept=true")


@get("/o/{token:str}/unsubscribe", opt=by_link())
async def ask_to_unsubscribe(request: DoorRequest, house: TheHouse, page: ThePage, token: FromPath[str]) -> Answer:
    """One button: programs that open every link of a mail must not end anything."""
    order = await find(request, house, token)
    return not_found(page) if order is None else unsubscribe_page(page, order, token)


@post("/o/{token:str}/unsubscribe", opt=by_link(), status_code=200)
async def unsubscribe(request: DoorRequest, house: TheHouse, page: ThePage, token: FromPath[str]) -> Answer:
    """By the button, or by a mail program that sends `List-Unsubscribe=One-Click`: no cookie, no redirect, as often as it likes."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    await house.runner.perform(Unsubscribe(new_id(), order.id), customer(order))
    return unsubscribe_page(page, order, token, done=True)


async def wishes_page(
    house: House, page: Page, order: CustomerOrder, token: str, *, kept: bool = False, refused: str = "", on: tuple[Switch, ...] | None = None,
) -> Answer:  # fmt: skip
    page.lang = order.language
    async with borrowed(house.pool) as connection:
        wishes = await find_wishes(connection, order.id)
    shown = switches(wishes.phone, wishes.email)
    ticked = [switch for switch in shown if switch not in wishes.off] if on is None else on
    groups = [
        (topic, [(medium, (topic, medium) in ticked) for there, medium in shown if there == topic]) for topic in OFFERED
    ]
    return page.html(
        "customer/messages.html", status=422 if refused else 200, headers=HEADERS, order=order, token=token, form_id=new_id(),
        groups=[group for group in groups if group[1]], kept=kept, refused=refused,
    )  # fmt: skip


def unsubscribe_page(page: Page, order: CustomerOrder, token: str, *, done: bool = False) -> Answer:
    page.lang = order.language
    return page.html("customer/unsubscribe.html", headers=HEADERS, order=order, token=token, done=done)


ROUTES: list[BaseRouteHandler] = [show, change, ask_to_unsubscribe, unsubscribe]
