"""Looks ahead where goods come to a customer's store by transfer, as a job of the worker: told late from where they really are.

While they are at the source it is the truck of now that brings them; once they have left, the one they left with; and when that hour
has passed too, they are hoped for on the store's next open day. What should have left and did not is the source's business as well.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from comptoir.flows.foresee import AT_ONCE, MOST, telling
from comptoir.flows.give_work import brought_by, brought_next
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.foreseeing import SLACK, Foreseen, to_tell
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import Tx, borrowed, in_transaction
from comptoir.orders import sql
from comptoir.sourcing.outlook import Outlook

if TYPE_CHECKING:
    from comptoir.house import House

AHEAD: Final = timedelta(days=7)
"""What is promised later is looked at later: goods travel for days, a missed truck is known at once."""
AT_SOURCE: Final = ("open", "accepted", "picking", "picked")
# What has begun to arrive is work of its own store, which is foreseen like any other.
_COMING: Final = """
SELECT w.id, w.order_id, w.location, w.status, w.told_at, t.id AS transfer, t.number, t.promise_at, t.shipped_at, t.to_location, l.name AS to_name,
  CASE WHEN w.told_at IS NULL THEN '{}' ELSE (SELECT array_agg((e.body->>'to')::timestamptz ORDER BY e.seq) FROM event e
    WHERE e.work = w.id AND e.stream = w.order_id AND e.kind = 'fulfillment.delayed' AND e.withdrawn_at IS NULL) END AS told,
  EXISTS (SELECT FROM exception x WHERE x.work = w.id AND x.kind = 'transfer_not_left') AS asked
FROM transfer t JOIN work w ON w.id = t.work AND w.location = t.from_location JOIN location l ON l.id = t.to_location
WHERE t.order_id IS NOT NULL AND t.status IN ('created', 'shipped') AND t.promise_at < $1 AND w.kind = 'transfer'
  AND w.status IN ('open', 'accepted', 'picking', 'picked', 'in_transit')
  AND NOT EXISTS (SELECT FROM arrival a WHERE a.order_id = w.order_id AND a.location = t.to_location AND a.done_at IS NULL)
  AND NOT EXISTS (SELECT FROM order_hold h WHERE h.order_id = w.order_id AND h.released_at IS NULL)
ORDER BY t.promise_at, t.id LIMIT $2
"""
# It has left after all, or is not wanted any more: nobody need look.
_LEFT: Final = """
UPDATE exception SET resolved_at = $1, resolved_by = $2, resolution = 'put_right' WHERE id IN (SELECT e.id FROM exception e
  WHERE e.kind = 'transfer_not_left' AND e.resolved_at IS NULL
    AND NOT EXISTS (SELECT FROM work w WHERE w.id = e.work AND w.kind = 'transfer' AND w.status IN ('open', 'accepted', 'picking', 'picked'))
  ORDER BY e.made_at LIMIT $3 FOR UPDATE SKIP LOCKED)
"""


async def foresee_brought(house: "House") -> int:
    """How many customers were told of a later hour."""
    now = house.clock()
    await house.pool.execute(_LEFT, now, SYSTEM.who, AT_ONCE)
    async with borrowed(house.pool) as connection:
        rows = await connection.fetch(_COMING, now + AHEAD, MOST)
    late, due = [], []
    for row in rows:
        if row["to_location"] not in house.outlook.index:
            continue
        at = comes_at(house.outlook, row, now)
        place = house.outlook.places[house.outlook.index[row["to_location"]]]
        if row["status"] in AT_SOURCE and not row["asked"] and at - row["promise_at"] > SLACK:
            late.append(row)
        if to_tell(row["promise_at"], Foreseen(at, at), row["told"] or (), place.time_zone, now):
            due.append((row, Foreseen(at, at)))
    for row in late[:AT_ONCE]:
        await in_transaction(house.pool, SYSTEM.who, now, asking(row))
    for row, hour in due[:AT_ONCE]:
        await in_transaction(house.pool, SYSTEM.who, now, telling(row, hour))
    return len(due[:AT_ONCE])


def comes_at(outlook: Outlook, row: Any, now: datetime) -> datetime:
    """When the goods of one transfer are ready at their store."""
    at = brought_by(outlook, row["to_location"], now, row["shipped_at"])
    return at if at > now else brought_next(outlook, row["to_location"], now)


def asking(row: Any) -> Callable[[Tx], Awaitable[None]]:
    """One case for one source, waiting for its transaction."""
    return lambda tx: ask(tx, row)


async def ask(tx: Tx, row: Any) -> None:
    """The source's manager hears once that the truck went without it, if it still lies there."""
    await sql.lock(tx, row["order_id"])
    lies = await tx.value(
        "SELECT w.kind = 'transfer' AND w.status = ANY($2) AND NOT EXISTS (SELECT FROM exception x WHERE x.work = w.id AND x.kind = 'transfer_not_left')"
        " FROM work w WHERE w.id = $1", row["id"], list(AT_SOURCE),
    )  # fmt: skip
    if lies:
        body = {"transfer": row["transfer"], "number": row["number"], "to": row["to_name"]}
        await work_sql.insert_exception(
            tx, row["location"], "transfer_not_left", "store_manager", order=row["order_id"], work=row["id"], body=body
        )
