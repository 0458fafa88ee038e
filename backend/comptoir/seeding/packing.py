"""A few parcels of the demo: ship work that Lyon Part-Dieu took over, picked and waiting at the table, and one that is packed."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from comptoir.flows.move_to_store import MoveToStore, MoveToStoreFlow
from comptoir.flows.order_grouper import OutlookKeeper
from comptoir.flows.pack_parcel import close_reported, pack_reported
from comptoir.flows.pick import pick_reported
from comptoir.fulfillment.model import CloseParcel, PackParcel, Pick
from comptoir.kit.actor import SYSTEM, Actor
from comptoir.kit.clock import SetClock
from comptoir.kit.db import Pool, Tx, in_transaction
from comptoir.kit.errors import Refusal
from comptoir.kit.ids import new_id
from comptoir.seeding.reference import staff_id
from comptoir.sourcing.outlook import Outlook
from comptoir.world.cast import CAMILLE
from comptoir.world.stores import LYON

TABLE: Final = 4
"""Works at the packing table; the first of them is packed."""

_OPEN: Final = """
SELECT w.id, w.order_id FROM work w WHERE w.kind = 'ship' AND w.status = 'open' AND w.location <> $1 AND NOT EXISTS (SELECT FROM work_line l
  WHERE l.work = w.id AND NOT EXISTS (SELECT FROM stock_level s JOIN sku k ON k.sku = s.sku WHERE s.sku = l.sku AND s.location = $1
    AND s.on_hand - s.reserved - s.safety_stock >= l.reserved AND k.blocked_reason IS NULL)) ORDER BY w.created_at, w.id LIMIT $2
"""


async def lay_out(pool: Pool, now: datetime, works: int = TABLE, *, packs: int = 1) -> int:
    """Move open ship work to Lyon, pick it, pack some of it; how many lie at the table."""
    outlook = Outlook()
    await OutlookKeeper(pool, SetClock(now), outlook).load()
    move, packer = MoveToStoreFlow(outlook), Actor(str(staff_id(CAMILLE.key)), "associate", (LYON.id,), via="sync")
    office = Actor("system", "head_office", None, via="worker")

    async def found(tx: Tx) -> list[tuple[UUID, UUID]]:
        return [tuple(row) for row in await tx.rows(_OPEN, LYON.id, 4 * works)]

    done = 0
    for rank, (work, order) in enumerate(await in_transaction(pool, SYSTEM.who, now, found)):
        if done == works:
            break
        at = now - timedelta(minutes=40 - rank)

        async def lay(tx: Tx, work: UUID = work, order: UUID = order, at: datetime = at,
                      packed: bool = done < packs) -> None:  # fmt: skip
            moved = await move(tx, MoveToStore(new_id(), order, work, LYON.id), office, at)
            await _prepare(tx, moved.work, packer, at, packed)

        try:
            await in_transaction(pool, packer.who, at, lay)
            done += 1
        except Refusal:
            # The store ran out, or is paused: this one stays where it is.
            continue
    return done


async def _prepare(tx: Tx, work: UUID, packer: Actor, at: datetime, packed: bool) -> None:
    rows = await tx.rows("SELECT line, reserved FROM work_line WHERE work = $1 ORDER BY line", work)
    for row in rows:
        await pick_reported(tx, Pick(work, row["line"], row["reserved"]), packer, at)
    if not packed:
        return
    parcel = new_id()
    for row in rows:
        await pack_reported(tx, PackParcel(work, parcel, row["line"], row["reserved"]), packer, at)
    await close_reported(tx, CloseParcel(work, parcel, 1840, "carton-m"), packer, at)
