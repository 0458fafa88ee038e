"""How far an order is, from where its units are."""

import pytest

from comptoir.orders.model import Progress
from comptoir.orders.summary import progress


@pytest.mark.parametrize(
    ("units", "held", "started", "found"),
    [
        ({}, False, False, Progress.RECEIVED),
        ({"held": 2}, True, False, Progress.HELD),
        ({}, True, False, Progress.HELD),
        ({"reserved": 2}, False, False, Progress.ACCEPTED),
        ({"unsourced": 1}, False, False, Progress.ACCEPTED),
        ({"reserved": 2}, False, True, Progress.IN_PROGRESS),
        ({"staged": 2}, False, True, Progress.IN_PROGRESS),
        ({"handed_over": 1, "reserved": 1}, False, True, Progress.PART_FULFILLED),
        ({"in_transit": 1, "staged": 1}, False, True, Progress.PART_FULFILLED),
        ({"handed_over": 1, "unsourced": 1}, False, True, Progress.PART_FULFILLED),
        ({"handed_over": 2}, False, True, Progress.FULFILLED),
        ({"handed_over": 1, "canceled": 1}, False, True, Progress.FULFILLED),
        ({"delivered": 1, "handed_over": 1}, False, True, Progress.FULFILLED),
        ({"canceled": 2}, False, True, Progress.CANCELED),
    ],
)
def test_progress_is_told_by_the_units(units: dict[str, int], held: bool, started: bool, found: Progress) -> None:
    assert progress(units, held=held, started=started) == found
