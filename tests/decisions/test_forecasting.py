"""The forecast: plain queues agree with the promise, and what is changed in the input changes the answer."""

import random
import time
from datetime import UTC, datetime

from comptoir.network.hours import dayparts, open_minutes
from comptoir.network.promise import doable, paced, ready_minute
from comptoir.tower.forecasting import LAST_STEP, Error, Store, figure, forecast, learn, outlook, ranged

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
AT = int(NOW.timestamp()) // 60
WEEK = [(day, 9 * 60, 19 * 60) for day in range(6)]
WINDOWS = open_minutes(WEEK, {}, "Europe/Paris", NOW, 22)


def store(**fields: object) -> Store:
    return Store(**{"location": "LYO", "windows": WINDOWS, "capacity_per_hour": 12, "lead_minutes": 60} | fields)  # type: ignore[arg-type]


def test_paces_that_are_the_capacity_promise_what_the_capacity_promises_and_doable_reads_them_backwards() -> None:
    draw = random.Random(7)
    for _ in range(300):
        at, queue, lead, per_hour = (
            AT + draw.randrange(20_000),
            draw.randrange(300),
            draw.randrange(90),
            draw.randrange(1, 40),
        )
        cuts = [(AT + 600 * i + draw.randrange(600), float(per_hour)) for i in range(40)]
        paces = paced(WINDOWS, per_hour, cuts)
        plain = ready_minute(WINDOWS, lead, queue, per_hour, at)
        assert ready_minute(WINDOWS, lead, queue, per_hour, at, paces) == plain
        emptied = ready_minute(WINDOWS, 0, queue, per_hour, at, paces)
        if queue and emptied < WINDOWS[-1][1]:
            assert doable(paces, at, emptied) >= queue > doable(paces, at, emptied - 1)


def test_a_pace_that_was_learned_slows_down_and_never_lifts_a_store_above_its_capacity() -> None:
    parts = dayparts("Europe/Paris", NOW, 2)
    assert [part for _, part in parts] == [0, 1, 2, 3] * 2
    learned = [(minute, (20.0, 6.0, 12.0, 3.0)[part]) for minute, part in parts]
    assert [pace for _, _, pace in paced(WINDOWS[:1], 12, learned)] == [12, 6.0, 12.0, 3.0]
    noon = parts[1][0]
    planned = paced(WINDOWS[:1], 12, learned, planned=[(noon, noon + 60, 36)], extra=[(noon + 30, noon + 60, 6)])
    assert [pace for from_, to, pace in planned if noon <= from_ < noon + 180] == [18.0, 24.0, 6.0]


def test_each_work_is_done_when_the_promise_function_says_so() -> None:
    promises = tuple((AT + 20 * i, 1) for i in range(200))
    found = forecast(store(waiting=promises), AT, each=True)
    for i, done in enumerate(found.finishes):
        if i >= 1:
            assert abs(done - LAST_STEP - ready_minute(WINDOWS, 0, i + 1, 12, AT)) <= 1
    assert found.done_at == found.finishes[-1]


def test_what_comes_too_late_is_counted_at_its_promise_and_what_is_late_already_apart() -> None:
    # Twelve in an hour, 30 promised in one hour: 10 are on the shelf by then, 20 are not.
    crowded = forecast(store(waiting=((AT - 30, 2), (AT + 60, 30))), AT)
    assert crowded.overdue == 2
    assert round(crowded.late_by(AT + 60)) == 22
    assert crowded.late_by(AT + 59) == 0
    assert crowded.hours[0].percent == round(100 * 2 / 12)
    assert crowded.hours[1].percent == 167  # ten of the thirty were done in the first hour
    easy = forecast(store(waiting=((AT + 600, 30),)), AT)
    assert easy.late == ()
    assert easy.done_at == AT + 150 + LAST_STEP


def test_more_hands_a_plan_fewer_works_or_a_pause_change_the_answer() -> None:
    busy = store(waiting=((AT + 60, 12), (AT + 120, 20)), expected=((AT, AT + 240, 30.0),))
    before = forecast(busy, AT).late_by(AT + 480)
    assert before > 5
    change = busy.__class__
    fields = {name: getattr(busy, name) for name in busy.__struct_fields__}
    for better in (
        {"extra": ((AT, AT + 240, 12.0),)},
        {"planned": ((AT, AT + 240, 24.0),)},
        {"waiting": ((AT + 60, 2), (AT + 120, 10))},
        {"paused_until": AT + 240, "waiting": ((AT + 60, 10), (AT + 120, 12))},
    ):
        assert forecast(change(**fields | better), AT).late_by(AT + 480) < before - 1
    assert forecast(change(**fields | {"capacity_per_hour": 4}), AT).late_by(AT + 480) > before + 1


def test_the_range_holds_the_figure_and_grows_with_what_it_hangs_on() -> None:
    near = outlook(store(waiting=((AT + 120, 24),)), AT)
    found = figure([near], AT + 120, {})
    assert found.low <= found.late <= found.high <= 24
    assert found.scale > 1
    calm = figure([outlook(store(waiting=((AT + 480, 4),)), AT)], AT + 480, {})
    assert (calm.late, calm.low, calm.high) == (0, 0, 0)
    pasts = [(10.0, 2.0, 10.0 + i % 5) for i in range(100)] + [(0.0, 0.0, 0.0)] * 50
    assert learn(pasts) == Error(low=0.0, high=2.0, calm=0.0, usual=2.0, seen=100)
    assert ranged(9, 2, learn(pasts)).words == (9, 9, 13)


def test_two_hundred_stores_of_five_hundred_works_are_forecast_quickly() -> None:
    parts = dayparts("Europe/Paris", NOW, 3)
    learned = tuple((minute, (9.5, 8.0, 11.0, 10.0)[part]) for minute, part in parts)
    waiting = tuple((AT + 5 * i, 5) for i in range(100))
    one = store(waiting=waiting, expected=tuple((AT + 60 * i, AT + 60 * i + 60, 9.5) for i in range(10)), learned=learned, capacity_per_hour=60)  # fmt: skip
    began = time.process_time()
    for _ in range(20):
        outlook(one, AT)
    # A hint, not a bar: `comptoir bench M8` measures. Ten times what it takes on a slow machine.
    assert (time.process_time() - began) / 20 < 0.05
