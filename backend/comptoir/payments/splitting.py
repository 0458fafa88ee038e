"""On which payments of an order an intention is carried out. Pure: figures in, parts out; parts sum to the amount, or to what there is.

A refund goes to the newest capture first; a capture takes from the oldest authorization; a void lets whole authorizations go, and
only when nothing of them is wanted any more: less than that is let go by capturing less.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from comptoir.payments.model import Kind


class Held(msgspec.Struct, frozen=True):
    """A payment with what is free on it: authorized and neither captured nor about to be, captured and not given back yet.

    `whole`: nothing of the authorization was captured, so it can be let go.
    """

    reference: str
    provider: str
    authorized_minor: int
    captured_minor: int
    captured_at: datetime
    whole: bool = True


class Share(msgspec.Struct, frozen=True):
    """What of an intention one payment bears."""

    reference: str
    provider: str
    amount_minor: int


def split(kind: Kind, amount_minor: int, payments: Sequence[Held]) -> list[Share]:
    """The parts of an intention, each above zero; fewer than the amount where no more is there."""
    if kind == "refund":
        order = sorted(payments, key=lambda one: (one.captured_at, one.reference), reverse=True)
        free = [(one, one.captured_minor) for one in order]
    else:
        order = sorted(payments, key=lambda one: (one.captured_at, one.reference))
        free = [(one, one.authorized_minor) for one in order if one.whole or kind == "capture"]
    shares, left = [], amount_minor
    for payment, most in free:
        taken = min(left, most)
        if taken > 0:
            shares.append(Share(payment.reference, payment.provider, taken))
            left -= taken
    return shares
