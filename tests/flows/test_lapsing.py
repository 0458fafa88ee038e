"""What time ends: goods nobody collects, payments that never come, leases that run out."""

import pytest

from comptoir.flows import lapse
from tests.hands import Shop, staged
from tests.world import DERBY, LEA, Line, order

pytestmark = pytest.mark.anyio


async def test_goods_that_nobody_collects_expire_and_go_back_with_the_refund_intended(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order(Line(DERBY, 2)))
    assert await shop.nobody_comes(9) == 1
    assert await shop.status(work) == "expired"
    assert await shop.figures() == (2, 2, 2, 0)
    assert await shop.intended(sold) == [("refund", 25800, "not_collected")]
    (back,) = await shop.put_backs(sold)
    await sam.put_back(back, 2)
    assert await shop.figures() == (2, 0, 0, 0)
    assert await shop.connection.fetchval("SELECT count(*) FROM bag WHERE gone_at IS NULL") == 0


async def test_what_may_still_be_collected_does_not_expire(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    _, work = await staged(shop, sam, order())
    shop.clock.advance(days=7)
    assert await lapse.expire_pickups(shop) == 0  # type: ignore[arg-type]
    assert await shop.status(work) == "staged"


async def test_it_expires_once(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, _ = await staged(shop, sam, order())
    await shop.nobody_comes(9)
    assert await lapse.expire_pickups(shop) == 0  # type: ignore[arg-type]
    assert len(await shop.intended(sold)) == 1


async def test_an_order_that_nobody_pays_gives_its_units_back(shop: Shop) -> None:
    await shop.receive(1)
    placed = await shop.place(order(paid="pending"))
    shop.clock.advance(minutes=29)
    assert await lapse.lapse_payments(shop) == 0  # type: ignore[arg-type]
    shop.clock.advance(minutes=2)
    assert await lapse.lapse_payments(shop) == 1  # type: ignore[arg-type]
    assert await shop.figures() == (1, 0, 0, 0)
    assert (await shop.progress(placed.id), await shop.intended(placed.id)) == ("canceled", [])


async def test_work_whose_lease_ran_out_is_free_for_a_colleague(shop: Shop) -> None:
    await shop.receive(2)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    work = (await shop.place(order(Line(DERBY, 2)))).works[0].id
    await sam.start(work)
    await sam.pick(work)
    shop.clock.advance(minutes=61)
    assert await lapse.end_leases(shop) == 1  # type: ignore[arg-type]
    assert (await lea.start(work)).works == (work,)
    assert await shop.figures() == (2, 2, 1, 0)


async def test_whoever_has_not_paid_is_told_once_when_half_of_the_time_is_over(shop: Shop) -> None:
    await shop.receive(1)
    placed = await shop.place(order(paid="pending"))
    shop.clock.advance(minutes=14)
    await lapse.lapse_payments(shop)  # type: ignore[arg-type]
    assert "order.payment_due" not in await shop.told(placed.id)
    shop.clock.advance(minutes=2)
    for _ in range(2):
        await lapse.lapse_payments(shop)  # type: ignore[arg-type]
    assert (await shop.told(placed.id)).count("order.payment_due") == 1
