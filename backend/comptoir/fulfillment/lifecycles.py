"""The journeys of work: which step may follow which. The tables answer rules, buttons, the API and the drawings."""

from enum import StrEnum

from comptoir.kit.lifecycle import Lifecycle


class Status(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    PICKING = "picking"
    PICKED = "picked"
    STAGED = "staged"
    PACKED = "packed"
    LABELED = "labeled"
    HANDED_TO_CARRIER = "handed_to_carrier"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    DELIVERY_FAILED = "delivery_failed"
    RETURNED_TO_SENDER = "returned_to_sender"
    HANDED_OVER = "handed_over"
    REJECTED = "rejected"
    CANCELED = "canceled"
    EXPIRED = "expired"
    CLOSED = "closed"


class Action(StrEnum):
    ACCEPT = "accept"
    REJECT = "reject"
    START_PICK = "start_pick"
    RELEASE = "release"
    FINISH_PICK = "finish_pick"
    RESUME_PICK = "resume_pick"
    STAGE = "stage"
    UNSTAGE = "unstage"
    HAND_OVER = "hand_over"
    UNDO_HAND_OVER = "undo_hand_over"
    CANCEL = "cancel"
    EXPIRE = "expire"
    EXTEND = "extend"
    PACK = "pack"
    UNPACK = "unpack"
    LABEL = "label"
    VOID_LABEL = "void_label"
    GIVE_TO_CARRIER = "give_to_carrier"
    TAKE_FROM_CARRIER = "take_from_carrier"
    TRACK_IN_TRANSIT = "track_in_transit"
    TRACK_DELIVERED = "track_delivered"
    TRACK_FAILED = "track_failed"
    TRACK_RETURNED = "track_returned"
    CLOSE = "close"
    SEND = "send"
    ARRIVE = "arrive"


S, A = Status, Action

_SHELF = {
    (S.OPEN, A.ACCEPT): S.ACCEPTED,
    (S.OPEN, A.START_PICK): S.PICKING,
    (S.ACCEPTED, A.START_PICK): S.PICKING,
    (S.PICKING, A.START_PICK): S.PICKING,
    (S.OPEN, A.REJECT): S.REJECTED,
    (S.ACCEPTED, A.REJECT): S.REJECTED,
    (S.PICKING, A.RELEASE): S.ACCEPTED,
    (S.PICKING, A.FINISH_PICK): S.PICKED,
    (S.PICKED, A.RESUME_PICK): S.PICKING,
    # A missing article was found after all.
    (S.CLOSED, A.RESUME_PICK): S.PICKING,
    (S.OPEN, A.CANCEL): S.CANCELED,
    (S.ACCEPTED, A.CANCEL): S.CANCELED,
    (S.PICKING, A.CANCEL): S.CANCELED,
    (S.PICKED, A.CANCEL): S.CANCELED,
}

PICKUP: Lifecycle[Status, Action] = Lifecycle(
    "pickup",
    _SHELF
    | {
        (S.PICKED, A.STAGE): S.STAGED,
        (S.PICKING, A.STAGE): S.STAGED,
        (S.STAGED, A.STAGE): S.STAGED,
        (S.STAGED, A.RESUME_PICK): S.PICKING,
        (S.STAGED, A.UNSTAGE): S.PICKED,
        (S.STAGED, A.HAND_OVER): S.HANDED_OVER,
        (S.STAGED, A.CANCEL): S.CANCELED,
        (S.STAGED, A.EXTEND): S.STAGED,
        (S.STAGED, A.EXPIRE): S.EXPIRED,
        (S.HANDED_OVER, A.UNDO_HAND_OVER): S.STAGED,
        (S.HANDED_OVER, A.CLOSE): S.CLOSED,
        (S.EXPIRED, A.CLOSE): S.CLOSED,
    },
)

SHIP: Lifecycle[Status, Action] = Lifecycle(
    "ship",
    _SHELF
    | {
        (S.PICKED, A.PACK): S.PACKED,
        (S.PACKED, A.UNPACK): S.PICKED,
        (S.PACKED, A.LABEL): S.LABELED,
        (S.PACKED, A.CANCEL): S.CANCELED,
        (S.LABELED, A.VOID_LABEL): S.PACKED,
        (S.LABELED, A.GIVE_TO_CARRIER): S.HANDED_TO_CARRIER,
        # The two minutes in which a hand-over is taken back.
        (S.HANDED_TO_CARRIER, A.TAKE_FROM_CARRIER): S.LABELED,
        (S.HANDED_TO_CARRIER, A.TRACK_IN_TRANSIT): S.IN_TRANSIT,
        (S.IN_TRANSIT, A.TRACK_DELIVERED): S.DELIVERED,
        (S.IN_TRANSIT, A.TRACK_FAILED): S.DELIVERY_FAILED,
        (S.DELIVERY_FAILED, A.TRACK_IN_TRANSIT): S.IN_TRANSIT,
        (S.DELIVERY_FAILED, A.TRACK_DELIVERED): S.DELIVERED,
        (S.DELIVERY_FAILED, A.TRACK_RETURNED): S.RETURNED_TO_SENDER,
        (S.IN_TRANSIT, A.TRACK_RETURNED): S.RETURNED_TO_SENDER,
        (S.DELIVERED, A.CLOSE): S.CLOSED,
        (S.RETURNED_TO_SENDER, A.CLOSE): S.CLOSED,
    },
)

CARRY: Lifecycle[Status, Action] = Lifecycle(
    "carry",
    _SHELF
    | {
        (S.PICKED, A.SEND): S.IN_TRANSIT,
        (S.IN_TRANSIT, A.CANCEL): S.CANCELED,
        (S.IN_TRANSIT, A.ARRIVE): S.CLOSED,
    },
)
"""Work whose goods go to the customer's own store by transfer; what arrives there is pickup work of that store."""

LIFECYCLES = {"pickup": PICKUP, "ship": SHIP, "transfer": CARRY}

TO_PICK = (S.OPEN, S.ACCEPTED, S.PICKING)
LIVE = (S.OPEN, S.ACCEPTED, S.PICKING, S.PICKED, S.STAGED, S.PACKED, S.LABELED)
