"""Picking by scan: units come off the shelf, go back on it, and what does not fit becomes put-back work, never an error."""

import pytest

from comptoir.kit.ids import new_id
from comptoir.orders.model import CancelOrder
from tests.hands import Shop
from tests.world import COGNAC, CONFLUENCE, DERBY, LYON, NOUR, Line, order

pytestmark = pytest.mark.anyio


async def test_a_scan_sets_the_unit_aside_and_nothing_else(shop: Shop) -> None:
    await shop.receive(5)
    sam = await shop.handheld()
    placed = await shop.place(order(Line(DERBY, 2)))
    assert (await sam.pick(placed.works[0].id)).outcome == "applied"
    assert await shop.figures() == (5, 2, 1, 0)
    assert (await shop.status(placed.works[0].id), await shop.progress(placed.id)) == ("picking", "in_progress")


async def test_the_last_scan_makes_the_work_picked(shop: Shop) -> None:
    await shop.receive(5)
    sam = await shop.handheld()
    placed = await shop.place(order(Line(DERBY, 2)))
    await sam.pick(placed.works[0].id, 2)
    assert await shop.status(placed.works[0].id) == "picked"
    assert "fulfillment.picked" in await shop.told(placed.id)


async def test_an_undone_scan_puts_the_unit_back_still_promised(shop: Shop) -> None:
    await shop.receive(5)
    sam = await shop.handheld()
    placed = await shop.place(order())
    told = await sam.pick(placed.works[0].id)
    assert (await sam.undo(told)).outcome == "applied"
    assert await shop.figures() == (5, 1, 0, 0)
    assert await shop.status(placed.works[0].id) == "picking"


async def test_a_scan_is_undone_once(shop: Shop) -> None:
    await shop.receive(5)
    sam = await shop.handheld()
    placed = await shop.place(order(Line(DERBY, 2)))
    told = await sam.pick(placed.works[0].id)
    await sam.pick(placed.works[0].id)
    await sam.undo(told)
    assert (await sam.undo(told)).problem == "nothing_to_undo"
    assert await shop.figures() == (5, 2, 1, 0)


async def test_a_unit_more_than_was_ordered_becomes_put_back_work_without_moving_stock(shop: Shop) -> None:
    await shop.receive(5)
    sam = await shop.handheld()
    placed = await shop.place(order())
    told = await sam.pick(placed.works[0].id, 2)
    assert (told.outcome, told.problem) == ("applied_with_exception", "more_than_needed")
    assert await shop.figures() == (5, 1, 1, 0)
    (surplus,) = await shop.put_backs(placed.id)
    await sam.put_back(surplus)
    assert await shop.figures() == (5, 1, 1, 0)


async def test_undoing_a_scan_of_too_many_takes_its_put_back_work_away(shop: Shop) -> None:
    await shop.receive(5)
    sam = await shop.handheld()
    placed = await shop.place(order())
    await sam.undo(await sam.pick(placed.works[0].id, 2))
    assert await shop.put_backs(placed.id) == []
    assert await shop.figures() == (5, 1, 0, 0)


async def test_a_scan_for_an_order_that_was_canceled_meanwhile_is_taken_and_goes_back(shop: Shop) -> None:
    await shop.receive(5)
    sam = await shop.handheld()
    placed = await shop.place(order())
    await shop.perform(CancelOrder(new_id(), placed.id, "changed my mind"))
    told = await sam.pick(placed.works[0].id)
    assert (told.outcome, told.problem) == ("applied_with_exception", "canceled_meanwhile")
    assert await shop.figures() == (5, 0, 0, 0)
    assert len(await shop.put_backs(placed.id)) == 1


async def test_a_line_that_the_work_does_not_have_is_a_report_too(shop: Shop) -> None:
    await shop.receive(5)
    sam = await shop.handheld()
    placed = await shop.place(order())
    told = await sam.pick(placed.works[0].id, line=7)
    assert (told.outcome, told.problem) == ("applied_with_exception", "line_not_in_work")


async def test_look_again_later_parks_the_line_and_moves_no_stock(shop: Shop) -> None:
    await shop.receive(5)
    sam = await shop.handheld()
    placed = await shop.place(order())
    await sam.tell("look_again", work=placed.works[0].id, line=1)
    assert await shop.figures() == (5, 1, 0, 0)
    parked = await shop.connection.fetchval("SELECT parked_until FROM work_line")
    assert (parked - shop.now).total_seconds() == 15 * 60


async def test_another_stores_device_cannot_pick_the_work(shop: Shop) -> None:
    await shop.receive(5)
    nour = await shop.handheld(CONFLUENCE, NOUR)
    placed = await shop.place(order())
    told = await nour.pick(placed.works[0].id)
    assert (told.outcome, told.problem) == ("refused", "work_not_found")
    assert await shop.figures() == (5, 1, 0, 0)


async def test_put_back_goods_are_free_again_and_their_tag_too(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    placed = await shop.place(order())
    await sam.pick(placed.works[0].id)
    await sam.stage(placed.works[0].id)
    await shop.perform(CancelOrder(new_id(), placed.id, "changed my mind"))
    assert await shop.figures() == (1, 1, 1, 0)
    (back,) = await shop.put_backs(placed.id)
    told = await sam.put_back(back, 3)
    assert (told.outcome, told.problem) == ("applied_with_exception", "already_put_back")
    assert await shop.figures() == (1, 0, 0, 0)
    assert await shop.connection.fetchval("SELECT count(*) FROM bag WHERE gone_at IS NULL") == 0
    assert (await shop.place(order())).progress == "accepted"


async def test_goods_are_put_back_once_and_the_scan_can_be_undone(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    placed = await shop.place(order())
    await sam.pick(placed.works[0].id)
    await shop.perform(CancelOrder(new_id(), placed.id, "changed my mind"))
    (back,) = await shop.put_backs(placed.id)
    first = await sam.put_back(back)
    assert (await sam.put_back(back)).problem == "already_put_back"
    await sam.undo(first)
    assert await shop.figures() == (1, 1, 1, 0)


async def test_two_lines_are_picked_each_from_its_own_shelf(shop: Shop) -> None:
    await shop.receive(1, DERBY)
    await shop.receive(1, COGNAC)
    sam = await shop.handheld()
    placed = await shop.place(order(Line(DERBY), Line(COGNAC)))
    await sam.pick(placed.works[0].id, line=2)
    assert await shop.figures(DERBY, LYON) == (1, 1, 0, 0)
    assert await shop.figures(COGNAC, LYON) == (1, 1, 1, 0)
