"""A handheld's journal: every line counted once, in order, by whoever was signed in, on this store's goods."""

from datetime import timedelta

import msgspec
import pytest

from comptoir.flows.take_reports import Batch
from comptoir.kit.db import in_transaction
from comptoir.kit.errors import Conflict
from comptoir.kit.ids import new_id
from tests.hands import Handheld, Shop
from tests.world import DERBY, Line, order

pytestmark = pytest.mark.anyio


async def send(hand: Handheld, batch: Batch) -> object:
    shop = hand.shop
    return await in_transaction(
        shop.pool, hand.actor.who, shop.now, lambda tx: shop.reports(tx, batch, hand.actor, shop.now)
    )


async def test_a_batch_sent_twice_counts_once_and_gives_the_same_outcomes(shop: Shop) -> None:
    await shop.receive(5)
    sam = await shop.handheld()
    work = (await shop.place(order(Line(DERBY, 3)))).works[0].id
    first = await sam.send(*(sam.event("pick", work=work, line=1) for _ in range(3)))
    again = await sam.resend()
    assert [told.again for told in again.outcomes] == [True] * 3
    assert [msgspec.structs.replace(told, again=False) for told in again.outcomes] == list(first.outcomes)
    assert (await shop.figures(), again.acked_through) == ((5, 3, 3, 0), 3)


async def test_a_longer_batch_that_begins_with_known_lines_adds_only_the_new_ones(shop: Shop) -> None:
    await shop.receive(5)
    sam = await shop.handheld()
    work = (await shop.place(order(Line(DERBY, 3)))).works[0].id
    events = [sam.event("pick", work=work, line=1) for _ in range(3)]
    await sam.send(*events[:2])
    taken = await sam.send(*events)
    assert [told.again for told in taken.outcomes] == [True, True, False]
    assert await shop.figures() == (5, 3, 3, 0)


async def test_a_gap_in_the_journal_is_told_with_the_line_that_is_missing(shop: Shop) -> None:
    await shop.receive(5)
    sam = await shop.handheld()
    work = (await shop.place(order(Line(DERBY, 3)))).works[0].id
    first, second = sam.event("pick", work=work, line=1), sam.event("pick", work=work, line=1)
    with pytest.raises(Conflict) as gap:
        await sam.send(second)
    assert (gap.value.code, gap.value.facts) == ("gap", {"expected_seq": 1})
    await sam.send(first, second)
    assert await shop.figures() == (5, 3, 2, 0)


async def test_a_journal_belongs_to_one_device(shop: Shop) -> None:
    await shop.receive(5)
    sam, copy = await shop.handheld(), await shop.handheld(number=2)
    work = (await shop.place(order())).works[0].id
    await sam.pick(work)
    copy.journal, copy.seq = sam.journal, sam.seq
    with pytest.raises(Conflict, match="device_clone"):
        await copy.pick(work)


async def test_a_known_line_with_another_event_is_a_clone(shop: Shop) -> None:
    await shop.receive(5)
    sam = await shop.handheld()
    work = (await shop.place(order())).works[0].id
    await sam.pick(work)
    sam.seq = 0
    with pytest.raises(Conflict, match="device_clone"):
        await sam.pick(work)


async def test_an_event_that_a_second_device_sends_on_counts_once(shop: Shop) -> None:
    await shop.receive(5)
    sam, lea = await shop.handheld(), await shop.handheld(number=2)
    work = (await shop.place(order(Line(DERBY, 2)))).works[0].id
    event = sam.event("pick", work=work, line=1)
    await sam.send(event)
    lea.event("pick", work=work, line=1)
    taken = await send(lea, Batch(lea.journal, (event,)))
    assert taken.outcomes[0].again  # type: ignore[attr-defined]
    assert await shop.figures() == (5, 2, 1, 0)


async def test_one_bad_line_is_refused_alone_and_the_journal_goes_on(shop: Shop) -> None:
    await shop.receive(5)
    sam = await shop.handheld()
    work = (await shop.place(order(Line(DERBY, 3)))).works[0].id
    taken = await sam.send(
        sam.event("pick", work=work, line=1), sam.event("pick", work=work, line=0), sam.event("dance"),
        sam.event("pick", work=new_id(), line=1), sam.event("pick", work=work, line=1),
    )  # fmt: skip
    assert [(told.outcome, told.problem) for told in taken.outcomes] == [
        ("applied", None), ("refused", "malformed"), ("refused", "unknown_event"), ("refused", "work_not_found"), ("applied", None),
    ]  # fmt: skip
    assert (await shop.figures(), taken.acked_through) == ((5, 3, 2, 0), 5)


async def test_nobody_works_under_a_sign_in_that_had_ended(shop: Shop) -> None:
    await shop.receive(5)
    sam = await shop.handheld()
    work = (await shop.place(order())).works[0].id
    await shop.connection.execute("UPDATE sign_in SET ended_at = $1", shop.now - timedelta(minutes=10))
    assert (await sam.pick(work)).problem == "not_signed_in_then"
    assert await shop.figures() == (5, 1, 0, 0)


async def test_a_scan_from_before_the_end_of_the_sign_in_counts_however_late_it_comes(shop: Shop) -> None:
    await shop.receive(5)
    sam = await shop.handheld()
    work = (await shop.place(order())).works[0].id
    event = sam.event("pick", work=work, line=1)
    await shop.connection.execute("UPDATE sign_in SET ended_at = $1", shop.now + timedelta(minutes=5))
    shop.clock.advance(hours=3)
    assert (await sam.send(event)).outcomes[0].outcome == "applied"
    happened = await shop.connection.fetchval("SELECT happened_at FROM stock_movement WHERE fact = 'pick'")
    assert happened == event.at_wall


async def test_a_clock_that_runs_ahead_never_puts_an_event_into_the_future(shop: Shop) -> None:
    await shop.receive(5)
    sam = await shop.handheld()
    work = (await shop.place(order())).works[0].id
    event = msgspec.structs.replace(sam.event("pick", work=work, line=1), at_wall=shop.now + timedelta(days=2))
    await sam.send(event)
    assert await shop.connection.fetchval("SELECT max(happened_at) FROM stock_movement") == shop.now


async def test_a_device_takes_back_only_what_it_told_itself(shop: Shop) -> None:
    await shop.receive(5)
    sam, lea = await shop.handheld(), await shop.handheld(number=2)
    work = (await shop.place(order())).works[0].id
    told = await sam.pick(work)
    assert (await lea.undo(told)).problem == "nothing_to_undo"
    assert await shop.figures() == (5, 1, 1, 0)
