"""Asks carriers about parcels that are on their way: who is due, in calls of as many numbers as a carrier takes, within its pace."""

import asyncio
import logging
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from comptoir.carriers.model import AccountRefused, Busy, Carrier, NotOffered, TrackAnswer, Tracked, TrackingEvent
from comptoir.kit.actor import SYSTEM
from comptoir.kit.errors import Outage
from comptoir.kit.ids import new_id
from comptoir.shipping import tracking, tracking_sql
from comptoir.shipping.tracking import HeardEvent, HearTracking
from comptoir.shipping.tracking import Tracked as Followed

if TYPE_CHECKING:
    from comptoir.house import House

SET: Final = 400
"""Parcels that one round takes; every account gives at most `CALLS` of its calls to it."""

CALLS: Final = 20
BETWEEN_SECONDS: Final = 0.25
CALL_SECONDS: Final = 30.0
AWAY: Final = timedelta(minutes=10)
REFUSED: Final = timedelta(hours=2)

log = logging.getLogger("comptoir.tracking")


async def ask_carriers(house: "House") -> int:
    """One round; how many parcels were asked for. Accounts are asked side by side, the calls of one after one another."""
    due = await tracking_sql.claim(house.pool, house.clock(), SET)
    accounts: dict[str, list[Followed]] = defaultdict(list)
    for one in due:
        accounts[one.account or ""].append(one)
    await asyncio.gather(*(_account(house, account, parcels) for account, parcels in accounts.items()))
    return len(due)


async def _account(house: "House", account: str, parcels: list[Followed]) -> None:
    carrier = await house.carriers.of(account)
    if carrier is None or not carrier.capabilities.tracking:
        # Nobody to ask: whatever the carrier pushes, or a person types, still counts.
        return await _put_off(house, parcels, timedelta(hours=12))
    calls = tracking.by_account(parcels, carrier.capabilities.track_at_once)
    for nth, batch in enumerate(calls):
        if nth == CALLS:
            left = [one for later in calls[nth:] for one in later]
            return await _put_off(house, left, timedelta(minutes=1))
        if nth:
            await asyncio.sleep(BETWEEN_SECONDS)
        wait = await _call(house, carrier, batch)
        if wait is not None:
            left = [one for later in calls[nth:] for one in later]
            return await _put_off(house, left, wait)
    return None


async def _call(house: "House", carrier: Carrier, batch: list[Followed]) -> timedelta | None:
    """One call and what it told; how long to leave the account alone, or None to go on."""
    match await ask_where(carrier, [one.number for one in batch]):
        case Tracked() as told:
            await _keep(house, batch, told)
            return timedelta(seconds=told.wait_seconds) if told.wait_seconds else None
        case Busy(_, wait):
            return max(timedelta(seconds=wait), AWAY)
        case AccountRefused(code):
            log.error("%s refuses our account: %s", carrier.name, code)
            return REFUSED
        case NotOffered():
            return timedelta(hours=12)


async def ask_where(carrier: Carrier, numbers: list[str]) -> TrackAnswer:
    """One call for these numbers; whatever an adapter raises is no answer."""
    try:
        return await asyncio.wait_for(carrier.track(numbers), CALL_SECONDS)
    except Exception as fault:  # whatever an adapter raises: a question was not answered, and may be asked again
        log.error("%s did not tell: %s", carrier.name, type(fault).__name__)
        return Busy("fault")


async def _keep(house: "House", batch: list[Followed], told: Tracked) -> None:
    by_number: dict[str, list[TrackingEvent]] = defaultdict(list)
    for event in told.events:
        by_number[event.number].append(event)
    now = house.clock()
    for one in batch:
        events = heard_events(by_number.get(one.number, []))
        if events:
            key = one.account or one.carrier
            try:
                await house.runner.perform(HearTracking(new_id(), key, one.number, events), SYSTEM)
            except Outage:
                raise
            except Exception:
                # One parcel's history that the books cannot hold keeps no other parcel waiting.
                log.exception("what was told of parcel %s could not be kept", one.parcel)
    again = [one for one in batch if one.number in told.again]
    await _put_off(house, again, max(timedelta(seconds=told.wait_seconds), AWAY))
    for one in batch:
        if one.number not in told.again:
            # The status may have moved on just now: then its own time stands, which is sooner or never.
            await tracking_sql.asked(house.pool, one.parcel, tracking.next_ask(one.status, one.handed_at, now), now)


def heard_events(events: list[TrackingEvent]) -> tuple[HeardEvent, ...]:
    """As the flow takes them: the newest 500, words cut to what is kept."""
    kept = events[-tracking.MOST_EVENTS :]
    return tuple(HeardEvent(e.code[:64], e.status, e.at, e.where[:200], e.text[:500]) for e in kept)


async def _put_off(house: "House", parcels: list[Followed], wait: timedelta) -> None:
    await tracking_sql.put_off(house.pool, [one.parcel for one in parcels], house.clock() + wait)
