"""Looks ahead in every store's queue, as a job of the worker: an event for each promise that slips, told before it has passed."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from comptoir.flows.reading_outlook import places_of
from comptoir.fulfillment.foreseeing import Foreseen, is_news, to_tell
from comptoir.fulfillment.foreseeing import foresee as hour_of
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import Connection, Event, Tx, borrowed, in_transaction
from comptoir.orders import sql
from comptoir.sourcing import queries
from comptoir.sourcing.model import Place

if TYPE_CHECKING:
    from comptoir.house import House

AHEAD: Final = timedelta(hours=12)
"""What is promised later is looked at later."""
MOST: Final = 5_000
"""Works that are looked at in one round, those promised first; AT_ONCE of them are told."""
AT_ONCE: Final = 100
# Positions count both kinds of work, as the promise did; parcels, held orders and customers who are at the counter are told nothing here.
# What was told while the goods were still on their way to this store counts.
_LIVE: Final = """
WITH live AS (
  SELECT w.id, w.order_id, w.location, w.kind, w.status, w.promise_at, w.told_at,
    count(*) FILTER (WHERE w.status IN ('open', 'accepted', 'picking')) OVER (PARTITION BY w.location ORDER BY w.promise_at, w.id
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
  FROM work w WHERE w.status IN ('open', 'accepted', 'picking', 'picked') AND w.promise_at < $1 AND ($3::text[] IS NULL OR w.location = ANY($3))
)
SELECT v.*, CASE WHEN v.told_at IS NULL THEN '{}' ELSE (SELECT array_agg((e.body->>'to')::timestamptz ORDER BY e.seq) FROM event e
    WHERE e.work IN (v.id, (SELECT t.work FROM transfer t WHERE t.order_id = v.order_id AND t.arrived_work = v.id))
      AND e.stream = v.order_id AND e.kind = 'fulfillment.delayed' AND e.withdrawn_at IS NULL) END AS told
FROM live v WHERE v.kind = 'pickup'
  AND NOT EXISTS (SELECT FROM arrival a WHERE a.order_id = v.order_id AND a.location = v.location AND a.done_at IS NULL)
  AND NOT EXISTS (SELECT FROM order_hold h WHERE h.order_id = v.order_id AND h.released_at IS NULL)
ORDER BY v.promise_at, v.id LIMIT $2
"""


async def foresee(house: "House") -> int:
    """How many customers were told of a later hour."""
    now = house.clock()
    async with borrowed(house.pool) as connection:
        rows = await connection.fetch(_LIVE, now + AHEAD, MOST, None)
        places = {place.id: place for place in places_of(await queries.places(connection), now)} if rows else {}
    due = []
    for row in rows:
        hour = foreseen(row, places[row["location"]], now)
        if to_tell(row["promise_at"], hour, row["told"] or (), places[row["location"]].time_zone, now):
            due.append((row, hour))
    for row, hour in due[:AT_ONCE]:
        await in_transaction(house.pool, SYSTEM.who, now, telling(row, hour))
    return len(due[:AT_ONCE])


async def would_hear(
    connection: Connection, locations: Sequence[str] | None, before: Mapping[str, Place], after: Mapping[str, Place], now: datetime
) -> Counter[str]:  # fmt: skip
    """How many customers of each of these places (None: all) would be told of a later hour if its figures were those of `after`, and not by
    those of `before`. Works promised within twelve hours, the first 5,000."""
    found: Counter[str] = Counter()
    for row in await connection.fetch(_LIVE, now + AHEAD, MOST, None if locations is None else list(locations)):
        told, place = row["told"] or (), row["location"]
        then, else_ = (is_news(row["promise_at"], foreseen(row, one[place], now), told) for one in (after, before))
        found[place] += then and not else_
    return found


def foreseen(row: Any, place: Place, now: datetime) -> Foreseen:
    """The hour of one work by its store's queue."""
    return hour_of(
        place.windows,
        place.lead_minutes,
        row["status"],
        row["before"],
        place.capacity_per_hour,
        now,
        place.paused_until,
        place.paces,
    )


def telling(row: Any, hour: Foreseen) -> Callable[[Tx], Awaitable[None]]:
    """One word to one customer, waiting for its transaction."""
    return lambda tx: tell(tx, row, hour)


async def tell(tx: Tx, row: Any, hour: Foreseen) -> None:
    """Under the order's lock, if it is still not ready and nobody told it meanwhile. The promise itself stays as it was given."""
    await sql.lock(tx, row["order_id"])
    done = await tx.run(
        "UPDATE work w SET told_at = $2, told_until = $3 WHERE w.id = $1 AND told_at IS NOT DISTINCT FROM $4 AND CASE kind WHEN 'transfer'"
        " THEN status IN ('open', 'accepted', 'picking', 'picked', 'in_transit')"
        " AND EXISTS (SELECT FROM transfer t WHERE t.work = w.id AND t.status IN ('created', 'shipped'))"
        " ELSE status IN ('open', 'accepted', 'picking', 'picked') END",
        row["id"], hour.at, hour.until, row["told_at"],
    )  # fmt: skip
    if done != "UPDATE 1":
        return
    since = row["told_at"] or row["promise_at"]
    body = {"from": since.isoformat(), "to": hour.at.isoformat(), "until": hour.until.isoformat()}
    tx.tell(Event("fulfillment.delayed", row["order_id"], body, row["location"], row["id"]))
