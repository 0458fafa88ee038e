"""Holds: units stay promised, stores see no work, and a person's release gives it out."""

import msgspec
import pytest

from comptoir.kit.errors import Conflict, Invalid
from comptoir.kit.ids import new_id
from comptoir.orders.model import (
    Address,
    CancelOrder,
    CorrectAddress,
    LineQuantity,
    PlaceHold,
    ReleaseHold,
    RetrySourcing,
)
from comptoir.payments.recording import RecordPayment
from tests.hands import Shop
from tests.world import CONFLUENCE, DERBY, LYON, Line, order, shipped

pytestmark = pytest.mark.anyio


async def test_a_held_order_keeps_its_units_and_its_work_disappears(shop: Shop) -> None:
    await shop.receive(1)
    placed = await shop.place(order())
    await shop.perform(PlaceHold(new_id(), placed.id, "looks odd"))
    assert await shop.figures() == (1, 1, 0, 0)
    assert await shop.count("work") == 0
    assert await shop.progress(placed.id) == "held"


async def test_a_release_gives_the_work_out_again_with_the_same_units(shop: Shop) -> None:
    await shop.receive(1)
    placed = await shop.place(order())
    await shop.perform(PlaceHold(new_id(), placed.id, "looks odd"))
    told = await shop.perform(ReleaseHold(new_id(), placed.id, "manual"))
    assert (told["progress"], len(told["works"]), told["unsourced"]) == ("accepted", 1, 0)
    assert await shop.figures() == (1, 1, 0, 0)


