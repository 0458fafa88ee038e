"""Whatever head office has saved, and whatever became of the places it names: orders go on."""

import logging

import msgspec
import pytest

from comptoir.flows import reading_outlook
from comptoir.kit import policies
from comptoir.kit.db import Tx, in_transaction
from comptoir.sourcing.policy import DEFAULT, KIND, Policy, Rule
from comptoir.sourcing.ruled import Group
from tests.hands import Shop
from tests.world import order, shipped

pytestmark = pytest.mark.anyio


async def hold(shop: Shop, body: bytes) -> None:
    """A document that holds from now on, as it lies in the table."""

    async def save(tx: Tx) -> None:
        newest = await tx.value("SELECT coalesce(max(number), 0) FROM policy WHERE kind = $1", KIND)
        await policies.activate(tx, KIND, await policies.save(tx, KIND, body, "", "test", newest), tx.now)

    await in_transaction(shop.pool, "test", shop.now, save)
    await shop.keeper.load()


def changed(**parts: object) -> Policy:
    return msgspec.structs.replace(DEFAULT, **parts)


async def test_a_policy_that_cannot_be_read_leaves_the_one_before_it_in_force_and_says_so_once(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    reading_outlook.usable.cache_clear()
    await shop.receive(2)
    await hold(shop, b'{"tariff": 3}')
    assert (shop.outlook.policy, shop.outlook.policy_number) == (DEFAULT, 0)
    mine = changed(most_parcels=2)
    await hold(shop, msgspec.json.encode(mine))
    shop.clock.advance(minutes=1)
    with caplog.at_level(logging.ERROR):
        # It reads well, and one of its services has no price for most zones.
        tariff = msgspec.structs.replace(DEFAULT.tariff, zones=DEFAULT.tariff.zones[-1:])
        await hold(shop, msgspec.json.encode(changed(tariff=tariff)))
        await shop.keeper.load()
    assert (shop.outlook.policy, shop.outlook.policy_number) == (mine, 2)
    said = [record.message.split(",")[0] for record in caplog.records]
    assert said == ["sourcing policy 1 cannot be used", "sourcing policy 3 cannot be used"]
    assert (await shop.place(order(shipped()))).works


async def test_rules_that_name_only_places_that_are_gone_stop_no_order(shop: Shop) -> None:
    await shop.receive(9)
    gone = "a-store-that-closed"
    for policy in (
        changed(rules=(Rule("only there", only=(gone,)),)),
        changed(rules=(Rule("there first", fallbacks=((gone,),)),)),
        changed(rules=(Rule("not there", never=(gone,)),), preferences={gone: 500}),
        changed(mode="rules", lists=(Group(of=frozenset({gone})),)),
    ):
        await hold(shop, msgspec.json.encode(policy))
        assert (await shop.place(order(shipped()))).works
        shop.clock.advance(minutes=1)
