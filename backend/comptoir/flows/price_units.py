"""Works out what the last units are worth where they lie, in a process of its own: `comptoir price`, started by the worker.

Every ten minutes what moved, every six hours everything. The process that takes orders only reads the figures; they may be hours old.
"""

import asyncio
import logging
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from comptoir.flows.reading_outlook import AHEAD_DAYS, read_all
from comptoir.kit.db import Pool, borrowed
from comptoir.network.geography import area_of
from comptoir.sourcing import pricing_queries as queries
from comptoir.sourcing.bid_prices import publish
from comptoir.sourcing.find_rate import Judged, Rates, calibrated, latest
from comptoir.sourcing.market import (
    TOGETHER,
    Expected,
    Market,
    among_what_is_there,
    in_stock,
    market_of,
    open_part,
    phantoms,
    top_down,
)
from comptoir.sourcing.outlook import Outlook
from comptoir.sourcing.snapshot import Snapshot
from comptoir.sourcing.sql import Priced, keep_find_rates, keep_prices, keep_run

if TYPE_CHECKING:
    from comptoir.house import House

log = logging.getLogger("comptoir.pricing")

LOOKS_BACK: Final = timedelta(days=28)
TRIES_BACK: Final = timedelta(days=60)
WHOLE_EVERY: Final = timedelta(hours=6)
LATE_COMMITS: Final = timedelta(minutes=2)
"""What was under way during the last run is looked at again."""
PATIENCE_SECONDS: Final = 280
INSTEAD_MINOR: Final = 800
"""What a parcel costs, about, for somebody who wanted to collect and finds nothing."""
DAY: Final = 1440
KNOWN_DAYS: Final = AHEAD_DAYS - 1
"""So many whole days from now on a place's hours are known."""
MOST_AREAS: Final = 40
"""Destinations that are told apart for one run; the rest count for the one that is ordered to most."""


