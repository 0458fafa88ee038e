"""The store says no to a parcel that nobody has begun: why, and what comes of it."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from comptoir.flows.decline_work import Declined, DeclineWork
from comptoir.fulfillment.decline_reasons import DECLINE
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Conflict, NotFound
from comptoir.kit.ids import new_id
from comptoir.kit.reason_rows import list_reasons
from comptoir.kit.reasons import ReasonCode
from comptoir.screens import work_list
from comptoir.web.guards import COUNTER, by
from comptoir.web.pages.handing import store_of
from comptoir.web.pages.page import Page

Answer = Response[Any]


class DeclineForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the store does not do it."""

    id: UUID
    reason: ReasonCode


@get("/work/{work_id:uuid}/decline", opt=by(*COUNTER))
async def ask_why(
    work_id: FromPath[UUID],
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
) -> Answer:
    """The reasons as whole cards, each with its consequence."""
    async with borrowed(house.pool) as connection:
        view = await work_list.read(connection, store_of(actor))
        lines = await work_list.lines(connection, work_id, store_of(actor))
        reasons = [one for one in await list_reasons(connection, DECLINE) if one.used]
    row = next((work for work in view.works if work.id == work_id), None)
    if row is None:
        raise NotFound("work_not_found")
    if row.kind != "ship":
        raise Conflict("customers_store")
    if row.status not in ("open", "accepted"):
        raise Conflict("already_started")
    return page.html("associate/decline.html", row=row, lines=lines, reasons=reasons, decline_id=new_id())


@post("/work/{work_id:uuid}/decline", opt=by(*COUNTER), status_code=200)
async def decline(
    work_id: FromPath[UUID],
    data: URLEncodedBody[DeclineForm],
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    page: NamedDependency[Page],
) -> Answer:
    """Do it, and say who has it now."""
    command = DeclineWork(data.id, work_id, data.reason)
    done = (await house.runner.perform(command, actor)).read(Declined)
    return page.html("associate/declined.html", done=done, counts=data.reason in ("not_found", "damaged"))


ROUTES = [ask_why, decline]
