"""What is counted of a person's returns: the same e-mail or phone, whichever order and store; refused, gift and old ones do not count."""

import pytest

from comptoir.kit.ids import new_id
from comptoir.returns.model import Coming as Back
from comptoir.returns.model import DeclineReturn, OpenReturn, Permission, Settling, Taken, TakeReturn
from comptoir.returns.policy import DEFAULT, NoReceipt, Policy
from comptoir.returns.signals import Brought, Counted
from comptoir.screens.return_signals import read_counted
from comptoir.world.cast import EMMA_CLARKE
from tests.flows.orders_on_file import SEAL
from tests.flows.test_return_verdicts import hold
from tests.flows.test_returns import BOSS, refused, sold, take, taken
from tests.hands import Shop
from tests.world import BOWL, DERBY, LYON, Line

pytestmark = pytest.mark.anyio


async def test_returns_of_one_person_are_counted_over_orders_and_a_serial_number_is_known_again(shop: Shop) -> None:
    await shop.receive(8)
    await shop.receive(2, BOWL)
    sam = await shop.handheld()
    first, second, other = (
        await sold(shop, sam),
        await sold(shop, sam, Line(quantity=2)),
        await sold(shop, sam, by=EMMA_CLARKE),
    )
    settled = await take(shop, sam, first, taken(serial="SN-1"))
    gift = await sold(shop, sam)
    await take(shop, sam, gift, gift=True, settling=Settling("credit"))
    announced = OpenReturn(id=new_id(), order=second, units=(Back(line=1),))
    await shop.perform(announced, sam.person)
    await shop.perform(DeclineReturn(id=new_id(), rma=announced.id, why="usé"), BOSS)

    async def counted(order: object, *brought: Brought, **more: object) -> Counted:
        return await read_counted(shop.connection, SEAL, order, None, brought, shop.now, **more)  # type: ignore[arg-type]

    here = Brought(DERBY, 1, "SN-1")
    found = await counted(second, here)
    assert (found.returns, found.given_minor, [times for *_, times in found.articles]) == (1, settled.given_minor, [1])
    assert found.serials == (("SN-1", settled.number),)
    assert await counted(other, Brought(DERBY, 1)) == Counted()
    # What was picked for the order had another serial number, if its code had one.
    long = "010371234567890121SN-7\x1d10A1"
    await shop.connection.execute(
        "UPDATE device_event SET body = jsonb_set(body, '{code}', to_jsonb($1::text)) WHERE kind = 'pick'", long
    )
    assert {line for line, _ in (await counted(second, here)).picked} == {1}
    shop.clock.advance(days=370)
    assert (await counted(second, here)).returns == 0


async def test_without_a_receipt_a_person_is_counted_by_a_digest_and_the_limit_holds(shop: Shop) -> None:
    limits = NoReceipt(most_minor=20_000, most_times=1, most_sum_minor=30_000, named=True)
    await hold(shop, Policy(ways=DEFAULT.ways, no_receipt=limits))
    shop.clock.advance(minutes=1)
    sam = await shop.handheld()

    def blind(by: str) -> TakeReturn:
        unit = Taken(sku=DERBY, condition="as_new")
        return TakeReturn(
            id=new_id(), location=LYON, units=(unit,), settling=Settling("credit"), permission=Permission("fidèle"), brought_by=by,
        )  # fmt: skip

    await refused("contact_needed", shop.perform(blind(""), BOSS))
    await refused("contact_wrong", shop.perform(blind("Inès"), BOSS))
    await shop.perform(blind("06 12 34 56 78"), BOSS)
    await refused("over_limit", shop.perform(blind("+33 6 12 34 56 78"), BOSS))
    await shop.perform(blind("ines@example.com"), BOSS)
    kept = await shop.connection.fetch("SELECT person FROM rma WHERE order_id IS NULL")
    assert len({row["person"] for row in kept}) == 2
    assert not any(b"612345678" in row["person"] for row in kept)
    found = await read_counted(shop.connection, shop.seal, None, None, [], shop.now, person="0612345678")
    assert (found.no_receipt, found.returns) == (1, 0)
    assert await shop.breaches() == [] and sam
