"""Going on with the pack of a device that nobody has heard of for a while."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, URLEncodedBody

from comptoir.flows.take_over import TakeOver
from comptoir.fulfillment.model import PackStarted
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.web.guards import COUNTER, by
from comptoir.web.pages.page import Page


class TakeOverForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One press of the button; the id was made with the page."""

    id: UUID


@post("/packs/{pack:uuid}/take-over", opt=by(*COUNTER), status_code=200)
async def take_over_pack(
    pack: FromPath[UUID], data: URLEncodedBody[TakeOverForm], house: NamedDependency[House],
    actor: NamedDependency[Actor], page: NamedDependency[Page],
) -> Response[Any]:  # fmt: skip
    """Its works are mine from here; whatever the silent device tells later still counts."""
    started = (await house.runner.perform(TakeOver(data.id, pack), actor)).read(PackStarted)
    return page.go(f"/packs/{started.id}")


ROUTES: list[BaseRouteHandler] = [take_over_pack]
