"""Reports over the figures of places and days: only `report_figure`, `report_share` and `report_stock` are read, never what happened.

One statement each: a report by period and by store, the same store by store and period for a file, the orders behind a figure.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection
from comptoir.reporting import reports
from comptoir.reporting.measures import MEANING, MEASURES, ZONE_OF_NOWHERE, Figures, Sums, median
from comptoir.reporting.reports import GRAINS, By, Group, Report, Values

MOST_PLACES: Final = 1000
PLACES_AT_ONCE: Final = 100
"""Of a file."""
MOST_ORDERS: Final = 200
LIVE: Final = "(SELECT coalesce(max(number) FILTER (WHERE swapped_at IS NOT NULL), 0) FROM report_build)"

_PLACES: Final = """
SELECT l.id, l.name, l.time_zone, l.region, coalesce(r.name, '') AS region_name, l.kind, ($1::text[] IS NULL OR l.id = ANY($1)) AS reached
FROM location l LEFT JOIN region r ON r.id = l.region
WHERE $1::text[] IS NULL OR l.id = ANY($1) OR l.region IN (SELECT o.region FROM location o WHERE o.id = ANY($1))
ORDER BY l.name LIMIT $2
"""

# By period of the chosen places, by place of all that are compared; of articles, which may be many, only the sum. However many
# places and days there are, what is read is a few rows for each of them.
_FIGURES: Final = f"""
WITH f AS MATERIALIZED (SELECT f.measure, f.key, f.day, f.location, f.a, f.b, f.c FROM report_figure f
  WHERE f.build = {LIVE} AND f.grain = $1::char(1) AND f.measure = ANY($2::text[]) AND f.location = ANY($3::text[]) AND f.day BETWEEN $4 AND $5)
SELECT measure, key, day, NULL, sum(a)::bigint, sum(b)::bigint, sum(c)::bigint FROM f WHERE measure <> 'short_sku' AND location = ANY($6::text[]) GROUP BY measure, key, day
UNION ALL SELECT measure, key, NULL, location, sum(a)::bigint, sum(b)::bigint, sum(c)::bigint FROM f WHERE measure <> 'short_sku' GROUP BY measure, key, location
UNION ALL SELECT measure, key, NULL, NULL, sum(a)::bigint, 0::bigint, 0::bigint FROM f WHERE measure = 'short_sku' AND location = ANY($6::text[]) GROUP BY measure, key
"""

# For a file: each place and period, its times by bucket, its money by currency, all else in one row of a measure.
_CELLS: Final = f"""
SELECT f.measure, CASE WHEN f.measure = ANY($6::text[]) THEN f.key WHEN $7 THEN '|' || split_part(f.key, '|', 2) ELSE '' END, f.day, f.location,
  sum(f.a)::bigint, sum(f.b)::bigint, sum(f.c)::bigint
FROM report_figure f WHERE f.build = {LIVE} AND f.grain = $1::char(1) AND f.measure = ANY($2::text[]) AND f.location = ANY($3::text[]) AND f.day BETWEEN $4 AND $5
GROUP BY 1, 2, 3, 4
"""

# Of each period the last day that was read: what lies in a store does not add up over days.
_STOCK: Final = """
SELECT 'stock', s.band || '|' || s.currency, p.first, s.location, s.units, s.value_minor, 0::bigint
FROM unnest($2::date[], $3::date[]) AS p (first, last) CROSS JOIN unnest($1::text[]) AS x (location)
CROSS JOIN LATERAL (SELECT max(d.day) AS day FROM report_stock d WHERE d.location = x.location AND d.day BETWEEN p.first AND p.last) m
JOIN report_stock s ON s.location = x.location AND s.day = m.day
"""

_ORDERS: Final = f"""
SELECT s.subject, s.day, s.parts, o.number, o.channel, r.number AS rma, r.id AS rma_id
FROM report_share s LEFT JOIN sales_order o ON o.id = s.subject LEFT JOIN rma r ON r.id = s.subject
WHERE s.build = {LIVE} AND s.location = $1 AND s.day BETWEEN $2 AND $3
  AND EXISTS (SELECT FROM jsonb_object_keys(s.parts) k WHERE split_part(k, '|', 1) = ANY($4::text[]) AND ($5::text IS NULL OR split_part(k, '|', 2) = $5))
