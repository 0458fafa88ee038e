"""The withdrawal function behind the customer's link: choose, then confirm on a page of its own. Free, without login, without a reason."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.house import House
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, Invalid
from comptoir.kit.ids import new_id
from comptoir.returns.model import MOST_LINES, Noticed, Withdraw
from comptoir.returns.withdrawal import RETURN_DAYS
from comptoir.screens.customer_data import contact_of, masked
from comptoir.screens.customer_order import CustomerOrder
from comptoir.web.guards import by_link
from comptoir.web.pages.customer_link import HEADERS, customer, find, not_found
from comptoir.web.pages.page import Page
from comptoir.web.requests import DoorRequest

Answer = Response[Any]
Asked = FromQuery[Annotated[list[int] | None, msgspec.Meta(max_length=MOST_LINES)]]


class ConfirmForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`lines` as the page said them, "1:2,3:1"; `reply_to` only where the receipt goes elsewhere."""

    id: UUID
    lines: Annotated[str, msgspec.Meta(max_length=10_000, pattern=r"^(\d{1,5}:\d{1,6}(,\d{1,5}:\d{1,6})*)?\Z")] = ""
    reply_to: Annotated[str, msgspec.Meta(max_length=254)] = ""


@get("/o/{token:str}/withdraw", opt=by_link())
async def choose(
    request: DoorRequest, house: NamedDependency[House], page: NamedDependency[Page], token: FromPath[str]
) -> Answer:
    """What was noticed already, with its hour; and which articles, if any are left."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    return choose_page(house, page, order, token)


def choose_page(
    house: House, page: Page, order: CustomerOrder, token: str, refusal: str = "", status: int = 200
) -> Answer:
    now = house.clock()
    may = order.may_withdraw(now)
    if not (may or order.notices or refusal):
        return page.go(f"/o/{token}")
    page.lang = order.language
    return page.html(
        "customer/withdraw.html", status=status, headers=HEADERS, order=order, token=token, may=may, refusal=refusal,
        time_zone=order.time_zone, return_days=RETURN_DAYS,
    )  # fmt: skip


@get("/o/{token:str}/withdraw/confirm", opt=by_link())
async def confirm(
    request: DoorRequest, house: NamedDependency[House], page: NamedDependency[Page], token: FromPath[str],
    line: Asked = None, units: Asked = None,
) -> Answer:  # fmt: skip
    """What will be noticed, word for word, and the button. Nothing has happened yet."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    left = order.withdrawable
    asked = dict(zip(line or (), units or (), strict=False))
    chosen = {at: min(n, left[at]) for at, n in asked.items() if n > 0 and left.get(at)}
    if not order.may_withdraw(house.clock()):
        return page.go(f"/o/{token}/withdraw")
    if not chosen:
        return choose_page(house, page, order, token, "nothing_chosen")
    return await confirm_page(house, page, order, token, chosen)


async def confirm_page(
    house: House, page: Page, order: CustomerOrder, token: str, chosen: dict[int, int], typed: str = "", error: str = ""
) -> Answer:
    page.lang = order.language
    async with borrowed(house.pool) as connection:
        known = masked(*await contact_of(connection, order.id))
    return page.html(
        "customer/withdraw_confirm.html", status=422 if error else 200, headers=HEADERS, order=order, token=token, form_id=new_id(),
        chosen=chosen, spelled=",".join(f"{at}:{n}" for at, n in chosen.items()), known=known, typed=typed, error=error,
    )  # fmt: skip


@post("/o/{token:str}/withdraw", opt=by_link(), status_code=200)
async def withdraw(
    request: DoorRequest, house: NamedDependency[House], page: NamedDependency[Page], token: FromPath[str],
    data: URLEncodedBody[ConfirmForm],
) -> Answer:  # fmt: skip
    """Keep the notice; sending it again changes nothing, and what is noticed already stands on the page with its date."""
    order = await find(request, house, token)
    if order is None:
        return not_found(page)
    chosen = {int(at): int(n) for at, _, n in (part.partition(":") for part in data.lines.split(",") if part)}
    typed = data.reply_to.strip()
    async with borrowed(house.pool) as connection:
        known = any(await contact_of(connection, order.id))
    try:
        if not (typed or known):
            raise msgspec.ValidationError("reply_to")  # a receipt is owed, and there is no way for it
        command = msgspec.convert(
            {"id": data.id, "order": order.id, "lines": [Noticed(at, n) for at, n in chosen.items()]}
            | ({"reply_to": typed} if typed else {}),
            Withdraw,
        )
    except msgspec.ValidationError as why:
        if "reply_to" not in str(why):
            return choose_page(house, page, order, token, "nothing_chosen", 422)
        left = order.withdrawable
        return await confirm_page(
            house, page, order, token, {at: n for at, n in chosen.items() if at in left}, typed, "bad_email"
        )
    try:
        await house.runner.perform(command, customer(order))
    except Invalid:
        return choose_page(house, page, order, token, "nothing_chosen", 422)
    except Conflict as refusal:
        # The page says what is noticed already, and since when; the end of the period is told in words.
        if refusal.code in ("withdrawal_over", "withdrawal_not_at_distance"):
            return choose_page(house, page, order, token, refusal.code, 409)
    return page.go(f"/o/{token}/withdraw")


ROUTES: list[BaseRouteHandler] = [choose, confirm, withdraw]
