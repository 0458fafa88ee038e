"""The Keys page: which other systems may come in, with which verbs, and where; a key is shown once."""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Invalid, Refusal
from comptoir.kit.ids import digest, new_id
from comptoir.kit.words import Slug, Word
from comptoir.network import queries as network
from comptoir.staff import changing, queries
from comptoir.web.guards import SCOPES, by
from comptoir.web.pages.page import Page
from comptoir.web.pages.people import AskForm
from comptoir.web.pages.session import Answer
from comptoir.web.requests import DoorRequest

NOTHING: Final[Mapping[str, Any]] = {"name": "", "scopes": (), "places": ()}


class KeyForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new key: its name, its verbs, and the places it is for (none chosen = all)."""

    id: UUID
    name: Word
    scopes: Annotated[list[str], msgspec.Meta(max_length=100)] | str = []
    locations: Annotated[list[Slug], msgspec.Meta(max_length=200)] | Slug = []


@get("/manager/keys", opt=by("head_office"))
async def keys(house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page]) -> Answer:
    """Every key with its last use."""
    return await _list(house, actor, page, None)


@post("/manager/keys", opt=by("head_office"), status_code=200)
async def make_key(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    data: URLEncodedBody[KeyForm],
) -> Answer:  # fmt: skip
    """A new key, shown this once; sending the form again shows the same. Without a right the form comes back (`scope_unknown`)."""
    scopes = (data.scopes,) if isinstance(data.scopes, str) else tuple(sorted(set(data.scopes)))
    places = (data.locations,) if isinstance(data.locations, str) else tuple(data.locations)
    if not scopes or not set(scopes) <= set(SCOPES):
        typed = {"name": data.name, "scopes": scopes, "places": places}
        return await _list(house, actor, page, None, Invalid("scope_unknown"), typed)
    secret = f"ck_{house.seal.token('key', str(data.id))}"
    command = changing.MakeKey(data.id, data.name, scopes, places or None, digest(secret), secret[-4:])
    await house.runner.perform(command, actor)
    return await _list(house, actor, page, secret)


@post("/manager/keys/{key:uuid}/revoke", opt=by("head_office"), status_code=200)
async def revoke(
    request: DoorRequest, house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    key: FromPath[UUID], data: URLEncodedBody[AskForm],
) -> Answer:  # fmt: skip
    """The key opens nothing any more, here at once and in other processes within two seconds."""
    await house.runner.perform(changing.RevokeKey(data.id, key), actor)
    request.app.state.known_keys.forget()
    return page.go("/manager/keys")


async def _list(
    house: House, actor: Actor, page: Page, secret: str | None, refusal: Refusal | None = None,
    typed: Mapping[str, Any] = NOTHING,
) -> Answer:  # fmt: skip
    """The page, with a new key's secret this once, or with what was refused and nothing of it lost."""
    async with borrowed(house.pool) as database:
        rows = await queries.list_keys(database)
        places = await network.list_names(database, actor.locations)
    return page.html(
        "admin/keys.html",
        status=refusal.status if refusal else 200,
        refusal=refusal,
        typed=typed,
        shows_secret=bool(secret),
        keys=rows,
        places=places,
        scopes=SCOPES,
        secret=secret,
        new_id=new_id,
    )


ROUTES: list[BaseRouteHandler] = [keys, make_key, revoke]
