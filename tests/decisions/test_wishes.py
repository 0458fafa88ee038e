"""What a customer switched off is left out, what the contract needs reaches them all the same, and nobody is asked at night."""

from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comptoir.kit.errors import Invalid
from comptoir.notifications.model import Draft, Medium, OrderFacts, Topic
from comptoir.notifications.planning import COURSES, NEEDED, TOPIC_OF, media_of, plan_for, why_no_way
from comptoir.notifications.surveying import survey_due
from comptoir.notifications.wishing import OFFERED, check, switches

ALL: tuple[Medium, ...] = ("push", "sms", "email")


def facts(*, phone: bool = True, email: bool = True, push: bool = True, off: Any = None) -> OrderFacts:
    return OrderFacts(
        UUID(int=1), "W-1", "fr", "EUR", "fulfilled", "", has_phone=phone, has_email=email, erased=False, articles={}, works=(),
        has_push=push, off=off or {},
    )  # fmt: skip


def test_every_template_is_on_a_topic_but_the_link_a_recall_and_what_another_person_gets() -> None:
    assert COURSES.keys() - TOPIC_OF.keys() == {"link", "collector", "withdrawal_received", "recall", "recall_stopped"}
    assert set(TOPIC_OF.values()) == set(get_args(Topic)) == OFFERED.keys()


@pytest.mark.parametrize(
    ("template", "off", "plan"),
    [
        ("ready", {}, ("push", "sms", "email")),
        ("ready", {"ready": ("sms",)}, ("push", "email")),
        ("reminder", {"ready": ("push", "email")}, ("sms",)),
        ("ready", {"changes": ALL, "papers": ALL, "survey": ALL}, ("push", "sms", "email")),
        ("canceled", {"changes": ("email",)}, ("sms",)),
        ("canceled", {"changes": ("email", "sms")}, ("email", "sms")),
        ("early", {"ready": ("push", "sms")}, ()),
        ("confirmed", {"papers": ("email", "sms")}, ()),
        ("survey", {"survey": ("push",)}, ("email",)),
        ("link", {"papers": ALL, "ready": ALL}, ("email", "sms")),
    ],
)
def test_what_is_switched_off_is_left_out(template: str, off: Any, plan: tuple[Medium, ...]) -> None:
    assert plan_for(Draft(template), facts(off=off)) == plan


REACHES = [frozenset(some) for n in range(1, 4) for some in combinations(ALL, n)]


@given(st.sampled_from(REACHES), st.dictionaries(st.sampled_from(get_args(Topic)), st.sampled_from(REACHES).map(tuple)))
def test_no_wish_hides_goods_that_wait_from_whoever_has_a_number_or_an_address(reach: Any, off: Any) -> None:
    for template in ("ready", "last_day", "short", "canceled"):
        assert media_of(template, reach, off) or not media_of(template, reach, {})


@pytest.mark.parametrize(
    ("template", "known", "why"),
    [
        ("survey", {"off": {"survey": ("push", "email")}}, "unwanted"),
        ("survey", {"push": False, "email": False}, "no_fitting_medium"),
        ("ready", {"push": False, "email": False, "phone": False}, "no_phone_no_email"),
    ],
)
def test_why_nothing_is_sent_is_told_as_it_is(template: str, known: Any, why: str) -> None:
    assert plan_for(Draft(template), facts(**known)) == ()
    assert why_no_way(Draft(template), facts(**known)) == why


@pytest.mark.parametrize("phone", [True, False])
@pytest.mark.parametrize("email", [True, False])
def test_one_of_sms_and_mail_stays_for_what_the_contract_needs(phone: bool, email: bool) -> None:
    shown = switches(phone, email)
    check(shown, shown)
    for topic in NEEDED:
        left = [switch for switch in shown if switch[0] != topic or switch[1] == "push"]
        if phone or email:
            with pytest.raises(Invalid, match="medium_needed"):
                check(shown, left)
        else:
            check(shown, left)
    check(shown, [switch for switch in shown if switch[0] in NEEDED])


GIVEN = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)  # a Friday, 18:00 in Lyon


@pytest.mark.parametrize(
    ("hours", "due"),
    [(1, False), (15.9, False), (16, False), (19.9, False), (20, True), (23.9, True), (24, False), (39.9, False), (40, True), (47.9, True), (48, False), (64, True), (71.9, True), (72, False), (88, False)],
)  # fmt: skip
def test_it_is_asked_by_day_and_neither_at_once_nor_late(hours: float, due: bool) -> None:
    assert survey_due(GIVEN, "Europe/Paris", GIVEN + timedelta(hours=hours)) is due


def test_a_morning_hand_over_is_asked_about_on_the_next_day() -> None:
    morning = GIVEN - timedelta(hours=7)  # 11:00
    assert next(h for h in range(80) if survey_due(morning, "Europe/Paris", morning + timedelta(hours=h))) == 23
