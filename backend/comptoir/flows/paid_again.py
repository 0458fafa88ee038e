"""What was authorized once is gone, and the customer pays at the till: the old authorization is let go, a link to pay again is closed, the goods may leave."""

from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.flows.record_payment import PaymentRecorded, RecordPaymentFlow
from comptoir.flows.unpaid import unpaid_minor
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict
from comptoir.kit.words import Code
from comptoir.orders import sql as orders_sql
from comptoir.payments import link_sql
from comptoir.payments import sql as payments_sql
from comptoir.payments.recording import RecordPayment


class PaidAtTill(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The till took what was not paid any more, under this receipt."""

    id: UUID
    order: UUID
    till: Code


class PaidAgainFlow:
    """Needs what records a payment."""

    def __init__(self, record: RecordPaymentFlow) -> None:
        self.record = record

    async def __call__(self, tx: Tx, command: PaidAtTill, actor: Actor, now: datetime) -> PaymentRecorded:
        """NotFound `order_not_found`; Conflict `nothing_awaited` where everything is paid."""
        actor.needs("associate", "store_manager", "head_office", "integrator", "system")
        await orders_sql.lock(tx, command.order, actor.locations)
        due = await unpaid_minor(tx.connection, command.order, now)
        if not due:
            raise Conflict("nothing_awaited")
        await payments_sql.let_go_ended(tx, command.order, now)
        await payments_sql.void_pending(tx, command.order)
        await link_sql.close_of(tx, command.order)
        told = RecordPayment(command.id, command.order, command.till, "captured", due, "till")
        return await self.record(tx, told, actor, now)
