"""What waits for paper in the store: what did not come out is printed again, by another printer, or opened in the browser."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, URLEncodedBody

from comptoir.errands.papers import Paper, find_paper
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound, Refusal
from comptoir.kit.ids import new_id
from comptoir.printing import queries
from comptoir.printing.model import SettlePrint
from comptoir.web.guards import COUNTER, by
from comptoir.web.pages.handing import store_of
from comptoir.web.pages.page import Page

Answer = Response[Any]


class SettleForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of a job; the id was made with the page, so that a double tap prints once."""

    id: UUID
    what: Literal["again", "other", "give_up"]
    printer: UUID | None = None


@get("/printing", opt=by(*COUNTER))
async def waiting(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime],
) -> Answer:  # fmt: skip
    """What did not come out first, then what waits, then what was sent."""
    return await _list(house, actor, page, now)


@post("/printing/{job:uuid}", opt=by(*COUNTER), status_code=200)
async def settle(
    job: FromPath[UUID], house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], data: URLEncodedBody[SettleForm],
) -> Answer:  # fmt: skip
    """Once more, elsewhere, or not at all."""
    try:
        await house.runner.perform(SettlePrint(data.id, job, data.what, data.printer), actor)
    except Refusal as refusal:
        return await _list(house, actor, page, now, refusal)
    return page.go("/printing")


@get("/printing/{job:uuid}/paper", opt=by(*COUNTER))
async def open_paper(
    job: FromPath[UUID], house: NamedDependency[House], actor: NamedDependency[Actor], now: NamedDependency[datetime]
) -> Answer:
    """The document itself: a PDF opens in the browser, which can print it; ZPL is saved."""
    async with borrowed(house.pool) as connection:
        found = await queries.find_job(connection, job, actor.locations)
        paper = await find_paper(connection, found, now)
    if paper is None:
        raise NotFound("paper_not_found")
    return answer_with(paper, f"{found.kind}-{str(found.source)[-8:]}")


def answer_with(paper: Paper, name: str) -> Answer:
    """A document, to be looked at where a browser can, else to be saved."""
    how = "inline" if paper.language == "pdf" else "attachment"
    headers = {
        "content-disposition": f'{how}; filename="{name}.{paper.language}"', "cache-control": "private, no-store",
    }  # fmt: skip
    return Response(paper.bytes, media_type=paper.media_type, headers=headers)


async def _list(house: House, actor: Actor, page: Page, now: datetime, refusal: Refusal | None = None) -> Answer:
    store = store_of(actor)
    async with borrowed(house.pool) as connection:
        jobs = await queries.list_jobs(connection, store, now)
        here = (await queries.list_stores(connection, (store,)))[0]
    return page.html(
        "associate/printing.html", status=refusal.status if refusal else 200, jobs=jobs, here=here, refusal=refusal, now=now,
        time_zone=here.time_zone, new_id=new_id,
    )  # fmt: skip


ROUTES: list[BaseRouteHandler] = [waiting, settle, open_paper]
