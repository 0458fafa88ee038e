"""Reserved units become a location's work, with the hour at which it will be ready."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from comptoir.flows.bring_to_store import bring_to_store
from comptoir.fulfillment import sql
from comptoir.kit.db import Tx
from comptoir.kit.ids import new_id
from comptoir.network.promise import ready_by
from comptoir.sourcing.model import Place
from comptoir.sourcing.outlook import Outlook

Given = tuple[int, int, str, str, int]
"""Order line, part, SKU, location, units."""


def brought_by(outlook: Outlook, store: str, now: datetime, left: datetime | None = None) -> datetime:
    """When goods that come by transfer are ready at a store: when it opens on the day they come, and its own time to prepare.

    They leave now, or have `left`.
    """
    policy = outlook.policy
    calendar = outlook.calendar(now)
    day = calendar.date_of(calendar.due(left or now, policy.transfer_days or 0, policy.collection_minute))
    return _opened(outlook.places[outlook.index[store]], day)


def brought_next(outlook: Outlook, store: str, now: datetime) -> datetime:
    """The same on the store's next open day: what should have come and did not is not hoped for today."""
    place = outlook.places[outlook.index[store]]
    return _opened(place, now.astimezone(ZoneInfo(place.time_zone)).date() + timedelta(days=1))


def _opened(place: Place, day: date) -> datetime:
    """Ready on this day, or on the first one after it on which the store opens."""
    zone = ZoneInfo(place.time_zone)
    comes = int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) // 60
    opens = next((start for start, _ in place.windows if start >= comes), comes + 9 * 60)
    return datetime.fromtimestamp((opens + place.lead_minutes) * 60, UTC)


async def bring(tx: Tx, outlook: Outlook, work: UUID, store: str, now: datetime) -> None:
    """A work whose goods are collected elsewhere goes there by transfer; its order is locked."""
    (locked,) = await sql.lock(tx, [work], None)
    await bring_to_store(tx, locked, store, brought_by(outlook, store, now))


async def give_work(
    tx: Tx, outlook: Outlook, order: UUID, number: str, location: str, method: str, shares: Sequence[Given], now: datetime
) -> UUID:  # fmt: skip
    """Make one open work of these units, all of one location. Its id."""
    at = outlook.index[location]
    place = outlook.places[at]
    promised = ready_by(
        place.windows,
        place.lead_minutes,
        outlook.queue[at],
        place.capacity_per_hour,
        now,
        place.paused_until,
        place.paces,
    )
    outlook.queue[at] += 1
    work = new_id()
    await sql.WORKS.insert(
        tx, [(work, location, order, number, method, "open", promised, sum(share[4] for share in shares), now)]
    )
    await sql.WORK_LINES.insert(
        tx, [(work, location, i, order, s[0], s[1], s[2], s[4], s[4]) for i, s in enumerate(shares, 1)]
    )
    tx.touched.add(location)
    return work
