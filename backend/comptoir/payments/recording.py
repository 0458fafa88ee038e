"""What a channel tells of an order's money, and what follows. Pure: figures in, figures out.

    due = the order's total - what was canceled of it;   paid = all that is authorized or captured

Money that came for units nobody wants any more is given back: paid - due - what is already intended to be given.
"""

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from comptoir.kit.errors import Invalid
from comptoir.kit.words import Code

Told = Literal["authorized", "captured"]
PAID = ("authorized", "captured", "part_refunded", "refunded")
OVER = ("voided", "failed")


class RecordPayment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A channel or a provider tells how far a payment is; `amount_minor` is all of it so far, not what was added."""

    id: UUID
    order: UUID
    reference: Code
    state: Told
    amount_minor: Annotated[int, msgspec.Meta(ge=1, le=10**12)]
    provider: Code | None = None


class Payment(msgspec.Struct, frozen=True):
    """One payment of an order as it is kept. `amount_minor` is what is expected, authorized or captured at most."""

    reference: str
    provider: str
    state: str
    amount_minor: int
    captured_minor: int


class Recorded(msgspec.Struct, frozen=True):
    """The payment as it is now; what all payments come to; whether they cover what is due; what is to be given back."""

    payment: Payment
    paid_minor: int
    covered: bool
    back_minor: int
    changed: bool


def record(
    payments: list[Payment],
    told: RecordPayment,
    *,
    total_minor: int,
    canceled_minor: int,
    given_minor: int,
    fact: bool = False,
) -> Recorded:
    """Take what was told. Late and repeated words change nothing: captured never becomes authorized again.

    Invalid `more_than_expected` above the payment's own amount, `more_than_total` when all payments would exceed the
    order, `payment_over` when it was voided or failed. `fact`: a provider has the money, so nothing is refused for being too much.
    """
    known = next((payment for payment in payments if payment.reference == told.reference), None)
    if known is not None and known.state in OVER:
        raise Invalid("payment_over", reference=told.reference)
    if known is not None and told.amount_minor > known.amount_minor:
        raise Invalid("more_than_expected", expected_minor=known.amount_minor, amount_minor=told.amount_minor)
    after = _after(known, told)
    others = sum(paid_of(payment) for payment in payments if payment.reference != told.reference)
    paid = others + paid_of(after)
    if paid > total_minor and not fact:
        raise Invalid("more_than_total", total_minor=total_minor, amount_minor=told.amount_minor)
    due = total_minor - canceled_minor
    return Recorded(after, paid, paid >= due, max(0, paid - due - given_minor), after != known)


def paid_of(payment: Payment) -> int:
    """What one payment counts for."""
    return payment.amount_minor if payment.state in PAID else 0


def _after(known: Payment | None, told: RecordPayment) -> Payment:
    if known is None:
        captured = told.amount_minor if told.state == "captured" else 0
        return Payment(told.reference, told.provider or "unknown", told.state, told.amount_minor, captured)
    if known.state in ("part_refunded", "refunded") or (known.state == "captured" and told.state == "authorized"):
        return known
    if told.state == "captured":
        captured = max(known.captured_minor, told.amount_minor)
        return Payment(known.reference, told.provider or known.provider, "captured", captured, captured)
    return Payment(known.reference, told.provider or known.provider, "authorized", told.amount_minor, 0)
