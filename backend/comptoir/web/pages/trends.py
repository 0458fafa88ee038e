"""What managers look back on: every report at a glance, one report by day, week or month and by store, the orders behind a figure, a file of it."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from types import MappingProxyType
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.dates import date_words
from comptoir.kit.db import borrowed
from comptoir.kit.errors import NotFound
from comptoir.kit.i18n import messages, t
from comptoir.kit.ids import new_id
from comptoir.reporting import drawing, reports
from comptoir.reporting import queries as trends
from comptoir.reporting.filing import file_of
from comptoir.reporting.queries import Place, Places
from comptoir.reporting.reports import BYS, By, Report
from comptoir.reporting.saying import say
from comptoir.returns.queries import list_reasons
from comptoir.web.guards import MANAGERS, by
from comptoir.web.pages.page import Page
from comptoir.web.pages.tables import file

Answer = Response[Any]
Of = Annotated[str, msgspec.Meta(max_length=80, pattern=r"^([rs]:[a-z0-9][a-z0-9-]*)?\Z")]
"""For whom: empty for all one reaches, `r:` a region, `s:` a store."""
Day = Annotated[str, msgspec.Meta(max_length=10, pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?\Z")]
Currency = Annotated[str, msgspec.Meta(max_length=3, pattern=r"^([A-Z]{3})?\Z")]
AVERAGES: Final = ("share", "time", "days")
"""What is said of a whole span as of a day: only of such a value the median of the span can stand beside single days."""

WORDS: Final = {"short": "short", "short_sku": "sku", "canceled": "cancel", "declined": "decline"}
"""Measures whose keys have names, and the words of the breakdown that they are."""
MOST_SPAN: Final = 92
"""Days over which the orders behind a figure are listed."""


class Asked(msgspec.Struct, frozen=True):
    """What a page of reports is asked for."""

    by: By
    until: date
    of: str
    currency: str
    today: date

    def to(self, path: str, **other: Any) -> str:
        """The same question to another page, with something else in it."""
        asked = {
            "by": self.by,
            "until": "" if self.until == self.today else self.until.isoformat(),
            "of": self.of,
            "currency": self.currency,
        }
        said = {name: value for name, value in (asked | other).items() if value not in ("", None)}
        if said.get("by") == "day":
            del said["by"]
        return f"/manager/trends{path}{'?' + urlencode(said) if said else ''}"


@get("/manager/trends", opt=by(*MANAGERS))
async def overview(
    house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], now: NamedDependency[datetime],
    of: FromQuery[Of] = "",
) -> Answer:  # fmt: skip
    """Every report of the last four weeks beside the four before."""
    async with borrowed(house.pool) as connection:
        known = await trends.places(connection, actor)
        asked, chosen = wanted(known, "day", "", of, "", now)
        whole, found = await trends.overview(connection, actor, asked.today, chosen)
        counting = await trends.counting(connection)
    rows = [(reports.REPORTS[name], *row) for name, row in found.items()]
    return page.html(
        "manager/trends.html", rows=rows, whole=whole, asked=asked, known=known, chosen=chosen, say=partial(say, language=page.lang), spark=spark, counting=counting,
    )  # fmt: skip


@get("/manager/trends/{report:str}", opt=by(*MANAGERS))
async def report_page(
    report: FromPath[str], house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], now: NamedDependency[datetime],
    by: FromQuery[By] = "day", until: FromQuery[Day] = "", of: FromQuery[Of] = "", currency: FromQuery[Currency] = "",
) -> Answer:  # fmt: skip
    """One report. NotFound `report_not_found`, `location_not_found`."""
    what = named(report)
    async with borrowed(house.pool) as connection:
        known = await trends.places(connection, actor)
        asked, chosen = wanted(known, by, until, of, currency, now)
        view = await trends.read(connection, actor, known, what, by, asked.until, chosen, currency)
        counting = await trends.counting(connection)
        names = await trends.names(connection, page.lang, view.keys)
        if what.name == "returns":
            names |= {("return", one.code): one.says(page.lang) for one in await list_reasons(connection)}
    main = what.column(what.main)
    drawn = drawing.chart(
        [row[main.name] for _, row in view.series], [under(first, by, page.lang, begins=not at) for at, (first, _) in enumerate(view.series)], main.shown, page.lang,
        view.compared[main.name] if view.compared and len(chosen) == 1 and main.shown in AVERAGES else None, view.currency or "EUR",
    )  # fmt: skip
    older = reports.spans(by, asked.until)[0]
    step = asked.until - older
    later = min(asked.today, asked.until + step)
    return page.html(
        "manager/trend.html", view=view, what=what, main=main, asked=asked, known=known, chosen=chosen, drawn=drawn, drawing=drawing, bys=BYS,
        say=partial(say, language=page.lang, currency=view.currency or "EUR"), named=partial(period, by=by, lang=page.lang), key_words=partial(key_words, lang=page.lang, names=names),
        older=asked.to(f"/{what.name}", until=older.isoformat()), later="" if asked.until == asked.today else asked.to(f"/{what.name}", until=later.isoformat()),
        spans=(asked.until - older).days <= MOST_SPAN, new_id=new_id, now=now, counting=counting,
    )  # fmt: skip


@get("/manager/trends/{report:str}/csv", opt=by(*MANAGERS))
async def as_csv(
    report: FromPath[str], house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], now: NamedDependency[datetime],
    by: FromQuery[By] = "day", until: FromQuery[Day] = "", of: FromQuery[Of] = "", currency: FromQuery[Currency] = "",
) -> Answer:  # fmt: skip
    """One line for each store and period: shares as parts of one, times in seconds, money in major units."""
    what = named(report)
    async with borrowed(house.pool) as connection:
        known = await trends.places(connection, actor)
        asked, chosen = wanted(known, by, until, of, currency, now)
        used, rows = await trends.by_store_and_period(connection, actor, what, by, asked.until, chosen, currency)
    lines = [(first, place.id, place.name, values) for first, place, values in rows]
    return file(file_of(what, used, lines, page.lang), f"{what.name}-{by}-{asked.until:%Y-%m-%d}.csv")


@get("/manager/trends/{report:str}/orders", opt=by(*MANAGERS))
async def orders_behind(
    report: FromPath[str], house: NamedDependency[House], actor: NamedDependency[Actor], page: NamedDependency[Page], now: NamedDependency[datetime],
    store: FromQuery[Annotated[str, msgspec.Meta(max_length=64)]], first: FromQuery[Day], last: FromQuery[Day],
    key: FromQuery[Annotated[str, msgspec.Meta(max_length=64)]] = "",
) -> Answer:  # fmt: skip
    """The orders that a store's figure counts. NotFound `report_not_found`, `location_not_found`."""
    what = named(report)
    async with borrowed(house.pool) as connection:
        known = await trends.places(connection, actor)
        place = known.named(store)
        if place is None:
            raise NotFound("location_not_found")
        since, to = day_of(first, now.date()), day_of(last, now.date())
        to = min(max(since, to), date.fromordinal(since.toordinal() + MOST_SPAN))
        rows = await trends.behind(connection, actor, what, since, to, store, key or None)
        said = {(WORDS[measure], of) for row in rows for measure, of, _ in row.rows if measure in WORDS}
        names = await trends.names(connection, page.lang, said)
    asked = Asked("day", now.date(), f"s:{store}", "", now.date())
    return page.html(
        "manager/trend_orders.html", rows=rows, what=what, place=place, first=since, last=to, key=key, asked=asked, most=trends.MOST_ORDERS,
        say=partial(say, language=page.lang), counted=partial(counted, lang=page.lang, names=names),
    )  # fmt: skip


