"""When an alert is raised, goes on, is told further up and ends; when people may be told; what a rule would have said."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from comptoir.alerting.judging import Reading, Standing, is_calm, is_overdue, judge, speaks_at, spike
from comptoir.alerting.model import KINDS, AlertRule
from comptoir.alerting.rules import BUILT_IN, built_in, overlaid
from comptoir.alerting.saying import duration, sentence
from comptoir.tower.standing import silent_for

NOW = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
RULE = AlertRule(UUID(int=1), "late", 10, escalate_after=30, escalate_to="regional_manager")
OPEN = Standing(UUID(int=2), RULE.id, "lyon", 12, NOW - timedelta(minutes=10))
ALL = frozenset(KINDS)


def minutes(n: int) -> datetime:
    return NOW - timedelta(minutes=n)


@pytest.mark.parametrize(
    ("value", "standing", "rule", "expected"),
    [
        (9, {}, {}, None),  # below: nothing is raised
        (10, {}, {}, ["raise"]),
        (12, {"value": 12}, {}, []),  # it lasts, and nothing is new
        (15, {"value": 12}, {}, ["update"]),
        (9, {"value": 9}, {}, []),  # below, and not well below
        (8, {"value": 12}, {}, ["update"]),  # well below: it has to stay there
        (8, {"calm_since": minutes(4)}, {}, ["update"]),
        (8, {"calm_since": minutes(5)}, {}, ["end"]),
        (0, {"calm_since": minutes(5)}, {}, ["end"]),
        (9, {"calm_since": minutes(4), "value": 9}, {}, ["update"]),  # up again: it begins anew
        (12, {"raised_at": minutes(29)}, {}, []),
        (12, {"raised_at": minutes(30)}, {}, ["escalate"]),
        (12, {"raised_at": minutes(90), "acknowledged_at": minutes(60)}, {}, []),
        (12, {"raised_at": minutes(90), "escalated_at": minutes(60)}, {}, []),
        (12, {"raised_at": minutes(90), "snoozed_until": NOW + timedelta(minutes=1)}, {}, []),
        (12, {"raised_at": minutes(90), "snoozed_until": NOW}, {}, ["wake"]),
        # Whoever was asked again when it woke has their time from then.
        (12, {"raised_at": minutes(90), "woke_at": minutes(29)}, {}, []),
        (12, {"raised_at": minutes(90), "woke_at": minutes(30)}, {}, ["escalate"]),
        (12, {"value": 12}, {"active": False}, ["end"]),
        (
            12,
            {"value": 12},
            {"location": "lille", "region": None},
            ["end"],
        ),  # out of its scope: what is measured there is no longer its figure
    ],
)
def test_what_becomes_of_one_thing(value: int, standing: Any, rule: Any, expected: list[str] | None) -> None:
    held = [] if expected is None or expected == ["raise"] else [msgspec.structs.replace(OPEN, **standing)]
    readings = [Reading("late", "lyon", "lyon", value, region="sud")] if value else []
    found = judge([msgspec.structs.replace(RULE, **rule)], readings, held, ALL, NOW)
    assert [change.what for change in found] == (expected or [])


def test_what_was_not_looked_at_neither_ends_nor_calms() -> None:
    held = [msgspec.structs.replace(OPEN, calm_since=minutes(9))]
    assert judge([RULE], [], held, ALL - {"late"}, NOW) == []
    assert [change.because for change in judge([RULE], [], held, ALL, NOW)] == ["calm"]


def test_a_rule_speaks_of_its_own_scope_and_each_rule_for_itself() -> None:
    readings = [
        Reading("late", place, place, 20, region=region) for place, region in (("lyon", "sud"), ("lille", "nord"))
    ]
    scopes: list[tuple[dict[str, str], set[str]]] = [
        ({}, {"lyon", "lille"}), ({"region": "sud"}, {"lyon"}), ({"location": "lille"}, {"lille"}),
    ]  # fmt: skip
    for scope, expected in scopes:
        rule = msgspec.structs.replace(RULE, **scope)
        assert {change.reading.subject for change in judge([rule], readings, [], ALL, NOW)} == expected
    both = [RULE, msgspec.structs.replace(RULE, id=UUID(int=9), region="sud")]
    assert len(judge(both, readings, [], ALL, NOW)) == 3


def test_a_rule_that_comes_along_leaves_to_the_house_s_own_what_these_cover() -> None:
    readings = [
        Reading("late", place, place, 20, region=region) for place, region in (("lyon", "sud"), ("lille", "nord"))
    ]

    def speaking(*rows: AlertRule) -> set[tuple[UUID, str]]:
        return {(change.rule.id, change.reading.subject) for change in judge(overlaid(rows), readings, [], ALL, NOW)}

    usual = built_in("late")
    assert speaking() == {(usual.id, "lyon"), (usual.id, "lille")}
    assert speaking(msgspec.structs.replace(RULE, region="sud")) == {(RULE.id, "lyon"), (usual.id, "lille")}
    # A rule of one's own that is off is silence that somebody wants; so is the one that came along, switched off.
    assert speaking(msgspec.structs.replace(RULE, region="sud", active=False)) == {(usual.id, "lille")}
    assert speaking(msgspec.structs.replace(usual, active=False, version=1)) == set()
    assert speaking(msgspec.structs.replace(usual, threshold=21, version=1)) == set()
    # What it had said of such a thing is over, and not calm: nobody reads "0 late" where twenty are.
    held = [msgspec.structs.replace(OPEN, rule=usual.id)]
    rules = overlaid([msgspec.structs.replace(RULE, region="sud")])
    changes = [(change.rule.id, change.what, change.because) for change in judge(rules, readings[:1], held, ALL, NOW)]
    assert changes == [(RULE.id, "raise", ""), (usual.id, "end", "not_watched")]
    assert len(overlaid([])) == len(BUILT_IN)


def test_an_alert_whose_rule_is_gone_ends_and_tells_those_who_see_its_store() -> None:
    held = [msgspec.structs.replace(OPEN, rule=UUID(int=77), kind="late", location="lyon")]
    (change,) = judge([RULE], [], held, ALL, NOW)
    assert (change.what, change.because, change.reading.location) == ("end", "rule_off", "lyon")
    (calm,) = judge([RULE], [], [msgspec.structs.replace(OPEN, location="lyon")], ALL, NOW)
    assert (calm.what, calm.reading.location) == ("update", "lyon")


def test_every_kind_is_raised_at_its_threshold_updated_and_ended_with_room_to_swing() -> None:
    for rule in BUILT_IN:
        n, place = rule.threshold, "lyon" if KINDS[rule.kind].of == "store" else None
        held = msgspec.structs.replace(OPEN, rule=rule.id, kind=rule.kind, subject="x", value=n, location=place)
        low = n * 4 // 5 if n > 1 else 0

        def said(value: int, *standing: Standing, rule: AlertRule = rule, place: str | None = place) -> list[str]:
            return [
                change.what for change in judge([rule], [Reading(rule.kind, "x", place, value)], standing, ALL, NOW)
            ]

        assert said(n - 1) == [] and said(n) == ["raise"], rule.kind
        quiet = msgspec.structs.replace(held, raised_at=minutes(1))
        assert said(n, quiet) == [] and said(n + 1, quiet) == ["update"], rule.kind
        assert said(low, quiet) == ["update"] and said(low, msgspec.structs.replace(quiet, calm_since=minutes(5))) == [
            "end"
        ]
        if low + 1 < n:
            assert said(low + 1, msgspec.structs.replace(quiet, value=low + 1, calm_since=minutes(5))) == ["update"], (
                "up again"
            )


def test_well_below_is_four_fifths_and_always_below() -> None:
    assert [is_calm(value, 10) for value in (8, 9, 10)] == [True, False, False]
    assert [is_calm(value, 1) for value in (0, 1)] == [True, False]


@pytest.mark.parametrize(
    ("quiet", "now", "expected"),
    [
        ((1260, 480), datetime(2026, 11, 20, 19, 59, tzinfo=UTC), datetime(2026, 11, 20, 19, 59, tzinfo=UTC)),
        ((1260, 480), datetime(2026, 11, 20, 20, 0, tzinfo=UTC), datetime(2026, 11, 21, 7, 0, tzinfo=UTC)),
        ((1260, 480), datetime(2026, 11, 21, 6, 59, tzinfo=UTC), datetime(2026, 11, 21, 7, 0, tzinfo=UTC)),
        ((1260, 480), datetime(2026, 11, 21, 7, 0, tzinfo=UTC), datetime(2026, 11, 21, 7, 0, tzinfo=UTC)),
        ((720, 840), datetime(2026, 11, 20, 12, 0, tzinfo=UTC), datetime(2026, 11, 20, 13, 0, tzinfo=UTC)),
        ((1260, 1440), datetime(2026, 11, 20, 22, 0, tzinfo=UTC), datetime(2026, 11, 20, 23, 0, tzinfo=UTC)),
        # The night in which clocks go back is an hour longer.
        ((1260, 480), datetime(2026, 10, 24, 20, 0, tzinfo=UTC), datetime(2026, 10, 25, 7, 0, tzinfo=UTC)),
    ],
)
def test_quiet_hours_are_the_store_s(quiet: tuple[int, int], now: datetime, expected: datetime) -> None:
    rule = msgspec.structs.replace(RULE, quiet_from=quiet[0], quiet_until=quiet[1])
    assert speaks_at(rule, "Europe/Paris", now) == expected


def test_whoever_is_to_answer_has_their_time_from_when_they_were_told() -> None:
    rule = msgspec.structs.replace(RULE, quiet_from=1260, quiet_until=480)
    told = speaks_at(rule, "Europe/Paris", datetime(2026, 11, 20, 22, 0, tzinfo=UTC))
    after = [is_overdue(rule, told, datetime(2026, 11, 21, 7, minute, tzinfo=UTC)) for minute in (0, 29, 30)]
    assert after == [False, False, True]
    assert not is_overdue(msgspec.structs.replace(rule, escalate_after=None), told, NOW + timedelta(days=9))


def test_an_alert_is_said_in_a_sentence_with_its_place_and_its_figure() -> None:
    for value, lang, expected in (
        (1, "fr", "Lyon\xa0: 1 commande est en retard ou le sera bientôt"), (0, "fr", "Lyon\xa0: 0 commande est en retard ou le sera bientôt"),
        (7, "en", "Lyon: 7 orders are late or soon will be"),
    ):  # fmt: skip
        assert sentence("late", "Lyon", "", value, lang) == expected
    assert (
        sentence("pickup", "Lyon", "mondial_relay", 2, "en")
        == "Lyon, Mondial Relay: 2 parcels will not be ready for the pickup"
    )
    assert sentence("channel", "", "", 20, "en") == "What the shop sends has waited for 20 min"
    assert [duration(n, "fr") for n in (99, 100, 120, 2879, 2880)] == ["99 min", "1 h 40", "2 h", "47 h 59", "2 jours"]


def test_a_spike_is_a_spike_against_one_s_own_usual_and_two_missing_articles_are_none() -> None:
    assert [spike(2, 0.1), spike(3, 0.1), spike(6, 2.0), spike(6, 6.0)] == [0, 300, 300, 100]


def test_a_store_is_silent_while_it_is_open_and_from_its_opening_on() -> None:
    windows = ((600, 1200), (2040, 2640))
    assert [silent_for(windows, at, seen) for at, seen in ((620, 100), (620, 615), (620, 630), (1200, 0), (1300, 0))] == [20, 5, 0, 0, 0]  # fmt: skip
