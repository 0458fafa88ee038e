"""Tables of payments by reference, and what is intended with them. Made by the migrations, compared by a test."""

from piccolo.columns import UUID, BigInt, Text, Timestamptz
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
