"""Fills the outlook from the database: all of it at start, then the network each time and the stock in turns."""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from comptoir.kit import policies
from comptoir.kit.db import Connection, Pool, borrowed
from comptoir.kit.errors import Conflict, Invalid
from comptoir.network import planned
from comptoir.network.hours import hours_of, open_minutes
from comptoir.orders.capture import Part
from comptoir.shipping import collection_queries
from comptoir.sourcing import queries
from comptoir.sourcing.calendar import HOME
from comptoir.sourcing.model import Place
from comptoir.sourcing.outlook import Outlook
from comptoir.sourcing.policy import DEFAULT, KIND, Policy, check, used_names

log = logging.getLogger(__name__)

AHEAD_DAYS = 21
FIRST_DAY = date(1970, 1, 1)
LATE_COMMITS = timedelta(minutes=10)


async def read_all(pool: Pool, outlook: Outlook, now: datetime) -> None:
    """Places, articles, queues and every stock row."""
    async with borrowed(pool) as connection:
        outlook.set_places(places_of(await queries.places(connection), now))
        await read_policy(connection, outlook, now)
        await read_collections(connection, outlook, now)
        outlook.known = await queries.articles(connection)
        outlook.kits = kits_of(await queries.kit_parts(connection))
        outlook.set_queue(await queries.queues(connection))
        await read_prices(connection, outlook)
        after = ("", "")
        while rows := await queries.supply(connection, after, now):
            outlook.set_supply(rows)
            after = (rows[-1][0], rows[-1][1])


async def read_next(pool: Pool, outlook: Outlook, now: datetime, after: tuple[str, str]) -> tuple[str, str]:
    """The network and queues again, and the next slice of stock; where to go on, from the start after the last slice."""
    async with borrowed(pool) as connection:
        outlook.set_places(places_of(await queries.places(connection), now))
        await read_policy(connection, outlook, now)
        outlook.set_queue(await queries.queues(connection))
        await read_prices(connection, outlook)
        rows = await queries.supply(connection, after, now)
        outlook.set_supply(rows)
        if len(rows) == queries.SLICE:
            return rows[-1][0], rows[-1][1]
        await read_collections(connection, outlook, now)
        outlook.known = await queries.articles(connection)
        outlook.kits = kits_of(await queries.kit_parts(connection))
        # Prices that were committed after later ones were read: once a round they are looked for again.
        outlook.priced = (outlook.priced[0] - LATE_COMMITS, "", "")
        return "", ""


async def read_policy(connection: Connection, outlook: Outlook, now: datetime) -> None:
    """The policy in force, the one that is tried beside it, and what its daily limits need.

    One that cannot be used, saved by another version of Comptoir perhaps, stops no order: what held before it holds on.
    """
    tried = await policies.find_tried(connection, KIND, now)
    shadow = usable(tried.number, tried.body) if tried else None
    outlook.set_policy(*await in_force(connection, now), (tried.number, shadow) if tried and shadow else None)
    if any(rule.daily_limit is not None for rule in outlook.policy.rules):
        local = now.astimezone(HOME)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        outlook.given = await queries.given_today(connection, midnight)


async def in_force(connection: Connection, now: datetime) -> tuple[int, Policy]:
    """The version that orders are really decided by, and its number: the last one begun that can be used; 0 is what comes along."""
    active = await policies.find_active(connection, KIND, now)
    while active is not None and usable(active.number, active.body) is None:
        active = await policies.find_earlier(connection, KIND, active)
    found = usable(active.number, active.body) if active else None
    return (active.number, found) if active and found else (0, DEFAULT)


def policy_of(version: policies.Version) -> Policy:
    """A version's document. Conflict `policy_unreadable` for one that another Comptoir saved and this one cannot read."""
    return read_body(version.body)


