"""Two people do things to the same goods at the same moment: one wins, the other is told, and the ledger adds up."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from comptoir.flows import lapse
from comptoir.flows.hand_over import RequestHandOver
from comptoir.flows.take_reports import Taken, Told
from comptoir.fulfillment.model import HandOver, PackStarted, UndoHandOver
from comptoir.kit.errors import Conflict
from comptoir.kit.ids import new_id
from comptoir.orders.model import CancelOrder
from comptoir.payments.recording import RecordPayment
from tests.hands import Handheld, Shop, opened, staged
from tests.world import BOWL, COGNAC, CUP, DERBY, LEA, LYON, Line, order

pytestmark = pytest.mark.anyio

ROUNDS = 8


@pytest.fixture
async def other(shop: Shop, world: str) -> AsyncIterator[Shop]:
    """The second process of the same retailer: a pool and an outlook of its own."""
    async with opened(world) as second:
        yield second


@pytest.fixture
async def sam(shop: Shop) -> Handheld:
    return await shop.handheld()


@pytest.fixture
async def lea(other: Shop) -> Handheld:
    return await other.handheld(who=LEA, number=2)


async def at_once(*things: Any) -> list[Any]:
    """All of them together; what each gave, or the conflict it met. Anything else that is raised is a fault."""
    done = await asyncio.gather(*things, return_exceptions=True)
    for one in done:
        if isinstance(one, BaseException) and not isinstance(one, Conflict):
            raise one
    return list(done)


async def test_two_devices_report_the_same_bags_and_one_of_them_becomes_an_exception(
    shop: Shop, sam: Handheld, lea: Handheld
) -> None:
    await shop.receive(ROUNDS)
    for _ in range(ROUNDS):
        sold, work = await staged(shop, sam, order())
        told = await at_once(sam.hand_over(sold, work), lea.hand_over(sold, work))
        assert sorted((one.outcome, one.problem or "") for one in told) == [
            ("applied", ""), ("applied_with_exception", "handed_over_twice"),
        ]  # fmt: skip
    assert await shop.figures() == (0, 0, 0, 0)
    assert await shop.exceptions() == ["handed_over_twice"] * ROUNDS


async def test_two_requests_for_the_same_bags_are_one_hand_over_and_one_refusal(
    shop: Shop, other: Shop, sam: Handheld, lea: Handheld
) -> None:
    await shop.receive(ROUNDS)
    for _ in range(ROUNDS):
        sold, work = await staged(shop, sam, order())
        asked = HandOver(sold, (work,), ("B:101",), pass_=shop.pass_of(sold))
        first, second = await at_once(
            shop.perform(RequestHandOver(new_id(), asked), sam.person),
            other.perform(RequestHandOver(new_id(), asked), lea.person),
        )
        assert [isinstance(one, Conflict) for one in (first, second)].count(True) == 1
    assert await shop.figures() == (0, 0, 0, 0)
    assert await shop.count("hand_over") == ROUNDS


async def test_two_associates_start_the_same_work_and_one_is_told_that_the_other_has_it(
    shop: Shop, sam: Handheld, lea: Handheld
) -> None:
    await shop.receive(ROUNDS)
    for _ in range(ROUNDS):
        work = (await shop.place(order())).works[0].id
        started = await at_once(sam.start(work), lea.start(work))
        assert sorted(type(one).__name__ for one in started) == ["Conflict", "PackStarted"]
        (refused,) = [one for one in started if isinstance(one, Conflict)]
        assert refused.code == "taken_by_colleague"
        (taken,) = [one for one in started if isinstance(one, PackStarted)]
        assert await shop.connection.fetchval("SELECT pack FROM work WHERE id = $1", work) == taken.id


async def test_a_cancellation_meets_a_pick_and_a_hand_over_and_the_goods_are_somewhere(
    shop: Shop, other: Shop, sam: Handheld, lea: Handheld
) -> None:
    await shop.receive(2 * ROUNDS)
    for _ in range(ROUNDS):
        picking = (await shop.place(order())).works[0].id
        sold, work = await staged(shop, sam, order())
        picked_order = await shop.connection.fetchval("SELECT order_id FROM work WHERE id = $1", picking)
        _, given, kept, _ = await at_once(
            sam.pick(picking), lea.hand_over(sold, work),
            other.perform(CancelOrder(new_id(), sold, "changed my mind")), shop.perform(CancelOrder(new_id(), picked_order, "no")),
        )  # fmt: skip
        gone = given.outcome == "applied"
        assert gone == isinstance(kept, Conflict)
        # Canceled a moment before: the goods have left all the same, and the store manager looks at it.
        assert given.outcome in ("applied", "applied_with_exception")
        assert await shop.status(work) == "handed_over"
        for order_id in (sold, picked_order):
            for back in await shop.put_backs(order_id):
                await sam.put_back(back)
    on_hand, reserved, set_aside, _ = await shop.figures()
    assert (reserved, set_aside) == (0, 0)
    assert on_hand == 2 * ROUNDS - await shop.connection.fetchval(
        "SELECT coalesce(sum(quantity), 0) FROM hand_over_line"
    )


async def test_the_till_and_the_web_sell_the_last_pair(shop: Shop, other: Shop) -> None:
    for _ in range(ROUNDS):
        await shop.receive(1)
        sold, placed = await at_once(shop.till(1), other.place(order()))
        assert sold is None
        if not isinstance(placed, Conflict):
            await shop.perform(CancelOrder(new_id(), placed.id, "there is none"))
        assert await shop.figures() == (0, 0, 0, 0)


async def test_two_web_orders_meet_on_the_last_pair(shop: Shop, other: Shop) -> None:
    for number in range(ROUNDS):
        await shop.receive(1)
        if number % 2:  # both believe that it is there; otherwise both have to look again
            await shop.keeper.load()
            await other.keeper.load()
        placed = await at_once(shop.place(order()), other.place(order()))
        assert sorted(isinstance(one, Conflict) for one in placed) == [False, True]
    assert await shop.figures() == (ROUNDS, ROUNDS, 0, 0)


async def test_a_payment_comes_at_the_moment_its_time_is_over(shop: Shop, other: Shop) -> None:
    await shop.receive(ROUNDS)
    waiting = [await shop.place(order(paid="pending")) for _ in range(ROUNDS)]
    shop.clock.advance(minutes=31)
    other.clock.advance(minutes=31)
    for placed in waiting:
        _, paid = await at_once(
            lapse.lapse_payments(shop),  # type: ignore[arg-type]
            other.perform(RecordPayment(new_id(), placed.id, f"pay-{placed.id}", "captured", placed.total_minor)),
        )
        went_on = await shop.progress(placed.id) == "accepted"
        assert went_on == bool(paid["works"])
        assert await shop.intended(placed.id) == (
            [] if went_on else [("refund", placed.total_minor, "paid_after_cancel")]
        )


async def test_the_same_expiry_by_two_workers_is_one(shop: Shop, other: Shop, sam: Handheld) -> None:
    await shop.receive(3)
    sold: list[UUID] = []
    for number in range(3):
        sold.append((await staged(shop, sam, order(), f"B:{number}"))[0])
    before = [await shop.told(placed) for placed in sold]
    for each in (shop, other):
        each.clock.advance(days=20)
    await at_once(lapse.expire_pickups(shop), lapse.expire_pickups(other))  # type: ignore[arg-type]
    assert [await shop.told(placed) for placed in sold] == [[*told, "fulfillment.missed"] for told in before]
    for each in (shop, other):
        each.clock.advance(days=3)
    await at_once(lapse.expire_pickups(shop), lapse.expire_pickups(other))  # type: ignore[arg-type]
    assert await shop.figures() == (3, 3, 3, 0)
    assert await shop.count("put_back") == 3
    assert await shop.count("payment_intention") == 3


async def test_an_undo_meets_the_refused_goods_on_their_way_back(
    shop: Shop, other: Shop, sam: Handheld, lea: Handheld
) -> None:
    await shop.receive(2 * ROUNDS)
    for _ in range(ROUNDS):
        sold, work = await staged(shop, sam, order(Line(DERBY, 2)))
        handed = await sam.hand_over(sold, work, refused=[{"work": work, "line": 1, "quantity": 1}])
        (back,) = await shop.put_backs(sold)
        undone, told = await at_once(
            other.perform(UndoHandOver(new_id(), handed.facts["hand_over"]), lea.person), sam.put_back(back)
        )
        assert isinstance(undone, Conflict) == (told.outcome == "applied")
        await shop.connection.execute("UPDATE bag SET gone_at = now()")


async def batch(hand: Handheld, type: str, bodies: list[dict[str, Any]]) -> Taken:
    return await hand.send(*(hand.event(type, **body) for body in bodies))


async def test_two_devices_send_batches_over_the_same_works_in_opposite_order(
    shop: Shop, sam: Handheld, lea: Handheld
) -> None:
    skus = (DERBY, COGNAC, BOWL, CUP)
    for sku in skus:
        await shop.receive(30, sku)
    for _ in range(ROUNDS):
        works = [(await shop.place(order(Line(sku, 2)))).works[0].id for sku in skus]
        forth = [{"work": work, "line": 1} for work in works]
        for taken in await at_once(batch(sam, "pick", forth), batch(lea, "pick", forth[::-1])):
            assert {told.outcome for told in taken.outcomes} == {"applied"}
    for sku in skus:
        assert await shop.figures(sku) == (30, 2 * ROUNDS, 2 * ROUNDS, 0)


async def put_backs_of(shop: Shop, hand: Handheld, skus: tuple[str, ...]) -> list[UUID]:
    """One unit of each article to carry back, in this order."""
    backs = []
    for sku in skus:
        placed = await shop.place(order(Line(sku)))
        await hand.pick(placed.works[0].id)
        await shop.perform(CancelOrder(new_id(), placed.id, "no"))
        backs += await shop.put_backs(placed.id)
    return backs


async def test_two_devices_put_the_same_articles_back_in_opposite_order_without_waiting_for_each_other(
    shop: Shop, sam: Handheld, lea: Handheld
) -> None:
    skus = (DERBY, COGNAC, BOWL, CUP)
    for sku in skus:
        await shop.receive(4, sku)
    before = await shop.connection.fetchval("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    for _ in range(ROUNDS):
        forth, back = await put_backs_of(shop, sam, skus), await put_backs_of(shop, sam, skus)
        done = await at_once(
            batch(sam, "put_back", [{"put_back": one} for one in forth]),
            batch(lea, "put_back", [{"put_back": one} for one in back[::-1]]),
        )
        assert {told.outcome for taken in done for told in taken.outcomes} == {"applied"}
    for sku in skus:
        assert await shop.figures(sku) == (4, 0, 0, 0)
    await shop.connection.execute("SELECT pg_stat_clear_snapshot()")
    after = await shop.connection.fetchval("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    assert after == before


async def test_a_short_meets_picks_of_the_same_article_in_other_works(shop: Shop, sam: Handheld, lea: Handheld) -> None:
    await shop.receive(3 * ROUNDS)
    for _ in range(ROUNDS):
        await shop.connection.execute("UPDATE stock_level SET no_promise_until = NULL")
        first, second = (await shop.place(order())).works[0].id, (await shop.place(order())).works[0].id
        told: list[Told] = await at_once(sam.short(first), lea.pick(second))
        assert [one.outcome for one in told] == ["applied", "applied"]
    on_hand, reserved, set_aside, _ = await shop.figures(DERBY, LYON)
    assert (on_hand, reserved, set_aside) == (2 * ROUNDS, ROUNDS, ROUNDS)


async def test_two_devices_put_one_tag_on_two_works_and_one_of_them_is_told(
    shop: Shop, sam: Handheld, lea: Handheld
) -> None:
    await shop.receive(2 * ROUNDS)
    for number in range(ROUNDS):
        works = [(await shop.place(order())).works[0].id for _ in range(2)]
        for work in works:
            await sam.pick(work)
        told = await at_once(sam.stage(works[0], f"B:{number}"), lea.stage(works[1], f"B:{number}"))
        assert sorted(one.problem or "" for one in told) == ["", "bag_in_use"]


async def test_one_event_that_comes_by_two_journals_at_once_counts_once(
    shop: Shop, sam: Handheld, lea: Handheld
) -> None:
    await shop.receive(2 * ROUNDS)
    for _ in range(ROUNDS):
        work = (await shop.place(order(Line(DERBY, 2)))).works[0].id
        one = sam.event("pick", work=work, line=1)
        same = lea.event("pick", work=work, line=1)
        first, second = await at_once(
            sam.send(one),
            lea.send(type(same)(**{f: getattr(same, f) for f in same.__struct_fields__} | {"id": one.id})),
        )
        assert sorted(taken.outcomes[0].again for taken in (first, second)) == [False, True]
    assert (await shop.figures())[2] == ROUNDS
