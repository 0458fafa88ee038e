"""Orders are captured: reserved whole or refused, held with a named reason, repeated without effect."""

import asyncio
from typing import Any, cast

import msgspec
import pytest

from comptoir.flows.order_grouper import place_many
from comptoir.kit.actor import Actor
from comptoir.kit.errors import Conflict, Invalid
from tests.hands import WEBSHOP, Shop
from tests.world import BOWL, CONFLUENCE, CUP, DERBY, LYON, TABLE_SET, WAREHOUSE, Line, order, shipped

pytestmark = pytest.mark.anyio


async def test_an_order_reserves_its_units_and_gives_the_store_work(shop: Shop) -> None:
    await shop.receive(3)
    placed = await shop.place(order(Line(DERBY, 2)))
    assert await shop.figures() == (3, 2, 0, 0)
    assert (placed.progress, placed.held) == ("accepted", ())
    assert [(work.location, work.kind, work.lines[0].quantity) for work in placed.works] == [(LYON, "pickup", 2)]
    assert await shop.told(placed.id) == ["order.placed"]


async def test_the_reservation_keeps_what_was_available_when_it_was_made(shop: Shop) -> None:
    await shop.receive(5)
    await shop.place(order(Line(DERBY, 2)))
    await shop.place(order(Line(DERBY, 3)))
    kept = await shop.connection.fetch("SELECT quantity, available_when_promised FROM reservation ORDER BY id")
    assert [tuple(row) for row in kept] == [(2, 5), (3, 3)]


async def test_what_is_not_there_is_refused_and_nothing_is_reserved(shop: Shop) -> None:
    await shop.receive(2)
    with pytest.raises(Conflict) as refused:
        await shop.place(order(Line(DERBY, 3)))
    assert (refused.value.code, refused.value.facts["available"]) == ("shortage", 2)
    assert await shop.figures() == (2, 0, 0, 0)
    assert await shop.count("sales_order") == 0


async def test_an_order_of_two_articles_is_refused_whole_when_one_is_missing(shop: Shop) -> None:
    await shop.receive(5)
    with pytest.raises(Conflict, match="shortage"):
        await shop.place(order(Line(DERBY), Line(BOWL)))
    assert await shop.figures() == (5, 0, 0, 0)


async def test_safety_stock_is_never_promised(shop: Shop) -> None:
    await shop.receive(3)
    await shop.connection.execute("UPDATE stock_level SET safety_stock = 1, safety_own = 1")
    with pytest.raises(Conflict, match="shortage"):
        await shop.place(order(Line(DERBY, 3)))
    assert (await shop.place(order(Line(DERBY, 2)))).progress == "accepted"


async def test_a_blocked_article_is_not_promised(shop: Shop) -> None:
    await shop.receive(3)
    await shop.connection.execute("UPDATE sku SET blocked_reason = 'recall' WHERE sku = $1", DERBY)
    with pytest.raises(Conflict, match="shortage"):
        await shop.place(order())


async def test_units_that_came_since_the_last_look_are_promised_all_the_same(shop: Shop) -> None:
    with pytest.raises(Conflict, match="shortage"):
        await shop.place(order())
    await shop.receive(1)
    assert (await shop.place(order())).progress == "accepted"


async def test_a_short_order_that_may_wait_reserves_what_there_is_and_is_held(shop: Shop) -> None:
    await shop.receive(2)
    placed = await shop.place(order(Line(DERBY, 3), if_short="hold"))
    assert (placed.progress, placed.held, placed.works) == ("held", ("short",), ())
    assert await shop.figures() == (2, 2, 0, 0)


async def test_an_unpaid_order_takes_a_soft_hold_and_gives_no_work(shop: Shop) -> None:
    await shop.receive(1)
    placed = await shop.place(order(paid="pending"))
    assert (placed.held, placed.works) == (("payment",), ())
    assert await shop.figures() == (1, 1, 0, 0)
    soft = await shop.connection.fetchval("SELECT soft_until - made_at FROM reservation")
    assert soft.total_seconds() == 30 * 60


async def test_a_kit_reserves_its_parts(shop: Shop) -> None:
    await shop.receive(4, BOWL)
    await shop.receive(4, CUP)
    placed = await shop.place(order(Line(TABLE_SET, 2)))
    assert await shop.figures(BOWL) == (4, 4, 0, 0)
    assert await shop.figures(CUP) == (4, 4, 0, 0)
    shares = await shop.connection.fetch("SELECT sku, share_minor FROM requirement ORDER BY part")
    assert [tuple(row) for row in shares] == [(BOWL, 5184), (CUP, 4416)]
    assert placed.total_minor == 9600


async def test_one_order_may_be_picked_up_in_part_and_sent_in_part(shop: Shop) -> None:
    await shop.receive(1)
    await shop.receive(1, BOWL, WAREHOUSE)
    placed = await shop.place(order(Line(), shipped(BOWL)))
    assert sorted((work.location, work.kind) for work in placed.works) == [(WAREHOUSE, "ship"), (LYON, "pickup")]
    assert await shop.figures(BOWL, WAREHOUSE) == (1, 1, 0, 0)


async def test_a_quantity_is_split_between_places_only_when_no_place_has_it_whole(shop: Shop) -> None:
    await shop.receive(2, DERBY, LYON)
    await shop.receive(1, DERBY, CONFLUENCE)
    placed = await shop.place(order(shipped(DERBY, 3)))
    assert {work.location: work.lines[0].quantity for work in placed.works} == {LYON: 2, CONFLUENCE: 1}


async def test_the_same_order_again_gives_the_same_bytes_and_has_no_effect(shop: Shop) -> None:
    await shop.receive(5)
    wanted = order()
    first, again = await shop.submit(wanted), await shop.submit(wanted)
    assert (first.again, again.again, first.answer == again.answer) == (False, True, True)
    assert await shop.figures() == (5, 1, 0, 0)


