"""Cancel an order or some of it, also while it is picked: promises end, goods go back, money back is intended, to the cent."""

import pytest

from comptoir.kit.errors import Conflict, Invalid, NotFound
from comptoir.kit.ids import new_id
from comptoir.orders.model import CancelOrder, LineQuantity
from comptoir.returns.model import Taken, TakeReturn
from tests.hands import Shop, staged
from tests.properties.test_returns_money import ALLOWED, BOSS, beside
from tests.world import BOWL, COGNAC, CONFLUENCE, CUP, DERBY, LYON, NOUR, TABLE_SET, Line, order

pytestmark = pytest.mark.anyio


def cancel(order_id: object, *lines: tuple[int, int]) -> CancelOrder:
    return CancelOrder(new_id(), order_id, "changed my mind", tuple(LineQuantity(*line) for line in lines))  # type: ignore[arg-type]


async def test_a_whole_order_that_nobody_touched_releases_everything(shop: Shop) -> None:
    await shop.receive(3)
    placed = await shop.place(order(Line(DERBY, 2)))
    await shop.perform(cancel(placed.id))
    assert await shop.figures() == (3, 0, 0, 0)
    assert (await shop.progress(placed.id), await shop.status(placed.works[0].id)) == ("canceled", "canceled")
    assert await shop.intended(placed.id) == [("refund", 25800, "canceled")]
    assert await shop.told(placed.id) == ["order.placed", "order.canceled"]


async def test_a_picked_unit_stays_reserved_and_set_aside_until_it_lies_on_its_shelf(shop: Shop) -> None:
    await shop.receive(3)
    sam = await shop.handheld()
    placed = await shop.place(order(Line(DERBY, 2)))
    await sam.pick(placed.works[0].id)
    told = await shop.perform(cancel(placed.id))
    assert told["put_backs"] == 1
    assert await shop.figures() == (3, 1, 1, 0)
    (back,) = await shop.put_backs(placed.id)
    await sam.put_back(back)
    assert await shop.figures() == (3, 0, 0, 0)


async def test_one_unit_of_a_line_is_canceled_untouched_ones_first(shop: Shop) -> None:
    await shop.receive(3)
    sam = await shop.handheld()
    placed = await shop.place(order(Line(DERBY, 2)))
    await sam.pick(placed.works[0].id)
    await shop.perform(cancel(placed.id, (1, 1)))
    assert await shop.figures() == (3, 1, 1, 0)
    assert await shop.status(placed.works[0].id) == "picked"
    assert await shop.put_backs(placed.id) == []


async def test_cancelling_one_line_leaves_the_other(shop: Shop) -> None:
    await shop.receive(1)
    await shop.receive(1, COGNAC)
    placed = await shop.place(order(Line(DERBY), Line(COGNAC)))
    await shop.perform(cancel(placed.id, (1, 1)))
    assert await shop.figures() == (1, 0, 0, 0)
    assert await shop.figures(COGNAC) == (1, 1, 0, 0)
    assert (await shop.progress(placed.id), await shop.status(placed.works[0].id)) == ("accepted", "open")


async def test_three_units_canceled_one_by_one_give_back_the_line_to_the_cent(shop: Shop) -> None:
    await shop.receive(3)
    placed = await shop.place(order(Line(DERBY, 3, discount_minor=1)))
    for _ in range(3):
        await shop.perform(cancel(placed.id, (1, 1)))
    assert sum(amount for _, amount, _ in await shop.intended(placed.id)) == 3 * 12900 - 1


async def test_one_kit_is_canceled_with_all_its_parts(shop: Shop) -> None:
    await shop.receive(4, BOWL)
    await shop.receive(4, CUP)
    placed = await shop.place(order(Line(TABLE_SET, 2)))
    await shop.perform(cancel(placed.id, (1, 1)))
    assert await shop.figures(BOWL) == (4, 2, 0, 0)
    assert await shop.figures(CUP) == (4, 2, 0, 0)
    assert await shop.intended(placed.id) == [("refund", 4800, "canceled")]
    assert await shop.connection.fetchval("SELECT canceled FROM order_line") == 1


async def test_a_single_kit_is_canceled_whole(shop: Shop) -> None:
    await shop.receive(4, BOWL)
    await shop.receive(4, CUP)
    placed = await shop.place(order(Line(TABLE_SET)))
    await shop.perform(cancel(placed.id, (1, 1)))
    assert await shop.progress(placed.id) == "canceled"
    assert await shop.figures(BOWL) == (4, 0, 0, 0)


async def test_the_same_line_named_twice_counts_twice(shop: Shop) -> None:
    await shop.receive(3)
    placed = await shop.place(order(Line(DERBY, 3)))
    await shop.perform(cancel(placed.id, (1, 1), (1, 1)))
    assert await shop.figures() == (3, 1, 0, 0)


