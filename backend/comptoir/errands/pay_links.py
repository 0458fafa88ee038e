"""Links to pay are made, looked at and closed: on file before the call, what came of it after. The provider's key is the link's own id."""

import asyncio
import logging
from typing import TYPE_CHECKING, Final
from uuid import uuid5

from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import borrowed, in_transaction
from comptoir.payments import link_sql as sql
from comptoir.payments.executing import CALL_SECONDS
from comptoir.payments.links import AskLink, LinkMade, LinkSaid, LinkStands, MakesLinks, PayLink, RecordLink
from comptoir.payments.model import Again, InDoubt, NotMine

if TYPE_CHECKING:
    from comptoir.house import House

AT_ONCE: Final = 4

log = logging.getLogger("comptoir.money")


async def tend_links(house: "House") -> int:
    """One round; how many links were asked about."""
    links = await in_transaction(house.pool, SYSTEM.who, house.clock(), lambda tx: sql.claim(tx, AT_ONCE))
    for fault in await asyncio.gather(*(tend(house, link) for link in links), return_exceptions=True):
        if fault is not None:
            raise fault
    return len(links)


async def tend(house: "House", link: PayLink) -> None:
    """One link: make it, look at it or close it, and keep the answer."""
    answer = await _answer(house, link)
    log.info("link %s: %s", link.id, type(answer).__name__)
    told = RecordLink(uuid5(link.id, f"answer {link.tries}"), link.id, link.tries, LinkSaid.of(answer))
    await house.runner.perform(told, SYSTEM)


async def _answer(house: "House", link: PayLink) -> LinkMade | LinkStands:
    provider = await house.payments.of(link.account)
    if provider is None:
        return Again("no_keys", 60.0)
    if not isinstance(provider, MakesLinks):
        return NotMine()
    try:
        async with asyncio.timeout(CALL_SECONDS):
            if link.state == "due":
                return await provider.make_link(await _ask(house, link))
            reference = link.provider_ref or ""
            return await (
                provider.close_link(reference) if link.state == "closing" else provider.look_at_link(reference)
            )
    except Exception as fault:
        # The same key gives the same link: whatever became of the request, it may be asked again.
        log.error("link %s: %s", link.id, type(fault).__name__)
        return InDoubt("fault") if link.state == "due" else Again("fault")


async def _ask(house: "House", link: PayLink) -> AskLink:
    async with borrowed(house.pool) as connection:
        about = await sql.ask_facts(connection, link.order_id)
    return AskLink(
        key=link.id, amount_minor=link.amount_minor, currency=about["currency"], number=about["number"], expires_at=link.expires_at,
        back=house.settings.url + "/paid", language=about["language"],
    )  # fmt: skip
