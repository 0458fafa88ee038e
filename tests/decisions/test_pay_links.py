"""A link to pay: when one is made, what an answer about it means; and which credit pays for an order. Plain values."""

from datetime import UTC, datetime, timedelta

import pytest

from comptoir.flows.pay_with_credit import most_of
from comptoir.flows.use_credit import fault_of
from comptoir.kit.errors import Conflict
from comptoir.kit.ids import new_id
from comptoir.payments.links import LATER, SOON, Link, LinkSaid, Over, Paid, PayLink, State, ends_at, settle
from comptoir.payments.model import Again, InDoubt, NotMine, Refused
from comptoir.returns.credit_sql import Credit

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def link(state: State = "open", tries: int = 1, ends: timedelta = 23 * HOUR) -> PayLink:
    made = new_id()
    return PayLink(made, made, "R-AAAAAA-DUE", "acc", 500, state, "https://pay", "cs_1", tries, NOON, NOON + ends)


def test_a_link_lasts_a_day_at_most_and_none_is_made_for_the_last_half_hour() -> None:
    assert ends_at(NOON + 48 * HOUR, NOON) == NOON + 23 * HOUR
    assert ends_at(NOON + 2 * HOUR, NOON) == NOON + 2 * HOUR
    assert (ends_at(NOON + timedelta(minutes=34), NOON), ends_at(None, NOON)) == (None, None)


def test_what_was_paid_is_paid_whatever_we_had_wished_of_the_link() -> None:
    for state in ("open", "closing", "due"):
        assert settle(link(state), LinkSaid.of(Paid("pi_1", 500)), NOON).state == "paid"


def test_what_an_answer_makes_of_a_link() -> None:
    said = LinkSaid.of
    made = settle(link("due"), said(Link("cs_2", "https://new")), NOON)
    assert (made.state, made.reference, made.url, made.next_at) == ("open", "cs_2", "https://new", NOON + SOON)
    assert settle(link(tries=31), said(Link("cs_1")), NOON).next_at == NOON + LATER
    assert settle(link("closing"), said(Link("cs_1")), NOON).state == "closing"
    assert settle(link(), said(Over()), NOON).state == "closed"
    assert [settle(link(state), said(Refused("no")), NOON).state for state in ("due", "open")] == ["failed", "closed"]
    assert settle(link("due"), said(NotMine()), NOON).state == "failed"
    # In doubt the same key is asked again, until there is no time left for a link.
    for answer in (Again("busy", 60.0), InDoubt("timed_out")):
        waits = settle(link("due"), said(answer), NOON)
        assert waits.state == "due" and waits.next_at is not None and waits.next_at > NOON
        assert settle(link("due", ends=HOUR / 4), said(answer), NOON).state == "failed"
        assert settle(link("open", ends=-HOUR), said(answer), NOON).state == "open"


def test_a_credit_pays_for_an_order_that_names_its_use_and_nothing_else() -> None:
    assert fault_of("captured", 500, "EUR", (500, "EUR")) is None
    for state, used, code in (
        ("authorized", (500, "EUR"), "credit_not_captured"), ("captured", None, "credit_not_used"),
        ("captured", (499, "EUR"), "credit_not_used"), ("captured", (500, "CHF"), "credit_not_used"),
    ):  # fmt: skip
        fault = fault_of(state, 500, "EUR", used)
        assert fault is not None and fault.code == code


def test_a_credit_pays_as_far_as_it_reaches_in_its_own_currency() -> None:
    def credit(left: int, currency: str = "EUR") -> Credit:
        return Credit(new_id(), new_id(), None, 1000, left, currency)

    assert [most_of(credit(left), 500, "EUR") for left in (1000, 500, 20)] == [500, 500, 20]
    for held, code in ((credit(0), "credit_empty"), (credit(10, "CHF"), "credit_other_currency")):
        with pytest.raises(Conflict, match=code):
            most_of(held, 500, "EUR")