async def test_the_same_order_twice_in_one_group_is_one_order(shop: Shop) -> None:
    await shop.receive(5)
    wanted = order()
    answers = await asyncio.gather(*(shop.submit(wanted) for _ in range(50)))
    assert len({one.answer for one in answers}) == 1
    assert await shop.figures() == (5, 1, 0, 0)


async def test_another_order_under_a_known_id_is_refused(shop: Shop) -> None:
    await shop.receive(5)
    wanted = order()
    await shop.place(wanted)
    with pytest.raises(Conflict, match="id_reused"):
        await shop.place(msgspec.structs.replace(wanted, collector="Paul"))
    assert await shop.figures() == (5, 1, 0, 0)


async def test_a_refusal_is_not_remembered(shop: Shop) -> None:
    wanted = order()
    with pytest.raises(Conflict, match="shortage"):
        await shop.place(wanted)
    await shop.receive(1)
    assert (await shop.place(wanted)).progress == "accepted"


async def test_an_answered_order_answers_again_when_today_it_would_be_refused(shop: Shop) -> None:
    await shop.receive(1)
    wanted = order()
    first = await shop.submit(wanted)
    await shop.connection.execute(
        "UPDATE location SET paused_until = $1 WHERE id = $2", shop.now.replace(hour=18), LYON
    )
    await shop.keeper.load()
    assert (await shop.submit(wanted)).answer == first.answer
    with pytest.raises(Conflict, match="store_paused"):
        await shop.place(order())


async def test_one_refused_order_never_takes_its_neighbors_with_it(shop: Shop) -> None:
    await shop.receive(3)
    await shop.keeper.load()
    orders = [order(), order(Line(BOWL)), order(Line(DERBY, 2)), order(Line(DERBY))]
    parts = [msgspec.Raw(msgspec.json.encode(one)) for one in orders] + [msgspec.Raw(b'{"id": 5}')]
    results = await place_many(shop.orders, parts, WEBSHOP, lambda refusal: refusal.code)
    assert [result["status"] for result in results] == [201, 409, 201, 409, 400]
    assert await shop.figures() == (3, 3, 0, 0)


async def test_an_order_that_is_not_taken_as_planned_leaves_nothing_of_its_groups_first_rows(shop: Shop) -> None:
    await shop.receive(3)
    await shop.keeper.load()
    # Two units go over the counter after the last look: the group is planned for three and finds one.
    await shop.connection.execute("UPDATE stock_level SET on_hand = 1 WHERE sku = $1 AND location = $2", DERBY, LYON)
    at = shop.outlook.index[LYON]
    before = shop.outlook.queue[at]
    done = await asyncio.gather(*(shop.submit(order()) for _ in range(3)), return_exceptions=True)
    assert [isinstance(one, Conflict) for one in done].count(True) == 2
    assert shop.outlook.queue[at] == before + 1
    assert [await shop.count(table) for table in ("sales_order", "work", "reservation", "sourcing_decision")] == [
        1,
        1,
        1,
        0,
    ]
    assert await shop.figures() == (1, 1, 0, 0)
    await shop.connection.execute("UPDATE stock_level SET on_hand = 3 WHERE sku = $1 AND location = $2", DERBY, LYON)


async def test_a_key_of_one_store_cannot_order_at_another(shop: Shop) -> None:
    await shop.receive(1)
    with pytest.raises(Invalid, match="unknown_location"):
        await shop.place(order(), Actor("key:kiosk", "integrator", (CONFLUENCE,)))


async def test_the_warehouse_has_no_counter(shop: Shop) -> None:
    await shop.receive(1, DERBY, WAREHOUSE)
    with pytest.raises(Invalid, match="no_pickup_there"):
        await shop.place(order(Line(DERBY, 1, WAREHOUSE)))


async def test_an_order_that_never_was_is_reserved_by_nobody_after_a_hundred_tries_for_three_units(shop: Shop) -> None:
    await shop.receive(3)
    done = await asyncio.gather(*(shop.submit(order()) for _ in range(100)), return_exceptions=True)
    assert sum(isinstance(one, Conflict) for one in done) == 97
    assert await shop.figures() == (3, 3, 0, 0)


async def test_the_end_waits_for_a_wake_up_that_is_being_sent(shop: Shop) -> None:
    await shop.receive(1)
    begun, go, told = asyncio.Event(), asyncio.Event(), []

    class Slow:
        """The pool, whose notice is on its way until `go`."""

        def __getattr__(self, name: str) -> Any:
            return getattr(shop.pool, name)

        async def execute(self, sql: str, keys: str) -> None:
            begun.set()
            await go.wait()
            told.append(keys)

    shop.orders.pool = cast(Any, Slow())
    await shop.place(order())
    await begun.wait()
    closing = asyncio.create_task(shop.orders.close())
    for _ in range(5):
        await asyncio.sleep(0)
    assert not closing.done()
    go.set()
    await closing
    assert len(told) == 1


async def test_a_rush_goes_in_two_halves_and_a_few_orders_together(shop: Shop) -> None:
    await shop.receive(40)
    # The first one tells the outlook what came in.
    await shop.place(order())
    for count, groups in ((12, [12]), (20, [10, 10])):
        placed = await asyncio.gather(*(shop.place(order()) for _ in range(count)))
        written = await shop.connection.fetch(
            "SELECT count(*) FROM sales_order WHERE id = ANY($1) GROUP BY xmin::text", [one.id for one in placed]
        )
        assert [row[0] for row in written] == groups
    assert await shop.figures() == (40, 33, 0, 0)
