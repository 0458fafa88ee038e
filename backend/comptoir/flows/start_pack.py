"""An associate takes work on: one or more works, leased to one device; pausing gives them to a colleague."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from comptoir.flows.keep_progress import keep_progress
from comptoir.fulfillment import sql
from comptoir.fulfillment.lifecycles import Action, Status
from comptoir.fulfillment.model import Outcome, PackStarted, Release, Start, StartPack, Work
from comptoir.fulfillment.waving import Cart, Free, choose, lay_out
from comptoir.fulfillment.waving_queries import find_cart_size, find_free
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, NotFound
from comptoir.orders import sql as orders_sql

LEASE = timedelta(minutes=60)
TRIES = 3
"""How often the next cart is chosen again when colleagues were quicker with all of it."""

_TO_PICK = "('open', 'accepted', 'picking', 'picked')"


async def start_pack(tx: Tx, command: StartPack, actor: Actor, now: datetime) -> PackStarted:
    """Lease the named works, or the best next cart, to this person and device. Conflict `nothing_to_pick` or `taken_by_colleague`."""
    if not actor.reaches(command.location):
        raise NotFound("location_not_found")
    works, cart = await (_take_named if command.works else _take_next)(tx, command, actor, now)
    until = now + LEASE
    await tx.run(
        "INSERT INTO pack (id, location, device, staff, made_at, lease_until, works, walk) VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb)",
        command.id, command.location, actor.device, UUID(actor.who), now, until, cart.works, as_walk(cart),
    )  # fmt: skip
    await _take(tx, command.id, works, UUID(actor.who), dict(zip(cart.works, cart.totes, strict=True)))
    tx.touched.add(command.location)
    return PackStarted(command.id, cart.works, until)


async def _take_named(tx: Tx, command: StartPack, actor: Actor, now: datetime) -> tuple[list[Work], Cart]:
    """Exactly these works, locked, or none."""
    named = list(dict.fromkeys(command.works))

    async def look() -> list[Free]:
        return await find_free(tx.connection, command.location, now, staff=UUID(actor.who), works=named)

    if len(await look()) < len(named):
        taken = await tx.value(
            f"SELECT true FROM work WHERE id = ANY($1::uuid[]) AND location = $2 AND status IN {_TO_PICK}"
            " AND NOT (kind = 'ship' AND status = 'picked') LIMIT 1",
            named, command.location,
        )  # fmt: skip
        raise Conflict("taken_by_colleague" if taken else "nothing_to_pick")
    works = await _lock(tx, named, actor)
    free = await look()
    if len(free) < len(named):
        raise Conflict("taken_by_colleague")
    return works, lay_out(free)


async def _take_next(tx: Tx, command: StartPack, actor: Actor, now: datetime) -> tuple[list[Work], Cart]:
    """The best cart of what is free, locked; what a colleague has taken at this very moment stays theirs."""
    most = min(command.next or 1, await find_cart_size(tx.connection, command.location))
    for _ in range(TRIES):
        free = await find_free(tx.connection, command.location, now, device=actor.device)
        chosen = [work.id for work in choose(free, now, most, actor.device)]
        if not chosen:
            raise Conflict("nothing_to_pick")
        works = await _lock(tx, chosen, actor)
        still = {work.id: work for work in await find_free(tx.connection, command.location, now, works=chosen)}
        if still:
            return [work for work in works if work.id in still], lay_out([still[id] for id in chosen if id in still])
    raise Conflict("taken_by_colleague")


async def _lock(tx: Tx, works: list[UUID], actor: Actor) -> list[Work]:
    orders = await sql.orders_of(tx, works, actor.locations)
    for order in sorted(set(orders.values())):
        await orders_sql.lock(tx, order)
    return await sql.lock(tx, works, actor.locations)


def as_walk(cart: Cart) -> str:
    """A cart as `pack.walk` keeps it: totes beside `pack.works`, stops as [place in `pack.works`, line]."""
    at = {work: rank for rank, work in enumerate(cart.works)}
    stops = [[at[stop.work], stop.line] for stop in cart.stops]
    return msgspec.json.encode({"minutes": cart.minutes, "totes": cart.totes, "stops": stops}).decode()


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
        "SELECT location, works, walk -> 'totes' AS totes FROM pack WHERE id = $1 AND ($2::text[] IS NULL OR location = ANY($2))",
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
    totes = dict(zip(pack["works"], msgspec.json.decode(pack["totes"] or "[]"), strict=False))
    await _take(tx, report.pack, [work for work in works if work.id in ours], UUID(actor.who), totes)
    tx.touched.add(pack["location"])
    lost = [work for work in works if work.id not in ours]
    if not lost:
        return Outcome()
    over = all(work.status in (Status.CANCELED, Status.EXPIRED, Status.REJECTED) for work in lost)
    problem = "pack_changed" if over else "taken_by_colleague"
    return Outcome("applied_with_exception", problem, facts={"works": [work.id for work in lost]})


async def _take(tx: Tx, pack: UUID, works: list[Work], staff: UUID, totes: Mapping[UUID, int | None]) -> None:
    """These works, locked, are in this pack, in these totes and with this person from now on."""
    await tx.run(
        "UPDATE work SET pack = $3, taken_by = $4, tote = given.tote FROM unnest($1::uuid[], $2::smallint[]) AS given (id, tote)"
        " WHERE work.id = given.id",
        [w.id for w in works], [totes.get(w.id) for w in works], pack, staff,
    )  # fmt: skip
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
