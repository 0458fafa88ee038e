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
from comptoir.kit.reason_rows import list_reasons
from comptoir.stock.adjust_reasons import ADJUST
from comptoir.stock.adjusting import SIGNS, acts_as
from comptoir.stock.feed import spelled
from comptoir.stock.limits_sql import find_rules
from comptoir.web.guards import COUNTER, by
from comptoir.web.pages.handing import store_of
from comptoir.web.pages.page import Page

Answer = Response[Any]


@get("/adjust", opt=by(*COUNTER))
async def adjust(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
    now: NamedDependency[datetime],
) -> Answer:
    """Scan what is to be corrected."""
    async with borrowed(house.pool) as connection:
        reasons = [one for one in await list_reasons(connection, ADJUST) if one.used]
        rules = await find_rules(connection)
    units, minor = (
        (rules.manager_units, rules.manager_minor)
        if actor.role == "store_manager"
        else (rules.associate_units, rules.associate_minor)
    )
    data = {
        "at": now.isoformat().replace("+00:00", "Z"), "location": store_of(actor), "units": units, "minor": minor,
        "reasons": [{"code": one.code, "words": one.says(page.lang), "more": SIGNS[acts_as(one.acts)][0] > 0, "proof": one.acts == "destroyed"} for one in reasons],
    }  # fmt: skip
    return page.html("associate/adjust.html", data=data, reasons=reasons)


@get("/adjust/article", opt=by(*COUNTER))
async def article(
    code: FromQuery[Annotated[str, msgspec.Meta(min_length=1, max_length=512)]],
    house: NamedDependency[House],
    page: NamedDependency[Page],
) -> Answer:
    """What a scanned code is, for the script. NotFound `unknown_code`."""
    async with borrowed(house.pool) as connection:
        found = await catalog.find_by_code(connection, spelled(code) or code)
    told = {
        "sku": found.sku, "name": f"{found.name} {found.deciding}".strip(), "variant": found.variant, "picture": page.picture(found.picture),
        "price_minor": found.price_minor,
    }  # fmt: skip
    return Response(told, media_type="application/json")


ROUTES: list[BaseRouteHandler] = [adjust, article]
