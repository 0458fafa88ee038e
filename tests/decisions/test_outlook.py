"""What a process believes about places: who is asked, and until when. The network changes with whoever edits it and with the clock."""

from datetime import UTC, datetime, timedelta

from comptoir.sourcing.deciding import Wish, decide
from comptoir.sourcing.model import Need, Place
from comptoir.sourcing.outlook import Outlook

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)


def place(id: str, index: int, latitude: float, longitude: float, paused_until: datetime | None = None) -> Place:
    return Place(id, index, True, True, "Europe/Paris", latitude, longitude, 60, 10, 7, 500, paused_until, ())


PARIS = place("paris", 0, 48.85, 2.35)
NICE = place("nice", 1, 43.70, 7.27)
SAINT_DENIS = place("saint-denis", 1, -20.88, 55.45)


def chosen(postcode: str, *places: Place, at: datetime = NOON, outlook: Outlook | None = None) -> str:
    """Who sends one bowl there; everybody has nine."""
    if outlook is None:
        outlook = Outlook()
        outlook.set_places(places)
        outlook.set_supply([("bowl", one.id, 9) for one in places])
    plan = decide(Wish((Need(1, 1, "bowl", 1, None),), "FR", postcode), outlook, at).plan
    return plan.shares[0].place


def test_the_nearest_place_sends_where_nearness_is_cheaper() -> None:
    assert chosen("75011", PARIS, NICE) == "paris"
    assert chosen("06000", PARIS, NICE) == "nice"


def test_an_overseas_postcode_is_told_from_another_that_begins_like_it() -> None:
    outlook = Outlook()
    outlook.set_places([PARIS, SAINT_DENIS, place("fort-de-france", 2, 14.60, -61.07)])
    snapshot = outlook.snapshot(NOON)
    areas = [outlook.area("FR", postcode, snapshot, outlook.policy) for postcode in ("97200", "97400")]
    assert areas == ["FR-972", "FR-974"]
    assert [snapshot.nearest(area)[0] for area in areas] == [2, 1]


def test_a_store_whose_pause_has_ended_is_asked_again_though_nobody_changed_it() -> None:
    paused = place("nice", 1, 43.70, 7.27, NOON + timedelta(hours=1))
    outlook = Outlook()
    outlook.set_places([PARIS, paused])
    outlook.set_supply([("bowl", one, 9) for one in ("paris", "nice")])
    assert chosen("06000", outlook=outlook) == "paris"
    assert chosen("06000", at=NOON + timedelta(hours=1), outlook=outlook) == "nice"


def test_a_place_that_comes_into_the_network_leaves_the_others_figures_as_they_were() -> None:
    outlook = Outlook()
    outlook.set_places([PARIS, NICE])
    outlook.set_supply([("bowl", "paris", 1), ("bowl", "nice", 2)])
    outlook.set_prices([("bowl", "nice", 300, 0, 0)])
    outlook.set_places([place("lyon", 0, 45.76, 4.84), place("nice", 1, 43.70, 7.27), place("paris", 2, 48.85, 2.35)])
    assert outlook.supply == {"bowl": [0, 2, 1]}
    assert outlook.prices["scarcity"] == {"bowl": [0, 300, 0]}
    assert outlook.snapshot(NOON).unit("bowl") == ([0, 300, 0], 0)
