"""The journey of a transfer: which step may follow which. The table answers rules, buttons, the API and the drawing."""

from enum import StrEnum

from comptoir.kit.lifecycle import Lifecycle


class Status(StrEnum):
    """Where one transfer is. Over and short are units of its lines, not states of its own."""

    CREATED = "created"
    SHIPPED = "shipped"
    RECEIVING = "receiving"
    CLOSED = "closed"
    CANCELED = "canceled"


class Action(StrEnum):
    """What may be done with a transfer."""

    PICK = "pick"
    SHIP = "ship"
    RECEIVE = "receive"
    CLOSE = "close"
    CANCEL = "cancel"
    RESUME = "resume"


S, A = Status, Action

TRANSFER: Lifecycle[Status, Action] = Lifecycle(
    "transfer",
    {
        (S.CREATED, A.PICK): S.CREATED,
        (S.CREATED, A.SHIP): S.SHIPPED,
        (S.CREATED, A.CANCEL): S.CANCELED,
        # A customer's units that were missing at the source were found after all.
        (S.CANCELED, A.RESUME): S.CREATED,
        (S.SHIPPED, A.RECEIVE): S.RECEIVING,
        (S.RECEIVING, A.RECEIVE): S.RECEIVING,
        (S.RECEIVING, A.CLOSE): S.CLOSED,
        # Nothing of it ever came.
        (S.SHIPPED, A.CLOSE): S.CLOSED,
    },
)

TO_RECEIVE = (S.SHIPPED, S.RECEIVING)
ENDED = (Status.CLOSED, Status.CANCELED)
