"""Asks customers on the day after how the hand-over was, as a job of the worker: an event for each, from which the message is written."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import Event, Tx, in_transaction
from comptoir.orders import sql

if TYPE_CHECKING:
    from comptoir.house import House

AT_ONCE: Final = 100
FROM_HOUR: Final = 10
TO_HOUR: Final = 18
"""Store time: from ten in the morning to six in the evening."""
SOONEST: Final = timedelta(hours=20)
LATEST: Final = timedelta(hours=72)
"""After the hand-over: the next day, or after a Sunday; later nobody remembers."""

# More than what is due, never less: the pure rule decides. Orders in parts are asked about once, after the last one.
_HANDED_OVER: Final = """
SELECT v.order_id, v.location, v.at, v.works[1] AS work, l.time_zone
FROM hand_over v JOIN sales_order o ON o.id = v.order_id JOIN customer c ON c.id = o.customer JOIN location l ON l.id = v.location
WHERE v.undone_at IS NULL AND v.at <= $1::timestamptz - $2::interval AND v.at >= $1::timestamptz - $3::interval AND {asked}
  AND extract(hour FROM $1::timestamptz AT TIME ZONE l.time_zone) BETWEEN 10 AND 17
ORDER BY v.at, v.id LIMIT $4
"""
_ASKED: Final = """
o.progress IN ('fulfilled', 'closed') AND c.erased_at IS NULL
  AND EXISTS (SELECT FROM work_line n WHERE n.order_id = o.id AND n.handed_over > 0)
  AND NOT EXISTS (SELECT FROM hand_over x WHERE x.order_id = o.id AND x.undone_at IS NULL AND (x.at, x.id) > (v.at, v.id))
  AND NOT EXISTS (SELECT FROM rating r WHERE r.order_id = o.id)
  AND NOT EXISTS (SELECT FROM event e WHERE e.stream = o.id AND e.kind = 'customer.survey_due')
""".strip()
_STILL: Final = f"""
SELECT true FROM hand_over v JOIN sales_order o ON o.id = v.order_id JOIN customer c ON c.id = o.customer
WHERE v.order_id = $1 AND v.undone_at IS NULL AND {_ASKED}
"""


def survey_due(handed_over_at: datetime, time_zone: str, now: datetime) -> bool:
    """Whether it is the hour to ask. Pure."""
    here = now.astimezone(ZoneInfo(time_zone))
    return FROM_HOUR <= here.hour < TO_HOUR and SOONEST <= now - handed_over_at <= LATEST


async def survey(house: "House") -> int:
    """How many customers were asked; at most 100 in one run."""
    now = house.clock()
    rows = await house.pool.fetch(_HANDED_OVER.format(asked=_ASKED), now, SOONEST, LATEST, AT_ONCE)
    due = [row for row in rows if survey_due(row["at"], row["time_zone"], now)]
    for row in due:
        await in_transaction(house.pool, SYSTEM.who, now, asking(row))
    return len(due)


def asking(row: Any) -> Callable[[Tx], Awaitable[None]]:
    """One question, waiting for its transaction."""
    return lambda tx: ask(tx, row)


async def ask(tx: Tx, row: Any) -> None:
    """Under the order's lock, if nobody has asked or answered meanwhile."""
    await sql.lock(tx, row["order_id"])
    if await tx.row(_STILL, row["order_id"]) is not None:
        tx.tell(Event("customer.survey_due", row["order_id"], {}, row["location"], row["work"]))
