"""What a service worker tells by itself: a notification was shown, the browser has another address. Both by words that nobody can guess."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from comptoir.house import House
from comptoir.kit.db import in_transaction
from comptoir.kit.errors import NotFound
from comptoir.notifications import push_sql
from comptoir.web import limits
from comptoir.web.guards import by_link
from comptoir.web.requests import DoorRequest
from comptoir.web.sync.push import Browser


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


ROUTES: list[BaseRouteHandler] = [shown, moved]
