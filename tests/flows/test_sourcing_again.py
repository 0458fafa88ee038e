"""A store does not do what it was given: somebody else does, at once, and what nobody can do is said."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from comptoir.alerting.looking_sql import look_at_moved
from comptoir.flows import source_elsewhere, source_lacking
from comptoir.flows.decline_work import Declined, DeclineWork
from comptoir.flows.rest_of_parcel import may_go
from comptoir.fulfillment import sql as work_sql
from comptoir.kit.db import in_transaction
from comptoir.kit.errors import Conflict
from comptoir.kit.ids import new_id
from comptoir.orders.model import CancelOrder, LineQuantity, RetrySourcing
from comptoir.screens import pack as pack_screen
from comptoir.sourcing.policy import DEFAULT
from comptoir.sourcing.ruled import Group
from tests.hands import Handheld, Shop
from tests.world import BOWL, CONFLUENCE, CUP, DERBY, LYON, WAREHOUSE, Line, order, shipped

pytestmark = pytest.mark.anyio


async def decline(hand: Handheld, work: UUID, reason: Any = "no_time") -> Declined:
    done: Declined = await hand.shop.perform(DeclineWork(new_id(), work, reason), hand.person, Declined)
    return done


async def works_of(shop: Shop, order: UUID) -> list[tuple[str, str, int]]:
    """(location, status, units that are wanted) of an order's works, first made first."""
    rows = await shop.connection.fetch(
        "SELECT w.location, w.status, (SELECT sum(l.reserved + l.picked) FROM work_line l WHERE l.work = w.id)::int AS units"
        " FROM work w WHERE w.order_id = $1 ORDER BY w.created_at, w.id", order,
    )  # fmt: skip
    return [tuple(row) for row in rows]


async def reasons(shop: Shop, order: UUID) -> list[str]:
    rows = await shop.connection.fetch(
        "SELECT occasion FROM sourcing_decision WHERE order_id = $1 ORDER BY number", order
    )
    return [row[0] for row in rows]


