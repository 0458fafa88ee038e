"""Lists of rules: groups are asked in their order, keep what they are told to keep, and only who may divide an order does."""

from comptoir.sourcing.routing import Ask, Plan, Terms, Want
from comptoir.sourcing.ruled import Group, route_by_rules
from comptoir.sourcing.snapshot import Late, Rates, Service, Site, Snapshot

WAREHOUSE, NEAR, FAR, CORNER = range(4)
STORES = frozenset({"store"})
ANYBODY = Group("distance", divides=True)


def network(**stock: list[int]) -> Snapshot:
    """A warehouse, a store in town, one two zones away, a small one next door that packs dearly."""
    sites = [
        Site("warehouse", 50, 60, groups=frozenset({"warehouse"}), windows=((0, 600),), collections=((600, 0),)),
        Site("near", 100, 100, groups=STORES, windows=((0, 600),), collections=((600, 0),)),
        Site("far", 100, 100, groups=STORES, windows=((0, 600),), collections=((600, 0),)),
        Site("corner", 100, 900, groups=STORES, windows=((0, 600),), collections=((600, 0),)),
    ]
    rates = Rates(
        (Service("home", 1, ((500,), (600,), (900,))),), (1_000,), {"69": [1, 0, 2, 0]}, 0, {"69": [150, 9, 400, 3]}
    )
    made = Snapshot(sites, rates, Late(), [[day + days for day in range(9)] for days in range(3)])
    made.supply = dict(stock)
    return made


def ask(**units: int) -> Ask:
    wants = tuple(Want(key, sku, quantity, 200, 3_000) for key, (sku, quantity) in enumerate(units.items()))
    return Ask(wants, "69", 5)


def senders(plan: Plan) -> list[int]:
    return [parcel.at for parcel in plan.parcels]


def test_the_first_group_that_has_everything_decides() -> None:
    first = Group(of=frozenset({"warehouse"}))
    assert senders(route_by_rules(ask(a=1), network(a=[1, 5, 5, 5]), (first, ANYBODY))) == [WAREHOUSE]
    assert senders(route_by_rules(ask(a=1, b=1), network(a=[1, 5, 5, 5], b=[0, 1, 0, 0]), (first, ANYBODY))) == [NEAR]


def test_a_buffer_stays_where_it_is() -> None:
    careful = Group("distance", STORES, buffer=1)
    stock = network(a=[0, 2, 9, 1])
    assert senders(route_by_rules(ask(a=1), stock, (careful, ANYBODY))) == [NEAR]
    assert senders(route_by_rules(ask(a=2), stock, (careful, ANYBODY))) == [FAR]
    assert route_by_rules(ask(a=9), stock, (careful,)).missing == ((0, 9),)


def test_within_a_zone_means_no_farther() -> None:
    stock = network(a=[0, 0, 5, 0])
    assert route_by_rules(ask(a=1), stock, (Group(within_zone=1),)).missing == ((0, 1),)
    assert senders(route_by_rules(ask(a=1), stock, (Group(within_zone=1), Group(within_zone=2)))) == [FAR]


def test_each_sort_puts_another_site_first() -> None:
    stock = network(a=[3, 4, 9, 2])
    first = {
        sort: senders(route_by_rules(ask(a=1), stock, (Group(sort),))) for sort in ("distance", "carriage", "balance")
    }
    assert first == {"distance": [CORNER], "carriage": [NEAR], "balance": [FAR]}


def test_only_a_group_that_divides_sends_two_parcels_and_whoever_has_most_begins() -> None:
    stock = network(a=[0, 1, 0, 2], b=[0, 0, 1, 0])
    assert route_by_rules(ask(a=2, b=1), stock, (Group(),)).missing == ((0, 2), (1, 1))
    plan = route_by_rules(ask(a=3, b=1), stock, (Group(), ANYBODY))
    assert [(parcel.at, parcel.gives) for parcel in plan.parcels] == [
        (CORNER, ((0, 2),)), (NEAR, ((0, 1),)), (FAR, ((1, 1),)),
    ]  # fmt: skip
    assert plan.missing == ()
    fewer = route_by_rules(ask(a=3, b=1), stock, (ANYBODY,), Terms(most_parcels=2))
    assert senders(fewer) == [CORNER, NEAR]
    assert fewer.missing == ((1, 1),)
    assert fewer.missing_minor == 3_000


def test_who_is_barred_or_was_tried_is_not_asked_and_every_parcel_carries_its_cost() -> None:
    stock = network(a=[0, 5, 5, 5])
    tried = Ask((Want(0, "a", 1, 200, 3_000, frozenset({CORNER})),), "69", 5)
    plan = route_by_rules(tried, stock, (ANYBODY,), Terms({NEAR: "paused"}))
    assert senders(plan) == [FAR]
    assert (plan.parcels[0].cost.carriage, plan.parcels[0].cost.labor, plan.total) == (900, 200, 1_100)
