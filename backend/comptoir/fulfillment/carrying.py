"""May a customer's work go to another store by transfer, and which of its units leave? Pure."""

from comptoir.fulfillment.lifecycles import TO_PICK, Action, Status
from comptoir.fulfillment.model import Moved, Work
from comptoir.kit.errors import Conflict

CARRIED = (*TO_PICK, Status.PICKED, Status.STAGED)


def carry(work: Work, to: str) -> tuple[Moved, ...]:
    """The units that come off the pickup shelf for it. Conflict `not_movable`: it is over, packed, or at that store anyway."""
    wanted = any(work.total(state) for state in ("reserved", "picked", "staged"))
    if work.kind == "transfer" or work.status not in CARRIED or work.location == to or not wanted:
        raise Conflict("not_movable", order_number=work.order_number)
    return unstaged(work)


def unstaged(work: Work) -> tuple[Moved, ...]:
    """What lies on the pickup shelf comes off it."""
    return tuple(Moved(line.line, "staged", "picked", line.staged) for line in work.lines if line.staged)


def send(work: Work) -> tuple[Moved, ...]:
    """Everything that was picked leaves. Conflict `still_to_pick`, `nothing_to_ship`."""
    if work.total("reserved"):
        raise Conflict("still_to_pick", order_number=work.order_number)
    if not work.allows(Action.SEND):
        raise Conflict("nothing_to_ship", order_number=work.order_number)
    return tuple(Moved(line.line, "picked", "in_transit", line.picked) for line in work.lines if line.picked)