async def test_what_a_store_declines_another_one_does_and_the_first_is_asked_no_more(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    placed = await shop.place(order(shipped(DERBY, 2)))
    await shop.receive(2, at=CONFLUENCE)
    done = await decline(sam, placed.works[0].id)
    assert (len(done.works), done.missing) == (1, 0)
    assert await works_of(shop, placed.id) == [(LYON, "rejected", 0), (CONFLUENCE, "open", 2)]
    assert (await shop.figures(), await shop.figures(at=CONFLUENCE)) == ((2, 0, 0, 0), (2, 2, 0, 0))
    assert await reasons(shop, placed.id) == ["placed", "declined"]
    assert (await shop.told(placed.id))[-2:] == ["fulfillment.declined", "order.sourced_again"]
    nour = await shop.handheld(CONFLUENCE)
    again = await decline(nour, done.works[0])
    assert (again.works, again.missing) == ((), 2)
    assert await shop.exceptions() == ["short_choice"]


async def test_what_was_not_on_the_shelf_is_put_right_and_counted(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    placed = await shop.place(order(shipped(DERBY, 2)))
    await shop.receive(5, at=CONFLUENCE)
    await decline(sam, placed.works[0].id, "not_found")
    assert (await shop.figures(), await shop.figures(at=CONFLUENCE)) == ((0, 0, 0, 0), (5, 2, 0, 0))
    assert await shop.count("stock_count") == 1


async def test_only_work_to_be_sent_that_nobody_has_begun_can_be_declined(shop: Shop) -> None:
    await shop.receive(4)
    sam = await shop.handheld()
    collected = await shop.place(order())
    with pytest.raises(Conflict, match="customers_store"):
        await decline(sam, collected.works[0].id)
    sent = await shop.place(order(shipped()))
    await sam.start(sent.works[0].id)
    with pytest.raises(Conflict, match="already_started"):
        await decline(sam, sent.works[0].id)


async def test_a_missing_article_goes_from_another_store_and_the_rest_from_here(shop: Shop) -> None:
    await shop.receive(2)
    await shop.receive(1, BOWL)
    sam = await shop.handheld()
    placed = await shop.place(order(shipped(DERBY, 2), shipped(BOWL)))
    await shop.receive(1, at=WAREHOUSE)
    work = placed.works[0].id
    await sam.start(work)
    await sam.pick(work, 1)
    await sam.short(work, 1)
    assert await works_of(shop, placed.id) == [(LYON, "picking", 2), (WAREHOUSE, "open", 1)]
    assert (await shop.exceptions(), await reasons(shop, placed.id)) == ([], ["placed", "short"])


async def lamp_and_bowls(shop: Shop, sam: Handheld) -> tuple[UUID, UUID]:
    """An order of two articles at one store, of which it lacks the second; the warehouse has all. (Order, work)"""
    await shop.receive(2)
    await shop.receive(1, BOWL)
    placed = await shop.place(order(shipped(DERBY, 2), shipped(BOWL)))
    for sku in (DERBY, BOWL):
        await shop.receive(3, sku, at=WAREHOUSE)
    await sam.start(placed.works[0].id)
    return placed.id, placed.works[0].id


async def test_the_rest_of_a_parcel_goes_along_with_what_is_missing_and_what_was_picked_is_put_back(shop: Shop) -> None:
    sam = await shop.handheld()
    placed, work = await lamp_and_bowls(shop, sam)
    await sam.pick(work)
    told = await sam.short(work, 1, 2)
    assert (told.outcome, told.problem) == ("applied_with_exception", "rest_went_along")
    assert await works_of(shop, placed) == [(LYON, "canceled", 0), (WAREHOUSE, "open", 3)]
    assert (await shop.figures(), await shop.figures(BOWL)) == ((2, 1, 1, 0), (0, 0, 0, 0))
    assert (await shop.figures(at=WAREHOUSE), await shop.figures(BOWL, WAREHOUSE)) == ((3, 2, 0, 0), (3, 1, 0, 0))
    pack = await shop.connection.fetchval("SELECT pack FROM work WHERE id = $1", work)
    (carried,) = await pack_screen.read_many(shop.pool, [pack], sam.actor, shop.now)
    # The answer to the short says so, and the cart loses it with its reason.
    assert pack_screen.has_changed(carried)
    assert [(row["status"], row["ended_because"]) for row in carried["works"]] == [("canceled", "moved")]
    put_backs = await shop.connection.fetch("SELECT id, quantity, reason FROM put_back")
    assert [(row["quantity"], row["reason"]) for row in put_backs] == [(1, "moved")]
    await sam.put_back(put_backs[0]["id"])
    assert (await shop.figures(), await shop.exceptions()) == ((2, 0, 0, 0), [])
    assert await reasons(shop, placed) == ["placed", "short"]


async def test_a_slip_of_the_thumb_that_the_next_line_takes_back_moves_nothing(shop: Shop) -> None:
    sam = await shop.handheld()
    placed, work = await lamp_and_bowls(shop, sam)
    slip = sam.event("short", work=work, line=2, quantity=1, reason="not_found")
    told = await sam.send(slip, sam.event("undo", event=slip.id))
    assert [one.outcome for one in told.outcomes] == ["applied", "applied"]
    assert await works_of(shop, placed) == [(LYON, "picking", 3)]
    assert (await shop.figures(BOWL), await shop.count("stock_count"), await shop.count("short_pick")) == (
        (1, 1, 0, 0),
        0,
        0,
    )
    again = await sam.resend()
    assert ([one.again for one in again.outcomes], await works_of(shop, placed)) == (
        [True, True],
        [(LYON, "picking", 3)],
    )
    await sam.short(work, 1, 2)
    assert await works_of(shop, placed) == [(LYON, "canceled", 0), (WAREHOUSE, "open", 3)]


async def test_the_rest_stays_when_hands_have_been_at_it_since(shop: Shop) -> None:
    sam = await shop.handheld()
    placed, work = await lamp_and_bowls(shop, sam)
    late = msgspec.structs.replace(
        sam.event("short", work=work, line=2, quantity=1, reason="not_found"),
        at_wall=shop.now - timedelta(minutes=5),
    )
    await sam.send(late)
    assert await works_of(shop, placed) == [(LYON, "picking", 2), (WAREHOUSE, "open", 1)]


async def test_the_rest_stays_where_lists_decide_or_nothing_is_saved(shop: Shop) -> None:
    sam = await shop.handheld()
    placed, work = await lamp_and_bowls(shop, sam)
    for policy in (
        msgspec.structs.replace(DEFAULT, mode="rules", lists=(Group("distance"),)),
        msgspec.structs.replace(DEFAULT, moving_minor=2_000),
    ):
        shop.outlook.set_policy(1, policy)
        (locked,) = await in_transaction(shop.pool, "sam", shop.now, lambda tx: work_sql.lock(tx, [work], None))
        assert bool(may_go(locked, shop.outlook, shop.now, shop.now)) == (policy.mode == "cost")
    await sam.short(work, 1, 2)
    assert await works_of(shop, placed) == [(LYON, "picking", 2), (WAREHOUSE, "open", 1)]


async def test_the_rest_stays_when_nobody_else_has_all_of_it(shop: Shop) -> None:
    sam = await shop.handheld()
    placed, work = await lamp_and_bowls(shop, sam)
    await shop.till(2, at=WAREHOUSE)
    await sam.short(work, 1, 2)
    assert await works_of(shop, placed) == [(LYON, "picking", 2), (WAREHOUSE, "open", 1)]


async def test_two_stores_that_decline_at_once_each_lose_their_own(shop: Shop) -> None:
    for place in (LYON, CONFLUENCE):
        await shop.receive(1, at=place)
    first, second = await shop.place(order(shipped())), await shop.place(order(shipped()))
    hands = {LYON: await shop.handheld(), CONFLUENCE: await shop.handheld(CONFLUENCE)}
    await shop.receive(2, at=WAREHOUSE)
    works = [first.works[0], second.works[0]]
    await asyncio.gather(*(decline(hands[work.location], work.id, "not_found") for work in works))
    assert await shop.figures(at=WAREHOUSE) == (2, 2, 0, 0)
    again = [works[0], works[0], works[0]]
    done = await asyncio.gather(*(decline(hands[w.location], w.id) for w in again), return_exceptions=True)
    assert all(isinstance(one, Conflict) for one in done)


async def test_work_that_nobody_begins_goes_to_whoever_has_all_of_it(shop: Shop) -> None:
    await shop.receive(2)
    placed = await shop.place(order(shipped(DERBY, 2)))
    await shop.receive(1, at=CONFLUENCE)
    promised = placed.works[0].promise_at
    shop.clock.advance(minutes=(promised - shop.now).total_seconds() // 60 - 1)
    assert await source_elsewhere.leave_lying(shop) == 0  # type: ignore[arg-type]
    shop.clock.advance(minutes=2)
    assert await source_elsewhere.leave_lying(shop) == 1  # type: ignore[arg-type]
    assert (await works_of(shop, placed.id), await shop.exceptions()) == ([(LYON, "open", 2)], ["not_begun"])
    await shop.receive(5, at=WAREHOUSE)
    shop.clock.advance(minutes=31)
    await source_elsewhere.leave_lying(shop)  # type: ignore[arg-type]
    assert await works_of(shop, placed.id) == [(LYON, "canceled", 0), (WAREHOUSE, "open", 2)]
    assert (await shop.exceptions(), await shop.figures()) == ([], (2, 0, 0, 0))


async def test_a_parcel_whose_units_a_till_has_sold_is_looked_for_elsewhere_before_somebody_searches(
    shop: Shop,
) -> None:
    await shop.receive(3)
    first, second = await shop.place(order(shipped())), await shop.place(order(shipped(DERBY, 2)))
    await shop.till(2)
    await in_transaction(shop.pool, "worker", shop.now, lambda tx: look_at_moved(tx, shop.now - timedelta(hours=1)))
    assert await source_lacking.leave_lacking(shop) == 1  # type: ignore[arg-type]
    assert (await works_of(shop, second.id), await shop.exceptions()) == ([(LYON, "open", 2)], [])
    await shop.receive(5, at=WAREHOUSE)
    assert await source_lacking.leave_lacking(shop) == 0  # type: ignore[arg-type]
    shop.clock.advance(minutes=31)
    assert await source_lacking.leave_lacking(shop) == 1  # type: ignore[arg-type]
    assert await works_of(shop, second.id) == [(LYON, "canceled", 0), (WAREHOUSE, "open", 2)]
    assert (await works_of(shop, first.id), await shop.figures()) == ([(LYON, "open", 1)], (1, 1, 0, 0))
    shop.clock.advance(minutes=31)
    assert await source_lacking.leave_lacking(shop) == 0  # type: ignore[arg-type]
    assert await reasons(shop, second.id) == ["placed", "over_promised"]


async def test_units_that_came_in_after_all_leave_a_parcel_where_it_is_and_begun_work_stays(shop: Shop) -> None:
    await shop.receive(2)
    begun, waits = await shop.place(order(shipped())), await shop.place(order(shipped()))
    await (await shop.handheld()).start(waits.works[0].id)
    await shop.receive(2, at=WAREHOUSE)
    await shop.till(1)
    await in_transaction(shop.pool, "worker", shop.now, lambda tx: look_at_moved(tx, shop.now - timedelta(hours=1)))
    step = source_lacking.lacking(shop.outlook, begun.id, begun.works[0].id, shop.now)
    await shop.receive(1)
    await in_transaction(shop.pool, "worker", shop.now, step)
    assert await works_of(shop, begun.id) == [(LYON, "open", 1)]
    await shop.till(1)
    assert await source_lacking.leave_lacking(shop) == 1  # type: ignore[arg-type]
    assert await works_of(shop, waits.id) == [(LYON, "picking", 1)]
    assert (await works_of(shop, begun.id))[-1] == (WAREHOUSE, "open", 1)


async def test_nobody_is_asked_any_more_to_begin_with_work_that_was_begun(shop: Shop) -> None:
    await shop.receive(1)
    work = (await shop.place(order(shipped()))).works[0]
    shop.clock.advance(minutes=60 * 30)
    await source_elsewhere.leave_lying(shop)  # type: ignore[arg-type]
    assert await shop.exceptions() == ["not_begun"]
    await (await shop.handheld()).start(work.id)
    await source_elsewhere.leave_lying(shop)  # type: ignore[arg-type]
    assert await shop.exceptions() == []


async def test_work_of_a_store_that_is_paused_past_its_promise_goes_elsewhere_and_begun_work_stays(shop: Shop) -> None:
    await shop.receive(2)
    left, begun = await shop.place(order(shipped())), await shop.place(order(shipped()))
    await (await shop.handheld()).start(begun.works[0].id)
    await shop.receive(2, at=CONFLUENCE)
    await shop.connection.execute(
        "UPDATE location SET paused_until = $2 WHERE id = $1", LYON, shop.now + timedelta(days=3)
    )
    await shop.keeper.load()
    await source_elsewhere.leave_lying(shop)  # type: ignore[arg-type]
    assert (await works_of(shop, left.id))[1][:2] == (CONFLUENCE, "open")
    assert await works_of(shop, begun.id) == [(LYON, "picking", 1)]


async def test_two_parcels_become_one_when_one_place_has_everything_now(shop: Shop) -> None:
    await shop.receive(1, BOWL)
    await shop.receive(1, CUP, CONFLUENCE)
    placed = await shop.place(order(shipped(BOWL), shipped(CUP)))
    assert len(placed.works) == 2
    await source_elsewhere.join_parcels(shop)  # type: ignore[arg-type]
    assert len(await works_of(shop, placed.id)) == 2
    await shop.receive(1, CUP)
    shop.clock.advance(minutes=60 * 7)
    await source_elsewhere.join_parcels(shop)  # type: ignore[arg-type]
    assert [work for work in await works_of(shop, placed.id) if work[1] == "open"] == [(LYON, "open", 2)]
    assert await shop.figures(CUP, CONFLUENCE) == (1, 0, 0, 0)


async def test_what_waits_for_stock_goes_on_by_itself_when_it_comes(shop: Shop) -> None:
    await shop.receive(1)
    held = await shop.place(order(shipped(DERBY, 2), if_short="hold"))
    assert held.held == ("short",)
    await source_elsewhere.fill_waiting(shop)  # type: ignore[arg-type]
    assert await shop.progress(held.id) == "held"
    await shop.receive(3, at=WAREHOUSE)
    await source_elsewhere.fill_waiting(shop)  # type: ignore[arg-type]
    assert (await shop.progress(held.id), sorted(w[2] for w in await works_of(shop, held.id))) == ("accepted", [1, 1])


async def test_what_is_too_dear_to_send_waits_some_days_and_goes_then_or_when_a_person_says_so(shop: Shop) -> None:
    patient = msgspec.structs.replace(DEFAULT, wait_days=2, missing_bp=0, missing_minor=300)
    shop.outlook.set_policy(7, patient)
    await shop.receive(5)
    at_once = await shop.place(order(shipped(DERBY)))
    held, asked = [await shop.place(order(shipped(DERBY), if_short="hold")) for _ in range(2)]
    assert (at_once.held, held.held, asked.held) == ((), ("short",), ("short",))
    await source_elsewhere.fill_waiting(shop)  # type: ignore[arg-type]
    assert await shop.progress(held.id) == "held"
    await shop.perform(RetrySourcing(new_id(), asked.id))
    assert await shop.progress(asked.id) == "accepted"
    shop.clock.advance(minutes=60 * 49)
    await source_elsewhere.fill_waiting(shop)  # type: ignore[arg-type]
    assert (await shop.progress(held.id), await shop.breaches()) == ("accepted", [])


async def test_units_that_nobody_had_go_out_when_somebody_gets_them_unless_they_were_canceled(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    waits, ends = await shop.place(order(shipped())), await shop.place(order(shipped()))
    for placed in (waits, ends):
        await decline(sam, placed.works[0].id, "damaged")
    assert await shop.exceptions() == ["short_choice", "short_choice"]
    await shop.perform(CancelOrder(new_id(), ends.id, "too late"))
    shop.clock.advance(minutes=10)
    await shop.receive(5, at=CONFLUENCE)
    await source_elsewhere.fill_waiting(shop)  # type: ignore[arg-type]
    assert (await works_of(shop, waits.id))[1:] == [(CONFLUENCE, "open", 1)]
    assert (await shop.exceptions(), await shop.progress(ends.id)) == ([], "canceled")
    assert await shop.figures(at=CONFLUENCE) == (5, 1, 0, 0)


async def test_a_choice_about_missing_units_speaks_of_fewer_once_some_were_found_elsewhere(shop: Shop) -> None:
    await shop.receive(3)
    sam = await shop.handheld()
    placed = await shop.place(order(shipped(DERBY, 3)))
    await decline(sam, placed.works[0].id, "damaged")
    missing = "SELECT quantity FROM exception WHERE kind = 'short_choice' AND resolved_at IS NULL"
    assert await shop.connection.fetchval(missing) == 3
    shop.clock.advance(minutes=10)
    await shop.receive(2, at=CONFLUENCE)
    await source_elsewhere.fill_waiting(shop)  # type: ignore[arg-type]
    assert await shop.connection.fetchval(missing) == 1
    # And of fewer once some of them are canceled.
    await shop.receive(2, CUP)
    twice = await shop.place(order(shipped(CUP, 2)))
    await decline(sam, twice.works[0].id, "damaged")
    about = missing + " AND order_id = $1"
    assert await shop.connection.fetchval(about, twice.id) == 2
    await shop.perform(CancelOrder(new_id(), twice.id, "one will do", (LineQuantity(1, 1),)))
    assert await shop.connection.fetchval(about, twice.id) == 1
    await shop.perform(CancelOrder(new_id(), twice.id, "none at all"))
    await shop.receive(1, at=WAREHOUSE)
    shop.clock.advance(minutes=10)
    await source_elsewhere.fill_waiting(shop)  # type: ignore[arg-type]
    assert await shop.exceptions() == []


async def two_parcels(shop: Shop, orders: int = 1) -> list[UUID]:
    """Bowls from Lyon and cups from Confluence, and Lyon has cups by now: one parcel each would do."""
    await shop.receive(orders, BOWL)
    await shop.receive(orders, CUP, CONFLUENCE)
    placed = [await shop.place(order(shipped(BOWL), shipped(CUP))) for _ in range(orders)]
    await shop.receive(orders, CUP)
    return [one.id for one in placed]


async def test_parcels_are_joined_only_where_what_is_given_up_may_be_promised_again(shop: Shop) -> None:
    (paused,) = await two_parcels(shop)
    await shop.connection.execute(
        "UPDATE stock_level SET no_promise_until = $1 WHERE sku = $2 AND location = $3",
        shop.now + timedelta(days=1), BOWL, LYON,
    )  # fmt: skip
    shop.clock.advance(minutes=60 * 7)
    await source_elsewhere.join_parcels(shop)  # type: ignore[arg-type]
    assert [work[1] for work in await works_of(shop, paused)] == ["open", "open"]
    await shop.connection.execute("UPDATE stock_level SET no_promise_until = NULL")
    await shop.till(1, BOWL)  # The till has sold what was promised.
    shop.clock.advance(minutes=60 * 7)
    await source_elsewhere.join_parcels(shop)  # type: ignore[arg-type]
    assert [work[1] for work in await works_of(shop, paused)] == ["open", "open"]


async def test_an_order_that_cannot_be_dealt_with_stops_no_other(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = await two_parcels(shop, 2)
    shop.clock.advance(minutes=60 * 7)
    kept = source_elsewhere.join

    async def join(tx: Any, outlook: Any, wanted: UUID, now: Any) -> None:
        assert wanted != bad
        await kept(tx, outlook, wanted, now)

    monkeypatch.setattr(source_elsewhere, "join", join)
    assert await source_elsewhere.join_parcels(shop) == 2  # type: ignore[arg-type]
    assert [work[2] for work in await works_of(shop, good) if work[1] == "open"] == [2]
    # It is not the first one again in the next round.
    assert await source_elsewhere.join_parcels(shop) == 0  # type: ignore[arg-type]


async def test_orders_that_nobody_can_help_do_not_stand_before_those_whose_goods_have_come(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_elsewhere, "AT_ONCE", 2)
    sam = await shop.handheld()
    await shop.receive(3, BOWL)
    await shop.receive(1, CUP)
    for _ in range(3):
        collected = (await shop.place(order(Line(BOWL)))).works[0].id
        await shop.place(order(shipped(DERBY, 2), if_short="hold"))
        await sam.start(collected)
        await sam.short(collected, 1)
        await shop.connection.execute("UPDATE stock_level SET no_promise_until = NULL")
        shop.clock.advance(minutes=1)
    declined, held = await shop.place(order(shipped(CUP))), await shop.place(order(shipped(CUP, 2), if_short="hold"))
    await decline(sam, declined.works[0].id, "not_found")
    shop.clock.advance(minutes=10)
    await shop.receive(3, CUP, CONFLUENCE)
    await source_elsewhere.fill_waiting(shop)  # type: ignore[arg-type]
    assert [await shop.progress(one.id) for one in (declined, held)] == ["accepted", "accepted"]
