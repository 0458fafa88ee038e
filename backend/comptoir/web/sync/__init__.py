"""Device events: what a handheld's journal tells, in order, by the device's own credential."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from comptoir.flows.keep_packs import KeepPacks, Kept, keep_packs
from comptoir.fulfillment.journal import MOST, NEWEST, Batch, Taken
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import in_transaction
from comptoir.kit.errors import Refusal
from comptoir.screens import here
from comptoir.screens import pack as pack_screen
from comptoir.web.actors import language_of
from comptoir.web.guards import on_device
from comptoir.web.problems import TooLarge, say
from comptoir.web.requests import DoorRequest
from comptoir.web.sync.kept_announcements import kept_announcements
from comptoir.web.sync.kept_counter import keep_counter
from comptoir.web.sync.kept_counts import kept_counts
from comptoir.web.sync.kept_recalls import kept_recalls
from comptoir.web.sync.photos import ROUTES as PHOTOS
from comptoir.web.sync.photos import awaited
from comptoir.web.sync.push import ROUTES as PUSH

PROTOCOL = {"x-sync-protocol": "1", "cache-control": "no-store"}


MOST_BYTES = 64_000
"""Of one batch. A device that is told 413 sends half as many lines."""


class Outdated(Refusal):
    """The device speaks a newer language than this server: it keeps everything and waits for the server's update."""

    status = 426
    default_code = "sync_version"


class Envelope(msgspec.Struct, frozen=True):
    """The little of a batch that every version of it has."""

    v: int = 1
    events: tuple[msgspec.Raw, ...] = ()


async def look_at_envelope(request: Request[Any, Any, Any]) -> None:
    """Before a batch is read strictly. Outdated for a newer form of it, TooLarge for more lines than we take at once."""
    try:
        envelope = msgspec.json.decode(await request.body(), type=Envelope)
    except msgspec.DecodeError:
        return  # The strict reading says what is wrong with it.
    if envelope.v > NEWEST:
        raise Outdated(newest=NEWEST)
    if len(envelope.events) > MOST:
        raise TooLarge(most=MOST)


@post(
    "/events",
    opt=on_device() | {"mends_text": True},
    status_code=200,
    before_request=look_at_envelope,
    request_max_body_size=MOST_BYTES,
)
async def take_events(
    request: DoorRequest, data: JSONBody[Batch], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Take a batch; 200 whenever it was understood, with what came of each event and the touched packs as they are now."""
    now = house.clock()
    taken: Taken = await in_transaction(
        house.pool, f"device:{actor.device}", now, lambda tx: house.reports(tx, data, actor, now)
    )
    packs = await pack_screen.read_many(house.pool, taken.touched_packs, actor, now)
    odd = any(told.outcome != "applied" for told in taken.outcomes)
    packs = [drawn(request, pack) for pack in packs if pack_screen.has_changed(pack) or (odd and not pack["closed"])]
    language = language_of(request)
    outcomes = [
        msgspec.to_builtins(told) | ({"problem": spoken(told.problem, language)} if told.problem else {})
        for told in taken.outcomes
    ]
    return Response(
        {"acked_through": taken.acked_through, "outcomes": outcomes, "packs": packs, "html": []},
        headers=PROTOCOL,
        media_type="application/json",
    )


@post("/keep", opt=on_device(), status_code=200)
async def keep(
    request: DoorRequest, data: JSONBody[KeepPacks], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[Any]:
    """What this device needs with no network: its packs, leased anew, and the next ones; what it holds in vain is named."""
    now = house.clock()
    kept: Kept = await in_transaction(
        house.pool, f"device:{actor.device}", now, lambda tx: keep_packs(tx, data, actor, now)
    )
    packs = await pack_screen.read_many(house.pool, kept.packs, actor, now)
    place = await here.read(house.pool, actor)
    answer = {
        "counts": await kept_counts(house, actor, now, request.app.state.templates.globals["picture"], data.counts),
        "announcements": await kept_announcements(house, actor, now),
        "recalls": await kept_recalls(house, actor, now, request.app.state.templates.globals["picture"], language_of(request)),
        "photos": await awaited(house, actor, now),
        "server_time": utc(now), "location": place.location, "device": place.device,
        "packs": [drawn(request, pack) for pack in packs], "gone": kept.gone,
        "counter": await keep_counter(house, actor, now, request.app.state.templates.globals["picture"]) if data.counter else None,
    }  # fmt: skip
    return Response(answer, headers=PROTOCOL, media_type="application/json")


def drawn(request: DoorRequest, pack: dict[str, Any]) -> dict[str, Any]:
    """The pack with the addresses of its pictures, as the page gives it."""
    with_addresses: Callable[[dict[str, Any]], dict[str, Any]] = request.app.state.templates.filters["with_pictures"]
    return with_addresses(pack)


def spoken(code: str, language: str) -> dict[str, str]:
    """A problem's code with its title, its detail and what to do next, in the reader's language."""
    return {
        "type": f"/problems/{code}",
        "code": code,
        "title": say(code, "title", language),
        "detail": say(code, "what", language),
        "next": say(code, "next", language),
    }


@get("/ping", opt=on_device(), sync_to_thread=False)
def ping(now: NamedDependency[datetime]) -> Response[Any]:
    """The server is there, it is really this server (not a hotel's login page), and this is its time."""
    return Response({"pong": True, "now": utc(now)}, headers=PROTOCOL, media_type="application/json")


def utc(at: datetime) -> str:
    """A time as devices read it."""
    return at.isoformat().replace("+00:00", "Z")


ROUTES: list[BaseRouteHandler] = [take_events, keep, ping, *PUSH, *PHOTOS]
