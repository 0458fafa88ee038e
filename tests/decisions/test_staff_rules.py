"""What wrong PINs cost, who may change whom, and what a secret looks like."""

from datetime import UTC, datetime, timedelta

import pytest

from comptoir.kit.actor import Actor
from comptoir.kit.errors import Forbidden, Invalid
from comptoir.staff import rules, secrets

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MANAGER = Actor("m", "store_manager", ("lyon",))
REGION = Actor("r", "regional_manager", ("lyon", "lille"))
HEAD = Actor("h", "head_office", None)


def failures(count: int, at: datetime = NOON) -> list[datetime]:
    return [at] * count


def test_four_wrong_pins_cost_nothing() -> None:
    assert rules.wait_until(failures(4), rules.FREE_ON_A_DEVICE, NOON) is None


@pytest.mark.parametrize(("count", "minutes"), [(5, 1), (6, 5), (7, 15), (8, 30), (9, 60), (50, 60)])
def test_each_further_one_costs_more_up_to_an_hour(count: int, minutes: int) -> None:
    assert rules.wait_until(failures(count), rules.FREE_ON_A_DEVICE, NOON) == NOON + timedelta(minutes=minutes)


def test_what_is_a_day_old_is_forgotten() -> None:
    assert rules.wait_until(failures(9), rules.FREE_ON_A_DEVICE, NOON + timedelta(hours=24)) is None


def test_a_day_of_guessing_on_a_device_finds_a_six_digit_pin_less_than_once_in_ten_thousand() -> None:
    now, tried = NOON, list[datetime]()
    while now < NOON + timedelta(hours=24):
        until = rules.wait_until(tried, rules.FREE_ON_A_DEVICE, now)
        if until is None:
            tried.append(now)
        now = until or now + timedelta(milliseconds=1)
    assert len(tried) / 1_000_000 < 1e-4


def test_a_store_manager_changes_the_associates_of_her_store_only() -> None:
    rules.may_change(MANAGER, "associate", ("lyon",))
    for role, places in (
        ("store_manager", ("lyon",)),
        ("associate", ("lille",)),
        ("associate", ("lyon", "lille")),
        ("associate", ()),
    ):
        with pytest.raises(Forbidden):
            rules.may_change(MANAGER, role, places)  # type: ignore[arg-type]


def test_a_regional_manager_changes_the_store_managers_of_the_region() -> None:
    rules.may_change(REGION, "store_manager", ("lille",))
    with pytest.raises(Forbidden):
        rules.may_change(REGION, "regional_manager", ("lille",))


def test_head_office_changes_everybody() -> None:
    rules.may_change(HEAD, "head_office", ())


def test_a_role_comes_with_what_it_needs() -> None:
    for role, email, region, places in (
        ("associate", None, None, ()), ("regional_manager", "a@b.fr", None, ()), ("head_office", None, None, ()),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            rules.check_person(role, email, region, places)  # type: ignore[arg-type]


def test_a_weak_hash_is_known_by_what_it_says_itself() -> None:
    assert secrets.is_weak(secrets.hash_pin_now("418273", secrets.CHEAP))
    assert not secrets.is_weak(secrets.hash_pin_now("418273"))


def test_a_made_pin_is_none_that_people_try_first() -> None:
    assert secrets.pin_from(bytes(8)) == "748205"
    assert all(len(set(secrets.pin_from(bytes([n]) * 32))) > 2 for n in range(256))


def test_a_code_is_read_as_people_type_it() -> None:
    assert secrets.plain_code(" abcd-2345 ") == "ABCD2345"


@pytest.mark.parametrize("code", ["", "U:", "u:ORME-1001", "B:0412", "U:ORME-1001\n2", "U:" + "x" * 65, "U:é" * 3])
def test_what_is_no_badge_is_refused(code: str) -> None:
    with pytest.raises(Invalid):
        secrets.badge_digest(code)
