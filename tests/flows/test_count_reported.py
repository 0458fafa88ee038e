"""Figures that devices tell late, twice, or of what another person should check: each is on file once, and the ledger moves once."""

from uuid import UUID

import pytest

from comptoir.kit.actor import Actor
from comptoir.kit.ids import new_id
from comptoir.stock.counting import AskCount
from comptoir.stock.feed import PostSnapshot, ReportedLevel
from comptoir.stock.shelves import OpenShelfCount
from tests.hands import Shop
from tests.world import BOWL, CUP, DERBY, LEA, LYON, TABLE_SET, Line, order

pytestmark = pytest.mark.anyio


async def test_an_older_figure_that_comes_after_a_later_one_moves_nothing_and_is_the_managers_case(shop: Shop) -> None:
    await shop.receive(10)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    count = UUID((await shop.perform(AskCount(new_id(), sam.place, DERBY)))["id"])
    shop.clock.advance(hours=1)
    early = sam.event("count", count=count, quantity=9)
    shop.clock.advance(hours=1)
    assert (await lea.tell("count", count=count, quantity=8)).outcome == "applied"
    (told,) = (await sam.send(early)).outcomes
    assert (told.outcome, told.problem) == ("applied_with_exception", "counted_meanwhile")
    (again,) = (await sam.resend()).outcomes
    assert (again.again, await shop.exceptions()) == (True, ["counted_meanwhile"])
    assert ((await shop.figures())[0], await shop.count("stock_count_figure")) == (8, 2)
    assert await shop.breaches() == []


async def test_one_person_who_counts_a_large_difference_twice_moves_nothing_and_a_colleagues_figure_waits(
    shop: Shop,
) -> None:
    await shop.receive(40)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    count = UUID((await shop.perform(AskCount(new_id(), sam.place, DERBY)))["id"])
    assert (await sam.tell("count", count=count, quantity=10, parts=[4, 6])).facts["again"] is True
    shop.clock.advance(minutes=5)
    assert (await sam.tell("count", count=count, quantity=10)).problem == "count_by_another"
    assert (await lea.tell("count", count=count, quantity=10)).facts["again"] is False
    status = await shop.connection.fetchval("SELECT status FROM stock_count WHERE id = $1", count)
    assert (status, (await shop.figures())[0], await shop.exceptions()) == ("submitted", 40, ["count_by_another"])
    assert await shop.breaches() == []


async def test_an_article_away_from_its_place_is_asked_to_be_counted(shop: Shop) -> None:
    sam = await shop.handheld()
    assert (await sam.tell("count_found", code=DERBY)).facts["name"]
    assert await shop.connection.fetchval("SELECT reason FROM stock_count WHERE sku = $1", DERBY) == "found_elsewhere"
    assert (await sam.tell("count_found", code="0000")).problem == "unknown_in_count"
    # Of a kit its parts are counted.
    assert (await sam.tell("count_found", code=TABLE_SET)).facts["name"]
    asked = await shop.connection.fetch("SELECT sku FROM stock_count WHERE sku <> $1 ORDER BY sku", DERBY)
    assert [row[0] for row in asked] == sorted((BOWL, CUP))


async def test_what_hands_did_before_a_count_and_told_after_it_was_seen_by_that_count(shop: Shop) -> None:
    await shop.receive(10)
    first, second = await shop.place(order(Line(DERBY, 2))), await shop.place(order())
    works = [one.works[0].id for one in (first, second)]
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    await sam.start(*works)
    count = UUID((await shop.perform(AskCount(new_id(), sam.place, DERBY)))["id"])
    shop.clock.advance(minutes=5)
    # With no network: two pairs are in Sam's hands and one was not found. Eight lie there when Léa counts.
    unsent = [
        sam.event("pick", work=works[0], line=1, quantity=2),
        sam.event("short", work=works[1], line=1, quantity=1, reason="not_found"),
    ]
    shop.clock.advance(minutes=5)
    assert (await lea.tell("count", count=count, quantity=8)).outcome == "applied"
    shop.clock.advance(minutes=5)
    assert [one.outcome for one in (await sam.send(*unsent)).outcomes] == ["applied", "applied"]
    assert (await shop.figures())[:3] == (10, 2, 2)
    assert await shop.breaches() == []


async def test_a_figure_of_the_till_from_after_the_count_knows_of_no_pick(shop: Shop) -> None:
    await shop.receive(10)
    work = (await shop.place(order(Line(DERBY, 2)))).works[0].id
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    count = UUID((await shop.perform(AskCount(new_id(), LYON, DERBY)))["id"])
    unsent = sam.event("pick", work=work, line=1, quantity=2)
    shop.clock.advance(minutes=5)
    await lea.tell("count", count=count, quantity=8)
    shop.clock.advance(minutes=5)
    await shop.perform(PostSnapshot(new_id(), LYON, shop.now, (ReportedLevel(DERBY, 10),)))
    shop.clock.advance(minutes=5)
    assert [one.outcome for one in (await sam.send(unsent)).outcomes] == ["applied"]
    assert (await shop.figures())[:3] == (10, 2, 2)


async def test_a_figure_from_before_a_short_does_not_let_new_promises_be_made_and_is_counted_once_more(
    shop: Shop,
) -> None:
    await shop.receive(10)
    work = (await shop.place(order())).works[0].id
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    count = UUID((await shop.perform(AskCount(new_id(), sam.place, DERBY)))["id"])
    early = sam.event("count", count=count, quantity=10)
    shop.clock.advance(hours=1)
    await lea.start(work)
    await lea.short(work)
    shop.clock.advance(minutes=5)
    assert [one.outcome for one in (await sam.send(early)).outcomes] == ["applied"]
    waits = "SELECT no_promise_until IS NOT NULL FROM stock_level WHERE sku = $1 AND location = $2"
    assert await shop.connection.fetchval(waits, DERBY, LYON)
    again = await shop.connection.fetchrow("SELECT id, reason FROM stock_count WHERE status = 'asked'")
    assert again["reason"] == "short"
    assert (await lea.tell("count", count=again["id"], quantity=9)).outcome == "applied"
    assert not await shop.connection.fetchval(waits, DERBY, LYON)
    assert await shop.breaches() == []


async def test_a_figure_counts_while_its_shelf_waits_for_anybody_to_take_it(shop: Shop) -> None:
    await shop.receive(10)
    await shop.connection.execute("INSERT INTO shelf_place VALUES ($1, $2, 'Z', '1', '1')", LYON, DERBY)
    sam = await shop.handheld()
    count = UUID((await shop.perform(AskCount(new_id(), LYON, DERBY)))["id"])
    told = sam.event("count", count=count, quantity=9)
    await shop.perform(OpenShelfCount(new_id(), LYON, "Z"), Actor("boss", "store_manager", (LYON,)))
    assert [one.problem for one in (await sam.send(told)).outcomes] == [None]
    assert (await shop.figures())[0] == 9
    assert await shop.breaches() == []
