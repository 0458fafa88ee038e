"""A driver leaves with parcels: units, stock, states and what is due in two minutes, in one commit; or all of it is taken back."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from comptoir.flows.hand_over import money
from comptoir.flows.keep_progress import keep_progress
from comptoir.flows.unpaid import unpaid_of
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.handover import Given
from comptoir.fulfillment.lifecycles import Action
from comptoir.fulfillment.model import Moved, Work
from comptoir.kit import outbox
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, NotFound
from comptoir.payments import sql as payments_sql
from comptoir.shipping import handing
from comptoir.shipping import manifest_sql as sql
from comptoir.shipping.handing import UNDO_FOR, CloseManifest, ManifestClosed, ReopenManifest
from comptoir.staff.sql import insert_audit
from comptoir.stock import sql as stock_sql
from comptoir.stock.model import Movement, carrier_took, carrier_took_undone

FIRST_ASKED_AFTER = timedelta(hours=2)
"""No carrier knows a parcel at once."""


async def close_manifest(tx: Tx, command: CloseManifest, actor: Actor, now: datetime) -> ManifestClosed:
    """They left. Conflict `nothing_loaded`, `parcel_not_labeled`, `parcel_unpaid`, `more_parcels_wait` (then they are named again)."""
    if not actor.reaches(command.location):
        raise NotFound("manifest_not_found")
    zone = ZoneInfo(await tx.value("SELECT time_zone FROM location WHERE id = $1", command.location))
    open_one = await sql.find_lane(tx, command.location, command.lane)
    if open_one is None:
        raise Conflict("nothing_loaded")
    orders, works, found = await _lock(tx, open_one, actor)
    if found["state"] != "open":
        raise Conflict("nothing_loaded")
    loaded = await sql.loaded_on(tx, found["id"])
    unpaid = await unpaid_of(tx.connection, orders, now)
    handing.close(loaded, await sql.count_staying(tx, command.location, command.lane), command.stay, unpaid)
    lines = await sql.lines_of(tx, [parcel.id for parcel in loaded])
    given = await _move(tx, works, lines, command.location, now, back=False)
    await sql.set_handed(tx, [parcel.id for parcel in loaded], now)
    await sql.close(tx, found["id"], command.stay, found["account"] is not None)
    for parcel in loaded:
        due_on = handing.due_on(parcel.delivery, now.astimezone(zone).date())
        await sql.begin_tracking(tx, parcel, command.location, now, due_on, now + FIRST_ASKED_AFTER)
    await _advance(tx, works, Action.GIVE_TO_CARRIER)
    for order in orders:
        gone = [parcel for parcel in loaded if parcel.order_id == order]
        await money(tx, order, given[order], found["id"], now)
        body = {"manifest": found["id"], "parcels": [parcel.id for parcel in gone]}
        tx.tell(
            Event("shipping.handed_to_carrier", order, body, command.location, gone[0].work),
            Event("shipping.left", order, body, command.location, gone[0].work, due_at=now + UNDO_FOR),
        )
        await keep_progress(tx, order)
    tx.touched.add(command.location)
    return ManifestClosed(found["id"], found["number"], len(loaded), now + UNDO_FOR)


async def reopen_manifest(tx: Tx, command: ReopenManifest, actor: Actor, now: datetime) -> ManifestClosed:
    """Everything stands as before, and the pile is open again. Conflict `too_late_to_undo`, `already_undone`, `other_pile_begun`."""
    orders, works, seen = await _lock(tx, command.manifest, actor)
    if seen["state"] != "closed":
        raise Conflict("already_undone")
    handing.reopen(seen["closed_at"], now)
    if await sql.find_lane(tx, seen["location"], seen["lane"]):
        raise Conflict("other_pile_begun")
    loaded = await sql.loaded_on(tx, command.manifest)
    ids = [parcel.id for parcel in loaded]
    if await sql.end_tracking(tx, ids):
        raise Conflict("carrier_has_it")
    await _move(tx, works, await sql.lines_of(tx, ids), seen["location"], now, back=True)
    await sql.set_handed(tx, ids, None)
    await _advance(tx, works, Action.TAKE_FROM_CARRIER)
    await sql.reopen(tx, command.manifest)
    await payments_sql.withdraw(tx, command.manifest)
    for order in orders:
        due = await outbox.seqs_of(tx, order, "shipping.left", "manifest", str(command.manifest))
        await outbox.withdraw(tx, order, due)
        work = next(parcel.work for parcel in loaded if parcel.order_id == order)
        tx.tell(Event("shipping.taken_back", order, {"manifest": command.manifest}, seen["location"], work))
        await keep_progress(tx, order)
    await insert_audit(tx, actor, "manifest.reopened", seen["number"], location=seen["location"])
    tx.touched.add(seen["location"])
    return ManifestClosed(command.manifest, seen["number"], len(loaded), now)


async def _lock(tx: Tx, manifest: UUID, actor: Actor) -> tuple[list[UUID], dict[UUID, Work], Any]:
    """A manifest's orders, then their works, then itself: the order in which everybody locks.

    Conflict `more_parcels_wait` when a parcel of another order was scanned meanwhile; NotFound `manifest_not_found`.
    """
    orders = await sql.orders_on(tx, manifest)
    await tx.rows("SELECT 1 FROM sales_order WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE", orders)
    works: dict[UUID, Work] = {}
    for order in orders:
        works |= {work.id: work for work in await work_sql.lock_of_order(tx, order, actor.locations)}
    found = await sql.lock_manifest(tx, manifest, actor.locations)
    if await sql.orders_on(tx, manifest) != orders:
        raise Conflict("more_parcels_wait")
    return orders, works, found


async def _move(
    tx: Tx, works: dict[UUID, Work], lines: Sequence[Any], location: str, at: datetime, *, back: bool
) -> dict[UUID, list[Given]]:
    """The units of these parcels leave the shelf of packed goods, or are back on it; what left of each order."""
    units: dict[tuple[UUID, int], int] = defaultdict(int)
    for row in lines:
        units[row["work"], row["line"]] += row["quantity"]
    given: dict[UUID, list[Given]] = defaultdict(list)
    movements: list[Movement] = []
    for (work_id, number), count in sorted(units.items()):
        work = works[work_id]
        line = work.line(number)
        assert line is not None
        source, to = ("in_transit", "staged") if back else ("staged", "in_transit")
        await work_sql.move_units(tx, work_id, [Moved(number, source, to, count)])
        moved = carrier_took_undone if back else carrier_took
        movements.append(moved(line.sku, location, count, order_id=work.order_id, work=work_id, happened_at=at))
        given[work.order_id].append(Given(work_id, number, line.order_line, line.part, line.sku, count, 0, ""))
    await stock_sql.post(tx, movements)
    return given


async def _advance(tx: Tx, works: dict[UUID, Work], action: Action) -> None:
    """Work of which everything has left is its carrier's; work of which something is back is the store's again."""
    still_here = await sql.left_at_work(tx, list(works))
    for work in works.values():
        gone = work.id not in still_here
        if work.allows(action) and gone == (action == Action.GIVE_TO_CARRIER):
            await work_sql.advance(tx, work.id, work.after(action))
