"""Money was authorized or captured elsewhere. When it covers what is due, the order goes on; what is too much goes back."""

from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.flows.given_lines import shares_of
from comptoir.flows.release_hold import ReleaseHoldFlow
from comptoir.flows.use_credit import CREDIT, take_for_order
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import NotFound
from comptoir.orders import sql
from comptoir.orders.model import Progress
from comptoir.payments import recording
from comptoir.payments import sql as payments_sql
from comptoir.payments.recording import RecordPayment


class PaymentRecorded(msgspec.Struct, frozen=True):
    """The payment's state, what all payments come to, what still holds the order, the works it was given if nothing does.

    `back` is the kind of what is intended to be given back (refund or void), null when nothing is.
    """

    order: UUID
    reference: str
    state: str
    paid_minor: int
    progress: Progress
    held: tuple[str, ...]
    works: tuple[UUID, ...]
    back: str | None = None
    back_minor: int = 0


class RecordPaymentFlow:
    """Needs the release of holds, which gives an order's work to the stores."""

    def __init__(self, release: ReleaseHoldFlow) -> None:
        self.release = release

    async def __call__(self, tx: Tx, command: RecordPayment, actor: Actor, now: datetime) -> PaymentRecorded:
        """A fact told by whoever took the money: an order that was canceled meanwhile gets it back.

        NotFound `order_not_found`; Invalid as in `recording.record`.
        """
        return await self._take(tx, command, actor, now, fact=False)

    async def fact(self, tx: Tx, command: RecordPayment, actor: Actor, now: datetime) -> PaymentRecorded:
        """A provider has the money, and says so: what is more than the order costs goes back."""
        return await self._take(tx, command, actor, now, fact=True)

    async def _take(
        self, tx: Tx, command: RecordPayment, actor: Actor, now: datetime, *, fact: bool
    ) -> PaymentRecorded:
        order = await sql.lock(tx, command.order, actor.locations)
        if not await reaches(tx, command.order, actor):
            raise NotFound("order_not_found")
        needs = await sql.requirements(tx, command.order)
        canceled = order["progress"] == Progress.CANCELED.value
        shares = await shares_of(tx, command.order)
        worth = sum(shares[need["line"], need["part"]] * need["canceled"] // need["quantity"] for need in needs)
        told = recording.record(
            await payments_sql.lock_payments(tx, command.order), command, total_minor=order["total_minor"],
            canceled_minor=order["total_minor"] if canceled else worth,
            given_minor=await payments_sql.given(tx, command.order), fact=fact,
        )  # fmt: skip
        payment = told.payment
        if told.changed and payment.provider == CREDIT:
            await take_for_order(
                tx, command.order, payment.reference, command.state, payment.amount_minor, order["currency"].strip()
            )
        if told.changed:
            await payments_sql.keep(tx, command.order, payment)
            tx.tell(
                Event("payment.told", command.order, {"state": payment.state, "amount_minor": payment.amount_minor})
            )
        held = tuple(await sql.open_holds(tx, command.order))
        works: tuple[UUID, ...] = ()
        progress = Progress(order["progress"])
        if told.covered and not canceled:
            await payments_sql.void_pending(tx, command.order)
            if "payment" in held:
                await sql.release_hold(tx, command.order, "payment", actor.who, "paid", now)
                gone_on = await self.release.go_on(tx, command.order, now)
                held, works, progress = gone_on.held, gone_on.works, gone_on.progress
        back = None
        if told.back_minor:
            reason = "paid_after_cancel"
            back = await payments_sql.refund_or_void(tx, command.order, told.back_minor, reason, command.id, now)
        return PaymentRecorded(
            command.order, payment.reference, payment.state, told.paid_minor, progress, held, works, back,
            told.back_minor if back else 0,
        )  # fmt: skip


async def reaches(tx: Tx, order: UUID, actor: Actor) -> bool:
    """Whether one of the order's places is the actor's."""
    if actor.locations is None:
        return True
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM work WHERE order_id = $1 AND location = ANY($2))"
            " OR EXISTS (SELECT FROM order_line WHERE order_id = $1 AND location = ANY($2))",
            order, list(actor.locations),
        )
    )  # fmt: skip
