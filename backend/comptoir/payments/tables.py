"""Tables of payments by reference, and what is intended with them. Made by the migrations, compared by a test."""

from typing import Any

from piccolo.columns import UUID, BigInt, Boolean, Date, ForeignKey, Integer, SmallInt, Text, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.columns.reference import LazyTableReference
from piccolo.table import Table


class Payment(Table, tablename="payment"):
    """A payment by its reference: what was authorized, captured, refunded."""

    order_id = UUID(primary_key=True, required=True)
    reference = Text(primary_key=True, required=True)
    provider = Text(required=True)
    state = Text(required=True)
    amount_minor = BigInt(required=True)
    captured_minor = BigInt(default=0)
    refunded_minor = BigInt(default=0)
    expires_at = Timestamptz(null=True, default=None)
    captured_at = Timestamptz(null=True, default=None)
    capture_before = Timestamptz(null=True, default=None)
    look_at = Timestamptz(null=True, default=None)
    looked_at = Timestamptz(null=True, default=None)


class PaymentIntention(Table, tablename="payment_intention"):
    """A capture, void or refund that is to be made, and by whom."""

    id = UUID(primary_key=True, required=True)
    order_id = UUID(required=True)
    kind = Text(required=True)
    amount_minor = BigInt(required=True)
    reason = Text(required=True)
    made_by = Text(required=True)
    due_at = Timestamptz(required=True)
    intended_at = Timestamptz(required=True)
    intended_who = Text(required=True)
    cause = UUID(null=True, default=None)
    state = Text(default="intended")
    begun_at = Timestamptz(null=True, default=None)
    sent_at = Timestamptz(null=True, default=None)
    settled_at = Timestamptz(null=True, default=None)


class PaymentAccount(Table, tablename="payment_account"):
    """Who moves money for us. Its keys are in the environment, by its id."""

    id = Text(primary_key=True, required=True)
    kind = Text(required=True)
    name = Text(required=True)
    channel = Text(null=True, default=None)
    provider = Text(null=True, default=None)
    active = Boolean(default=True)
    since = Timestamptz(required=True)
    refused_at = Timestamptz(null=True, default=None)
    refused_words = Text(null=True, default=None)
    version = Integer(default=1)


class PaymentPart(Table, tablename="payment_part"):
    """An intention on one payment of the order, and how far its provider is with it."""

    id = UUID(primary_key=True, required=True)
    intention: ForeignKey[Any] = ForeignKey(
        LazyTableReference("PaymentIntention", app_name="comptoir"), on_delete=OnDelete.restrict, null=False
    )
    n = SmallInt(required=True)
    order_id = UUID(required=True)
    reference = Text(required=True)
    kind = Text(required=True)
    amount_minor = BigInt(required=True)
    account = Text(null=True, default=None)
    state = Text(required=True)
    key = UUID(required=True, unique=True)
    tries = Integer(default=0)
    next_at = Timestamptz(null=True, default=None)
    called_at = Timestamptz(null=True, default=None)
    made_at = Timestamptz(required=True)
    provider_ref = Text(null=True, default=None)
    problem = Text(null=True, default=None)
    words = Text(null=True, default=None)
    sent_at = Timestamptz(null=True, default=None)
    settled_at = Timestamptz(null=True, default=None)
    settled_by = Text(null=True, default=None)


class PaymentChecked(Table, tablename="payment_checked"):
    """A day of an account that was compared with the provider's own list."""

    account = Text(primary_key=True, required=True)
    day = Date(primary_key=True, required=True)
    at = Timestamptz(required=True)
    ours = Integer(required=True)
    theirs = Integer(required=True)


class PaymentMismatch(Table, tablename="payment_mismatch"):
    """What did not agree between a provider's list and ours, until a person has looked."""

    id = UUID(primary_key=True, required=True)
    account = Text(required=True)
    day = Date(required=True)
    kind = Text(required=True)
    provider_ref = Text(required=True)
    part = UUID(null=True, default=None)
    ours_minor = BigInt(null=True, default=None)
    theirs_minor = BigInt(null=True, default=None)
    found_at = Timestamptz(required=True)
    settled_at = Timestamptz(null=True, default=None)
    settled_by = Text(null=True, default=None)
    note = Text(null=True, default=None)
    what = Text(default="refund")
    order_id = UUID(null=True, default=None)


class PayLink(Table, tablename="pay_link"):
    """A link by which somebody pays what is awaited, and how far its provider is with it."""

    id = UUID(primary_key=True, required=True)
    order_id = UUID(required=True)
    reference = Text(required=True)
    account = Text(required=True)
    amount_minor = BigInt(required=True)
    state = Text(required=True)
    url = Text(null=True, default=None)
    provider_ref = Text(null=True, default=None)
    tries = Integer(default=0)
    next_at = Timestamptz(null=True, default=None)
    made_at = Timestamptz(required=True)
    expires_at = Timestamptz(required=True)
    problem = Text(null=True, default=None)