ORDER BY s.day DESC, o.number DESC NULLS LAST LIMIT {MOST_ORDERS}
"""


_COUNTING: Final = """
SELECT coalesce(n.subjects, 0) AS done, coalesce(n.of_all, 0) AS of_all FROM (SELECT meaning FROM report_build WHERE swapped_at IS NOT NULL ORDER BY number DESC LIMIT 1) l
LEFT JOIN report_build n ON n.swapped_at IS NULL AND n.meaning = $1 WHERE l.meaning <> $1 ORDER BY n.number DESC LIMIT 1
"""


class Place(msgspec.Struct, frozen=True):
    """A place with stock; one that is not `reached` only counts in a median."""

    id: str
    name: str
    time_zone: str
    region: str | None
    region_name: str
    kind: str
    reached: bool


class Places(msgspec.Struct, frozen=True):
    """What somebody may choose among, and whom it is compared with."""

    all: list[Place]

    @property
    def mine(self) -> list[Place]:
        return [place for place in self.all if place.reached]

    @property
    def regions(self) -> list[tuple[str, str]]:
        """(id, name) of the regions of the places one reaches."""
        return sorted(
            {(place.region, place.region_name) for place in self.mine if place.region}, key=lambda one: one[1]
        )

    def named(self, id: str) -> Place | None:
        return next((place for place in self.mine if place.id == id), None)

    def chosen(self, region: str, store: str) -> list[Place]:
        """The reached places of a store, or a region, or all."""
        return [p for p in self.mine if (not store or p.id == store) and (not region or p.region == region)]

    def around(self, chosen: Sequence[Place]) -> list[Place]:
        """The chosen places and the others of their regions."""
        regions = {place.region for place in chosen if place.region}
        ids = {place.id for place in chosen}
        return [place for place in self.all if place.id in ids or (place.region in regions and place.kind == "store")]


def today_of(chosen: Sequence[Place], now: datetime) -> date:
    """The day that it is there; of places far apart the later one, so that nothing that happened is left out."""
    zones = {place.time_zone for place in chosen} or {ZONE_OF_NOWHERE}
    return max(now.astimezone(ZoneInfo(zone)).date() for zone in zones)


class StoreRow(msgspec.Struct, frozen=True):
    """One store in the span; nobody sees a store that is not theirs."""

    place: Place
    values: Values


class Part(msgspec.Struct, frozen=True):
    """A breakdown with its rows."""

    breakdown: reports.Breakdown
    groups: list[Group]


class Trend(msgspec.Struct, frozen=True):
    """One report over a span: as a whole, period by period, store by store, taken apart; the median of the stores of the region.

    Periods and stores without figures have values of nothing. `currency` is empty where the report has no money.
    """

    report: Report
    by: By
    first: date
    last: date
    whole: Values
    series: list[tuple[date, Values]]
    stores: list[StoreRow]
    compared: Values | None
    parts: list[Part]
    currency: str
    currencies: list[str]

    @property
    def empty(self) -> bool:
        return not any(value for value in self.whole.values())

    @property
    def keys(self) -> list[tuple[str, str]]:
        """(Words of the breakdown, key) of every group."""
        return [(part.breakdown.words, group.key) for part in self.parts for group in part.groups]


class Behind(msgspec.Struct, frozen=True):
    """An order, or a return without one, that a figure counts; `rows`: (measure, key, figures)."""

    subject: UUID
    day: date
    number: str
    is_return: bool
    rows: list[tuple[str, str, Figures]]


class Counting(msgspec.Struct, frozen=True):
    """History is being counted by what the measures mean now, and pages read the figures from before: `done` of `of_all`."""

    done: int
    of_all: int

    @property
    def part(self) -> float:
        """What is done of it, as a part of one."""
        return self.done / self.of_all if self.of_all else 0.0


async def counting(connection: Connection) -> Counting | None:
    """How far it is; None when pages read figures of today's meaning."""
    row = await connection.fetchrow(_COUNTING, MEANING)
    return None if row is None else Counting(row["done"], max(row["of_all"], row["done"]))


async def places(connection: Connection, actor: Actor) -> Places:
    """The actor's places, and the other stores of their regions (for medians alone), by name."""
    reached = list(actor.locations) if actor.locations is not None else None
    return Places([Place(*row) for row in await connection.fetch(_PLACES, reached, MOST_PLACES)])


