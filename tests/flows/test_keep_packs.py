"""What a handheld keeps for the time with no network: leases renewed, packs laid ready, begun, lost to colleagues, given up."""

import asyncio
from uuid import UUID

import pytest

from comptoir.flows import lapse
from comptoir.flows.keep_packs import Kept
from comptoir.fulfillment.model import PackStarted, StartPack
from comptoir.kit.ids import new_id
from comptoir.orders.model import CancelOrder
from comptoir.screens import next_pack
from comptoir.screens import pack as pack_screen
from tests.hands import Shop
from tests.world import CONFLUENCE, LEA, LYON, NOUR, order

pytestmark = pytest.mark.anyio


async def works(shop: Shop, count: int) -> list[UUID]:
    """Orders of one pair each, a minute apart, most urgent first."""
    await shop.receive(count)
    placed = []
    for _ in range(count):
        placed.append((await shop.place(order())).works[0].id)
        shop.clock.advance(minutes=1)
    return placed


async def inside(shop: Shop, pack: UUID) -> set[UUID]:
    return {row[0] for row in await shop.connection.fetch("SELECT id FROM work WHERE pack = $1", pack)}


async def taken(shop: Shop, work: UUID) -> UUID | None:
    who: UUID | None = await shop.connection.fetchval("SELECT taken_by FROM work WHERE id = $1", work)
    return who


async def test_the_next_two_packs_lie_ready_and_nobody_has_begun(shop: Shop) -> None:
    ids = await works(shop, 9)
    sam = await shop.handheld()
    kept = await sam.keep()
    assert [await inside(shop, pack) for pack in kept.packs] == [set(ids[:4]), set(ids[4:8])]
    assert {await shop.status(work) for work in ids} == {"open"}
    assert [await taken(shop, work) for work in ids] == [None] * 9


async def test_asking_again_gives_the_same_packs(shop: Shop) -> None:
    await works(shop, 14)
    sam = await shop.handheld()
    first = await sam.keep()
    assert set((await sam.keep(2, *first.packs)).packs) == set(first.packs)
    assert await shop.count("pack") == 2


async def test_two_tabs_of_one_device_that_ask_at_once_get_two_packs_together(shop: Shop) -> None:
    await works(shop, 14)
    sam = await shop.handheld()
    await asyncio.gather(*(sam.keep() for _ in range(4)))
    assert await shop.count("pack") == 2


async def test_devices_that_ask_at_once_never_get_the_same_work(shop: Shop) -> None:
    await works(shop, 36)
    await shop.connection.execute("UPDATE work SET promise_at = promise_at + interval '1 day'")
    hands = [await shop.handheld(number=number) for number in (1, 2)]
    for _ in range(6):
        await asyncio.gather(*(hand.keep() for hand in hands * 2))
        held = [row[0] for row in await shop.connection.fetch("SELECT unnest(works) FROM pack WHERE closed_at IS NULL")]
        assert len(held) == len(set(held)) == 32
        shop.clock.advance(minutes=31)


async def test_work_is_taken_and_laid_ready_at_once_and_is_in_one_pack(shop: Shop) -> None:
    ids = await works(shop, 8)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    kept, begun = await asyncio.gather(
        sam.keep(), shop.perform(StartPack(new_id(), LYON, next=6), lea.person, PackStarted)
    )
    assert await inside(shop, begun.id) == set(ids[:4])
    ready = set.union(*[await inside(shop, pack) for pack in kept.packs])
    assert ready == set(ids[4:])


async def test_the_next_pack_leaves_what_lies_ready_elsewhere_to_the_end(shop: Shop) -> None:
    ids = await works(shop, 6)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    await sam.keep(1)
    started = await shop.perform(StartPack(new_id(), LYON, next=3), lea.person, PackStarted)
    assert started.works == (*ids[4:], ids[0])


async def test_what_lies_ready_here_is_started_in_its_order(shop: Shop) -> None:
    ids = await works(shop, 8)
    sam = await shop.handheld()
    await sam.keep(1)
    started = await shop.perform(StartPack(new_id(), LYON, next=3), sam.person, PackStarted)
    assert started.works == tuple(ids[:3])


