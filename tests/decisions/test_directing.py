"""Which articles a store counts next: by shorts, find rate, over-promised units, age of the last count and value."""

from datetime import UTC, datetime, timedelta

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
        Directed("OFTEN-SHORT", 79, Cause.SHORTS),
        Directed("SELDOM-FOUND", 52, Cause.NOT_FOUND),
        Directed("NEVER-COUNTED", 44, Cause.LONG_AGO),
        Directed("OVER-PROMISED", 30, Cause.OVER_PROMISED),
        Directed("DEAR", 20, Cause.VALUE),
    )


def test_the_list_has_an_end_and_the_same_figures_give_the_same_list() -> None:
    rows = [Candidate(f"SKU-{n}", 1, 0, 100) for n in range(9)]
    assert direct(rows, NOON, 3) == direct(reversed(rows), NOON, 3)
    assert [one.sku for one in direct(rows, NOON, 3)] == ["SKU-0", "SKU-1", "SKU-2"]


def test_two_tries_say_nothing_of_a_shelf_and_no_reason_outgrows_all_others() -> None:
    assert direct([Candidate("TRIED-TWICE", 1, 0, 100, tries=2, found=0, counted_at=NOON)], NOON) == ()
    assert direct([Candidate("ALWAYS-SHORT", 0, 90, 10**7, shorts=90, tries=9)], NOON)[0].urgency == 100 + 60 + 50 + 40


def test_where_a_figure_goes_by_its_difference_in_units_and_in_money() -> None:
    asked = CountStatus.ASKED
    assert submit(asked, Found(18, 20, 9900)) is CountStatus.APPROVED
    assert submit(asked, Found(18, 20, 9900, moved=True)) is CountStatus.SUBMITTED
    assert submit(asked, Found(20, 20, 9900, moved=True)) is CountStatus.APPROVED
    assert submit(asked, Found(12, 20, 9900)) is CountStatus.SUBMITTED
    assert submit(asked, Found(10, 20, 9900)) is CountStatus.RECOUNT
    assert submit(asked, Found(12, 20, 30_000)) is CountStatus.RECOUNT
    assert submit(CountStatus.RECOUNT, Found(10, 20, 9900, others=True)) is CountStatus.SUBMITTED
