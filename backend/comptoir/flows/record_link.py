"""What a provider said of a link to pay: it is there, it was paid, or it is over. What was paid goes on; what came too late goes back."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from comptoir.flows.record_payment import RecordPaymentFlow
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.payments import link_sql as sql
from comptoir.payments import links
from comptoir.payments.links import PAY_LINK, RecordLink
from comptoir.payments.recording import RecordPayment

TELL_AFTER: Final = timedelta(minutes=1)


class LinkRecorded(msgspec.Struct, frozen=True):
    """How the link stands."""

    state: str


class RecordLinkFlow:
    """Needs what records a payment, which releases the order."""

    def __init__(self, record: RecordPaymentFlow) -> None:
        self.record = record

    async def __call__(self, tx: Tx, command: RecordLink, actor: Actor, now: datetime) -> LinkRecorded:
        """An answer of a claim that others have taken over since is not counted, unless it says that somebody paid."""
        link = await sql.lock(tx, command.link)
        if link is None or link.state in ("paid", "closed", "failed"):
            return LinkRecorded(link.state if link else "closed")
        if link.tries != command.tries and command.said.word != "Paid":
            return LinkRecorded(link.state)
        after = links.settle(link, command.said, now)
        await sql.keep(tx, link.id, after)
        if after.state == "paid":
            told = RecordPayment(
                command.id, link.order_id, command.said.payment, "captured", command.said.amount_minor, PAY_LINK
            )
            await self.record.fact(tx, told, actor, now)
        elif link.state == "due" and after.state == "open":
            await self._tell(tx, link.order_id)
        elif after.state == "closed":
            due = await tx.value(_STILL, link.order_id, link.reference)
            if due:
                await sql.wish_again(tx, link.order_id, link.reference, int(due))
        return LinkRecorded(after.state)

    async def _tell(self, tx: Tx, order: UUID) -> None:
        """The customer is written to, once: most have paid by then, on the screen that shows the code, and hear nothing."""
        if not await tx.value("SELECT true FROM event WHERE stream = $1 AND kind = 'order.payment_due' LIMIT 1", order):
            tx.tell(Event("order.payment_due", order, due_at=tx.now + TELL_AFTER))


_STILL: Final = (
    "SELECT p.amount_minor FROM payment p JOIN order_hold h ON h.order_id = p.order_id AND h.reason = 'payment' AND h.released_at IS NULL"
    " WHERE p.order_id = $1 AND p.reference = $2 AND p.state = 'pending'"
)
