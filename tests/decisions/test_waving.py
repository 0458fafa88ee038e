"""Which orders share a cart, in which totes, and how one walks: the choice of the next pack, and what holds for any morning."""

from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median
from uuid import UUID

from comptoir.bench import waves
from comptoir.fulfillment import waving
from comptoir.fulfillment.waving import Cart, Floor, Free, Need, Stop, choose, lay_out, minutes

NOW = datetime(2026, 11, 21, 6, 50, tzinfo=UTC)
DEVICE = UUID(int=9)


def work(
    number: int, *places: str, hours: float = 4, kind: str = "pickup", grams: int = 0, units: int = 1, **more: object
) -> Free:
    """An order whose lines lie at these places ("B12"), promised in so many hours."""
    needs = tuple(
        Need(line, f"S-{place}", units, place[0], place[1:], "2", grams) for line, place in enumerate(places, 1)
    )
    return Free(UUID(int=number), kind, NOW + timedelta(hours=hours), needs, **more)  # type: ignore[arg-type]


def numbers(cart: tuple[Free, ...] | Cart) -> list[int]:
    return [(one if isinstance(one, UUID) else one.id).int for one in (cart.works if isinstance(cart, Cart) else cart)]


def test_who_waits_goes_alone() -> None:
    free = [work(1, "A1"), work(2, "A1", waiting=True), work(3, "A1", waiting=True)]
    assert numbers(choose(free, NOW)) == [2]


def test_what_is_due_within_two_hours_goes_in_a_small_cart_of_its_own_kind() -> None:
    free = [work(n, "A1", hours=1.5 + n / 100) for n in range(1, 7)]
    free += [work(8, "A1", hours=1, kind="ship"), work(9, "A1", hours=9)]
    assert numbers(choose(free, NOW)) == [1, 2, 3, 4]


def test_what_cannot_wait_for_a_long_walk_comes_before_what_is_late_already() -> None:
    free = [work(1, "A1", hours=-1), work(2, "C9", hours=0.2), work(3, "A2", hours=-2)]
    assert numbers(choose(free, NOW)) == [2, 3, 1]


def test_what_is_late_already_goes_with_many_others() -> None:
    free = [work(n, "A1", hours=-1) for n in range(1, 10)]
    assert len(choose(free, NOW)) == waving.USUAL


def test_the_seed_lies_farthest_among_the_most_urgent_and_the_rest_is_on_its_way() -> None:
    free = [
        work(1, "A2"),
        work(2, "F3"),
        work(3, "C3", hours=4.1),
        work(4, "F9", hours=6),
        work(5, "F1", "A9", hours=5),
    ]
    assert numbers(choose(free, NOW, most=4)) == [2, 4, 1, 5]


def test_pickup_comes_before_parcels_and_today_before_tomorrow() -> None:
    free = [
        work(1, "A1", kind="ship", hours=4), work(2, "B1", hours=8), work(3, "C1", hours=20), work(4, "D1", kind="ship", hours=30),
    ]  # fmt: skip
    assert numbers(choose(free, NOW)) == [2, 1, 3, 4]


def test_a_transfer_goes_alone_after_the_customers() -> None:
    free = [work(1, "A1", kind="transfer", hours=4), work(2, "A1", hours=9), work(3, "A1", kind="ship", hours=9)]
    assert numbers(choose(free, NOW)) == [2, 3]
    assert numbers(choose(free[:1], NOW)) == [1]


def test_a_cart_holds_so_many_units_and_so_much_weight() -> None:
    assert len(choose([work(n, "A1", units=25) for n in range(1, 9)], NOW)) == 2
    assert len(choose([work(n, "A1", grams=15_000) for n in range(1, 9)], NOW)) == 2
    assert len(choose([work(1, "A1", units=900, grams=90_000)], NOW)) == 1


