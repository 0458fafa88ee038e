"""The plan of a store's day over the API: what each hour takes, people planned, what a plan would change; kept, taken back."""

from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery, JSONBody

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound
from comptoir.kit.words import Slug
from comptoir.tower import queries
from comptoir.tower.day_planning import (
    LEAST_EACH,
    MOST_EACH,
    DayPlanKept,
    People,
    SaveDayPlan,
    UndoDayPlan,
    promise_at,
)
from comptoir.tower.day_plans import read_day
from comptoir.tower.watching import moment
from comptoir.web.api.orders import answered
from comptoir.web.guards import with_key

ID: Final = "019e6a1c-0000-7000-8000-0000000000e1"
EXAMPLE: Final = {
    "id": ID, "location": "lyon-part-dieu", "day": "2026-12-01", "number": 0, "each_per_hour": 8.0,
    "people": [-1] * 9 + [2, 2, 3, 3, 2, 2, 2, 3, 4, 3] + [-1] * 5, "rehearse": True,
}  # fmt: skip
TAKEN_BACK: Final = {"id": ID, "location": "lyon-part-dieu", "day": "2026-12-01", "number": 1}


class Planning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """People by hour of the store's clock, 24 of them, -1 where the usual team is there. `number` is the version that was read, 0 for none.

    `rehearse`: only say what it would change. `seen_late`: only keep it if about as many orders would be late as was said.
    `id` is made by the sender: repeating it changes nothing.
    """

    id: UUID
    location: Slug
    day: date
    number: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
    each_per_hour: Annotated[float, msgspec.Meta(ge=LEAST_EACH, le=MOST_EACH)]
    people: Annotated[tuple[People, ...], msgspec.Meta(min_length=24, max_length=24)]
    seen_late: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] | None = None
    rehearse: bool = False


@get("/day-plans", opt=with_key("tower:read"))
async def read_plan(
    house: NamedDependency[House], actor: NamedDependency[Actor], location: FromQuery[Slug], day: FromQuery[date]
) -> Response[Any]:
    """A store's day, today or one of the six that follow: what is left of it hour by hour, the plan that stands, what is promised now.

    Figures of the team; nothing here is anybody's own. `expected` and `due` are works, `needed` and `people` heads (null: as usual).
    """
    now = house.clock()
    if not actor.reaches(location):
        raise NotFound("location_not_found")
    async with borrowed(house.pool) as connection:
        if not await queries.read_places(connection, (location,)):
            raise NotFound("location_not_found")
        planned = await read_day(connection, location, day, now)
    here = planned.here
    told = {
        "location": location, "day": day, "time_zone": here.place.time_zone, "number": planned.number,
        "each_per_hour": planned.plan.each, "learned_each_per_hour": planned.learned, "people": planned.plan.people,
        "late": round(here.seen.late_by(here.day.ends)), "promise": promise_at(here.store, here.seen, here.seen.at),
        "hours": [
            {
                "begins": moment(hour.minute), "clock": hour.clock, "open_minutes": hour.open_minutes, "expected": round(hour.expected, 1),
                "due": hour.due, "needed": hour.needed, "people": hour.people, "capacity": hour.capacity,
            }
            for hour in planned.hours(planned.plan, now)
        ],
        "versions": [{"number": one.number, "how": one.how, "made_at": one.made_at} for one in planned.versions],
    }  # fmt: skip
    return Response(told)


@post("/day-plans", opt=with_key("tower:write") | {"example": EXAMPLE, "answer": DayPlanKept}, status_code=200)
async def plan_day(
    data: JSONBody[Planning], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """The next version of a day's plan and what it changes: orders late, when all is ready, what customers of each hour are promised."""
    command = SaveDayPlan(
        data.id, data.location, data.day, data.number, data.each_per_hour, data.people, data.seen_late
    )
    if data.rehearse:
        return answered(await house.runner.rehearse(command, actor))
    return answered(await house.runner.perform(command, actor))


@post("/day-plans/undo", opt=with_key("tower:write") | {"example": TAKEN_BACK, "answer": DayPlanKept}, status_code=200)
async def undo_plan(
    data: JSONBody[UndoDayPlan], house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """The version before holds again, as a version of its own."""
    return answered(await house.runner.perform(data, actor))


ROUTES: list[BaseRouteHandler] = [read_plan, plan_day, undo_plan]
