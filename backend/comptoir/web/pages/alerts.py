"""Alerts: what is open, the worst first, with one act each; what is over; one with its story; how many call, for the rail."""

from datetime import timedelta
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody, URLEncodedBody
from litestar.response import Stream

from comptoir.alerting import queries
from comptoir.alerting.model import KINDS, AcknowledgeAlert, SnoozeAlert
from comptoir.alerting.queries import AlertView
from comptoir.alerting.saying import duration, figure, headline, sentence, whom
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed, in_transaction
from comptoir.kit.errors import Conflict, NotFound
from comptoir.kit.ids import new_id
from comptoir.notifications import push_sql
from comptoir.web.guards import MANAGERS, PUBLIC, by
from comptoir.web.live import Live
from comptoir.web.pages.manager import still_theirs, told
from comptoir.web.pages.page import Page
from comptoir.web.pages.shell import WORKER_POLICY
from comptoir.web.pages.typed import Typed
from comptoir.web.requests import DoorRequest
from comptoir.web.sync.push import Address, Browser

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
HERE: Final = "/manager/alerts"
SNOOZES: Final = (15, 60, 240)
OF_STOCK: Final = ("stock", "ledger")
"""Alerts that name their articles."""
LOST_FOR: Final = timedelta(days=14)
"""So long a manager reads that notifications no longer reach them."""
NOT_KEPT: Final = {"cache-control": "no-store"}


@get(HERE, opt=by(*MANAGERS))
async def alerts(
    house: TheHouse, actor: TheActor, page: ThePage, which: FromQuery[Literal["open", "past"]] = "open"
) -> Answer:
    """What is open, live; or the last hundred that ended. Whose browser was lost reads it here."""
    now = house.clock()
    async with borrowed(house.pool) as connection:
        lost = await queries.lost_since(connection, actor, now - LOST_FOR)
        rows = (
            await queries.list_open(connection, actor)
            if which == "open"
            else await queries.list_past(connection, actor)
        )
    return page.html("manager/alerts.html", rows=rows, which=which, lost=lost, now=now, **_words(page))


@get(HERE + "/stream", opt=by(*MANAGERS))
async def stream(house: TheHouse, actor: TheActor, page: ThePage, live: NamedDependency[Live]) -> Stream:
    """The list and the rail's count again whenever something of the actor's stores changed, at most once a second; until the sign-in ends
    or reaches other stores."""

    async def draw() -> dict[str, str]:
        async with borrowed(house.pool) as connection:
            rows = await queries.list_open(connection, actor)
            calling = await queries.count_calling(connection, actor)
        return {
            "alert-list": page.text("manager/_alerts.html", rows=rows, now=house.clock(), **_words(page)),
            "alert-count": page.text("manager/_alert_count.html", n=calling),
        }

    key = ("alerts", actor.locations, page.lang, id(house))
    return told(live, actor.locations, key, draw, still_theirs(house, actor, page))


@get(HERE + "/count", opt=by(*MANAGERS))
async def count(house: TheHouse, actor: TheActor, page: ThePage) -> Answer:
    """How many call, as the rail says it; empty for none."""
    async with borrowed(house.pool) as connection:
        n = await queries.count_calling(connection, actor)
    return page.html("manager/_alert_count.html", headers=NOT_KEPT, n=n)


@get(HERE + "/{alert:uuid}", opt=by(*MANAGERS))
async def one(alert: FromPath[UUID], house: TheHouse, actor: TheActor, page: ThePage) -> Answer:
    """One alert: how it went, who was told and how, what can be done. NotFound `alert_not_found`."""
    return await _one(house, actor, page, alert)


@post(HERE + "/{alert:uuid}/acknowledge", opt=by(*MANAGERS), status_code=200)
async def acknowledge(
    alert: FromPath[UUID], house: TheHouse, actor: TheActor, page: ThePage, data: URLEncodedBody[dict[str, Any]]
) -> Answer:
    """Somebody is at it, and says how."""
    typed = Typed(data)
    try:
        command = msgspec.convert({"id": typed.id(), "alert": alert, "word": typed.text("word")}, AcknowledgeAlert)
        await house.runner.perform(command, actor)
    except msgspec.ValidationError:
        return await _one(house, actor, page, alert, "alert_word_missing")
    except Conflict as refusal:
        return await _one(house, actor, page, alert, refusal.code)
    return page.go(f"{HERE}/{alert}")


