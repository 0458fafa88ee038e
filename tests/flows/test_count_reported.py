"""Figures that devices tell late, twice, or of what another person should check: each is on file once, and the ledger moves once."""

from uuid import UUID

import pytest

from comptoir.kit.ids import new_id
from comptoir.stock.counting import AskCount
from tests.hands import Shop
from tests.world import DERBY, LEA

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
