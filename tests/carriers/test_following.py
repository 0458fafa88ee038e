"""A parcel's status never goes back, whatever order its events come in."""

import itertools
from datetime import UTC, datetime
from typing import get_args

from comptoir.carriers.following import FINAL, STAGE, contradicts, later, standing
from comptoir.carriers.model import TrackingEvent, TrackingStatus


def heard(status: TrackingStatus, hour: int | None, code: str = "") -> TrackingEvent:
    return TrackingEvent("1", code, status, None if hour is None else datetime(2026, 11, 22, hour, tzinfo=UTC))


def test_every_status_has_its_stage() -> None:
    assert STAGE.keys() == set(get_args(TrackingStatus))


def test_any_order_of_a_history_ends_the_same() -> None:
    history = [heard("pending", 9), heard("picked_up", 8), heard("in_transit", 10), heard("on_hold", 11), heard("delivered", 12), heard("in_transit", 13), heard("unknown", 14)]  # fmt: skip
    for count in range(1, len(history) + 1):
        best = standing(history[:count])
        for order in itertools.permutations(history[:count]):
            folded = None
            for event in order:
                folded = later(folded, event)
            assert folded == best
    assert standing(history) == heard("delivered", 12)


def test_a_final_status_stays_for_good() -> None:
    for final in FINAL:
        for status in get_args(TrackingStatus):
            assert later(heard(final, 10), heard(status, 20)).status == final


def test_a_late_announcement_does_not_send_a_parcel_back() -> None:
    assert later(heard("in_transit", 10), heard("pending", 11)).status == "in_transit"
    assert later(heard("picked_up", 10), heard("unknown", 11)).status == "picked_up"


def test_on_its_way_the_later_time_stands() -> None:
    assert later(heard("out_for_delivery", 10), heard("in_transit", 9)).status == "out_for_delivery"
    assert later(heard("out_for_delivery", 10), heard("delivery_failed", 11)).status == "delivery_failed"
    assert later(heard("out_for_delivery", 10), heard("in_transit", None)).status == "out_for_delivery"


def test_a_contradiction_is_seen_and_an_echo_is_not() -> None:
    assert contradicts(heard("delivered", 10), heard("in_transit", 11))
    assert contradicts(heard("cancelled", 10), heard("picked_up", 11))
    assert not contradicts(heard("delivered", 10), heard("in_transit", 9))
    assert not contradicts(heard("delivered", 10), heard("delivered", 11))
    assert not contradicts(heard("in_transit", 10), heard("on_hold", 11))
