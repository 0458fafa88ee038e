"""Parcels of returned goods, scanned where they arrive: announced, not announced, or brought back by their carrier. Looking inside comes after."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.returns.arriving import ParcelTaken, TakeParcel
from comptoir.returns.lifecycle import Status
from comptoir.screens import return_desk, signed_in
from comptoir.web import limits
from comptoir.web.guards import COUNTER, by
from comptoir.web.pages.handing import store_of
from comptoir.web.pages.page import Page
from comptoir.web.requests import DoorRequest

Answer = Response[Any]


class ScanForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whatever can be read on the parcel, or on the paper in it."""

    code: Annotated[str, msgspec.Meta(max_length=512)]


@get("/returns/parcels", opt=by(*COUNTER))
async def parcels(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], now: NamedDependency[datetime],
    taken: FromQuery[UUID | None] = None, again: FromQuery[bool] = False,
) -> Answer:  # fmt: skip
    """What came by parcel and waits to be looked at; a scan takes the next one in."""
    return await _page(house, actor, page, now, taken, again)


@post("/returns/parcels", opt=by(*COUNTER), status_code=200)
async def scanned(
    request: DoorRequest, data: URLEncodedBody[ScanForm], house: NamedDependency[House], actor: NamedDependency[Actor],
    page: NamedDependency[Page], now: NamedDependency[datetime],
) -> Answer:  # fmt: skip
    """It is here. The same one again is the same return."""
    code = data.code.strip()
    if not code:
        return page.go("/returns/parcels")
    await limits.count(request, limits.LOOKUP, str(actor.device or actor.who))
    try:
        done = await house.runner.perform(TakeParcel(new_id(), store_of(actor), code[:64]), actor)
    except (NotFound, Conflict) as refusal:
        return await _page(house, actor, page, now, None, False, refusal, code[:40])
    taken = done.read(ParcelTaken)
    if taken.status not in (Status.RECEIVED, Status.INSPECTED):
        return page.go(f"/returns/{taken.rma}")
    return page.go(f"/returns/parcels?taken={taken.rma}{'&again=true' if taken.again else ''}")


async def _page(
    house: House, actor: Actor, page: Page, now: datetime, taken: UUID | None, again: bool, refusal: Refusal | None = None, code: str = ""
) -> Answer:  # fmt: skip
    store = store_of(actor)
    async with borrowed(house.pool) as connection:
        desk = await return_desk.read_desk(connection, store)
        around = await signed_in.read(connection, actor, store)
    return page.html(
        "associate/return_parcels.html", status=refusal.status if refusal else 200, begun=desk.begun, again=again, refusal=refusal,
        code=code, last=next((one for one in desk.begun if one.id == taken), None), now=now, time_zone=around.time_zone,
    )  # fmt: skip


ROUTES: list[BaseRouteHandler] = [parcels, scanned]
