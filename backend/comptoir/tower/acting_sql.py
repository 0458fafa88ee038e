"""What acts read and write: works that may move, customers who may be told, plans of hours, the rows of the acts themselves."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from comptoir.fulfillment.model import Work
from comptoir.kit.bulk import Bulk
from comptoir.kit.db import Tx

# Nobody has begun. What lies ready on a device may be taken from it while it listens.
_PARCELS: Final = """
SELECT w.id, w.order_id FROM work w LEFT JOIN pack p ON p.id = w.pack AND p.closed_at IS NULL LEFT JOIN device d ON d.id = p.device
WHERE w.location = $1 AND w.kind = 'ship' AND w.status IN ('open', 'accepted') AND (p.id IS NULL OR (p.ahead AND d.last_seen_at > $2))
  AND NOT EXISTS (SELECT FROM order_hold h WHERE h.order_id = w.order_id AND h.released_at IS NULL)
  AND NOT EXISTS (SELECT FROM work_line l WHERE l.work = w.id AND l.picked > 0)
ORDER BY w.promise_at, w.id LIMIT $3
"""
_UNTOUCHED: Final = """
SELECT w.id FROM work w LEFT JOIN pack p ON p.id = w.pack AND p.closed_at IS NULL LEFT JOIN device d ON d.id = p.device
WHERE w.id = ANY($1::uuid[]) AND w.status IN ('open', 'accepted') AND (p.id IS NULL OR (p.ahead AND d.last_seen_at > $2))
  AND NOT EXISTS (SELECT FROM work_line l WHERE l.work = w.id AND l.reserved <> l.quantity)
"""
# Whom a word helps: not ready, not at the counter, nothing held, and no later hour told already.
_CUSTOMERS: Final = """
SELECT w.id, w.order_id, w.order_number, w.location, w.promise_at, w.told_at, w.told_until FROM work w
WHERE w.location = $1 AND w.kind = 'pickup' AND w.status IN ('open', 'accepted', 'picking', 'picked') AND ($2::uuid[] IS NULL OR w.id = ANY($2))
  AND w.promise_at < $3 AND (w.told_at IS NULL OR w.told_at < $3)
  AND NOT EXISTS (SELECT FROM arrival a WHERE a.order_id = w.order_id AND a.location = w.location AND a.done_at IS NULL)
  AND NOT EXISTS (SELECT FROM order_hold h WHERE h.order_id = w.order_id AND h.released_at IS NULL)
ORDER BY floor(extract(epoch FROM w.promise_at) / 60)::int = ANY($4::int[]) DESC, w.promise_at, w.id LIMIT $5
"""
# Only those whose promise has passed or will: nobody else is told that they wait.
_LATE: Final = """
SELECT w.id, w.order_id, w.order_number, w.location FROM work w
WHERE w.location = $1 AND w.kind = 'pickup' AND w.status IN ('open', 'accepted', 'picking', 'picked') AND ($2::uuid[] IS NULL OR w.id = ANY($2))
  AND floor(extract(epoch FROM w.promise_at) / 60)::int = ANY($3::int[])
  AND NOT EXISTS (SELECT FROM arrival a WHERE a.order_id = w.order_id AND a.location = w.location AND a.done_at IS NULL)
  AND NOT EXISTS (SELECT FROM order_hold h WHERE h.order_id = w.order_id AND h.released_at IS NULL)
  AND NOT EXISTS (SELECT FROM event e WHERE e.work = w.id AND e.kind IN ('fulfillment.delayed', 'fulfillment.late_told') AND e.withdrawn_at IS NULL)
ORDER BY w.promise_at, w.id LIMIT $4
"""
# As `notifications/planning.py: media_of` chooses among what is known: what they switched off is left out, unless nothing would be left.
_REACH: Final = """
SELECT (count(*) FILTER (WHERE q.phone AND NOT q.no_sms OR q.phone AND NOT q.wanted))::int,
  (count(*) FILTER (WHERE q.mail AND (NOT q.phone OR q.no_sms AND q.wanted)))::int, (count(*) FILTER (WHERE NOT q.phone AND NOT q.mail))::int
FROM (SELECT r.*, r.phone AND NOT r.no_sms OR r.mail AND NOT r.no_mail AS wanted FROM (
  SELECT coalesce(c.phone, '') <> '' AS phone, coalesce(c.email, '') <> '' AS mail,
    EXISTS (SELECT FROM customer_preference p WHERE p.customer = c.id AND p.topic = 'ready' AND p.medium = 'sms') AS no_sms,
    EXISTS (SELECT FROM customer_preference p WHERE p.customer = c.id AND p.topic = 'ready' AND p.medium = 'email') AS no_mail
  FROM sales_order o JOIN customer c ON c.id = o.customer WHERE o.id = ANY($1::uuid[])) r) q
