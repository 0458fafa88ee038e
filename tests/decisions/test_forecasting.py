"""The forecast: plain queues agree with the promise, and what is changed in the input changes the answer."""

import random
import time
from datetime import UTC, datetime

from comptoir.bench import days
from comptoir.bench.backtest import summary, try_out, try_promises
from comptoir.network.hours import dayparts, open_minutes
from comptoir.network.promise import doable, paced, ready_minute
from comptoir.tower.forecasting import LAST_STEP, Error, Store, figure, forecast, learn, outlook, ranged
from comptoir.tower.learning import Pace, PastHour, expect, learn_paces, through, today
from comptoir.tower.queries import Backlog, Place
from comptoir.tower.standing import NOBODY, Facts, StoreNow, store_now

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
    assert (crowded.hours[0].need, crowded.hours[0].percent) == (2, 100)
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


def past(minute: int, works: int, *, pressing: int = 9, part: int = 1, open_minutes: int = 60) -> PastHour:
    return PastHour(minute, part, works, works, 2 * works, open_minutes, pressing, pressing)


def test_only_hours_with_enough_waiting_teach_a_pace_and_old_weeks_fade() -> None:
    hours = [past(AT - 1440 * back, 6) for back in range(1, 5)] + [
        past(AT - 1440 * back - 60, 1, pressing=0) for back in range(1, 9)
    ]
    assert [(pace.part, round(pace.works_per_hour, 6), pace.hours) for pace in learn_paces(hours, AT, 12)] == [
        (1, 6, 4)
    ]
    assert learn_paces(hours[:2], AT, 12) == ()
    assert learn_paces([past(AT - 1440 * back, 40) for back in range(1, 5)], AT, 12)[0].works_per_hour == 12
    assert learn_paces([past(AT - 1440 * back, 6) for back in range(30, 40)], AT, 12) == ()
    mixed = [past(AT - 1440, 10), past(AT - 1500, 10), past(AT - 22 * 1440, 2), past(AT - 22 * 1440 - 60, 2)]
    assert 8.8 < learn_paces(mixed, AT, 12)[0].works_per_hour < 9.2
    assert through(learn_paces(hours, AT, 12), [(AT, 0), (AT + 60, 1)], 12) == (
        (AT, 12.0),
        (AT + 60, learn_paces(hours, AT, 12)[0].works_per_hour),
    )
    assert expect({AT - 10080: 6, AT - 20160: 3}, [AT - 10080, AT - 20160, AT - 30240], AT, AT + 120) == (
        (AT, AT + 60, 3.0),
    )
    assert expect({}, [], AT, AT + 120) == ()


def test_a_slow_morning_slows_the_forecast_by_what_can_be_believed() -> None:
    usual = (Pace(1, 10.0, 20.0, 9.0),)
    assert today([past(AT - 60, 3), past(AT - 120, 3), past(AT - 180, 3)], AT, usual, 12) == (9 + 8) / (30 + 8)
    assert today([past(AT - 60, 3, pressing=0)], AT, usual, 12) == 1
    assert today([past(AT - 60, 0), past(AT - 120, 0), past(AT - 180, 0)], AT, (Pace(1, 90.0, 9.0, 9.0),), 30) == 1 / 3


def test_on_simulated_days_the_range_holds_what_it_claims() -> None:
    rows = summary(try_out(16, 5))
    for row in rows:
        assert row["saw_something"] >= 30, row
        assert 0.72 <= row["inside"] <= 0.97, row
        assert row["width"] < 2.5 * row["came"] + 3, row
    assert rows[0]["usually_off"] <= 2


def test_a_simulated_day_played_again_is_the_same_day_and_works_that_leave_help_those_that_stay() -> None:
    day = days.draw(days.STORES[2], 33, 1)
    first = days.play(day)
    assert days.play(day) == first
    noon = day.begins + 720
    gone = {work.number for work in first if work.at <= noon and (work.begun is None or work.begun > noon)}
    again = {work.number: work for work in days.play(day, gone=gone, gone_at=noon)}
    assert all(again[number].begun is None for number in gone)
    before = {work.number: work for work in first}
    assert all(again[n] == before[n] for n in again if before[n].begun is not None and (before[n].begun or 0) < noon)
    ready = [(again[n].ready or 0) - (before[n].ready or 0) for n in again if before[n].ready and again[n].ready]
    assert sum(ready) <= 0


def test_a_store_that_is_shut_at_night_on_sunday_for_days_or_has_nobody_says_so_and_never_that_it_works_on() -> None:
    week = [[day, 9 * 60, 19 * 60] for day in range(6)]
    backlog = Backlog([AT + 30], [4], [0], [0], [0], [0])

    def place(at: int, exceptions: list[str] | None = None, plans: list[str] | None = None) -> StoreNow:
        plain = Place(
            "LYO", "Lyon", "store", None, "", "Europe/Paris", 12, 60, None, week, exceptions or [], plans or []
        )
        return store_now(plain, backlog, Facts(), at)

    def at(day: int, hour: int) -> datetime:
        return datetime(2026, 11, day, hour, 30, tzinfo=UTC)

    busy = place(AT)
    assert (busy.loads[AT], busy.open_at(at(2, 10)), busy.open_at(at(2, 20)), busy.shut) == (33, True, False, False)
    assert busy.next_open(at(2, 20)) == datetime(2026, 11, 3, 9, tzinfo=UTC), "an hour after it opens"
    night = place(AT + 11 * 60)
    assert (night.loads[AT + 11 * 60], night.late, night.outlook.likely.done_at > AT + 23 * 60) == (None, 4, True)
    sunday = place(AT + 6 * 1440)
    assert set(sunday.loads.values()) == {None} and sunday.next_open(at(8, 10)) == datetime(2026, 11, 9, 9, tzinfo=UTC)
    closed = place(AT, [f"2026-11-{day:02} -1 -1" for day in range(1, 16)])
    assert closed.shut and set(closed.loads.values()) == {None} and not closed.open_at(at(2, 10))
    nobody = place(AT, plans=[f"day 0.0 {AT} {AT + 120}"])
    assert [nobody.loads[AT + hour * 60] for hour in (0, 1, 2)] == [NOBODY, NOBODY, 33]
    assert nobody.risks == {AT + 30: 4}


def test_promises_by_the_learned_pace_are_longer_and_fewer_of_them_break() -> None:
    capacity, pace = try_promises(8, 5)
    assert capacity.orders == pace.orders > 3_000
    assert pace.broken < 0.9 * capacity.broken
    assert capacity.wait < pace.wait < 1.4 * capacity.wait
