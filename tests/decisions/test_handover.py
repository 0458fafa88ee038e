"""May these goods leave, what leaves, and may it be taken back?"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from comptoir.fulfillment import handover
from comptoir.fulfillment.handover import Aside, Bag, Cautions, Proof
from comptoir.fulfillment.lifecycles import Status
from comptoir.fulfillment.model import HandOver, RefusedUnits, Work, WorkLine
from comptoir.kit.errors import Conflict, Invalid

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ORDER, WORK, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
PASS = Proof("pass")
NONE = Cautions()
WINE = Cautions(ages={"WINE": 18})
RECALL = Cautions(recalled={"WINE"})
BAGS = [Bag("101", WORK, "R1")]


def work(status: Status = Status.STAGED, units: int = 2, id: UUID = WORK) -> Work:
    held = units if status == Status.STAGED else 0
    line = WorkLine(id, 1, 1, 1, "WINE", units, units - held, 0, held, 0, 0, 0, 0, 0)
    return Work(id, "lyon", ORDER, "W-1", "pickup", status, NOON, None, None, None, (line,))


def asked(*bags: str, refused: int = 0, age: bool = False) -> HandOver:
    no = (RefusedUnits(WORK, 1, refused, "too small"),) if refused else ()
    return HandOver(ORDER, (WORK,), bags or ("B:101",), refused=no, age_checked=age)


def test_against_the_pass_and_every_bag_everything_leaves() -> None:
    leaving = handover.hand_over([work()], BAGS, asked(), PASS, NONE)
    assert [(g.handed, g.refused) for g in leaving.given] == [(2, 0)]


@pytest.mark.parametrize(
    ("given", "proof", "command", "cautions", "code"),
    [
        (work(Status.PICKED), PASS, asked(), NONE, "not_staged"),
        (work(Status.CANCELED), PASS, asked(), NONE, "not_staged"),
        (work(Status.HANDED_OVER), PASS, asked(), NONE, "already_handed_over"),
        (work(), Proof(None), asked(), NONE, "no_proof"),
        (work(), PASS, asked("B:102"), NONE, "bags_not_scanned"),
        (work(), PASS, asked(), WINE, "age_check_needed"),
        (work(), PASS, asked(), RECALL, "recalled"),
    ],
)
def test_a_request_that_is_not_in_order_is_refused(
    given: Work, proof: Proof, command: HandOver, cautions: Cautions, code: str
) -> None:
    with pytest.raises((Conflict, Invalid), match=code):
        handover.hand_over([given], BAGS, command, proof, cautions)


def test_wine_that_was_refused_needs_no_age_check() -> None:
    leaving = handover.hand_over([work()], BAGS, asked(refused=2), PASS, WINE)
    assert [(g.handed, g.refused, g.reason) for g in leaving.given] == [(0, 2, "too small")]


def test_nobody_refuses_more_than_is_there() -> None:
    leaving = handover.hand_over([work()], BAGS, asked(refused=9), PASS, NONE)
    assert [(g.handed, g.refused) for g in leaving.given] == [(0, 2)]


@pytest.mark.parametrize(
    ("given", "proof", "command", "cautions", "problems"),
    [
        (work(), PASS, asked(), NONE, ()),
        (work(Status.HANDED_OVER), PASS, asked(), NONE, ("handed_over_twice",)),
        (work(Status.PICKED), PASS, asked(), NONE, ("handed_over_not_staged",)),
        (work(), Proof(None), asked("B:9"), NONE, ("handed_over_without_proof", "bags_not_scanned")),
        (work(), PASS, asked(), WINE, ("age_check_needed",)),
        (work(), PASS, asked(), RECALL, ("recalled",)),
    ],
)
def test_a_report_is_never_refused_and_says_what_was_not_in_order(
    given: Work, proof: Proof, command: HandOver, cautions: Cautions, problems: tuple[str, ...]
) -> None:
    leaving = handover.hand_over_reported([given], BAGS, command, proof, cautions)
    assert leaving.problems == problems
    assert len(leaving.works) == (given.status == Status.STAGED)


def test_of_two_works_only_the_staged_one_leaves_by_report() -> None:
    leaving = handover.hand_over_reported([work(), work(Status.HANDED_OVER, id=OTHER)], BAGS, asked(), PASS, NONE)
    assert ([w.id for w in leaving.works], leaving.problems) == ([WORK], ("handed_over_twice",))


def aside(units: int = 2, minutes: int = 10) -> Aside:
    """Units canceled ten minutes after noon that lie aside."""
    return Aside(UUID(int=9), WORK, 1, "WINE", units, NOON + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("given", "waiting", "refused", "gone", "problem"),
    [
        (work(Status.CANCELED), [aside()], 0, [2], "handed_over_canceled"),
        (work(Status.EXPIRED), [aside()], 0, [2], "handed_over_canceled"),
        (work(Status.CANCELED), [aside()], 1, [1], "handed_over_canceled"),
        (work(Status.CANCELED), [aside()], 2, [], "handed_over_canceled"),
        (work(Status.CANCELED), [], 0, [], "handed_over_canceled"),
        (work(), [aside(1)], 0, [1], "handed_over_canceled"),
        (work(), [aside(1, -10)], 0, [], None),
        (work(Status.PICKED), [aside(1)], 0, [], "handed_over_not_staged"),
        (work(Status.HANDED_OVER), [aside(1)], 0, [], "handed_over_twice"),
    ],
)
def test_told_late_goods_left_that_were_canceled_since_and_lie_nowhere(
    given: Work, waiting: list[Aside], refused: int, gone: list[int], problem: str | None
) -> None:
    leaving = handover.hand_over_reported([given], BAGS, asked(refused=refused), PASS, NONE, waiting, NOON)
    assert [units.units for units in leaving.gone] == gone
    assert leaving.problems[:1] == ((problem,) if problem else ())


def test_work_that_head_office_moved_away_says_so() -> None:
    moved = msgspec.structs.replace(work(Status.CANCELED), ended_because="moved")
    assert handover.hand_over_reported([moved], BAGS, asked(), PASS, NONE).problems == ("handed_over_moved",)


def test_told_late_nothing_is_final_before_the_undo_could_have_come() -> None:
    later = NOON + timedelta(minutes=30)
    assert handover.settles_at(NOON, NOON) == NOON + timedelta(minutes=2)
    assert handover.settles_at(NOON, later) == later + timedelta(seconds=30)


@pytest.mark.parametrize("status", [Status.HANDED_OVER, Status.CLOSED, Status.CANCELED])
def test_two_minutes_to_the_second_are_left_to_undo(status: Status) -> None:
    handover.undo([work(status)], NOON, NOON + timedelta(minutes=2))
    with pytest.raises(Conflict, match="too_late_to_undo"):
        handover.undo([work(status)], NOON, NOON + timedelta(minutes=2, seconds=1))


def test_what_has_not_left_is_not_undone() -> None:
    with pytest.raises(Conflict, match="not_now"):
        handover.undo([work(Status.STAGED)], NOON, NOON)
