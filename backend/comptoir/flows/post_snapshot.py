"""Another system says what a location held at some moment: the ledger is corrected for then, later facts stay."""

from datetime import datetime

from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Invalid, NotFound
from comptoir.stock import feed, feed_sql, sql
from comptoir.stock.events import over_promised
from comptoir.stock.feed import LevelOutcome, PostSnapshot, SnapshotPosted
from comptoir.stock.model import Movement


async def post_snapshot(tx: Tx, command: PostSnapshot, actor: Actor, now: datetime) -> SnapshotPosted:
    """NotFound `unknown_location`, Invalid `in_the_future`; figures of SKUs nobody knows are told one by one."""
    known = await feed_sql.find_known(tx, actor, (level.sku for level in command.levels), (), [command.location])
    if command.location not in known.locations:
        raise NotFound("unknown_location", location=command.location)
    if command.as_of > now + feed.AHEAD:
        raise Invalid("in_the_future", as_of=command.as_of.isoformat())
    keys = [(sku, command.location) for sku in sorted({level.sku for level in command.levels} & known.skus)]
    levels = await feed_sql.lock_rows(tx, keys)
    standings = await feed_sql.find_standings(tx, keys, command.as_of)
    movements: list[Movement] = []
    results: list[LevelOutcome] = []
    seen: set[str] = set()
    for level in command.levels:
        if level.sku not in known.skus:
            results.append(LevelOutcome(level.sku, "problem", problem=feed.problem("unknown_sku", 404)))
            continue
        if level.sku in seen:
            results.append(LevelOutcome(level.sku, "problem", problem=feed.problem("sku_twice", 422)))
            continue
        seen.add(level.sku)
        movement, outcome = feed.correct(
            level.sku, command.location, level.on_hand, command.as_of, standings[level.sku, command.location]
        )
        results.append(outcome)
        if movement is not None:
            movements.append(movement)
    await sql.post(tx, movements)
    tx.tell(*over_promised(levels, movements))
    return SnapshotPosted(command.location, command.as_of, tuple(results))
