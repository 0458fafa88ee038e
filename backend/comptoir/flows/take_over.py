"""A colleague goes on with what lies on a device that nobody has heard of: said openly, and the device's facts still count."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from comptoir.flows.start_pack import start_pack
from comptoir.fulfillment.model import PackStarted, StartPack
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, NotFound

SILENT_AFTER = timedelta(minutes=10)
"""A device that is awake and has a network is heard of every minute."""


class TakeOver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Go on with the works of `pack` as a new pack, which has this command's id."""

    id: UUID
    pack: UUID


async def take_over(tx: Tx, command: TakeOver, actor: Actor, now: datetime) -> PackStarted:
    """End the silent device's pack and begin one of its works here.

    NotFound `pack_not_found`; Conflict `still_at_it` when its device was heard of lately, `nothing_to_pick` when nothing is
    left of it. What the device tells later is taken as facts like any other: doubles become put-back work.
    """
    row = await tx.row(
        "SELECT p.id, p.location, p.closed_at, p.staff, d.last_seen_at FROM pack p LEFT JOIN device d ON d.id = p.device"
        " WHERE p.id = $1 AND ($2::text[] IS NULL OR p.location = ANY($2))",
        command.pack, actor.locations,
    )  # fmt: skip
    if row is None:
        raise NotFound("pack_not_found")
    mine = str(row["staff"]) == actor.who
    if not mine and row["last_seen_at"] is not None and now - row["last_seen_at"] < SILENT_AFTER:
        raise Conflict("still_at_it", last_seen_at=row["last_seen_at"])
    works = await tx.rows(
        "SELECT id, order_id FROM work WHERE pack = $1 AND location = $2 AND status IN ('open', 'accepted', 'picking', 'picked')"
        " ORDER BY order_id, id LIMIT 20",
        command.pack, row["location"],
    )  # fmt: skip
    # Orders before works before packs, as everybody locks them.
    await tx.rows(
        "SELECT 1 FROM sales_order WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE",
        [work["order_id"] for work in works],
    )
    await tx.rows(
        "SELECT 1 FROM work WHERE id = ANY($1::uuid[]) AND location = $2 ORDER BY id FOR NO KEY UPDATE",
        [work["id"] for work in works], row["location"],
    )  # fmt: skip
    await tx.run("UPDATE pack SET closed_at = coalesce(closed_at, $2) WHERE id = $1", command.pack, now)
    if not works:
        raise Conflict("nothing_to_pick")
    started = await start_pack(
        tx, StartPack(command.id, row["location"], tuple(work["id"] for work in works)), actor, now
    )
    for order in sorted({work["order_id"] for work in works}):
        tx.tell(Event("fulfillment.taken_over", order, {"pack": started.id, "from": command.pack}, row["location"]))
    return started
