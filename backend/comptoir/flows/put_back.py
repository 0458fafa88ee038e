"""Goods that nobody will collect lie on their shelf again; recalled ones are kept aside."""

from datetime import datetime
from typing import Any

from comptoir.catalog.queries import find_cautions
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.model import Outcome, PutBack, Work
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import NotFound
from comptoir.stock import counting_sql, recalling_sql
from comptoir.stock import sql as stock_sql
from comptoir.stock.model import kept_aside, put_back


async def put_back_reported(tx: Tx, report: PutBack, actor: Actor, at: datetime) -> Outcome:
    """Count units put back; the bag's tag is free again once nothing of its work is left to carry."""
    row = await tx.row(
        "SELECT * FROM put_back WHERE id = $1 AND ($2::text[] IS NULL OR location = ANY($2)) FOR NO KEY UPDATE",
        report.put_back,
        actor.locations,
    )
    if row is None:
        raise NotFound("put_back_not_found")
    tx.touched.add(row["location"])
    units = min(report.quantity, row["quantity"] - row["done"]) if row["withdrawn_at"] is None else 0
    if units < report.quantity:
        await more_on_shelf(tx, row, report.quantity - units, actor, at)
    if not units:
        return Outcome("applied_with_exception", "already_put_back", row["work"], effect={})
    effect = await put_away(tx, row, units, actor, at)
    problem = "already_put_back" if units < report.quantity else None
    return Outcome("applied_with_exception" if problem else "applied", problem, row["work"], effect=effect)


async def put_away(tx: Tx, row: Any, units: int, actor: Actor, at: datetime) -> dict[str, object]:
    """`units` of a put-back lie on their shelf; what an undo must know."""
    finished = row["done"] + units == row["quantity"]
    await tx.run(
        "UPDATE put_back SET done = done + $2, done_at = $3, done_by = $4 WHERE id = $1",
        row["id"], units, at if finished else None, actor.who if finished else None,
    )  # fmt: skip
    _, blocked = await find_cautions(tx.connection, [row["sku"]])
    await settle(tx, row, units, bool(blocked), at)
    if blocked:
        await recalling_sql.note_from_bag(tx, row["sku"], row["location"], units, at)
    if finished and row["work"]:
        await tx.run(
            "UPDATE bag SET gone_at = $2 WHERE work = $1 AND gone_at IS NULL"
            " AND NOT EXISTS (SELECT FROM put_back p WHERE p.work = $1 AND p.done < p.quantity AND p.withdrawn_at IS NULL)"
            " AND NOT EXISTS (SELECT FROM work_line l WHERE l.work = $1 AND l.staged > 0)",
            row["work"], at,
        )  # fmt: skip
    return {"kind": "put_back", "put_back": row["id"], "units": units, "recalled": bool(blocked)}


async def more_on_shelf(tx: Tx, row: Any, units: int, actor: Actor, at: datetime) -> None:
    """Two people carried back the same goods, or goods that are wanted again: the shelf is counted, the manager is told of the latter."""
    await counting_sql.ask(tx, row["location"], row["sku"], "put_back_twice", actor.who, tx.now)
    if row["withdrawn_at"] is not None:
        await work_sql.insert_exception(
            tx, row["location"], "put_back_wanted", "store_manager", order=row["order_id"], work=row["work"], sku=row["sku"],
            quantity=units, body={"who": actor.who, "at": at},
        )  # fmt: skip


async def put_back_units(tx: Tx, work: Work, line: int, units: int, actor: Actor, at: datetime) -> int:
    """A scan of canceled goods was taken back: so many of them lie on their shelf already. How many that settles."""
    settled = 0
    for row in await tx.rows(
        "SELECT * FROM put_back WHERE work = $1 AND line = $2 AND promised AND done < quantity AND withdrawn_at IS NULL"
        " ORDER BY made_at, id FOR NO KEY UPDATE", work.id, line,
    ):  # fmt: skip
        some = min(units - settled, row["quantity"] - row["done"])
        if some:
            await put_away(tx, row, some, actor, at)
            settled += some
    return settled


async def settle(tx: Tx, row: Any, units: int, recalled: bool, at: datetime) -> None:
    """What it does to the stock; recalled units are kept aside instead of going on their shelf."""
    of = {"order_id": row["order_id"], "work": row["work"], "happened_at": at}
    movements = [put_back(row["sku"], row["location"], units, **of)] if row["promised"] else []
    if recalled:
        movements.append(kept_aside(row["sku"], row["location"], units, **of))
    await stock_sql.post(tx, movements)


async def undo_put_back(tx: Tx, effect: dict[str, object], actor: Actor, at: datetime) -> Outcome:
    """It was not put back: it is in hand again."""
    row = await tx.row(
        "SELECT * FROM put_back WHERE id = $1 AND ($2::text[] IS NULL OR location = ANY($2)) FOR NO KEY UPDATE",
        effect["put_back"],
        actor.locations,
    )
    if row is None:
        raise NotFound("put_back_not_found")
    units = int(str(effect["units"]))
    await tx.run("UPDATE put_back SET done = done - $2, done_at = NULL, done_by = NULL WHERE id = $1", row["id"], units)
    await settle(tx, row, -units, bool(effect.get("recalled")), at)
    if effect.get("recalled"):
        await recalling_sql.note_from_bag(tx, row["sku"], row["location"], -units, at)
    tx.touched.add(row["location"])
    return Outcome("applied", None, row["work"])
