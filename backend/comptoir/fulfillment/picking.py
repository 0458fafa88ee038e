"""What hands did with a line. Pure and total: a report is never refused for being late or unwelcome.

Units move between the states of the line; what does not fit (more than was promised, work that was canceled meanwhile)
becomes surplus, which is put-back work for somebody, never an error.
"""

import msgspec

from comptoir.fulfillment.lifecycles import TO_PICK, Action, Status
from comptoir.fulfillment.model import Moved, Work

_TOO_LATE_TO_FIND = (
    Status.HANDED_OVER, Status.CANCELED, Status.REJECTED, Status.EXPIRED, Status.PACKED, Status.LABELED, Status.HANDED_TO_CARRIER,
    Status.IN_TRANSIT, Status.DELIVERED, Status.DELIVERY_FAILED, Status.RETURNED_TO_SENDER,
)  # fmt: skip


class Handled(msgspec.Struct, frozen=True):
    """Units that move, units that nobody asked for, the work's next status, and the exception's code if there is one."""

    moved: tuple[Moved, ...]
    surplus: int = 0
    status: Status | None = None
    problem: str | None = None


def pick(work: Work, line: int, units: int) -> Handled:
    """`units` of a line came off the shelf."""
    at = work.line(line)
    if at is None:
        return Handled((), units, None, "line_not_in_work")
    taken = min(units, at.reserved)
    surplus = units - taken
    problem = None
    if surplus:
        problem = (
            "more_than_needed" if not at.canceled else "moved_meanwhile" if moved_away(work) else "canceled_meanwhile"
        )
    moved = (Moved(line, "reserved", "picked", taken),) if taken else ()
    return Handled(moved, surplus, after_shelf(work, moved), problem)


def undo_pick(work: Work, line: int, units: int) -> Handled:
    """`units` went back on the shelf. What was staged or canceled since stays as it is."""
    at = work.line(line)
    back = min(units, at.picked) if at else 0
    moved = (Moved(line, "picked", "reserved", back),) if back else ()
    return Handled(moved, 0, after_shelf(work, moved), None if back == units else "staged_meanwhile")


def short(work: Work, line: int, units: int) -> Handled:
    """`units` of a line are not there, or cannot be sold."""
    at = work.line(line)
    gone = min(units, at.reserved) if at else 0
    moved = (Moved(line, "reserved", "shorted", gone),) if gone else ()
    return Handled(moved, 0, after_shelf(work, moved), None if gone == units else "less_was_needed")


def undo_short(work: Work, line: int, units: int) -> Handled:
    """The missing units were found after all; possible while nobody has decided about them and the work is not over."""
    at = work.line(line)
    over = work.status in _TOO_LATE_TO_FIND or work.total("handed_over") or moved_away(work)
    back = min(units, at.shorted) if at and not over else 0
    moved = (Moved(line, "shorted", "reserved", back),) if back else ()
    return Handled(moved, 0, after_shelf(work, moved), None if back == units else "decided_meanwhile")


def moved_away(work: Work) -> bool:
    """Head office gave this work to another store while hands were at it here."""
    return work.ended_because == "moved"


def after_shelf(work: Work, moved: tuple[Moved, ...]) -> Status | None:
    """The status once these units have moved; None when it stays.

    All found or given up: picked (or closed, when nothing was found). Some still to find: picking.
    """
    left = work.total("reserved") + sum(m.units * ((m.to == "reserved") - (m.source == "reserved")) for m in moved)
    off_shelf = work.total("picked") + sum(m.units * ((m.to == "picked") - (m.source == "picked")) for m in moved)
    if not moved:
        return None
    if left:
        if work.status in (Status.OPEN, Status.ACCEPTED):
            return work.after(Action.START_PICK)
        return work.after(Action.RESUME_PICK) if work.allows(Action.RESUME_PICK) else None
    if off_shelf:
        return Status.PICKED if work.status in TO_PICK else None
    if work.total("staged"):
        if work.kind == "ship":
            return Status.PICKED if work.status == Status.PICKING else None
        return Status.STAGED if work.status in (Status.PICKING, Status.PICKED) else None
    return Status.CLOSED if work.status in (*TO_PICK, Status.PICKED) else None