"""
_KEEP: Final = """
INSERT INTO tower_action (id, location, kind, who, why, at, undo_until, asked, said, before, stores, judge_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb, $9::text::jsonb, $10::text::jsonb, $11, $12)
"""
_ACTION: Final = """
SELECT id, location, kind, at, undo_until, undone_at, before::text AS before, asked::text AS asked, stores FROM tower_action
WHERE id = $1 AND ($2::text[] IS NULL OR location = ANY($2)) FOR UPDATE
"""
# The place of an act is locked before its row, as whoever acts does.
_PLACE_OF: Final = "SELECT location FROM tower_action WHERE id = $1 AND ($2::text[] IS NULL OR location = ANY($2))"
_UNDONE: Final = "UPDATE tower_action SET undone_at = $2, undone_by = $3, stayed = $4::text::jsonb WHERE id = $1"
_PLAN: Final = "INSERT INTO store_plan (id, location, kind, from_at, until_at, per_hour, action) VALUES ($1, $2, $3, $4, $5, $6, $7)"
_FOLLOWED: Final = """
SELECT EXISTS (SELECT FROM tower_action a, tower_action b WHERE a.id = $1 AND b.location = a.location AND b.kind IN ('pause', 'resume')
  AND (b.at, b.id) > (a.at, a.id) AND b.undone_at IS NULL)
"""
_END_PLANS: Final = """
WITH ends AS (SELECT p.* FROM store_plan p WHERE p.location = $1 AND NOT p.of_day AND p.until_at > $2),
cut AS (UPDATE store_plan p SET until_at = $2 FROM ends WHERE p.id = ends.id AND p.from_at < $2),
gone AS (DELETE FROM store_plan p USING ends WHERE p.id = ends.id AND p.from_at >= $2)
SELECT id, location, kind, from_at, until_at, per_hour, action FROM ends ORDER BY id
"""
_PLAN_AGAIN: Final = """
INSERT INTO store_plan (id, location, kind, from_at, until_at, per_hour, action)
SELECT $1, $2, $3, $4, $5, $6, $7 WHERE NOT EXISTS (SELECT FROM tower_action a WHERE a.id = $7 AND a.undone_at IS NOT NULL)
ON CONFLICT (id) DO UPDATE SET until_at = excluded.until_at
"""
# The last later hour that a customer was told and that nobody took back; of a work that was brought here, what was told on its way counts.
_LAST_TOLD: Final = """
SELECT (e.body ->> 'to')::timestamptz, (e.body ->> 'until')::timestamptz FROM event e
WHERE e.stream = $1 AND e.kind = 'fulfillment.delayed' AND e.withdrawn_at IS NULL
  AND e.work IN ($2, (SELECT t.work FROM transfer t WHERE t.order_id = $1 AND t.arrived_work = $2)) ORDER BY e.seq DESC LIMIT 1
