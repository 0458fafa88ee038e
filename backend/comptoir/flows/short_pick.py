"""The shelf had fewer than promised. The customer's store does not change; a person, later the customer, decides."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from comptoir.flows.bring_to_store import carry_again, end_carried
from comptoir.flows.keep_progress import keep_progress
from comptoir.flows.move_work import locked_work, moved_on
from comptoir.flows.rest_of_parcel import may_go, send_along
from comptoir.flows.source_again import Lost, ask_person, source_again
from comptoir.flows.tell_misfit import not_in_work
from comptoir.fulfillment import picking, sql
from comptoir.fulfillment.lifecycles import Status
from comptoir.fulfillment.model import Outcome, Short, Work
from comptoir.fulfillment.short_reasons import NOT_FOUND, SHORT
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.ids import new_id
from comptoir.kit.reason_rows import list_reasons
from comptoir.kit.reasons import find
from comptoir.orders import sql as orders_sql
from comptoir.sourcing.outlook import Outlook
from comptoir.stock import counting_sql
from comptoir.stock import sql as stock_sql
from comptoir.stock.model import Of, short, short_undone

NO_PROMISE_FOR = timedelta(hours=24)
"""After a short nothing new of the SKU is promised there until it is counted, or this long."""


class ShortReported:
    """Needs the outlook to look elsewhere for what is to be sent."""

    def __init__(self, outlook: Outlook) -> None:
        self.outlook = outlook

    async def __call__(self, tx: Tx, report: Short, actor: Actor, at: datetime) -> Outcome:
        return await short_reported(tx, report, actor, at, self.outlook)


async def short_reported(
    tx: Tx, report: Short, actor: Actor, at: datetime, outlook: Outlook | None = None
) -> Outcome:  # fmt: skip
    """Write the short and its consequences: stock corrected, promises stopped, a count asked, others flagged. Invalid `unknown_reason`.

    What is to be sent is looked for elsewhere, where an outlook is given; what nobody has, and what is collected here, is a choice to make.
    """
    work = await locked_work(tx, report.work, actor)
    line = work.line(report.line)
    if line is None:
        told = await not_in_work(tx, work, report.line, report.quantity, "", actor, at)
        return Outcome(
            "applied_with_exception", "line_not_in_work", work.id, effect={"kind": "short", "work": work.id, "line": report.line, "units": 0, "damaged": False, "exception": told}
        )  # fmt: skip
    # Head office may have added reasons: each acts as one that comes along.
    acts = find(await list_reasons(tx.connection, SHORT), report.reason).acts
    handled = picking.short(work, report.line, report.quantity)
    gone = sum(m.units for m in handled.moved)
    along = False
    effect: dict[str, object] = {
        "kind": "short",
        "work": work.id,
        "line": report.line,
        "units": gone,
        "damaged": acts != NOT_FOUND,
    }
    if gone:
        await sql.flag_others(tx, work.location, line.sku, work.id, "short_elsewhere")
        elsewhere = outlook is not None and work.kind == "ship"
        if elsewhere:
            # Before any level is touched, so that two stores that miss the same article do not wait for each other.
            might_go = may_go(work, outlook, at, tx.now) if outlook is not None else []
            await stock_sql.lock_everywhere(tx, sorted({line.sku, *(one.sku for one, _ in might_go)}))
        await sql.move_units(tx, work.id, handled.moved)
        await stock_sql.post(
            tx,
            [
                short(
                    line.sku,
                    work.location,
                    gone,
                    damaged=acts != NOT_FOUND,
                    order_id=work.order_id,
                    work=work.id,
                    happened_at=at,
                )
            ],
        )
        await orders_sql.move_units(tx, work.order_id, [(line.order_line, line.part, gone, 0, -gone, 0)])
        await stock_sql.release_reservations(tx, work.order_id, line.order_line, line.part, work.location, gone)
        shorted = new_id()
        await tx.run(
            "INSERT INTO short_pick (id, work, line, location, sku, quantity, reason, said, who, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            shorted, work.id, report.line, work.location, line.sku, gone, acts, None if acts == report.reason else report.reason, actor.who, at,
        )  # fmt: skip
        effect["short"] = shorted
        await stock_sql.stop_promises(tx, line.sku, work.location, tx.now + NO_PROMISE_FOR)
        await counting_sql.ask(tx, work.location, line.sku, "short", actor.who, tx.now)
        if elsewhere and outlook is not None:
            lost = [Lost(line.order_line, line.part, line.sku, gone)]
            (left,) = await sql.lock(tx, [work.id], None)
            rest = may_go(left, outlook, at, tx.now)
            along = await send_along(tx, outlook, left, rest, lost, "short", tx.now) is not None
            if not along:
                await source_again(tx, outlook, work.order_id, work.order_number, lost, work.location, "short", tx.now)
        else:
            effect["exception"] = await ask_person(
                tx, work.order_id, work.location, line.order_line, line.sku, gone, acts, work.id
            )
    if gone < report.quantity:
        # A colleague found it, or it is not wanted any more: what this shelf looked like is still worth a look.
        await counting_sql.ask(tx, work.location, line.sku, "short", actor.who, tx.now)
    if along:
        return Outcome("applied_with_exception", "rest_went_along", work.id, effect=effect)
    await moved_on(tx, work, handled.status, at)
    if work.kind == "transfer" and handled.status is Status.CLOSED:
        await end_carried(tx, work)
    await keep_progress(tx, work.order_id)
    return Outcome("applied_with_exception" if handled.problem else "applied", handled.problem, work.id, effect=effect)


_CHOICES = (
    "SELECT id, quantity FROM exception WHERE work = $1 AND kind = 'short_choice' AND sku = $2 AND (body->>'line')::int = $3"
    " AND resolved_at IS NULL ORDER BY made_at, id"
)


async def find_again(tx: Tx, work: Work, number: int, units: int, at: datetime) -> int:
    """Units that were reported missing and are in hand after all, while nobody has decided: promised again. How many."""
    line = work.line(number)
    if line is None or not line.shorted:
        return 0
    choices = await tx.rows(_CHOICES, work.id, line.sku, line.order_line)
    undecided = await tx.value(_UNDECIDED, work.order_id, line.order_line, line.part) if choices else 0
    handled = picking.undo_short(work, number, min(units, line.shorted, undecided))
    found = sum(m.units for m in handled.moved)
    if not found:
        return 0
    damaged = await tx.value(
        "SELECT reason <> 'not_found' FROM short_pick WHERE work = $1 AND line = $2 AND undone_at IS NULL ORDER BY at DESC LIMIT 1",
        work.id,
        number,
    )
    of: Of = {"order_id": work.order_id, "work": work.id, "happened_at": at}
    await sql.move_units(tx, work.id, handled.moved)
    await stock_sql.post(tx, [short_undone(line.sku, work.location, found, damaged=bool(damaged), **of)])
    await orders_sql.move_units(tx, work.order_id, [(line.order_line, line.part, -found, 0, found, 0)])
    await stock_sql.renew_reservations(tx, work.order_id, line.order_line, line.part, work.location, found)
    if found == line.shorted:
        await tx.run(
            "UPDATE short_pick SET undone_at = $3 WHERE work = $1 AND line = $2 AND undone_at IS NULL",
            work.id,
            number,
            tx.now,
        )
    await fewer_to_decide(tx, choices, len(choices) if found == line.shorted else 0, found)
    await _resumed(tx, work, handled.status)
    return found


async def _resumed(tx: Tx, work: Work, status: Status | None) -> None:
    """Somebody goes on with it; what had ended because everything was missing has not."""
    await moved_on(tx, work, status)
    if work.kind == "transfer" and work.status is Status.CLOSED:
        await carry_again(tx, work)


async def short_again(tx: Tx, work: Work, number: int, units: int, actor: Actor, at: datetime) -> None:
    """Units that a scan had found, and that scan was taken back: missing as before, for the same reason."""
    reason = await tx.value(
        "SELECT coalesce(said, reason) FROM short_pick WHERE work = $1 AND line = $2 ORDER BY at DESC LIMIT 1",
        work.id,
        number,
    )
    await short_reported(tx, Short(work.id, number, units, reason or "not_found"), actor, at)


async def fewer_to_decide(tx: Tx, choices: Sequence[Any], all_of: int, found: int) -> None:
    """The open choices about a line, oldest first, need `found` units less; `all_of` of them are settled anyway."""
    for number, choice in enumerate(choices):
        taken = min(found, choice["quantity"])
        found -= taken
        if number < all_of or taken == choice["quantity"]:
            await sql.close_exception(tx, choice["id"], "found")
        elif taken:
            await tx.run("UPDATE exception SET quantity = quantity - $2 WHERE id = $1", choice["id"], taken)


_UNDECIDED = "SELECT unsourced FROM requirement WHERE order_id = $1 AND line = $2 AND part = $3"


async def undo_short(tx: Tx, effect: dict[str, object], actor: Actor, at: datetime) -> Outcome:
    """Found after all: possible while nobody has decided about the missing units."""
    work = await locked_work(tx, effect["work"], actor)
    number, units = int(str(effect["line"])), int(str(effect["units"]))
    line = work.line(number)
    open_choice = line and await tx.value(
        "SELECT true FROM exception WHERE id = $1 AND resolved_at IS NULL", effect.get("exception")
    )
    if line is None or not units:
        # It had taken nothing away: a shelf was looked at, and somebody changed their mind about it.
        if line is None and effect.get("exception"):
            await sql.close_exception(tx, effect["exception"], "undone")
        return Outcome("applied", None, work.id)
    handled = picking.undo_short(work, number, units)
    undecided = await tx.value(_UNDECIDED, work.order_id, line.order_line, line.part)
    if not open_choice or handled.problem or undecided < units:
        # There is more on the shelf than the books say.
        await counting_sql.ask(tx, work.location, line.sku, "found_after_short", actor.who, tx.now)
        tx.touched.add(work.location)
        return Outcome("applied_with_exception", "decided_meanwhile", work.id)
    await sql.move_units(tx, work.id, handled.moved)
    await stock_sql.post(
        tx,
        [
            short_undone(
                line.sku,
                work.location,
                units,
                damaged=bool(effect["damaged"]),
                order_id=work.order_id,
                work=work.id,
                happened_at=at,
            )
        ],
    )
    await orders_sql.move_units(tx, work.order_id, [(line.order_line, line.part, -units, 0, units, 0)])
    await stock_sql.renew_reservations(tx, work.order_id, line.order_line, line.part, work.location, units)
    await tx.run("UPDATE short_pick SET undone_at = $2 WHERE id = $1", effect.get("short"), tx.now)
    await tx.run(
        "UPDATE exception SET resolved_at = $2, resolved_by = $3, resolution = 'found' WHERE id = $1",
        effect.get("exception"),
        tx.now,
        actor.who,
    )
    await _resumed(tx, work, handled.status)
    await keep_progress(tx, work.order_id)
    return Outcome("applied", None, work.id)
