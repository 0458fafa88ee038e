"""The order, or some units of it, is not wanted any more; possible during picking too, with the put-back work that follows."""

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.flows.bring_to_store import end_carried
from comptoir.flows.fewer_missing import fewer_missing
from comptoir.flows.given_lines import give_lines, left_by_line, shares_of
from comptoir.flows.keep_progress import keep_progress
from comptoir.flows.move_work import moved_on
from comptoir.flows.pack_parcel import out_of_parcels
from comptoir.flows.parcel_standing import keep_standing
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.lifecycles import LIVE, TO_PICK, Action, Status
from comptoir.fulfillment.model import Moved, Work, WorkLine
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, Invalid, NotFound
from comptoir.orders import canceling, sql
from comptoir.orders.model import CancelOrder, Progress
from comptoir.stock import sql as stock_sql
from comptoir.stock.model import released


class OrderCanceled(msgspec.Struct, frozen=True):
    """What was canceled, what is to be given back (a refund or void is only intended), and the order's progress."""

    order: UUID
    progress: Progress
    units: int
    refund: str | None
    amount_minor: int
    put_backs: int


async def cancel_order(tx: Tx, command: CancelOrder, actor: Actor, now: datetime) -> OrderCanceled:
    """Cancel; Conflict `already_handed_over` or `already_canceled` when nothing is left that could be."""
    order = await sql.lock(tx, command.order)
    works = await work_sql.lock_of_order(tx, command.order, None)
    if actor.locations is not None and not any(actor.reaches(w.location) for w in works):
        raise NotFound("order_not_found")
    needs = await sql.requirements(tx, command.order)
    whole = not command.lines
    wanted_lines: dict[int, int] = {}
    for asked in command.lines:
        wanted_lines[asked.line] = wanted_lines.get(asked.line, 0) + asked.quantity
    parts = canceling.parts_to_cancel(
        [(n["line"], n["part"], n["quantity"], n["canceled"]) for n in needs],
        wanted_lines,
        await sql.ordered(tx, command.order),
    )
    at_work = {(line.order_line, line.part): [] for work in works for line in work.lines}  # type: ignore[var-annotated]
    for work in works:
        for line in work.lines:
            at_work[line.order_line, line.part].append((work, line))
    shares = await shares_of(tx, command.order)
    worth: Counter[int] = Counter()
    count: Counter[int] = Counter()
    units, put_backs = 0, 0
    movements = []
    for need in needs:
        wanted = parts.get((need["line"], need["part"]), 0)
        take_unsourced = min(wanted, need["unsourced"])
        take_held = min(wanted - take_unsourced, need["held"])
        if take_held:
            movements += await release_held(tx, command.order, need, take_held)
        left = wanted - take_unsourced - take_held
        taken = 0
        for work, line in at_work.get((need["line"], need["part"]), []):
            got, moves, put = await cancel_units(tx, work, line, left - taken)
            taken, movements, put_backs = taken + got, movements + moves, put_backs + put
        done = take_unsourced + take_held + taken
        if done:
            await sql.move_units(
                tx, command.order, [(need["line"], need["part"], -take_unsourced, -take_held, -taken, done)]
            )
            await fewer_missing(tx, command.order, need["line"], need["sku"], take_unsourced, "canceled")
            share = shares[need["line"], need["part"]]
            worth[need["line"]] += canceling.share_of(share, need["quantity"], need["canceled"], done)
            count[need["line"]] += done
            units += done
    if not units and needs:
        raise Conflict("already_canceled" if order["progress"] == "canceled" else "already_handed_over")
    if not whole and not needs:
        raise Invalid("unknown_line")
    await stock_sql.post(tx, movements)
    await end_empty_works(tx, command.order)
    await sql.recount_canceled(tx, command.order)
    nothing_left = not await tx.value(
        "SELECT true FROM requirement WHERE order_id = $1 AND canceled < quantity LIMIT 1", command.order
    )
    if whole and nothing_left:
        await tx.run("UPDATE order_line SET canceled = quantity WHERE order_id = $1", command.order)
        await tx.run(
            "UPDATE sales_order SET canceled_at = $2, cancel_reason = $3 WHERE id = $1",
            command.order,
            now,
            command.reason,
        )
        await tx.run(
            "UPDATE order_hold SET released_at = $2, released_by = $3, note = 'canceled' WHERE order_id = $1 AND released_at IS NULL",
            command.order,
            now,
            actor.who,
        )
        # Also what no unit costs: the delivery, and an article that nobody knew.
        worth = Counter(await left_by_line(tx, command.order))
    refund, amount = await give_lines(tx, command.order, worth, count, "canceled", command.id, now)
    await tx.run(
        "UPDATE exception SET resolved_at = $2, resolved_by = $3, resolution = 'canceled' WHERE order_id = $1 AND kind = 'short_choice' AND resolved_at IS NULL"
        " AND NOT EXISTS (SELECT FROM requirement r WHERE r.order_id = $1 AND r.line = (body->>'line')::int AND r.unsourced > 0)",
        command.order, now, actor.who,
    )  # fmt: skip
    if not needs:
        await sql.set_progress(tx, command.order, Progress.CANCELED.value)
        progress = Progress.CANCELED
    else:
        progress = await keep_progress(tx, command.order)
    for work in works:
        tx.touched.add(work.location)
    tx.tell(
        Event("order.canceled", command.order, {"whole": whole and nothing_left, "lines": [c.line for c in command.lines], "refund": refund, "amount_minor": amount if refund else 0}
              | ({"recall": True} if command.reason == canceling.RECALLED else {}), works[0].location if works else None)
    )  # fmt: skip
    return OrderCanceled(command.order, progress, units, refund, amount if refund else 0, put_backs)


