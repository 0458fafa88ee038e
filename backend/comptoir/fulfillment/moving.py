"""May work go to another store, and which of its units? Pure."""

from comptoir.fulfillment.lifecycles import Status
from comptoir.fulfillment.model import Work, WorkLine
from comptoir.kit.errors import Conflict

MOVABLE = (Status.OPEN, Status.ACCEPTED, Status.PICKING, Status.PICKED)


def move(work: Work, location: str) -> list[tuple[WorkLine, int]]:
    """The lines that are still wanted of it, each with its units.

    Conflict `customers_store`: an order to be collected stays where the customer said. Conflict `not_movable`: it is over,
    packed already, or at that store anyway.
    """
    if work.kind != "ship":
        raise Conflict("customers_store", order_number=work.order_number)
    lines = [(line, line.reserved + line.picked) for line in work.lines if line.reserved + line.picked]
    if work.status not in MOVABLE or location == work.location or not lines or work.total("staged"):
        raise Conflict("not_movable", order_number=work.order_number)
    return lines
