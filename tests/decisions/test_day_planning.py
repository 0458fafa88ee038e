"""A day's plan: people become capacity, an act of the moment goes before it, and what each hour takes is what is promised in it."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from comptoir.kit.errors import Invalid
from comptoir.network import planned
from comptoir.network.hours import open_minutes
from comptoir.network.promise import paced, ready_by
from comptoir.tower.day_planning import (
    NOBODY_PLANNED,
    UNPLANNED,
    by_hour,
    check_day,
    day_of,
    effect_of,
    last_order,
    learn_each,
    promise_at,
    spans,
    waits_at,
)
from comptoir.tower.forecasting import Store, forecast
from comptoir.tower.learning import Pace, PastHour, today

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)  # a Monday, ten o'clock in Paris
AT = int(NOW.timestamp()) // 60
PARIS = "Europe/Paris"
WINDOWS = open_minutes([(day, 10 * 60, 19 * 60) for day in range(6)], {}, PARIS, NOW, 9)
MONDAY = day_of(date(2026, 11, 2), PARIS, WINDOWS)


def store(**fields: object) -> Store:
    return Store(**{"location": "LYO", "windows": WINDOWS, "capacity_per_hour": 12, "lead_minutes": 30} | fields)  # type: ignore[arg-type]


def people(**hours: int) -> tuple[int, ...]:
    return tuple(hours.get(f"h{n}", UNPLANNED) for n in range(24))


def test_an_act_of_the_moment_goes_before_the_plan_of_the_day_and_the_plan_before_the_capacity() -> None:
    plans = planned.read(
        [f"day 6.0 {AT} {AT + 240}", f"capacity 30.0 {AT + 60} {AT + 120}", f"hands 4.0 {AT} {AT + 60}"]
    )
    assert [plans.at(12, AT + minute) for minute in (0, 60, 120, 239, 240)] == [10, 30, 6, 6, 12]
    paces = paced(WINDOWS[:1], 12, planned=planned.instead(plans), extra=plans.hands)
    assert [(from_ - AT, pace) for from_, _, pace in paces] == [(0, 10.0), (60, 30.0), (120, 6.0), (240, 12.0)]
    assert planned.paces(plans, WINDOWS[:1], 12, AT, PARIS) == paces
    assert planned.paces(plans, WINDOWS[:1], 12, AT + 240, PARIS) == (), "what is over changes no promise"


def test_a_promise_reckons_with_the_learned_pace_where_that_is_wanted_and_with_no_pace_that_nobody_would_believe() -> (
    None
):
    # Half the capacity in the morning, more than it at midday, next to nothing in the afternoon, the evening unknown.
    plans = planned.read(["pace 6.0 0 0", "pace 15.5 1 0", "pace 0.5 2 0"])
    paces = planned.paces(plans, WINDOWS[:1], 12, AT, PARIS)
    assert [(from_ - AT, round(pace, 6)) for from_, _, pace in paces] == [(0, 6.0), (60, 12.0), (240, 4.0), (420, 12.0)]
    plain, slower = ready_by(WINDOWS, 30, 6, 12, NOW), ready_by(WINDOWS, 30, 6, 12, NOW, paces=planned.paces(plans, WINDOWS, 12, AT, PARIS))  # fmt: skip
    assert slower - plain == timedelta(minutes=30)
    # The forecast believes the same promise: one way of promising.
    morning = ((MONDAY.begins, 6.0), (MONDAY.begins + 11 * 60, 15.5), (MONDAY.begins + 14 * 60, 0.5), (MONDAY.begins + 17 * 60, 12.0))  # fmt: skip
    seen = store(waiting=((AT + 300, 6),), windows=WINDOWS[:1], learned=morning)
    assert seen.offers == () and msgspec.structs.replace(seen, promises_learned=True).offers == paces
    # People who are planned go at their own pace, learned and reckoned with once.
    day = spans(people(h10=1), 4.0, MONDAY, 12, morning)
    both = planned.read(["pace 6.0 0 0", *(f"day {per_hour} {from_} {to}" for from_, to, per_hour in day)])
    assert planned.paces(both, WINDOWS[:1], 12, AT, PARIS)[0][2] == 4.0


def test_people_are_a_share_of_what_the_usual_team_does_so_that_work_goes_at_people_times_their_pace() -> None:
    learned = ((MONDAY.begins, 8.0), (MONDAY.begins + 14 * 60, 10.0))
    found = spans(people(h10=1, h11=1, h14=2, h16=0), 4.0, MONDAY, 12, learned)
    assert [((from_ - MONDAY.begins) // 60, (to - from_) // 60, per_hour) for from_, to, per_hour in found] == [
        (10, 2, 6.0), (14, 1, 9.6), (16, 1, 0.0),
    ]  # fmt: skip
    paces = paced(WINDOWS[:1], 12, learned, planned=found)
    at = {(from_ - MONDAY.begins) // 60: round(pace, 6) for from_, _, pace in paces}
    assert (at[10], at[14], at[16]) == (4.0, 8.0, 0.0)
    assert spans(NOBODY_PLANNED, 4.0, MONDAY, 12) == ()


def test_each_hour_has_who_comes_what_is_due_and_the_people_that_both_take() -> None:
    seen = store(waiting=((AT - 30, 1), (AT + 60, 3), (AT + 61, 2), (AT + 24 * 60, 9)), begun=((AT + 100, 1),))
    expected = ((AT - 180, AT - 120, 4.0), (AT, AT + 60, 4.0), (AT + 480, AT + 540, 6.0), (AT + 600, AT + 660, 5.0))
    plan = people(h10=1, h18=3)
    hours = by_hour(MONDAY, seen, planned.NONE, expected, plan, 3.0, AT, AT - 200)
    assert [(h.minute - AT) // 60 for h in hours] == list(range(9))
    first, second, *_, last = hours
    # Four came before it opened and four within the hour, half of these promised in the next one; one is late, three are due by eleven.
    assert (first.expected, first.due, first.needed, first.people, first.short) == (8.0, 4, 4, 1, True)
    assert (second.due, second.needed, second.people, second.short) == (3, 2, None, False)
    assert (last.expected, last.needed, last.people) == (6.0, 2, 3), "what comes in the evening is due tomorrow"
    assert by_hour(MONDAY, seen, planned.NONE, expected, plan, 3.0, MONDAY.closes, AT) == ()


def test_what_a_customer_of_an_hour_is_promised_is_the_one_promise_with_what_waits_then() -> None:
    seen = store(waiting=((AT + 600, 12),), expected=((AT, AT + 60, 6.0),))
    told = forecast(seen, AT)
    assert waits_at(seen, told, AT) == 12
    assert 5 <= waits_at(seen, told, AT + 60) <= 7
    plain = promise_at(seen, told, AT)
    assert plain == ready_by(WINDOWS, 30, 12, 12, NOW)
    half = ((AT, AT + 240, 6.0),)
    slow = store(waiting=seen.waiting, expected=seen.expected, planned=half, offered=half)
    changed = effect_of(MONDAY, (seen, told), (slow, forecast(slow, AT)))
    assert changed.promises[0].before == plain < changed.promises[0].after
    assert changed.done_before < changed.done_after
    nobody = store(waiting=seen.waiting, planned=((AT, AT + 60, 0.0),), offered=((AT, AT + 60, 0.0),))
    later = promise_at(nobody, forecast(nobody, AT), AT)
    assert later == ready_by(WINDOWS, 30, 12, 12, NOW + timedelta(hours=1)), (
        "nobody for an hour: it begins an hour later"
    )
    visit = AT + 300
    latest = last_order(seen, told, visit)
    assert latest is not None and promise_at(seen, told, latest).timestamp() <= visit * 60
    assert promise_at(seen, told, latest + 5).timestamp() > visit * 60
    assert last_order(seen, told, AT + 10) is None


def test_the_pace_of_one_is_the_teams_and_known_only_from_hours_that_had_enough_to_do() -> None:
    def hour(n: int, works: int, waits: int = 20) -> PastHour:
        return PastHour(AT - 60 * n, 0, 0, works, 0, 60, waits, waits)

    there = {AT - 60 * n: 2 for n in range(1, 9)}
    busy = [hour(n, 10) for n in range(1, 5)]
    assert learn_each([*busy, hour(5, 1, 0), hour(9, 99)], there, 12) == 5.0
    assert learn_each(busy[:2], there, 12) is None
    assert learn_each(busy, {}, 12) is None


def test_an_hour_with_half_the_people_says_nothing_of_a_slow_day() -> None:
    past = [PastHour(AT - 120, 0, 0, 6, 0, 60, 20, 20), PastHour(AT - 60, 0, 0, 6, 0, 60, 20, 20)]
    paces = (Pace(0, 12.0, 30.0, 9.0),)
    assert today(past, AT, paces, 12) < 0.7
    assert today(past, AT, paces, 12, ((AT - 120, AT, 6.0),)) == 1.0


def test_today_and_six_days_more_are_planned_also_in_the_night_the_clocks_change() -> None:
    for day in (date(2026, 11, 2), date(2026, 11, 8)):
        check_day(day, PARIS, NOW)
    for day in (date(2026, 11, 1), date(2026, 11, 9)):
        with pytest.raises(Invalid, match="plan_day_wrong"):
            check_day(day, PARIS, NOW)
    longer = day_of(date(2026, 10, 25), PARIS, ())
    assert longer.ends - longer.begins == 25 * 60
    assert spans(people(h23=2), 4.0, longer, 12)[0][1] <= longer.ends
    # Ten o'clock is ten on the store's wall, in a day of 25 hours and in one of 23.
    for change in (date(2026, 10, 25), date(2027, 3, 28)):
        here = day_of(change, PARIS, open_minutes([(6, 10 * 60, 12 * 60)], {}, PARIS, NOW.replace(year=change.year, month=change.month, day=change.day), 1))  # fmt: skip
        ((from_, to, _),) = spans(people(h10=2), 4.0, here, 12)
        assert (from_, to) == (here.opens, here.opens + 60)
        hours = by_hour(
            here, store(windows=here.windows), planned.NONE, (), people(h10=2), 4.0, here.begins, here.begins
        )
        assert [(hour.clock, hour.people) for hour in hours] == [(10, 2), (11, None)]
