"""A stock file is applied whole, or not at all."""

from datetime import datetime

from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Invalid
from comptoir.stock import feed, feed_sql, imports, safety_sql, sql
from comptoir.stock.events import over_promised
from comptoir.stock.imports import ImportStock, StockImported


async def import_stock(tx: Tx, command: ImportStock, actor: Actor, now: datetime) -> StockImported:
    """Every row is a figure of `as_of`, as in a snapshot. Invalid `bad_rows` names lines; then nothing was done."""
    if command.as_of > now + feed.AHEAD:
        raise Invalid("in_the_future", as_of=command.as_of.isoformat())
    rows = command.rows
    known = await feed_sql.find_known(
        tx, actor, (row.sku for row in rows if row.sku), (feed.spelled(row.barcode) for row in rows if row.barcode),
        (row.location for row in rows),
    )  # fmt: skip
    figures, faults = imports.resolve(rows, known.skus, known.barcodes, known.locations)
    imports.refuse(faults)
    if not figures:
        raise Invalid("bad_rows", count=0, rows=[])
    keys = sorted(figures)
    levels = await feed_sql.lock_rows(tx, keys)
    standings = await feed_sql.find_standings(tx, keys, command.as_of)
    told = [feed.correct(*key, figures[key].on_hand, command.as_of, standings[key]) for key in keys]
    clash = [figures[key].line for key, (_, outcome) in zip(keys, told, strict=True) if outcome.status == "problem"]
    imports.refuse([imports.Fault(line, "as_of_reused") for line in clash])
    movements = [movement for movement, _ in told if movement is not None]
    await sql.post(tx, movements)
    safety = {key: row.safety_stock for key, row in figures.items() if row.safety_stock is not None}
    await safety_sql.set_own(tx, safety)
    tx.tell(*over_promised(levels, movements))
    applied = sum(1 for _, outcome in told if outcome.status == "applied" and outcome.difference)
    older = sum(1 for _, outcome in told if outcome.status == "older")
    return StockImported(len(keys), applied, len(keys) - applied - older, older)
