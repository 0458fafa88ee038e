"""Journals that are lost, copied or sent on; people whose sign-in ended; clocks that are wrong: every fact counts once."""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from comptoir.fulfillment.journal import Batch, DeviceEvent, Follows, Taken
from comptoir.kit.actor import Actor
from comptoir.kit.db import in_transaction
from comptoir.kit.ids import new_id
from comptoir.staff.changing import DisablePerson
from tests.hands import Handheld, Shop
from tests.world import CONFLUENCE, DERBY, LEA, NOUR, SAM, Line, order

pytestmark = pytest.mark.anyio


async def sent_on(by: Handheld, *events: DeviceEvent) -> Taken:
    """Another device hands the facts on, in a journal of its own, as they are."""
    shop = by.shop
    renumbered = []
    for event in events:
        by.seq += 1
        renumbered.append(msgspec.structs.replace(event, seq=by.seq))
    batch = by.last = Batch(by.journal, tuple(renumbered))
    return await in_transaction(
        shop.pool, by.actor.who, shop.now, lambda tx: shop.reports(tx, batch, by.actor, shop.now)
    )


async def case(shop: Shop, kind: str) -> Any:
    """The body of the open exception of this kind."""
    body = await shop.connection.fetchval("SELECT body FROM exception WHERE kind = $1 AND resolved_at IS NULL", kind)
    return msgspec.json.decode(body) if body else None


async def picking(shop: Shop, units: int = 3) -> tuple[Handheld, Any, Any]:
    """Sam has a pack of `units` pairs in hand: (handheld, work, pack)."""
    await shop.receive(units + 2)
    sam = await shop.handheld()
    work = (await shop.place(order(Line(DERBY, units)))).works[0].id
    return sam, work, (await sam.start(work)).id


def in_pack(event: DeviceEvent, pack: Any) -> DeviceEvent:
    return msgspec.structs.replace(event, pack_id=pack)


# ------------------------------------------------------------ journals


async def test_a_journal_that_begins_anew_without_a_word_is_told_to_the_manager(shop: Shop) -> None:
    sam, work, pack = await picking(shop)
    await sam.send(*(in_pack(sam.event("pick", work=work, line=1), pack) for _ in range(2)))
    sam.begin_anew()
    await sam.send(in_pack(sam.event("pick", work=work, line=1), pack))
    told = await case(shop, "journal_lost")
    assert (told["last_seq"], told["packs"], told["device"]) == (2, [str(pack)], str(sam.actor.device))
    assert len(told["orders"]) == 1


async def test_it_is_told_once_however_often_the_batch_comes(shop: Shop) -> None:
    sam, work, pack = await picking(shop)
    await sam.send(in_pack(sam.event("pick", work=work, line=1), pack))
    sam.begin_anew()
    await sam.send(in_pack(sam.event("pick", work=work, line=1), pack))
    await sam.resend()
    await sam.pick(work)
    assert (await shop.exceptions()).count("journal_lost") == 1


async def test_a_journal_that_says_which_one_it_follows_has_lost_nothing(shop: Shop) -> None:
    sam, work, pack = await picking(shop)
    await sam.send(in_pack(sam.event("pick", work=work, line=1), pack))
    sam.begin_anew(Follows(sam.journal, 1))
    await sam.pick(work)
    assert await shop.exceptions() == []
    assert await shop.connection.fetchval("SELECT follows_acked FROM journal WHERE id = $1", sam.journal) == 1


async def test_acknowledged_facts_that_the_server_has_no_more_are_told_too(shop: Shop) -> None:
    sam, work, pack = await picking(shop)
    await sam.send(in_pack(sam.event("pick", work=work, line=1), pack))
    sam.begin_anew(Follows(sam.journal, 5))
    await sam.pick(work)
    assert (await case(shop, "journal_lost"))["missing"] == 4


async def test_a_device_with_nothing_in_hand_may_begin_anew_unnoticed(shop: Shop) -> None:
    sam, work, pack = await picking(shop)
    await sam.send(in_pack(sam.event("pick", work=work, line=1), pack))
    await sam.tell("release", pack=pack)
    sam.begin_anew()
    await sam.tell("unknown_code", code="123")
    assert await shop.exceptions() == []


async def test_a_copy_goes_on_in_a_journal_of_its_own_under_the_same_ids(shop: Shop) -> None:
    sam, work, _ = await picking(shop)
    first, unsent = sam.event("pick", work=work, line=1), sam.event("pick", work=work, line=1)
    await sam.send(first, unsent)
    old = sam.journal
    sam.begin_anew(Follows(old, 1))
    new = sam.event("pick", work=work, line=1)
    sam.seq = 0
    taken = await sent_on(sam, unsent, new)
    assert [told.again for told in taken.outcomes] == [True, False]
    assert await shop.figures() == (5, 3, 3, 0)


# ------------------------------------------------------------ sent on by another device


