"""Asks providers how payments stand that somebody said something of, or that are only authorized; writes down what they say."""

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from comptoir.errands.reconcile_money import payment_of
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import in_transaction
from comptoir.kit.errors import Refusal
from comptoir.kit.ids import new_id
from comptoir.payments import hearing_sql as sql
from comptoir.payments.hearing import RecordHeard
from comptoir.payments.hearing_sql import ToLook
from comptoir.payments.model import Again, AtProvider, Which
from comptoir.payments.recording import RecordPayment, Told

if TYPE_CHECKING:
    from comptoir.house import House

AT_ONCE: Final = 4
ROUNDS: Final = 4
AWAY: Final = timedelta(minutes=10)

log = logging.getLogger("comptoir.money")


async def look_at_payments(house: "House") -> int:
    """One round; how many payments were asked about."""
    asked = 0
    for _ in range(ROUNDS):
        found = await in_transaction(house.pool, SYSTEM.who, house.clock(), lambda tx: sql.claim(tx, AT_ONCE))
        if not found:
            break
        asked += len(found)
        for fault in await asyncio.gather(*(look(house, one) for one in found), return_exceptions=True):
            if fault is not None:
                raise fault
    return asked


async def look(house: "House", one: ToLook) -> None:
    """One payment: ask, and write down what it is."""
    provider = await house.payments.of(one.account or "")
    said = None if provider is None else await payment_of(provider, Which(one.reference, one.shop_order))
    if not isinstance(said, AtProvider) or provider is None:
        again = AWAY if isinstance(said, Again) else None
        await in_transaction(
            house.pool, SYSTEM.who, house.clock(), lambda tx: sql.looked(tx, one.order_id, one.reference, again)
        )
        return
    log.info("payment of %s: %d captured there", one.order_id, said.captured_minor)
    if one.state == "pending" and (paid := said.captured_minor or said.authorized_minor):
        state: Told = "captured" if said.captured_minor else "authorized"
        try:
            await house.runner.perform(
                RecordPayment(new_id(), one.order_id, one.reference, state, paid, one.provider), SYSTEM
            )
        except Refusal as refusal:
            # More than it should be, or over by now: the comparison of the day shows it to people.
            log.warning("payment of %s: %s", one.order_id, refusal.code)
    await house.runner.perform(
        RecordHeard(new_id(), one.order_id, one.reference, one.account or "", said, provider.by_order), SYSTEM
    )
