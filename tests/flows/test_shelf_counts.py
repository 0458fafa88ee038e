"""A whole shelf counted: one device at a time, with no network, what is missing is nothing only when somebody said so, what moved meanwhile stays."""

import asyncio
from uuid import UUID

import pytest

from comptoir.kit.actor import Actor
from comptoir.kit.errors import Conflict, Forbidden, Invalid, NotFound
from comptoir.kit.ids import new_id
from comptoir.stock.count_rules import CountRules
from comptoir.stock.counting import AskCount, SubmitCount
from comptoir.stock.ruling import SaveCountRules
from comptoir.stock.shelves import CancelShelfCount, OpenShelfCount, ReleaseShelf, TakeShelf
from tests.hands import Handheld, Shop
from tests.world import BOWL, CUP, DERBY, DERBY_38, LEA, LYON

pytestmark = pytest.mark.anyio
BOSS = Actor("boss", "store_manager", (LYON,))


async def shelf(shop: Shop, bay: str = "1") -> UUID:
    """Two pairs of derbies have their place at Z 1, bowls at Z 2; ten of each are there. The count of a shelf, opened."""
    for sku, at in ((DERBY, "1"), (DERBY_38, "1"), (BOWL, "2")):
        await shop.receive(10, sku)
        await shop.connection.execute(
            "INSERT INTO shelf_place VALUES ($1, $2, 'Z', $3, '1') ON CONFLICT (location, sku) DO UPDATE SET aisle = 'Z', bay = $3",
            LYON, sku, at,
        )  # fmt: skip
    return UUID((await shop.perform(OpenShelfCount(new_id(), LYON, "Z", bay), BOSS))["id"])


async def taken(shop: Shop, shelf: UUID, hands: Handheld) -> Handheld:
    await shop.perform(TakeShelf(new_id(), shelf), hands.person)
    return hands


async def count_of(shop: Shop, sku: str) -> UUID:
    found: UUID = await shop.connection.fetchval(
        "SELECT id FROM stock_count WHERE sku = $1 ORDER BY asked_at DESC", sku
    )
    return found


async def standing(shop: Shop, sku: str) -> tuple[str, int | None, bool, int]:
    row = await shop.connection.fetchrow(
        "SELECT status, counted, unseen FROM stock_count WHERE id = $1", await count_of(shop, sku)
    )
    return row["status"], row["counted"], row["unseen"], (await shop.figures(sku))[0]


async def test_a_shelf_is_counted_with_no_network_and_what_was_not_seen_and_confirmed_is_nothing(shop: Shop) -> None:
    one = await shelf(shop)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    await taken(shop, one, sam)
    shop.clock.advance(minutes=20)
    # Counted ten minutes before it is told.
    seen = sam.event("count", count=await count_of(shop, DERBY), quantity=9, seconds=30, ago=600)
    await shop.perform(
        SaveCountRules(new_id(), 0, CountRules(large_units=100, large_minor=10**8)), Actor("o", "head_office", None)
    )
    end = sam.event("shelf_done", shelf=one, unseen=[str(await count_of(shop, DERBY_38))], extra=[{"code": BOWL, "quantity": 1}, {"code": "XX-1", "quantity": 2}])  # fmt: skip
    told = (await sam.send(seen, end)).outcomes
    assert [(one.outcome, one.problem) for one in told] == [("applied", None), ("applied", None)]
    assert await standing(shop, DERBY) == ("approved", 9, False, 9)
    # Ten that were expected and nobody saw: zero is told, and the manager decides about it.
    assert await standing(shop, DERBY_38) == ("submitted", 0, True, 10)
    # An article with its place elsewhere is asked to be counted whole; a code that nobody knows is a case.
    assert await shop.connection.fetchval("SELECT reason FROM stock_count WHERE sku = $1", BOWL) == "found_elsewhere"
    assert await shop.exceptions() == ["unknown_in_count"]
    assert [again.again for again in (await sam.resend()).outcomes] == [True, True]
    assert await shop.connection.fetchval("SELECT status FROM shelf_count WHERE id = $1", one) == "done"
    assert await shop.count("stock_count_figure") == 2
    with pytest.raises(Conflict, match="shelf_over"):
        await taken(shop, one, lea)
    assert await shop.breaches() == []