def named(report: str) -> Report:
    """NotFound `report_not_found`."""
    try:
        return reports.REPORTS[report]
    except KeyError:
        raise NotFound("report_not_found") from None


def wanted(known: Places, by: By, until: str, of: str, currency: str, now: datetime) -> tuple[Asked, list[Place]]:
    """What is asked for and whose places it is about; NotFound `location_not_found` for what is not the reader's."""
    region, store = (of[2:] if of.startswith("r:") else ""), (of[2:] if of.startswith("s:") else "")
    chosen = known.chosen(region, store)
    if of and not (chosen and (region or store)):
        raise NotFound("location_not_found")
    today = trends.today_of(chosen, now)
    return Asked(by, min(day_of(until, today), today), of, currency, today), chosen


def day_of(text: str, today: date) -> date:
    """The day that was asked for; today where none was, or none that there is."""
    try:
        return max(date(2000, 1, 31), date.fromisoformat(text)) if text else today
    except ValueError:
        return today


def period(first: date, by: By, lang: str) -> str:
    """A period in words: "lundi 3 novembre", "semaine du 3 novembre", "novembre 2026"."""
    if by == "month":
        return date_words(first, "MMMM y", lang)
    said = date_words(first, "EEEE d MMMM" if by == "day" else "d MMMM", lang)
    return said if by == "day" else t("trends.week_of", lang, day=said)


