"""A store's page: what is wrong and the one next act, work by the time left and by stage, team, devices, goods; live. And the lists behind its figures."""

from datetime import UTC, datetime, time, timedelta
from typing import Any, Final, Literal
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery
from litestar.response import Stream
from markupsafe import Markup

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound
from comptoir.network.hours import zone_of
from comptoir.screens import store_day, store_lists, work_list
from comptoir.screens.works_due import MOST, WorkDue
from comptoir.tower import queries
from comptoir.tower.deciding import decide
from comptoir.tower.forecasting import soon
from comptoir.tower.standing import StoreNow
from comptoir.tower.watching import moment
from comptoir.web.guards import MANAGERS, by
from comptoir.web.live import Live
from comptoir.web.pages.manager import Marks, first, marks, still_theirs, told
from comptoir.web.pages.page import Page
from comptoir.web.pages.shell import newest_app

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Now = NamedDependency[datetime]
What = Literal[
    "open", "late", "half", "hour", "two", "today", "later", "to_pick", "picking", "picked", "staged", "gone",
    "bags_today", "bags_days", "bags_old", "bags_back", "put_back", "came_back", "unlabeled",
]  # fmt: skip
MOST_CASES: Final = 200
AWAY: Final = ("put_back", "came_back")
EVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


@get("/manager/stores/{location:str}", opt=by(*MANAGERS))
async def store_page(
    house: TheHouse, actor: TheActor, page: ThePage, now: Now, location: FromPath[str]
) -> Answer:  # fmt: skip
    """The store as it stands. NotFound `location_not_found`."""
    around = await of_store(house, actor, location, now) | {"newest": newest_app(page.request, house), "now": now}
    drawn = page.text("manager/_store.html", **around)
    return page.html("manager/store.html", **around, drawn=Markup(drawn), marks=marks({"": drawn}))


@get("/manager/stores/{location:str}/stream", opt=by(*MANAGERS))
async def store_stream(
    location: FromPath[str], house: TheHouse, actor: TheActor, page: ThePage, live: NamedDependency[Live], since: Marks = ""
) -> Stream:  # fmt: skip
    """The store again whenever it changed, at most once a second; until the sign-in ends or reaches other stores. `since` marks what the page showed."""
    await of_store(house, actor, location, house.clock())

    newest = newest_app(page.request, house)

    async def draw() -> str:
        now = house.clock()
        return page.text("manager/_store.html", **await of_store(house, actor, location, now), newest=newest, now=now)

    key = ("store", location, page.lang, id(house))
    return told(live, (location,), key, draw, still_theirs(house, actor, page), first(page, since))


@get("/manager/stores/{location:str}/live", opt=by(*MANAGERS))
async def moved(page: ThePage, actor: TheActor, location: FromPath[str]) -> Answer:
    """Where the page once was. NotFound `location_not_found`."""
    if not actor.reaches(location):
        raise NotFound("location_not_found")
    return page.go(f"/manager/stores/{location}")


@get("/manager/stores/{location:str}/list", opt=by(*MANAGERS))
async def one_list(
    house: TheHouse, actor: TheActor, page: ThePage, now: Now, location: FromPath[str], what: FromQuery[What] = "late",
    before: FromQuery[datetime | None] = None, last: FromQuery[UUID | None] = None,
) -> Answer:  # fmt: skip
    """What a figure of the store's page counts, fifty at a time. NotFound `location_not_found`."""
    here = await stood(house, actor, location)
    more = ""
    works: list[WorkDue] = []
    away: list[store_lists.Away] = []
    async with borrowed(house.pool) as connection:
        if what in AWAY:
            away = await store_lists.read_away(connection, location, came_back=what == "came_back")
        else:
            name, since, until = span_of(here, what, now)
            after = (before, last) if before and last else None
            works = await store_lists.read_works(connection, location, name, since, until, after)
    if len(works) > MOST:
        works = works[:MOST]
        more = urlencode({"what": what, "before": works[-1].at.isoformat(), "last": str(works[-1].id)})
    return page.html(
        "manager/store_list.html", place=here.place, time_zone=here.place.time_zone, what=what, works=works, away=away, more=more, now=now,
    )  # fmt: skip


def span_of(here: StoreNow, what: str, now: datetime) -> tuple[str, datetime, datetime]:
    """What a figure of the store's page counts: by what, from when to just before when."""
    begins, ends = day_of(here.place.time_zone, now)
    if what == "open":
        return "promise", NEVER, EVER
    if what == "unlabeled":
        return what, NEVER, EVER
    if what in store_day.STAGES:
        return what, begins, EVER
    if what.startswith("bags_"):
        return {
            "bags_today": ("bags", begins, EVER),
            "bags_days": ("bags", begins - store_day.OLD, begins),
            "bags_old": ("bags", NEVER, begins - store_day.OLD),
            "bags_back": ("back", NEVER, now + store_day.SOON_BACK),
        }[what]
    edges = here.edges(int(ends.timestamp() // 60))
    at = here.BUCKETS.index(what)
    return "promise", moment(edges[at]), EVER if what == "later" else moment(edges[at + 1])


async def stood(house: House, actor: Actor, store: str) -> StoreNow:
    """The store as it stands. NotFound `location_not_found` when it is not the actor's."""
    found = next((one for one in await house.tower.stores(actor) if one.place.id == store), None)
    if found is None:
        raise NotFound("location_not_found")
    return found


async def of_store(house: House, actor: Actor, store: str, now: datetime) -> dict[str, Any]:
    """A store's list, its day, its forecast and what is to decide in it. NotFound `location_not_found` when it is not the actor's."""
    here = await stood(house, actor, store)
    begins, ends = day_of(here.place.time_zone, now)
    async with borrowed(house.pool) as connection:
        view = await work_list.read(connection, store)
        cases = await queries.read_cases(connection, (store,), MOST_CASES)
        day = await store_day.read(connection, store, begins, now)
    tower = house.tower
    return {
        "view": view, "day": day, "here": here, "place": here.place, "time_zone": view.time_zone, "stream": True,
        "todo": decide((here,), cases, tower.means, now, tower.facts.paces), "buckets": here.buckets(int(ends.timestamp() // 60)),
        "soonest": moment(soon(here.at)), "done_at": moment(here.outlook.likely.done_at), "hours": hours_now(here),
        "moment": moment, "today": begins.date(),
    }  # fmt: skip


def hours_now(here: StoreNow) -> tuple[str, datetime | None] | None:
    """("open", until when), ("closed", until when) or ("shut", None) for days; None where no hours are known."""
    if here.shut:
        return "shut", None
    for opens, closes in here.outlook.store.windows:
        if closes > here.at:
            return ("open", moment(closes)) if opens <= here.at else ("closed", moment(opens))
    return None


def day_of(time_zone: str, now: datetime) -> tuple[datetime, datetime]:
    """When the day that it is there began, and when it ends."""
    zone = zone_of(time_zone)
    today = now.astimezone(zone).date()
    begins, ends = (datetime.combine(day, time.min, zone) for day in (today, today + timedelta(days=1)))
    return begins, ends


ROUTES: list[BaseRouteHandler] = [store_page, store_stream, moved, one_list]
