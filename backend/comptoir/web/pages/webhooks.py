"""The Webhooks page: where events go, how well they arrive, what was sent; a secret is shown once, when it is made."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Invalid, Refusal
from comptoir.kit.ids import new_id
from comptoir.network import queries as network
from comptoir.outgoing import model, signing
from comptoir.outgoing.bodies import KINDS
from comptoir.outgoing.model import EndpointChanged, Replayed
from comptoir.screens import webhooks as screen
from comptoir.web.guards import by
from comptoir.web.pages.audit import past_of
from comptoir.web.pages.page import Page
from comptoir.web.pages.session import Answer
from comptoir.web.pages.typed import Typed

HERE: Final = "/manager/webhooks"
COUNTED: Final = timedelta(days=30)
SHOWN: Final = 30
ZONE: Final = ZoneInfo("Europe/Paris")
STATES: Final = ("open", "done", "failed")
GROUPS: Final = tuple(dict.fromkeys(kind.split(".")[0] for kind in KINDS))


@get(HERE, opt=by("head_office"))
async def endpoints(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page]
) -> Answer:
    """Every endpoint with its health, the troubled first."""
    now = house.clock()
    async with borrowed(house.pool) as connection:
        rows = await screen.list_endpoints(connection, actor.locations, now - COUNTED)
    return page.html("admin/webhooks.html", rows=rows, now=now)


@get(HERE + "/new", opt=by("head_office"))
async def new_endpoint(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page]
) -> Answer:
    """A form for another one."""
    return await _form(house, actor, page, None)


@post(HERE + "/new", opt=by("head_office"), status_code=200)
async def register(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """Registered; its secret is shown on the page that answers, and sending the form again shows the same."""
    typed = Typed(data)
    return await _save(house, actor, page, typed, typed.id(), 0)


@get(HERE + "/{endpoint:uuid}", opt=by("head_office"))
async def endpoint_page(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    endpoint: FromPath[UUID], status: FromQuery[str | None] = None, after: FromQuery[UUID | None] = None,
    done: FromQuery[str] = "", n: FromQuery[int] = 0,
) -> Answer:  # fmt: skip
    """One endpoint: health, deliveries, what can be done."""
    return await _one(house, actor, page, endpoint, status if status in STATES else None, after, done, n)


@get(HERE + "/{endpoint:uuid}/change", opt=by("head_office"))
async def change_form(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], endpoint: FromPath[UUID]
) -> Answer:
    """Its form as it stands."""
    return await _form(house, actor, page, endpoint)


@post(HERE + "/{endpoint:uuid}/change", opt=by("head_office"), status_code=200)
async def change(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    endpoint: FromPath[UUID], data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """Another name, address, choice of kinds or places; refused, the page comes back with what was typed."""
    typed = Typed(data)
    return await _save(house, actor, page, typed, endpoint, typed.whole("version", 1, 999_999_999))


@post(HERE + "/{endpoint:uuid}/secret", opt=by("head_office"), status_code=200)
async def rotate(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    endpoint: FromPath[UUID], data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """Another secret, shown on the page that answers."""
    typed = Typed(data)
    command = model.RotateSecret(typed.id(), endpoint, bool(typed.text("at_once")))
    changed: EndpointChanged = (await house.runner.perform(command, actor)).read(EndpointChanged)
    return _secret(house, page, changed)


@post(HERE + "/{endpoint:uuid}/act", opt=by("head_office"), status_code=200)
async def act(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    endpoint: FromPath[UUID], data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """Pause, resume, try, remove, send again: one button each."""
    typed = Typed(data)
    what = typed.text("what")
    count = 0
    try:
        match what:
            case "pause":
                await house.runner.perform(model.PauseEndpoint(typed.id(), endpoint), actor)
            case "resume":
                await house.runner.perform(model.ResumeEndpoint(typed.id(), endpoint), actor)
            case "try":
                await house.runner.perform(model.TryEndpoint(typed.id(), endpoint), actor)
            case "remove":
                await house.runner.perform(model.CloseEndpoint(typed.id(), endpoint), actor)
                return page.go(HERE)
            case "replay":
                command = model.ReplayDelivery(typed.id(), endpoint, _uuid(typed.text("delivery")))
                count = (await house.runner.perform(command, actor)).read(Replayed).deliveries
            case "span":
                since, until = typed.moment("since", ZONE), typed.moment("until", ZONE)
                if since is None or until is None:
                    raise Invalid("span_wrong")
                span = model.ReplaySpan(typed.id(), endpoint, since, until, bool(typed.text("failed")))
                count = (await house.runner.perform(span, actor)).read(Replayed).deliveries
            case _:
                raise Invalid("span_wrong")
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return await _one(house, actor, page, endpoint, None, None, "", 0, refusal)
    return page.go(f"{HERE}/{endpoint}?done={what}&n={count}")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("span_wrong") from None


async def _save(house: House, actor: Actor, page: Page, typed: Typed, endpoint: UUID, version: int) -> Answer:
    try:
        url = typed.text("url")
        command = msgspec.convert(
            {
                "id": typed.id(), "endpoint": endpoint, "version": version, "name": typed.text("name"), "url": url,
                "kinds": typed.many("kinds"), "locations": typed.many("locations") or None,
            },
            model.SaveEndpoint,
        )  # fmt: skip
        await house.webhooks.check(url)
        done = await house.runner.perform(command, actor)
    except msgspec.ValidationError as wrong:
        field = next((name for name in ("name", "url", "kinds") if f"$.{name}" in str(wrong)), "url")
        return await _form(
            house,
            actor,
            page,
            endpoint if version else None,
            typed,
            Invalid(f"webhook_{field}_needed" if field != "url" else "webhook_url_wrong", field=field),
        )
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return await _form(house, actor, page, endpoint if version else None, typed, refusal)
    return page.go(f"{HERE}/{endpoint}?done=saved") if version else _secret(house, page, done.read(EndpointChanged))


def _secret(house: House, page: Page, changed: EndpointChanged) -> Answer:
    secret = signing.secret_of(house.seal, changed.endpoint, changed.secret_number)
    headers = {"cache-control": "no-store"}
    return page.html("admin/webhook_secret.html", headers=headers, shows_secret=True, secret=secret, endpoint=changed.endpoint, first=changed.secret_number == 1)  # fmt: skip


async def _form(
    house: House,
    actor: Actor,
    page: Page,
    endpoint: UUID | None,
    typed: Typed | None = None,
    refusal: Refusal | None = None,
) -> Answer:
    async with borrowed(house.pool) as connection:
        row = await screen.find_endpoint(connection, endpoint, actor.locations, house.clock()) if endpoint else None
        places = await network.list_names(connection, actor.locations)
    return page.html(
        "admin/webhook_form.html", status=refusal.status if refusal else 200, row=row, typed=typed, refusal=refusal, places=places,
        wrong=refusal.facts.get("field", "url" if "url" in refusal.code else "") if refusal else "", id=new_id(),
        groups=[(group, [kind for kind in KINDS if kind.startswith(group + ".")]) for group in GROUPS],
    )  # fmt: skip


async def _one(
    house: House, actor: Actor, page: Page, endpoint: UUID, state: str | None, after: UUID | None, done: str, n: int,
    refusal: Refusal | None = None,
) -> Answer:  # fmt: skip
    now: datetime = house.clock()
    async with borrowed(house.pool) as connection:
        row = await screen.find_endpoint(connection, endpoint, actor.locations, now - COUNTED)
        deliveries = await screen.list_deliveries(connection, endpoint, actor.locations, state, after, SHOWN)
        names = {place: name for place, name, _ in await network.list_names(connection, actor.locations)}
        past = await past_of(connection, actor, "webhooks", endpoint)
    following = deliveries[-1].id if len(deliveries) == SHOWN else None
    return page.html(
        "admin/webhook.html", status=refusal.status if refusal else 200, row=row, deliveries=deliveries, state=state, following=following,
        past=past, names=names, done=done, n=n, refusal=refusal, now=now, new_id=new_id, states=STATES, ref=signing.message_id,
        zone=ZONE,
    )  # fmt: skip


ROUTES: list[BaseRouteHandler] = [
    endpoints, new_endpoint, register, endpoint_page, change_form, change, rotate, act,
]  # fmt: skip
