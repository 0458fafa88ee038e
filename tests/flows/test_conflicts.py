"""What happened elsewhere while a handheld had no network: each ends in visible work for the right person, and the books agree."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from comptoir.flows import lapse
from comptoir.flows.move_to_store import MoveToStore
from comptoir.flows.resolve_short import ResolveShort
from comptoir.flows.take_over import TakeOver
from comptoir.fulfillment.journal import DeviceEvent, Taken
from comptoir.kit.actor import Actor
from comptoir.kit.ids import new_id
from comptoir.orders.model import CancelOrder, LineQuantity
from comptoir.screens import device_list, shelf_work
from comptoir.screens import pack as pack_screen
from tests.flows.test_reports_journals import in_pack, sent_on
from tests.hands import Handheld, Shop, staged
from tests.world import CONFLUENCE, DERBY, LEA, LYON, Line, order, shipped

pytestmark = pytest.mark.anyio

OFFICE = Actor("odile", "head_office", None)


class Offline:
    """A handheld that writes and does not send."""

    def __init__(self, hand: Handheld) -> None:
        self.hand, self.written = hand, list[DeviceEvent]()

    def does(self, type: str, **body: Any) -> DeviceEvent:
        self.written.append(self.hand.event(type, **body))
        return self.written[-1]

    async def comes_back(self) -> Taken:
        return await self.hand.send(*self.written)


async def cancel(shop: Shop, order_id: UUID, *lines: LineQuantity) -> None:
    await shop.perform(CancelOrder(new_id(), order_id, "changed my mind", lines))


async def to_put_back(shop: Shop, place: str = LYON) -> list[tuple[str, int, str, str | None]]:
    """What the store's put-back page shows: (SKU, units, why, bag)."""
    return [(row.sku, row.left, row.reason, row.bag) for row in await shelf_work.put_backs(shop.connection, place)]


async def counts(shop: Shop) -> list[str]:
    return [row[0] for row in await shop.connection.fetch("SELECT sku FROM stock_count WHERE status = 'asked'")]


async def pack_as_sent(shop: Shop, hand: Handheld, pack: UUID) -> dict[str, Any]:
    """The pack as the answer to a batch carries it, when it is sent again."""
    (found,) = await pack_screen.read_many(shop.pool, [pack], hand.actor, shop.now)
    assert pack_screen.has_changed(found)
    return found


def said(taken: Taken) -> list[tuple[str, str | None]]:
    return [(told.outcome, told.problem) for told in taken.outcomes]


# ------------------------------------------------------------ the order was canceled


async def test_goods_picked_for_an_order_that_was_canceled_meanwhile_are_put_back(shop: Shop) -> None:
    await shop.receive(3)
    sam = await shop.handheld()
    placed = await shop.place(order(Line(DERBY, 2)))
    started = await sam.start(placed.works[0].id)
    offline = Offline(sam)
    for _ in range(2):
        offline.does("pick", work=placed.works[0].id, line=1)
    await cancel(shop, placed.id)
    assert said(await offline.comes_back()) == [("applied_with_exception", "canceled_meanwhile")] * 2
    assert await to_put_back(shop) == [(DERBY, 1, "canceled_meanwhile", None)] * 2
    assert await shop.figures() == (3, 0, 0, 0)
    work = (await pack_as_sent(shop, sam, started.id))["works"][0]
    assert (work["status"], work["lines"][0]["canceled"]) == ("canceled", 2)


async def test_the_bag_it_was_staged_in_meanwhile_is_named_on_the_put_back(shop: Shop) -> None:
    await shop.receive(3)
    sam = await shop.handheld()
    placed = await shop.place(order(Line(DERBY, 2)))
    work = placed.works[0].id
    await sam.start(work)
    await sam.pick(work)
    offline = Offline(sam)
    offline.does("pick", work=work, line=1)
    offline.does("stage", work=work, bag="B:101", place="L:R1")
    await cancel(shop, placed.id)
    assert said(await offline.comes_back()) == [
        ("applied_with_exception", "canceled_meanwhile"), ("applied_with_exception", "ended_meanwhile"),
    ]  # fmt: skip
    assert sorted(await to_put_back(shop)) == [(DERBY, 1, "canceled", "101"), (DERBY, 1, "canceled_meanwhile", "101")]
    assert await shop.exceptions() == []
    for back in await shop.put_backs(placed.id):
        assert (await sam.put_back(back)).outcome == "applied"
    assert await shop.figures() == (3, 0, 0, 0)


