"""A message goes on to the next medium until somebody has it, and ends red on a screen when nobody can."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from comptoir.notifications.escalating import HELD_UP, PATIENCE, End, Send, Try, Wait, next_move
from comptoir.notifications.model import Medium

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PLAN: tuple[Medium, ...] = ("push", "sms", "email")
A_DAY = NOW + timedelta(days=1)


def tried(medium: Medium, outcome: Any = None, ago: float = 0, **more: Any) -> Try:
    """A try that began `ago` minutes before NOW and ended at once, if it ended."""
    at = NOW - timedelta(minutes=ago)
    return Try(medium, at, outcome, at if outcome else None, **more)


def test_the_first_medium_comes_first() -> None:
    assert next_move(PLAN, (), A_DAY, NOW) == Send("push")


def test_an_accepted_push_is_given_two_minutes_then_the_phone_is_written_to() -> None:
    assert next_move(PLAN, (tried("push", "accepted", 1),), A_DAY, NOW) == Wait(NOW + timedelta(minutes=1), sent=True)
    assert next_move(PLAN, (tried("push", "accepted", 2),), A_DAY, NOW) == Send("sms")


def test_a_receipt_ends_it_though_a_later_medium_has_begun() -> None:
    tries = (tried("push", "accepted", 5, receipt="delivered"), tried("sms", "busy"))
    assert next_move(PLAN, tries, A_DAY, NOW) == End("delivered")


def test_whoever_opened_it_has_it_even_if_a_carrier_says_no() -> None:
    tries = (tried("sms", "accepted", 5, receipt="failed"), tried("email", "accepted", 1, receipt="seen"))
    assert next_move(PLAN, tries, A_DAY, NOW) == End("seen")


def test_a_mail_that_its_server_put_off_has_not_arrived_after_a_day() -> None:
    silent, put_off = (tried("email", "accepted", 24 * 60, code=code) for code in ("brevo_spam", HELD_UP))
    assert next_move(("email", "sms"), (silent,), A_DAY, NOW) == End("delivered", "no_bounce")
    assert next_move(("email", "sms"), (put_off,), A_DAY, NOW) == Send("sms")
    assert next_move(("email",), (put_off,), A_DAY, NOW) == End("failed", HELD_UP)


def test_what_is_refused_goes_on_at_once() -> None:
    assert next_move(PLAN, (tried("push", "refused", code="gone"),), A_DAY, NOW) == Send("sms")


def test_a_busy_provider_is_asked_again_later_and_later_and_given_up_in_time() -> None:
    assert next_move(("sms", "email"), (tried("sms", "busy"),), A_DAY, NOW) == Wait(NOW + timedelta(seconds=5))
    assert next_move(("sms", "email"), (tried("sms", "busy", 1),), A_DAY, NOW) == Send("sms")
    tries = tuple(tried("sms", "busy", ago) for ago in (4.9, 4.8, 4.6, 4.3, 3.6, 2.3))
    assert next_move(("sms", "email"), tries, A_DAY, NOW) == Send("email")


def test_a_provider_that_names_a_time_is_not_asked_before_it() -> None:
    asked = NOW + timedelta(minutes=3)
    assert next_move(("sms",), (tried("sms", "busy", 0, not_before=asked),), A_DAY, NOW) == Wait(asked)


def test_an_unknown_outcome_is_repeated_only_where_a_key_makes_one_of_both() -> None:
    assert next_move(("push", "sms"), (tried("push", "unknown", 1),), A_DAY, NOW) == Send("push")
    assert next_move(("sms", "email"), (tried("sms", "unknown", 1),), A_DAY, NOW) == Send("email")
    assert next_move(("sms", "email"), (tried("sms", None, 1),), A_DAY, NOW) == Send("email")
    assert next_move(("email",), (tried("email", "unknown", 1),), A_DAY, NOW) == End("failed", "unknown_outcome")


def test_mail_that_did_not_bounce_in_a_day_is_delivered_as_far_as_anybody_can_know() -> None:
    tries = (tried("email", "accepted", 24 * 60),)
    assert next_move(("email",), tries, A_DAY, NOW) == End("delivered", "no_bounce")


def test_mail_that_bounced_is_red_when_nothing_is_left() -> None:
    tries = (tried("email", "accepted", 60, receipt="failed", code="mailbox_unknown"),)
    assert next_move(("email",), tries, A_DAY, NOW) == End("failed", "mailbox_unknown")


def test_after_its_time_nothing_new_is_tried() -> None:
    assert next_move(PLAN, (), NOW, NOW) == End("failed", "too_late")
    assert next_move(PLAN, (tried("push", "refused", 1, code="gone"),), NOW, NOW) == End("failed", "too_late")


def test_with_no_medium_at_all_it_is_red() -> None:
    assert next_move((), (), A_DAY, NOW) == End("failed", "no_medium")


@given(st.data())
def test_whatever_providers_do_it_ends_and_nothing_unkeyed_is_sent_twice_in_doubt(data: st.DataObject) -> None:
    plan = tuple(data.draw(st.permutations(PLAN)))[: data.draw(st.integers(1, 3))]
    useful, now = NOW + timedelta(minutes=data.draw(st.integers(1, 2000))), NOW
    tries: list[Try] = []
    for _ in range(400):
        move = next_move(plan, tuple(tries), useful, now)
        if isinstance(move, End):
            break
        if isinstance(move, Wait):
            assert move.until > now
            now = move.until
            if tries and tries[-1].outcome == "accepted" and data.draw(st.booleans()):
                last = tries.pop()
                tries.append(Try(last.medium, last.begun_at, last.outcome, last.ended_at, "x", data.draw(st.sampled_from(["delivered", "failed", "seen"]))))  # fmt: skip
            continue
        doubt = [one for one in tries if one.medium == move.medium and one.outcome in (None, "unknown", "accepted")]
        assert not doubt or PATIENCE[move.medium].keyed
        assert now < useful
        outcome = data.draw(st.sampled_from(["accepted", "refused", "busy", "unknown", None]))
        tries.append(Try(move.medium, now, outcome, now if outcome else None))
        now += timedelta(seconds=1)
    else:
        raise AssertionError(f"never ends: {tries[-3:]}")
