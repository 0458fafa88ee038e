"""An associate takes work on: one or more works, leased to one device; pausing gives them to a colleague."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from comptoir.flows.keep_progress import keep_progress
from comptoir.fulfillment import sql
from comptoir.fulfillment.lifecycles import Action, Status
from comptoir.fulfillment.model import Outcome, PackStarted, Release, Start, StartPack, Work
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, NotFound
from comptoir.orders import sql as orders_sql

LEASE = timedelta(minutes=60)
MOST_IN_PACK = 20

SOON = timedelta(minutes=30)
"""An ahead pack of another device waits behind free work, unless its promise is nearer than this."""

# What may be taken on: to pick, and in nobody's begun, unexpired pack (one's own may be taken up again). What lies ready on
# another device comes after what is free, unless its customer is here or its promise is near; what lies ready here is free.
_FREE = """
SELECT w.id, w.order_id FROM work w LEFT JOIN pack p ON p.id = w.pack AND p.closed_at IS NULL AND p.lease_until > $2
WHERE w.location = $1 AND w.status IN ('open', 'accepted', 'picking', 'picked') AND NOT (w.kind = 'transfer' AND w.status = 'picked') AND (p.id IS NULL OR p.ahead OR p.staff = $3)
  AND ($4::uuid[] IS NULL OR w.id = ANY($4))
ORDER BY EXISTS (SELECT FROM arrival a WHERE a.order_id = w.order_id AND a.location = w.location AND a.done_at IS NULL) DESC,
  (p.ahead IS TRUE AND p.device IS DISTINCT FROM $6 AND w.promise_at > $7), w.promise_at, w.id LIMIT $5
"""


async def _free(tx: Tx, location: str, named: list[UUID] | None, limit: int, actor: Actor, now: datetime) -> list[Any]:
    return await tx.rows(_FREE, location, now, UUID(actor.who), named, limit, actor.device, now + SOON)


async def start_pack(tx: Tx, command: StartPack, actor: Actor, now: datetime) -> PackStarted:
    """Lease the works to this person and device. Conflict `nothing_to_pick` or `taken_by_colleague`."""
    if not actor.reaches(command.location):
        raise NotFound("location_not_found")
    named = list(command.works) or None
    limit = len(command.works) if named else min(command.next or 1, MOST_IN_PACK)
    rows = await _free(tx, command.location, named, limit, actor, now)
    if not rows or (named and len(rows) < len(set(named))):
        taken = named and await tx.value(
            "SELECT true FROM work WHERE id = ANY($1::uuid[]) AND location = $2 AND status IN ('open', 'accepted', 'picking', 'picked')",
            named,
            command.location,
        )
        raise Conflict("taken_by_colleague" if taken else "nothing_to_pick")
    for order in sorted({row["order_id"] for row in rows}):
        await orders_sql.lock(tx, order)
    works = await sql.lock(tx, [row["id"] for row in rows], actor.locations)
    free = {row["id"] for row in await _free(tx, command.location, [w.id for w in works], len(works), actor, now)}
    if len(free) < len(works):
        raise Conflict("taken_by_colleague")
    until = now + LEASE
    await tx.run("INSERT INTO pack (id, location, device, staff, made_at, lease_until, works) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                 command.id, command.location, actor.device, UUID(actor.who), now, until, [w.id for w in works])  # fmt: skip
    await _take(tx, command.id, works, UUID(actor.who))
    tx.touched.add(command.location)
    order = {row["id"]: i for i, row in enumerate(rows)}
    return PackStarted(command.id, tuple(sorted((w.id for w in works), key=lambda i: order[i])), until)


# What a begun pack may take of what it was made of: still to pick, and begun by nobody else on another device.
_STILL_OURS = """
SELECT w.id FROM work w LEFT JOIN pack p ON p.id = w.pack AND p.closed_at IS NULL AND p.lease_until > $2 AND NOT p.ahead
WHERE w.id = ANY($1::uuid[]) AND w.status IN ('open', 'accepted', 'picking', 'picked') AND (p.id IS NULL OR p.staff = $3 OR p.device = $4)
"""


async def start_reported(tx: Tx, report: Start, actor: Actor, at: datetime) -> Outcome:
    """Hands have begun with a pack that lay ready: its works are theirs, but for those that a colleague has by now.

    The pack may have run out or been given up meanwhile: what is still free comes back into it. Exception
    `taken_by_colleague`, else `pack_changed`, with the lost works in `facts`.
    """
    pack = await tx.row(
        "SELECT location, works FROM pack WHERE id = $1 AND ($2::text[] IS NULL OR location = ANY($2))",
        report.pack,
        actor.locations,
    )
    if pack is None:
        raise NotFound("pack_not_found")
    orders = await sql.orders_of(tx, pack["works"], actor.locations)
    for order in sorted(set(orders.values())):
        await orders_sql.lock(tx, order)
    works = await sql.lock(tx, orders, actor.locations)
    begun = await tx.value("SELECT NOT ahead FROM pack WHERE id = $1 FOR NO KEY UPDATE", report.pack)
    if begun:
        return Outcome()
    ours = {r["id"] for r in await tx.rows(_STILL_OURS, list(orders), tx.now, UUID(actor.who), actor.device)}
    await tx.run(
        "UPDATE pack SET staff = $2, device = $3, ahead = false, closed_at = NULL, lease_until = $4 WHERE id = $1",
        report.pack, UUID(actor.who), actor.device, tx.now + LEASE,
    )  # fmt: skip
    await _take(tx, report.pack, [work for work in works if work.id in ours], UUID(actor.who))
    tx.touched.add(pack["location"])
    lost = [work for work in works if work.id not in ours]
    if not lost:
        return Outcome()
    over = all(work.status in (Status.CANCELED, Status.EXPIRED, Status.REJECTED) for work in lost)
    problem = "pack_changed" if over else "taken_by_colleague"
    return Outcome("applied_with_exception", problem, facts={"works": [work.id for work in lost]})


async def _take(tx: Tx, pack: UUID, works: list[Work], staff: UUID) -> None:
    """These works, locked, are in this pack and with this person from now on."""
    await tx.run(
        "UPDATE work SET pack = $2, taken_by = $3 WHERE id = ANY($1::uuid[])", [w.id for w in works], pack, staff
    )
    for work in works:
        if work.status in (Status.OPEN, Status.ACCEPTED):
            await sql.advance(tx, work.id, work.after(Action.START_PICK))
            await keep_progress(tx, work.order_id)
            tx.tell(Event("fulfillment.started", work.order_id, {"pack": pack}, work.location, work.id))


async def release_reported(tx: Tx, report: Release, actor: Actor, at: datetime) -> Outcome:
    """Pause: the works are free for a colleague, what is picked stays picked."""
    row = await tx.row(
        "SELECT location, closed_at FROM pack WHERE id = $1 AND ($2::text[] IS NULL OR location = ANY($2)) FOR NO KEY UPDATE",
        report.pack,
        actor.locations,
    )
    if row is None:
        raise NotFound("pack_not_found")
    await tx.run("UPDATE pack SET closed_at = coalesce(closed_at, $2) WHERE id = $1", report.pack, at)
    await tx.run("UPDATE work SET pack = NULL, taken_by = NULL, version = version + 1 WHERE pack = $1", report.pack)
    tx.touched.add(row["location"])
    return Outcome("applied", None, None, effect={})
