"""The customer leaves with the goods. Pure. `hand_over` asks and may be refused; `hand_over_reported` tells and may not.

The identity or the age is checked before the goods leave; what was checked is kept as yes or no, never a number.
"""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from comptoir.fulfillment.lifecycles import Action, Status
from comptoir.fulfillment.model import HandOver, Work
from comptoir.kit.errors import Conflict, Invalid

UNDO_FOR = timedelta(minutes=2)
"""How long a hand-over can be taken back; whatever cannot be taken back is due after it."""


class Proof(msgspec.Struct, frozen=True):
    """How the collector proved the right to collect: `pass`, `letters`, `identity`, `override`, or None for no proof."""

    kind: str | None


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


class Leaving(msgspec.Struct, frozen=True):
    """What leaves, and the exceptions that a manager must look at."""

    given: tuple[Given, ...]
    works: tuple[Work, ...]
    problems: tuple[str, ...] = ()


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
    works: Sequence[Work], bags: Sequence[Bag], command: HandOver, proof: Proof, cautions: Cautions
) -> Leaving:
    """Hands gave the goods away. What was staged leaves; whatever was not in order becomes an exception (I5)."""
    staged = [work for work in works if work.status == Status.STAGED]
    problems: list[str] = []
    if any(work.status == Status.HANDED_OVER for work in works):
        problems.append("handed_over_twice")
    if any(work.status not in (Status.STAGED, Status.HANDED_OVER) for work in works):
        problems.append("handed_over_not_staged")
    if staged:
        if proof.kind is None:
            problems.append("handed_over_without_proof")
        if recalled_of(staged, command, cautions):
            problems.append("recalled")
        problems += faults_of(staged, bags, command, cautions)
    return Leaving(given(staged, command), tuple(staged), tuple(problems))


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
