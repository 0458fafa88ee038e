"""A bag that was staged while another device had put one unit back: whoever picks that unit again completes the bag, and it counts once."""

from uuid import UUID

import pytest

from tests.hands import Handheld, Shop
from tests.world import DERBY, LEA, Line, order

pytestmark = pytest.mark.anyio


async def opened(shop: Shop) -> tuple[Handheld, UUID]:
    """Two pairs picked; with no network Sam puts one back while Léa, who knows nothing of it, stages the bag; then Sam is heard."""
    await shop.receive(4)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    placed = await shop.place(order(Line(DERBY, 2)))
    work = placed.works[0].id
    await sam.start(work)
    await sam.pick(work)
    second = await sam.pick(work)
    back = sam.event("undo", event=second.id)
    await lea.stage(work)
    told = (await sam.send(back)).outcomes[0]
    assert (told.outcome, told.problem) == ("applied_with_exception", "staged_meanwhile")
    return sam, work


async def units(shop: Shop, work: UUID) -> tuple[int, int, int]:
    """Picked or staged, surplus to be put back, missing from the bag by an open case."""
    row = await shop.connection.fetchrow(
        "SELECT (SELECT sum(picked + staged) FROM work_line WHERE work = $1)::int,"
        " (SELECT coalesce(sum(quantity - done), 0) FROM put_back WHERE work = $1 AND withdrawn_at IS NULL)::int,"
        " (SELECT coalesce(sum(quantity), 0) FROM exception WHERE work = $1 AND kind = 'staged_meanwhile' AND resolved_at IS NULL)::int",
        work,
    )
    assert row is not None
    return tuple(row)


async def test_until_then_the_bag_lacks_one_and_the_manager_knows(shop: Shop) -> None:
    _, work = await opened(shop)
    assert await units(shop, work) == (2, 0, 1)


async def test_picked_again_it_completes_the_bag_and_nobody_is_sent_to_look(shop: Shop) -> None:
    sam, work = await opened(shop)
    assert (await sam.pick(work)).outcome == "applied"
    assert await units(shop, work) == (2, 0, 0)
    assert await shop.exceptions() == []


async def test_one_more_than_the_bag_lacks_is_surplus(shop: Shop) -> None:
    sam, work = await opened(shop)
    assert (await sam.pick(work, 2)).problem == "more_than_needed"
    assert await units(shop, work) == (2, 1, 0)


async def test_taken_back_once_more_the_bag_lacks_it_again(shop: Shop) -> None:
    sam, work = await opened(shop)
    again = await sam.pick(work, 2)
    assert (await sam.undo(again)).problem == "staged_meanwhile"
    assert await units(shop, work) == (2, 0, 1)
    assert (await sam.pick(work)).outcome == "applied"
    assert await units(shop, work) == (2, 0, 0)


async def test_two_that_lack_are_completed_one_by_one(shop: Shop) -> None:
    await shop.receive(4)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    work = (await shop.place(order(Line(DERBY, 2)))).works[0].id
    await sam.start(work)
    both = await sam.pick(work, 2)
    back = sam.event("undo", event=both.id)
    await lea.stage(work)
    await sam.send(back)
    seen = [await units(shop, work)]
    for _ in range(3):
        await sam.pick(work)
        seen.append(await units(shop, work))
    assert seen == [(2, 0, 2), (2, 0, 1), (2, 0, 0), (2, 1, 0)]


async def test_once_the_bag_has_left_nothing_completes_it_and_the_managers_case_stays(shop: Shop) -> None:
    sam, work = await opened(shop)
    order_id = await shop.connection.fetchval("SELECT order_id FROM work WHERE id = $1", work)
    lea = await shop.handheld(who=LEA, number=2)
    await lea.hand_over(order_id, work)
    assert (await sam.pick(work)).problem == "more_than_needed"
    assert await units(shop, work) == (0, 1, 1)
    assert "staged_meanwhile" in await shop.exceptions()
