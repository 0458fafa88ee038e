"""A handheld asks for what it may need with no network: its packs stay leased, and the next ones lie ready on it."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec

from comptoir.flows.start_pack import LEASE, as_walk
from comptoir.fulfillment.waving import choose, lay_out
from comptoir.fulfillment.waving_queries import find_cart_size, find_free
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.ids import new_id

MOST_HELD = 20
"""Packs that a device is told of at once; the youngest first."""
TRIES = 5
"""How often a cart is chosen while other devices lock what was chosen."""
RENEWED_FOR = timedelta(hours=4)
"""A pack that nobody has finished by then runs out, however often its device asks."""
FRESH = timedelta(minutes=30)
"""An ahead pack older than this is made again from what is most urgent by then."""


class KeepPacks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a device holds, how many packs it wants ahead, which counts it has begun, and whether it stands at the counter."""

    journal_id: UUID
    ahead: Annotated[int, msgspec.Meta(ge=0, le=2)] = 0
    counter: bool = False
    packs: Annotated[tuple[UUID, ...], msgspec.Meta(max_length=50)] = ()
    counts: Annotated[tuple[UUID, ...], msgspec.Meta(max_length=100)] = ()
    v: Annotated[int, msgspec.Meta(ge=1, le=1)] = 1


class Kept(msgspec.Struct, frozen=True):
    """The packs of the device as they stand now, and those that it may forget (some of both: they have just ended)."""

    packs: tuple[UUID, ...]
    gone: tuple[UUID, ...]


_LIVE = "status IN ('open', 'accepted', 'picking', 'picked')"
_LEAVES = "w.kind IN ('ship', 'transfer') AND w.status = 'picked'"
"""It waits for the packing table, or for its transfer to leave: there is nothing more to do with it in hand."""
_HELD = f"""
SELECT p.id, p.ahead, p.made_at, EXISTS (SELECT FROM work w WHERE w.pack = p.id AND w.{_LIVE} AND NOT ({_LEAVES})) AS live FROM pack p
WHERE p.device = $1 AND p.closed_at IS NULL AND ($2::text[] IS NULL OR p.location = ANY($2)) ORDER BY p.made_at DESC, p.id LIMIT $3 FOR NO KEY UPDATE
"""
_STILL_FREE = f"""
SELECT w.id FROM work w LEFT JOIN pack p ON p.id = w.pack AND p.closed_at IS NULL AND p.lease_until > $2
WHERE w.id = ANY($1::uuid[]) AND w.{_LIVE} AND NOT ({_LEAVES}) AND p.id IS NULL
"""


# Packs that the device holds and whose lease ran out while it was away. One that was handed on was closed within its lease.
_LAPSED = """
SELECT id, staff, works FROM pack WHERE id = ANY($1::uuid[]) AND device = $2 AND NOT ahead AND closed_at > lease_until
  AND ($3::text[] IS NULL OR location = ANY($3)) AND made_at > $4 ORDER BY id FOR NO KEY UPDATE
"""
_LOCK_FREE = f"SELECT id FROM work WHERE id = ANY($1::uuid[]) AND {_LIVE} ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"


async def keep_packs(tx: Tx, asked: KeepPacks, device: Actor, now: datetime) -> Kept:
    """Renew what the device has begun, give it up to `ahead` packs of free work, say what is over. Safe to repeat.

    Two questions of one device wait for each other; devices never wait for each other, nor get the same work ahead.
    """
    await tx.rows("SELECT FROM device WHERE id = $1 FOR NO KEY UPDATE", device.device)
    await _take_up_again(tx, asked, device, now)
    held = await tx.rows(_HELD, device.device, device.locations, MOST_HELD)
    over = [row["id"] for row in held if row["ahead"] and (not row["live"] or row["made_at"] <= now - FRESH)]
    alive = [row["id"] for row in held if row["live"] and row["id"] not in over]
    await tx.run("UPDATE pack SET closed_at = $2 WHERE id = ANY($1::uuid[])", over, now)
    await tx.run(
        "UPDATE pack SET lease_until = greatest(lease_until, $2) WHERE id = ANY($1::uuid[]) AND made_at > $3",
        alive, now + LEASE, now - RENEWED_FOR,
    )  # fmt: skip
    ready = sum(row["ahead"] for row in held if row["id"] in alive)
    made: list[UUID] = []
    for location in device.locations or ():
        while ready + len(made) < asked.ahead and (pack := await _lay_ready(tx, location, device.device, now)):
            made.append(pack)
    if over or made:
        tx.touched.update(device.locations or ())
    packs = (*alive, *made)
    # What has come to its end is told once more, so that a screen which shows it can say what to do.
    ended = tuple(r["id"] for r in held if r["id"] in asked.packs and r["id"] not in packs and not r["ahead"])
    return Kept((*packs, *ended), tuple(pack for pack in asked.packs if pack not in packs))


async def _take_up_again(tx: Tx, asked: KeepPacks, device: Actor, now: datetime) -> None:
    """A device that was away for longer than its lease goes on with its pack, but for what others have by now."""
    for pack in await tx.rows(_LAPSED, asked.packs, device.device, device.locations, now - RENEWED_FOR):
        locked = [row["id"] for row in await tx.rows(_LOCK_FREE, pack["works"])]
        works = [row["id"] for row in await tx.rows(_STILL_FREE, locked, now)]
        if works:
            await tx.run("UPDATE pack SET closed_at = NULL, lease_until = $2 WHERE id = $1", pack["id"], now + LEASE)
            await tx.run("UPDATE work SET pack = $2, taken_by = $3 WHERE id = ANY($1::uuid[])", works, pack["id"], pack["staff"])  # fmt: skip
            tx.touched.update(device.locations or ())


async def _lay_ready(tx: Tx, location: str, device: UUID | None, now: datetime) -> UUID | None:
    """An ahead pack: the best cart of what lies ready nowhere; None when there is none.

    Works that somebody changes at this moment are passed over, never waited for, and another cart is chosen without them.
    """
    most = await find_cart_size(tx.connection, location)
    passed_over: set[UUID] = set()
    for attempt in range(TRIES):
        free = [
            work
            for work in await find_free(tx.connection, location, now)
            if work.ready_on is None and work.id not in passed_over
        ]
        chosen = [work.id for work in choose(free, now, most)]
        if not chosen:
            return None
        locked = [row["id"] for row in await tx.rows(_LOCK_FREE, chosen)]
        # Seen before they were locked: who was quicker has them in a pack of theirs by now.
        ours = {row["id"] for row in await tx.rows(_STILL_FREE, locked, now)}
        if len(ours) == len(chosen) or (ours and attempt == TRIES - 1):
            break
        passed_over.update(work for work in chosen if work not in ours)
    else:
        return None
    cart = lay_out([work for work in free if work.id in ours])
    pack = new_id()
    await tx.run(
        "INSERT INTO pack (id, location, device, staff, made_at, lease_until, ahead, works, walk) VALUES ($1, $2, $3, NULL, $4, $5, true, $6, $7::jsonb)",
        pack, location, device, now, now + LEASE, cart.works, as_walk(cart),
    )  # fmt: skip
    await tx.run("UPDATE work SET pack = $2 WHERE id = ANY($1::uuid[])", cart.works, pack)
    return pack
