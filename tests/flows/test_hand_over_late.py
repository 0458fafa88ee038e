"""A hand-over with no network is told late: judged at its own time, once for the stock, and never lost."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from comptoir.flows import lapse
from comptoir.flows.take_reports import DeviceEvent
from comptoir.kit.db import in_transaction
from comptoir.kit.ids import new_id
from comptoir.orders.model import CancelOrder, LineQuantity
from tests.hands import Handheld, Shop, staged
from tests.world import DERBY, Line, order

pytestmark = pytest.mark.anyio

PRICE = 12900


def given(hand: Handheld, sold: UUID, work: UUID, *bags: str, **more: Any) -> DeviceEvent:
    """The hand-over as a device without network keeps it, now."""
    proof = {"pass": hand.shop.pass_of(sold, hand.place)}
    body = {"order": sold, "works": [work], "bags": list(bags or ("B:101",)), "offline": True, "checked": "pass"}
    return hand.event("hand_over", **(body | proof | more))


async def case(shop: Shop) -> dict[str, Any]:
    """What the one open exception holds."""
    found = await shop.connection.fetchval("SELECT body FROM exception WHERE resolved_at IS NULL")
    return dict(msgspec.json.decode(found))


async def expire(shop: Shop, sold: UUID, work: UUID) -> None:
    await shop.connection.execute(
        "UPDATE work SET collect_until = $2, rescue_until = $2 WHERE id = $1", work, shop.now - timedelta(minutes=1)
    )
    await in_transaction(shop.pool, "system", shop.now, lambda tx: lapse.expire(tx, sold, work, shop.now))


async def test_told_half_an_hour_later_it_stands_at_its_own_time(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    left, event = shop.now, given(sam, sold, work)
    shop.clock.advance(minutes=30)
    (told,) = (await sam.send(event)).outcomes
    assert (told.outcome, told.problem) == ("applied", None)
    row = await shop.connection.fetchrow("SELECT at, recorded_at, offline, proof FROM hand_over")
    assert tuple(row) == (left, shop.now, True, "pass")


async def test_what_cannot_be_taken_back_waits_until_the_device_could_have_told_its_undo(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order(paid="authorized"))
    event = given(sam, sold, work)
    shop.clock.advance(minutes=30)
    await sam.send(event)
    due = await shop.connection.fetchval("SELECT due_at FROM event WHERE kind = 'fulfillment.hand_over_settled'")
    money = await shop.connection.fetchval("SELECT due_at FROM payment_intention WHERE kind = 'capture'")
    assert due == money == shop.now + timedelta(seconds=30)


async def test_an_undo_within_two_minutes_of_the_hand_over_counts_however_late_it_is_told(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order(paid="authorized"))
    event = given(sam, sold, work)
    shop.clock.advance(minutes=1, seconds=50)
    undo = sam.event("undo", event=event.id)
    shop.clock.advance(minutes=30)
    await sam.send(event)
    (told,) = (await sam.send(undo)).outcomes
    assert (told.outcome, told.problem) == ("applied", None)
    assert (await shop.status(work), await shop.intended(sold)) == ("staged", [])
    assert await shop.figures() == (1, 1, 1, 0)
    assert await shop.exceptions() == []


async def test_an_undo_by_the_device_after_two_minutes_is_the_managers(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    event = given(sam, sold, work)
    shop.clock.advance(minutes=3)
    undo = sam.event("undo", event=event.id)
    shop.clock.advance(minutes=30)
    told = (await sam.send(event, undo)).outcomes[1]
    assert (told.outcome, told.problem) == ("applied_with_exception", "too_late_to_undo")
    assert await shop.exceptions() == ["hand_over_undo_late"]
    assert await shop.status(work) == "handed_over"


async def test_a_device_whose_clock_runs_ahead_cannot_hand_over_in_the_future(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    event = msgspec.structs.replace(given(sam, sold, work), offset_ms=3_600_000)
    await sam.send(event)
    assert await shop.connection.fetchval("SELECT at FROM hand_over") == shop.now


async def test_goods_that_left_before_the_order_was_canceled_have_left(shop: Shop) -> None:
    await shop.receive(3)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    event = given(sam, sold, work)
    shop.clock.advance(minutes=10)
    await shop.perform(CancelOrder(new_id(), sold, "changed_mind"))
    assert await shop.intended(sold) == [("refund", PRICE, "canceled")]
    shop.clock.advance(minutes=20)
    (told,) = (await sam.send(event)).outcomes
    assert (told.outcome, told.problem) == ("applied_with_exception", "handed_over_canceled")
    assert await shop.figures() == (2, 0, 0, 0)
    assert (await shop.status(work), await shop.progress(sold)) == ("handed_over", "fulfilled")
    assert (await shop.put_backs(sold), await shop.intended(sold)) == ([], [])
    assert await shop.exceptions() == ["handed_over_canceled"]
    said = await case(shop)
    assert (said["proof"], said["goods"]) == ("pass", [{"sku": DERBY, "units": 1}])


async def test_what_was_only_authorized_is_captured_after_all(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order(paid="authorized"))
    event = given(sam, sold, work)
    shop.clock.advance(minutes=10)
    await shop.perform(CancelOrder(new_id(), sold, "changed_mind"))
    assert await shop.intended(sold) == [("void", PRICE, "canceled")]
    await sam.send(event)
    assert await shop.intended(sold) == [("capture", PRICE, "handed_over")]


async def test_money_that_was_given_back_already_stays_so_and_the_manager_knows(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    event = given(sam, sold, work)
    await shop.perform(CancelOrder(new_id(), sold, "changed_mind"))
    await shop.connection.execute("UPDATE payment_intention SET state = 'confirmed'")
    await sam.send(event)
    assert await shop.intended(sold) == [("refund", PRICE, "canceled")]
    assert await shop.exceptions() == ["handed_over_canceled"]


async def test_goods_that_left_before_the_time_to_collect_ran_out_have_left(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    event = given(sam, sold, work)
    shop.clock.advance(minutes=20)
    await expire(shop, sold, work)
    assert await shop.status(work) == "expired"
    await sam.send(event)
    assert (await shop.status(work), await shop.put_backs(sold), await shop.intended(sold)) == ("handed_over", [], [])
    assert await shop.figures() == (0, 0, 0, 0)


async def test_goods_that_lie_on_their_shelf_again_have_not_left(shop: Shop) -> None:
    await shop.receive(2)
    sam, lea = await shop.handheld(), await shop.handheld(number=2)
    sold, work = await staged(shop, sam, order(Line(DERBY, 2)))
    event = given(sam, sold, work)
    await shop.perform(CancelOrder(new_id(), sold, "changed_mind"))
    (back,) = await shop.put_backs(sold)
    await lea.put_back(back)
    (told,) = (await sam.send(event)).outcomes
    assert told.problem == "handed_over_canceled"
    assert await shop.figures() == (1, 0, 0, 0)
    assert (await shop.put_backs(sold), await shop.intended(sold)) == ([], [("refund", PRICE, "canceled")])
    assert (await case(shop))["goods"] == [{"sku": DERBY, "units": 1}]


async def test_once_all_of_it_is_put_back_only_the_manager_is_told(shop: Shop) -> None:
    await shop.receive(1)
    sam, lea = await shop.handheld(), await shop.handheld(number=2)
    sold, work = await staged(shop, sam, order())
    event = given(sam, sold, work)
    await shop.perform(CancelOrder(new_id(), sold, "changed_mind"))
    (back,) = await shop.put_backs(sold)
    await lea.put_back(back)
    (told,) = (await sam.send(event)).outcomes
    assert (told.problem, await shop.figures()) == ("handed_over_canceled", (1, 0, 0, 0))
    assert await shop.count("hand_over") == 0


async def test_what_the_customer_refused_of_a_canceled_order_still_goes_back(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order(Line(DERBY, 2)))
    event = given(sam, sold, work, refused=[{"work": work, "line": 1, "quantity": 1}])
    await shop.perform(CancelOrder(new_id(), sold, "changed_mind"))
    await sam.send(event)
    assert await shop.figures() == (1, 1, 1, 0)
    assert (len(await shop.put_backs(sold)), await shop.intended(sold)) == (1, [("refund", PRICE, "canceled")])


async def test_a_unit_canceled_after_the_goods_had_left_left_with_them(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order(Line(DERBY, 2)))
    event = given(sam, sold, work)
    shop.clock.advance(minutes=5)
    await shop.perform(CancelOrder(new_id(), sold, "changed_mind", (LineQuantity(1, 1),)))
    await sam.send(event)
    assert (await shop.figures(), await shop.put_backs(sold), await shop.intended(sold)) == ((0, 0, 0, 0), [], [])
    assert await shop.exceptions() == ["handed_over_canceled"]


async def test_undone_a_canceled_order_is_canceled_again(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    event = given(sam, sold, work)
    shop.clock.advance(minutes=1)
    undo = sam.event("undo", event=event.id)
    shop.clock.advance(minutes=10)
    await shop.perform(CancelOrder(new_id(), sold, "changed_mind"))
    await sam.send(event, undo)
    assert (await shop.status(work), await shop.progress(sold)) == ("canceled", "canceled")
    assert await shop.figures() == (1, 1, 1, 0)
    assert (len(await shop.put_backs(sold)), await shop.intended(sold)) == (1, [("refund", PRICE, "canceled")])
    assert await shop.exceptions() == []


@pytest.mark.parametrize("first", [0, 1])
async def test_two_devices_without_network_gave_the_same_bag_one_counts_the_other_is_the_managers(
    shop: Shop, first: int
) -> None:
    await shop.receive(5)
    hands = [await shop.handheld(), await shop.handheld(number=2)]
    sold, work = await staged(shop, hands[0], order())
    events = []
    for hand in hands:
        events.append(given(hand, sold, work))
        shop.clock.advance(minutes=5)
    outcomes = [(await hands[n].send(events[n])).outcomes[0].problem for n in (first, 1 - first)]
    assert outcomes == [None, "handed_over_twice"]
    assert await shop.figures() == (4, 0, 0, 0)
    assert (await shop.exceptions(), await shop.count("hand_over")) == (["handed_over_twice"], 1)
    said = await case(shop)
    assert (said["proof"], said["offline"]) == ("pass", True)


async def test_told_at_the_same_moment_by_both_one_counts(shop: Shop) -> None:
    await shop.receive(10)
    sam, lea = await shop.handheld(), await shop.handheld(number=2)
    for number in range(101, 107):
        bag = f"B:{number}"
        sold, work = await staged(shop, sam, order(), bag)
        told = await asyncio.gather(sam.send(given(sam, sold, work, bag)), lea.send(given(lea, sold, work, bag)))
        assert {one.outcomes[0].problem for one in told} == {None, "handed_over_twice"}
    assert await shop.figures() == (4, 0, 0, 0)
    assert await shop.count("hand_over") == 6


async def test_the_second_hand_over_undone_leaves_the_first_and_nothing_to_decide(shop: Shop) -> None:
    await shop.receive(5)
    sam, lea = await shop.handheld(), await shop.handheld(number=2)
    sold, work = await staged(shop, sam, order())
    await sam.send(given(sam, sold, work))
    second = given(lea, sold, work)
    await lea.send(second, lea.event("undo", event=second.id))
    assert (await shop.status(work), await shop.exceptions()) == ("handed_over", [])
    assert await shop.figures() == (4, 0, 0, 0)


async def test_the_first_hand_over_undone_makes_the_second_count(shop: Shop) -> None:
    await shop.receive(5)
    sam, lea = await shop.handheld(), await shop.handheld(number=2)
    sold, work = await staged(shop, sam, order())
    wrong = given(sam, sold, work)
    undo = sam.event("undo", event=wrong.id)
    shop.clock.advance(seconds=30)
    right = given(lea, sold, work)
    await sam.send(wrong)
    await lea.send(right)
    await sam.send(undo)
    assert (await shop.status(work), await shop.exceptions()) == ("handed_over", [])
    assert await shop.figures() == (4, 0, 0, 0)
    standing = await shop.connection.fetch("SELECT id, device FROM hand_over WHERE undone_at IS NULL")
    assert [tuple(row) for row in standing] == [(right.id, lea.actor.device)]
    assert (await lea.send(lea.event("undo", event=right.id))).outcomes[0].outcome == "applied"
    assert await shop.status(work) == "staged"


async def test_a_pass_that_had_died_is_the_managers_with_what_the_device_had_checked(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    event = given(sam, sold, work)
    await shop.connection.execute("UPDATE pickup_pass SET generation = 1, qr_hash = '\\x00'")
    (told,) = (await sam.send(event)).outcomes
    assert (told.outcome, told.problem) == ("applied_with_exception", "handed_over_without_proof")
    said = await case(shop)
    assert (said["proof"], said["checked"]) == (None, "pass")