async def read(
    connection: Connection, actor: Actor, known: Places, report: Report, by: By, until: date, chosen: Sequence[Place], currency: str = "",
    periods: Sequence[date] | None = None,
) -> Trend:  # fmt: skip
    """A report over the periods up to `until` (or `periods`, by their first days), for `chosen` (places that the actor reaches)."""
    periods = reports.spans(by, until) if periods is None else periods
    ids = {place.id for place in chosen if actor.reaches(place.id)}
    around = {place.id for place in known.around(chosen)} if len(chosen) == 1 else ids
    nowhere = {""} if actor.locations is None and len(chosen) == len(known.mine) else set()
    latest = periods[-1]
    # What the whole adds up are the chosen places; the others only count in the median.
    if report.name == "stock":
        rows = await connection.fetch(_STOCK, sorted(around), periods, [reports.last_day(by, one) for one in periods])
        by_period = _by([row for row in rows if row[3] in ids], 2)
        # The whole is what lies there now: the last reading of each place in the span.
        newest: dict[str, date] = {}
        for row in rows:
            newest[row[3]] = max(row[2], newest.get(row[3], row[2]))
        rows = [row for row in rows if row[2] == newest[row[3]]]
        by_place, whole = _by(rows, 3), _sums([row for row in rows if row[3] in ids])
    else:
        rows = await connection.fetch(
            _FIGURES, GRAINS[by], list(report.measures), sorted(around | nowhere), periods[0], latest, sorted(ids | nowhere)
        )  # fmt: skip
        by_period, by_place = (
            _by([row for row in rows if row[2]], 2),
            _by([row for row in rows if row[3] is not None], 3),
        )
        whole = _sums([row for row in rows if row[3] is None])
    found = reports.currencies(whole) if report.money else []
    currency = (currency if currency in found else found[0]) if found else ("EUR" if report.money else "")

    def said(sums: Sums) -> Sums:
        return reports.in_currency(sums, currency) if report.money else sums

    stores = [StoreRow(p, reports.values(report.columns, said(by_place.get(p.id, {})))) for p in chosen]
    stores_alone = {place.id for place in known.all if place.kind == "store"}
    everyone = [reports.values(report.columns, said(sums)) for place, sums in by_place.items() if place in stores_alone]
    least = 2 if all(place.reached for place in known.around(chosen)) else reports.LEAST_COMPARED
    compared = None
    if len(everyone) >= least:
        compared = {c.name: median(one[c.name] for one in everyone) for c in report.columns}
    return Trend(
        report, by, periods[0], reports.last_day(by, latest), reports.values(report.columns, said(whole)),
        [(first, reports.values(report.columns, said(by_period.get(first, {})))) for first in periods],
        _worst_first(report, stores), compared,
        [Part(one, reports.parts(one, said(whole))) for one in report.breakdowns], currency, found,
    )  # fmt: skip


async def by_store_and_period(
    connection: Connection, actor: Actor, report: Report, by: By, until: date, chosen: Sequence[Place], currency: str = ""
) -> tuple[str, list[tuple[date, Place, Values]]]:  # fmt: skip
    """For a file: (currency, one row for each store and period that has figures), the oldest first."""
    periods = reports.spans(by, until)
    by_id = {place.id: place for place in chosen if actor.reaches(place.id)}
    ids, rows = sorted(by_id), []
    for at in range(0, len(ids), PLACES_AT_ONCE):
        rows += await _cells(connection, report, by, periods, ids[at : at + PLACES_AT_ONCE])
    found = reports.currencies(_sums(rows)) if report.money else []
    currency = (currency if currency in found else found[0]) if found else ""
    cells: dict[tuple[date, str], list[Any]] = defaultdict(list)
    for row in rows:
        cells[row[2], row[3]].append(row)
    made = []
    for first, place in sorted(cells, key=lambda cell: (cell[0], by_id[cell[1]].name)):
        sums = _sums(cells[first, place])
        made.append(
            (
                first,
                by_id[place],
                reports.values(report.columns, reports.in_currency(sums, currency) if report.money else sums),
            )
        )
    return currency, made


async def overview(
    connection: Connection, actor: Actor, until: date, chosen: Sequence[Place]
) -> tuple[bool, dict[str, tuple[Values, Values, list[Values], str]]]:
    """Whether the weeks are whole ones, and every report: (the last four weeks, the four before, week by week, currency).

    Before the first order nothing is worth a value.
    """
    weeks = reports.spans("week", until)[-9:]
    measures = sorted(
        {measure for report in reports.REPORTS.values() for measure in report.measures} - {"stock", "short_sku"}
    )
    ids = [place.id for place in chosen if actor.reaches(place.id)]
    nowhere = [""] if actor.locations is None else []
    rows = await connection.fetch(_WEEKS, measures, [*ids, *nowhere], weeks[0], weeks[-1])
    stock = await connection.fetch(_STOCK, ids, weeks, [reports.last_day("week", first) for first in weeks])
    found = {}
    # Whole weeks are compared with whole weeks; a house that is younger sees what there is.
    begun = min((row[2] for row in rows if row[0] == "received"), default=weeks[-1])
    whole = begun <= weeks[-5]
    now_weeks, before_weeks = (weeks[-5:-1], weeks[:4]) if whole else (weeks[-4:], weeks[1:5])
    for name, report in reports.REPORTS.items():
        own = stock if name == "stock" else [row for row in rows if row[0] in report.measures]
        currencies = reports.currencies(_sums(own)) if report.money else []
        currency = currencies[0] if currencies else ("EUR" if report.money else "")
        by_week = {
            week: reports.in_currency(sums, currency) if report.money else sums for week, sums in _by(own, 2).items()
        }
        # A week that still runs would end every line with a fall.
        shown = weeks[:-1] if whole and name != "stock" else weeks
        spans = (weeks[-1:], weeks[-5:-4]) if name == "stock" else (now_weeks, before_weeks)
        now, before = (
            reports.values(report.columns, _together([by_week[week] for week in span if week in by_week]))
            if span[-1] >= begun or name == "stock" else dict.fromkeys((c.name for c in report.columns), None)
            for span in spans
        )  # fmt: skip
        series = [reports.values(report.columns, by_week.get(week, {})) for week in shown if week >= begun]
        found[name] = (now, before, series, currency)
    return whole, found


