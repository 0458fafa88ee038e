"""A dangerous article: stopped in one commit, taken out unit by unit, every customer told once, each unit with its end."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from comptoir.catalog.model import UnblockSku
from comptoir.flows.open_recall import find_effect
from comptoir.flows.stop_recalled import stop_recalled
from comptoir.kit import outbox
from comptoir.kit.actor import Actor
from comptoir.kit.errors import Conflict, Forbidden, Invalid, NotFound
from comptoir.kit.ids import new_id
from comptoir.orders.canceling import stoppable
from comptoir.screens import recalls as screen
from comptoir.stock.adjusting import AdjustStock
from comptoir.stock.limits import ChangeStockRules, StockRules
from comptoir.stock.recalling import (
    CloseRecall,
    DecideRecalled,
    Fate,
    OpenRecall,
    PlaceLooked,
    Pulled,
    RecallTold,
    Remedy,
    looked_from,
    pull,
)
from comptoir.transfers.model import CreateTransfer, ShipTransfer, TransferTold, Wish
from comptoir.wiring import LISTENERS, WIRED
from tests.hands import Handheld, Shop, opened, staged
from tests.world import BOWL, CONFLUENCE, DERBY, LYON, NOUR, TABLE_SET, Line, order

pytestmark = pytest.mark.anyio

OFFICE = Actor("odile", "head_office", None)
REGION = Actor("rene", "regional_manager", (LYON,))
BOTH = (Remedy.REFUND, Remedy.REPLACEMENT)


def wish(sku: str = DERBY, **more: Any) -> OpenRecall:
    given = {"hazard_fr": "La semelle se décolle : risque de chute.", "hazard_en": "The sole comes off: risk of a fall.", "remedies": BOTH}  # fmt: skip
    return OpenRecall(new_id(), sku, contact="0 800 100 200", **(given | more))


async def recall(shop: Shop, sku: str = DERBY, **more: Any) -> UUID:
    told: RecallTold = await shop.perform(wish(sku, **more), OFFICE, RecallTold)
    return told.id


async def round_of(shop: Shop) -> int:
    """What the worker does every two seconds."""
    return await stop_recalled(shop)  # type: ignore[arg-type]


async def messages(shop: Shop) -> None:
    """What the worker does with events that customers hear of, once those of the last minutes are due."""
    shop.clock.advance(minutes=3)
    await outbox.fan_out(shop.pool, LISTENERS, shop.now)
    while taken := await outbox.claim(shop.pool, shop.now, 100):
        for claimed in taken:
            if claimed.listener == "messages":
                await outbox.deliver(shop.pool, claimed, WIRED["messages"], shop.now)


async def view(shop: Shop, id: UUID, actor: Actor = OFFICE) -> screen.RecallView:
    return await screen.read(shop.connection, actor, id)


async def handed(shop: Shop, hand: Handheld, bag: str = "B:101") -> UUID:
    placed, work = await staged(shop, hand, order(), bag)
    await hand.hand_over(placed, work, bag)
    return placed


async def test_one_commit_stops_it_everywhere_and_every_place_is_asked_to_look(shop: Shop) -> None:
    await shop.receive(3)
    await shop.receive(2, at=CONFLUENCE)
    await shop.keeper.load()
    waiting = await shop.place(order())
    id = await recall(shop)
    with pytest.raises(Conflict, match="shortage"):
        await shop.place(order())
    with pytest.raises(Conflict, match="recall_is_open"):
        await recall(shop)
    with pytest.raises(Conflict, match="recall_is_open"):
        await shop.perform(UnblockSku(new_id(), DERBY), OFFICE)
    seen = await view(shop, id)
    assert [(place.location, place.to_find, place.done) for place in seen.places] == [
        (CONFLUENCE, 2, False),
        (LYON, 3, False),
    ]
    assert seen.effect["waiting"] == 1
    assert await shop.connection.fetchval("SELECT flagged FROM work WHERE id = $1", waiting.works[0].id) == "recalled"


async def test_who_may_open_one_and_what_it_must_say(shop: Shop) -> None:
    await shop.receive(1)
    for who, refused in ((REGION, Forbidden), (Actor("m", "store_manager", (LYON,)), Forbidden)):
        with pytest.raises(refused):
            await shop.perform(wish(), who)
    for more, code in (
        ({"remedies": (Remedy.REFUND, Remedy.REFUND)}, "recall_needs_two_remedies"),
        ({"hazard_fr": "Rappel volontaire de la semelle."}, "recall_plays_down"),
        ({"hazard_en": "As a precautionary measure only."}, "recall_plays_down"),
        ({"sku": TABLE_SET}, "kit_has_no_stock"),
    ):
        with pytest.raises(Invalid, match=code):
            await shop.perform(wish(**more), OFFICE)
    await shop.perform(ChangeStockRules(new_id(), StockRules(regions_recall=1)), OFFICE)
    command = wish()
    assert await shop.perform(command, REGION) == await shop.perform(command, REGION)
    assert await shop.count("recall") == 1


async def test_orders_that_wait_lose_it_and_their_customers_are_told_as_the_law_words_it(shop: Shop) -> None:
    await shop.receive(4)
    await shop.receive(2, BOWL)
    await shop.keeper.load()
    hand = await shop.handheld()
    unpicked = await shop.place(order(Line(), Line(BOWL)))
    bagged, _ = await staged(shop, hand, order())
    id = await recall(shop)
    assert await round_of(shop) == 2
    assert await round_of(shop) == 0
    # The bowl of the same order goes on; what is bought of the shoe is to be given back.
    assert await shop.progress(unpicked.id) == "accepted"
    assert await shop.progress(bagged) == "canceled"
    assert [kind for kind, *_ in await shop.intended(unpicked.id)] == ["refund"]
    assert await shop.figures() == (4, 1, 1, 0)
    await messages(shop)
    told = await shop.connection.fetch(
        "SELECT template, subject, body FROM message WHERE template LIKE 'recall%' OR template = 'canceled'"
    )
    assert [row["template"] for row in told] == ["recall_stopped"] * 2
    assert all(row["subject"].startswith("Rappel de produit : ") and "risque de chute" in row["body"] for row in told)
    # The bag is carried aside by its own task, and counts as found.
    (back,) = await shop.put_backs(bagged)
    await hand.put_back(back)
    assert await shop.figures() == (3, 0, 0, 1)
    assert (await view(shop, id)).total("found") == 1


async def test_every_unit_is_scanned_out_wherever_the_books_had_it_and_taking_one_back_is_exact(shop: Shop) -> None:
    await shop.receive(3)
    hand = await shop.handheld()
    await staged(shop, hand, order())
    await shop.connection.execute("UPDATE stock_level SET unsellable = 1")
    await shop.connection.execute(
        "INSERT INTO stock_movement (id, location, sku, fact, unsellable, who, happened_at, recorded_at)"
        " VALUES ($1, $2, $3, 'adjustment', 1, 'test', $4, $4)", new_id(), LYON, DERBY, shop.now,
    )  # fmt: skip
    id = await recall(shop)
    await round_of(shop)
    told = [await hand.tell("recall_pull", recall=id, code="(01)03700000000013(10)L24") for _ in range(5)]
    assert [one.outcome for one in told] == ["applied"] * 5
    sources = await shop.connection.fetch("SELECT source, sum(units)::int AS n FROM recall_unit GROUP BY 1 ORDER BY 1")
    assert {row["source"]: row["n"] for row in sources} == {"apart": 1, "bag": 1, "over": 1, "shelf": 2}
    assert await shop.figures() == (0, 0, 0, 5)
    assert (await hand.resend()).outcomes[0].again
    for one in reversed(told):
        assert (await hand.undo(one)).outcome == "applied"
    assert await shop.figures() == (3, 1, 1, 1)
    assert (await view(shop, id)).total("found") == 0


async def test_what_nobody_finds_is_counted_and_told_and_what_turns_up_later_makes_it_less(shop: Shop) -> None:
    await shop.receive(3)
    hand = await shop.handheld()
    id = await recall(shop)
    await hand.tell("recall_pull", recall=id)
    told = await hand.tell("recall_done", recall=id)
    assert (told.outcome, told.problem, told.facts["missing"]) == ("applied_with_exception", "recall_missing", 2)
    assert await shop.exceptions() == ["recall_missing"]
    assert await shop.connection.fetchval("SELECT reason FROM stock_count") == "recall"
    await hand.tell("recall_pull", recall=id)
    assert (await view(shop, id)).total("missing") == 1
    await hand.tell("recall_pull", recall=id)
    assert (await view(shop, id)).total("missing") == 0
    assert await shop.exceptions() == []
    # A place that has nothing says so.
    other = await shop.handheld(CONFLUENCE, NOUR)
    assert (await other.tell("recall_done", recall=id)).outcome == "applied"
    assert [(place.found, place.missing) for place in (await view(shop, id)).places] == [(0, 0), (3, 0)]


async def test_customers_are_told_once_each_and_who_cannot_be_reached_is_listed(shop: Shop) -> None:
    await shop.receive(4)
    hand = await shop.handheld()
    first, second, third = [await handed(shop, hand) for _ in range(3)]
    await shop.connection.execute(
        "UPDATE customer c SET email = CASE WHEN o.id = $1 THEN NULL ELSE 'Camille@exemple.fr' END, phone = NULL"
        " FROM sales_order o WHERE o.customer = c.id", third,
    )  # fmt: skip
    effect = await find_effect(shop.connection, DERBY, looked_from(shop.now, 24))
    assert (effect.with_customers, effect.orders_with_customers, effect.people, effect.reachable) == (3, 3, 2, 1)
    id = await recall(shop)
    await round_of(shop)
    await round_of(shop)
    await messages(shop)
    await messages(shop)
    assert await shop.connection.fetchval("SELECT count(*) FROM message WHERE template = 'recall'") == 2
    people = (await view(shop, id)).people
    assert (people.waiting, people.unreachable, people.orders, people.all) == (1, 1, 3, 2)
    listed = await screen.customers(shop.connection, OFFICE, id)
    assert [(one.reach, one.by_another) for one in listed if one.order_id == third] == [("unreachable", False)]
    assert sorted(one.by_another for one in listed if one.order_id in (first, second)) == [False, True]
    assert "customer.recall_due" in LISTENERS


async def test_what_slips_through_beside_the_opening_is_found_by_the_next_round(shop: Shop) -> None:
    await shop.receive(2)
    hand = await shop.handheld()
    placed, work = await staged(shop, hand, order())
    id = await recall(shop)
    # A device that was out of reach tells of a hand-over that nobody could stop.
    assert (await hand.hand_over(placed, work)).problem == "recalled"
    await round_of(shop)
    assert (await view(shop, id)).people.orders == 1


async def test_a_transfer_gives_it_up_and_goes_on_with_the_rest(shop: Shop) -> None:
    await shop.receive(2)
    await shop.receive(2, BOWL)
    hand = await shop.handheld()
    lines = (Wish(DERBY, 2), Wish(BOWL, 1))
    made = await shop.perform(CreateTransfer(new_id(), LYON, CONFLUENCE, lines), OFFICE, TransferTold)
    alone = await shop.perform(CreateTransfer(new_id(), LYON, CONFLUENCE, (Wish(BOWL, 1),)), OFFICE, TransferTold)
    await hand.tell("transfer_pick", transfer=made.id, sku=DERBY, quantity=1)
    id = await recall(shop)
    await round_of(shop)
    assert await shop.figures() == (2, 1, 1, 0)
    for _ in range(2):
        await hand.tell("recall_pull", recall=id)
    assert await shop.figures() == (0, 0, 0, 2)
    assert await shop.figures(BOWL) == (2, 2, 0, 0)
    await recall(shop, BOWL)
    await round_of(shop)
    statuses = await shop.connection.fetch(
        "SELECT status FROM transfer WHERE id = ANY($1::uuid[])", [made.id, alone.id]
    )
    assert [row[0] for row in statuses] == ["canceled"] * 2


async def test_units_end_with_a_proof_and_the_recall_ends_when_nothing_is_left(shop: Shop) -> None:
    await shop.receive(3)
    hand = await shop.handheld()
    id = await recall(shop)
    for _ in range(3):
        await hand.tell("recall_pull", recall=id)
    end = CloseRecall(new_id(), id, sell_again=True)
    with pytest.raises(Conflict, match="recall_goes_on") as left:
        await shop.perform(end, OFFICE)
    assert left.value.facts == {"places": 1, "units": 3, "customers": 0, "orders": 0, "between": 0}
    await hand.tell("recall_done", recall=id)
    mine = Actor("m", "store_manager", (LYON,))
    with pytest.raises(NotFound):
        await shop.perform(DecideRecalled(new_id(), id, CONFLUENCE, Fate.VENDOR, 1, "BL-1"), mine)
    with pytest.raises(Conflict, match="not_that_many_found"):
        await shop.perform(DecideRecalled(new_id(), id, LYON, Fate.VENDOR, 4, "BL-1"), mine)
    for fate in Fate:
        command = DecideRecalled(new_id(), id, LYON, fate, 1, "Certificat 12")
        assert await shop.perform(command, mine) == await shop.perform(command, mine)
    assert await shop.figures() == (1, 0, 0, 0)
    assert (await view(shop, id)).total("to_find") == 0
    await shop.perform(end, OFFICE)
    assert await shop.connection.fetchval("SELECT blocked_reason FROM sku WHERE sku = $1", DERBY) is None
    late = await hand.tell("recall_pull", recall=id)
    assert (late.outcome, late.problem) == ("applied_with_exception", "recall_over")
    assert await shop.figures() == (0, 0, 0, 1)


async def test_goods_that_come_after_a_place_has_looked_are_looked_for_and_the_recall_goes_on(shop: Shop) -> None:
    await shop.receive(2)
    hand = await shop.handheld()
    made = await shop.perform(CreateTransfer(new_id(), LYON, CONFLUENCE, (Wish(DERBY, 1),)), OFFICE, TransferTold)
    await hand.tell("transfer_pick", transfer=made.id, sku=DERBY, quantity=1)
    await shop.perform(ShipTransfer(new_id(), made.id), OFFICE)
    id = await recall(shop)
    await hand.tell("recall_pull", recall=id)
    await hand.tell("recall_done", recall=id)
    await shop.perform(DecideRecalled(new_id(), id, LYON, Fate.VENDOR, 1, "BL-1"), OFFICE)
    # What is on its way between stores holds the end up.
    with pytest.raises(Conflict, match="recall_goes_on") as left:
        await shop.perform(CloseRecall(new_id(), id, sell_again=False), OFFICE)
    assert left.value.facts == {"places": 0, "units": 0, "customers": 0, "orders": 0, "between": 1}
    # It arrives where nobody was asked, and a till takes one back where hands have looked.
    other = await shop.handheld(CONFLUENCE, NOUR)
    await other.tell("receive", transfer=made.id, sku=DERBY, quantity=1)
    await shop.till(1, fact="till_return")
    before = await shop.handheld(number=2)
    assert (await before.tell("recall_pull", recall=id)).facts["found"] == 2
    await before.undo(await before.tell("recall_pull", recall=id))
    await shop.till(1, fact="till_return")
    assert await round_of(shop) == 2
    assert await round_of(shop) == 0
    assert [(place.location, place.done, place.to_find) for place in (await view(shop, id)).places] == [
        (CONFLUENCE, False, 1), (LYON, False, 1),
    ]  # fmt: skip
    assert [line.done for line in await screen.read_list(shop.connection, OFFICE)] == [0]


async def test_a_place_without_a_handheld_says_what_it_took_out_once(shop: Shop) -> None:
    await shop.receive(3)
    id = await recall(shop)
    told = PlaceLooked(new_id(), id, LYON, 2)
    assert await shop.perform(told, OFFICE) == await shop.perform(told, OFFICE)
    (place,) = (await view(shop, id)).places
    assert (place.found, place.missing, place.done) == (2, 1, True)
    assert await shop.figures() == (1, 0, 0, 2)
    for location, code in ((CONFLUENCE, "recall_not_found"), ("nowhere", "unknown_location")):
        with pytest.raises(NotFound, match=code):
            await shop.perform(PlaceLooked(new_id(), id, location), Actor("m", "store_manager", (LYON,)))


async def test_a_store_that_has_none_knows_every_open_recall_and_a_device_which_of_its_facts_are_counted(
    shop: Shop,
) -> None:
    await shop.receive(1)
    id = await recall(shop)
    other = await shop.handheld(CONFLUENCE, NOUR)
    (task,) = await screen.tasks(shop.connection, CONFLUENCE, "fr", other.actor.device)
    assert (task.asked, task.done, DERBY in task.codes, task.counted) == (False, False, True, {})
    await other.tell("recall_pull", recall=id)
    (task,) = await screen.tasks(shop.connection, CONFLUENCE, "fr", other.actor.device)
    assert (task.asked, task.found, task.counted) == (True, 1, {str(other.journal): 1})


async def test_a_recall_does_not_end_over_goods_in_a_parcel_with_a_label(shop: Shop) -> None:
    await shop.receive(1)
    await shop.keeper.load()
    await shop.place(order())
    id = await recall(shop)
    # As after a label: the parcel is a person's case, and no round touches the order.
    await shop.connection.execute(
        "INSERT INTO exception (id, location, kind, role, order_id, sku, made_at) SELECT $1, $2, 'recall_in_parcel', 'store_manager', id, $3, $4 FROM sales_order",
        new_id(), LYON, DERBY, shop.now,
    )  # fmt: skip
    assert await round_of(shop) == 0
    with pytest.raises(Conflict, match="recall_goes_on") as left:
        await shop.perform(CloseRecall(new_id(), id, sell_again=False), OFFICE)
    assert left.value.facts["orders"] == 1


async def test_units_of_a_recall_are_decided_about_on_its_page_and_nowhere_else(shop: Shop) -> None:
    await shop.receive(2)
    hand = await shop.handheld()
    id = await recall(shop)
    await hand.tell("recall_pull", recall=id)
    for reason in ("destroyed", "repaired"):
        with pytest.raises(Conflict, match="kept_for_recall"):
            await shop.perform(AdjustStock(new_id(), LYON, DERBY, 1, reason, "Certificat 12"), OFFICE)
    assert (await hand.tell("adjust", sku=DERBY, quantity=1, reason="repaired")).facts["status"] == "waiting"
    # Whatever took them all the same, the page says so in words.
    await shop.connection.execute("UPDATE stock_level SET unsellable = 0")
    with pytest.raises(Conflict, match="not_that_many_found"):
        await shop.perform(DecideRecalled(new_id(), id, LYON, Fate.VENDOR, 1, "BL-1"), OFFICE)
    await shop.connection.execute("UPDATE stock_level SET unsellable = 1")


async def test_a_region_sees_its_own_places_and_customers_and_nothing_of_others(shop: Shop) -> None:
    await shop.receive(1)
    hand = await shop.handheld()
    await handed(shop, hand)
    id = await recall(shop)
    await round_of(shop)
    far = Actor("x", "regional_manager", (CONFLUENCE,))
    assert [place.location for place in (await view(shop, id, REGION)).places] == [LYON]
    assert (await view(shop, id, REGION)).people.orders == 1
    assert "places" not in (await view(shop, id, REGION)).effect
    assert await screen.read_list(shop.connection, far) == []
    with pytest.raises(NotFound):
        await view(shop, id, far)
    assert await screen.customers(shop.connection, far, id) == []


async def test_a_recall_meets_picks_hand_overs_and_orders_and_every_unit_is_somewhere(shop: Shop, world: str) -> None:
    rounds = 4
    hand = await shop.handheld()
    async with opened(world) as other:
        lea = await other.handheld(number=2)
        for number, sku in enumerate((DERBY,) * rounds):
            await shop.receive(4, sku)
            await shop.keeper.load()
            await other.keeper.load()
            picking = (await shop.place(order())).works[0].id
            sold, work = await staged(shop, hand, order(), f"B:{200 + number}")
            done = await asyncio.gather(
                shop.perform(wish(sku), OFFICE, RecallTold), lea.pick(picking), hand.hand_over(sold, work, f"B:{200 + number}"), other.place(order()),
                return_exceptions=True,
            )  # fmt: skip
            assert not [one for one in done if isinstance(one, BaseException) and not isinstance(one, Conflict)], done
            id = done[0].id
            await asyncio.gather(round_of(shop), round_of(other))
            await round_of(shop)
            # Whoever got it is in the list, whoever waits for it does not any more.
            assert (await view(shop, id)).people.orders >= 1
            assert await shop.connection.fetchval("SELECT sum(reserved) FROM work_line WHERE sku = $1", sku) == 0
            while (await view(shop, id)).total("to_find"):
                await hand.tell("recall_pull", recall=id)
            on_hand, reserved, set_aside, _ = await shop.figures()
            assert (on_hand, reserved, set_aside) == (0, 0, 0)
            await hand.tell("recall_done", recall=id)
            found = (await view(shop, id)).total("found")
            await shop.perform(DecideRecalled(new_id(), id, LYON, Fate.DESTROYED, found, "Certificat"), OFFICE)
            await shop.perform(CloseRecall(new_id(), id, sell_again=True), OFFICE)
        assert await other.breaches() == []


def test_a_kit_loses_its_recalled_part_as_a_whole() -> None:
    # (line, part, quantity, canceled, units that have not left): two sets of two bowls and one cup; one bowl is dangerous.
    needs = [(1, 1, 4, 0, 3), (1, 2, 2, 0, 0), (2, 1, 1, 0, 0)]
    assert stoppable(needs, {1: 2, 2: 1}) == ({1: 2}, False)
    assert stoppable(needs[:2], {1: 2}) == ({1: 2}, True)
    assert stoppable([(1, 1, 2, 2, 0)], {1: 2}) == ({}, True)


def test_units_are_found_on_the_shelf_first_and_what_no_book_had_is_over() -> None:
    assert pull(1, 1, 1, 5) == (Pulled("shelf", 1), Pulled("bag", 1), Pulled("apart", 1), Pulled("over", 2))
    assert pull(-2, 0, 0, 1) == (Pulled("over", 1),)
