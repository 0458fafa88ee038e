"""What hands did with a line: total rules, because a report is never refused."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comptoir.fulfillment import picking
from comptoir.fulfillment.lifecycles import LIFECYCLES, Action, Status
from comptoir.fulfillment.model import Moved, Work, WorkLine
from comptoir.fulfillment.staging import stage_reported

WORK = UUID(int=1)


def line(number: int = 1, **states: int) -> WorkLine:
    """A line whose units are in these states; the quantity is their sum."""
    zero = dict.fromkeys(
        ("reserved", "picked", "staged", "in_transit", "handed_over", "delivered", "shorted", "canceled"), 0
    )
    held = zero | states
    return WorkLine(WORK, number, number, 1, "DERBY", sum(held.values()), **held)


def work(*lines: WorkLine, status: Status = Status.PICKING, kind: str = "pickup") -> Work:
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    return Work(WORK, "lyon", UUID(int=2), "W-1", kind, status, at, None, None, None, lines)


def test_the_first_scan_of_open_work_starts_it() -> None:
    done = picking.pick(work(line(reserved=2), status=Status.OPEN), 1, 1)
    assert (done.moved, done.status, done.surplus) == ((Moved(1, "reserved", "picked", 1),), Status.PICKING, 0)


def test_the_last_scan_makes_it_picked() -> None:
    assert picking.pick(work(line(reserved=1, picked=1)), 1, 1).status == Status.PICKED


def test_a_unit_too_many_is_surplus() -> None:
    done = picking.pick(work(line(reserved=1)), 1, 3)
    assert (done.surplus, done.problem) == (2, "more_than_needed")


def test_a_unit_of_a_canceled_line_is_surplus_and_says_why() -> None:
    done = picking.pick(work(line(canceled=1), status=Status.CANCELED), 1, 1)
    assert (done.moved, done.surplus, done.problem) == ((), 1, "canceled_meanwhile")


def test_everything_missing_closes_the_work() -> None:
    assert picking.short(work(line(reserved=2)), 1, 2).status == Status.CLOSED


def test_the_last_missing_article_makes_the_picked_rest_picked() -> None:
    assert picking.short(work(line(1, picked=1), line(2, reserved=1)), 2, 1).status == Status.PICKED


def test_the_last_missing_article_makes_the_staged_rest_staged() -> None:
    assert picking.short(work(line(1, staged=1), line(2, reserved=1)), 2, 1).status == Status.STAGED


@pytest.mark.parametrize("status", [Status.CLOSED, Status.STAGED, Status.PICKED])
def test_a_found_article_brings_the_work_back_to_picking(status: Status) -> None:
    staged = (
        line(1, staged=1)
        if status == Status.STAGED
        else line(1, picked=1)
        if status == Status.PICKED
        else line(1, shorted=1)
    )
    assert picking.undo_short(work(staged, line(2, shorted=1), status=status), 2, 1).status == Status.PICKING


@pytest.mark.parametrize("status", [Status.HANDED_OVER, Status.CANCELED, Status.EXPIRED])
def test_a_found_article_comes_too_late_for_work_that_is_over(status: Status) -> None:
    done = picking.undo_short(work(line(1, shorted=1), status=status), 1, 1)
    assert (done.moved, done.problem) == ((), "decided_meanwhile")


def test_an_undone_scan_of_a_staged_unit_leaves_it_staged() -> None:
    done = picking.undo_pick(work(line(staged=1), status=Status.STAGED), 1, 1)
    assert (done.moved, done.problem) == ((), "staged_meanwhile")


def test_a_bag_takes_everything_that_is_picked() -> None:
    done = stage_reported(work(line(1, picked=1), line(2, picked=2), status=Status.PICKED))
    assert ([m.units for m in done.moved], done.status) == ([1, 2], Status.STAGED)


def test_a_bag_of_half_the_goods_leaves_the_work_picking() -> None:
    assert stage_reported(work(line(1, picked=1), line(2, reserved=1))).status is None


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (work(line(canceled=1), status=Status.CANCELED), "ended_meanwhile"), (work(line(reserved=1)), "nothing_picked"),
        (work(line(picked=1), status=Status.PICKED, kind="ship"), "not_for_pickup"),
    ],
)  # fmt: skip
def test_a_bag_that_does_not_belong_there_moves_nothing(given: Work, problem: str) -> None:
    done = stage_reported(given)
    assert (done.moved, done.problem) == ((), problem)


UNITS = st.integers(0, 3)
ANY_LINE = st.builds(
    line, st.just(1), reserved=UNITS, picked=UNITS, staged=UNITS, handed_over=UNITS, shorted=UNITS, canceled=UNITS
)
UNTOUCHED = (Status.OPEN, Status.ACCEPTED, Status.REJECTED)


def possible(given: Work) -> bool:
    """Work that nobody has started has nothing off the shelf, and is in a state that its journey has."""
    states = {state for state, _ in LIFECYCLES[given.kind].steps} | set(LIFECYCLES[given.kind].steps.values())
    return given.status in states and not (given.status in UNTOUCHED and given.total("picked") + given.total("staged"))


ANY_KIND = st.sampled_from(["pickup", "ship"])
ANY_WORK = st.builds(work, ANY_LINE, status=st.sampled_from(list(Status)), kind=ANY_KIND).filter(possible)


@given(ANY_WORK, st.integers(1, 3), st.integers(1, 4))
def test_no_report_is_ever_refused_and_no_state_goes_below_zero(given: Work, number: int, units: int) -> None:
    for rule in (picking.pick, picking.undo_pick, picking.short, picking.undo_short):
        done = rule(given, number, units)
        at = given.line(number)
        for moved in done.moved:
            assert at is not None
            assert 0 < moved.units <= getattr(at, moved.source)
    stage_reported(given)


@given(st.sampled_from(["pickup", "ship"]), st.sampled_from(list(Status)), st.sampled_from(list(Action)))
def test_the_table_of_a_lifecycle_is_the_only_way_from_state_to_state(
    kind: str, status: Status, action: Action
) -> None:
    lifecycle = LIFECYCLES[kind]
    assert lifecycle.allows(action, status) == (action in lifecycle.actions(status))