async def test_what_was_authorized_is_voided_not_refunded(shop: Shop) -> None:
    await shop.receive(1)
    placed = await shop.place(order(paid="authorized"))
    await shop.perform(cancel(placed.id))
    assert await shop.intended(placed.id) == [("void", 12900, "canceled")]


async def test_what_was_handed_over_cannot_be_canceled(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    sold, work = await staged(shop, sam, order())
    await sam.hand_over(sold, work)
    with pytest.raises(Conflict, match="already_handed_over"):
        await shop.perform(cancel(sold))
    assert await shop.figures() == (0, 0, 0, 0)


async def test_canceling_twice_is_refused_and_the_same_command_twice_is_not(shop: Shop) -> None:
    await shop.receive(1)
    placed = await shop.place(order())
    command = cancel(placed.id)
    assert await shop.perform(command) == await shop.perform(command)
    with pytest.raises(Conflict, match="already_canceled"):
        await shop.perform(cancel(placed.id))
    assert len(await shop.intended(placed.id)) == 1


async def test_another_cancellation_under_a_known_id_is_refused(shop: Shop) -> None:
    await shop.receive(2)
    placed = await shop.place(order(Line(DERBY, 2)))
    command = cancel(placed.id, (1, 1))
    await shop.perform(command)
    with pytest.raises(Conflict, match="id_reused"):
        await shop.perform(CancelOrder(command.id, placed.id, "all of it"))
    assert await shop.figures() == (2, 1, 0, 0)


async def test_more_than_was_ordered_or_an_unknown_line_is_refused(shop: Shop) -> None:
    await shop.receive(1)
    placed = await shop.place(order())
    with pytest.raises(Conflict, match="more_than_ordered"):
        await shop.perform(cancel(placed.id, (1, 2)))
    with pytest.raises(Invalid, match="unknown_line"):
        await shop.perform(cancel(placed.id, (9, 1)))


async def test_a_held_order_gives_up_first_what_nothing_was_reserved_for(shop: Shop) -> None:
    await shop.receive(2)
    placed = await shop.place(order(Line(DERBY, 3), if_short="hold"))
    await shop.perform(cancel(placed.id, (1, 1)))
    assert await shop.figures() == (2, 2, 0, 0)


async def test_another_stores_people_do_not_find_the_order(shop: Shop) -> None:
    await shop.receive(1)
    nour = await shop.handheld(CONFLUENCE, NOUR)
    placed = await shop.place(order())
    with pytest.raises(NotFound, match="order_not_found"):
        await shop.perform(cancel(placed.id), nour.person)
    assert await shop.figures(DERBY, LYON) == (1, 1, 0, 0)


async def test_what_is_canceled_refused_or_not_collected_and_what_comes_back_share_each_line_to_the_cent(
    shop: Shop,
) -> None:
    async def by_line(of: object) -> dict[int, int]:
        rows = await shop.connection.fetch(
            "SELECT line, sum(amount_minor)::int AS given FROM refund_line WHERE order_id = $1 GROUP BY line", of
        )
        return {row["line"]: row["given"] for row in rows}

    await shop.receive(12)
    await shop.receive(4, BOWL)
    await shop.receive(4, CUP)
    sam = await shop.handheld()
    # A shop that adds VAT at the end, a discount that does not divide, a delivery that costs: all of it, piece by piece.
    made = beside(order(Line(DERBY, 5, discount_minor=7), Line(TABLE_SET), shipping_minor=491))
    placed = await shop.place(made)
    await shop.perform(cancel(made.id, (1, 1)))
    await shop.perform(cancel(made.id, (2, 1)))
    work = placed.works[0].id
    await sam.start(work)
    await sam.pick(work, 4)
    await sam.stage(work)
    refused = [{"work": work, "line": 1, "quantity": 2, "reason": "too small"}]
    handed = await sam.hand_over(made.id, work, refused=refused)
    assert sum((await by_line(made.id)).values()) == sum(minor for _, minor, _ in await shop.intended(made.id))
    await sam.undo(handed)
    assert await shop.breaches() == []
    await sam.hand_over(made.id, work, refused=refused)
    taken = Taken(line=1, quantity=2, condition="as_new")
    await shop.perform(TakeReturn(id=new_id(), location=LYON, order=made.id, units=(taken,), permission=ALLOWED), BOSS)
    gross = {n: one.total_minor + one.vat_minor for n, one in enumerate(made.lines, 1)}
    assert await by_line(made.id) == gross | {0: made.total_minor - sum(gross.values())}
    assert sum(minor for _, minor, _ in await shop.intended(made.id)) == made.total_minor
    assert await shop.breaches() == []
