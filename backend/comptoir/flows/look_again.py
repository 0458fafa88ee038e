"""Probably in a fitting room: the line waits a quarter of an hour; stock does not move."""

from datetime import datetime, timedelta

from comptoir.flows.move_work import locked_work, moved_on
from comptoir.fulfillment import sql
from comptoir.fulfillment.model import LookAgain, Outcome
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx

WAIT = timedelta(minutes=15)


async def look_again_reported(tx: Tx, report: LookAgain, actor: Actor, at: datetime) -> Outcome:
    """Park the line; of a line that needs nothing any more there is nothing to wait for."""
    work = await locked_work(tx, report.work, actor)
    line = work.line(report.line)
    if line is None or not line.reserved:
        return Outcome("applied", None, work.id)
    await sql.park(tx, work.id, report.line, at + WAIT)
    await moved_on(tx, work, None)
    return Outcome("applied", None, work.id, effect={"kind": "look_again", "work": work.id, "line": report.line})


async def undo_look_again(tx: Tx, effect: dict[str, object], actor: Actor, at: datetime) -> Outcome:
    work = await locked_work(tx, effect["work"], actor)
    await sql.park(tx, work.id, int(str(effect["line"])), None)
    await moved_on(tx, work, None)
    return Outcome("applied", None, work.id)
