"""Ship-to-store: what the customer's store does not have comes to it by transfer, where head office allows it."""

import msgspec
import pytest

from comptoir.kit.errors import Conflict
from comptoir.kit.ids import new_id
from comptoir.orders.model import ReleaseHold
from comptoir.sourcing.policy import DEFAULT
from tests.hands import Shop
from tests.world import CONFLUENCE, DERBY, LYON, WAREHOUSE, Line, order

pytestmark = pytest.mark.anyio


def allow(shop: Shop) -> None:
    shop.outlook.set_policy(7, msgspec.structs.replace(DEFAULT, transfer_days=2))


async def works(shop: Shop) -> list[tuple[str, str, str, int]]:
    rows = await shop.connection.fetch(
        "SELECT w.location, w.kind, w.status, w.units FROM work w WHERE w.status <> 'canceled' ORDER BY w.location"
    )
    return [tuple(row) for row in rows]


async def test_without_leave_nothing_is_brought(shop: Shop) -> None:
    await shop.receive(3, at=WAREHOUSE)
    with pytest.raises(Conflict, match="shortage"):
        await shop.place(order(Line(DERBY)))


async def test_what_the_store_has_is_its_own_work_and_the_rest_comes_by_transfer(shop: Shop) -> None:
    allow(shop)
    await shop.receive(1)
    await shop.receive(3, at=WAREHOUSE)
    placed = await shop.place(order(Line(DERBY, 3)))
    assert [(w.location, w.kind, w.brought_to) for w in placed.works] == [
        (LYON, "pickup", None),
        (WAREHOUSE, "pickup", LYON),
    ]
    assert placed.works[1].promise_at > placed.works[0].promise_at
    assert await works(shop) == [(WAREHOUSE, "transfer", "open", 2), (LYON, "pickup", "open", 1)]
    assert (await shop.figures(), await shop.figures(at=WAREHOUSE)) == ((1, 1, 0, 0), (3, 2, 0, 0))
    row = await shop.connection.fetchrow("SELECT from_location, to_location, reason, order_id FROM transfer")
    assert tuple(row) == (WAREHOUSE, LYON, "customer", placed.id)


async def test_the_nearest_place_that_has_all_of_it_brings_it(shop: Shop) -> None:
    allow(shop)
    await shop.receive(1, at=CONFLUENCE)
    await shop.receive(5, at=WAREHOUSE)
    one = await shop.place(order(Line(DERBY)))
    two = await shop.place(order(Line(DERBY, 2)))
    assert [one.works[0].location, two.works[0].location] == [CONFLUENCE, WAREHOUSE]


async def test_an_order_that_was_held_has_its_goods_brought_when_it_is_released(shop: Shop) -> None:
    allow(shop)
    await shop.receive(2, at=WAREHOUSE)
    held = await shop.place(order(Line(DERBY, 2), hold="look at it"))
    assert (held.works, await works(shop)) == ((), [])
    await shop.perform(ReleaseHold(new_id(), held.id, "manual", "fine"))
    assert await works(shop) == [(WAREHOUSE, "transfer", "open", 2)]
