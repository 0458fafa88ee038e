"""An associate takes work on: one or more works, leased to one device; pausing gives them to a colleague."""

from datetime import datetime, timedelta
from uuid import UUID

from comptoir.flows.keep_progress import keep_progress
from comptoir.fulfillment import sql
from comptoir.fulfillment.lifecycles import Action, Status
from comptoir.fulfillment.model import Outcome, PackStarted, Release, Start, StartPack
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, NotFound
from comptoir.orders import sql as orders_sql

LEASE = timedelta(minutes=60)
MOST_IN_PACK = 20

# What may be taken on: to pick, and in nobody's open, unexpired pack (one's own may be taken up again).
_FREE = """
SELECT w.id, w.order_id FROM work w LEFT JOIN pack p ON p.id = w.pack AND p.closed_at IS NULL AND p.lease_until > $2 AND p.staff <> $3
WHERE w.location = $1 AND w.status IN ('open', 'accepted', 'picking', 'picked') AND p.id IS NULL AND ($4::uuid[] IS NULL OR w.id = ANY($4))
ORDER BY EXISTS (SELECT FROM arrival a WHERE a.order_id = w.order_id AND a.location = w.location AND a.done_at IS NULL) DESC, w.promise_at, w.id LIMIT $5
"""


async def start_pack(tx: Tx, command: StartPack, actor: Actor, now: datetime) -> PackStarted:
    """Lease the works to this person and device. Conflict `nothing_to_pick` or `taken_by_colleague`."""
    if not actor.reaches(command.location):
        raise NotFound("location_not_found")
    named = list(command.works) or None
    limit = len(command.works) if named else min(command.next or 1, MOST_IN_PACK)
    rows = await tx.rows(_FREE, command.location, now, UUID(actor.who), named, limit)
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
    free = {
        row["id"]
        for row in await tx.rows(_FREE, command.location, now, UUID(actor.who), [w.id for w in works], len(works))
    }
    if len(free) < len(works):
        raise Conflict("taken_by_colleague")
    until = now + LEASE
    await tx.run("INSERT INTO pack (id, location, device, staff, made_at, lease_until) VALUES ($1, $2, $3, $4, $5, $6)",
                 command.id, command.location, actor.device, UUID(actor.who), now, until)  # fmt: skip
    await tx.run(
        "UPDATE work SET pack = $2, taken_by = $3 WHERE id = ANY($1::uuid[])",
        [w.id for w in works],
        command.id,
        UUID(actor.who),
    )
    for work in works:
        if work.status in (Status.OPEN, Status.ACCEPTED):
            await sql.advance(tx, work.id, work.after(Action.START_PICK))
            await keep_progress(tx, work.order_id)
            tx.tell(Event("fulfillment.started", work.order_id, {"pack": command.id}, work.location, work.id))
    tx.touched.add(command.location)
    order = {row["id"]: i for i, row in enumerate(rows)}
    return PackStarted(command.id, tuple(sorted((w.id for w in works), key=lambda i: order[i])), until)


async def start_reported(tx: Tx, report: Start, actor: Actor, at: datetime) -> Outcome:
    """Hands have begun with a pack that lay ready: its works are theirs, but for those that a colleague has by now."""
    row = await tx.row(
        "SELECT id, location FROM pack WHERE id = $1 AND ($2::text[] IS NULL OR location = ANY($2)) FOR NO KEY UPDATE",
        report.pack,
        actor.locations,
    )
    if row is None:
        raise NotFound("pack_not_found")
    await tx.run(
        "UPDATE pack SET staff = $2, device = $3, closed_at = NULL, lease_until = greatest(lease_until, $4) WHERE id = $1",
        report.pack, UUID(actor.who), actor.device, tx.now + LEASE,
    )  # fmt: skip
    for work in await tx.rows("SELECT id FROM work WHERE pack = $1 ORDER BY id", report.pack):
        held = (await sql.lock(tx, [work["id"]], actor.locations))[0]
        if held.status in (Status.OPEN, Status.ACCEPTED):
            await tx.run("UPDATE work SET taken_by = $2 WHERE id = $1", held.id, UUID(actor.who))
            await sql.advance(tx, held.id, held.after(Action.START_PICK))
            await keep_progress(tx, held.order_id)
            tx.tell(Event("fulfillment.started", held.order_id, {"pack": report.pack}, held.location, held.id))
    tx.touched.add(row["location"])
    return Outcome("applied", None, None, effect={})


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