async def test_work_that_somebody_started_cannot_be_held(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    placed = await shop.place(order())
    await sam.start(placed.works[0].id)
    with pytest.raises(Conflict, match="already_started"):
        await shop.perform(PlaceHold(new_id(), placed.id, "looks odd"))


async def test_an_order_is_not_released_from_what_does_not_hold_it(shop: Shop) -> None:
    await shop.receive(1)
    placed = await shop.place(order())
    with pytest.raises(Conflict, match="not_held"):
        await shop.perform(ReleaseHold(new_id(), placed.id, "manual"))


async def test_an_order_with_two_holds_waits_for_both(shop: Shop) -> None:
    await shop.receive(1)
    placed = await shop.place(order(paid="pending", hold="call the customer"))
    first = await shop.perform(ReleaseHold(new_id(), placed.id, "payment"))
    second = await shop.perform(ReleaseHold(new_id(), placed.id, "manual"))
    assert (first["held"], first["works"], len(second["works"])) == (["manual"], [], 1)


async def test_a_short_order_that_is_released_takes_what_has_come_since(shop: Shop) -> None:
    await shop.receive(1)
    placed = await shop.place(order(Line(DERBY, 2), if_short="hold"))
    await shop.receive(1)
    told = await shop.perform(ReleaseHold(new_id(), placed.id, "short"))
    assert (told["unsourced"], await shop.figures()) == (0, (2, 2, 0, 0))


async def test_a_short_order_that_is_released_too_early_has_units_that_no_place_has(shop: Shop) -> None:
    await shop.receive(1)
    placed = await shop.place(order(Line(DERBY, 2), if_short="hold"))
    told = await shop.perform(ReleaseHold(new_id(), placed.id, "short"))
    assert (told["unsourced"], len(told["works"])) == (1, 1)
    assert await shop.figures() == (1, 1, 0, 0)


async def test_a_payment_that_comes_gives_the_work_out(shop: Shop) -> None:
    await shop.receive(1)
    placed = await shop.place(order(paid="pending"))
    told = await shop.perform(RecordPayment(new_id(), placed.id, f"pay-{placed.id}", "captured", placed.total_minor))
    assert (told["progress"], len(told["works"])) == ("accepted", 1)
    assert await shop.connection.fetchval("SELECT soft_until FROM reservation") is None


async def test_holding_what_is_left_after_one_store_was_canceled_never_promises_its_goods_again(shop: Shop) -> None:
    await shop.receive(1, DERBY, LYON)
    await shop.receive(1, DERBY, CONFLUENCE)
    sam = await shop.handheld()
    placed = await shop.place(order(Line(DERBY, 1, LYON), Line(DERBY, 1, CONFLUENCE)))
    here = next(work.id for work in placed.works if work.location == LYON)
    await sam.pick(here)
    await sam.stage(here)
    await shop.perform(CancelOrder(new_id(), placed.id, "not here", (LineQuantity(1, 1),)))
    await shop.perform(PlaceHold(new_id(), placed.id, "looks odd"))
    told = await shop.perform(ReleaseHold(new_id(), placed.id, "manual"))
    assert len(told["works"]) == 1
    assert await shop.figures(DERBY, LYON) == (1, 1, 1, 0)
    assert await shop.figures(DERBY, CONFLUENCE) == (1, 1, 0, 0)


async def test_a_held_order_to_be_sent_keeps_the_places_that_promised(shop: Shop) -> None:
    await shop.receive(1, DERBY, CONFLUENCE)
    placed = await shop.place(order(shipped()))
    await shop.perform(PlaceHold(new_id(), placed.id, "looks odd"))
    await shop.receive(5, DERBY, LYON)
    await shop.perform(ReleaseHold(new_id(), placed.id, "manual"))
    assert await shop.connection.fetchval("SELECT location FROM work") == CONFLUENCE


async def test_what_no_place_had_waits_until_all_of_it_is_there(shop: Shop) -> None:
    await shop.receive(1)
    placed = await shop.place(order(Line(DERBY, 2), if_short="hold"))
    with pytest.raises(Conflict, match="still_short"):
        await shop.perform(RetrySourcing(new_id(), placed.id))
    assert (await shop.progress(placed.id), await shop.figures()) == ("held", (1, 1, 0, 0))
    await shop.receive(1)
    told = await shop.perform(RetrySourcing(new_id(), placed.id))
    assert (told["unsourced"], len(told["works"]), await shop.figures()) == (0, 1, (2, 2, 0, 0))
    with pytest.raises(Conflict, match="nothing_missing"):
        await shop.perform(RetrySourcing(new_id(), placed.id))


async def test_units_of_a_released_order_that_no_place_had_find_one_later(shop: Shop) -> None:
    await shop.receive(1)
    placed = await shop.place(order(Line(DERBY, 2), if_short="hold"))
    await shop.perform(ReleaseHold(new_id(), placed.id, "short"))
    await shop.receive(1)
    told = await shop.perform(RetrySourcing(new_id(), placed.id))
    assert (told["unsourced"], len(told["works"]), await shop.figures()) == (0, 1, (2, 2, 0, 0))
    assert "order.sourced_again" in await shop.told(placed.id)


async def test_an_order_that_is_held_for_more_is_not_sourced_again(shop: Shop) -> None:
    await shop.receive(1)
    placed = await shop.place(order(Line(DERBY, 2), if_short="hold", hold="call the customer"))
    await shop.receive(1)
    with pytest.raises(Conflict, match="held_for_more"):
        await shop.perform(RetrySourcing(new_id(), placed.id))


async def test_suspected_fraud_holds_an_order_under_its_own_name(shop: Shop) -> None:
    await shop.receive(1)
    placed = await shop.place(order())
    assert (await shop.perform(PlaceHold(new_id(), placed.id, "two names", "fraud")))["held"] == ["fraud"]
    with pytest.raises(Conflict, match="not_held"):
        await shop.perform(ReleaseHold(new_id(), placed.id, "manual"))
    assert (await shop.perform(ReleaseHold(new_id(), placed.id, "fraud", "she called")))["progress"] == "accepted"


async def test_a_corrected_address_lets_its_order_go(shop: Shop) -> None:
    await shop.receive(1)
    wrong = Address("Inès Aubry", "12 rue de Sèze", "", "690", "Lyon")
    placed = await shop.place(msgspec.structs.replace(order(shipped()), ship_to=wrong))
    assert placed.held == ("address",)
    with pytest.raises(Invalid, match="address_incomplete"):
        await shop.perform(
            CorrectAddress(new_id(), placed.id, Address(street="12 rue de Sèze", postcode="6900", city="Lyon"))
        )
    right = Address(street="12 rue de Sèze", postcode="69006", city="Lyon")
    told = await shop.perform(CorrectAddress(new_id(), placed.id, right))
    row = await shop.connection.fetchrow("SELECT name, postcode FROM order_address WHERE order_id = $1", placed.id)
    assert row is not None
    assert (told["held"], len(told["works"]), tuple(row)) == ([], 1, ("Inès Aubry", "69006"))
    await shop.connection.execute("UPDATE work SET status = 'labeled' WHERE order_id = $1", placed.id)
    with pytest.raises(Conflict, match="label_on_parcel"):
        await shop.perform(CorrectAddress(new_id(), placed.id, right))
    await shop.connection.execute("UPDATE work SET status = 'open' WHERE order_id = $1", placed.id)
