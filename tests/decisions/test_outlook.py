"""Which places are asked first for a parcel: a hint that changes with the places and with the clock."""

from datetime import UTC, datetime, timedelta

from comptoir.sourcing.model import Place
from comptoir.sourcing.outlook import Outlook

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)


def place(id: str, index: int, latitude: float, longitude: float, paused_until: datetime | None = None) -> Place:
    return Place(id, index, True, True, "Europe/Paris", latitude, longitude, 60, 10, 7, 500, paused_until, ())


PARIS = place("paris", 0, 48.85, 2.35)
NICE = place("nice", 1, 43.70, 7.27)
SAINT_DENIS = place("saint-denis", 1, -20.88, 55.45)


def outlook_of(*places: Place) -> Outlook:
    outlook = Outlook()
    outlook.set_places(places)
    return outlook


def test_the_nearest_place_comes_first() -> None:
    assert outlook_of(PARIS, NICE).ranking("FR", "75011", NOON) == (0, 1)
    assert outlook_of(PARIS, NICE).ranking("FR", "06000", NOON) == (1, 0)


def test_an_overseas_postcode_is_told_from_another_that_begins_like_it() -> None:
    outlook = outlook_of(PARIS, SAINT_DENIS, place("fort-de-france", 2, 14.60, -61.07))
    assert outlook.ranking("FR", "97200", NOON)[0] == 2
    assert outlook.ranking("FR", "97400", NOON)[0] == 1


def test_a_store_whose_pause_has_ended_is_asked_again_though_nobody_changed_it() -> None:
    outlook = outlook_of(PARIS, place("nice", 1, 43.70, 7.27, NOON + timedelta(hours=1)))
    assert outlook.ranking("FR", "06000", NOON) == (0,)
    assert outlook.ranking("FR", "06000", NOON + timedelta(hours=1)) == (1, 0)
