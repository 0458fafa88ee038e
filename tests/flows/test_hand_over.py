"""Hand-over: goods leave against the pass, twice is an exception, and two minutes to take all of it back."""

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from comptoir.flows.hand_over import RequestHandOver
from comptoir.flows.paid_again import PaidAtTill
from comptoir.fulfillment.arriving import Arrive
from comptoir.fulfillment.handover import RefuseHandOver
from comptoir.fulfillment.model import HandOver, UndoHandOver
from comptoir.kit.actor import Actor
from comptoir.kit.errors import Conflict, Invalid, NotFound
from comptoir.kit.ids import new_id
from tests.hands import Shop, staged
from tests.world import CONFLUENCE, DERBY, NOUR, WINE, Line, order

pytestmark = pytest.mark.anyio

DERBY_PRICE = 12900


async def test_a_hand_over_takes_the_units_out_of_on_hand_reserved_and_set_aside(shop: Shop) -> None:
    await shop.receive(3)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    assert await shop.figures() == (3, 1, 1, 0)
    told = await sam.hand_over(sold, work)
    assert (told.outcome, told.problem) == ("applied", None)
    assert await shop.figures() == (2, 0, 0, 0)
    assert (await shop.status(work), await shop.progress(sold)) == ("handed_over", "fulfilled")


