"""Which goods had better lie elsewhere: never more than is spare, never twice, and nothing for a unit."""

from comptoir.transfers.suggesting import Position, suggest


def test_what_sells_here_and_lies_there_is_sent_by_whoever_has_most_to_spare() -> None:
    lyon = Position("DERBY", "lyon", free=2, went=28)
    lille, nantes = Position("DERBY", "lille", free=20, went=4), Position("DERBY", "nantes", free=9)
    found = [(each.source.location, each.to.location, each.units) for each in suggest([lyon, lille, nantes])]
    assert (lyon.short, lyon.days, lille.spare, nantes.days) == (12, 2, 14, None)
    assert found == [("lille", "lyon", 12)]


def test_spare_units_are_spared_once_and_the_worst_shortage_is_served_first() -> None:
    places = [
        Position("BOL", "a", free=10), Position("BOL", "b", free=0, went=16), Position("BOL", "c", free=0, went=8),
        Position("BOL", "d", free=3),
    ]  # fmt: skip
    found = [(each.source.location, each.to.location, each.units) for each in suggest(places)]
    assert found == [("a", "b", 8), ("d", "c", 3)]
    assert sum(units for source, _, units in found if source == "a") <= 10


def test_what_is_on_its_way_already_or_not_worth_a_carton_is_not_suggested() -> None:
    coming = Position("BOL", "a", free=0, coming=8, went=16)
    one = Position("TASSE", "a", free=0, went=2)
    assert suggest([coming, Position("BOL", "b", free=50), one, Position("TASSE", "b", free=50)]) == []
    assert Position("BOL", "a", free=-3, went=2).short == 1
