"""The Boxes page of head office: what stores pack in, measured inside; a box that is no longer used is retired, never deleted."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.words import Slug
from comptoir.network import queries as network
from comptoir.shipping.setting_queries import list_boxes
from comptoir.shipping.setting_up import SaveBox, Version
from comptoir.web.guards import by
from comptoir.web.pages.page import Page
from comptoir.web.pages.session import Answer

Typed = Annotated[str, msgspec.Meta(max_length=120)]


class BoxForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A box as typed: figures are text here, so that what is none comes back on the form. `box` was made with the page."""

    id: UUID
    box: Slug
    version: Version
    name_fr: Typed
    name_en: Typed
    kind: Annotated[str, msgspec.Meta(max_length=8)]
    length_mm: Typed
    width_mm: Typed
    height_mm: Typed
    tare_grams: Typed
    max_grams: Typed
    location: Annotated[str, msgspec.Meta(max_length=64)] = ""
    active: bool = False


@get("/manager/boxes", opt=by("head_office"))
async def boxes(
    house: NamedDependency[House], page: NamedDependency[Page], saved: FromQuery[bool] = False
) -> Answer:  # fmt: skip
    """Every box with its form, and one more."""
    return await _page(house, page, saved=saved)


@post("/manager/boxes", opt=by("head_office"), status_code=200)
async def save(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    data: URLEncodedBody[BoxForm],
) -> Answer:  # fmt: skip
    """A new box, or one that changed; refused, the page comes back with what was typed."""
    try:
        fields = msgspec.structs.asdict(data) | {"location": data.location or None}
        await house.runner.perform(msgspec.convert(fields, SaveBox, strict=False), actor)
    except msgspec.ValidationError:
        return await _page(house, page, data, Refusal("box_wrong"))
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return await _page(house, page, data, refusal)
    return page.go("/manager/boxes?saved=true")


async def _page(
    house: House, page: Page, typed: BoxForm | None = None, refusal: Refusal | None = None, *, saved: bool = False
) -> Answer:  # fmt: skip
    async with borrowed(house.pool) as database:
        found = await list_boxes(database)
        stores = await network.list_names(database, None)
    return page.html(
        "admin/boxes.html", status=refusal.status if refusal else 200, boxes=found, stores=stores, typed=typed, refusal=refusal,
        saved=saved, new_id=new_id,
    )  # fmt: skip


ROUTES: list[BaseRouteHandler] = [boxes, save]
