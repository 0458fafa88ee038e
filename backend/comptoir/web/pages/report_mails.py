"""Reports by mail: what somebody gets, another one, no more of it; and the link at the end of such a mail, which needs no sign-in."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.flows.subscribe_report import by_link as acting_by_link
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict
from comptoir.kit.ids import new_id, same
from comptoir.kit.words import Slug
from comptoir.notifications.report_mails import stop_token
from comptoir.reporting import subscribing_sql
from comptoir.reporting.subscribing import MOST, Rhythm, StopReport, SubscribeReport
from comptoir.web.guards import MANAGERS, by, by_link
from comptoir.web.pages.page import Page

Answer = Response[Any]
HEADERS: Final = {"referrer-policy": "no-referrer", "cache-control": "private, no-store"}
"""Of the page behind the link: the address is the secret."""


class SubscribeForm(msgspec.Struct, frozen=True):
    """A report, how often, and of which place; empty for all."""

    id: UUID
    report: Slug
    rhythm: Rhythm
    location: Annotated[str, msgspec.Meta(max_length=64, pattern=r"^([a-z0-9][a-z0-9-]*)?\Z")] = ""


class StopForm(msgspec.Struct, frozen=True):
    id: UUID


@get("/manager/trends/mails", opt=by(*MANAGERS))
async def mails(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
    done: FromQuery[bool] = False,
) -> Answer:
    """What one gets, when next, and what came of the last mail of each."""
    return await mails_page(house, actor, page, done=done)


@post("/manager/trends/mails", opt=by(*MANAGERS), status_code=200)
async def subscribe(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
    data: URLEncodedBody[SubscribeForm],
) -> Answer:
    """One report more. NotFound `report_not_found`, `location_not_found`."""
    try:
        await house.runner.perform(SubscribeReport(data.id, data.report, data.rhythm, data.location or None), actor)
    except Conflict as refusal:
        if refusal.code not in ("too_many_reports", "mail_address_missing"):
            raise
        return await mails_page(house, actor, page, refused=refusal.code)
    return page.go("/manager/trends/mails?done=true")


@post("/manager/trends/mails/{subscription:uuid}/stop", opt=by(*MANAGERS), status_code=200)
async def stop(
    subscription: FromPath[UUID], house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    data: URLEncodedBody[StopForm],
) -> Answer:  # fmt: skip
    """No more of it. NotFound `subscription_not_found` for somebody else's."""
    await house.runner.perform(StopReport(data.id, subscription), actor)
    return page.go("/manager/trends/mails?done=true")


@get("/reports/stop/{subscription:uuid}/{token:str}", opt=by_link())
async def ask_to_stop(
    subscription: FromPath[UUID], token: FromPath[str], house: NamedDependency[House], page: NamedDependency[Page]
) -> Answer:
    """One button: programs that open every link of a mail must not end anything."""
    return await stop_page(house, page, subscription, token)


@post("/reports/stop/{subscription:uuid}/{token:str}", opt=by_link(), status_code=200)
async def stop_by_link(
    subscription: FromPath[UUID], token: FromPath[str], house: NamedDependency[House], page: NamedDependency[Page]
) -> Answer:
    """By the button, or by a mail program that sends `List-Unsubscribe=One-Click`: no cookie, no redirect, as often as it likes."""
    return await stop_page(house, page, subscription, token, now=True)


async def stop_page(house: House, page: Page, subscription: UUID, token: str, *, now: bool = False) -> Answer:
    async with borrowed(house.pool) as connection:
        found = await subscribing_sql.find(connection, subscription)
    if found is None or not same(token, stop_token(house.seal, subscription)):
        return page.html("manager/trend_stop.html", status=404, headers=HEADERS, found=None, done=False, link="")
    if now and found["ended_at"] is None:
        actor = Actor(acting_by_link(subscription), "customer", (), via="link", language=page.lang)
        await house.runner.perform(StopReport(new_id(), subscription), actor)
    done = now or found["ended_at"] is not None
    return page.html(
        "manager/trend_stop.html", headers=HEADERS, found=found, done=done, link=f"/reports/stop/{subscription}/{token}"
    )


async def mails_page(house: House, actor: Actor, page: Page, *, refused: str = "", done: bool = False) -> Answer:
    async with borrowed(house.pool) as connection:
        rows = await subscribing_sql.list_mine(connection, UUID(actor.who))
        missed = await subscribing_sql.list_missed(connection) if actor.locations is None else []
    return page.html(
        "manager/trend_mails.html", status=409 if refused else 200, rows=rows, missed=missed, refused=refused, done=done, most=MOST, new_id=new_id,
        now=house.clock(),
    )  # fmt: skip


ROUTES: list[BaseRouteHandler] = [mails, subscribe, stop, ask_to_stop, stop_by_link]
