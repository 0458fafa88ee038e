"""What a provider's own word of a payment means for ours. Pure: figures in, what is to be written out.

Money that they captured and we have not on file is ours all the same, once: parts of ours that wait for as much are done by it,
and what is beyond them was captured by somebody else. While a call of ours is out, it may be that very capture: looked at later.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from comptoir.payments.executing import State
from comptoir.payments.model import AtProvider, Kind

WAITING: Final[tuple[State, ...]] = ("due", "failed", "by_hand")
LATER: Final = timedelta(minutes=1)
AGAIN: Final = timedelta(hours=12)
"""How often what is only authorized is looked at, heard of or not."""


class RecordHeard(msgspec.Struct, frozen=True):
    """A payment as its provider has it now. `whole`: it is all of the order's money there, a shop's."""

    id: UUID
    order: UUID
    reference: str
    account: str
    there: AtProvider
    whole: bool = False


class PaymentHeard(msgspec.Struct, frozen=True):
    """The payment after it was heard of; `added_minor` was captured and not on file before. `later`: a call of ours is still out."""

    order: UUID
    reference: str
    state: str
    captured_minor: int
    added_minor: int = 0
    later: bool = False


class Kept(msgspec.Struct, frozen=True):
    """A payment as it is on file."""

    state: str
    amount_minor: int
    captured_minor: int


class OwnPart(msgspec.Struct, frozen=True):
    """A capture or void of ours on it, oldest first."""

    id: UUID
    kind: Kind
    amount_minor: int
    state: State


class Heard(msgspec.Struct, frozen=True):
    """What to write: parts that are done by it, what was captured beside them, that the authorization is gone, or nothing yet."""

    settled: tuple[UUID, ...] = ()
    added_minor: int = 0
    beside_minor: int = 0
    gone: bool = False
    later: bool = False


def hear(payment: Kept, parts: Sequence[OwnPart], there: AtProvider) -> Heard:
    """Nothing is ever taken back by it: less there than here is for people (`reconciling.differs`)."""
    if payment.state not in ("authorized", "captured"):
        return Heard()
    added = max(0, min(there.captured_minor, payment.amount_minor) - payment.captured_minor)
    gone = there.gone and payment.state == "authorized" and not payment.captured_minor
    if (added or gone) and any(part.state in ("calling", "unknown") for part in parts):
        return Heard(later=True)
    settled, left = [], added
    for part in parts:
        if part.state not in WAITING:
            continue
        if part.kind == "capture" and part.amount_minor <= left:
            settled.append(part.id)
            left -= part.amount_minor
        elif part.kind == "void" and gone:
            settled.append(part.id)
    return Heard(tuple(settled), added, left, gone)