async def start_pricing(house: "House") -> int:
    """The worker's part: a process that has the libraries, and ends. Its code."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "comptoir.cli", "price",
    )  # fmt: skip
    try:
        return await asyncio.wait_for(process.wait(), PATIENCE_SECONDS)
    except (TimeoutError, asyncio.CancelledError):
        process.kill()
        await process.wait()
        raise


class Run(msgspec.Struct, frozen=True):
    """What one run did. `changed` of the `prices` differ from what stood there."""

    at: datetime
    whole: bool
    skus: int
    prices: int
    changed: int
    judged: Judged


async def price_units(pool: Pool, now: datetime, whole: bool | None = None) -> Run:
    """Price what moved since the last run, or everything when that is due or asked for; write the figures that changed."""
    async with borrowed(pool) as connection:
        last, last_whole = await queries.last_run(connection), await queries.last_run(connection, True)
        everything = whole if whole is not None else last_whole is None or now - last_whole >= WHOLE_EVERY
        outlook = Outlook()
        await read_all(pool, outlook, now)
        skus = (
            sorted(outlook.supply) if everything or last is None else await queries.moved_since(connection, last - LATE_COMMITS)
        )[: queries.MOST_SKUS]  # fmt: skip
        skus = [sku for sku in skus if sku in outlook.supply and sku in outlook.known]
        tries = await queries.tries(connection, now - TRIES_BACK)
    judged, rates = calibrated(tries), Rates(tries)
    markets = await read_markets(pool, outlook, skus, now, rates if judged.usable else None)
    scarcity = publish(market for market in markets if scarce(market))
    rows: list[Priced] = []
    for sku in skus:
        row = scarcity.get(sku) or [0] * len(outlook.ids)
        for at, place in enumerate(outlook.ids):
            if not outlook.supply[sku][at]:
                continue
            decline = round(rates.of(sku, place) * outlook.policy.decline_minor) if judged.usable else 0
            rows.append(Priced(sku, place, row[at], decline))
    changed = await keep_prices(pool, rows, now)
    await keep_find_rates(pool, latest(tries), now)
    run = Run(now, everything, len(skus), len(rows), changed, judged)
    await keep_run(pool, run.at, run.whole, run.skus, run.prices, run.changed, judged)
    log.info("priced %s SKUs, %s of %s figures changed", run.skus, changed, len(rows))
    return run


async def read_markets(
    pool: Pool, outlook: Outlook, skus: Sequence[str], now: datetime, rates: Rates | None = None
) -> list[Market]:  # fmt: skip
    """What is expected of each SKU until more comes in, from what was wanted in the last four weeks.

    With `rates` that have proved right, units that the books have and the shelf may not have are reckoned with.
    """
    if not skus:
        return []
    # Totals over the whole assortment tell more than one article's few sales in one place, also when only a few are priced.
    every = sorted(sku for sku in outlook.supply if sku in outlook.known)[: queries.MOST_SKUS]
    number = {sku: at for at, sku in enumerate(every)}
    share = outlook.policy.horizon_days / LOOKS_BACK.days
    async with borrowed(pool) as connection:
        since = now - LOOKS_BACK
        walked = table(await queries.walked_in(connection, every, since), number, outlook, share)
        fetched = table(await queries.collected(connection, every, since), number, outlook, share)
        sent = await queries.sent(connection, every, since)
        company = await queries.in_company(connection, since)
    snapshot = outlook.snapshot(now)
    parcels, areas = parcels_of(sent, number, outlook, snapshot, share)
    fetched = among_what_is_there(top_down(fetched), [outlook.supply[sku] for sku in every])
    parts = walk_in_parts(snapshot, outlook.policy.horizon_days)
    walked = [[units * part for units, part in zip(row, parts, strict=True)] for row in top_down(walked)]
    wanted = {sku: sum(row.values()) for sku, row in zip(every, parcels, strict=True)}
    together = [likely * TOGETHER for likely in in_stock(wanted, snapshot)] if company else ()
    kept: dict[int, list[list[int]]] = {}
    made = []
    for sku in skus:
        at = number.get(sku)
        if at is None:
            continue
        article = outlook.article(sku)
        margin = article.price_minor * outlook.policy.missing_bp // 10_000
        expected = Expected(
            sku, article.grams, walked[at], fetched[at], {area: parcels[at].get(area, 0.0) for area in areas}, margin,
            outlook.policy.decline_minor + INSTEAD_MINOR, margin + outlook.policy.missing_minor, company,
        )  # fmt: skip
        doubts = (
            [
                phantoms(units, units, rates.of(sku, place), 0.0)
                for units, place in zip(outlook.supply[sku], outlook.ids, strict=True)
            ]
            if rates
            else ()
        )
        made.append(market_of(expected, snapshot, doubts, kept, together))
    return made


def walk_in_parts(snapshot: Snapshot, days: int) -> list[float]:
    """By site: what so many days bring of customers who walk in, over what they would if every day were as the next weeks are on average.

    Longer than hours are known, days are as they are.
    """
    if days >= KNOWN_DAYS:
        return [1.0] * len(snapshot.sites)
    now = snapshot.now
    return [
        open_part(site.windows, now, now + days * DAY, (now, now + KNOWN_DAYS * DAY)) * KNOWN_DAYS / days
        for site in snapshot.sites
    ]


def table(
    rows: Sequence[tuple[str, str, int]], number: dict[str, int], outlook: Outlook, share: float
) -> list[list[float]]:  # fmt: skip
    """Expected units by SKU and place."""
    made = [[0.0] * len(outlook.ids) for _ in number]
    for sku, location, units in rows:
        at = outlook.index.get(location)
        if at is not None:
            made[number[sku]][at] = units * share
    return made


def parcels_of(
    rows: Sequence[tuple[str, str, str, int]], number: dict[str, int], outlook: Outlook, snapshot: Snapshot, share: float
) -> tuple[list[dict[str, float]], list[str]]:  # fmt: skip
    """Expected units by SKU and destination, and the destinations, most wanted first."""
    totals: dict[str, int] = {}
    for _, country, postcode, units in rows:
        area = area_of(country, postcode)
        totals[area] = totals.get(area, 0) + units
    areas = sorted(totals, key=lambda area: (-totals[area], area))[:MOST_AREAS]
    made: list[dict[str, float]] = [{} for _ in number]
    for sku, country, postcode, units in rows:
        area = outlook.area(country, postcode, snapshot, outlook.policy)
        at = area if area in areas else areas[0]
        made[number[sku]][at] = made[number[sku]].get(at, 0.0) + units * share
    return made, areas


def scarce(market: Market) -> bool:
    """Can a unit be missed before more comes in? Where everybody has three times what is expected, none is."""
    own = any(units and units < 3 * mean + 2 for units, mean in zip(market.supply, market.own, strict=True))
    return own or sum(market.supply) < 3 * (sum(market.own) + sum(market.parcels))
