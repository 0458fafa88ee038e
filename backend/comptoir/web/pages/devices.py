"""The Devices page: which browsers are a store's, a code for one more, and the end of a lost one."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound
from comptoir.kit.ids import digest, new_id
from comptoir.kit.words import Slug
from comptoir.network import queries as network
from comptoir.screens import device_list
from comptoir.staff import changing, secrets
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.page import Page
from comptoir.web.pages.people import AskForm
from comptoir.web.pages.session import Answer
from comptoir.web.pages.shell import newest_app


class CodeForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A code for a new device of this store."""

    id: UUID
    location: Slug


@get("/manager/devices", opt=by(*MANAGERS))
async def devices(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    store: FromQuery[Annotated[str, msgspec.Meta(max_length=64)]] = "",
) -> Answer:  # fmt: skip
    """Every device of the stores the manager reaches, or of one: who uses it, when it was last heard of, what it has in hand.

    NotFound `location_not_found` for a store of others.
    """
    if store and not actor.reaches(store):
        raise NotFound("location_not_found")
    return await _list(house, actor, page, None, store or None)


@post("/manager/devices", opt=by(*MANAGERS), status_code=200)
async def show_code(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    data: URLEncodedBody[CodeForm],
) -> Answer:  # fmt: skip
    """A code of eight characters for fifteen minutes; sending the form again shows the same."""
    code = secrets.code_from(house.seal.keyed_digest("enroll", str(data.id)))
    await house.runner.perform(changing.ShowCode(data.id, data.location, digest(code)), actor)
    return await _list(house, actor, page, code, data.location)


@post("/manager/devices/{device:uuid}/revoke", opt=by(*MANAGERS), status_code=200)
async def revoke(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], device: FromPath[UUID],
    data: URLEncodedBody[AskForm],
) -> Answer:  # fmt: skip
    """The device opens nothing any more; whoever is signed in on it is out."""
    await house.runner.perform(changing.RevokeDevice(data.id, device), actor)
    return page.go("/manager/devices")


async def _list(house: House, actor: Actor, page: Page, code: str | None, place: str | None) -> Answer:
    async with borrowed(house.pool) as database:
        rows = await device_list.read(database, (place,) if place and not code else actor.locations)
        places = await network.list_names(database, actor.locations)
    now = house.clock()
    # Who has been silent longest with work in hand comes first.
    rows = sorted(rows, key=lambda device: -device.silent_minutes(now))
    shown = next((name for location, name, _ in places if location == place), "")
    return page.html(
        "admin/devices.html",
        shows_secret=bool(code),
        devices=rows,
        places=places,
        code=code,
        newest=newest_app(page.request, house),
        place=place,
        shown=shown,
        most=device_list.MOST,
        new_id=new_id,
        now=now,
    )


ROUTES: list[BaseRouteHandler] = [devices, show_code, revoke]
