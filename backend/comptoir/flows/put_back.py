"""Goods that nobody will collect lie on their shelf again; recalled ones are kept aside."""

from datetime import datetime
from typing import Any

from comptoir.catalog.queries import find_cautions
from comptoir.fulfillment.model import Outcome, PutBack
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import NotFound
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
    if not units:
        return Outcome("applied_with_exception", "already_put_back", row["work"], effect={})
    finished = row["done"] + units == row["quantity"]
    await tx.run(
        "UPDATE put_back SET done = done + $2, done_at = $3, done_by = $4 WHERE id = $1",
        row["id"], units, at if finished else None, actor.who if finished else None,
    )  # fmt: skip
    _, blocked = await find_cautions(tx.connection, [row["sku"]])
    await settle(tx, row, units, bool(blocked), at)
    if finished and row["work"]:
        await tx.run(
            "UPDATE bag SET gone_at = $2 WHERE work = $1 AND gone_at IS NULL"
            " AND NOT EXISTS (SELECT FROM put_back p WHERE p.work = $1 AND p.done < p.quantity AND p.withdrawn_at IS NULL)"
            " AND NOT EXISTS (SELECT FROM work_line l WHERE l.work = $1 AND l.staged > 0)",
            row["work"], at,
        )  # fmt: skip
    return Outcome(
        "applied",
        None,
        row["work"],
        effect={"kind": "put_back", "put_back": row["id"], "units": units, "recalled": bool(blocked)},
    )


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
    tx.touched.add(row["location"])
    return Outcome("applied", None, row["work"])
