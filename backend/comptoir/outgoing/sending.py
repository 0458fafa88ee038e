"""Sends what is due: in the order of each subject, few at once to one endpoint, so that a slow one holds up nobody else."""

import asyncio
import logging
import random
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import Event, Tx, in_transaction
from comptoir.outgoing import judging, signing, sql
from comptoir.outgoing.judging import Answer
from comptoir.outgoing.sql import Claimed
from comptoir.staff.sql import insert_audit

if TYPE_CHECKING:
    from comptoir.house import House

EACH: Final = 4
"""Calls under way to one endpoint."""
AT_ONCE: Final = 32
"""Calls under way in all."""
LEASE: Final = timedelta(minutes=2)
ROUND_SECONDS: Final = 60.0
"""After so long a round takes nothing new: another worker may take the next one."""
KEPT: Final = timedelta(days=30)
log = logging.getLogger("comptoir.webhooks")


async def send_webhooks(house: "House") -> int:
    """Work off what is due, and what becomes due meanwhile; how many deliveries were tried."""
    loop = asyncio.get_running_loop()
    ends, tried = loop.time() + ROUND_SECONDS, 0
    under_way: dict[asyncio.Task[None], UUID] = {}
    try:
        while True:
            if loop.time() < ends:
                busy: dict[UUID, int] = {}
                for endpoint in under_way.values():
                    busy[endpoint] = busy.get(endpoint, 0) + 1
                now = house.clock()
                due = await sql.claim(
                    house.pool, now, busy, now + LEASE, each=EACH, troubled=judging.TROUBLED, room=AT_ONCE - len(under_way)
                )  # fmt: skip
                tried += len(due)
                under_way |= {asyncio.create_task(work_off(house, one)): one.endpoint for one in due}
            if not under_way:
                return tried
            done, _ = await asyncio.wait(under_way, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                del under_way[task]
                task.result()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def work_off(house: "House", claimed: Claimed) -> None:
    """One try, and what comes of it."""
    answer = await ask(house, claimed)
    now = house.clock()

    async def settle(tx: Tx) -> None:
        if claimed.test:
            return await sql.tried(tx, claimed, answer)
        if answer.meaning == "taken":
            return await sql.taken(tx, claimed, answer)
        at = None
        if answer.meaning == "again":
            at = judging.next_try(answer, claimed.attempts, claimed.tries_from, now, random.random())
        failures, since = await sql.failed(tx, claimed, answer, at)
        because = judging.is_paused(answer, since, now)
        if because and await sql.pause(tx, claimed.endpoint, because):
            # Head office sees it on the page, in the audit, and whoever listens for it hears of it.
            await insert_audit(
                tx, SYSTEM, "webhook.paused", str(claimed.endpoint), changes=[["state", "active", because]]
            )
            tx.tell(Event("webhook.paused", claimed.endpoint, {"because": because}))
        elif rest := judging.rest_of(answer, failures):
            await sql.rest(tx, claimed.endpoint, now + rest)
        return None

    await in_transaction(house.pool, SYSTEM.who, now, settle)


async def ask(house: "House", claimed: Claimed) -> Answer:
    """The endpoint's answer to the signed body."""
    body, number = claimed.body.encode(), claimed.secret_number
    numbers = (number, number - 1) if claimed.both else (number,)
    secrets = [signing.secret_of(house.seal, claimed.endpoint, one) for one in numbers]
    headers = signing.headers(secrets, signing.message_id(claimed.id), int(house.clock().timestamp()), body)
    return await house.webhooks.send(claimed.url, headers, body)


async def sweep(house: "House") -> None:
    """Give up what waited too long, forget what is long settled."""
    now = house.clock()
    await sql.give_up_old(house.pool, now - judging.KEPT_TRYING, now)
    await sql.forget(house.pool, now - KEPT)
