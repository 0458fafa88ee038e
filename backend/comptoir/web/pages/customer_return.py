"""Behind the customer's link: one return that was sent. Its number and QR, its label, where goods and money are; or nothing comes after all."""

from collections.abc import Mapping
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, URLEncodedBody

from comptoir.flows.return_terms import (
    verdicts_of,
)
from comptoir.house import House
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.qr import qr_path
from comptoir.returns.accessories import kept_for
from comptoir.returns.credit import SCANNED, credit_code, spaced
from comptoir.returns.drafting import (
    next_step,
)
from comptoir.returns.eligibility import Verdict
from comptoir.returns.model import CancelReturn
from comptoir.screens.customer_return import (
    CustomerReturn,
    Lacking,
    StoreNear,
    find_label,
    near_stores,
)
from comptoir.web.guards import by_link
from comptoir.web.pages.customer_link import HEADERS, Answer, customer, not_found
from comptoir.web.pages.page import Page
from comptoir.web.pages.return_steps import (
    ONE,
    Holder,
    TheHouse,
    ThePage,
    Token,
    address_of,
    draft_of,
    holder_of,
    sent_of,
)
from comptoir.web.requests import DoorRequest


class IdForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: UUID


@get(ONE, opt=by_link())
async def show(request: DoorRequest, house: TheHouse, page: ThePage, token: Token, rma: FromPath[UUID]) -> Answer:
    """The return: its number and QR, its label, where goods and money are."""
    held = await holder_of(request, house, page, token)
    if held is None:
        return not_found(page)
    found = await sent_of(house, held, rma)
    if found is None:
        draft = await draft_of(house, held, rma)
        return page.go(
            f"{address_of(token, rma)}/{next_step(draft, held.terms.reasons)}" if draft else f"/o/{token}/return"
        )
    return await _sent_page(house, page, held, token, found)


async def _sent_page(
    house: House, page: Page, held: Holder, token: str, found: CustomerReturn, refusal: Refusal | None = None
) -> Answer:
    now = house.clock()
    stores: list[StoreNear] = []
    if found.status == "requested" and (found.method == "store" or (found.label is not None and found.label.stranded)):
        async with borrowed(house.pool) as connection:
            stores = await near_stores(connection, held.order.id, held.terms.country, held.terms.postcode, now)
    side, path = qr_path(found.number)
    verdicts = verdicts_of(held.terms, found.lines, found.noticed_at or found.opened_at)
    by_law = all(one.right == "law" for one in verdicts.values())
    credit = None
    if found.status == "settled" and found.credit_left_minor and not held.gift:
        code = credit_code(house.seal, found.id)
        credit = CreditShown(spaced(code), *qr_path(f"{SCANNED}{code}"))
    return page.html(
        "customer/return_one.html", status=refusal.status if refusal else 200, headers=HEADERS, order=held.order, token=token, one=found,
        gift=held.gift, stores=stores, side=side, path=path, now=now, time_zone=held.order.time_zone, form_id=new_id(), refusal=refusal,
        refund_by=found.refund_by(held.order.time_zone) if by_law else None, by_law=by_law,
        lacking=lacking_of(found, verdicts), credit=credit,
    )  # fmt: skip


class CreditShown(msgspec.Struct, frozen=True):
    """The code of a credit as people read it, and its QR."""

    code: str
    side: int
    path: str


def lacking_of(found: CustomerReturn, verdicts: Mapping[int, Verdict]) -> list[tuple[Lacking, int]]:
    """What was missing of what came, and what is kept for it: as it was settled, or as it would be, told before anything is."""
    if found.status == "settled":
        return [(one, one.kept_minor) for one in found.lacking]
    return [
        (one, kept_for(one.absent, verdicts[one.line], one.paid_minor) if one.line in verdicts else 0)
        for one in found.lacking
    ]


@get(ONE + "/label", opt=by_link())
async def label(request: DoorRequest, house: TheHouse, page: ThePage, token: Token, rma: FromPath[UUID]) -> Answer:
    """The label as its carrier gave it, now and later."""
    held = await holder_of(request, house, page, token)
    if held is None:
        return not_found(page)
    found = await sent_of(house, held, rma)
    if found is None:
        return not_found(page)
    async with borrowed(house.pool) as connection:
        file = await find_label(connection, held.order.id, rma)
    if file is None:
        return page.go(address_of(token, rma))
    named = {"content-disposition": f'inline; filename="{found.number}.pdf"'}
    return Response(file[0], media_type=file[1], headers=HEADERS | named)


@post(ONE + "/cancel", opt=by_link(), status_code=200)
async def cancel(
    request: DoorRequest, house: TheHouse, page: ThePage, token: Token, rma: FromPath[UUID], data: URLEncodedBody[IdForm]
) -> Answer:  # fmt: skip
    """Nothing comes after all."""
    held = await holder_of(request, house, page, token)
    if held is None:
        return not_found(page)
    found = await sent_of(house, held, rma)
    if found is None:
        return page.go(f"/o/{token}/return")
    if found.status == "requested" and not found.may_change:
        return await _sent_page(house, page, held, token, found, Conflict("return_on_its_way"))
    try:
        await house.runner.perform(CancelReturn(id=data.id, rma=rma), customer(held.order))
    except Conflict as refusal:
        if refusal.code != "not_now":
            raise
    return page.go(address_of(token, rma))


ROUTES: list[BaseRouteHandler] = [show, label, cancel]
