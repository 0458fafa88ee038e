"""What an act is said to change: what is shown is known again, and on simulated days it is what then happens."""

from datetime import UTC, datetime
from statistics import mean, median

import msgspec

from comptoir.bench.backtest import try_moving
from comptoir.network import planned
from comptoir.tower.acts import Seen
from comptoir.tower.effect import Effect, Said, differs, leaving, without
from comptoir.tower.forecasting import Store, forecast
from comptoir.tower.queries import Backlog

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)


def test_on_simulated_days_what_was_said_of_moving_works_is_what_came() -> None:
    rows = [row for seed in (1, 2, 3) for row in try_moving(12, seed)]
    assert len(rows) > 100
    assert 0.72 <= mean(row.inside for row in rows) <= 0.97
    relief = [
        (row.without.late - row.with_.late, row.came_without - row.came_with, row.with_.high - row.with_.low)
        for row in rows
    ]
    assert median(abs(said - came) for said, came, _ in relief) <= 2
    assert mean(came for _, came, _ in relief) > 3, "nothing was relieved: the days prove nothing"
    # A range that holds everything says nothing.
    assert mean(width for *_, width in relief) < mean(row.came_without for row in rows)


def test_a_little_more_or_less_is_what_was_shown_and_other_works_or_messages_never_are() -> None:
    then = Effect(AT, 0, Said(9, 6, 12), Said(3, 1, 5), (), works=14, cost_minor=840, messages=2)
    shown = then.seen
    assert shown == Seen(14, 3, 840, 2)
    for other, asks in (
        ({"late": 4}, False), ({"late": 5}, True), ({"cost_minor": 900}, False), ({"cost_minor": 500}, True),
        ({"works": 13}, True), ({"messages": 1}, True),
    ):  # fmt: skip
        assert differs(msgspec.structs.replace(shown, **other), then) == asks, other


def test_works_that_leave_and_works_that_came_are_taken_out_of_what_waits() -> None:
    store = Store("a", ((0, 6000),), 12, 30, waiting=((60, 30), (120, 4)))
    less = leaving(store, {60: 30, 120: 1})
    assert less.waiting == ((120, 3),)
    assert forecast(less, 0).late_by(240) < forecast(store, 0).late_by(240)
    backlog = Backlog([60, 120], [10, 4], [1, 0], [0, 0], [0, 0], [5, 2])
    assert without(backlog, [60, 60, 120]) == Backlog([60, 120], [8, 3], [1, 0], [0, 0], [0, 0], [3, 1])


def test_of_two_plans_for_one_hour_the_last_holds_and_hands_come_on_top() -> None:
    plans = planned.read(
        ["capacity 12.0 150 300", "hands 8.0 120 160", "capacity 30.0 100 200", "capacity 5.0 180 250"]
    )
    assert [plans.at(20, minute) for minute in (99, 100, 130, 155, 199, 250, 300)] == [20, 30, 38, 20, 12, 12, 20]
    assert planned.instead(plans) == (
        (100, 150, 30.0),
        (150, 180, 12.0),
        (180, 200, 12.0),
        (200, 250, 12.0),
        (250, 300, 12.0),
    )
    assert planned.read([]) is planned.NONE
