"""What managers do, over the API: tried, done, taken back, listed."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound
from comptoir.kit.words import Note, Slug
from comptoir.tower import acts_queries
from comptoir.tower.acting import Acted, Undone
from comptoir.tower.acts import Act, Kind, Seen, UndoAct, What
from comptoir.web.api.orders import answered
from comptoir.web.guards import with_key

ID = "019e6a1c-0000-7000-8000-0000000000c1"
EXAMPLE = {
    "id": ID, "location": "lyon-part-dieu", "what": {"kind": "move", "works": 14}, "why": "two people are ill", "rehearse": True,
}  # fmt: skip


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be done at a store. `rehearse`: only say what would come of it. `seen`: only do it if that is about what was shown.
    `id` is made by the sender: repeating it changes nothing."""

    id: UUID
    location: Slug
    what: What
    why: Note = ""
    seen: Seen | None = None
    rehearse: bool = False


class Undoing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """It is taken back. `id` is made by the sender: repeating it changes nothing."""

    id: UUID


@post("/tower/actions", opt=with_key("tower:write") | {"example": EXAMPLE, "answer": Acted}, status_code=200)
async def act(data: JSONBody[Wanted], house: NamedDependency[House], actor: NamedDependency[Actor]) -> Response[bytes]:
    """What comes of an act, store by store, without and with it; done unless it is rehearsed."""
    if not actor.reaches(data.location):
        raise NotFound("location_not_found")
    command = Act(data.id, data.location, data.what, data.why, data.seen)
    if data.rehearse:
        return answered(await house.runner.rehearse(command, actor))
    return answered(await house.runner.perform(command, actor))


@post("/tower/actions/{action:uuid}/undo", opt=with_key("tower:write") | {"example": {"id": ID}, "answer": Undone}, status_code=200)  # fmt: skip
async def undo(
    action: FromPath[UUID], data: JSONBody[Undoing], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Within ten minutes everything is as before; what could not be taken back is named, order by order."""
    return answered(await house.runner.perform(UndoAct(data.id, action), actor))


@get("/tower/actions", opt=with_key("tower:read"))
async def list_acts(
    house: NamedDependency[House], actor: NamedDependency[Actor], location: FromQuery[Slug | None] = None,
    kind: FromQuery[Kind | None] = None, day: FromQuery[date | None] = None,
    before: FromQuery[datetime | None] = None, last: FromQuery[UUID | None] = None,
    limit: FromQuery[Annotated[int, msgspec.Meta(ge=1, le=100)]] = 50,
) -> Response[Any]:  # fmt: skip
    """Acts on the key's places, newest first, with what was said and what came; of one `kind`, of one `day` in the store's own time.

    `before` and `last` (the last row's `at` and `id`) go on.
    """
    if location is not None and not actor.reaches(location):
        raise NotFound("location_not_found")
    async with borrowed(house.pool) as connection:
        rows = await acts_queries.read(
            connection, actor, location, limit, (before, last) if before and last else None, kind, day
        )
    told = [
        {
            key: value
            for key, value in msgspec.to_builtins(row).items()
            if key not in ("by", "name", "undone_by_name", "mine")
        }
        for row in rows
    ]
    return Response({"actions": told})


ROUTES: list[BaseRouteHandler] = [act, list_acts, undo]