async def behind(
    connection: Connection, actor: Actor, report: Report, first: date, last: date, location: str, key: str | None = None
) -> list[Behind]:
    """The orders that a store's figure of some days counts, newest day first, at most 200; nothing of a store that is not the actor's."""
    if not actor.reaches(location):
        return []
    rows = await connection.fetch(_ORDERS, location, first, last, list(report.measures), key)
    made = []
    for row in rows:
        parts = msgspec.json.decode(row["parts"])
        split = [(*part.partition("|")[::2], tuple(figures)) for part, figures in parts.items()]
        own = [one for one in split if one[0] in report.measures and (key is None or reports.before_bar(one[1]) == key)]
        made.append(
            Behind(
                row["rma_id"] or row["subject"],
                row["day"],
                row["number"] or row["rma"] or "",
                row["number"] is None,
                own,
            )
        )
    return made


_NAMES: Final = """
SELECT 'sku' AS words, k.sku AS key, concat_ws(', ', k.name, nullif(k.variant, ''), nullif(k.deciding, '')) AS said FROM sku k WHERE k.sku = ANY($1::text[])
UNION ALL SELECT 'channel', c.id, c.name FROM channel c WHERE c.id = ANY($1::text[])
UNION ALL SELECT r.subject, r.code, CASE $2 WHEN 'en' THEN r.en ELSE r.fr END FROM reason r WHERE r.code = ANY($1::text[])
"""


async def names(
    connection: Connection, language: str, asked: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], str]:  # fmt: skip
    """What articles, channels and head office's own reasons are called, of (words of the breakdown, key); what has no name is not in it."""
    keys = sorted({key for words, key in asked if words in ("sku", "channel", "return", "short", "decline", "cancel")})
    rows = await connection.fetch(_NAMES, keys, language) if keys else []
    return {(row["words"], row["key"]): row["said"] for row in rows}


_WEEKS: Final = f"""
SELECT f.measure, f.key, f.day, '' AS location, sum(f.a)::bigint, sum(f.b)::bigint, sum(f.c)::bigint
FROM report_figure f
WHERE f.build = {LIVE} AND f.grain = 'w' AND f.measure = ANY($1::text[]) AND f.location = ANY($2::text[]) AND f.day BETWEEN $3 AND $4
GROUP BY f.measure, f.key, f.day
"""


async def _cells(
    connection: Connection, report: Report, by: By, periods: Sequence[date], locations: Sequence[str]
) -> list[Any]:
    if report.name == "stock":
        return await connection.fetch(_STOCK, list(locations), periods, [reports.last_day(by, one) for one in periods])
    timed = [measure for measure in report.measures if MEASURES[measure].key == "bucket"]
    measures = [measure for measure in report.measures if measure != "short_sku"]
    return await connection.fetch(
        _CELLS, GRAINS[by], measures, list(locations), periods[0], periods[-1], timed, report.money
    )


def _sums(rows: Sequence[Any]) -> Sums:
    sums: dict[str, dict[str, Figures]] = defaultdict(dict)
    for measure, key, _, _, a, b, c in rows:
        was = sums[measure].get(key, (0, 0, 0))
        sums[measure][key] = (was[0] + a, was[1] + b, was[2] + c)
    return sums


def _by(rows: Sequence[Any], at: int) -> Mapping[Any, Sums]:
    split: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        split[row[at]].append(row)
    return {key: _sums(own) for key, own in split.items()}


def _together(several: Sequence[Sums]) -> Sums:
    return _sums(
        [(m, k, None, None, *figures) for sums in several for m, keys in sums.items() for k, figures in keys.items()]
    )


def _worst_first(report: Report, rows: list[StoreRow]) -> list[StoreRow]:
    """Where it is clear what is better: whoever needs a look comes first; else by name. Stores without figures come last."""
    better = report.column(report.main).better
    known = [row for row in rows if row.values[report.main] is not None]
    if better:
        known.sort(key=lambda row: row.values[report.main] or 0, reverse=better == "less")
    return known + [row for row in rows if row.values[report.main] is None]
