"""Reports over the API: the same figures as the pages of trends, for the places that a key reaches."""

from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound
from comptoir.reporting import queries as trends
from comptoir.reporting.reports import REPORTS, By, Report
from comptoir.web.guards import with_key

Place = Annotated[str, msgspec.Meta(max_length=64, pattern=r"^([a-z0-9][a-z0-9-]*)?\Z")]
Currency = Annotated[str, msgspec.Meta(max_length=3, pattern=r"^([A-Z]{3})?\Z")]
Figures = dict[str, float | int | None]
"""Column -> value: shares as parts of one, times in seconds, money in minor units; null where there is nothing to say."""


class ReportColumn(msgspec.Struct, frozen=True):
    """What a column is: `shown` share, time (seconds), days, count or money (minor units); `better` more, less or empty."""

    name: str
    shown: str
    better: str


class OfPeriod(msgspec.Struct, frozen=True):
    """One day, week (from Monday) or month; `first` is its first day in the stores' time."""

    first: date
    figures: Figures


class OfStore(msgspec.Struct, frozen=True):
    location: str
    figures: Figures


class OfGroup(msgspec.Struct, frozen=True):
    key: str
    figures: Figures


class ReportPart(msgspec.Struct, frozen=True):
    """The report taken apart by what `by` says: hour, kind, short, sku, cancel, decline, return, carrier, channel or band."""

    by: str
    groups: list[OfGroup]


class ReportTold(msgspec.Struct, frozen=True):
    """One report. `whole` over all periods and stores; `median` of the stores of a region, null when too few are compared.

    `counting`: after an update history is being counted anew and these are the figures from before; the part that is done. Else null.
    """

    report: str
    by: str
    first: date
    last: date
    currency: str
    columns: list[ReportColumn]
    whole: Figures
    periods: list[OfPeriod]
    stores: list[OfStore]
    median: Figures | None
    parts: list[ReportPart]
    counting: float | None


@get("/reports/{report:str}", opt=with_key("reports:read") | {"answer": ReportTold})
async def read_report(
    report: FromPath[str], house: NamedDependency[House], actor: NamedDependency[Actor], now: NamedDependency[datetime],
    by: FromQuery[By] = "day", until: FromQuery[date | None] = None, location: FromQuery[Place] = "", currency: FromQuery[Currency] = "",
) -> Response[Any]:  # fmt: skip
    """28 days, 13 weeks or 13 months up to `until`, of one location or all that the key reaches. NotFound for another report or location."""
    what: Report | None = REPORTS.get(report)
    if what is None:
        raise NotFound("report_not_found")
    async with borrowed(house.pool) as connection:
        known = await trends.places(connection, actor)
        chosen = known.chosen("", location)
        if location and not chosen:
            raise NotFound("location_not_found")
        today = trends.today_of(chosen, now)
        asked = min(max(until or today, date(2000, 1, 31)), today)
        view = await trends.read(connection, actor, known, what, by, asked, chosen, currency)
        counting = await trends.counting(connection)
    return Response(
        ReportTold(
            what.name, by, view.first, view.last, view.currency, [ReportColumn(c.name, c.shown, c.better) for c in what.columns],
            dict(view.whole), [OfPeriod(first, dict(values)) for first, values in view.series],
            [OfStore(row.place.id, dict(row.values)) for row in view.stores], dict(view.compared) if view.compared else None,
            [ReportPart(p.breakdown.words, [OfGroup(g.key, dict(g.values)) for g in p.groups]) for p in view.parts],
            None if counting is None else counting.part,
        )
    )  # fmt: skip


ROUTES: list[BaseRouteHandler] = [read_report]
