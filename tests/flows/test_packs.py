"""Packs: one or more works taken on by one associate, leased, paused, given on."""

import asyncio

import pytest

from comptoir.fulfillment.model import PackStarted, StartPack
from comptoir.kit.errors import Conflict, NotFound
from comptoir.kit.ids import new_id
from comptoir.orders.model import CancelOrder
from comptoir.screens import pack as pack_screen
from comptoir.screens import shelf_work, work_list
from tests.hands import Shop, staged
from tests.world import BOWL, CONFLUENCE, DERBY, LEA, LYON, NOUR, Line, order, shipped

pytestmark = pytest.mark.anyio


async def test_starting_open_work_accepts_it(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    placed = await shop.place(order())
    started = await sam.start(placed.works[0].id)
    assert started.works == (placed.works[0].id,)
    assert (await shop.status(placed.works[0].id), await shop.progress(placed.id)) == ("picking", "in_progress")


async def test_the_next_three_are_the_three_most_urgent(shop: Shop) -> None:
    await shop.receive(4)
    sam = await shop.handheld()
    works = []
    for _ in range(4):
        works.append((await shop.place(order())).works[0].id)
        shop.clock.advance(minutes=5)
    started = await shop.perform(StartPack(new_id(), LYON, next=3), sam.person, PackStarted)
    assert started.works == tuple(works[:3])


async def test_a_colleagues_work_is_not_taken(shop: Shop) -> None:
    await shop.receive(1)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    work = (await shop.place(order())).works[0].id
    await sam.start(work)
    with pytest.raises(Conflict, match="taken_by_colleague"):
        await lea.start(work)


async def test_paused_work_goes_to_a_colleague_with_what_is_picked(shop: Shop) -> None:
    await shop.receive(2)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    work = (await shop.place(order(Line(DERBY, 2)))).works[0].id
    started = await sam.start(work)
    await sam.pick(work)
    await sam.tell("release", pack=started.id)
    await lea.start(work)
    await lea.pick(work)
    assert await shop.status(work) == "picked"
    assert await shop.figures() == (2, 2, 2, 0)


async def test_starting_the_second_store_of_an_order_that_was_collected_in_part_leaves_it_fulfilled_in_part(
    shop: Shop,
) -> None:
    await shop.receive(1, DERBY, LYON)
    await shop.receive(1, DERBY, CONFLUENCE)
    sam, nour = await shop.handheld(), await shop.handheld(CONFLUENCE, NOUR)
    placed = await shop.place(order(Line(DERBY, 1, LYON), Line(DERBY, 1, CONFLUENCE)))
    here, there = (next(w.id for w in placed.works if w.location == place) for place in (LYON, CONFLUENCE))
    await sam.pick(here)
    await sam.stage(here)
    await sam.hand_over(placed.id, here)
    await nour.start(there)
    assert await shop.progress(placed.id) == "part_fulfilled"


async def test_there_is_nothing_to_pick_in_canceled_or_staged_work(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    placed = await shop.place(order())
    await shop.perform(CancelOrder(new_id(), placed.id, "no"))
    _, on_shelf = await staged(shop, sam, order())
    for work in (placed.works[0].id, on_shelf):
        with pytest.raises(Conflict, match="nothing_to_pick"):
            await sam.start(work)


async def test_another_stores_associate_finds_neither_store_nor_work(shop: Shop) -> None:
    await shop.receive(1)
    nour = await shop.handheld(CONFLUENCE, NOUR)
    work = (await shop.place(order())).works[0].id
    with pytest.raises(NotFound, match="location_not_found"):
        await shop.perform(StartPack(new_id(), LYON, (work,)), nour.person)
    with pytest.raises(Conflict, match="nothing_to_pick"):
        await nour.start(work)


async def test_a_cart_keeps_its_walk_and_its_totes_and_a_picked_parcel_waits_for_packing(shop: Shop) -> None:
    for sku, place in ((DERBY, ("A", "2", "1")), (BOWL, ("C", "5", "3"))):
        await shop.receive(3, sku)
        await shop.connection.execute("INSERT INTO shelf_place VALUES ($1, $2, $3, $4, $5)", LYON, sku, *place)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    placed = [
        await shop.place(order(*lines)) for lines in ((Line(BOWL), Line(DERBY)), (Line(DERBY),), (shipped(BOWL),))
    ]
    both, bag, parcel = (one.works[0].id for one in placed)
    await shop.connection.execute("UPDATE work SET promise_at = promise_at + interval '1 day'")

    started = await shop.perform(StartPack(new_id(), LYON, next=12), sam.person, PackStarted)
    assert started.works == (both, bag, parcel)
    (pack,) = await pack_screen.read_many(shop.pool, [started.id], sam.actor, shop.now)
    told = {work["id"]: work for work in pack["works"]}
    assert [told[str(work)]["tote"] for work in started.works] == [1, 2, 3]
    stops = sorted((line["stop"], told[work]["tote"], line["sku"]) for work in told for line in told[work]["lines"])
    assert stops == [(1, 1, DERBY), (2, 2, DERBY), (3, 1, BOWL), (4, 3, BOWL)]
    assert (pack["minutes"] >= 1, pack["scan_totes"]) == (True, False)

    await sam.pick(both, 1)
    await sam.pick(parcel)
    assert await shop.status(parcel) == "picked"
    row = next(row for row in (await work_list.read(shop.connection, LYON)).works if row.id == parcel)
    assert (row.to_pack, row.tote) == (True, 3)
    assert await shelf_work.by_tote(shop.connection, LYON, 3, str(sam.who)) == parcel
    assert await shelf_work.by_tote(shop.connection, LYON, 1, str(sam.who)) is None
    await sam.tell("release", pack=started.id)
    again = await shop.perform(StartPack(new_id(), LYON, next=12), lea.person, PackStarted)
    assert again.works == (both, bag)
    totes = await shop.connection.fetch("SELECT tote FROM work ORDER BY tote")
    assert [row[0] for row in totes] == [1, 2, 3]
    with pytest.raises(Conflict, match="nothing_to_pick"):
        await sam.start(parcel)
    assert (await lea.keep(0, again.id)).packs == (again.id,)
    await lea.pick(both, 1, 2)
    await lea.pick(bag)
    await lea.stage(both, "B:101")
    await lea.stage(bag, "B:102")
    assert (await lea.keep(0, again.id)).gone == (again.id,)


async def test_two_who_start_the_next_pack_at_once_get_a_cart_each(shop: Shop) -> None:
    await shop.receive(8)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    for _ in range(8):
        await shop.place(order())
    begun = await asyncio.gather(
        *(shop.perform(StartPack(new_id(), LYON, next=12), hand.person, PackStarted) for hand in (sam, lea))
    )
    assert [len(one.works) for one in begun] == [4, 4]
    assert len({work for one in begun for work in one.works}) == 8


async def test_the_same_command_twice_is_one_pack(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    work = (await shop.place(order())).works[0].id
    command = StartPack(new_id(), LYON, (work,))
    assert await shop.perform(command, sam.person) == await shop.perform(command, sam.person)
    assert await shop.count("pack") == 1
