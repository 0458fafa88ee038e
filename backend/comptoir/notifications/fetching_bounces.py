"""Fetches bounces from their mailbox, as a job of the worker and by command: read, kept in the ledger, and only then marked as read."""

import asyncio
import logging
from typing import TYPE_CHECKING, Final

import msgspec

from comptoir.kit.errors import Invalid
from comptoir.notifications import sending_sql
from comptoir.notifications.bouncing import LARGEST, Bounce, read_report
from comptoir.notifications.providers.imap import Fault, Mailbox, MailFolder

if TYPE_CHECKING:
    from comptoir.house import House

AT_ONCE: Final = 20
"""Letters of one visit; the next one comes a minute later."""
log = logging.getLogger("comptoir.bounces")


class Visit(msgspec.Struct, frozen=True):
    """How many reports were kept, and how many letters wait for a person, flagged. `away`: the mailbox could not be read."""

    kept: int = 0
    flagged: int = 0
    away: str = ""


async def fetch_bounces(house: "House") -> int:
    """The worker's job; how many reports were kept. Nothing happens where no mailbox is named."""
    visit = await visit_mailbox(house)
    if visit.away:
        log.warning("the mailbox of bounces could not be read: %s", visit.away)
    return visit.kept


async def visit_mailbox(house: "House") -> Visit:
    """One visit. Cut short at any point, the next one finds what was not marked, and keeping twice changes nothing."""
    if not house.settings.bounce_imap:
        return Visit()
    box = Mailbox(MailFolder.read(house.settings.bounce_imap))
    read: list[str] = []
    flagged: list[str] = []
    try:
        for uid, raw in await asyncio.to_thread(box.fetch, AT_ONCE, LARGEST):
            try:
                await keep(house, read_report(raw, house.seal))
                read.append(uid)
            except Invalid:
                flagged.append(uid)
        await asyncio.to_thread(box.settle, read, flagged)
    except Fault as why:
        return Visit(len(read), len(flagged), type(why).__name__)
    finally:
        await asyncio.to_thread(box.close)
    return Visit(len(read), len(flagged))


async def keep(house: "House", bounce: Bounce) -> None:
    """What the report says, in the ledger; the message goes on to its next medium, or turns red."""
    if bounce.receipt is not None:
        await sending_sql.keep_mail_receipt(
            house.pool, bounce.message, bounce.n, bounce.receipt, bounce.code, house.clock()
        )