@post(HERE + "/{alert:uuid}/snooze", opt=by(*MANAGERS), status_code=200)
async def snooze(
    alert: FromPath[UUID], house: TheHouse, actor: TheActor, page: ThePage, data: URLEncodedBody[dict[str, Any]]
) -> Answer:
    """Nobody is told of it for some time."""
    typed = Typed(data)
    minutes = typed.whole("minutes", 5, 1440)
    try:
        await house.runner.perform(SnoozeAlert(typed.id(), alert, minutes), actor)
    except Conflict as refusal:
        return await _one(house, actor, page, alert, refusal.code)
    return page.go(HERE)


@get("/manager/sw.js", opt=PUBLIC, sync_to_thread=False)
def worker(request: DoorRequest) -> Response[bytes]:
    """The worker of managers' pages: it shows notifications and keeps nothing. It takes the open pages on, so that a tap leads one of them on."""
    url = request.app.state.assets.url("js/push-event.js")
    text = (
        f'import {{ listen }} from "{url}";\nlisten({{ renew: "" }});\n'
        'addEventListener("activate", (event) => event.waitUntil(clients.claim()));\n'
    )
    headers = {"cache-control": "no-cache", "content-security-policy": WORKER_POLICY}
    return Response(text.encode(), headers=headers, media_type="text/javascript; charset=utf-8")


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The address of a browser; empty when it has none."""

    endpoint: Address | None = None


@post("/manager/push/state", opt=by(*MANAGERS), status_code=200)
async def push_state(house: TheHouse, actor: TheActor, data: JSONBody[Asked]) -> Response[Any]:
    """The key that browsers want before they give an address, and whether this one is told."""
    on = data.endpoint is not None and await push_sql.is_told(house.pool, UUID(actor.who), data.endpoint)
    return Response({"key": house.push.vapid.public_key, "on": on}, headers=NOT_KEPT)


@post("/manager/push", opt=by(*MANAGERS), status_code=200)
async def push_on(house: TheHouse, actor: TheActor, data: JSONBody[Browser]) -> Response[Any]:
    """This manager is told of alerts in this browser from now on; saying it again changes nothing."""
    keys = data.keys(house)
    await in_transaction(
        house.pool, actor.who, house.clock(),
        lambda tx: push_sql.keep_manager(tx, new_id(), UUID(actor.who), keys, data.language),
    )  # fmt: skip
    return Response({"on": True}, headers=NOT_KEPT)


@post("/manager/push/off", opt=by(*MANAGERS), status_code=200)
async def push_off(house: TheHouse, actor: TheActor, data: JSONBody[Asked]) -> Response[Any]:
    """No more in this browser."""
    if data.endpoint is not None:
        await push_sql.stop_manager(house.pool, UUID(actor.who), data.endpoint)
    return Response({"on": False}, headers=NOT_KEPT)


async def _one(house: House, actor: Actor, page: Page, alert: UUID, refused: str = "") -> Answer:
    async with borrowed(house.pool) as connection:
        found = await queries.find_alert(connection, actor, alert)
        if found is None:
            raise NotFound("alert_not_found")
        view, steps, notices = found
        open_of_stock = view.kind in OF_STOCK and view.ended_at is None
        faults = await queries.list_faults(connection, actor, view.kind, view.location) if open_of_stock else []
    return page.html(
        "manager/alert.html", status=409 if refused == "alert_ended" else 422 if refused else 200, one=view, steps=steps,
        notices=notices, faults=faults, most=queries.MOST_FAULTS, refused=refused, now=house.clock(), time_zone=view.time_zone, **_words(page),
    )  # fmt: skip


def _words(page: Page) -> dict[str, Any]:
    """What templates say alerts with."""
    return {
        "kinds": KINDS,
        "snoozes": SNOOZES,
        "most_shown": queries.MOST_SHOWN,
        "new_id": new_id,
        "headline": lambda one: headline(one.kind, one.place, one.name, page.lang),
        "whom": lambda one: whom(one.kind, one.place, one.name, page.lang),
        "sentence": lambda one, n=None: sentence(
            one.kind, one.place, one.name, one.value if n is None else n, page.lang
        ),
        "figure": lambda one, n=None: figure(one.kind, one.value if n is None else n, page.lang),
        "duration": lambda minutes: duration(minutes, page.lang),
        "page_of": page_of,
    }


def page_of(one: AlertView) -> str:
    """The list behind an alert: the one act that its card offers."""
    return KINDS[one.kind].page.format(place=one.location or "")


ROUTES: list[BaseRouteHandler] = [
    alerts, stream, count, one, acknowledge, snooze, worker, push_state, push_on, push_off,
]  # fmt: skip
