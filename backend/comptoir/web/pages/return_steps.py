"""Between the steps of a return behind the link: who holds it, the draft under the id that the return will have, the return once it is sent."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar.di import NamedDependency
from litestar.params import FromPath

from comptoir.flows.return_terms import (
    Terms,
    read_terms,
)
from comptoir.house import House
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Invalid
from comptoir.kit.ids import new_id
from comptoir.kit.throttle import Limit
from comptoir.returns.drafting import (
    Draft,
    KeepDraft,
)
from comptoir.screens.customer_order import CustomerOrder
from comptoir.screens.customer_return import (
    CustomerReturn,
    find_draft,
    find_return,
)
from comptoir.web.pages.customer_link import customer, find_either
from comptoir.web.pages.page import Page
from comptoir.web.requests import DoorRequest

MINE: Final = "/o/{token:str}/return"
ONE: Final = MINE + "/{rma:uuid}"
STEPS: Final = Limit("return-steps", 120, timedelta(minutes=10))
"""Of one order: somebody changes their mind, and nobody fills the disk."""
TheHouse = NamedDependency[House]
ThePage = NamedDependency[Page]
Token = FromPath[str]


class Holder(msgspec.Struct, frozen=True):
    """Who holds the link: whoever bought, or (`gift`) whoever got it; and on what terms their order may come back."""

    order: CustomerOrder
    gift: bool
    terms: Terms


async def holder_of(request: DoorRequest, house: House, page: Page, token: str) -> Holder | None:
    """None for whatever is no link, and for somebody who collected for another: what they hold is not theirs to return."""
    order, named = await find_either(request, house, token)
    if order is None:
        return None
    async with borrowed(house.pool) as connection:
        terms = await read_terms(connection, order.id, house.clock())
    if named and not terms.gift:
        return None
    page.lang = order.language
    return Holder(order, named, terms)


async def at_step(
    request: DoorRequest, house: House, page: Page, token: str, rma: UUID
) -> tuple[Holder | None, Draft | None]:
    """Who asks, and the draft; None for a draft that was sent, or never was: its own address knows where to go on."""
    held = await holder_of(request, house, page, token)
    return (held, await draft_of(house, held, rma)) if held is not None else (None, None)


async def draft_of(house: House, held: Holder, draft: UUID) -> Draft | None:
    async with borrowed(house.pool) as connection:
        return await find_draft(connection, draft, held.order.id)


async def sent_of(house: House, held: Holder, rma: UUID) -> CustomerReturn | None:
    """A return of this order; of a gift only for whoever got it, and what the buyer sends only for the buyer."""
    async with borrowed(house.pool) as connection:
        found = await find_return(connection, held.order.id, rma)
    return found if found is not None and found.gift == held.gift else None


async def keep(house: House, held: Holder, draft: Draft) -> Draft:
    """Keep the draft as it is now."""
    kept = command_of(
        KeepDraft,
        {"id": new_id(), "draft": draft.id, "order": held.order.id, "lines": draft.lines, "notice": draft.notice, "way": draft.way},
    )  # fmt: skip
    await house.runner.perform(kept, customer(held.order))
    return draft


def command_of(kind: type[KeepDraft], told: dict[str, Any]) -> KeepDraft:
    """Built from what a form said. Invalid `nothing_chosen` where that is no such thing."""
    try:
        return msgspec.convert(msgspec.to_builtins(told), kind)
    except msgspec.ValidationError:
        raise Invalid("nothing_chosen") from None


def address_of(token: str, rma: UUID) -> str:
    return f"/o/{token}/return/{rma}"
