"""A shop says again how its order stands: paid by now, or canceled, perhaps before the order itself has come."""

from datetime import datetime

import msgspec

from comptoir.flows.cancel_order import cancel_order
from comptoir.flows.release_hold import ReleaseHoldFlow
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.orders import channel_sql, sql
from comptoir.orders.following import FollowChannel, Outcome, outcome_of
from comptoir.orders.model import CancelOrder, ReleaseHold
from comptoir.payments import hearing_sql
from comptoir.payments import sql as payments_sql
from comptoir.payments.channel_sql import tell_payment


class Followed(msgspec.Struct, frozen=True):
    """What the shop's word changed here."""

    outcome: Outcome


class FollowChannelFlow:
    """A payment that has come releases the hold `payment`."""

    def __init__(self, release: ReleaseHoldFlow) -> None:
        self.release = release

    async def __call__(self, tx: Tx, said: FollowChannel, actor: Actor, now: datetime) -> Followed:
        """Follow the shop. The refusals of `cancel_order` pass: goods that have left cannot be canceled."""
        await channel_sql.take_turn(tx, said.order)
        if said.canceled:
            await channel_sql.keep_cancellation(tx, said, now)
        order = await channel_sql.lock_with_channel(tx, said.order)
        outcome = outcome_of(order, said)
        if outcome in ("waiting", "stale"):
            return Followed(outcome)
        await channel_sql.move_channel_time(tx, said.order, said.updated_at)
        if outcome == "canceled":
            await cancel_order(tx, CancelOrder(said.id, said.order, "canceled in the shop"), actor, now)
        if outcome == "paid":
            await self._paid(tx, said, actor, now)
        if outcome == "noted":
            # Some of it may have been captured in the shop: its own books say how much.
            await hearing_sql.look_at_order(tx, said.order)
        return Followed(outcome)

    async def _paid(self, tx: Tx, said: FollowChannel, actor: Actor, now: datetime) -> None:
        paid = said.payment
        assert paid is not None
        await tell_payment(
            tx, said.order, provider=paid.provider, reference=paid.reference, state=paid.state,
            amount_minor=paid.amount_minor,
        )  # fmt: skip
        if paid.state == "captured":
            # The shop has taken all of it: nothing is left for a capture of ours.
            await payments_sql.trim_captures(tx, said.order, 0)
        tx.tell(Event("payment.told", said.order, {"state": paid.state, "amount_minor": paid.amount_minor}))
        if "payment" in await sql.open_holds(tx, said.order):
            await self.release(tx, ReleaseHold(said.id, said.order, "payment", "paid in the shop"), actor, now)