async def test_a_scan_taken_back_offline_is_the_put_back_of_an_order_canceled_meanwhile(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    placed = await shop.place(order())
    picked = await sam.pick(placed.works[0].id)
    offline = Offline(sam)
    offline.does("undo", event=picked.id)
    await cancel(shop, placed.id)
    assert said(await offline.comes_back()) == [("applied", None)]
    assert (await to_put_back(shop), await shop.figures()) == ([], (1, 0, 0, 0))


async def test_a_missing_article_of_a_canceled_order_is_counted(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    placed = await shop.place(order())
    offline = Offline(sam)
    offline.does("short", work=placed.works[0].id, line=1, quantity=1, reason="not_found")
    await cancel(shop, placed.id)
    assert said(await offline.comes_back()) == [("applied_with_exception", "less_was_needed")]
    assert (await counts(shop), await shop.figures()) == ([DERBY], (1, 0, 0, 0))


# ------------------------------------------------------------ two devices did the same


async def test_of_a_line_that_two_devices_picked_the_first_fills_it_and_the_rest_is_put_back(shop: Shop) -> None:
    await shop.receive(5)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    placed = await shop.place(order(Line(DERBY, 2)))
    work = placed.works[0].id
    offline = Offline(sam)
    offline.does("pick", work=work, line=1, quantity=2)
    await lea.pick(work)
    assert said(await offline.comes_back()) == [("applied_with_exception", "more_than_needed")]
    assert (await shop.status(work), await shop.figures()) == ("picked", (5, 2, 2, 0))
    assert await to_put_back(shop) == [(DERBY, 1, "more_than_needed", None)]


async def test_goods_that_two_devices_staged_in_two_bags_lie_in_both_and_both_leave_together(shop: Shop) -> None:
    await shop.receive(2)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    placed = await shop.place(order(Line(DERBY, 2)))
    work = placed.works[0].id
    offline = Offline(sam)
    offline.does("pick", work=work, line=1)
    offline.does("stage", work=work, bag="B:102", place="L:R2")
    await lea.pick(work)
    await lea.stage(work)
    assert said(await offline.comes_back()) == [("applied", None)] * 2
    assert (await shop.status(work), await shop.figures()) == ("staged", (2, 2, 2, 0))
    assert (await lea.hand_over(placed.id, work, "B:101", "B:102")).outcome == "applied"


async def test_an_article_missing_for_one_and_found_by_the_other_is_found(shop: Shop) -> None:
    await shop.receive(1)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    work = (await shop.place(order())).works[0].id
    offline = Offline(lea)
    offline.does("pick", work=work, line=1)
    await sam.short(work)
    assert await shop.exceptions() == ["short_choice"]
    assert said(await offline.comes_back()) == [("applied", None)]
    assert (await shop.exceptions(), await shop.status(work), await shop.figures()) == ([], "picked", (1, 1, 1, 0))
    assert await counts(shop) == [DERBY]


async def test_a_short_told_after_a_colleague_had_found_it_stands_as_an_observation(shop: Shop) -> None:
    await shop.receive(1)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    work = (await shop.place(order())).works[0].id
    offline = Offline(sam)
    offline.does("short", work=work, line=1, quantity=1, reason="not_found")
    await lea.pick(work)
    assert said(await offline.comes_back()) == [("applied_with_exception", "less_was_needed")]
    assert (await counts(shop), await shop.figures()) == ([DERBY], (1, 1, 1, 0))


async def test_a_missing_unit_found_after_the_money_was_given_back_is_counted(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    placed = await shop.place(order())
    short = await sam.short(placed.works[0].id)
    offline = Offline(sam)
    offline.does("undo", event=short.id)
    await shop.perform(ResolveShort(new_id(), placed.id, 1, "refund"))
    await shop.connection.execute("UPDATE stock_count SET status = 'canceled'")
    assert said(await offline.comes_back()) == [("applied_with_exception", "decided_meanwhile")]
    assert (await counts(shop), await shop.figures()) == ([DERBY], (0, 0, 0, 0))


async def test_a_scan_taken_back_after_a_colleague_staged_the_bag_is_the_managers(shop: Shop) -> None:
    await shop.receive(2)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    work = (await shop.place(order(Line(DERBY, 2)))).works[0].id
    picked = await sam.pick(work)
    offline = Offline(sam)
    offline.does("undo", event=picked.id)
    await lea.pick(work)
    await lea.stage(work)
    assert said(await offline.comes_back()) == [("applied_with_exception", "staged_meanwhile")]
    assert await shop.exceptions() == ["staged_meanwhile"]


async def test_goods_that_two_people_carried_back_are_counted(shop: Shop) -> None:
    await shop.receive(1)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    placed = await shop.place(order())
    await sam.pick(placed.works[0].id)
    await cancel(shop, placed.id)
    (back,) = await shop.put_backs(placed.id)
    offline = Offline(sam)
    offline.does("put_back", put_back=back)
    await lea.put_back(back)
    assert said(await offline.comes_back()) == [("applied_with_exception", "already_put_back")]
    assert (await counts(shop), await shop.figures()) == ([DERBY], (1, 0, 0, 0))


# ------------------------------------------------------------ less is wanted, or elsewhere


async def test_a_quantity_reduced_meanwhile_leaves_its_surplus_to_put_back_and_flags_the_row(shop: Shop) -> None:
    await shop.receive(3)
    sam = await shop.handheld()
    placed = await shop.place(order(Line(DERBY, 3)))
    work = placed.works[0].id
    started = await sam.start(work)
    offline = Offline(sam)
    offline.does("pick", work=work, line=1, quantity=3)
    await cancel(shop, placed.id, LineQuantity(1, 1))
    assert said(await offline.comes_back()) == [("applied_with_exception", "canceled_meanwhile")]
    assert await to_put_back(shop) == [(DERBY, 1, "canceled_meanwhile", None)]
    assert (await shop.status(work), await shop.figures()) == ("picked", (3, 2, 2, 0))
    (row,) = (await pack_as_sent(shop, sam, started.id))["works"]
    assert (row["flagged"], row["lines"][0]["quantity"]) == ("changed", 2)


async def test_work_given_to_another_store_meanwhile_is_over_here_with_the_reason(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    placed = await shop.place(order(shipped(DERBY, 2)))
    work = placed.works[0].id
    started = await sam.start(work)
    await sam.pick(work)
    await shop.receive(2, at=CONFLUENCE)
    offline = Offline(sam)
    offline.does("pick", work=work, line=1)
    await shop.perform(MoveToStore(new_id(), placed.id, work, CONFLUENCE), OFFICE)
    assert said(await offline.comes_back()) == [("applied_with_exception", "moved_meanwhile")]
    assert sorted(await to_put_back(shop)) == [(DERBY, 1, "moved", None), (DERBY, 1, "moved_meanwhile", None)]
    assert (await shop.figures(), await shop.figures(at=CONFLUENCE)) == ((2, 1, 1, 0), (2, 2, 0, 0))
    assert (await pack_as_sent(shop, sam, started.id))["works"][0]["status"] == "canceled"


async def test_a_promise_that_moved_is_told_with_the_next_pack_and_loses_no_scan(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    placed = await shop.place(order())
    work = placed.works[0].id
    started = await sam.start(work)
    offline = Offline(sam)
    offline.does("pick", work=work, line=1)
    later = shop.now + timedelta(hours=5)
    await shop.connection.execute("UPDATE work SET promise_at = $2, version = version + 1 WHERE id = $1", work, later)
    assert said(await offline.comes_back()) == [("applied", None)]
    (found,) = await pack_screen.read_many(shop.pool, [started.id], sam.actor, shop.now)
    assert found["works"][0]["promise_at"].startswith(later.strftime("%Y-%m-%dT%H:%M"))


# ------------------------------------------------------------ handed over


async def handed_over_offline(shop: Shop, hand: Handheld, sold: UUID, work: UUID) -> Offline:
    offline = Offline(hand)
    offline.does(
        "hand_over",
        order=sold,
        works=[work],
        bags=["B:101"],
        offline=True,
        checked="pass",
        **{"pass": shop.pass_of(sold)},
    )
    return offline


async def test_goods_given_away_offline_of_an_order_canceled_meanwhile_are_the_managers_with_the_proof(
    shop: Shop,
) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    offline = await handed_over_offline(shop, sam, sold, work)
    await cancel(shop, sold)
    ((outcome, problem),) = said(await offline.comes_back())
    assert (outcome, await shop.exceptions()) == ("applied_with_exception", [problem])
    body = await shop.connection.fetchval("SELECT body->>'proof' FROM exception")
    assert (body, await shop.figures()) == ("pass", (0, 0, 0, 0))


async def test_goods_given_away_by_two_devices_leave_once_and_the_second_is_the_managers(shop: Shop) -> None:
    await shop.receive(1)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    sold, work = await staged(shop, sam, order())
    offline = await handed_over_offline(shop, sam, sold, work)
    await lea.hand_over(sold, work)
    assert said(await offline.comes_back()) == [("applied_with_exception", "handed_over_twice")]
    assert (await shop.exceptions(), await shop.figures()) == (["handed_over_twice"], (0, 0, 0, 0))


async def test_goods_given_away_offline_after_their_time_had_run_out_have_left(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    offline = await handed_over_offline(shop, sam, sold, work)
    await shop.nobody_comes(12)
    assert await shop.status(work) == "expired"
    ((outcome, _),) = said(await offline.comes_back())
    assert (outcome, len(await shop.exceptions())) == ("applied_with_exception", 1)
    assert await shop.figures() == (0, 0, 0, 0)


# ------------------------------------------------------------ devices and leases


async def test_facts_count_although_the_lease_ran_out_before_they_came(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    work = (await shop.place(order(Line(DERBY, 2)))).works[0].id
    started = await sam.start(work)
    offline = Offline(sam)
    offline.written += [in_pack(sam.event("pick", work=work, line=1), started.id) for _ in range(2)]
    happened = shop.now
    shop.clock.advance(hours=3)
    await lapse.end_leases(shop)  # type: ignore[arg-type]
    assert said(await offline.comes_back()) == [("applied", None)] * 2
    assert (await shop.status(work), await shop.figures()) == ("picked", (2, 2, 2, 0))
    assert await shop.connection.fetchval("SELECT max(happened_at) FROM stock_movement") == happened


async def test_a_silent_device_is_shown_with_what_it_has_in_hand_and_a_colleague_goes_on(shop: Shop) -> None:
    await shop.receive(3)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    work = (await shop.place(order(Line(DERBY, 2)))).works[0].id
    started = await sam.start(work)
    await shop.connection.execute("UPDATE device SET last_seen_at = $1", shop.now)
    shop.clock.advance(minutes=35)
    seen = {state.id: state for state in await device_list.read(shop.connection, (LYON,))}[
        sam.actor.device or UUID(int=0)
    ]
    assert (seen.silent_minutes(shop.now), seen.lines, seen.packs[0].works) == (35, 1, 1)
    offline = Offline(sam)
    offline.does("pick", work=work, line=1)
    await shop.perform(TakeOver(new_id(), started.id), lea.person)
    await lea.pick(work)
    assert said(await offline.comes_back()) == [("applied", None)]
    assert (await shop.status(work), await shop.figures()) == ("picked", (3, 2, 2, 0))


async def test_a_device_that_lost_its_memory_is_told_with_the_last_line_that_came(shop: Shop) -> None:
    await shop.receive(3)
    sam = await shop.handheld()
    work = (await shop.place(order(Line(DERBY, 3)))).works[0].id
    started = await sam.start(work)
    await sam.send(*(in_pack(sam.event("pick", work=work, line=1), started.id) for _ in range(2)))
    sam.begin_anew()
    await sam.send(in_pack(sam.event("pick", work=work, line=1), started.id))
    assert await shop.exceptions() == ["journal_lost"]
    assert await shop.figures() == (3, 3, 3, 0)


async def test_facts_sent_on_by_another_device_count_once_when_their_own_comes_back(shop: Shop) -> None:
    await shop.receive(2)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    work = (await shop.place(order(Line(DERBY, 2)))).works[0].id
    offline = Offline(sam)
    offline.does("pick", work=work, line=1)
    offline.does("pick", work=work, line=1)
    await sent_on(lea, *offline.written)
    taken = await offline.comes_back()
    assert [told.again for told in taken.outcomes] == [True, True]
    assert (await shop.status(work), await shop.figures()) == ("picked", (2, 2, 2, 0))
