"""Reminds customers of goods that lie ready, as a job of the worker: an event for each, from which their message is written."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from comptoir.fulfillment.reminding import LEAST, reminder_due
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import Event, Tx, in_transaction
from comptoir.orders import sql

if TYPE_CHECKING:
    from comptoir.house import House

AT_ONCE = 100
# More than what is due, never less: the pure rule decides. What was said twice is out, so that it takes nobody's turn.
_WAITING = """
SELECT w.id, w.order_id, w.location, k.since AS staged_at, w.collect_until, l.time_zone, t.told
FROM work w JOIN location l ON l.id = w.location CROSS JOIN LATERAL (
  -- Whoever asked for more time is reminded anew, counted from then.
  SELECT coalesce(CASE WHEN w.kept_longer > 0 THEN (SELECT max(e.at) FROM event e
    WHERE e.stream = w.order_id AND e.kind = 'fulfillment.kept_longer' AND e.work = w.id) END, w.staged_at) AS since) k CROSS JOIN LATERAL (
  SELECT coalesce(array_agg(e.body->>'what'), '{}') AS told FROM event e
  WHERE e.stream = w.order_id AND e.kind = 'fulfillment.reminded' AND e.work = w.id AND e.at >= k.since) t
WHERE w.status = 'staged' AND w.kind = 'pickup' AND w.collect_until > $1 AND k.since <= $1 - $2::interval
  AND NOT 'last_day' = ANY(t.told)
  AND (w.collect_until < $1 + interval '36 hours' OR (NOT 'reminder' = ANY(t.told) AND $1 >= k.since + (w.collect_until - k.since) / 2))
  AND extract(hour FROM $1 AT TIME ZONE l.time_zone) BETWEEN 9 AND 18
ORDER BY w.collect_until, w.id LIMIT $3
"""


async def remind(house: "House") -> int:
    """How many customers were reminded."""
    now = house.clock()
    rows = await house.pool.fetch(_WAITING, now, LEAST, AT_ONCE)
    due = [row for row in rows if _due(row, now)]
    for row in due:
        await in_transaction(house.pool, SYSTEM.who, now, reminding(row, now))
    return len(due)


def reminding(row: Any, now: datetime) -> Callable[[Tx], Awaitable[None]]:
    """One reminder, waiting for its transaction."""
    return lambda tx: say(tx, row, now)


async def say(tx: Tx, row: Any, now: datetime) -> None:
    """Under the order's lock, if the goods still lie there and nobody said it meanwhile."""
    await sql.lock(tx, row["order_id"])
    still = await tx.row(
        "SELECT w.status, coalesce((SELECT array_agg(e.body->>'what') FROM event e WHERE e.stream = w.order_id"
        " AND e.kind = 'fulfillment.reminded' AND e.work = w.id AND e.at >= $2), '{}') AS told FROM work w WHERE w.id = $1",
        row["id"], row["staged_at"],
    )  # fmt: skip
    if still is None or still["status"] != "staged" or still["told"] != row["told"]:
        return
    what = _due(row, now)
    tx.tell(Event("fulfillment.reminded", row["order_id"], {"what": what}, row["location"], row["id"]))


def _due(row: Any, now: datetime) -> str | None:
    return reminder_due(row["staged_at"], row["collect_until"], frozenset(row["told"]), row["time_zone"], now)