async def test_a_promise_that_is_near_does_not_wait_behind_free_work(shop: Shop) -> None:
    ids = await works(shop, 8)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    await sam.keep(1)
    await shop.connection.execute(
        "UPDATE work SET promise_at = $2 WHERE id = $1", ids[3], shop.now.replace(microsecond=0)
    )
    started = await shop.perform(StartPack(new_id(), LYON, next=1), lea.person, PackStarted)
    assert started.works == (ids[3],)


async def test_the_button_offers_each_device_what_a_tap_would_give_it(shop: Shop) -> None:
    ids = await works(shop, 6)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    await sam.keep(1)
    following = await next_pack.read(shop.connection, LYON, shop.now)
    offers = [following.offer(hand.person.device, shop.now) for hand in (sam, lea)]
    assert [offer and (offer.orders, offer.units) for offer in offers] == [(4, 4), (4, 4)]
    for hand, expected in ((lea, [*ids[4:], *ids[:2]]), (sam, ids[2:4])):
        started = await shop.perform(StartPack(new_id(), LYON, next=12), hand.person, PackStarted)
        assert started.works == tuple(expected)


async def test_a_pack_that_lay_ready_is_begun_with_no_further_question(shop: Shop) -> None:
    ids = await works(shop, 3)
    sam = await shop.handheld()
    (pack,) = (await sam.keep(1)).packs
    told = await sam.tell("start", pack=pack)
    assert (told.outcome, told.problem) == ("applied", None)
    assert {await shop.status(work) for work in ids} == {"picking"}
    assert {await taken(shop, work) for work in ids} == {sam.who}


async def test_the_same_beginning_told_twice_is_one(shop: Shop) -> None:
    ids = await works(shop, 1)
    sam = await shop.handheld()
    (pack,) = (await sam.keep(1)).packs
    await sam.tell("start", pack=pack)
    assert (await sam.tell("start", pack=pack)).outcome == "applied"
    row = await shop.connection.fetchval("SELECT order_id FROM work WHERE id = $1", ids[0])
    assert (await shop.told(row)).count("fulfillment.started") == 1


async def test_a_begun_pack_is_kept_and_the_next_one_lies_ready_beside_it(shop: Shop) -> None:
    ids = await works(shop, 6)
    sam = await shop.handheld()
    (pack,) = (await sam.keep(1)).packs
    await sam.tell("start", pack=pack)
    kept = await sam.keep(1, pack)
    assert kept.packs[0] == pack
    assert await inside(shop, kept.packs[1]) == set(ids[4:])


async def test_work_that_a_colleague_has_taken_is_not_begun_and_the_device_is_told_which(shop: Shop) -> None:
    ids = await works(shop, 3)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    (pack,) = (await sam.keep(1)).packs
    await lea.start(ids[1])
    told = await sam.tell("start", pack=pack)
    assert (told.outcome, told.problem) == ("applied_with_exception", "taken_by_colleague")
    assert [str(work) for work in told.facts["works"]] == [str(ids[1])]
    assert await inside(shop, pack) == {ids[0], ids[2]}


async def test_what_was_picked_of_taken_work_beyond_the_need_is_put_back(shop: Shop) -> None:
    (work,) = await works(shop, 1)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    (pack,) = (await sam.keep(1)).packs
    await lea.start(work)
    await lea.pick(work)
    taken_over = await sam.send(sam.event("start", pack=pack), sam.event("pick", work=work, line=1, quantity=1))
    assert [one.problem for one in taken_over.outcomes] == ["taken_by_colleague", "more_than_needed"]
    order_id = await shop.connection.fetchval("SELECT order_id FROM work WHERE id = $1", work)
    assert len(await shop.put_backs(order_id)) == 1


async def test_canceled_work_is_told_apart_from_taken_work(shop: Shop) -> None:
    ids = await works(shop, 2)
    sam = await shop.handheld()
    (pack,) = (await sam.keep(1)).packs
    order_id = await shop.connection.fetchval("SELECT order_id FROM work WHERE id = $1", ids[0])
    await shop.perform(CancelOrder(new_id(), order_id, "changed my mind"))
    told = await sam.tell("start", pack=pack)
    assert (told.outcome, told.problem) == ("applied_with_exception", "pack_changed")


