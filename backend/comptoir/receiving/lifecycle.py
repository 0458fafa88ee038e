"""The journey of a purchase order: which step may follow which. Goods that come after its end open it again: the world happened."""

from enum import StrEnum

from comptoir.kit.lifecycle import Lifecycle


class Status(StrEnum):
    """Where one purchase order is. Over, short and damaged are units of its lines, not states of its own."""

    OPEN = "open"
    RECEIVING = "receiving"
    CLOSED = "closed"
    CANCELED = "canceled"


class Action(StrEnum):
    """What may be done with a purchase order. `end` says that nothing more will come."""

    RECEIVE = "receive"
    END = "end"
    CANCEL = "cancel"


S, A = Status, Action

PURCHASE: Lifecycle[Status, Action] = Lifecycle(
    "purchase",
    {
        (S.OPEN, A.RECEIVE): S.RECEIVING,
        (S.OPEN, A.CANCEL): S.CANCELED,
        (S.RECEIVING, A.RECEIVE): S.RECEIVING,
        (S.RECEIVING, A.END): S.CLOSED,
        # Nothing of it ever came.
        (S.OPEN, A.END): S.CLOSED,
        (S.CLOSED, A.RECEIVE): S.RECEIVING,
        (S.CANCELED, A.RECEIVE): S.RECEIVING,
    },
)

AWAITED = (S.OPEN, S.RECEIVING)
ENDED = (Status.CLOSED, Status.CANCELED)