def test_what_lies_ready_on_a_colleagues_device_is_left_to_them_unless_it_is_due() -> None:
    ready = [work(1, "A1", ready_on=UUID(int=7)), work(2, "A1", hours=5)]
    assert numbers(choose(ready, NOW, device=DEVICE)) == [2, 1]
    assert numbers(choose(ready, NOW, device=UUID(int=7))) == [1, 2]
    assert numbers(choose([work(1, "A1", hours=0.4, ready_on=UUID(int=7)), work(2, "A1")], NOW, device=DEVICE)) == [1]


def test_goods_stay_in_their_tote_and_no_tote_is_used_twice() -> None:
    begun = [work(1, "A1", tote=2), work(2, "A1", tote=2, hours=5), work(3, "A1", hours=6)]
    assert numbers(choose(begun, NOW)) == [1, 3]
    assert lay_out(begun).totes == (1, 2, 3)
    assert dict(zip(numbers(lay_out(begun)), lay_out(begun).totes, strict=True))[1] == 2
    assert lay_out([work(1, "A1")]).totes == (None,)


def test_one_article_for_two_orders_is_one_place_tote_by_tote_and_what_has_no_place_comes_last() -> None:
    nowhere = Free(UUID(int=4), "pickup", NOW, (Need(1, "X", 1),))
    cart = lay_out([work(1, "C5", "A2"), work(2, "C5"), nowhere])
    assert [(stop.work.int, stop.line) for stop in cart.stops] == [(1, 2), (1, 1), (2, 1), (4, 1)]
    assert (numbers(cart), cart.totes, cart.units) == ([1, 2, 4], (1, 2, 3), 4)


def test_any_morning_is_picked_once_each_within_the_limits_and_nobody_is_late_who_could_be_on_time() -> None:
    shares = []
    for seed in range(60):
        random = Random(seed)
        store = waves.Store(random.randint(1, 12), random.randint(3, 30))
        orders = [
            Free(
                one.id, random.choice(("pickup", "pickup", "ship")), NOW + timedelta(minutes=random.randint(-60, 900)),
                one.needs, waiting=random.random() < 0.03,
            )
            for one in waves.draw(random, random.randint(1, 45), store)
        ]  # fmt: skip
        floor = Floor(need for one in orders for need in one.needs)
        left, most = list(orders), random.randint(1, waving.MOST)
        while left:
            cart = choose(left, NOW, most)
            assert cart == choose(sorted(left, key=lambda one: one.id.int), NOW, most)
            assert 1 <= len(cart) <= most
            assert len(cart) == 1 or not any(one.waiting for one in cart)
            back = NOW + timedelta(minutes=minutes(floor, cart))
            for one in cart:
                assert back <= one.due or NOW + timedelta(minutes=minutes(floor, [one])) > one.due
            laid = lay_out(cart)
            assert sorted(laid.works) == sorted(one.id for one in cart)
            assert sorted(laid.stops, key=lambda s: (s.work, s.line)) == sorted(
                (Stop(one.id, need.line) for one in cart for need in one.needs), key=lambda s: (s.work, s.line)
            )
            tour = waves.list_order(floor, cart)
            ours, up_and_down = floor.metres(waving.walk(floor, tour)), floor.metres(waving.serpentine(tour))
            assert ours <= min(up_and_down, floor.metres(tour)) + 1e-6
            if len(cart) > 3:
                shares.append((ours / floor.metres(tour), up_and_down / floor.metres(tour)))
            left = [one for one in left if one not in cart]
    assert median(ours for ours, _ in shares) < median(up for _, up in shares) < 1


def test_the_documented_saving_is_what_the_command_measures() -> None:
    store, mornings = waves.Store(), [waves.draw(Random(seed), 40, waves.Store()) for seed in range(9)]
    alone = waves.median([waves.metres(waves.first_come(orders, 1), store) for orders in mornings])
    listed = waves.median([waves.metres(waves.first_come(orders, 8), store) for orders in mornings])
    chosen = waves.median([waves.metres(waves.chosen(orders, 8), store) for orders in mornings])
    assert chosen.ours < 0.3 * alone.listed
    assert chosen.ours < 0.45 * listed.listed
    assert chosen.ours < 0.85 * listed.ours
