"""Gives documents to printers, beside every step and never in its way: one job per printer at a time, many printers at once."""

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from comptoir.errands.papers import find_paper
from comptoir.kit.db import borrowed
from comptoir.kit.errors import Invalid
from comptoir.printing import reaching, sql
from comptoir.printing.client import MOST_BYTES, Sent, send
from comptoir.printing.model import after

if TYPE_CHECKING:
    from comptoir.house import House

AT_ONCE: Final = 16
TIME_LIMIT_SECONDS: Final = 40.0
"""Below the lease of a job: its outcome is written before another worker may think that this one died."""

log = logging.getLogger("comptoir.printing")


async def print_due(house: "House") -> int:
    """One round: what is due on every printer that is free; how many jobs were tried."""
    await sql.end_cut_off(house.pool, house.clock())
    tried = 0
    while jobs := await sql.claim(house.pool, house.clock(), AT_ONCE):
        await asyncio.gather(*(_print(house, job) for job in jobs))
        tried += len(jobs)
        if tried >= 4 * AT_ONCE:
            break
    return tried


async def _print(house: "House", job: sql.DueJob) -> None:
    try:
        sent = await asyncio.wait_for(_send(house, job), TIME_LIMIT_SECONDS)
    except TimeoutError:
        sent = Sent("broken", "cut_off")
    except Exception as fault:
        log.error("print job %s failed: %s", job.id, type(fault).__name__)
        sent = Sent("broken", "fault")
    now = house.clock()
    state, next_at = after(sent.outcome, job.tries, job.made_at, now)
    await sql.settle(house.pool, job, state, next_at, sent.code, now)


async def _send(house: "House", job: sql.DueJob) -> Sent:
    try:
        # Asked again at the last moment: the networks may have changed since the printer was named.
        reaching.check_address(job.host, job.networks, own_machine=house.settings.printers_local)
    except Invalid:
        return Sent("broken", "outside")
    async with borrowed(house.pool) as connection:
        paper = await find_paper(connection, job, house.clock())
    if paper is None or len(paper.bytes) > MOST_BYTES or paper.language != job.language:
        return Sent("broken", "no_document")
    return await send(job.host, job.port, paper.bytes, paper.language)


async def forget_old(house: "House") -> None:
    """Jobs of a month ago go."""
    await sql.forget_old(house.pool, house.clock())
