"""A bag that was not put where it was said to be: one tap takes it back, and the customer is not told."""

import pytest

from tests.hands import Shop
from tests.world import DERBY, Line, order

pytestmark = pytest.mark.anyio


async def test_a_staged_bag_taken_back_is_in_hand_again_and_nobody_is_told(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    placed = await shop.place(order())
    work = placed.works[0].id
    await sam.pick(work)
    picked = await shop.figures()
    staged = await sam.stage(work, "B:T-101", "L:R1")
    assert await shop.status(work) == "staged"
    assert (await sam.undo(staged)).outcome == "applied"
    assert (await shop.status(work), await shop.figures()) == ("picked", picked)
    assert await shop.count("bag") == 0
    withdrawn = await shop.connection.fetchval(
        "SELECT count(*) FROM event WHERE kind = 'fulfillment.staged' AND withdrawn_at IS NOT NULL"
    )
    assert withdrawn == 1


async def test_the_tag_is_free_for_another_work_once_its_bag_was_taken_back(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    first, second = await shop.place(order()), await shop.place(order())
    await sam.pick(first.works[0].id)
    await sam.pick(second.works[0].id)
    await sam.undo(await sam.stage(first.works[0].id, "B:T-101", "L:R1"))
    assert (await sam.stage(second.works[0].id, "B:T-101", "L:R1")).outcome == "applied"


async def test_one_of_two_bags_taken_back_leaves_the_work_staged(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    placed = await shop.place(order(Line(DERBY, 2)))
    work = placed.works[0].id
    await sam.pick(work, 2)
    await sam.stage(work, "B:T-101", "L:R1")
    second = await sam.stage(work, "B:T-102", "L:R1")
    await sam.undo(second)
    assert (await shop.status(work), await shop.count("bag")) == ("staged", 1)


async def test_a_bag_already_handed_over_cannot_be_taken_back_from_its_shelf(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    placed = await shop.place(order())
    work = placed.works[0].id
    await sam.pick(work)
    staged = await sam.stage(work, "B:T-101", "L:R1")
    await sam.hand_over(placed.id, work, "B:T-101")
    told = await sam.undo(staged)
    assert (told.outcome, told.problem) == ("applied_with_exception", "moved_on_meanwhile")
    assert await shop.status(work) == "handed_over"
