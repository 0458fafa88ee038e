"""The till feed's rules, on plain values."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from comptoir.kit.errors import Conflict, Invalid
from comptoir.stock.adjusting import AdjustReason, deltas, fits
from comptoir.stock.count_rules import needs_nobody
from comptoir.stock.counting import COUNT, CountStatus, Found, submit
from comptoir.stock.feed import (
    Known,
    MovementOutcome,
    Problem,
    ReportedMovement,
    Standing,
    correct,
    read_movement,
    sort_movements,
    spelled,
    take_back_late,
)
from comptoir.stock.imports import Fault, Row, parse, resolve
from comptoir.stock.model import Fact, Level, Movement

NOON = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
DERBY = "DERBY-HELENE-NOIR-39"
KNOWN = Known(frozenset({DERBY}), {"03700000000013": DERBY, "ORME-17": DERBY}, frozenset({"lyon-part-dieu"}))


def sale(**changes: object) -> ReportedMovement:
    """One pair sold over the counter at noon."""
    line = ReportedMovement(UUID(int=1), "lyon-part-dieu", "till_sale", 1, NOON, sku=DERBY)
    return msgspec.structs.replace(line, **changes)


def test_a_till_sale_takes_units_from_what_is_on_hand() -> None:
    read = read_movement(sale(quantity=2), KNOWN, NOON)
    assert isinstance(read, Movement)
    assert (read.fact, read.on_hand, read.happened_at) == (Fact.TILL_SALE, -2, NOON)


@pytest.mark.parametrize(
    ("line", "units"),
    [
        (sale(fact="till_return"), 1),
        (sale(fact="receipt", quantity=24), 24),
        (sale(fact="adjustment", quantity=-3, reason="lost"), -3),
        (sale(sku=None, barcode="3700000000013"), -1),
        (sale(sku=None, barcode="ORME-17"), -1),
    ],
)
def test_what_is_reported_becomes_signed_units(line: ReportedMovement, units: int) -> None:
    read = read_movement(line, KNOWN, NOON)
    assert isinstance(read, Movement)
    assert read.on_hand == units


@pytest.mark.parametrize(
    ("line", "code", "status"),
    [
        (sale(location="paris-haussmann"), "unknown_location", 404),
        (sale(sku="NOBODY-KNOWS"), "unknown_sku", 404),
        (sale(sku=None, barcode="3700000000020"), "unknown_sku", 404),
        (sale(barcode="3700000000013"), "sku_or_barcode", 422),
        (sale(sku=None), "sku_or_barcode", 422),
        (sale(quantity=0), "quantity_out_of_range", 422),
        (sale(quantity=-1), "quantity_out_of_range", 422),
        (sale(fact="adjustment"), "reason_missing", 422),
        (sale(happened_at=NOON + timedelta(hours=1)), "in_the_future", 422),
    ],
)
def test_a_line_that_cannot_be_applied_says_why(line: ReportedMovement, code: str, status: int) -> None:
    read = read_movement(line, KNOWN, NOON)
    assert isinstance(read, Problem)
    assert (read.code, read.status) == (code, status)


def test_a_line_that_the_ledger_has_is_passed_over() -> None:
    kept = read_movement(sale(), KNOWN, NOON)
    assert isinstance(kept, Movement)
    fresh, outcomes = sort_movements([sale()], KNOWN, {UUID(int=1): kept}, NOON)
    assert (fresh, outcomes) == ([], [MovementOutcome(UUID(int=1), "again")])


def test_a_known_id_with_other_content_is_told() -> None:
    kept = read_movement(sale(), KNOWN, NOON)
    assert isinstance(kept, Movement)
    _, outcomes = sort_movements([sale(quantity=2)], KNOWN, {UUID(int=1): kept}, NOON)
    assert outcomes[0].problem is not None
    assert (outcomes[0].problem.code, outcomes[0].problem.status) == ("id_reused", 409)


def test_a_line_twice_in_one_report_counts_once() -> None:
    fresh, outcomes = sort_movements([sale(), sale()], KNOWN, {}, NOON)
    assert ([m.on_hand for m in fresh], [o.status for o in outcomes]) == ([-1], ["applied", "again"])


def test_a_bad_line_leaves_its_neighbors_alone() -> None:
    fresh, outcomes = sort_movements([sale(quantity=0), sale(id=UUID(int=2))], KNOWN, {}, NOON)
    assert ([m.id for m in fresh], [o.status for o in outcomes]) == ([UUID(int=2)], ["problem", "applied"])


def test_a_barcode_has_one_spelling_whatever_its_length() -> None:
    assert {spelled(code) for code in ("3700000000013", "03700000000013")} == {"03700000000013"}


def test_a_figure_is_applied_as_its_difference_to_what_the_ledger_said_then() -> None:
    # Ten on hand now, two sold since the figure was taken: the ledger said twelve, the figure says eleven.
    movement, outcome = correct(DERBY, "lyon-part-dieu", 11, NOON, Standing(10, -2, None))
    assert movement is not None
    assert (movement.on_hand, movement.happened_at, outcome.difference) == (-1, NOON, -1)


def test_a_figure_older_than_the_last_one_is_ignored_and_told() -> None:
    later = NOON + timedelta(hours=1)
    movement, outcome = correct(DERBY, "lyon-part-dieu", 11, NOON, Standing(10, 0, later))
    assert (movement, outcome.status, outcome.last_as_of) == (None, "older", later)


def test_the_same_figure_again_changes_nothing() -> None:
    movement, outcome = correct(DERBY, "lyon-part-dieu", 12, NOON, Standing(10, -2, NOON))
    assert (movement, outcome.status) == (None, "again")


def test_another_figure_for_the_same_moment_is_told() -> None:
    movement, outcome = correct(DERBY, "lyon-part-dieu", 13, NOON, Standing(10, -2, NOON))
    assert outcome.problem is not None
    assert (movement, outcome.problem.code) == (None, "as_of_reused")


def test_a_figure_that_is_right_is_kept_as_evidence() -> None:
    movement, outcome = correct(DERBY, "lyon-part-dieu", 12, NOON, Standing(10, -2, None))
    assert movement is not None
    assert (movement.on_hand, outcome.status) == (0, "applied")


def test_a_sale_from_before_the_last_figure_is_taken_back_at_its_moment() -> None:
    late = Movement(DERBY, "lyon-part-dieu", Fact.TILL_SALE, on_hand=-1, happened_at=NOON - timedelta(minutes=1))
    beside = take_back_late(late, NOON, Fact.COUNT)
    assert beside is not None
    assert (beside.fact, beside.on_hand, beside.happened_at) == (Fact.COUNT, 1, NOON)


def test_a_sale_after_the_last_figure_stands() -> None:
    sold = Movement(DERBY, "lyon-part-dieu", Fact.TILL_SALE, on_hand=-1, happened_at=NOON + timedelta(minutes=1))
    assert take_back_late(sold, NOON, Fact.SNAPSHOT) is None


@pytest.mark.parametrize(
    ("counted", "expected", "small"),
    [(7, 9, True), (6, 9, False), (72, 80, True), (71, 80, False), (90, 100, False), (0, 2, True), (3, 0, False)],
)  # fmt: skip
def test_a_small_difference_needs_nobodys_approval(counted: int, expected: int, small: bool) -> None:
    assert needs_nobody(counted, expected, 9_900) is small


def test_a_large_difference_waits_for_the_manager() -> None:
    assert submit(CountStatus.ASKED, Found(2, 9, 9900)) is CountStatus.SUBMITTED


def test_a_figure_for_a_count_that_is_over_is_refused() -> None:
    with pytest.raises(Conflict, match="not_now"):
        submit(CountStatus.APPROVED, Found(2, 2, 9900))


def test_every_state_of_a_count_but_the_last_ones_has_a_way_on() -> None:
    ends = {status for status in CountStatus if not COUNT.actions(status)}
    assert ends == {CountStatus.APPROVED, CountStatus.CANCELED}


def test_damaged_units_leave_the_shelf_and_stay_in_the_building() -> None:
    assert deltas(AdjustReason.DAMAGED, 2) == (-2, 2)


def test_units_that_are_set_aside_for_a_customer_cannot_be_lost_from_the_shelf() -> None:
    with pytest.raises(Conflict, match="not_that_many"):
        fits(Level(DERBY, "lyon-part-dieu", 10, 8, 8), *deltas(AdjustReason.LOST, 3))


def test_no_more_can_be_destroyed_than_is_unsellable() -> None:
    with pytest.raises(Conflict, match="not_that_many"):
        fits(Level(DERBY, "lyon-part-dieu", 10, 0, 0, 1), *deltas(AdjustReason.DESTROYED, 2))


@pytest.mark.parametrize(
    "body",
    [
        b"location;sku;on_hand\nlyon-part-dieu;A;3\n",
        b"location,sku,on_hand\r\nlyon-part-dieu,A,3\r\n",
        b"\xef\xbb\xbfon_hand;sku;location\n3;A;lyon-part-dieu",
        b'"location";"sku";"on_hand"\n"lyon-part-dieu";"A";"3"\n\n',
        "location;sku;on_hand;magasin\nlyon-part-dieu;A;3;Lyon Perrache été\n".encode("latin-1"),
        "location;sku;on_hand\nlyon-part-dieu;A;\u00a03\u00a0\n".encode(),
    ],
)
def test_a_stock_file_is_read_as_spreadsheets_write_it(body: bytes) -> None:
    assert parse(body) == ((Row(2, "lyon-part-dieu", "A", "", 3, None),), ())


def test_bad_rows_are_told_by_line_and_reason() -> None:
    body = b"location;sku;on_hand;safety_stock\nl;A;x;\nl;A;3;-1\nl;;3;\nl;A\n;A;3;\nl;A;12345678;\nl;A;3;1\n"
    rows, faults = parse(body)
    assert [row.line for row in rows] == [8]
    assert [(fault.line, fault.reason) for fault in faults] == [
        (2, "not_a_number"), (3, "not_a_number"), (4, "sku_missing"), (5, "wrong_number_of_columns"),
        (6, "location_missing"), (7, "not_a_number"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "column_missing"),
        (b"sku;on_hand\nA;3", "column_missing"),
        (b"location;on_hand\nl;3", "column_missing"),
        (b"location;sku;on_hand\n\0;A;3", "bad_text"),
        (b"x" * 10_000_001, "too_large"),
        (b"location,sku,on_hand\n" + b"l,A,1\n" * 100_001, "too_many_rows"),
        (b'location,sku,on_hand\n"' + b"l" * 200_000 + b'",A,1\n', "not_csv"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        parse(body)


def test_rows_that_name_nothing_or_come_twice_are_told() -> None:
    rows = [
        Row(2, "l", "A", "", 1, None), Row(3, "l", "A", "", 2, None), Row(4, "m", "A", "", 1, None),
        Row(5, "l", "B", "", 1, None), Row(6, "l", "", "3700000000013", 4, None),
    ]  # fmt: skip
    found, faults = resolve(rows, {"A", "C"}, {"03700000000013": "C"}, {"l"})
    assert {key: row.on_hand for key, row in found.items()} == {("A", "l"): 1, ("C", "l"): 4}
    assert faults == [Fault(3, "comes_twice", "A l"), Fault(4, "unknown_location", "m"), Fault(5, "unknown_sku", "B")]
