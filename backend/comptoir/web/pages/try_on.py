"""The customer tries on before the goods leave: what is taken is scanned, what stays is looked at, and one button does all of it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, JSONBody

from comptoir.flows.settle_return import with_code
from comptoir.flows.try_on import TriedOnAndSettled, TryOn
from comptoir.fulfillment.model import HandOver
from comptoir.house import House
from comptoir.kit import reason_rows
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.words import Maybe
from comptoir.returns.model import MOST_UNITS, Apart, Replacement, Settling, Wish
from comptoir.returns.permit_reasons import PERMIT
from comptoir.returns.queries import list_reasons
from comptoir.returns.reasons import offered
from comptoir.screens import counter, return_desk, return_done, signed_in
from comptoir.staff.model import Colleague
from comptoir.staff.queries import find_managers
from comptoir.web.guards import COUNTER, by
from comptoir.web.pages import return_view
from comptoir.web.pages.handing import store_of
from comptoir.web.pages.page import Page
from comptoir.web.pages.return_answers import as_json, shown_credit, spoken
from comptoir.web.pages.return_settling import Allowed, Instead, permission_of, waives, ways_of
from comptoir.web.pages.return_verdicts import rules_of

TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]


class Tapped(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that was chosen on the page; `id` and `rma` were made with it, so that a second tap changes nothing."""

    id: UUID
    rma: UUID
    hand_over: HandOver
    wish: Wish = "refund"
    apart: Annotated[tuple[Apart, ...], msgspec.Meta(max_length=MOST_UNITS)] = ()
    exchange: Annotated[tuple[Instead, ...], msgspec.Meta(max_length=50)] = ()
    till: Annotated[str, msgspec.Meta(max_length=64)] = ""
    credit: Maybe = ""
    permission: Allowed | None = None


@get("/counter/orders/{order:uuid}/try-on", opt=by(*COUNTER))
async def try_on(
    order: FromPath[UUID], house: TheHouse, actor: TheActor, page: ThePage, now: NamedDependency[datetime]
) -> Response[Any]:
    """What lies in the bags, unit by unit. Bags that were scanned and what was checked come along from the page before."""
    store = store_of(actor)
    async with borrowed(house.pool) as connection:
        view = await counter.read(connection, order, store)
        if not view.staged or view.all_recalled:
            return page.go(f"/counter/orders/{order}")
        sold = await return_desk.read_order(connection, order, store)
        policy = (await rules_of(connection, None, now, page.lang)).policy
        used = await return_desk.most_used(connection)
        reasons = return_view.sorted_reasons(offered(await list_reasons(connection), to_customer=True), used, page.lang)
        managers: list[Colleague] | None = None
        if actor.role != "store_manager":
            managers = await find_managers(connection, store)
        permits = [one for one in await reason_rows.list_reasons(connection, PERMIT) if one.used]
        zone = (await signed_in.read(connection, actor, store)).time_zone
    data = return_view.in_the_bag(view, sold, policy, page.lang) | {
        "id": str(new_id()), "rma": str(new_id()), "reasons": reasons, "sign_in_id": str(actor.sign_in),
    }  # fmt: skip
    return page.html(
        "associate/try_on.html", view=view, data=return_view.pictured(data, page.picture), reasons=reasons, managers=managers, permits=permits, now=now, time_zone=zone,
    )  # fmt: skip


async def command_of(order: UUID, data: Tapped, house: House, actor: Actor) -> TryOn:
    """What the tap asks for, with the permission that came with it. NotFound for another order than the page's."""
    if data.hand_over.order != order:
        raise NotFound("order_not_found")
    settling = Settling(
        data.wish, tuple(Replacement(one.sku) for one in data.exchange), till_reference=data.till or None, credit=data.credit.strip() or None,
        apart=data.apart, waive=waives(data.permission),
    )  # fmt: skip
    permission = await permission_of(data.permission, house, actor)
    return TryOn(id=data.id, rma=data.rma, hand_over=data.hand_over, settling=settling, permission=permission)


@post("/counter/orders/{order:uuid}/try-on/rehearsal", opt=by(*COUNTER), status_code=200)
async def rehearse(
    order: FromPath[UUID], data: JSONBody[Tapped], house: TheHouse, actor: TheActor, page: ThePage
) -> Response[Any]:
    """What the customer would get, to the cent, and where each unit that stays would go; or why not."""
    try:
        command = await command_of(order, data, house, actor)
        settled = (await house.runner.rehearse(command, actor)).read(TriedOnAndSettled).settled
    except NotFound:
        raise
    except Refusal as refusal:
        return as_json({"problem": spoken(refusal, page.lang)})
    async with borrowed(house.pool) as connection:
        currency = await return_done.currency_of(connection, order, None)
    return as_json(return_view.promised(settled, ways_of(settled), currency, page.lang, tried=True))


@post("/counter/orders/{order:uuid}/try-on", opt=by(*COUNTER), status_code=200)
async def settle(
    order: FromPath[UUID], data: JSONBody[Tapped], house: TheHouse, actor: TheActor, page: ThePage
) -> Response[Any]:
    """Carry it out; the page goes on to what left and what stayed."""
    try:
        command = await command_of(order, data, house, actor)
        done = (await house.runner.perform(command, actor)).read(TriedOnAndSettled)
    except NotFound:
        raise
    except Refusal as refusal:
        return as_json({"problem": spoken(refusal, page.lang)})
    credit = shown_credit(with_code(done.settled, house.seal).credit)
    return as_json({"href": f"/counter/orders/{order}/done", "credit": credit})


ROUTES: list[BaseRouteHandler] = [try_on, rehearse, settle]
