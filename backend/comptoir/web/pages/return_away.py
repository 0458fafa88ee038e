"""What came back is put away: a scan at its shelf makes a unit sellable at once, or it leaves for what it was meant for."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.kit.words import Maybe
from comptoir.returns.disposition import DESTROY_REASONS
from comptoir.returns.model import (
    SendAwayUnit,
)  # fmt: skip
from comptoir.screens import return_desk
from comptoir.web.guards import COUNTER, by
from comptoir.web.pages import return_view
from comptoir.web.pages.handing import store_of
from comptoir.web.pages.page import Page

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Now = NamedDependency[datetime]


@get("/returns/away", opt=by(*COUNTER))
async def away(house: TheHouse, actor: TheActor, page: ThePage, now: Now) -> Answer:
    """Goods that came back, in walk order: a scan at the shelf makes a unit sellable at once."""
    return await away_page(house, actor, page, now)


async def away_page(house: House, actor: Actor, page: Page, now: datetime, refusal: Refusal | None = None) -> Answer:
    async with borrowed(house.pool) as connection:
        rows = await return_desk.to_put_away(connection, store_of(actor))
    return page.html(
        "associate/returns_away.html", status=refusal.status if refusal else 200, rows=rows, data=return_view.away_data(rows, actor, now),
        leaving=DESTROY_REASONS, new_id=new_id, refusal=refusal,
    )  # fmt: skip


class GoneForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A unit has left for what it was meant for; destroying needs a reason that the law knows, and proof."""

    id: UUID
    to: Maybe = ""
    reason: Maybe = ""
    proof: Maybe = ""


@post("/returns/{rma:uuid}/units/{n:int}/gone", opt=by(*COUNTER), status_code=200)
async def gone(
    rma: FromPath[UUID], n: FromPath[int], data: URLEncodedBody[GoneForm], house: TheHouse, actor: TheActor, page: ThePage, now: Now
) -> Answer:  # fmt: skip
    """It is in the building no longer."""
    command = SendAwayUnit(id=data.id, rma=rma, n=n, reason=data.reason, proof=data.proof, to=data.to)
    try:
        await house.runner.perform(command, actor)
    except NotFound:
        raise
    except Refusal as refusal:
        return await away_page(house, actor, page, now, refusal)
    return page.go("/returns/away")


ROUTES: list[BaseRouteHandler] = [away, gone]
