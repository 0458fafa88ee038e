"""What goes into a parcel, when it is closed, and where the work stands by its parcels. Pure and total for what hands report.

A unit that lies in a box was picked, whatever was scanned before; what the work does not need is for the shelf again.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from comptoir.shipping.model import Parcel, State, Step

Standing = Literal["picked", "packed", "labeled"]


class PutIn(msgspec.Struct, frozen=True):
    """`from_picked` and `from_shelf` units go into the parcel (the latter were never scanned while picking), `surplus` do not."""

    from_picked: int
    from_shelf: int
    surplus: int
    problem: str | None = None

    @property
    def units(self) -> int:
        return self.from_picked + self.from_shelf


def put_in(parcel: Parcel | None, picked: int, reserved: int, units: int) -> PutIn:
    """`units` of a line with so many picked and reserved were put into a parcel; None: the parcel begins with them.

    A parcel that is closed already holds them too, and its weight has to be looked at again; one that has left does not.
    One that was emptied begins again.
    """
    if parcel is not None and parcel.state == State.HANDED_TO_CARRIER:
        return PutIn(0, 0, 0, "parcel_gone")
    from_picked = min(units, picked)
    from_shelf = min(units - from_picked, reserved)
    surplus = units - from_picked - from_shelf
    late = parcel is not None and parcel.state in (State.PACKED, State.LABELED) and surplus < units
    problem = "more_than_needed" if surplus else "parcel_closed" if late else None
    return PutIn(from_picked, from_shelf, surplus, problem)


def close(parcel: Parcel | None) -> State | None:
    """The parcel's state once it is closed; None when that changes nothing (it is closed already, or holds nothing)."""
    if parcel is None or not parcel.lines or not parcel.allows(Step.CLOSE):
        return None
    return parcel.after(Step.CLOSE)


def standing(left: int, parcels: Sequence[Parcel]) -> Standing:
    """Where ship work stands: `left` units are still to find or to pack. Canceled parcels count for nothing."""
    here = [parcel for parcel in parcels if parcel.state != State.CANCELED]
    if left or not here or any(parcel.state == State.OPEN for parcel in here):
        return "picked"
    return "packed" if any(parcel.state == State.PACKED for parcel in here) else "labeled"


def take_out(parcels: Sequence[Parcel], line: int, units: int) -> list[tuple[Parcel, int]]:
    """Which parcels `units` of a line are taken out of when they are not wanted any more: open ones first, labeled ones never."""
    found = []
    for parcel in sorted(parcels, key=lambda one: (one.state != State.OPEN, -one.number)):
        some = min(units, parcel.holds(line)) if parcel.state in (State.OPEN, State.PACKED) else 0
        if some:
            found.append((parcel, some))
            units -= some
    return found