async def test_facts_sent_on_by_another_device_count_as_those_of_whoever_did_them(shop: Shop) -> None:
    sam, work, _ = await picking(shop)
    lea = await shop.handheld(who=LEA, number=2)
    taken = await sent_on(lea, sam.event("pick", work=work, line=1), sam.event("pick", work=work, line=1))
    assert [told.outcome for told in taken.outcomes] == ["applied", "applied"]
    assert await shop.figures() == (5, 3, 2, 0)


async def test_they_count_once_when_their_own_device_comes_back(shop: Shop) -> None:
    sam, work, _ = await picking(shop)
    lea = await shop.handheld(who=LEA, number=2)
    events = [sam.event("pick", work=work, line=1) for _ in range(2)]
    await sent_on(lea, *events)
    for _ in range(2):
        taken = await sam.send(*events)
        assert ([told.again for told in taken.outcomes], taken.acked_through) == ([True, True], 2)
    assert await shop.figures() == (5, 3, 2, 0)


async def test_the_same_facts_sent_on_twice_are_no_copy_of_a_journal(shop: Shop) -> None:
    sam, work, _ = await picking(shop)
    lea = await shop.handheld(who=LEA, number=2)
    event = sam.event("pick", work=work, line=1)
    await sam.send(event)
    await sent_on(lea, event)
    again = await lea.resend()
    assert (again.outcomes[0].again, again.acked_through) == (True, 1)


async def test_an_undo_sent_on_takes_back_what_its_own_device_had_told(shop: Shop) -> None:
    sam, work, _ = await picking(shop)
    lea = await shop.handheld(who=LEA, number=2)
    picked = await sam.pick(work)
    taken = await sent_on(lea, sam.event("undo", event=picked.id))
    assert (taken.outcomes[0].outcome, await shop.figures()) == ("applied", (5, 3, 0, 0))


async def test_an_undo_finds_what_another_device_had_sent_on(shop: Shop) -> None:
    sam, work, _ = await picking(shop)
    lea = await shop.handheld(who=LEA, number=2)
    event = sam.event("pick", work=work, line=1)
    await sent_on(lea, event)
    undone = await sam.send(event, sam.event("undo", event=event.id))
    assert ([told.outcome for told in undone.outcomes], await shop.figures()) == (["applied"] * 2, (5, 3, 0, 0))


async def test_another_stores_device_sends_nothing_on(shop: Shop) -> None:
    sam, work, _ = await picking(shop)
    nour = await shop.handheld(CONFLUENCE, NOUR)
    taken = await sent_on(nour, sam.event("pick", work=work, line=1))
    assert (taken.outcomes[0].outcome, taken.outcomes[0].problem) == ("refused", "not_signed_in_then")
    assert await shop.figures() == (5, 3, 0, 0)


# ------------------------------------------------------------ people


async def end_sign_ins(shop: Shop, minutes_ago: int) -> None:
    await shop.connection.execute("UPDATE sign_in SET ended_at = $1", shop.now - timedelta(minutes=minutes_ago))


async def test_after_an_unlock_the_same_persons_facts_count_although_the_sign_in_had_ended(shop: Shop) -> None:
    sam, work, _ = await picking(shop)
    await end_sign_ins(shop, 10)
    taken = await sam.send(sam.event("unlock"), sam.event("pick", work=work, line=1))
    assert [told.outcome for told in taken.outcomes] == ["applied", "applied"]
    shop.clock.advance(hours=3)
    assert (await sam.pick(work)).outcome == "applied"


async def test_yesterdays_sign_in_unlocks_nothing(shop: Shop) -> None:
    sam, work, _ = await picking(shop)
    await end_sign_ins(shop, 10)
    shop.clock.advance(hours=24)
    taken = await sam.send(sam.event("unlock"), sam.event("pick", work=work, line=1))
    assert [told.problem for told in taken.outcomes] == ["not_signed_in_then"] * 2


async def test_yesterdays_unlock_does_not_last(shop: Shop) -> None:
    sam, work, _ = await picking(shop)
    await end_sign_ins(shop, 10)
    await sam.tell("unlock")
    shop.clock.advance(hours=24)
    assert (await sam.pick(work)).problem == "not_signed_in_then"


async def test_what_is_refused_is_told_to_the_manager_once_for_each_sign_in(shop: Shop) -> None:
    sam, work, _ = await picking(shop)
    await end_sign_ins(shop, 10)
    for _ in range(3):
        assert (await sam.pick(work)).outcome == "refused"
    assert await shop.exceptions() == ["report_refused"]
    told = await case(shop, "report_refused")
    assert (told["why"], told["who"], told["device"]) == ("not_signed_in_then", str(SAM), str(sam.actor.device))


