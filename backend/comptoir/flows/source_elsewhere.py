"""What time does to work that is sent: left lying, stuck in a paused store, in two parcels where one is cheaper now, or waiting for stock. Jobs, bounded."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from comptoir.flows.decline_work import give_up
from comptoir.flows.fewer_missing import fewer_missing
from comptoir.flows.keep_progress import keep_progress
from comptoir.flows.move_work import moved_on
from comptoir.flows.release_hold import ReleaseHoldFlow
from comptoir.flows.source_again import give, lost_of, tell
from comptoir.flows.source_units import Looked, look, look_at_levels, reserve, wish_of
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.foreseeing import foresee as hour_of
from comptoir.fulfillment.lifecycles import Status
from comptoir.fulfillment.model import Work
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import Tx, in_transaction
from comptoir.kit.errors import Outage
from comptoir.orders import sql
from comptoir.sourcing.again import MOST_TRIES, Reason, to_leave
from comptoir.sourcing.deciding import price
from comptoir.sourcing.model import Need
from comptoir.sourcing.outlook import Outlook
from comptoir.sourcing.sql import note_tries, tried

if TYPE_CHECKING:
    from comptoir.house import House

log = logging.getLogger(__name__)

Steps = Sequence[tuple[UUID, Callable[[Tx], Awaitable[None]]]]
"""Orders, each with what is to be done to it in a transaction of its own."""

AT_ONCE: Final = 100
MOST: Final = 5_000
LOOK_AGAIN: Final = timedelta(minutes=30)
"""Work that nobody else can take is not looked for again before."""
LOOK_TOGETHER: Final = timedelta(hours=6)
IN_TOUCH: Final = timedelta(minutes=2)


async def one_by_one(house: "House", steps: Steps, now: datetime) -> None:
    """An order that cannot be dealt with is logged and passed over: it is not looked at again at once, and stops no other."""
    for order, step in steps:
        try:
            await in_transaction(house.pool, SYSTEM.who, now, step)
        except Outage:
            raise
        except Exception:
            log.exception("order %s could not be sourced anew", order)
            await house.pool.execute(_LOOKED, order, now)


_LOOKED: Final = (
    "UPDATE work SET looked_at = $2 WHERE order_id = $1 AND kind = 'ship' AND status IN ('open', 'accepted')"
)

# Nobody has begun. What lies ready on a device may be taken from it while it listens; one that has gone silent may have begun without a network.
_LYING: Final = """
WITH live AS (
  SELECT w.id, w.order_id, w.location, w.kind, w.status, w.promise_at, w.created_at, w.looked_at, w.pack,
    count(*) FILTER (WHERE w.status IN ('open', 'accepted', 'picking')) OVER (PARTITION BY w.location ORDER BY w.promise_at, w.id
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
  FROM work w WHERE w.status IN ('open', 'accepted', 'picking', 'picked')
)
SELECT v.* FROM live v LEFT JOIN pack p ON p.id = v.pack AND p.closed_at IS NULL LEFT JOIN device d ON d.id = p.device
WHERE v.kind = 'ship' AND v.status IN ('open', 'accepted') AND (v.looked_at IS NULL OR v.looked_at < $1)
  AND (p.id IS NULL OR (p.ahead AND d.last_seen_at > $2)) ORDER BY v.promise_at, v.id LIMIT $3
"""


async def leave_lying(house: "House") -> int:
    """Works that were taken from a location that does not begin, is paused or has too much to do. How many."""
    now = house.clock()
    await house.pool.execute(_BEGUN, now, SYSTEM.who, AT_ONCE)
    rows = await house.pool.fetch(_LYING, now - LOOK_AGAIN, now - IN_TOUCH, MOST)
    due = [(row, reason) for row in rows if (reason := why_leave(house.outlook, row, now)) is not None]
    steps = [
        (row["order_id"], leaving(house.outlook, row["order_id"], row["id"], reason, now))
        for row, reason in due[:AT_ONCE]
    ]
    await one_by_one(house, steps, now)
    return len(steps)


# Somebody has begun with it after all, or it is over: the manager need not look any more.
_BEGUN: Final = """
UPDATE exception SET resolved_at = $1, resolved_by = $2, resolution = 'put_right' WHERE id IN (SELECT e.id FROM exception e
  WHERE e.kind = 'not_begun' AND e.resolved_at IS NULL AND NOT EXISTS (SELECT FROM work w WHERE w.id = e.work AND w.status IN ('open', 'accepted'))
  ORDER BY e.made_at LIMIT $3 FOR UPDATE SKIP LOCKED)
"""


def why_leave(outlook: Outlook, row: Any, now: datetime) -> Reason | None:
    """The reason to look for a work elsewhere, by its location's queue and hours."""
    at = outlook.index.get(row["location"])
    if at is None:
        return None
    place = outlook.places[at]
    foreseen = hour_of(
        place.windows, place.lead_minutes, row["status"], row["before"], place.capacity_per_hour, now, place.paused_until,
        place.paces,
    )  # fmt: skip
    return to_leave(
        given_at=row["created_at"], promise_at=row["promise_at"], ready_at=foreseen.at, paused=place.paused(now),
        windows=place.windows, now=now,
    )  # fmt: skip


def leaving(
    outlook: Outlook, order: UUID, work: UUID, reason: Reason, now: datetime
) -> Callable[[Tx], Awaitable[None]]:
    """One work, waiting for its transaction."""
    return lambda tx: leave(tx, outlook, order, work, reason, now)


async def leave(tx: Tx, outlook: Outlook, order: UUID, work_id: UUID, reason: Reason, now: datetime) -> None:
    """Give it to others, if others have all of it; else it stays where it is, and the store's manager is told once."""
    await sql.lock(tx, order)
    (work,) = await work_sql.lock(tx, [work_id], None)
    if work.status not in (Status.OPEN, Status.ACCEPTED):
        return
    await tx.run("UPDATE work SET looked_at = $2 WHERE id = $1", work.id, now)
    before = await tried(tx, order)
    lost = lost_of(work)
    tries = {(one.line, one.part): before.get((one.line, one.part), frozenset()) | {work.location} for one in lost}
    looked = None
    if lost and max(map(len, tries.values())) <= MOST_TRIES:
        needs = [Need(one.line, one.part, one.sku, one.units, None) for one in lost]
        looked = await look(tx, outlook, order, needs, now, reason, tries)
    if looked is None or looked.decision.plan.missing:
        if reason != "over_promised":
            # What is promised beyond what is there stands on the manager's list already.
            await say_it_stays(tx, work, reason)
        return
    await note_tries(tx, order, [(one.line, one.part, one.sku) for one in lost], work.location, reason)
    await hand_on(tx, outlook, [work], looked, reason, now)


_SAID = "SELECT true FROM exception WHERE work = $1 AND kind = 'not_begun' AND resolved_at IS NULL"


async def say_it_stays(tx: Tx, work: Work, reason: Reason) -> None:
    if not await tx.value(_SAID, work.id):
        await work_sql.insert_exception(
            tx, work.location, "not_begun", "store_manager", order=work.order_id, work=work.id,
            quantity=work.total("reserved"), body={"reason": reason},
        )  # fmt: skip


async def hand_on(tx: Tx, outlook: Outlook, works: list[Work], looked: Looked, reason: Reason, now: datetime) -> None:
    """These works end here, and what was decided for their units begins there."""
    for work in works:
        await give_up(tx, work, reason, SYSTEM.who, now)
        await moved_on(tx, work, Status.CANCELED)
        await tx.run(
            "UPDATE work SET ended_because = 'moved', started_at = NULL, pack = NULL, taken_by = NULL WHERE id = $1",
            work.id,
        )
        await tx.run(
            "UPDATE exception SET resolved_at = $2, resolved_by = $3, resolution = 'moved' WHERE work = $1 AND kind = 'not_begun' AND resolved_at IS NULL",
            work.id, now, SYSTEM.who,
        )  # fmt: skip
    first = works[0]
    # The levels were locked and looked at before the units were given up: what is free now is what was reckoned with.
    again = await look_at_levels(tx, looked)
    await reserve(tx, first.order_id, again, now)
    await give(tx, outlook, first.order_id, first.order_number, again, now)
    for work in works:
        wanted = {(line.order_line, line.part) for line in work.lines if line.reserved}
        mine = [share for share in looked.decision.plan.shares if (share.line, share.part) in wanted]
        await tell(tx, work.order_id, work.location, reason, mine)
    await keep_progress(tx, first.order_id)


_TOGETHER: Final = """
SELECT w.order_id FROM work w WHERE w.kind = 'ship' AND w.status IN ('open', 'accepted') AND w.pack IS NULL
  AND (w.looked_at IS NULL OR w.looked_at < $1) AND w.created_at > $2
GROUP BY w.order_id HAVING count(*) > 1 ORDER BY min(w.created_at) LIMIT $3
"""


async def join_parcels(house: "House") -> int:
    """Orders that go in fewer or cheaper parcels now than when they were placed. How many were looked at."""
    now = house.clock()
    rows = await house.pool.fetch(_TOGETHER, now - LOOK_TOGETHER, now - timedelta(days=7), AT_ONCE)
    await one_by_one(house, [(row[0], joining(house.outlook, row[0], now)) for row in rows], now)
    return len(rows)


def joining(outlook: Outlook, order: UUID, now: datetime) -> Callable[[Tx], Awaitable[None]]:
    """One order, waiting for its transaction."""
    return lambda tx: join(tx, outlook, order, now)


async def join(tx: Tx, outlook: Outlook, order: UUID, now: datetime) -> None:
    """Plan all works that nobody has begun once more, together, and move them when that saves enough."""
    await sql.lock(tx, order)
    of_order = await work_sql.lock_of_order(tx, order, None)
    works = [w for w in of_order if w.kind == "ship" and w.status in (Status.OPEN, Status.ACCEPTED) and w.pack is None]
    await tx.run("UPDATE work SET looked_at = $2 WHERE id = ANY($1::uuid[])", [w.id for w in works], now)
    if len(works) < 2 or any(w.location not in outlook.index for w in works):
        return
    units: dict[tuple[int, int], Need] = {}
    free: dict[tuple[str, str], int] = {}
    given: dict[str, list[tuple[int, int, int]]] = {}
    for work in works:
        for line in work.lines:
            if not line.reserved:
                continue
            key = (line.order_line, line.part)
            had = units[key].quantity if key in units else 0
            units[key] = Need(*key, line.sku, had + line.reserved, None)
            free[line.sku, work.location] = free.get((line.sku, work.location), 0) + line.reserved
            given.setdefault(work.location, []).append((*key, line.reserved))
    needs = list(units.values())
    before = await tried(tx, order)
    looked = await look(tx, outlook, order, needs, now, "consolidated", before, free)
    wish = await wish_of(tx, order, needs, "consolidated", before)
    why = looked.decision.why
    if looked.decision.plan.missing or why is None:
        return
    if why.taken.total + outlook.policy.moving_minor > price(wish, outlook, now, given):
        return
    await hand_on(tx, outlook, works, looked, "consolidated", now)


# Ship lines that miss units, whose article has come in somewhere since. Another choice each minute, so that those that cannot be helped stop no other.
_WAITING: Final = """
SELECT r.order_id FROM requirement r JOIN order_line l ON l.order_id = r.order_id AND l.line = r.line
WHERE l.method = 'ship' AND r.unsourced > 0
  AND r.order_id IN (SELECT e.order_id FROM exception e WHERE e.kind = 'short_choice' AND e.resolved_at IS NULL)
  AND EXISTS (SELECT FROM stock_level s JOIN location p ON p.id = s.location WHERE s.sku = r.sku AND 'ship' = ANY(p.services)
    AND s.on_hand - s.reserved - s.safety_stock > 0 AND (s.no_promise_until IS NULL OR s.no_promise_until <= $1)
    AND NOT EXISTS (SELECT FROM sourcing_try t WHERE t.order_id = r.order_id AND t.line = r.line AND t.part = r.part AND t.location = s.location AND t.at > $2))
GROUP BY r.order_id ORDER BY hashtextextended(r.order_id::text, extract(epoch FROM $1::timestamptz)::bigint / 60) LIMIT $3
"""
# Held for nothing else, and somebody has each article that is missing.
_HELD_SHORT: Final = """
SELECT h.order_id FROM order_hold h WHERE h.reason = 'short' AND h.released_at IS NULL
  AND NOT EXISTS (SELECT FROM order_hold o WHERE o.order_id = h.order_id AND o.released_at IS NULL AND o.reason <> 'short')
  AND NOT EXISTS (SELECT FROM requirement r WHERE r.order_id = h.order_id
    AND r.held > (SELECT coalesce(sum(v.quantity - v.released), 0) FROM reservation v WHERE v.order_id = r.order_id AND v.line = r.line AND v.part = r.part)
    AND NOT EXISTS (SELECT FROM stock_level s WHERE s.sku = r.sku AND s.on_hand - s.reserved - s.safety_stock > 0
      AND (s.no_promise_until IS NULL OR s.no_promise_until <= $1)))
ORDER BY hashtextextended(h.order_id::text, extract(epoch FROM $1::timestamptz)::bigint / 60) LIMIT $2
"""


async def fill_waiting(house: "House") -> int:
    """Orders that waited for stock and have it now. How many were looked at."""
    now = house.clock()
    rows = await house.pool.fetch(_WAITING, now, now - timedelta(minutes=5), AT_ONCE)
    await one_by_one(house, [(row[0], filling(house.outlook, row[0], now)) for row in rows], now)
    held = await house.pool.fetch(_HELD_SHORT, now, AT_ONCE)
    await one_by_one(house, [(row[0], releasing(house.outlook, row[0], now)) for row in held], now)
    return len(rows) + len(held)


def filling(outlook: Outlook, order: UUID, now: datetime) -> Callable[[Tx], Awaitable[None]]:
    """One order whose units are unsourced, waiting for its transaction."""
    return lambda tx: fill(tx, outlook, order, now)


_LINES: Final = "SELECT line, method FROM order_line WHERE order_id = $1"


async def fill(tx: Tx, outlook: Outlook, order: UUID, now: datetime) -> None:
    """Give what is there now to whoever has it; the choice about it is off the list once nothing is missing."""
    row = await sql.lock(tx, order)
    if await sql.open_holds(tx, order):
        return
    methods = {line["line"]: line["method"] for line in await tx.rows(_LINES, order)}
    before = await tried(tx, order)
    needs = [
        Need(n["line"], n["part"], n["sku"], n["unsourced"], None)
        for n in await sql.requirements(tx, order)
        if n["unsourced"] and methods[n["line"]] == "ship" and len(before.get((n["line"], n["part"]), ())) < MOST_TRIES
    ]
    if not needs:
        return
    looked = await look(tx, outlook, order, needs, now, "stock_came", before)
    if not looked.decision.plan.shares:
        return
    await reserve(tx, order, looked, now)
    await give(tx, outlook, order, row["number"], looked, now)
    await tell(tx, order, looked.decision.plan.shares[0].place, "stock_came", looked.decision.plan.shares)
    missing = {(need["line"], need["part"]): need["unsourced"] for need in await sql.requirements(tx, order)}
    left = {line for (line, _), units in missing.items() if units}
    done = sorted({need.line for need in needs} - left)
    for need in needs:
        units = need.quantity - missing[need.line, need.part]
        await fewer_missing(tx, order, need.line, need.sku, units, "sourced")
    await tx.run(
        "UPDATE exception SET resolved_at = $3, resolved_by = $4, resolution = 'sourced' WHERE order_id = $1 AND kind = 'short_choice'"
        " AND (body->>'line')::int = ANY($2::int[]) AND resolved_at IS NULL",
        order, done, now, SYSTEM.who,
    )  # fmt: skip
    await keep_progress(tx, order)


def releasing(outlook: Outlook, order: UUID, now: datetime) -> Callable[[Tx], Awaitable[None]]:
    """One order that is held because units were missing, waiting for its transaction."""
    return lambda tx: release(tx, outlook, order, now)


_RESERVED: Final = (
    "SELECT line, part, sum(quantity - released)::int AS units FROM reservation WHERE order_id = $1 GROUP BY 1, 2"
)


_SHORT_SINCE: Final = (
    "SELECT min(placed_at) FROM order_hold WHERE order_id = $1 AND reason = 'short' AND released_at IS NULL"
)


async def release(tx: Tx, outlook: Outlook, order: UUID, now: datetime) -> None:
    """Release the hold when every missing unit can be promised now, and not before; what waits for a cheaper way, when that is there or its days are over."""
    await sql.lock(tx, order)
    if await sql.open_holds(tx, order) != ["short"]:
        return
    have = {(r["line"], r["part"]): r["units"] for r in await tx.rows(_RESERVED, order)}
    lines = {
        r["line"]: r for r in await tx.rows("SELECT line, method, location FROM order_line WHERE order_id = $1", order)
    }
    needs = []
    for n in await sql.requirements(tx, order):
        missing = n["held"] - have.get((n["line"], n["part"]), 0)
        if missing > 0:
            line = lines[n["line"]]
            place = line["location"] if line["method"] == "pickup" else None
            needs.append(Need(n["line"], n["part"], n["sku"], missing, place))
    since = await tx.value(_SHORT_SINCE, order)
    may_wait = now - since < timedelta(days=outlook.policy.wait_days or 0)
    if needs and (await look(tx, outlook, order, needs, now, "stock_came", may_wait=may_wait)).decision.plan.missing:
        return
    await sql.release_hold(tx, order, "short", SYSTEM.who, "", now)
    await ReleaseHoldFlow(outlook).go_on(tx, order, now)
