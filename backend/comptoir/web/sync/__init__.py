"""Device events: what a handheld's journal tells, in order, by the device's own credential."""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from comptoir.flows.keep_packs import KeepPacks, Kept, keep_packs
from comptoir.flows.take_reports import Batch, Taken
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import in_transaction
from comptoir.kit.errors import Conflict
from comptoir.screens import here
from comptoir.screens import pack as pack_screen
from comptoir.web.actors import language_of
from comptoir.web.guards import on_device
from comptoir.web.problems import members, say
from comptoir.web.rendering import iso
from comptoir.web.requests import DoorRequest

PROTOCOL = {"x-sync-protocol": "1", "cache-control": "no-store"}


@post("/events", opt=on_device(), status_code=200)
async def take_events(
    request: DoorRequest, data: JSONBody[Batch], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Take a batch; 200 whenever it was understood, with what came of each event and the touched packs as they are now."""
    now = house.clock()
    try:
        taken: Taken = await in_transaction(
            house.pool, f"device:{actor.device}", now, lambda tx: house.reports(tx, data, actor, now)
        )
    except Conflict as conflict:
        body = members(conflict, language_of(request))
        return Response(body, status_code=conflict.status, headers=PROTOCOL, media_type="application/json")
    packs = await pack_screen.read_many(house.pool, taken.touched_packs, actor, now)
    odd = any(told.outcome != "applied" for told in taken.outcomes)
    packs = [drawn(request, pack) for pack in packs if odd or pack_screen.has_changed(pack)]
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
        "server_time": iso(now), "location": place.location, "device": place.device,
        "packs": [drawn(request, pack) for pack in packs], "gone": kept.gone, "counter": None,
    }  # fmt: skip
    return Response(answer, headers=PROTOCOL, media_type="application/json")


def drawn(request: DoorRequest, pack: dict[str, Any]) -> dict[str, Any]:
    """The pack with the addresses of its pictures, as the page gives it."""
    with_addresses: Callable[[dict[str, Any]], dict[str, Any]] = request.app.state.templates.filters["with_pictures"]
    return with_addresses(pack)


def spoken(code: str, language: str) -> dict[str, str]:
    """A problem's code with its title and detail, in the reader's language."""
    return {
        "type": f"/problems/{code}",
        "code": code,
        "title": say(code, "title", language),
        "detail": say(code, "what", language),
    }


@get("/ping", opt=on_device())
async def ping() -> Response[Any]:
    """The server is there, and it is really this server (not a hotel's login page)."""
    return Response({"pong": True}, headers=PROTOCOL, media_type="application/json")


ROUTES: list[BaseRouteHandler] = [take_events, keep, ping]
