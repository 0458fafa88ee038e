"""Fills the outlook from the database: all of it at start, then the network each time and the stock in turns."""

from datetime import datetime, timedelta
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


def kits_of(rows: list[tuple[str, str, int, int]]) -> dict[str, list[Part]]:
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
    hours, exceptions = hours_of(row["hours"], row["exceptions"])
    return open_minutes(hours, exceptions, row["time_zone"], now - timedelta(days=1), AHEAD_DAYS + 1)