async def test_what_moved_during_the_count_stays_and_a_missing_article_that_moved_is_decided_by_a_person(
    shop: Shop,
) -> None:
    one = await shelf(shop)
    await shop.till(7, DERBY_38)
    # Put there since the list was made.
    await shop.receive(4, CUP)
    await shop.connection.execute(
        "INSERT INTO shelf_place VALUES ($1, $2, 'Z', '1', '1') ON CONFLICT (location, sku) DO UPDATE SET aisle = 'Z', bay = '1'", LYON, CUP
    )  # fmt: skip
    sam = await shop.handheld()
    await taken(shop, one, sam)
    shop.clock.advance(minutes=10)
    await shop.till(1, DERBY_38)
    await shop.till(2, DERBY)
    await shop.till(1, CUP)
    shop.clock.advance(minutes=10)
    # The derbies were counted before two of them were sold: eight are left.
    seen = sam.event("count", count=await count_of(shop, DERBY), quantity=10, seconds=60, ago=900)
    end = sam.event("shelf_done", shelf=one, unseen=[str(await count_of(shop, DERBY_38))], extra=[{"code": CUP, "quantity": 4}])  # fmt: skip
    assert all(one.outcome == "applied" for one in (await sam.send(seen, end)).outcomes)
    # Seen before one was sold, or after: nobody knows, so a person decides.
    assert await standing(shop, CUP) == ("submitted", 4, False, 3)
    assert await standing(shop, DERBY) == ("approved", 10, False, 8)
    assert await standing(shop, DERBY_38) == ("submitted", 0, True, 2)
    assert await shop.breaches() == []


async def test_one_device_counts_a_shelf_at_a_time_and_what_another_tells_moves_nothing(shop: Shop) -> None:
    one = await shelf(shop)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    both = await asyncio.gather(taken(shop, one, sam), taken(shop, one, lea), return_exceptions=True)
    assert sorted(isinstance(each, Conflict) for each in both) == [False, True]
    first, second = (sam, lea) if isinstance(both[0], Handheld) else (lea, sam)
    with pytest.raises(Conflict, match="shelf_of_another"):
        await shop.perform(SubmitCount(new_id(), await count_of(shop, DERBY), 3), BOSS)
    assert (await second.tell("count", count=await count_of(shop, DERBY), quantity=3)).problem == "shelf_of_another"
    # The manager gives it to the other device; what the first one still tells is on file, one case in all.
    with pytest.raises(Forbidden):
        await shop.perform(ReleaseShelf(new_id(), one, "batterie"), Actor("x", "associate", (LYON,)))
    await shop.perform(ReleaseShelf(new_id(), one, "batterie"), BOSS)
    await taken(shop, one, second)
    for sku in (DERBY, DERBY_38):
        assert (await first.tell("count", count=await count_of(shop, sku), quantity=1)).problem == "shelf_of_another"
    late = await first.tell("shelf_done", shelf=one, unseen=[str(await count_of(shop, DERBY))])
    assert (late.problem, (await shop.figures(DERBY))[0]) == ("shelf_of_another", 10)
    assert await shop.exceptions() == ["shelf_of_another"]
    reason = await shop.connection.fetchval("SELECT reason FROM audit WHERE action = 'stock.shelf_released'")
    assert reason == "batterie"
    told = await second.tell("shelf_done", shelf=one, unseen=[])
    # Neither counted nor confirmed as missing: asked for by itself from now on.
    assert (told.outcome, (await standing(shop, DERBY))[0]) == ("applied", "asked")
    assert await shop.connection.fetchval("SELECT count(*) FROM stock_count WHERE shelf IS NOT NULL") == 0
    assert await shop.breaches() == []


async def test_a_lease_ends_and_shelves_that_overlap_are_empty_or_foreign_are_refused(shop: Shop) -> None:
    one = await shelf(shop)
    for aisle, bay, refused, error in (("Z", "1", Conflict, "shelf_being_counted"), ("Z", "", Conflict, "shelf_being_counted"), ("Y", "", Invalid, "shelf_unknown")):  # fmt: skip
        with pytest.raises(refused, match=error):
            await shop.perform(OpenShelfCount(new_id(), LYON, aisle, bay), BOSS)
    with pytest.raises(NotFound):
        await shop.perform(OpenShelfCount(new_id(), "lille-vieux-lille", "Z", ""), BOSS)
    with pytest.raises(NotFound):
        await shop.perform(CancelShelfCount(new_id(), one), Actor("boss", "store_manager", ("lille-vieux-lille",)))
    with pytest.raises(Conflict, match="shelf_free"):
        await shop.perform(ReleaseShelf(new_id(), one, "x"), BOSS)
    sam, lea = await shop.handheld(), await shop.handheld(who=LEA, number=2)
    await taken(shop, one, sam)
    shop.clock.advance(hours=9)
    await taken(shop, one, lea)
    # What a short had asked for stays when the shelf is canceled; the rest of its list is needed no more.
    both = UUID((await shop.perform(OpenShelfCount(new_id(), LYON, "Z", "2"), BOSS))["id"])
    asked = (await shop.perform(AskCount(new_id(), LYON, BOWL)))["id"]
    assert await shop.connection.fetchval("SELECT shelf FROM stock_count WHERE id = $1", UUID(asked)) == both
    await shop.connection.execute("UPDATE stock_count SET reason = 'short' WHERE id = $1", UUID(asked))
    await shop.perform(CancelShelfCount(new_id(), both), BOSS)
    await shop.perform(CancelShelfCount(new_id(), one), BOSS)
    assert [(await standing(shop, sku))[0] for sku in (DERBY, BOWL)] == ["canceled", "asked"]
    assert await shop.breaches() == []
