"""Goods left with the customer although their order had ended meanwhile: what the end had written is taken back, and put again on undo.

A hand-over with no network is told late. The customer may have canceled since, or the time to collect may have run out; the
goods are gone all the same, so nobody can put them back, and their price is not given back as long as that is only intended.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.flows.given_lines import give_lines, keep_lines, shares_of
from comptoir.flows.keep_progress import keep_progress
from comptoir.fulfillment import sql
from comptoir.fulfillment.handover import Aside
from comptoir.fulfillment.lifecycles import Status
from comptoir.fulfillment.model import Moved, Work
from comptoir.kit.db import Tx
from comptoir.orders import sql as orders_sql
from comptoir.orders.canceling import share_of
from comptoir.stock import sql as stock_sql
from comptoir.stock.model import handed_over

REASONS = {Status.CANCELED: "canceled", Status.EXPIRED: "not_collected"}


class Regained(msgspec.Struct, frozen=True):
    """Units of a line that had been canceled and are to leave; `ended`: the work's status before."""

    work: UUID
    line: int
    units: int
    ended: Status


_ASIDE = (
    "SELECT id, work, line, sku, quantity - done AS units, made_at FROM put_back WHERE work = ANY($1::uuid[]) AND promised"
    " AND withdrawn_at IS NULL AND done < quantity AND line IS NOT NULL AND reason <> 'refused_at_counter' ORDER BY id FOR NO KEY UPDATE"
)
_NOT_TO_PUT_BACK = """
UPDATE put_back SET withdrawn_at = CASE WHEN done = 0 AND quantity = $2 THEN $3::timestamptz END,
  done_at = CASE WHEN done > 0 AND quantity - $2 = done THEN $3::timestamptz ELSE done_at END,
  quantity = CASE WHEN done = 0 AND quantity = $2 THEN quantity ELSE quantity - $2 END
WHERE id = $1
"""


async def find_aside(tx: Tx, works: Sequence[Work]) -> list[Aside]:
    """Units of these works that still wait to be put back, locked."""
    return [Aside(*row) for row in await tx.rows(_ASIDE, [work.id for work in works])]


async def regain(tx: Tx, works: Sequence[Work], gone: Sequence[Aside], at: datetime) -> list[Regained]:
    """Make these units staged again, ready to leave; what they were before.

    Units of work that head office moved to another store only leave the stock here: the order counts them there.
    """
    by_id = {work.id: work for work in works}
    regained: list[Regained] = []
    worth: dict[UUID, Counter[int]] = {}
    movements = []
    for units in gone:
        work = by_id[units.work]
        await tx.run(_NOT_TO_PUT_BACK, units.put_back, units.units, tx.now)
        if work.ended_because == "moved":
            movements.append(
                handed_over(units.sku, work.location, units.units, order_id=work.order_id, work=work.id, happened_at=at)
            )
            continue
        line = work.line(units.line)
        assert line is not None
        needs = {(n["line"], n["part"]): n for n in await orders_sql.requirements(tx, work.order_id)}
        need = needs[line.order_line, line.part]
        share = (await shares_of(tx, work.order_id))[line.order_line, line.part]
        worth.setdefault(work.order_id, Counter())[line.order_line] += share_of(
            share, need["quantity"], need["canceled"] - units.units, units.units
        )
        await sql.move_units(tx, work.id, [Moved(units.line, "canceled", "staged", units.units)])
        await orders_sql.move_units(tx, work.order_id, [(line.order_line, line.part, 0, 0, units.units, -units.units)])
        await stock_sql.renew_reservations(tx, work.order_id, line.order_line, line.part, work.location, units.units)
        regained.append(Regained(work.id, units.line, units.units, work.status))
    await stock_sql.post(tx, movements)
    for work_id in {units.work for units in regained if units.ended != Status.STAGED}:
        await sql.advance(tx, work_id, Status.STAGED)
    for order, lines in worth.items():
        await tx.run("UPDATE sales_order SET canceled_at = NULL, cancel_reason = NULL WHERE id = $1", order)
        await orders_sql.recount_canceled(tx, order)
        await keep_lines(tx, order, lines, REASONS.values())
    return regained


async def end_again(tx: Tx, works: Sequence[Work], regained: Sequence[Regained], cause: UUID) -> None:
    """The hand-over was taken back: what had ended has ended; the goods wait to be put back, their price to be given back."""
    by_id = {work.id: work for work in works}
    for units in regained:
        work = by_id[units.work]
        line = work.line(units.line)
        if line is None or line.staged < units.units:
            continue
        reason = REASONS.get(units.ended, "canceled")
        of = (line.order_line, line.part)
        need = next(n for n in await orders_sql.requirements(tx, work.order_id) if (n["line"], n["part"]) == of)
        share = (await shares_of(tx, work.order_id))[of]
        worth = share_of(share, need["quantity"], need["canceled"], units.units)
        await sql.move_units(tx, work.id, [Moved(line.line, "staged", "canceled", units.units)])
        await orders_sql.move_units(tx, work.order_id, [(*of, 0, 0, -units.units, units.units)])
        await stock_sql.release_reservations(tx, work.order_id, *of, work.location, units.units)
        await sql.insert_put_back(
            tx, work.location, line.sku, units.units, reason, promised=True, order=work.order_id, work=work.id,
            line=line.line,
        )  # fmt: skip
        await give_lines(tx, work.order_id, {of[0]: worth}, {of[0]: units.units}, reason, cause, tx.now)
        await sql.advance(tx, work.id, units.ended)
        await orders_sql.recount_canceled(tx, work.order_id)
        await keep_progress(tx, work.order_id)