def under(first: date, by: By, lang: str, *, begins: bool = False) -> str:
    """The same below a bar, short; the month is said where it begins."""
    if by == "month":
        return date_words(first, "MMM", lang)
    return date_words(first, "d MMM" if begins or first.day <= (1 if by == "day" else 7) else "d", lang)


def key_words(words: str, key: str, lang: str, names: Mapping[tuple[str, str], str] = MappingProxyType({})) -> str:
    """A group of a breakdown in words; `names` of what has its own. What has neither stands for itself."""
    if (words, key) in names:
        return names[words, key]
    if words == "hour":
        return t("trends.hour_n", lang, n=int(key), to=int(key) + 1)
    if words == "carrier":
        known = messages().area("trends.carrier", lang)
        return str(known.get(key, key.replace("_", " ").capitalize()))
    known = messages().area(f"trends.{words}", lang)
    return str(known.get(key.replace(" ", "_"), names.get(("decline", key), key)))


def counted(row: trends.Behind, lang: str, names: Mapping[tuple[str, str], str]) -> str:
    """What an order adds to the figure, in words."""
    said = []
    for measure, key, (a, b, c) in row.rows:
        if measure == "ready":
            said.append(t("trends.behind.ready" if a == b else "trends.behind.late", lang))
        elif measure in ("accepted", "prepared", "collected", "waited"):
            said.append(say(b // max(a, 1), "time", lang))
        elif measure in ("sold", "returned"):
            currency = key.rpartition("|")[2] or "EUR"
            said.append(t("trends.units_n", lang, n=a) if a else t("trends.behind.lost", lang))
            said.append(say(b, "money", lang, currency))
            if measure == "returned" and c:
                said.append(f"{t('trends.column.kept', lang)} {say(c, 'money', lang, currency)}")
        elif measure in ("captured", "refunded"):
            said.append(
                f"{t(f'trends.column.{measure}', lang)} {say(b, 'money', lang, key.rpartition('|')[2] or 'EUR')}"
            )
        elif measure in WORDS:
            said.append(key_words(WORDS[measure], key, lang, names))
        elif measure == "found":
            said.append(t("trends.behind.found", lang, n=a))
        elif measure == "expired":
            said.append(t("trends.column.expired", lang))
        elif measure == "shipped":
            said.append(f"{key_words('carrier', key, lang)}, {t('trends.parcels_n', lang, n=a)}")
        elif measure == "received":
            said.append(t("trends.units_n", lang, n=b))
    return ", ".join(dict.fromkeys(said))


def spark(values: list[Any]) -> str:
    """A small line over the weeks, in a box of 100 by 32; empty where fewer than two have a value."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    step = 100 / (len(values) - 1)
    return " ".join(
        f"{at * step:.1f},{30 - 28 * (value - low) / ((high - low) or 1):.1f}"
        for at, value in enumerate(values)
        if value is not None
    )


ROUTES: list[BaseRouteHandler] = [overview, report_page, as_csv, orders_behind]
