"""Which articles a store counts next: by shorts, find rate, over-promised units, age of the last count and value."""

from datetime import UTC, datetime, timedelta

import pytest

from comptoir.kit.errors import Invalid
from comptoir.stock.count_rules import CountRules, Past, Ways, check, classes, ways
from comptoir.stock.counting import CountStatus, Found, submit
from comptoir.stock.directing import Candidate, Cause, Directed, direct

NOON = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
FRESH = NOON - timedelta(days=2)


def test_what_is_missed_most_is_counted_first_and_what_is_well_known_is_not_counted() -> None:
    rows = [
        Candidate("WELL-KNOWN", 5, 0, 9900, counted_at=FRESH),
        Candidate("NEVER-COUNTED", 5, 0, 9900),
        Candidate("OFTEN-SHORT", 5, 0, 9900, shorts=3, counted_at=FRESH),
        Candidate("SELDOM-FOUND", 5, 0, 9900, tries=10, found=2, counted_at=FRESH),
        Candidate("OVER-PROMISED", 1, 4, 9900, counted_at=FRESH),
        Candidate("DEAR", 30, 0, 9900, counted_at=FRESH),
    ]
    assert direct(rows, NOON) == (
        Directed("OFTEN-SHORT", 80, Cause.SHORTS),
        Directed("SELDOM-FOUND", 53, Cause.NOT_FOUND),
        Directed("NEVER-COUNTED", 44, Cause.LONG_AGO),
        Directed("OVER-PROMISED", 30, Cause.OVER_PROMISED),
    )


def test_the_list_has_an_end_and_the_same_figures_give_the_same_list() -> None:
    rows = [Candidate(f"SKU-{n}", 1, 0, 100) for n in range(9)]
    assert direct(rows, NOON, 3) == direct(reversed(rows), NOON, 3)
    assert [one.sku for one in direct(rows, NOON, 3)] == ["SKU-0", "SKU-1", "SKU-2"]


def test_two_tries_say_nothing_of_a_shelf_and_no_reason_outgrows_all_others() -> None:
    assert direct([Candidate("TRIED-TWICE", 1, 0, 100, tries=2, found=0, counted_at=NOON)], NOON) == ()
    assert direct([Candidate("ALWAYS-SHORT", 0, 90, 10**7, shorts=90, tries=9)], NOON)[0].urgency == 100 + 60 + 50 + 40


def test_an_article_is_due_by_what_it_is_worth_and_never_for_its_worth_alone() -> None:
    rules = CountRules(a_days=10, b_days=100, c_days=400)
    ages = {"A": 10, "A-FRESH": 9, "B": 100, "B-FRESH": 99, "C": 399}
    worth = {"A": 500, "A-FRESH": 400, "B": 40, "B-FRESH": 40, "C": 20}
    rows = [Candidate(sku, 1, 0, worth[sku], counted_at=NOON - timedelta(days=days)) for sku, days in ages.items()]
    assert classes([(row.sku, row.worth_minor) for row in rows], rules) == {
        "A": "a", "A-FRESH": "a", "B": "b", "B-FRESH": "b", "C": "c",
    }  # fmt: skip
    assert [one.sku for one in direct(rows, NOON, 9, rules)] == ["A", "B"]
    dear = Candidate("DEAR", 900, 0, 10**7, counted_at=NOON - timedelta(days=2))
    assert direct([dear], NOON) == ()


def test_where_figures_go_by_other_rules_and_which_rules_contradict_themselves() -> None:
    past = [Past(18, 20, 9900), Past(18, 20, 9900, moved=True), Past(12, 20, 9900), Past(10, 20, 9900)]
    assert ways(past, CountRules()) == Ways(1, 1, 2)
    assert ways(past, CountRules(free_minor=10_000)) == Ways(0, 1, 3)
    assert ways(past, CountRules(free_units=9, large_units=20, large_minor=10**8)) == Ways(2, 0, 2)
    check(CountRules())
    for wrong, field in (
        (CountRules(free_units=10), "large_units"), (CountRules(free_minor=150_000), "large_minor"),
        (CountRules(a_percent=96), "b_percent"), (CountRules(a_days=61), "b_days"), (CountRules(b_days=121), "c_days"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            check(wrong)
        assert refused.value.facts == {"field": field}


def test_where_a_figure_goes_by_its_difference_in_units_and_in_money() -> None:
    asked = CountStatus.ASKED
    assert submit(asked, Found(18, 20, 9900)) is CountStatus.APPROVED
    assert submit(asked, Found(18, 20, 9900, moved=True)) is CountStatus.SUBMITTED
    assert submit(asked, Found(20, 20, 9900, moved=True)) is CountStatus.APPROVED
    assert submit(asked, Found(12, 20, 9900)) is CountStatus.SUBMITTED
    assert submit(asked, Found(10, 20, 9900)) is CountStatus.RECOUNT
    assert submit(asked, Found(12, 20, 30_000)) is CountStatus.RECOUNT
    # Two units are few and ten per cent is little: not where they are worth as much as a large difference.
    assert submit(asked, Found(18, 20, 90_000)) is CountStatus.RECOUNT
    assert submit(asked, Found(450, 500, 100)) is CountStatus.RECOUNT
    assert submit(CountStatus.RECOUNT, Found(10, 20, 9900, others=True)) is CountStatus.SUBMITTED
