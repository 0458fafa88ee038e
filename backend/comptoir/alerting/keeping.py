"""The job that judges: figures are read, kept by the hour, compared with the rules; what changes is written with the messages about it."""

from datetime import timedelta
from typing import TYPE_CHECKING, Final, get_args

from comptoir.alerting import sql
from comptoir.alerting.judging import Change, is_overdue, judge, speaks_at
from comptoir.alerting.measuring import measure
from comptoir.alerting.model import Above, Told
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import Tx, borrowed, in_transaction

if TYPE_CHECKING:
    from comptoir.house import House

READINGS_KEPT: Final = timedelta(days=36)
ALERTS_KEPT: Final = timedelta(days=365)
UP: Final[tuple[Told, ...]] = get_args(Above)
HOUSE: Final = "house"
"""Whom a change of something that is no store's is told to: pages of all places."""


async def judge_alerts(house: "House") -> int:
    """One round; how many alerts changed."""
    now = house.clock()
    async with borrowed(house.pool) as connection:
        readings, kinds = await measure(connection, now)
        rules = await sql.read_rules(connection)
        standing = await sql.read_standing(connection)
    changes = judge(rules, readings, standing, kinds, now)
    if readings:
        await in_transaction(house.pool, SYSTEM.who, now, lambda tx: sql.keep_readings(tx, readings))

    async def write(tx: Tx) -> None:
        for change in changes:
            await carry_out(tx, change)

    if changes:
        await in_transaction(house.pool, SYSTEM.who, now, write)
    return len(changes)


async def carry_out(tx: Tx, change: Change) -> None:
    """One change with its step; people are told of what is raised, woken or escalated."""
    rule, reading, alert = change.rule, change.reading, change.alert
    if change.what == "update":
        assert alert is not None
        await sql.put_value(tx, alert, reading.value, change.calm_since)
        return tx.touched.add(reading.location or HOUSE)
    location = reading.location
    if change.what == "raise":
        alert = await sql.raise_alert(tx, rule, reading)
        if alert is None:
            return None
    else:
        assert alert is not None
        standing = await sql.lock(tx, alert)
        if standing is None:
            return None
        location = standing["location"]
        zone = await sql.time_zone_of(tx, location)
        # Whoever is to answer was told when the quiet hours were over: the time that they have begins then.
        if change.what == "escalate" and not is_overdue(rule, speaks_at(rule, zone, standing["told_at"]), tx.now):
            return None
    tx.touched.add(location or HOUSE)
    match change.what:
        case "end":
            if await sql.end_alert(tx, alert, reading.value, change.because):
                await sql.add_step(tx, alert, "ended", SYSTEM.who, reading.value, change.because)
            return None
        case "wake" if not await sql.wake(tx, alert):
            return None
        case "escalate" if not await sql.escalate(tx, alert):
            return None
    step = {"raise": "raised", "wake": "woke", "escalate": "escalated"}[change.what]
    n = await sql.add_step(tx, alert, step, SYSTEM.who, reading.value)
    higher = rule.escalate_to if change.what == "escalate" else None
    # Who is only looked for now has no way of their own in the rule: they are told by both.
    media = rule.media or ("push", "email") if higher else rule.media
    at = speaks_at(rule, await sql.time_zone_of(tx, location), tx.now)
    person = None if higher else rule.person
    for role in upward(higher or rule.tells):
        if await sql.add_notices(tx, alert, n, role, person, location, media, at):
            break
    return None


def upward(role: Told) -> tuple[Told, ...]:
    """Who is told, and who instead where nobody holds that role for the place: nobody hears of nothing because of a vacancy."""
    return UP[UP.index(role) :] if role in UP else (role,)


async def forget_old(house: "House") -> None:
    """What is too old goes."""
    now = house.clock()
    await in_transaction(house.pool, SYSTEM.who, now, lambda tx: sql.forget(tx, now - READINGS_KEPT, now - ALERTS_KEPT))
