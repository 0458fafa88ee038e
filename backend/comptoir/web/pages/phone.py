"""The demo's phone: what customers would get, newest first. In production this address does not exist."""

from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery

from comptoir.house import House
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound
from comptoir.notifications.filling import fill, link_of
from comptoir.screens.demo_phone import PAGE, PhoneMessage, list_messages
from comptoir.web.guards import PUBLIC
from comptoir.web.pages.page import Page

HEADERS: Final = {"x-robots-tag": "noindex, nofollow", "cache-control": "no-store"}


REASONS: Final = ("no_provider", "no_receipt", "unknown_outcome", "too_late")
"""Why a message is red, where there are words of its own for it; whatever a carrier said is one of them."""


class Shown(msgspec.Struct, frozen=True):
    """A message as its reader sees it, and the path of their page; `red` says in words why nobody has it."""

    message: PhoneMessage
    subject: str
    body: str
    link: str
    red: str


@get("/demo/phone", opt=PUBLIC)
async def phone(
    house: NamedDependency[House], page: NamedDependency[Page], before: FromQuery[UUID | None] = None
) -> Response[Any]:
    """Every message, the newest first."""
    if house.settings.production:
        raise NotFound
    async with borrowed(house.pool) as connection:
        messages = await list_messages(connection, before)

    def shown(message: PhoneMessage) -> Shown:
        subject, body = (
            fill(
                text,
                house.seal,
                house.settings.url,
                message.order_id,
                message.link_generation,
                message.first_name,
                message.passes,
                message.recipient,
                message.buyer,
            )
            for text in (message.subject, message.body)
        )
        return Shown(
            message,
            subject,
            body,
            link_of(house.seal, "", message.order_id, message.link_generation, message.recipient),
            message.reason if message.reason in REASONS else "not_taken",
        )

    return page.html(
        "customer/phone.html", shows_secret=True, headers=HEADERS, messages=[shown(message) for message in messages],
        older=messages[-1].id if len(messages) == PAGE else None,
    )  # fmt: skip


ROUTES: list[BaseRouteHandler] = [phone]