async def test_a_person_whose_access_was_closed_meanwhile_has_picked_all_the_same(shop: Shop) -> None:
    sam, work, _ = await picking(shop)
    await shop.connection.execute(
        "INSERT INTO staff_location VALUES ($1, 'lyon-part-dieu') ON CONFLICT DO NOTHING", SAM
    )
    before = sam.event("pick", work=work, line=1)
    await shop.perform(DisablePerson(new_id(), SAM, "left"), Actor("odile", "head_office", None))
    shop.clock.advance(minutes=10)
    taken = await sam.send(before, sam.event("pick", work=work, line=1), sam.event("pick", work=work, line=1))
    assert [(told.outcome, told.problem) for told in taken.outcomes] == [
        ("applied", None), ("applied_with_exception", "person_disabled"), ("applied_with_exception", "person_disabled"),
    ]  # fmt: skip
    assert (await shop.exceptions(), await shop.figures()) == (["person_disabled"], (5, 3, 3, 0))
    await shop.connection.execute("UPDATE staff SET disabled_at = NULL")


async def test_a_device_that_was_withdrawn_has_its_facts_sent_on_by_another(shop: Shop) -> None:
    sam, work, _ = await picking(shop)
    lea = await shop.handheld(who=LEA, number=2)
    device = sam.actor.device
    await shop.connection.execute("UPDATE device SET revoked_at = $2 WHERE id = $1", device, shop.now)
    await shop.connection.execute("UPDATE sign_in SET ended_at = $2 WHERE device = $1", device, shop.now)
    shop.clock.advance(minutes=10)
    taken = await sent_on(lea, sam.event("pick", work=work, line=1))
    assert (taken.outcomes[0].outcome, taken.outcomes[0].problem) == ("applied_with_exception", "device_revoked")
    assert await shop.exceptions() == ["device_revoked"]
    await shop.connection.execute("UPDATE device SET revoked_at = NULL")


# ------------------------------------------------------------ clocks


async def off(shop: Shop, hand: Handheld) -> int | None:
    return await shop.connection.fetchval(  # type: ignore[no-any-return]
        "SELECT clock_off_seconds FROM device WHERE id = $1", hand.actor.device
    )


async def test_a_clock_that_is_off_is_corrected_by_what_the_device_knows_and_noted(shop: Shop) -> None:
    sam, work, _ = await picking(shop)
    ten_minutes = timedelta(minutes=10)
    event = msgspec.structs.replace(
        sam.event("pick", work=work, line=1), at_wall=shop.now + ten_minutes, offset_ms=-600_000.0
    )
    await sam.send(event)
    assert await shop.connection.fetchval("SELECT max(happened_at) FROM stock_movement") == shop.now
    assert await off(shop, sam) == 600
    await sam.pick(work)
    assert await off(shop, sam) is None


async def test_a_clock_that_nobody_has_corrected_is_noted_when_it_writes_from_the_future(shop: Shop) -> None:
    sam, work, _ = await picking(shop)
    await sam.send(msgspec.structs.replace(sam.event("pick", work=work, line=1), at_wall=shop.now + timedelta(hours=1)))
    assert await off(shop, sam) == 3600


async def test_facts_keep_their_order_although_the_clock_was_set_back_between_them(shop: Shop) -> None:
    sam, work, _ = await picking(shop)
    picked = sam.event("pick", work=work, line=1)
    undone = msgspec.structs.replace(sam.event("undo", event=picked.id), at_wall=shop.now - timedelta(minutes=30))
    taken = await sam.send(picked, undone)
    assert ([told.outcome for told in taken.outcomes], await shop.figures()) == (["applied"] * 2, (5, 3, 0, 0))


async def test_nothing_happens_before_its_person_signed_in(shop: Shop) -> None:
    sam, work, _ = await picking(shop)
    await sam.send(msgspec.structs.replace(sam.event("pick", work=work, line=1), at_wall=shop.now - timedelta(days=3)))
    began = await shop.connection.fetchval("SELECT started_at FROM sign_in LIMIT 1")
    assert await shop.connection.fetchval("SELECT happened_at FROM stock_movement WHERE fact = 'pick'") == began


# ------------------------------------------------------------ one bad line never stops the rest


async def test_a_fact_that_trips_the_books_is_the_managers_and_the_journal_goes_on(shop: Shop) -> None:
    sam, work, _ = await picking(shop)

    async def trips(*_: object) -> None:
        raise AssertionError

    shop.reports.stage = trips  # type: ignore[assignment]
    taken = await sam.send(sam.event("stage", work=work, bag="B:1", place="L:R1"), sam.event("pick", work=work, line=1))
    assert [(told.outcome, told.problem) for told in taken.outcomes] == [
        ("applied_with_exception", "did_not_fit"), ("applied", None),
    ]  # fmt: skip
    assert await shop.exceptions() == ["did_not_fit"]


async def test_a_fact_that_arrives_by_two_devices_at_the_same_moment_counts_once(shop: Shop) -> None:
    sam, work, _ = await picking(shop)
    lea = await shop.handheld(who=LEA, number=2)
    events = [sam.event("pick", work=work, line=1) for _ in range(3)]
    taken = await asyncio.gather(sam.send(*events), sent_on(lea, *events))
    assert sorted([told.again for told in one.outcomes] for one in taken) == [[False] * 3, [True] * 3]
    assert await shop.figures() == (5, 3, 3, 0)
