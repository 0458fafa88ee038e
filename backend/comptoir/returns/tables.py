"""Tables of what comes back. Made by the migrations, compared by a test."""

from typing import Any

from piccolo.columns import JSONB, UUID, BigInt, Boolean, Bytea, Date, ForeignKey, Integer, SmallInt, Text, Timestamptz
from piccolo.columns.base import OnDelete
from piccolo.columns.column_types import Char
from piccolo.columns.reference import LazyTableReference
from piccolo.table import Table


class ReturnRequest(Table, tablename="return_request"):
    """A notice of withdrawal; `reply_to` is personal and erased with the customer."""

    id = UUID(primary_key=True, required=True)
    order_id = UUID(required=True)
    kind = Text(required=True)
    state = Text(default="noticed")
    lines = JSONB(required=True)
    noticed_at = Timestamptz(required=True)
    legal_until = Date(null=True, default=None)
    who = Text(required=True)
    reply_to = Text(null=True, default=None)


class Rma(Table, tablename="rma"):
    """A return: what a customer brings or sends back. `by_permission` are the words of whoever allowed what the rules do not, `permit_reason` the reason that was chosen."""

    id = UUID(primary_key=True, required=True)
    number = Text(required=True, unique=True)
    order_id = UUID(null=True, default=None)
    origin = Text(required=True)
    status = Text(required=True)
    wish = Text(default="refund")
    method = Text(null=True, default=None)
    location = Text(null=True, default=None)
    notice = UUID(null=True, default=None)
    gift = Boolean(default=False)
    policy = Integer(default=0)
    opened_at = Timestamptz(required=True)
    opened_who = Text(required=True)
    received_at = Timestamptz(null=True, default=None)
    inspected_at = Timestamptz(null=True, default=None)
    settled_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    by_permission = Text(null=True, default=None)
    permitted_who = Text(null=True, default=None)
    permit_reason = Text(null=True, default=None)
    person = Bytea(null=True, default=None)
    hand_over = UUID(null=True, default=None)


class RmaUnit(Table, tablename="rma_unit"):
    """One unit of a return: where it is, how it is, what becomes of it, and what the customer had paid for it.

    `nth`: which unit of its need, counted from the end; no two live ones are the same. `left_why`, `proof`: of one that left.
    `wish`: what is given for it; `absent`: what was not with it, as worded and priced when it was looked at, `kept_minor` what that costs.
    """

    rma = UUID(primary_key=True, required=True)
    n = SmallInt(primary_key=True, required=True)
    order_id = UUID(null=True, default=None)
    line = SmallInt(null=True, default=None)
    part = SmallInt(null=True, default=None)
    nth = Integer(null=True, default=None)
    sku = Text(required=True)
    state = Text(required=True)
    reason = Text(required=True)
    condition = Text(null=True, default=None)
    disposition = Text(null=True, default=None)
    serial = Text(null=True, default=None)
    lacks = Text(null=True, default=None)
    photo = UUID(null=True, default=None)
    note = Text(null=True, default=None)
    location = Text(null=True, default=None)
    here_at = Timestamptz(null=True, default=None)
    placed_at = Timestamptz(null=True, default=None)
    placed_who = Text(null=True, default=None)
    paid_minor = BigInt(default=0)
    refund_minor = BigInt(default=0)
    less_why = Text(null=True, default=None)
    left_why = Text(null=True, default=None)
    proof = Text(null=True, default=None)
    wish = Text(null=True, default=None)
    absent = JSONB(default="[]")
    kept_minor = BigInt(default=0)


class RefundLine(Table, tablename="refund_line"):
    """Money given back for units of an order's line, by its cause; line 0 is the delivery."""

    order_id = UUID(primary_key=True, required=True)
    cause = UUID(primary_key=True, required=True)
    line = SmallInt(primary_key=True, required=True)
    units = Integer(required=True)
    amount_minor = BigInt(required=True)
    at = Timestamptz(required=True)


class ReturnDraft(Table, tablename="return_draft"):
    """A return that its customer is still choosing, under the id that it will have; `lines` and `way` as in `returns.drafting`."""

    id = UUID(primary_key=True, required=True)
    order_id = UUID(required=True)
    notice = UUID(null=True, default=None)
    lines = JSONB(default="[]")
    way = JSONB(null=True, default=None)
    changed_at = Timestamptz(required=True)


class ReturnPhoto(Table, tablename="return_photo"):
    """A picture of an article on its way back, drawn anew and small; erased with the customer."""

    id = UUID(primary_key=True, required=True)
    rma = UUID(required=True)
    order_id = UUID(required=True)
    line = SmallInt(required=True)
    bytes = Bytea(required=True)
    width = Integer(required=True)
    height = Integer(required=True)
    made_at = Timestamptz(required=True)


class StoreCredit(Table, tablename="store_credit"):
    """Money owed as credit for a return. The code is derived and only its digest kept; it does not expire (Civil 2224)."""

    id = UUID(primary_key=True, required=True)
    rma = UUID(required=True, unique=True)
    order_id = UUID(null=True, default=None)
    code_hash = Bytea(required=True, unique=True)
    currency = Char(length=3, required=True)
    amount_minor = BigInt(required=True)
    left_minor = BigInt(required=True)
    issued_at = Timestamptz(required=True)
    issued_who = Text(required=True)


class CreditUse(Table, tablename="credit_use"):
    """What a sale took off a credit under its reference, below zero what was given back; `order_id` where the sale is an order of ours."""

    id = UUID(primary_key=True, required=True)
    credit: ForeignKey[Any] = ForeignKey(
        LazyTableReference("StoreCredit", app_name="comptoir"), on_delete=OnDelete.restrict, null=False
    )
    reference = Text(required=True)
    order_id = UUID(null=True, default=None)
    amount_minor = BigInt(required=True)
    at = Timestamptz(required=True)
    who = Text(required=True)


class AccessoryRow(Table, tablename="accessory"):
    """What belongs to an article besides itself: said of a SKU or of a category; `keep_minor` is kept back when it is missing."""

    kind = Text(primary_key=True, required=True)
    key = Text(primary_key=True, required=True)
    code = Text(primary_key=True, required=True)
    fr = Text(required=True)
    en = Text(required=True)
    keep_minor = Integer(default=0)
    place = SmallInt(default=0)
    used = Boolean(default=True)
    changed_at = Timestamptz(required=True)
    changed_who = Text(required=True)
