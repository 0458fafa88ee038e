"""Articles that were missing: each with the part that was missing of what was looked for, store by store, down to the orders; and as a file."""

from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound
from comptoir.reporting import article_queries, reports
from comptoir.reporting import queries as trends
from comptoir.reporting.reports import BYS, GRAINS, By
from comptoir.reporting.saying import say
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.page import Page
from comptoir.web.pages.tables import table
from comptoir.web.pages.trends import MOST_SPAN, Asked, Day, Of, named, wanted

Answer = Response[Any]
TheHouse = NamedDependency[House]
TheActor = NamedDependency[Actor]
ThePage = NamedDependency[Page]
Now = NamedDependency[datetime]
Order = Literal["units", "rate"]
Sku = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
OF: Final = "fill"
"""The report that is about articles."""
SHOWN: Final = 50
MOST_LINES: Final = 10_000


@get("/manager/trends/{report:str}/articles", opt=by(*MANAGERS))
async def articles(
    report: FromPath[str], house: TheHouse, actor: TheActor, page: ThePage, now: Now, by: FromQuery[By] = "day", until: FromQuery[Day] = "",
    of: FromQuery[Of] = "", order: FromQuery[Order] = "units", n: FromQuery[Annotated[int, msgspec.Meta(ge=1, le=200)]] = 1,
) -> Answer:  # fmt: skip
    """Fifty at a time. NotFound `report_not_found`, `location_not_found`."""
    of_articles(report)
    async with borrowed(house.pool) as connection:
        known = await trends.places(connection, actor)
        asked, chosen = wanted(known, by, until, of, "", now)
        first, last = span(asked)
        ids = [place.id for place in chosen]
        count, rows = await article_queries.articles(
            connection, actor, GRAINS[by], ids, first, last, SHOWN, SHOWN * (n - 1), by_rate=order == "rate"
        )  # fmt: skip
        counting = await trends.counting(connection)
    return page.html(
        "manager/trend_articles.html", rows=rows, count=count, asked=asked, known=known, chosen=chosen, first=first, last=last, order=order, page_n=n,
        pages=max(1, -(-count // SHOWN)), bys=BYS, say=partial(say, language=page.lang), few=article_queries.FEW, counting=counting,
    )  # fmt: skip


@get("/manager/trends/{report:str}/articles/csv", opt=by(*MANAGERS))
async def as_csv(
    report: FromPath[str], house: TheHouse, actor: TheActor, page: ThePage, now: Now, by: FromQuery[By] = "day", until: FromQuery[Day] = "",
    of: FromQuery[Of] = "",
) -> Answer:  # fmt: skip
    """One line for each article that was missing, at most 10,000: units, and the rate as a part of one."""
    of_articles(report)
    async with borrowed(house.pool) as connection:
        known = await trends.places(connection, actor)
        asked, chosen = wanted(known, by, until, of, "", now)
        first, last = span(asked)
        _, rows = await article_queries.articles(
            connection, actor, GRAINS[by], [place.id for place in chosen], first, last, MOST_LINES
        )
    lines = [
        (row.key, row.name, row.asked, row.short, Decimal(f"{row.rate:.4f}"), first.isoformat(), last.isoformat()) for row in rows
    ]  # fmt: skip
    columns = ("sku", "name", "asked", "short", "short_rate", "from", "to")
    return table(f"articles-{asked.until:%Y-%m-%d}", columns, lines, page.lang)


@get("/manager/trends/{report:str}/article", opt=by(*MANAGERS))
async def one_article(
    report: FromPath[str], house: TheHouse, actor: TheActor, page: ThePage, now: Now, sku: FromQuery[Sku], by: FromQuery[By] = "day",
    until: FromQuery[Day] = "", of: FromQuery[Of] = "",
) -> Answer:  # fmt: skip
    """One article in each of the chosen stores that looked for it. NotFound `report_not_found`, `location_not_found`."""
    of_articles(report)
    async with borrowed(house.pool) as connection:
        known = await trends.places(connection, actor)
        asked, chosen = wanted(known, by, until, of, "", now)
        first, last = span(asked)
        places = [(place.id, place.name) for place in chosen]
        rows = await article_queries.stores_of(connection, actor, GRAINS[by], sku, places, first, last)
        name = await article_queries.name_of(connection, sku)
    return page.html(
        "manager/trend_article.html", sku=sku, article=name, rows=rows, asked=asked, known=known, first=first, last=last, say=partial(say, language=page.lang),
        orders=(last - first).days <= MOST_SPAN,
    )  # fmt: skip


def of_articles(report: str) -> None:
    """NotFound `report_not_found` for a report that says nothing of articles."""
    if named(report).name != OF:
        raise NotFound("report_not_found")


def span(asked: Asked) -> tuple[date, date]:
    """The first and the last day of what the report of the same question shows."""
    periods = reports.spans(asked.by, asked.until)
    return periods[0], reports.last_day(asked.by, periods[-1])


ROUTES: list[BaseRouteHandler] = [articles, as_csv, one_article]
