"""A person corrects a figure and says why."""

from datetime import datetime

from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import NotFound
from comptoir.stock import feed_sql, sql
from comptoir.stock.adjusting import Adjusted, AdjustStock, adjust
from comptoir.stock.events import over_promised


async def adjust_stock(tx: Tx, command: AdjustStock, actor: Actor, now: datetime) -> Adjusted:
    """For store managers and head office, and keys with `stock:write`. NotFound for what is not theirs."""
    actor.needs("store_manager", "head_office", "integrator", "system")
    known = await feed_sql.find_known(tx, actor, [command.sku], (), [command.location])
    if command.location not in known.locations:
        raise NotFound("unknown_location", location=command.location)
    if command.sku not in known.skus:
        raise NotFound("unknown_sku", sku=command.sku)
    key = (command.sku, command.location)
    levels = await feed_sql.lock_rows(tx, [key])
    movement = adjust(levels[key], command)
    await sql.post(tx, [movement])
    tx.tell(*over_promised(levels, [movement]))
    level = levels[key]
    return Adjusted(*key, level.on_hand + movement.on_hand, level.unsellable + movement.unsellable)