async def test_the_events_of_a_hand_over_are_told_once_and_the_settled_one_is_due_two_minutes_later(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    await sam.hand_over(sold, work)
    assert await shop.told(sold) == [
        "order.placed", "fulfillment.started", "fulfillment.picked", "fulfillment.staged", "fulfillment.handed_over",
        "fulfillment.hand_over_settled",
    ]  # fmt: skip
    due = await shop.connection.fetchval("SELECT due_at - at FROM event WHERE kind = 'fulfillment.hand_over_settled'")
    assert due.total_seconds() == 120


async def test_undo_restores_stock_state_bags_arrival_and_what_was_due(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order(paid="authorized"))
    await shop.perform(Arrive(new_id(), sold, sam.place), Actor(f"customer:{sold}", "customer", None))
    handed = await sam.hand_over(sold, work)
    assert await shop.intended(sold) == [("capture", DERBY_PRICE, "handed_over")]
    shop.clock.advance(minutes=1, seconds=59)
    told = await sam.undo(handed)
    assert told.outcome == "applied"
    assert await shop.figures() == (2, 1, 1, 0)
    assert (await shop.status(work), await shop.progress(sold)) == ("staged", "in_progress")
    assert await shop.intended(sold) == []
    assert await shop.told(sold) == [
        "order.placed", "fulfillment.started", "fulfillment.picked", "fulfillment.staged", "customer.arrived",
        "fulfillment.handed_over", "fulfillment.hand_over_undone",
    ]  # fmt: skip
    assert await shop.connection.fetchval("SELECT count(*) FROM bag WHERE gone_at IS NULL") == 1
    assert await shop.connection.fetchval("SELECT count(*) FROM arrival WHERE done_at IS NULL") == 1


async def test_what_was_undone_can_be_handed_over_again(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    await sam.undo(await sam.hand_over(sold, work))
    assert (await sam.hand_over(sold, work)).outcome == "applied"
    assert await shop.figures() == (0, 0, 0, 0)


async def test_told_of_an_undo_after_two_minutes_the_manager_puts_it_right(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    handed = await sam.hand_over(sold, work)
    shop.clock.advance(minutes=2, seconds=1)
    told = await sam.undo(handed)
    assert (told.outcome, told.problem) == ("applied_with_exception", "too_late_to_undo")
    assert await shop.figures() == (0, 0, 0, 0)


async def test_undoing_twice_is_refused(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    handed = await sam.hand_over(sold, work)
    undo = UndoHandOver(new_id(), handed.facts["hand_over"])
    await shop.perform(undo, sam.person)
    with pytest.raises(Conflict, match="already_undone"):
        await shop.perform(UndoHandOver(new_id(), handed.facts["hand_over"]), sam.person)
    assert await shop.figures() == (1, 1, 1, 0)


async def test_a_tag_that_is_in_use_again_stays_where_it_is_when_its_last_hand_over_is_undone(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    first, work = await staged(shop, sam, order())
    handed = await sam.hand_over(first, work)
    _, other = await staged(shop, sam, order())
    assert (await sam.undo(handed)).outcome == "applied"
    assert await shop.connection.fetchval("SELECT work FROM bag WHERE gone_at IS NULL") == other


async def test_an_arrival_that_came_since_is_kept_when_the_hand_over_before_it_is_undone(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    placed = await shop.place(order())
    customer = Actor(f"customer:{placed.id}", "customer", None)
    work = placed.works[0].id
    await sam.pick(work)
    await sam.stage(work)
    await shop.perform(Arrive(new_id(), placed.id, sam.place), customer)
    handed = await sam.hand_over(placed.id, work)
    await shop.connection.execute(
        "INSERT INTO arrival (id, order_id, location, at) VALUES ($1, $2, $3, $4)",
        new_id(),
        placed.id,
        sam.place,
        shop.now,
    )
    assert (await sam.undo(handed)).outcome == "applied"
    assert await shop.connection.fetchval("SELECT count(*) FROM arrival WHERE done_at IS NULL") == 1


async def test_a_second_report_is_the_managers_exception_never_a_silent_success(shop: Shop) -> None:
    await shop.receive(5)
    sam, lea = await shop.handheld(), await shop.handheld(number=2)
    sold, work = await staged(shop, sam, order())
    await sam.hand_over(sold, work)
    told = await lea.hand_over(sold, work)
    assert (told.outcome, told.problem) == ("applied_with_exception", "handed_over_twice")
    assert await shop.exceptions() == ["handed_over_twice"]
    assert await shop.figures() == (4, 0, 0, 0)
    assert await shop.count("hand_over") == 1


async def test_a_second_request_is_refused(shop: Shop) -> None:
    await shop.receive(5)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    asked = HandOver(sold, (work,), ("B:101",), pass_=shop.pass_of(sold))
    await shop.perform(RequestHandOver(new_id(), asked), sam.person)
    with pytest.raises(Conflict, match="already_handed_over"):
        await shop.perform(RequestHandOver(new_id(), asked), sam.person)
    assert await shop.figures() == (4, 0, 0, 0)


@pytest.mark.parametrize(
    ("how", "refusal"),
    [
        ({"pass_": "P1:" + "0" * 26}, "no_proof"), ({"letters": "ABCDEF"}, "no_proof"), ({}, "no_proof"),
        ({"bags": ()}, "bags_not_scanned"), ({"bags": ("B:102",)}, "bags_not_scanned"),
    ],
)  # fmt: skip
async def test_a_request_without_the_right_pass_or_every_bag_is_refused(
    shop: Shop, how: dict[str, object], refusal: str
) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    proof = {"pass_": shop.pass_of(sold)} if "bags" in how else {}
    asked = HandOver(sold, (work,), **{"bags": ("B:101",), **proof, **how})  # type: ignore[arg-type]
    with pytest.raises((Conflict, Invalid), match=refusal):
        await shop.perform(RequestHandOver(new_id(), asked), sam.person)
    assert await shop.figures() == (1, 1, 1, 0)


async def test_a_report_without_proof_is_applied_and_given_to_the_manager(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    told = await sam.tell("hand_over", order=sold, works=[work], bags=["B:101"])
    assert (told.outcome, told.problem) == ("applied_with_exception", "handed_over_without_proof")
    assert await shop.figures() == (0, 0, 0, 0)
    assert await shop.exceptions() == ["handed_over_without_proof"]


async def test_a_report_of_goods_that_were_never_staged_moves_nothing(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    placed = await shop.place(order())
    told = await sam.hand_over(placed.id, placed.works[0].id)
    assert (told.outcome, told.problem) == ("applied_with_exception", "handed_over_not_staged")
    assert await shop.figures() == (1, 1, 0, 0)


async def test_the_six_letters_open_as_the_pass_does(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    told = await sam.hand_over(sold, work, letters=shop.letters_of(sold).lower())
    assert (told.outcome, told.problem) == ("applied", None)


async def test_wine_leaves_only_after_the_age_was_checked(shop: Shop) -> None:
    await shop.receive(1, WINE)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order(Line(WINE)))
    asked = HandOver(sold, (work,), ("B:101",), pass_=shop.pass_of(sold))
    with pytest.raises(Conflict, match="age_check_needed"):
        await shop.perform(RequestHandOver(new_id(), asked), sam.person)
    told = await sam.hand_over(sold, work, age_checked=True)
    assert (told.outcome, told.problem) == ("applied", None)


async def test_a_minor_leaves_without_the_wine_and_the_order_keeps_its_shelf(shop: Shop) -> None:
    await shop.receive(1, WINE)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order(Line(WINE)))
    await shop.perform(Arrive(new_id(), sold, sam.place), Actor(f"customer:{sold}", "customer", None))
    await shop.perform(RefuseHandOver(new_id(), sold, sam.place), sam.person)
    assert (await shop.status(work), await shop.figures(WINE)) == ("staged", (1, 1, 1, 0))
    assert await shop.connection.fetchval("SELECT count(*) FROM arrival WHERE done_at IS NULL") == 0
    assert (await shop.told(sold))[-1] == "fulfillment.hand_over_refused"


async def test_another_store_cannot_refuse_it(shop: Shop) -> None:
    await shop.receive(1, WINE)
    sam, nour = await shop.handheld(), await shop.handheld(CONFLUENCE, NOUR)
    sold, _ = await staged(shop, sam, order(Line(WINE)))
    for place in (CONFLUENCE, sam.place):
        with pytest.raises(NotFound, match="order_not_found"):
            await shop.perform(RefuseHandOver(new_id(), sold, place), nour.person)


async def test_a_refused_unit_stays_becomes_put_back_work_and_its_refund_is_intended(shop: Shop) -> None:
    await shop.receive(3)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order(Line(DERBY, 2)))
    refused = [{"work": work, "line": 1, "quantity": 1, "reason": "too small"}]
    await sam.hand_over(sold, work, refused=refused)
    assert await shop.figures() == (2, 1, 1, 0)
    assert await shop.intended(sold) == [("refund", DERBY_PRICE, "refused_at_counter")]
    (back,) = await shop.put_backs(sold)
    await sam.put_back(back)
    assert await shop.figures() == (2, 0, 0, 0)
    assert await shop.progress(sold) == "fulfilled"


async def test_a_hand_over_where_everything_was_refused_can_be_undone_too(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    handed = await sam.hand_over(sold, work, refused=[{"work": work, "line": 1, "quantity": 1}])
    assert (await shop.status(work), await shop.progress(sold)) == ("canceled", "canceled")
    assert (await sam.undo(handed)).outcome == "applied"
    assert (await shop.status(work), await shop.progress(sold)) == ("staged", "in_progress")
    assert await shop.put_backs(sold) == []
    assert await shop.intended(sold) == []


async def test_it_cannot_be_undone_once_the_refused_goods_lie_on_their_shelf(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order(Line(DERBY, 2)))
    handed = await sam.hand_over(sold, work, refused=[{"work": work, "line": 1, "quantity": 1}])
    (back,) = await shop.put_backs(sold)
    await sam.put_back(back)
    told = await sam.undo(handed)
    assert (told.outcome, told.problem) == ("applied_with_exception", "refused_goods_put_back")
    assert await shop.figures() == (1, 0, 0, 0)


async def test_another_stores_device_does_not_find_the_work(shop: Shop) -> None:
    await shop.receive(1)
    sam, nour = await shop.handheld(), await shop.handheld(CONFLUENCE, NOUR)
    sold, work = await staged(shop, sam, order())
    told = await nour.hand_over(sold, work)
    assert (told.outcome, told.problem) == ("refused", "work_not_found")
    asked = HandOver(sold, (work,), ("B:101",), pass_=shop.pass_of(sold))
    with pytest.raises(NotFound, match="work_not_found"):
        await shop.perform(RequestHandOver(new_id(), asked), nour.person)
    assert await shop.figures() == (1, 1, 1, 0)


async def test_another_stores_manager_does_not_find_the_hand_over_to_undo(shop: Shop) -> None:
    await shop.receive(1)
    sam, nour = await shop.handheld(), await shop.handheld(CONFLUENCE, NOUR)
    sold, work = await staged(shop, sam, order())
    handed = await sam.hand_over(sold, work)
    with pytest.raises(NotFound, match="hand_over_not_found"):
        await shop.perform(UndoHandOver(new_id(), handed.facts["hand_over"]), nour.person)
    assert await shop.figures() == (0, 0, 0, 0)


async def test_goods_whose_money_is_gone_stay_until_they_are_paid_again_and_a_device_that_gave_them_is_told(
    shop: Shop,
) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order(Line(DERBY, 2)))
    await shop.connection.execute(
        "UPDATE payment SET state = 'authorized', captured_minor = 0, capture_before = $2 WHERE order_id = $1",
        sold, shop.now + timedelta(hours=1),
    )  # fmt: skip
    asked = HandOver(sold, (work,), bags=("B:101",), pass_=shop.pass_of(sold))
    shop.clock.advance(hours=2)
    with pytest.raises(Conflict, match="payment_gone") as refused:
        await shop.perform(RequestHandOver(new_id(), asked), sam.person)
    due = refused.value.facts["due_minor"]
    assert due == await shop.connection.fetchval("SELECT total_minor FROM sales_order WHERE id = $1", sold)
    # Somebody may say why they leave all the same, and a manager hears of it.
    override = msgspec.structs.replace(asked, override_reason="the director answers for it")
    given = await shop.perform(RequestHandOver(new_id(), override), sam.person)
    assert await shop.exceptions() == ["handed_over_unpaid"]
    await shop.perform(UndoHandOver(new_id(), UUID(given["id"])), sam.person)
    told = await sam.tell("hand_over", order=sold, works=[work], bags=["B:101"], **{"pass": shop.pass_of(sold)})
    assert (told.outcome, told.problem) == ("applied_with_exception", "handed_over_unpaid")
    await sam.undo(told)
    # The till took it: they leave, and nothing more is taken of what was authorized once.
    await shop.perform(PaidAtTill(new_id(), sold, "T-4711"), sam.person)
    with pytest.raises(Conflict, match="nothing_awaited"):
        await shop.perform(PaidAtTill(new_id(), sold, "T-4712"), sam.person)
    done = await shop.perform(RequestHandOver(new_id(), asked), sam.person)
    assert done["works"] == [str(work)]
    assert await shop.intended(sold) == []
    assert await shop.breaches() == []
