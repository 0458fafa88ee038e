"""The routing search beside one that tries everything: no division of an order over sites is cheaper than the one it finds."""

from itertools import product
from random import Random

import pytest

from comptoir.sourcing.routing import Ask, Terms, Want, route
from comptoir.sourcing.snapshot import Late, Rates, Service, Site, Snapshot

SITES = 5
STEPS = (500, 1_000, 2_000, 5_000)


def world(random: Random) -> Snapshot:
    """Five sites with thin stock, and prices that pull in every direction."""
    sites = [
        Site(
            f"s{n}", random.randrange(200), random.randrange(300), 30, random.randint(2, 12), ((0, 600), (1_440, 2_040)),
            ((500, 0), (1_940, 1), (3_380, 2)),
        )
        for n in range(SITES)
    ]  # fmt: skip
    services = tuple(
        Service(name, days, tuple(tuple(base + zone * 90 + step * 120 for step in range(4)) for zone in range(3)))
        for name, days, base in (("slow", 2, 400), ("quick", 1, random.randint(500, 1_200)))
    )
    zones = {"69": [random.randrange(3) for _ in range(SITES)]}
    arrivals = [[day + days for day in range(60)] for days in range(4)]
    made = Snapshot(sites, Rates(services, STEPS, zones), Late(500, 300), arrivals)
    made.now = random.randrange(1_000)
    for sku in "ABCD":
        made.supply[sku] = [random.choice((0, 0, 1, 1, 2, 3)) for _ in range(SITES)]
        row = [random.randrange(600) for _ in range(SITES)]
        made.set_prices(scarcity={sku: row}, markdown={sku: [random.randrange(400) for _ in range(SITES)]})
    made.queue = [random.randrange(20) for _ in range(SITES)]
    return made


def question(random: Random) -> Ask:
    skus = random.sample("ABCD", random.randint(1, 4))
    return Ask(
        tuple(
            Want(
                key, sku, random.choice((1, 1, 1, 2)), random.randint(100, 1_500), 3_000,
                frozenset(random.sample(range(SITES), random.choice((0, 0, 1)))),
            )
            for key, sku in enumerate(skus)
        ),
        "69",
        random.randint(1, 4),
    )  # fmt: skip


def cheapest(ask: Ask, snapshot: Snapshot, terms: Terms) -> int:
    """The least that any choice of a site for each whole line costs, a line that nobody has whole being left to its own price."""
    best = None
    for choice in product([None, *range(SITES)], repeat=len(ask.wants)):
        cost, sites = 0, {at for at in choice if at is not None}
        if len(sites) > terms.most_parcels or sites & set(terms.barred):
            continue
        for want, at in zip(ask.wants, choice, strict=True):
            if at is None:
                cost += want.missing_minor * want.quantity
            elif at in want.tried or snapshot.supply[want.sku][at] < want.quantity:
                break
        else:
            for at in sites:
                wants = [want for want, chosen in zip(ask.wants, choice, strict=True) if chosen == at]
                step = snapshot.rates.step(sum(want.grams * want.quantity for want in wants))
                carriage, late, _ = snapshot.carriage(ask.to, at, step, ask.due)
                site = snapshot.sites[at]
                cost += carriage + late + site.pack_minor + site.pick_minor * len(wants)
                cost += sum(snapshot.unit(want.sku)[0][at] * want.quantity for want in wants)
            best = cost if best is None else min(best, cost)
    assert best is not None
    return best


def whole(ask: Ask, snapshot: Snapshot, terms: Terms) -> bool:
    """Whether each line has a site that may give it whole."""
    return all(
        any(
            units >= want.quantity and at not in want.tried and at not in terms.barred
            for at, units in enumerate(snapshot.supply[want.sku])
        )
        for want in ask.wants
    )


@pytest.mark.parametrize("seed", range(10))
def test_no_choice_of_sites_is_cheaper(seed: int) -> None:
    random = Random(seed)
    looked = 0
    for _ in range(60):
        snapshot, ask = world(random), question(random)
        barred = {random.randrange(SITES): "paused"} if random.random() < 0.3 else {}
        terms = Terms(barred, most_parcels=5, may_leave_out=True)
        if whole(ask, snapshot, terms):
            assert route(ask, snapshot, terms)[0].total == cheapest(ask, snapshot, terms)
            looked += 1
    assert looked > 5


@pytest.mark.parametrize("seed", range(5))
def test_every_plan_adds_up_gives_what_is_there_and_loses_no_unit(seed: int) -> None:
    random = Random(100 + seed)
    for _ in range(100):
        snapshot, ask = world(random), question(random)
        terms = Terms(most_parcels=random.randint(1, 4))
        plans = route(ask, snapshot, terms)
        assert [plan.total for plan in plans] == sorted(plan.total for plan in plans)
        wanted = {want.key: want for want in ask.wants}
        for plan in plans:
            assert len(plan.parcels) <= terms.most_parcels
            given = dict(plan.missing)
            for parcel in plan.parcels:
                for key, units in parcel.gives:
                    assert parcel.at not in wanted[key].tried
                    given[key] = given.get(key, 0) + units
            assert given == {want.key: want.quantity for want in ask.wants}
            for at in {parcel.at for parcel in plan.parcels}:
                for want in ask.wants:
                    taken = sum(
                        units
                        for parcel in plan.parcels
                        if parcel.at == at
                        for key, units in parcel.gives
                        if key == want.key
                    )
                    assert taken <= snapshot.supply[want.sku][at]
