"""Web push behind words that nobody can guess: a worker tells what it has shown and that its address changed; a customer follows an order."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, JSONBody

from comptoir.house import House
from comptoir.kit.db import in_transaction
from comptoir.kit.errors import NotFound
from comptoir.kit.ids import new_id
from comptoir.notifications import push_sql
from comptoir.web import limits
from comptoir.web.guards import PUBLIC, by_link
from comptoir.web.pages.customer_link import find
from comptoir.web.pages.shell import WORKER_POLICY
from comptoir.web.requests import DoorRequest
from comptoir.web.sync.push import Address, Browser


class Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ref` came encrypted in the push: only the browser that could read it knows it."""

    ref: UUID


@post("/push/shown", opt=by_link(), status_code=200)
async def shown(request: DoorRequest, data: JSONBody[Shown], house: NamedDependency[House]) -> Response[Any]:
    """A browser has shown it; told twice it stays at the first time. NotFound when nothing of that name was sent."""
    at = await push_sql.shown(house.pool, data.ref, house.clock())
    if at is None:
        await limits.count_address(request, limits.LINK)
        raise NotFound("push_unknown")
    return Response({"shown_at": msgspec.to_builtins(at)}, headers={"cache-control": "no-store"})


@post("/push/moved", opt=by_link(), status_code=200)
async def moved(request: DoorRequest, data: JSONBody[Browser], house: NamedDependency[House]) -> Response[Any]:
    """The browser has changed its address by itself; whoever names the old one may say so. The same again changes nothing."""
    if data.old is None:
        raise NotFound("push_unknown")
    keys = data.keys(house)
    if not await in_transaction(house.pool, "browser", house.clock(), lambda tx: push_sql.follow(tx, keys)):
        await limits.count_address(request, limits.LINK)
    return Response({}, headers={"cache-control": "no-store"})


class Unfollow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The address that is told nothing of the order any more."""

    endpoint: Address


@get("/o/sw.js", opt=PUBLIC, sync_to_thread=False)
def worker(request: DoorRequest) -> Response[bytes]:
    """The worker of customers' pages: it shows notifications, and keeps a page with a pass for when there is no network."""
    url = request.app.state.assets.url
    text = (
        f'import {{ listen }} from "{url("js/push-event.js")}";\nimport {{ keepPasses }} from "{url("js/pass-keeping.js")}";\n'
        "listen();\nkeepPasses();\n"
    )
    headers = {"cache-control": "no-cache", "content-security-policy": WORKER_POLICY}
    return Response(text.encode(), headers=headers, media_type="text/javascript; charset=utf-8")


@post("/o/{token:str}/push", opt=by_link(), status_code=200)
async def follow(
    request: DoorRequest, house: NamedDependency[House], token: FromPath[str], data: JSONBody[Browser]
) -> Response[Any]:
    """Whoever holds the link hears of the order in this browser from now on; saying it again changes nothing."""
    order = await find(request, house, token)
    if order is None:
        raise NotFound("order_not_found")
    keys, now, id = data.keys(house), house.clock(), order.id
    await in_transaction(
        house.pool, "customer", now, lambda tx: push_sql.keep_customer(tx, new_id(), id, keys, order.language)
    )
    return Response({"on": True}, headers={"cache-control": "no-store"})


@post("/o/{token:str}/push/off", opt=by_link(), status_code=200)
async def unfollow(
    request: DoorRequest, house: NamedDependency[House], token: FromPath[str], data: JSONBody[Unfollow]
) -> Response[Any]:
    """This browser hears of the order no more."""
    order = await find(request, house, token)
    if order is None:
        raise NotFound("order_not_found")
    await push_sql.stop_customer(house.pool, order.id, data.endpoint)
    return Response({"on": False}, headers={"cache-control": "no-store"})


ROUTES: list[BaseRouteHandler] = [shown, moved, worker, follow, unfollow]