async def test_the_lease_of_a_pack_that_lies_ready_runs_out_and_its_beginning_still_counts(shop: Shop) -> None:
    ids = await works(shop, 2)
    sam = await shop.handheld()
    (pack,) = (await sam.keep(1)).packs
    shop.clock.advance(minutes=61)
    await lapse.end_leases(shop)  # type: ignore[arg-type]
    assert await inside(shop, pack) == set()
    assert (await sam.tell("start", pack=pack)).outcome == "applied"
    assert await inside(shop, pack) == set(ids)


async def test_after_the_lease_another_device_gets_it_ready(shop: Shop) -> None:
    ids = await works(shop, 2)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    await sam.keep(1)
    shop.clock.advance(minutes=61)
    assert await inside(shop, (await lea.keep(1)).packs[0]) == set(ids)


async def test_a_pack_that_has_lain_ready_for_long_is_made_again_and_the_old_one_forgotten(shop: Shop) -> None:
    await works(shop, 2)
    sam = await shop.handheld()
    (old,) = (await sam.keep(1)).packs
    shop.clock.advance(minutes=31)
    kept = await sam.keep(1, old)
    assert kept.gone == (old,)
    assert len(kept.packs) == 1


async def test_asking_renews_the_lease_of_a_begun_pack(shop: Shop) -> None:
    (work,) = await works(shop, 1)
    sam = await shop.handheld()
    started = await sam.start(work)
    shop.clock.advance(minutes=50)
    await sam.keep(0, started.id)
    shop.clock.advance(minutes=50)
    await lapse.end_leases(shop)  # type: ignore[arg-type]
    assert await taken(shop, work) == sam.who


async def test_a_finished_pack_may_be_forgotten(shop: Shop) -> None:
    (work,) = await works(shop, 1)
    sam = await shop.handheld()
    started = await sam.start(work)
    await sam.pick(work)
    await sam.stage(work)
    assert (await sam.keep(0, started.id)).gone == (started.id,)


async def test_packs_of_another_store_are_neither_kept_nor_begun(shop: Shop) -> None:
    await works(shop, 1)
    sam, nour = await shop.handheld(), await shop.handheld(CONFLUENCE, NOUR)
    (pack,) = (await sam.keep(1)).packs
    assert await nour.keep(2, pack) == Kept((), (pack,))
    assert (await nour.tell("start", pack=pack)).outcome == "refused"


async def test_a_pack_says_through_which_fact_its_counts_go(shop: Shop) -> None:
    (work,) = await works(shop, 1)
    sam = await shop.handheld()
    started = await sam.start(work)
    await sam.pick(work)
    (pack,) = await pack_screen.read_many(shop.pool, [started.id], sam.actor, shop.now)
    assert (pack["state"], pack["counted"]) == ("open", {str(sam.journal): 1})
    assert pack["works"][0]["lines"][0]["picked"] == 1


async def test_a_device_that_was_away_for_longer_than_its_lease_goes_on_with_its_pack(shop: Shop) -> None:
    ids = await works(shop, 3)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    started = await sam.start(*ids)
    shop.clock.advance(minutes=61)
    await lapse.end_leases(shop)  # type: ignore[arg-type]
    await lea.start(ids[1])
    kept = await sam.keep(0, started.id)
    assert (kept.packs, kept.gone) == ((started.id,), ())
    assert await inside(shop, started.id) == {ids[0], ids[2]}


async def test_a_pack_that_was_handed_on_does_not_come_back(shop: Shop) -> None:
    (work,) = await works(shop, 1)
    sam = await shop.handheld()
    started = await sam.start(work)
    await sam.tell("release", pack=started.id)
    assert await sam.keep(0, started.id) == Kept((), (started.id,))


async def test_a_pack_whose_work_was_canceled_is_told_once_more(shop: Shop) -> None:
    (work,) = await works(shop, 1)
    sam = await shop.handheld()
    started = await sam.start(work)
    order_id = await shop.connection.fetchval("SELECT order_id FROM work WHERE id = $1", work)
    await shop.perform(CancelOrder(new_id(), order_id, "changed my mind"))
    assert await sam.keep(0, started.id) == Kept((started.id,), (started.id,))
