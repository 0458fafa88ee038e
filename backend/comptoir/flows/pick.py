"""Units come off the shelf, or go back on it."""

from datetime import datetime

from comptoir.catalog.queries import find_cautions
from comptoir.flows.keep_progress import keep_progress
from comptoir.flows.move_work import locked_work, moved_on
from comptoir.flows.put_back import put_back_units
from comptoir.flows.short_pick import find_again, short_again
from comptoir.flows.tell_misfit import article_of, not_in_work
from comptoir.fulfillment import picking, sql
from comptoir.fulfillment.model import Outcome, Pick, Work, WorkLine
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.stock import sql as stock_sql
from comptoir.stock.model import pick_undone, picked


async def pick_reported(tx: Tx, report: Pick, actor: Actor, at: datetime) -> Outcome:
    """Count a scan. Surplus units become put-back work; the associate's next screen shows it."""
    work = await locked_work(tx, report.work, actor)
    line = work.line(report.line)
    if line is None:
        return await surplus_of_no_line(tx, work, report, actor, at)
    found = 0
    if report.quantity > line.reserved:
        found = await find_again(tx, work, report.line, report.quantity - line.reserved, at)
    if found:
        (work,) = await sql.lock(tx, [work.id], actor.locations)
        line = work.line(report.line) or line
    handled = picking.pick(work, report.line, report.quantity)
    counted = sum(m.units for m in handled.moved)
    if counted:
        await sql.move_units(tx, work.id, handled.moved)
        await stock_sql.post(
            tx, [picked(line.sku, work.location, counted, order_id=work.order_id, work=work.id, happened_at=at)]
        )
    # Only a bag that still stands here can be completed; what has left has left as it was.
    fits = min(handled.surplus, line.staged)
    filled = await fill_bag(tx, work, line, fits) if fits else 0
    surplus = handled.surplus - filled
    effect: dict[str, object] = {
        "kind": "pick", "work": work.id, "line": report.line, "units": counted, "found": found, "filled": filled,
    }  # fmt: skip
    if surplus:
        effect["put_back"] = await sql.insert_put_back(
            tx,
            work.location,
            line.sku,
            surplus,
            handled.problem or "more_than_needed",
            promised=False,
            order=work.order_id,
            work=work.id,
            line=report.line,
        )
    problem = handled.problem if surplus else None
    if counted and line.sku in (await find_cautions(tx.connection, [line.sku]))[1]:
        problem = await recalled_in_hand(tx, work, line, counted)
    await moved_on(tx, work, handled.status)
    await keep_progress(tx, work.order_id)
    return Outcome("applied_with_exception" if problem else "applied", problem, work.id, effect=effect)


async def fill_bag(tx: Tx, work: Work, line: WorkLine, most: int) -> int:
    """Units that were put back although the bag was staged (`undo_pick`) come off the shelf again: the books have them already.

    How many of `most` that is. The manager's case shrinks by them, and is closed when nothing is missing any more.
    """
    left = most
    for case, missing in await sql.find_bag_gaps(tx, work.id, line.line):
        taken = min(left, missing)
        if taken == missing:
            await sql.close_exception(tx, case, "picked_again")
        elif taken:
            await sql.shrink_exception(tx, case, missing - taken)
        left -= taken
    return most - left


async def surplus_of_no_line(tx: Tx, work: Work, report: Pick, actor: Actor, at: datetime) -> Outcome:
    """Goods for a line that the work does not have: back to their shelf when the code says what they are, else the manager looks."""
    problem = "line_not_in_work"
    effect: dict[str, object] = {"kind": "pick", "work": work.id, "line": report.line, "units": 0}
    if sku := await article_of(tx, report.code):
        effect["put_back"] = await sql.insert_put_back(
            tx, work.location, sku, report.quantity, problem, promised=False, order=work.order_id, work=work.id
        )
    else:
        effect["exception"] = await not_in_work(tx, work, report.line, report.quantity, report.code, actor, at)
    return Outcome("applied_with_exception", problem, work.id, effect=effect)


async def recalled_in_hand(tx: Tx, work: Work, line: WorkLine, units: int) -> str:
    """A recalled article came off the shelf: it is counted, and the manager is told once."""
    if not await sql.is_told(tx, work.id, "recalled", line.sku):
        await sql.insert_exception(
            tx,
            work.location,
            "recalled",
            "store_manager",
            order=work.order_id,
            work=work.id,
            sku=line.sku,
            quantity=units,
        )
    return "recalled"


async def undo_pick(tx: Tx, effect: dict[str, object], actor: Actor, at: datetime) -> Outcome:
    """The scan is taken back: the units lie on their shelf again, still promised.

    What was canceled since was put-back work, and that is done with it; what a colleague has put into a bag since is the
    manager's to look at: the bag says more than it holds.
    """
    work = await locked_work(tx, effect["work"], actor)
    number, units = int(str(effect["line"])), int(str(effect["units"]))
    handled = picking.undo_pick(work, number, units)
    line = work.line(number)
    back = sum(m.units for m in handled.moved)
    if line and back:
        await sql.move_units(tx, work.id, handled.moved)
        await stock_sql.post(
            tx, [pick_undone(line.sku, work.location, back, order_id=work.order_id, work=work.id, happened_at=at)]
        )
    if surplus := effect.get("put_back"):
        await tx.run("UPDATE put_back SET withdrawn_at = $2 WHERE id = $1 AND done = 0", surplus, tx.now)
    if told := effect.get("exception"):
        await sql.close_exception(tx, told, "undone")
    missing = units - back - (await put_back_units(tx, work, number, units - back, actor, at) if units > back else 0)
    # What had completed a staged bag is missing from it again.
    missing += int(str(effect.get("filled", 0)))
    if missing and line:
        await sql.insert_exception(
            tx, work.location, "staged_meanwhile", "store_manager", order=work.order_id, work=work.id, sku=line.sku,
            quantity=missing, body={"who": actor.who, "at": at, "line": number},
        )  # fmt: skip
    await moved_on(tx, work, handled.status)
    await keep_progress(tx, work.order_id)
    if found := min(back, int(str(effect.get("found", 0)))):
        # It had been missing before this scan found it: so it is again.
        await short_again(tx, work, number, found, actor, at)
    return Outcome("applied_with_exception" if missing else "applied", "staged_meanwhile" if missing else None, work.id)
