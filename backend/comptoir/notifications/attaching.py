"""The papers that go with a mail: the invoices that the event behind it led to."""

import logging
from typing import TYPE_CHECKING, Final

from comptoir.flows.invoice import file_of
from comptoir.invoices import queries
from comptoir.kit.db import borrowed
from comptoir.notifications.model import Medium
from comptoir.notifications.providers.port import Attachment
from comptoir.notifications.sending_sql import DueMessage

if TYPE_CHECKING:
    from comptoir.house import House

CARRIES: Final = frozenset({"confirmed", "handed_over", "shipped"})
"""Templates of messages whose event may have made an invoice."""

log = logging.getLogger("comptoir.sending")


async def attachments_of(house: "House", message: DueMessage, medium: Medium) -> tuple[Attachment, ...]:
    """The invoices of the message's event, as they were drawn. A page that cannot be drawn never keeps a message back."""
    if medium != "email" or message.template not in CARRIES:
        return ()
    try:
        async with borrowed(house.pool) as connection:
            numbers = await queries.numbers_of(connection, message.order_id, message.seq)
        found = [await file_of(house.pool, number, house.clock()) for number in numbers]
    except Exception as fault:
        log.error("message %s goes without its invoice: %s", message.id, type(fault).__name__)
        return ()
    return tuple(Attachment(f"{file.number}.pdf", file.bytes) for file in found if file is not None)