async def cancel_units(tx: Tx, work: Work, line: WorkLine, units: int) -> tuple[int, list[Any], int]:
    """Cancel up to `units` of a work line, untouched ones first; (canceled, movements, put-backs made)."""
    coming = work.status is Status.IN_TRANSIT and work.kind == "transfer"
    if units <= 0 or (work.status not in LIVE and not coming):
        return 0, [], 0
    movements: list[Any] = []
    moved, taken, put_backs = [], 0, 0
    for state in ("in_transit",) if coming else ("reserved", "picked", "staged"):
        got = min(units - taken, getattr(line, state))
        if got and state == "staged" and work.kind == "ship":
            got = await out_of_parcels(tx, work, line, got)
        if not got:
            continue
        taken += got
        moved.append(Moved(line.line, state, "canceled", got))
        await stock_sql.release_reservations(tx, work.order_id, line.order_line, line.part, work.location, got)
        if state == "in_transit":
            continue  # They are in nobody's figures: where they arrive they are the store's own.
        if state == "reserved":
            movements.append(released(line.sku, work.location, got, order_id=work.order_id, work=work.id))
        else:
            await work_sql.insert_put_back(
                tx,
                work.location,
                line.sku,
                got,
                "canceled",
                promised=True,
                order=work.order_id,
                work=work.id,
                line=line.line,
            )
            put_backs += 1
    await work_sql.move_units(tx, work.id, moved)
    if moved and work.status in TO_PICK:
        await work_sql.flag_changed(tx, work.id)
    return taken, movements, put_backs


async def release_held(tx: Tx, order: UUID, need: Any, units: int) -> list[Any]:
    """Undo the reservations of a held order's units, those that nothing is reserved for first; movements that give them back."""
    movements = []
    rows = await tx.rows(
        "SELECT id, location, sku, quantity - released AS open FROM reservation WHERE order_id = $1 AND line = $2 AND part = $3 AND released < quantity ORDER BY id FOR UPDATE",
        order, need["line"], need["part"],
    )  # fmt: skip
    units -= max(0, need["held"] - sum(row["open"] for row in rows))
    for row in rows:
        give = min(units, row["open"])
        if give > 0:
            await tx.run(
                "UPDATE reservation SET released = released + $3 WHERE order_id = $1 AND id = $2",
                order,
                row["id"],
                give,
            )
            movements.append(released(row["sku"], row["location"], give, order_id=order))
            units -= give
    return movements


async def end_empty_works(tx: Tx, order: UUID) -> None:
    """Work whose every unit was canceled or short has ended; work with the rest all picked goes on to staging."""
    for work in await work_sql.lock_of_order(tx, order, None):
        if work.kind == "transfer" and work.status is Status.IN_TRANSIT and not work.total("in_transit"):
            await moved_on(tx, work, work.after(Action.CANCEL))
        if work.status not in LIVE:
            continue
        if work.kind == "ship" and work.total("staged"):
            await keep_standing(tx, work.id, tx.now)
        elif not any(work.total(state) for state in ("reserved", "picked", "staged")):
            await moved_on(tx, work, Status.CANCELED)
            if work.kind == "transfer":
                await end_carried(tx, work)
            await tx.run(_NOBODY_WAITS, order, work.location, tx.now, [status.value for status in LIVE])
        elif not work.total("reserved") and work.status in (
            Status.OPEN,
            Status.ACCEPTED,
            Status.PICKING,
            Status.PICKED,
        ):
            await moved_on(tx, work, Status.PICKED if work.total("picked") else Status.STAGED)


_NOBODY_WAITS = (
    "UPDATE arrival SET done_at = $3 WHERE order_id = $1 AND location = $2 AND done_at IS NULL"
    " AND NOT EXISTS (SELECT FROM work WHERE order_id = $1 AND location = $2 AND status = ANY($4::text[]))"
)
