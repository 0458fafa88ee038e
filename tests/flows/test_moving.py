"""Head office gives work to another store; a colleague goes on with the pack of a silent device."""

from datetime import timedelta

import pytest

from comptoir.flows.move_to_store import MovedToStore, MoveToStore
from comptoir.flows.take_over import TakeOver
from comptoir.fulfillment.model import PackStarted
from comptoir.kit.actor import Actor
from comptoir.kit.errors import Conflict, Forbidden, NotFound
from comptoir.kit.ids import new_id
from comptoir.stock.promise import Shortage
from tests.hands import Shop
from tests.world import CONFLUENCE, CUP, DERBY, LEA, LYON, SAM, Line, order, shipped

pytestmark = pytest.mark.anyio

OFFICE = Actor("odile", "head_office", None)


async def moved(shop: Shop, order_id: object, work: object, to: str = CONFLUENCE, who: Actor = OFFICE) -> MovedToStore:
    done: MovedToStore = await shop.perform(MoveToStore(new_id(), order_id, work, to), who, MovedToStore)  # type: ignore[arg-type]
    return done


async def test_untouched_work_moves_with_its_promise_and_is_free_again_here(shop: Shop) -> None:
    await shop.receive(2)
    placed = await shop.place(order(shipped(DERBY, 2)))
    await shop.receive(3, at=CONFLUENCE)
    done = await moved(shop, placed.id, placed.works[0].id)
    assert (await shop.figures(), await shop.figures(at=CONFLUENCE)) == ((2, 0, 0, 0), (3, 2, 0, 0))
    assert (await shop.status(placed.works[0].id), await shop.status(done.work)) == ("canceled", "open")
    assert (done.put_backs, await shop.progress(placed.id)) == (0, "accepted")
    assert (await shop.told(placed.id))[-1] == "fulfillment.moved"


async def test_what_was_picked_here_is_put_back_here(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    placed = await shop.place(order(shipped(DERBY, 2)))
    await sam.pick(placed.works[0].id)
    await shop.receive(2, at=CONFLUENCE)
    assert (await moved(shop, placed.id, placed.works[0].id)).put_backs == 1
    assert await shop.figures() == (2, 1, 1, 0)
    (back,) = await shop.put_backs(placed.id)
    await sam.put_back(back)
    assert await shop.figures() == (2, 0, 0, 0)


async def test_a_store_with_too_few_of_it_gets_nothing_and_nothing_changes(shop: Shop) -> None:
    await shop.receive(2)
    placed = await shop.place(order(shipped(DERBY, 2)))
    await shop.receive(1, at=CONFLUENCE)
    with pytest.raises(Shortage):
        await moved(shop, placed.id, placed.works[0].id)
    assert (await shop.figures(), await shop.figures(at=CONFLUENCE)) == ((2, 2, 0, 0), (1, 0, 0, 0))


async def test_an_order_to_be_collected_stays_where_the_customer_said(shop: Shop) -> None:
    await shop.receive(1)
    await shop.receive(1, at=CONFLUENCE)
    placed = await shop.place(order())
    with pytest.raises(Conflict, match="customers_store"):
        await moved(shop, placed.id, placed.works[0].id)


async def test_work_that_is_over_or_already_there_does_not_move(shop: Shop) -> None:
    await shop.receive(1)
    placed = await shop.place(order(shipped()))
    with pytest.raises(Conflict, match="not_movable"):
        await moved(shop, placed.id, placed.works[0].id, LYON)
    await shop.receive(1, at=CONFLUENCE)
    await moved(shop, placed.id, placed.works[0].id)
    with pytest.raises(Conflict, match="not_movable"):
        await moved(shop, placed.id, placed.works[0].id)


async def test_it_is_head_offices_or_a_regions_to_decide_within_its_stores(shop: Shop) -> None:
    await shop.receive(1)
    placed = await shop.place(order(shipped()))
    await shop.receive(1, at=CONFLUENCE)
    with pytest.raises(Forbidden):
        await moved(shop, placed.id, placed.works[0].id, who=Actor("hélène", "store_manager", (LYON, CONFLUENCE)))
    with pytest.raises(NotFound):
        await moved(shop, placed.id, placed.works[0].id, who=Actor("marc", "regional_manager", (LYON,)))
    await moved(shop, placed.id, placed.works[0].id, who=Actor("inès", "regional_manager", (LYON, CONFLUENCE)))


async def test_the_same_form_sent_twice_moves_once(shop: Shop) -> None:
    await shop.receive(1)
    placed = await shop.place(order(shipped()))
    await shop.receive(1, at=CONFLUENCE)
    command = MoveToStore(new_id(), placed.id, placed.works[0].id, CONFLUENCE)
    assert await shop.perform(command, OFFICE) == await shop.perform(command, OFFICE)
    assert await shop.figures(at=CONFLUENCE) == (1, 1, 0, 0)


async def test_one_of_two_articles_picked_moves_whole(shop: Shop) -> None:
    for place in (LYON, CONFLUENCE):
        await shop.receive(1, DERBY, place)
        await shop.receive(1, CUP, place)
    sam = await shop.handheld()
    placed = await shop.place(order(shipped(DERBY), shipped(CUP)))
    at, to = placed.works[0].location, CONFLUENCE if placed.works[0].location == LYON else LYON
    hand = sam if at == LYON else await shop.handheld(CONFLUENCE)
    await hand.pick(placed.works[0].id)
    await moved(shop, placed.id, placed.works[0].id, to)
    assert await shop.figures(DERBY, to) == (1, 1, 0, 0)
    assert await shop.figures(CUP, to) == (1, 1, 0, 0)


async def test_a_silent_devices_pack_is_taken_over_and_its_facts_still_count(shop: Shop) -> None:
    await shop.receive(3)
    sam, lea = await shop.handheld(who=SAM), await shop.handheld(who=LEA, number=2)
    placed = await shop.place(order(Line(DERBY, 2)))
    work = placed.works[0].id
    started = await sam.start(work)
    offline = [sam.event("pick", work=work, line=1) for _ in range(2)]
    await shop.connection.execute("UPDATE device SET last_seen_at = $1", shop.now - timedelta(minutes=35))
    taken = await shop.perform(TakeOver(new_id(), started.id), lea.person, PackStarted)
    await lea.pick(work, 2)
    assert (taken.works, await shop.figures()) == ((work,), (3, 2, 2, 0))
    told = await sam.send(*offline)
    assert [one.problem for one in told.outcomes] == ["more_than_needed"] * 2
    assert len(await shop.put_backs(placed.id)) == 2


async def test_nobody_takes_over_from_a_device_that_still_answers(shop: Shop) -> None:
    await shop.receive(1)
    sam, lea = await shop.handheld(who=SAM), await shop.handheld(who=LEA, number=2)
    placed = await shop.place(order())
    started = await sam.start(placed.works[0].id)
    await shop.connection.execute("UPDATE device SET last_seen_at = $1", shop.now - timedelta(minutes=2))
    with pytest.raises(Conflict, match="still_at_it"):
        await shop.perform(TakeOver(new_id(), started.id), lea.person)
