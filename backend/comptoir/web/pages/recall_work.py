"""Recalls on the handheld: what the store has to take out, one article at a time; every unit is scanned, with or without a network."""

from datetime import datetime
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.web.guards import COUNTER, by
from comptoir.web.pages.page import Page
from comptoir.web.sync.kept_recalls import kept_recalls

Answer = Response[Any]


@get("/recalls", opt=by(*COUNTER))
async def recalls(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
    now: NamedDependency[datetime],
) -> Answer:
    """What the store has to take out; `#<recall>` opens one of them."""
    data = await kept_recalls(house, actor, now, page.picture, page.lang)
    return page.html("associate/recalls.html", data=data, shell=False)


ROUTES: list[BaseRouteHandler] = [recalls]
