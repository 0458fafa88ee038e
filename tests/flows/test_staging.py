"""Staging: a bag is tied to its work and its place, and the customer can be told, because the server has it."""

import pytest

from comptoir.kit.ids import new_id
from comptoir.orders.model import CancelOrder, LineQuantity
from tests.hands import Shop, staged
from tests.world import COGNAC, DERBY, WAREHOUSE, Line, order, shipped

pytestmark = pytest.mark.anyio


async def test_staging_moves_no_stock_and_makes_the_work_ready(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    assert await shop.figures() == (2, 1, 1, 0)
    assert await shop.status(work) == "staged"
    assert (await shop.told(sold)).count("fulfillment.staged") == 1
    assert await shop.count("pickup_pass") == 1


async def test_it_waits_for_seven_open_days(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    _, work = await staged(shop, sam, order())
    until = await shop.connection.fetchval("SELECT collect_until FROM work WHERE id = $1", work)
    assert until.isoformat() == "2026-11-28T19:00:00+00:00"


async def test_a_second_bag_or_another_place_moves_nothing_more(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    assert (await sam.stage(work, "B:102", "L:R2")).outcome == "applied"
    assert (await sam.stage(work, "B:101", "L:R9")).outcome == "applied"
    bags = await shop.connection.fetch("SELECT tag, place FROM bag ORDER BY tag")
    assert [tuple(row) for row in bags] == [("101", "R9"), ("102", "R2")]
    assert (await shop.told(sold)).count("fulfillment.staged") == 1


async def test_a_bag_that_carries_another_work_is_left_alone_and_told(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    await staged(shop, sam, order())
    placed = await shop.place(order())
    await sam.pick(placed.works[0].id)
    told = await sam.stage(placed.works[0].id, "B:101")
    assert (told.outcome, told.problem) == ("applied_with_exception", "bag_in_use")
    assert await shop.status(placed.works[0].id) == "picked"


async def test_a_bag_for_an_order_that_was_canceled_is_an_exception(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    placed = await shop.place(order())
    await sam.pick(placed.works[0].id)
    await shop.perform(CancelOrder(new_id(), placed.id, "no"))
    told = await sam.stage(placed.works[0].id)
    assert (told.outcome, told.problem) == ("applied_with_exception", "ended_meanwhile")
    assert await shop.figures() == (1, 1, 1, 0)


async def test_an_empty_bag_is_an_exception(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    placed = await shop.place(order())
    assert (await sam.stage(placed.works[0].id)).problem == "nothing_picked"


async def test_half_of_it_on_the_shelf_is_part_ready(shop: Shop) -> None:
    await shop.receive(1, DERBY)
    await shop.receive(1, COGNAC)
    sam = await shop.handheld()
    placed = await shop.place(order(Line(DERBY), Line(COGNAC)))
    work = placed.works[0].id
    await sam.pick(work, line=1)
    await sam.stage(work)
    assert await shop.status(work) == "picking"
    await sam.pick(work, line=2)
    await sam.stage(work, "B:102")
    assert await shop.status(work) == "staged"


async def test_when_the_rest_is_canceled_what_is_on_the_shelf_is_ready(shop: Shop) -> None:
    await shop.receive(1, DERBY)
    await shop.receive(1, COGNAC)
    sam = await shop.handheld()
    placed = await shop.place(order(Line(DERBY), Line(COGNAC)))
    work = placed.works[0].id
    await sam.pick(work, line=1)
    await sam.stage(work)
    await sam.pick(work, line=2)
    await shop.perform(CancelOrder(new_id(), placed.id, "not the brown pair", (LineQuantity(2, 1),)))
    assert await shop.status(work) == "staged"
    assert await shop.connection.fetchval("SELECT collect_until FROM work WHERE id = $1", work) is not None


async def test_goods_to_be_sent_do_not_belong_on_the_pickup_shelf(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    placed = await shop.place(order(shipped()))
    await sam.pick(placed.works[0].id)
    told = await sam.stage(placed.works[0].id)
    assert (told.outcome, told.problem) == ("applied_with_exception", "not_for_pickup")
    assert await shop.figures() == (1, 1, 1, 0)
    assert placed.works[0].location != WAREHOUSE
