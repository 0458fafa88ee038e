"""The customer leaves with the goods. Pure. `hand_over` asks and may be refused; `hand_over_reported` tells and may not.

The identity or the age is checked before the goods leave; what was checked is kept as yes or no, never a number.
"""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from comptoir.fulfillment.lifecycles import Action, Status
from comptoir.fulfillment.model import HandOver, Work
from comptoir.kit.errors import Conflict, Invalid

UNDO_FOR = timedelta(minutes=2)
"""How long a hand-over can be taken back; whatever cannot be taken back is due after it."""

TIME_TO_SEND = timedelta(seconds=30)
"""A device that tells late may still have the undo in its journal: what cannot be taken back waits for it."""


class Proof(msgspec.Struct, frozen=True):
    """How the collector proved the right to collect: `pass`, `letters`, `identity`, `override`, or None for no proof."""

    kind: str | None


class RefuseHandOver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The goods stay: whoever came may not have them (too young). The order keeps its shelf and its time."""

    id: UUID
    order: UUID
    location: str
    reason: Literal["age"] = "age"


class Bag(msgspec.Struct, frozen=True):
    """A staged bag: its tag as printed (without `B:`), the work it belongs to."""

    tag: str
    work: UUID
    place: str | None = None


class Given(msgspec.Struct, frozen=True):
    """Units of one line: handed over, and refused at the counter."""

    work: UUID
    line: int
    order_line: int
    part: int
    sku: str
    handed: int
    refused: int
    reason: str


class Aside(msgspec.Struct, frozen=True):
    """Units that were canceled or never collected, and wait since `made_at` to be put back on their shelf."""

    put_back: UUID
    work: UUID
    line: int
    sku: str
    units: int
    made_at: datetime


class Leaving(msgspec.Struct, frozen=True):
    """What leaves, and the exceptions that a manager must look at. `gone`: units that had left before they could be put back."""

    given: tuple[Given, ...]
    works: tuple[Work, ...]
    problems: tuple[str, ...] = ()
    gone: tuple[Aside, ...] = ()


class Cautions(msgspec.Struct, frozen=True):
    """What the articles ask for: the minimum age of those that have one, and those that are recalled."""

    ages: Mapping[str, int] = {}
    recalled: Set[str] = frozenset()


def hand_over(
    works: Sequence[Work], bags: Sequence[Bag], command: HandOver, proof: Proof, cautions: Cautions
) -> Leaving:
    """Hand over, or refuse.

    Refusals: `not_staged`, `already_handed_over`, `no_proof`, `recalled`, `bags_not_scanned`, `age_check_needed`.
    """
    for work in works:
        if work.status == Status.HANDED_OVER:
            raise Conflict("already_handed_over", order_number=work.order_number)
        if work.status != Status.STAGED:
            raise Conflict("not_staged", order_number=work.order_number)
    if proof.kind is None:
        raise Invalid("no_proof")
    if stopped := recalled_of(works, command, cautions):
        raise Conflict("recalled", skus=stopped)
    faults = faults_of(works, bags, command, cautions)
    if faults:
        raise Conflict(faults[0])
    return Leaving(given(works, command), tuple(works))


def hand_over_reported(
    works: Sequence[Work],
    bags: Sequence[Bag],
    command: HandOver,
    proof: Proof,
    cautions: Cautions,
    aside: Sequence[Aside] = (),
    at: datetime | None = None,
) -> Leaving:
    """Hands gave the goods away. What was staged leaves; whatever was not in order becomes an exception (I5).

    Told late, it is judged at its own time: goods that were canceled or expired in the meantime, and that nobody has put
    back yet, have left all the same.
    """
    staged = [work for work in works if work.status == Status.STAGED]
    gone = gone_of(works, aside, command, at)
    problems: list[str] = []
    for work in works:
        problem = problem_of(work, any(units.work == work.id for units in gone))
        if problem and problem not in problems:
            problems.append(problem)
    if staged or gone:
        if proof.kind is None:
            problems.append("handed_over_without_proof")
        if recalled_of(staged, command, cautions):
            problems.append("recalled")
        problems += faults_of(staged, bags, command, cautions)
    return Leaving(given(staged, command), tuple(staged), tuple(problems), gone)


def problem_of(work: Work, had_left: bool) -> str | None:
    """What is not in order with this work's own state; `had_left`: units of it left although they were canceled."""
    if work.status == Status.STAGED:
        return "handed_over_canceled" if had_left else None
    if work.status == Status.HANDED_OVER or (work.status == Status.CLOSED and work.total("handed_over")):
        return "handed_over_twice"
    if work.ended_because == "moved":
        return "handed_over_moved"
    if work.status in (Status.CANCELED, Status.EXPIRED):
        return "handed_over_canceled"
    return "handed_over_not_staged"


