"""Correcting a figure on the handheld: scan, how many, why; with or without a network."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery

from comptoir.catalog import queries as catalog
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Invalid
from comptoir.stock.feed import spelled
from comptoir.web.guards import COUNTER, by
from comptoir.web.pages.page import Page
from comptoir.web.sync.kept_adjust import kept_adjust

Answer = Response[Any]


@get("/adjust", opt=by(*COUNTER))
async def adjust(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
    now: NamedDependency[datetime],
) -> Answer:
    """Scan what is to be corrected."""
    return page.html("associate/adjust.html", data=await kept_adjust(house, actor, now, page.lang), shell=False)


@get("/adjust/article", opt=by(*COUNTER))
async def article(
    code: FromQuery[Annotated[str, msgspec.Meta(min_length=1, max_length=512)]],
    house: NamedDependency[House],
    page: NamedDependency[Page],
) -> Answer:
    """What a scanned code is, for the script. NotFound `unknown_code`; Invalid `kit_has_no_stock`."""
    async with borrowed(house.pool) as connection:
        found = await catalog.find_by_code(connection, spelled(code) or code)
    if found.parts:
        raise Invalid("kit_has_no_stock", sku=found.sku)
    told = {
        "sku": found.sku, "name": f"{found.name} {found.deciding}".strip(), "variant": found.variant, "picture": page.picture(found.picture),
        "price_minor": found.price_minor,
    }  # fmt: skip
    return Response(told, media_type="application/json")


ROUTES: list[BaseRouteHandler] = [adjust, article]
