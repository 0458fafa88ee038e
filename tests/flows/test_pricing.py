"""Prices of last units are worked out beside the orders: from what is wanted where, again when something moved, and read by the next order."""

from datetime import timedelta

import pytest

from comptoir.flows.price_units import KNOWN_DAYS, price_units, walk_in_parts
from comptoir.sourcing.pricing_queries import in_company
from comptoir.sourcing.snapshot import Late, Rates, Site, Snapshot
from tests.hands import Shop
from tests.world import BOWL, CONFLUENCE, DERBY, LYON, WAREHOUSE, order, shipped

pytestmark = pytest.mark.anyio


async def sold(shop: Shop, sku: str, units: int, at: str) -> None:
    """Customers who walked in over the last weeks; what they bought had come in before."""
    now = shop.now
    for day in range(units):
        shop.clock.at = now - timedelta(days=20 - day % 20)
        await shop.receive(1, sku, at)
        await shop.till(1, sku, at)
    shop.clock.at = now


async def prices(shop: Shop) -> dict[tuple[str, str], int]:
    rows = await shop.connection.fetch("SELECT sku, location, scarcity_minor FROM unit_price")
    return {(row[0], row[1]): row[2] for row in rows}


async def test_the_last_unit_of_a_shop_that_sells_it_is_dearer_than_one_nobody_asks_for(shop: Shop) -> None:
    await sold(shop, DERBY, 12, LYON)
    await shop.receive(1, DERBY, LYON)
    await shop.receive(1, DERBY, CONFLUENCE)
    await shop.receive(2, BOWL, LYON)
    await shop.receive(3, BOWL, WAREHOUSE)
    run = await price_units(shop.pool, shop.now)
    assert (run.whole, run.judged.usable) == (True, False)
    told = await prices(shop)
    assert told[DERBY, LYON] > 1000 > told.get((DERBY, CONFLUENCE), 0)
    assert (BOWL, LYON) not in told
    # The next order leaves it where it is wanted.
    await shop.keeper.load()
    placed = await shop.place(order(shipped(DERBY)))
    assert placed.works[0].location == CONFLUENCE
    why = await shop.connection.fetchval("SELECT body FROM sourcing_decision WHERE order_id = $1", placed.id)
    assert str(told[DERBY, LYON]).encode() in why


async def test_only_what_moved_is_priced_again_until_everything_is_due(shop: Shop) -> None:
    await sold(shop, DERBY, 6, LYON)
    await shop.receive(1, DERBY, LYON)
    await shop.receive(1, BOWL, LYON)
    await price_units(shop.pool, shop.now)
    before = await prices(shop)
    shop.clock.advance(minutes=10)
    assert (await price_units(shop.pool, shop.now)).changed == 0
    await shop.receive(40, DERBY, LYON)
    shop.clock.advance(minutes=1)
    again = await price_units(shop.pool, shop.now)
    assert (again.whole, again.skus, again.changed) == (False, 1, 1)
    assert (await prices(shop))[DERBY, LYON] == 0 < before[DERBY, LYON]
    shop.clock.advance(minutes=60 * 6)
    assert (await price_units(shop.pool, shop.now)).whole


async def test_units_that_are_ordered_together_are_told_from_single_ones(shop: Shop) -> None:
    assert await in_company(shop.connection, shop.now - timedelta(days=1)) == 0.0
    await shop.receive(2, DERBY, LYON)
    await shop.receive(3, BOWL, LYON)
    for lines in ((shipped(DERBY),), (shipped(DERBY), shipped(BOWL, 2))):
        await shop.place(order(*lines))
    assert await in_company(shop.connection, shop.now - timedelta(days=1)) == 3 / 4
    await price_units(shop.pool, shop.now)


def test_a_shop_that_is_closed_expects_nobody_to_walk_in() -> None:
    daily = tuple((day * 1440 + 540, day * 1440 + 1140) for day in range(21))
    closed = daily[10:]
    sites = [Site("daily", windows=daily), Site("closed", windows=closed), Site("warehouse")]
    snapshot = Snapshot(sites, Rates((), (), {}), Late(), [])
    assert walk_in_parts(snapshot, 7) == [1.0, 0.0, 1.0]
    # What a shop sells on ten open days of twenty, it sells on three of the next thirteen.
    assert walk_in_parts(snapshot, 13) == pytest.approx([1.0, 3 / 10 * KNOWN_DAYS / 13, 1.0])
    # In the evening this day is over.
    snapshot.now = 1140
    assert walk_in_parts(snapshot, 1)[0] == pytest.approx(1.0)
    snapshot.now = 1000
    assert walk_in_parts(snapshot, 90) == [1.0] * 3