def gone_of(works: Sequence[Work], aside: Sequence[Aside], command: HandOver, at: datetime | None) -> tuple[Aside, ...]:
    """Units aside that left with the customer: all of a work that ended, of a staged one what was canceled after `at`.

    Less what the customer refused; and once put back on their shelf, units have not left.
    """
    status = {work.id: work.status for work in works}
    refused: dict[tuple[UUID, int], int] = {}
    for r in command.refused:
        refused[r.work, r.line] = refused.get((r.work, r.line), 0) + r.quantity
    found = []
    for units in aside:
        ended = status.get(units.work) in (Status.CANCELED, Status.EXPIRED)
        later = status.get(units.work) == Status.STAGED and at is not None and units.made_at > at
        kept = min(units.units, refused.get((units.work, units.line), 0)) if ended else 0
        if (ended or later) and units.units > kept:
            found.append(msgspec.structs.replace(units, units=units.units - kept))
    return tuple(found)


def settles_at(at: datetime, now: datetime) -> datetime:
    """From when on a hand-over of `at`, heard of now, is not taken back any more."""
    return max(at + UNDO_FOR, now + TIME_TO_SEND)


def recalled_of(works: Sequence[Work], command: HandOver, cautions: Cautions) -> list[str]:
    """The recalled SKUs that would leave; what is kept back on this hand-over does not count."""
    return sorted({g.sku for g in given(works, command) if g.handed and g.sku in cautions.recalled})


def faults_of(works: Sequence[Work], bags: Sequence[Bag], command: HandOver, cautions: Cautions) -> list[str]:
    faults = []
    scanned = {code.removeprefix("B:") for code in command.bags}
    ids = {work.id for work in works}
    if any(bag.work in ids and bag.tag not in scanned for bag in bags):
        faults.append("bags_not_scanned")
    leaving = {g.sku for g in given(works, command) if g.handed}
    if not command.age_checked and any(sku in cautions.ages for sku in leaving):
        faults.append("age_check_needed")
    return faults


def given(works: Sequence[Work], command: HandOver) -> tuple[Given, ...]:
    """Every staged unit is handed over, less what the customer refused of its line."""
    refused: dict[tuple[UUID, int], tuple[int, str]] = {}
    for r in command.refused:
        units, _ = refused.get((r.work, r.line), (0, ""))
        refused[r.work, r.line] = (units + r.quantity, r.reason)
    made = []
    for work in works:
        for line in work.lines:
            if line.staged:
                units, reason = refused.get((work.id, line.line), (0, ""))
                back = min(units, line.staged)
                made.append(
                    Given(work.id, line.line, line.order_line, line.part, line.sku, line.staged - back, back, reason)
                )
    return tuple(made)


def undo(works: Sequence[Work], handed_over_at: datetime, now: datetime) -> None:
    """May this hand-over be taken back? Conflict `too_late_to_undo` after two minutes, `not_now` when it moved on."""
    if now > handed_over_at + UNDO_FOR:
        raise Conflict("too_late_to_undo", minutes=int(UNDO_FOR.total_seconds() // 60))
    for work in works:
        # Canceled: of this work the customer refused everything, at the counter.
        if work.status in (Status.HANDED_OVER, Status.CLOSED, Status.CANCELED):
            continue
        work.after(Action.UNDO_HAND_OVER)
