"""Bags go on the pickup shelf. Pure: work in, units that move and its next status out."""

from comptoir.fulfillment.lifecycles import Action, Status
from comptoir.fulfillment.model import Moved, Work
from comptoir.fulfillment.picking import Handled


def stage_reported(work: Work) -> Handled:
    """A bag of this work was put on a place: everything picked so far is staged.

    The work is staged once nothing is left to find; before that it is part ready. A second bag, or the same bag on
    another place, moves no units. A bag for work that has ended is surplus goods: `ended_meanwhile`. Goods to be sent do not belong on that shelf: `not_for_pickup`.
    """
    if work.kind != "pickup":
        return Handled((), 0, None, "not_for_pickup")
    if work.status in (Status.CANCELED, Status.EXPIRED, Status.HANDED_OVER, Status.CLOSED, Status.REJECTED):
        return Handled((), 0, None, "ended_meanwhile")
    moved = tuple(Moved(line.line, "picked", "staged", line.picked) for line in work.lines if line.picked)
    if not moved and not work.total("staged"):
        return Handled((), 0, None, "nothing_picked")
    if work.total("reserved"):
        return Handled(moved)
    return Handled(moved, 0, work.after(Action.STAGE) if work.status != Status.STAGED else None)


def undo_stage(work: Work, other_bags: int) -> Handled:
    """The bag was not put there after all: its units are in hand again, unless another bag of the work still lies there."""
    if work.status not in (Status.STAGED, Status.PICKING, Status.PICKED):
        return Handled((), 0, None, "moved_on_meanwhile")
    if other_bags:
        return Handled(())
    moved = tuple(Moved(line.line, "staged", "picked", line.staged) for line in work.lines if line.staged)
    return Handled(moved, 0, work.after(Action.UNSTAGE) if work.status == Status.STAGED else None)
