"""What may be done to an order's works now, read from the lifecycles' tables: pages show it, flows refuse the rest. Pure."""

from collections.abc import Iterable

from comptoir.fulfillment.lifecycles import LIFECYCLES, Action, Status

Standing = tuple[str, Status]
"""A work's kind (`pickup`, `ship`) and its status."""
GONE = (Status.CANCELED, Status.REJECTED)


def may_wait(works: Iterable[Standing]) -> bool:
    """May the order be held? Only while every store could still decline its work: nobody has begun."""
    left = [work for work in works if work[1] not in GONE]
    return bool(left) and all(LIFECYCLES[kind].allows(Action.REJECT, status) for kind, status in left)


def may_cancel(work: Standing) -> bool:
    """May units of this work still be canceled?"""
    kind, status = work
    return LIFECYCLES[kind].allows(Action.CANCEL, status)


def may_redirect(works: Iterable[Standing]) -> bool:
    """May the address still change? Not once a parcel's label says where it goes; a void label gives it back."""
    return all(may_cancel(work) for work in works if work[0] == "ship" and work[1] not in GONE)
