"""Asks carriers for their own hand-over slip of a manifest that was closed; ours is ready meanwhile and always does."""

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from comptoir.carriers.model import AccountRefused, Busy, Manifest, ManifestAnswer, NotOffered, Refused
from comptoir.carriers.model import Unknown as InDoubt
from comptoir.shipping import manifest_sql

if TYPE_CHECKING:
    from comptoir.house import House

AT_ONCE: Final = 8
CALL_SECONDS: Final = 30.0
MOST_TRIES: Final = 5
log = logging.getLogger("comptoir.slips")


async def ask_slips(house: "House") -> int:
    """One round; how many carriers were asked. A slip is a paper about parcels that exist: asking again makes no parcel."""
    wanted = await manifest_sql.claim_slips(house.pool, house.clock(), AT_ONCE)
    await asyncio.gather(*(_ask(house, one) for one in wanted))
    return len(wanted)


async def _ask(house: "House", one: manifest_sql.WantedSlip) -> None:
    carrier = await house.carriers.of(one.account)
    answer: ManifestAnswer = NotOffered()
    if carrier is not None and carrier.capabilities.manifest:
        try:
            answer = await asyncio.wait_for(carrier.manifest(one.numbers), CALL_SECONDS)
        except Exception as fault:  # whatever an adapter raises counts as unknown
            log.error("%s made no slip: %s", carrier.name, type(fault).__name__)
            answer = InDoubt("fault")
    pool = house.pool
    match answer:
        case Manifest(number, document):
            await manifest_sql.keep_slip(pool, one.id, "made", number, document.content)
        case NotOffered():
            await manifest_sql.keep_slip(pool, one.id, "none")
        case Busy(code, wait) if one.tries < MOST_TRIES:
            await manifest_sql.slip_later(pool, one.id, house.clock() + timedelta(seconds=max(wait, 20.0)), code)
        case Busy(code) | AccountRefused(code):
            await manifest_sql.keep_slip(pool, one.id, "refused", code=code)
        case Refused(reasons):
            await manifest_sql.keep_slip(pool, one.id, "refused", code=reasons[0].code if reasons else "")
        case InDoubt(code):
            await manifest_sql.keep_slip(pool, one.id, "unknown", code=code)
