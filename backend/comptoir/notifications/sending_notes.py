"""Sends notes to devices, eight at once: taken, again later, or given up. A note nobody could be given is no alarm: the list on the
page has it. The device list says which devices hear nothing.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from comptoir.kit.db import borrowed
from comptoir.notifications import push_sql as sql
from comptoir.notifications.escalating import wait_after
from comptoir.notifications.providers.port import Answer
from comptoir.notifications.providers.web_push import Push
from comptoir.notifications.push_sql import DueNote

if TYPE_CHECKING:
    from comptoir.house import House

AT_ONCE = 8
SET = 32
LEASE = timedelta(minutes=3)
MOST_TRIES = 6
TIME_LIMIT_SECONDS = 30.0
KEPT = timedelta(days=14)
URGENT = ("customer_here", "announcement_urgent", "recall", "test")
log = logging.getLogger("comptoir.push")


async def send_notes(house: "House") -> int:
    """Work off what is due; how many notes were tried."""
    taken = await sql.claim(house.pool, house.clock(), SET, house.clock() + LEASE)
    turn = asyncio.Semaphore(AT_ONCE)

    async def in_turn(note: DueNote) -> None:
        async with turn:
            await work_off(house, note)

    await asyncio.gather(*(in_turn(note) for note in taken))
    return len(taken)


async def work_off(house: "House", note: DueNote) -> None:
    """One try, and what comes of it."""
    now = house.clock()
    if note.browser is None:
        return await sql.settle(house.pool, note.id, "dropped", "off", now)
    if now >= note.useful_until:
        return await sql.settle(house.pool, note.id, "failed", "too_late", now)
    said = await ask(house, note)
    now = house.clock()
    if said.code == "gone":
        await sql.forget(house.pool, (note.browser.id,))
        return await sql.settle(house.pool, note.id, "failed", "gone", now)
    await sql.noted(house.pool, note.browser.id, said.outcome == "accepted", said.code, now)
    if said.outcome == "accepted":
        return await sql.settle(house.pool, note.id, "sent", "", now)
    at = next_try(said, note, now)
    if at is None:
        return await sql.settle(house.pool, note.id, "failed", said.code, now)
    return await sql.again(house.pool, note.id, said.code, at)


def next_try(said: Answer, note: DueNote, now: datetime) -> datetime | None:
    """When it is worth trying again; None when it is not. A repeated push replaces itself, so doubt is no reason to stop."""
    at = now + max(wait_after(note.tries), timedelta(seconds=said.wait_seconds))
    return None if said.outcome == "refused" or note.tries >= MOST_TRIES or at >= note.useful_until else at


async def ask(house: "House", note: DueNote) -> Answer:
    """The push service's answer; whatever else happens is an outcome that nobody knows."""
    assert note.browser is not None
    left = int((note.useful_until - house.clock()).total_seconds())
    push = Push(
        str(note.id), note.title, note.body, note.path, note.topic, note.language, max(1, left), note.kind in URGENT
    )
    try:
        return await asyncio.wait_for(house.push.push(note.browser, push), TIME_LIMIT_SECONDS)
    except TimeoutError:
        return Answer("unknown", "no_answer")
    except Exception as fault:
        log.error("push of note %s failed: %s", note.id, type(fault).__name__)
        return Answer("unknown", "fault")


async def forget_old(house: "House") -> None:
    """Notes are of no use after two weeks; a bounded number goes each time."""
    async with borrowed(house.pool) as connection:
        await connection.execute(
            "DELETE FROM push_note WHERE id IN (SELECT id FROM push_note WHERE made_at < $1 ORDER BY made_at LIMIT 5000)",
            house.clock() - KEPT,
        )
