"""The Simulations pages of head office: past orders replayed under two versions, live while they run, and what came out."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, URLEncodedBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Invalid, Refusal
from comptoir.kit.ids import new_id
from comptoir.screens import policies as screen
from comptoir.screens import policy_names
from comptoir.screens import simulations as rows
from comptoir.sourcing.calendar import HOME
from comptoir.sourcing.changing import STREAM, CancelSimulation, StartSimulation
from comptoir.sourcing.policy import KIND
from comptoir.web.guards import by
from comptoir.web.pages.page import Page
from comptoir.web.pages.people import AskForm
from comptoir.web.pages.policies import HERE
from comptoir.web.pages.session import Answer
from comptoir.web.pages.typed import Typed

LIST: Final = HERE + "/simulations"


@get(LIST, opt=by("head_office"))
async def simulations(
    house: NamedDependency[House], page: NamedDependency[Page], now: NamedDependency[datetime]
) -> Answer:
    """What ran and what waits, and the form for one more."""
    return await _list(house, page, now)


@post(LIST, opt=by("head_office"), status_code=200)
async def start(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    now: NamedDependency[datetime], data: URLEncodedBody[dict[str, Any]],
) -> Answer:  # fmt: skip
    """Let one wait for its turn. The last day counts whole."""
    typed = Typed(data)
    try:
        id = typed.id()
        since, last = typed.moment("since", HOME), typed.moment("until", HOME)
        if since is None or last is None:
            raise Invalid("date_wrong", field="since" if since is None else "until")
        until = min(last + timedelta(days=1), now)
        a, b = (typed.whole(name, 0, 1_000_000_000) for name in ("a", "b"))
        await house.runner.perform(StartSimulation(id, a, b, since, until), actor)
    except Refusal as refusal:
        return await _list(house, page, now, typed, refusal)
    return page.go(f"{LIST}/{id}")


@get(LIST + "/{simulation:uuid}", opt=by("head_office"))
async def one_simulation(
    house: NamedDependency[House], page: NamedDependency[Page], simulation: FromPath[UUID]
) -> Answer:
    """How far it is, or what came out. While it runs, the page asks for this again as a piece."""
    async with borrowed(house.pool) as connection:
        one = await rows.read_one(connection, simulation)
        names = await policy_names.read(connection)
    name = "admin/_simulation.html" if page.partial else "admin/simulation.html"
    return page.html(name, one=one, names=names, id=new_id(), refusal=None)


@post(LIST + "/{simulation:uuid}/cancel", opt=by("head_office"), status_code=200)
async def cancel(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page],
    simulation: FromPath[UUID], data: URLEncodedBody[AskForm],
) -> Answer:  # fmt: skip
    """It is not needed any more; one that is over stays as it is."""
    try:
        await house.runner.perform(CancelSimulation(data.id, simulation), actor)
    except Refusal as refusal:
        if refusal.code != "simulation_over":
            raise
    return page.go(f"{LIST}/{simulation}")


async def _list(
    house: House, page: Page, now: datetime, typed: Typed | None = None, refusal: Refusal | None = None
) -> Answer:
    async with borrowed(house.pool) as connection:
        view = await screen.read(connection, KIND, STREAM, now)
        made = await rows.read(connection)
    today = now.astimezone(HOME).date()
    other = view.next or view.tried or (view.newest if view.newest != view.active else 0)
    told = {
        "a": str(view.active), "b": str(other), "since_day": str(today - timedelta(days=7)), "until_day": str(today)
    }  # fmt: skip
    if typed:
        told = {name: typed.text(name) for name in told}
    return page.html(
        "admin/simulations.html", status=refusal.status if refusal else 200, simulations=made, view=view, told=told, today=today, id=new_id(),
        refusal=refusal,
    )  # fmt: skip


ROUTES: list[BaseRouteHandler] = [simulations, start, one_simulation, cancel]
