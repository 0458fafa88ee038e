"""Fills the outlook from the database: all of it at start, then the network each time and the stock in turns."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from comptoir.kit.db import Pool, borrowed
from comptoir.network.hours import hours_of, open_minutes
from comptoir.orders.capture import Part
from comptoir.sourcing import queries
from comptoir.sourcing.model import Place
from comptoir.sourcing.outlook import Outlook

AHEAD_DAYS = 21


async def read_all(pool: Pool, outlook: Outlook, now: datetime) -> None:
    """Places, articles, queues and every stock row."""
    async with borrowed(pool) as connection:
        outlook.set_places(places_of(await queries.places(connection), now))
        outlook.known = {sku: age for sku, age, _ in await queries.articles(connection)}
        outlook.kits = kits_of(await queries.kit_parts(connection))
        outlook.set_queue(await queries.queues(connection))
        after = ("", "")
        while rows := await queries.supply(connection, after, now):
            outlook.set_supply(rows)
            after = (rows[-1][0], rows[-1][1])


async def read_next(pool: Pool, outlook: Outlook, now: datetime, after: tuple[str, str]) -> tuple[str, str]:
    """The network and queues again, and the next slice of stock; where to go on, from the start after the last slice."""
    async with borrowed(pool) as connection:
        outlook.set_places(places_of(await queries.places(connection), now))
        outlook.set_queue(await queries.queues(connection))
        rows = await queries.supply(connection, after, now)
        outlook.set_supply(rows)
        if len(rows) == queries.SLICE:
            return rows[-1][0], rows[-1][1]
        outlook.known = {sku: age for sku, age, _ in await queries.articles(connection)}
        outlook.kits = kits_of(await queries.kit_parts(connection))
        return "", ""


def kits_of(rows: list[tuple[str, str, int, int]]) -> Mapping[str, Sequence[Part]]:
    kits: dict[str, list[Part]] = {}
    for kit, component, quantity, share in rows:
        kits.setdefault(kit, []).append(Part(component, quantity, share))
    return kits


def places_of(rows: list[dict[str, Any]], now: datetime) -> list[Place]:
    """Locations with their open windows of the next three weeks, as minutes since 1970."""
    return [
        Place(
            id=row["id"], index=i, pickup="pickup" in row["services"], ship="ship" in row["services"], time_zone=row["time_zone"],
            latitude=row["latitude"], longitude=row["longitude"], lead_minutes=row["pick_lead_minutes"],
            capacity_per_hour=row["capacity_per_hour"], hold_days=row["hold_days"], parcel_cost_minor=row["parcel_cost_minor"],
            paused_until=row["paused_until"], windows=windows_of(row, now),
        )
        for i, row in enumerate(rows)
    ]  # fmt: skip


def windows_of(row: dict[str, Any], now: datetime) -> tuple[tuple[int, int], ...]:
    hours = tuple((weekday, opens, closes) for weekday, opens, closes in row["hours"])
    return _windows(hours, tuple(row["exceptions"]), row["time_zone"], now.astimezone(UTC).date())


@lru_cache(maxsize=20_000)
def _windows(
    hours: tuple[tuple[int, int, int], ...], exceptions: tuple[str, ...], zone: str, day: date
) -> tuple[tuple[int, int], ...]:
    """Windows from the day before `day` on; kept, for they are asked every two seconds and change once a day."""
    week, replaced = hours_of(hours, exceptions)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
    return open_minutes(week, replaced, zone, start, AHEAD_DAYS + 2)
