"""The journeys of a return and of each unit of it: which step may follow which. The tables answer rules, buttons, the API and the drawings."""

from enum import StrEnum

from comptoir.kit.lifecycle import Lifecycle


class Status(StrEnum):
    """How far a return is. The money's state stands with its intentions, the goods' with the units."""

    REQUESTED = "requested"
    RECEIVED = "received"
    INSPECTED = "inspected"
    SETTLED = "settled"
    DECLINED = "declined"
    CANCELED = "canceled"


class Action(StrEnum):
    """What may be done with a return."""

    RECEIVE = "receive"
    INSPECT = "inspect"
    GIVE_BACK = "give_back"
    SETTLE = "settle"
    DECLINE = "decline"
    CANCEL = "cancel"
    PUT_AWAY = "put_away"
    LOSE = "lose"
    UNDO = "undo"


class UnitState(StrEnum):
    """Where one unit is."""

    EXPECTED = "expected"
    HERE = "here"
    PLACED = "placed"
    GONE = "gone"
    LOST = "lost"
    GIVEN_BACK = "given_back"
    MISSING = "missing"
    CANCELED = "canceled"


class Step(StrEnum):
    """What may be done with one unit."""

    INSPECT = "inspect"
    PLACE = "place"
    SEND_AWAY = "send_away"
    GIVE_BACK = "give_back"
    MISS = "miss"
    LOSE = "lose"
    FIND = "find"
    CANCEL = "cancel"
    UNDO = "undo"


S, A = Status, Action

RETURN: Lifecycle[Status, Action] = Lifecycle(
    "return",
    {
        (S.REQUESTED, A.RECEIVE): S.RECEIVED,
        # What is inspected is here, whether or not somebody said first that it came.
        (S.REQUESTED, A.INSPECT): S.RECEIVED,
        (S.REQUESTED, A.CANCEL): S.CANCELED,
        (S.REQUESTED, A.DECLINE): S.DECLINED,
        # Its carrier has lost it, and the money is given all the same.
        (S.REQUESTED, A.LOSE): S.INSPECTED,
        # A second parcel of the same return.
        (S.RECEIVED, A.RECEIVE): S.RECEIVED,
        (S.RECEIVED, A.INSPECT): S.RECEIVED,
        (S.RECEIVED, A.GIVE_BACK): S.RECEIVED,
        (S.RECEIVED, A.DECLINE): S.DECLINED,
        (S.INSPECTED, A.SETTLE): S.SETTLED,
        (S.INSPECTED, A.INSPECT): S.INSPECTED,
        (S.INSPECTED, A.GIVE_BACK): S.INSPECTED,
        (S.INSPECTED, A.DECLINE): S.DECLINED,
        # Goods find their place before or after the money does.
        (S.RECEIVED, A.PUT_AWAY): S.RECEIVED,
        (S.INSPECTED, A.PUT_AWAY): S.INSPECTED,
        (S.SETTLED, A.PUT_AWAY): S.SETTLED,
        # What was tried on at the counter goes back into the bag when its hand-over is undone.
        (S.INSPECTED, A.UNDO): S.CANCELED,
        (S.SETTLED, A.UNDO): S.CANCELED,
    },
)

U, T = UnitState, Step

UNIT: Lifecycle[UnitState, Step] = Lifecycle(
    "returned unit",
    {
        (U.EXPECTED, T.INSPECT): U.HERE,
        (U.EXPECTED, T.GIVE_BACK): U.GIVEN_BACK,
        (U.EXPECTED, T.MISS): U.MISSING,
        (U.EXPECTED, T.CANCEL): U.CANCELED,
        (U.HERE, T.INSPECT): U.HERE,
        (U.HERE, T.PLACE): U.PLACED,
        (U.HERE, T.SEND_AWAY): U.GONE,
        (U.HERE, T.GIVE_BACK): U.GIVEN_BACK,
        (U.EXPECTED, T.LOSE): U.LOST,
        (U.LOST, T.FIND): U.HERE,
        (U.HERE, T.UNDO): U.CANCELED,
        # It came after all, in another parcel.
        (U.MISSING, T.INSPECT): U.HERE,
    },
)

KEPT = (U.GIVEN_BACK, U.MISSING, U.CANCELED)
"""The customer has the unit, or nobody has it: it counts for no money and may be announced again."""

ON_ITS_OWN = (A.UNDO, A.LOSE)
"""What nobody asks for by itself: it comes with the undo of a hand-over, or with the answer to a case."""

OPEN = (S.REQUESTED, S.RECEIVED, S.INSPECTED)


def offered(status: Status) -> tuple[Action, ...]:
    """What may be asked for in this state."""
    return tuple(action for action in RETURN.actions(status) if action not in ON_ITS_OWN)
