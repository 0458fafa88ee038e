"""Returns for managers: the list with where goods and money are, the figures of a time, and the same as a file."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

import msgspec
from babel.numbers import get_currency_precision
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromQuery

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.returns.queries import list_reasons
from comptoir.screens import return_list
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.orders import place_after
from comptoir.web.pages.page import Page
from comptoir.web.pages.tables import table

Answer = Response[Any]
Days = Literal[7, 30, 90, 365]
DAYS: Final[tuple[Days, ...]] = (7, 30, 90, 365)
COLUMNS: Final = (
    "return", "opened_at", "received_at", "settled_at", "paid_at", "days_to_refund", "store", "channel", "order", "sku", "article", "reason", "condition",
    "disposition", "state", "paid", "given", "kept", "missing", "less", "currency",
)  # fmt: skip


@get("/manager/returns", opt=by(*MANAGERS))
async def returns(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], now: NamedDependency[datetime],
    which: FromQuery[return_list.Filter] = "all", after: FromQuery[Annotated[str, msgspec.Meta(max_length=80)]] = "",
) -> Answer:  # fmt: skip
    """Newest first, by how far they are."""
    async with borrowed(house.pool) as connection:
        rows = await return_list.read(connection, actor, which, place_after(after))
    older = f"/manager/returns?which={which}&after={rows[-1].place}" if len(rows) == return_list.MOST else ""
    return page.html("manager/returns.html", rows=rows, which=which, filters=return_list.FILTERS, older=older, now=now)


@get("/manager/returns/report", opt=by(*MANAGERS))
async def report(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], now: NamedDependency[datetime],
    days: FromQuery[Days] = 30,
) -> Answer:  # fmt: skip
    """Why, what, where and through which shop; what of it is for sale again; how long the money took."""
    async with borrowed(house.pool) as connection:
        rows = await return_list.units(connection, actor, now - timedelta(days=days))
        unused = await return_list.unused(connection, actor, now - timedelta(days=days))
        words = {one.code: one.says(page.lang) for one in await list_reasons(connection)}
    return page.html(
        "manager/return_report.html", view=return_list.summed(rows), unused=unused, words=words, days=days, choices=DAYS,
        cut=len(rows) == return_list.MOST_ROWS, most=return_list.MOST_ROWS, now=now,
    )  # fmt: skip


@get("/manager/returns/report/csv", opt=by(*MANAGERS))
async def as_csv(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], now: NamedDependency[datetime],
    days: FromQuery[Days] = 30,
) -> Response[Any]:  # fmt: skip
    """One line for each unit; times in UTC, money in major units of its currency, as many decimals as it has.

    `paid` is `given` and `kept` (for what is `missing`) and `less` (worth that it lost, a part that is never given back, its way here).
    """
    async with borrowed(house.pool) as connection:
        rows = await return_list.units(connection, actor, now - timedelta(days=days))
    return table(f"returns-{now:%Y-%m-%d}", COLUMNS, (_line(row, page.lang) for row in rows), page.lang)


def _line(row: return_list.UnitRow, lang: str) -> list[object]:
    article = ", ".join(part for part in (row.name, row.variant, row.deciding) if part)
    return [
        row.number, _at(row.opened_at), _at(row.received_at), _at(row.settled_at), _at(row.paid_at), "" if row.days is None else Decimal(f"{row.days:.2f}"),
        row.store or "", row.channel, row.order_number or "", row.sku, article, row.reason, row.condition or "", row.disposition or "", row.state,
        _major(row.paid_minor, row.currency), _major(row.refund_minor, row.currency), _major(row.kept_minor, row.currency),
        ", ".join(one.says(lang) for one in row.absent), _major(row.less_minor, row.currency), row.currency,
    ]  # fmt: skip


def _major(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-get_currency_precision(currency))


def _at(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z") if at else ""


ROUTES: list[BaseRouteHandler] = [returns, report, as_csv]