def read_body(body: str) -> Policy:
    """A document as it was kept. Conflict `policy_unreadable`."""
    try:
        return _policy_of(body)
    except msgspec.ValidationError as fault:
        raise Conflict("policy_unreadable", wrong=str(fault)) from None


@lru_cache(maxsize=64)
def usable(number: int, body: str) -> Policy | None:
    """A saved document to plan by, or none where it cannot be read or its parts do not fit together; said once."""
    try:
        policy = _policy_of(body)
        # Names that nobody bears any more are passed over where they are used.
        check(policy, used_names(policy))
    except (msgspec.ValidationError, Invalid) as fault:
        log.error("sourcing policy %d cannot be used, the one before it holds: %s", number, fault)
        return None
    return policy


@lru_cache(maxsize=8)
def _policy_of(body: str) -> Policy:
    """Asked every two seconds, and changed by head office now and then."""
    return msgspec.json.decode(body, type=Policy)


async def read_collections(connection: Connection, outlook: Outlook, now: datetime) -> None:
    """When carriers come to places that say so, of the next weeks."""
    found = await collection_queries.collections(connection, now - timedelta(days=1), now + timedelta(days=AHEAD_DAYS))
    outlook.set_collections(
        {place: [(at, FIRST_DAY + timedelta(days=day)) for at, day in times] for place, times in found.items()}
    )


async def read_prices(connection: Connection, outlook: Outlook) -> None:
    """What units cost beyond their parcel, as far as it changed since the last look."""
    while rows := await queries.unit_prices(connection, outlook.priced):
        outlook.set_prices(row[1:] for row in rows)
        outlook.priced = (rows[-1][0], rows[-1][1], rows[-1][2])


def kits_of(rows: list[tuple[str, str, int, int]]) -> Mapping[str, Sequence[Part]]:
    kits: dict[str, list[Part]] = {}
    for kit, component, quantity, share in rows:
        kits.setdefault(kit, []).append(Part(component, quantity, share))
    return kits


def places_of(rows: list[dict[str, Any]], now: datetime, days: int = AHEAD_DAYS) -> list[Place]:
    """Locations with their open windows of the next three weeks (or so many days), as minutes since 1970, and the capacity that is planned for now."""
    minute = int(now.timestamp() // 60)
    return [place_of(i, row, now, minute, days) for i, row in enumerate(rows)]


def place_of(index: int, row: dict[str, Any], now: datetime, minute: int, days: int) -> Place:
    plans, windows, own = planned.read(row["plans"]), windows_of(row, now, days), row["capacity_per_hour"]
    return Place(
        id=row["id"], index=index, pickup="pickup" in row["services"], ship="ship" in row["services"], time_zone=row["time_zone"],
        latitude=row["latitude"], longitude=row["longitude"], lead_minutes=row["pick_lead_minutes"],
        capacity_per_hour=plans.at(own, minute), hold_days=row["hold_days"], parcel_cost_minor=row["parcel_cost_minor"],
        paused_until=row["paused_until"], windows=windows, kind=row["kind"], region=row["region"],
        paces=planned.paces(plans, windows, own, minute, row["time_zone"]) if row["plans"] else (),
    )  # fmt: skip


def windows_of(row: dict[str, Any], now: datetime, days: int = AHEAD_DAYS) -> tuple[tuple[int, int], ...]:
    hours = tuple((weekday, opens, closes) for weekday, opens, closes in row["hours"])
    return _windows(hours, tuple(row["exceptions"]), row["time_zone"], now.astimezone(UTC).date(), days)


@lru_cache(maxsize=20_000)
def _windows(
    hours: tuple[tuple[int, int, int], ...], exceptions: tuple[str, ...], zone: str, day: date, days: int
) -> tuple[tuple[int, int], ...]:
    """Windows from the day before `day` on; kept, for they are asked every two seconds and change once a day."""
    week, replaced = hours_of(hours, exceptions)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
    return open_minutes(week, replaced, zone, start, days + 2)
