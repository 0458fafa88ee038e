"""A recalled article is stopped everywhere at once: no pick, no hand-over; whoever holds open work for it is warned."""

import pytest

from comptoir.catalog.model import BlockSku, UnblockSku
from comptoir.flows.hand_over import RequestHandOver
from comptoir.fulfillment.model import HandOver, RefusedUnits
from comptoir.kit.errors import Conflict
from comptoir.kit.ids import new_id
from comptoir.screens import counter, pack
from tests.hands import Shop, staged
from tests.world import BOWL, CONFLUENCE, CUP, DERBY, LYON, TABLE_SET, Line, order

pytestmark = pytest.mark.anyio


async def recall(shop: Shop, sku: str = DERBY) -> None:
    await shop.perform(BlockSku(new_id(), sku, "Semelle qui se décolle"))


def asking(shop: Shop, placed: object, work: object, *refused: RefusedUnits) -> RequestHandOver:
    told = HandOver(placed, (work,), ("B:101",), shop.pass_of(placed), refused=refused)  # type: ignore[arg-type]
    return RequestHandOver(new_id(), told)


async def test_a_hand_over_of_recalled_goods_is_refused_and_nothing_moves(shop: Shop) -> None:
    await shop.receive(1)
    hand = await shop.handheld()
    placed, work = await staged(shop, hand, order())
    await recall(shop)
    with pytest.raises(Conflict, match="recalled") as refused:
        await shop.perform(asking(shop, placed, work), hand.person)
    assert refused.value.facts == {"skus": [DERBY]}
    assert await shop.figures() == (1, 1, 1, 0)
    assert await shop.status(work) == "staged"


async def test_the_rest_of_the_order_leaves_when_the_recalled_line_is_kept(shop: Shop) -> None:
    await shop.receive(1)
    await shop.receive(2, BOWL)
    hand = await shop.handheld()
    placed, work = await staged(shop, hand, order(Line(), Line(BOWL, 2)))
    await recall(shop)
    await shop.perform(asking(shop, placed, work, RefusedUnits(work, 1, 1, "recalled")), hand.person)
    assert await shop.status(work) == "handed_over"
    assert await shop.figures() == (1, 1, 1, 0)
    assert await shop.figures(BOWL) == (0, 0, 0, 0)
    assert [row[0] for row in await shop.intended(placed)] == ["refund"]


async def test_recalled_goods_that_were_handed_over_all_the_same_are_the_managers_exception(shop: Shop) -> None:
    await shop.receive(1)
    hand = await shop.handheld()
    placed, work = await staged(shop, hand, order())
    await recall(shop)
    told = await hand.hand_over(placed, work)
    assert (told.outcome, told.problem) == ("applied_with_exception", "recalled")
    assert await shop.exceptions() == ["recalled"]
    assert await shop.figures() == (0, 0, 0, 0)


async def test_a_recalled_article_that_was_picked_all_the_same_is_one_exception(shop: Shop) -> None:
    await shop.receive(2)
    hand = await shop.handheld()
    work = (await shop.place(order(Line(DERBY, 2)))).works[0].id
    await hand.start(work)
    await recall(shop)
    told = [await hand.pick(work) for _ in range(2)]
    assert [(one.outcome, one.problem) for one in told] == [("applied_with_exception", "recalled")] * 2
    assert await shop.exceptions() == ["recalled"]
    assert await shop.figures() == (2, 2, 2, 0)


async def test_a_recall_flags_open_work_in_every_store_and_its_end_takes_the_flags_away(shop: Shop) -> None:
    hand = await shop.handheld()
    for place in (LYON, CONFLUENCE):
        await shop.receive(2, at=place)
        await shop.receive(1, BOWL, at=place)
    await shop.keeper.load()
    open_ones = [(await shop.place(order(Line(DERBY, at=place)))).works[0].id for place in (LYON, CONFLUENCE)]
    other = (await shop.place(order(Line(BOWL)))).works[0].id
    _, on_shelf = await staged(shop, hand, order())
    await recall(shop)
    flags = dict(await shop.connection.fetch("SELECT id, flagged FROM work"))
    assert flags == dict.fromkeys((*open_ones, on_shelf), "recalled") | {other: None}
    await shop.perform(UnblockSku(new_id(), DERBY))
    assert await shop.connection.fetchval("SELECT count(*) FROM work WHERE flagged IS NOT NULL") == 0


async def test_the_pack_and_the_counter_name_the_recall(shop: Shop) -> None:
    await shop.receive(2)
    hand = await shop.handheld()
    placed, _ = await staged(shop, hand, order())
    started = await hand.start((await shop.place(order())).works[0].id)
    assert (await the_line(shop, hand.person, started.id))["blocked"] is None
    await recall(shop)
    assert (await the_line(shop, hand.person, started.id))["blocked"] == "Semelle qui se décolle"
    async with shop.pool.acquire() as connection:
        view = await counter.read(connection, placed, LYON)
    assert [line.blocked for _, line in view.lines] == ["Semelle qui se décolle"]
    assert view.all_recalled


async def test_a_pack_with_a_recalled_line_is_sent_again(shop: Shop) -> None:
    await shop.receive(1)
    hand = await shop.handheld()
    started = await hand.start((await shop.place(order())).works[0].id)
    await recall(shop)
    (found,) = await pack.read_many(shop.pool, [started.id], hand.person, shop.now)
    assert pack.has_changed(found)


async def the_line(shop: Shop, actor: object, started: object) -> dict[str, object]:
    (found,) = await pack.read_many(shop.pool, [started], actor, shop.now)  # type: ignore[list-item, arg-type]
    line: dict[str, object] = found["works"][0]["lines"][0]
    return line


async def test_recalled_goods_that_are_carried_back_stay_off_the_shelf(shop: Shop) -> None:
    await shop.receive(1)
    hand = await shop.handheld()
    placed, work = await staged(shop, hand, order())
    await recall(shop)
    await shop.perform(asking(shop, placed, work, RefusedUnits(work, 1, 1, "recalled")), hand.person)
    (carried,) = await shop.put_backs(placed)
    told = await hand.put_back(carried)
    assert await shop.figures() == (0, 0, 0, 1)
    await hand.undo(told)
    assert await shop.figures() == (1, 1, 1, 0)


async def test_a_recalled_kit_is_not_sold_though_its_parts_are_there(shop: Shop) -> None:
    await shop.receive(9, BOWL)
    await shop.receive(9, CUP)
    await shop.keeper.load()
    await recall(shop, TABLE_SET)
    with pytest.raises(Conflict, match="shortage"):
        await shop.place(order(Line(TABLE_SET)))
    assert await shop.figures(BOWL) == (9, 0, 0, 0)
    held = await shop.place(order(Line(TABLE_SET), if_short="hold"))
    assert (held.progress, held.held) == ("held", ("manual",))
    await shop.perform(UnblockSku(new_id(), TABLE_SET))
    assert (await shop.place(order(Line(TABLE_SET)))).progress == "accepted"
