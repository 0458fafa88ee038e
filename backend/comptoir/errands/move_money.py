"""Moves the money that is due: on file before the call, what came of it after; what is in doubt is looked for before anything is repeated.

A worker that dies between the two leaves a call without an answer. It becomes `unknown`, and the next round asks the provider what
became of it, by the key that its records carry.
"""

import asyncio
import logging
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

from comptoir.flows.execute_payment import begin_due, tell_stuck
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import borrowed, in_transaction
from comptoir.payments import executing_sql as sql
from comptoir.payments.commands import RecordMoney, Said
from comptoir.payments.executing import CALL_SECONDS, Part
from comptoir.payments.model import Again, InDoubt, Looked, Outcome, Provider

if TYPE_CHECKING:
    from comptoir.house import House

AT_ONCE: Final = 4
"""Asks side by side; below the pool's size, so that each finds a connection for its answer."""

ROUNDS: Final = 4

log = logging.getLogger("comptoir.money")


async def move_money(house: "House") -> int:
    """One round: what is due begins, providers are asked and looked at; how many asks that were."""
    now = house.clock()
    await in_transaction(house.pool, SYSTEM.who, now, begin_due)
    asked = 0
    for _ in range(ROUNDS):
        parts = await in_transaction(house.pool, SYSTEM.who, house.clock(), lambda tx: sql.claim(tx, AT_ONCE))
        if not parts:
            break
        asked += len(parts)
        for fault in await asyncio.gather(*(ask(house, part) for part in parts), return_exceptions=True):
            if fault is not None:
                raise fault
    await in_transaction(house.pool, SYSTEM.who, house.clock(), tell_stuck)
    return asked


async def ask(house: "House", part: Part) -> None:
    """One part: call or look, keep the answer. It is claimed on file already."""
    answer = await _answer(house, part)
    log.info("%s %s: %s", part.kind, part.id, type(answer).__name__)
    record = RecordMoney(uuid5(part.id, f"answer {part.tries}"), part.id, part.tries, Said.of(answer))
    await house.runner.perform(record, SYSTEM)


async def _answer(house: "House", part: Part) -> Outcome | Looked:
    provider = await house.payments.of(part.account or "")
    if provider is None:
        return Again("no_keys", 300.0)
    if part.state != "calling":
        return await looked_at(house, provider, part.id)
    async with borrowed(house.pool) as connection:
        wanted = await sql.read_ask(connection, part.id)
    try:
        return await asyncio.wait_for(provider.make(wanted), CALL_SECONDS)
    except Exception as fault:
        # Whatever it was, the request may have been out: nobody knows what the provider made of it.
        log.error("%s %s: %s", part.kind, part.id, type(fault).__name__)
        return InDoubt("fault")


async def looked_at(house: "House", provider: Provider, part: UUID) -> Looked:
    """What the provider has of a part; whatever goes wrong with a look is only not answered."""
    async with borrowed(house.pool) as connection:
        wanted = await sql.read_ask(connection, part)
    try:
        return await asyncio.wait_for(provider.look(wanted), CALL_SECONDS)
    except Exception as fault:
        log.error("looking at %s: %s", part, type(fault).__name__)
        return Again("fault")
