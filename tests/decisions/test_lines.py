"""A line of the last hours: what stores came to together, up to now, broken where nobody knows."""

from comptoir.tower.lines import BACK, lines, together

AT = 100_000


def test_a_line_is_the_sum_of_ones_own_stores_and_ends_in_what_is_now() -> None:
    readings = {
        AT - 30: {"a": [1, 0, 2, 0, 0, 0, 0], "b": [9, 9, 9, 9, 9, 9, 9]},
        AT - 15: {"a": [3, 0, 1, 0, 0, 0, 0]},
    }
    assert together(readings, ["a"]) == [(AT - 30, [1, 0, 2, 0, 0, 0, 0]), (AT - 15, [3, 0, 1, 0, 0, 0, 0])]
    assert together(readings, None)[0] == (AT - 30, [10, 9, 11, 9, 9, 9, 9])
    assert together(readings, ["c"]) == []
    found = lines(together(readings, ["a"]), AT, {"due": 3, "late": 4})
    assert set(found) == {"due", "late"}, "what was never more than nothing has no line"
    assert (found["late"].low, found["late"].high, found["late"].high_at) == (1, 4, AT)
    assert found["due"].high_at == AT, "of two that are equal the later"
    assert found["late"].path == "M92 15L96 22L100 2"


def test_a_line_is_broken_where_nothing_was_kept_and_begins_six_hours_ago() -> None:
    past = [(AT - BACK - 15, [5] * 7), (AT - BACK, [1] * 7), (AT - 120, [1] * 7), (AT - 105, [2] * 7)]
    found = lines(past, AT, {"due": 2})["due"]
    assert found.path == "M0 15M67 15L71 2M100 2"
    assert lines(past[:1], AT, {"due": 2}) == {}, "one point is no line"