"""

PARTS: Final = Bulk(
    "tower_part", action="uuid", work="uuid", order_id="uuid", made="uuid", to_location="text", before="jsonb"
)


async def parcels(tx: Tx, location: str, heard_after: datetime, most: int) -> list[Any]:
    return await tx.rows(_PARCELS, location, heard_after, most)


async def customers(
    tx: Tx, location: str, works: Sequence[UUID] | None, later_than: datetime, urgent: Sequence[int], most: int
) -> list[Any]:  # fmt: skip
    """Works whose customers may be told, those whose promise is in danger (`urgent` minutes) first."""
    return await tx.rows(_CUSTOMERS, location, None if works is None else list(works), later_than, list(urgent), most)


async def late(tx: Tx, location: str, works: Sequence[UUID] | None, urgent: Sequence[int], most: int) -> list[Any]:
    """Works that are late or will be (`urgent` minutes), whose customers have been told nothing of it."""
    return await tx.rows(_LATE, location, None if works is None else list(works), list(urgent), most)


async def untouched(tx: Tx, works: Sequence[UUID], heard_after: datetime) -> set[UUID]:
    """Those of these works that nobody has begun."""
    return {row[0] for row in await tx.rows(_UNTOUCHED, list(works), heard_after)}


async def drop_made(tx: Tx, work: Work) -> None:
    """A work that was made by an act and that nobody touched, with its promises: as if it had never been."""
    for line in work.lines:
        await tx.run(
            "DELETE FROM reservation WHERE order_id = $1 AND id = (SELECT id FROM reservation WHERE order_id = $1 AND location = $2 AND line = $3"
            " AND part = $4 AND quantity = $5 AND released = 0 ORDER BY id DESC LIMIT 1)",
            work.order_id, work.location, line.order_line, line.part, line.reserved,
        )  # fmt: skip
    await tx.run("DELETE FROM work_line WHERE work = $1", work.id)
    await tx.run("DELETE FROM work WHERE id = $1", work.id)


async def work_as_it_was(tx: Tx, work: UUID, status: str, started_at: datetime | None) -> None:
    await tx.run(
        "UPDATE work SET status = $2, started_at = $3, ended_because = NULL, version = version + 1 WHERE id = $1",
        work, status, started_at,
    )  # fmt: skip


async def began(tx: Tx, works: Sequence[UUID]) -> dict[UUID, datetime | None]:
    """When somebody said that they would do them, where somebody did."""
    rows = await tx.rows("SELECT id, started_at FROM work WHERE id = ANY($1::uuid[])", list(works))
    return {row[0]: row[1] for row in rows}


async def tell_hour(tx: Tx, work: UUID, at: datetime, until: datetime) -> None:
    await tx.run("UPDATE work SET told_at = $2, told_until = $3 WHERE id = $1", work, at, until)


async def untell_hour(tx: Tx, order: UUID, work: UUID, told: datetime) -> bool:
    """What the customer was told before and still holds; False where another hour was told since."""
    row = await tx.row(_LAST_TOLD, order, work)
    done = await tx.run(
        "UPDATE work SET told_at = $3, told_until = $4 WHERE id = $1 AND told_at = $2",
        work, told, *(row or (None, None)),
    )  # fmt: skip
    return done == "UPDATE 1"


async def lock_orders(tx: Tx, orders: Sequence[UUID]) -> None:
    """In the order of their ids: two who act at once wait for one another and never in a circle."""
    await tx.rows("SELECT 1 FROM sales_order WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE", list(orders))


async def reach_of(tx: Tx, orders: Sequence[UUID]) -> tuple[int, int, int]:
    """How many of the customers are told by phone, by e-mail, not at all."""
    row = await tx.row(_REACH, list(orders))
    assert row is not None
    return row[0], row[1], row[2]


async def keep(tx: Tx, *values: Any) -> None:
    await tx.run(_KEEP, *values)


async def place_of(tx: Tx, action: UUID, locations: Sequence[str] | None) -> str | None:
    found: str | None = await tx.value(_PLACE_OF, action, None if locations is None else list(locations))
    return found


async def lock_action(tx: Tx, action: UUID, locations: Sequence[str] | None) -> Any:
    return await tx.row(_ACTION, action, None if locations is None else list(locations))


async def parts(tx: Tx, action: UUID) -> list[Any]:
    return await tx.rows(
        "SELECT work, order_id, made, to_location, before::text AS before FROM tower_part WHERE action = $1 ORDER BY order_id, work",
        action,
    )


async def undone(tx: Tx, action: UUID, now: datetime, who: str, stayed: str) -> None:
    await tx.run(_UNDONE, action, now, who, stayed)


async def plan(
    tx: Tx, id: UUID, location: str, kind: str, begins: datetime, ends: datetime, per_hour: float, action: UUID
) -> None:  # fmt: skip
    await tx.run(_PLAN, id, location, kind, begins, ends, per_hour, action)


async def drop_plans(tx: Tx, action: UUID) -> None:
    await tx.run("DELETE FROM store_plan WHERE action = $1", action)


async def end_plans(tx: Tx, location: str, now: datetime) -> list[dict[str, Any]]:
    """What acts planned for the coming hours ends at once; the plans as they were."""
    return [dict(row) for row in await tx.rows(_END_PLANS, location, now)]


async def plans_again(tx: Tx, plans: Sequence[dict[str, Any]]) -> None:
    """Plans as they were (JSON of `end_plans`), but for those of acts that were taken back."""
    for plan in plans:
        from_at, until_at = (datetime.fromisoformat(plan[name]) for name in ("from_at", "until_at"))
        await tx.run(
            _PLAN_AGAIN, UUID(plan["id"]), plan["location"], plan["kind"], from_at, until_at, plan["per_hour"], UUID(plan["action"])
        )  # fmt: skip


async def followed(tx: Tx, action: UUID) -> bool:
    """Whether somebody paused or resumed the same store by a later act that stands."""
    return bool(await tx.value(_FOLLOWED, action))
