"""How often shelves have what the books say: drawn towards what is sure, and used only when it foretold what came."""

import random

import pytest

from comptoir.sourcing.find_rate import Rates, Try, calibrated, latest


def tries(count: int, chances: dict[str, float], seed: int = 1, drift: float = 1.0) -> list[Try]:
    """Single units at shops that miss them with these chances; in the latest quarter the chances are `drift` times as high."""
    draw = random.Random(seed)
    made = []
    for number in range(count):
        shop = draw.choice(list(chances))
        chance = chances[shop] * (drift if number >= count * 3 // 4 else 1.0)
        made.append(Try(f"sku-{draw.randint(1, 20)}", shop, 1, int(draw.random() < chance)))
    return made


def test_few_tries_say_little_and_many_say_what_they_saw() -> None:
    nothing = Rates([])
    assert nothing.of("a", "x") == nothing.everywhere() == pytest.approx(0.05)
    one_miss = Rates([Try("a", "x", 1, 1)])
    assert nothing.of("a", "x") < one_miss.of("a", "x") < 0.3
    many = Rates([Try("a", "x", 1000, 400)])
    assert many.of("a", "x") == pytest.approx(0.4, abs=0.01)
    assert many.of("b", "x") == pytest.approx(many.at("x"))


def test_what_foretold_the_latest_tries_may_be_used() -> None:
    judged = calibrated(tries(8000, {"x": 0.04, "y": 0.12, "z": 0.3}))
    assert judged.usable
    assert judged.predicted == pytest.approx(judged.seen, abs=0.03)


def test_rates_of_yesterday_are_not_used_when_shelves_have_changed() -> None:
    assert not calibrated(tries(8000, {"x": 0.04, "y": 0.12, "z": 0.3}, drift=2.5)).usable
    assert not calibrated(tries(8000, {"x": 0.2}, drift=0.3)).usable


def test_too_few_tries_prove_nothing() -> None:
    assert not calibrated(tries(300, {"x": 0.1})).usable
    assert not calibrated([]).usable


def test_a_person_is_told_of_the_latest_ten() -> None:
    seen = [Try("a", "x", 1, 1)] * 5 + [Try("a", "x", 2, 0)] * 7 + [Try("a", "x", 1, 1)] * 3 + [Try("b", "x", 1, 0)]
    assert latest(seen) == {("a", "x"): (10, 7), ("b", "x"): (1, 1)}
