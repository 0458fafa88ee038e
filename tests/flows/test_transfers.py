"""Goods between two stores: promised, picked, sent, received with what is over and short; every figure is somewhere."""

import asyncio
import contextlib
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from comptoir.fulfillment.journal import Told
from comptoir.kit.actor import Actor
from comptoir.kit.errors import Conflict, Forbidden, Invalid, NotFound
from comptoir.kit.ids import new_id
from comptoir.receiving.model import OrderGoods
from comptoir.receiving.model import Wish as Goods
from comptoir.stock.promise import Shortage
from comptoir.transfers.model import (
    Arrived,
    CancelTransfer,
    CountSource,
    CreateTransfer,
    ReceiveTransfer,
    SettleTransfer,
    ShipTransfer,
    TransferTold,
    Wish,
)
from comptoir.transfers.requesting import (
    AskTransfer,
    DeclineRequest,
    Grant,
    GrantRequest,
    RequestTold,
    WithdrawRequest,
)
from tests.hands import Handheld, Shop
from tests.world import CONFLUENCE, CUP, DERBY, LYON, NOUR, SAM, order

pytestmark = pytest.mark.anyio

OFFICE = Actor("odile", "head_office", None)


async def created(shop: Shop, units: int = 4, sku: str = DERBY, who: Actor = OFFICE) -> TransferTold:
    """A transfer from Part-Dieu to Confluence."""
    command = CreateTransfer(new_id(), LYON, CONFLUENCE, (Wish(sku, units),))
    made: TransferTold = await shop.perform(command, who, TransferTold)
    return made


async def laid(hand: Handheld, transfer: UUID, units: int = 1, sku: str = DERBY, **more: Any) -> Told:
    return await hand.tell("transfer_pick", transfer=transfer, sku=sku, quantity=units, **more)


async def came(hand: Handheld, transfer: UUID, units: int = 1, sku: str | None = DERBY, **more: Any) -> Told:
    return await hand.tell("receive", transfer=transfer, quantity=units, **({"sku": sku} if sku else {}), **more)


async def sent(shop: Shop, sam: Handheld, units: int = 4) -> UUID:
    """Created, picked whole and gone."""
    await shop.receive(units)
    made = await created(shop, units)
    await laid(sam, made.id, units)
    await shop.perform(ShipTransfer(new_id(), made.id), sam.person)
    return made.id


async def closed(shop: Shop, hand: Handheld, transfer: UUID) -> TransferTold:
    done: TransferTold = await shop.perform(ReceiveTransfer(new_id(), transfer, close=True), hand.person, TransferTold)
    return done


@pytest.fixture
async def sam(shop: Shop) -> Handheld:
    return await shop.handheld(LYON, SAM)


@pytest.fixture
async def nour(shop: Shop) -> Handheld:
    return await shop.handheld(CONFLUENCE, NOUR)


async def test_goods_go_from_one_store_to_the_other_and_are_in_no_ones_figures_on_the_way(
    shop: Shop, sam: Handheld, nour: Handheld
) -> None:
    await shop.receive(5)
    made = await created(shop, 4)
    assert (made.status, await shop.figures()) == ("created", (5, 4, 0, 0))
    for _ in range(4):
        await laid(sam, made.id)
    assert await shop.figures() == (5, 4, 4, 0)
    left = ShipTransfer(new_id(), made.id)
    assert await shop.perform(left, sam.person) == await shop.perform(left, sam.person)
    assert (await shop.figures(), await shop.figures(at=CONFLUENCE)) == ((1, 0, 0, 0), (0, 0, 0, 0))
    await came(nour, made.id)
    await came(nour, made.id, 3)
    assert await shop.figures(at=CONFLUENCE) == (4, 0, 0, 0)
    done = await closed(shop, nour, made.id)
    assert (done.status, done.received, done.missing, done.actions) == ("closed", 4, 0, ())
    assert await shop.exceptions() == []


async def test_what_is_promised_to_somebody_is_not_promised_to_a_transfer(shop: Shop) -> None:
    await shop.receive(3)
    await shop.place(order())
    with pytest.raises(Shortage):
        await created(shop, 3)
    with pytest.raises(Shortage):
        await created(shop, 1, CUP)
    await created(shop, 2)
    assert (await shop.figures(), await shop.count("transfer")) == ((3, 3, 0, 0), 1)


async def test_only_a_manager_of_the_source_or_a_key_makes_one_and_each_end_does_its_own(
    shop: Shop, sam: Handheld, nour: Handheld
) -> None:
    await shop.receive(4)
    for who, refused in (
        (sam.person, Forbidden), (Actor("x", "store_manager", (CONFLUENCE,)), NotFound),
    ):  # fmt: skip
        with pytest.raises(refused):
            await created(shop, who=who)
    with pytest.raises(Invalid, match="same_place"):
        await shop.perform(CreateTransfer(new_id(), LYON, LYON, (Wish(DERBY, 1),)), OFFICE)
    for wrong in (CreateTransfer(new_id(), LYON, "nowhere", (Wish(DERBY, 1),)), CreateTransfer(new_id(), LYON, CONFLUENCE, (Wish("X", 1),))):  # fmt: skip
        with pytest.raises(NotFound):
            await shop.perform(wrong, OFFICE)
    made = await created(shop, who=Actor("hélène", "store_manager", (LYON,)))
    assert (await laid(nour, made.id)).outcome == "refused"
    assert (await came(sam, made.id)).outcome == "refused"
    with pytest.raises(NotFound):
        await shop.perform(ShipTransfer(new_id(), made.id), nour.person)
    with pytest.raises(Conflict, match="nothing_to_ship"):
        await shop.perform(ShipTransfer(new_id(), made.id), sam.person)


async def test_what_was_not_found_stays_and_is_free_and_its_shelf_is_counted(shop: Shop, sam: Handheld) -> None:
    await shop.receive(4)
    made = await created(shop)
    await laid(sam, made.id, 3)
    await laid(sam, made.id, -1)
    gone = await shop.perform(ShipTransfer(new_id(), made.id), sam.person, TransferTold)
    assert (gone.in_transit, await shop.figures()) == (2, (2, 0, 0, 0))
    assert await shop.connection.fetchval("SELECT sku FROM stock_count WHERE location = $1", LYON) == DERBY


async def test_more_than_asked_for_is_carried_back_and_after_it_has_left_somebody_looks(
    shop: Shop, sam: Handheld
) -> None:
    await shop.receive(6)
    made = await created(shop, 2)
    assert (await laid(sam, made.id, 3)).problem == "more_than_needed"
    assert await shop.count("put_back") == 1
    await shop.perform(ShipTransfer(new_id(), made.id), sam.person)
    assert [(await laid(sam, made.id)).problem for _ in range(2)] == ["transfer_left"] * 2
    assert (await shop.exceptions(), await shop.figures()) == (["transfer_left"], (4, 0, 0, 0))


async def test_short_over_and_strangers_are_counted_as_they_are_and_told_at_the_end(
    shop: Shop, sam: Handheld, nour: Handheld
) -> None:
    made = await sent(shop, sam, 4)
    await came(nour, made, 3)
    assert (await came(nour, made, 2, CUP)).facts["over"] == 2
    assert (await came(nour, made, 1, None, code="no such code")).problem == "unknown_in_transfer"
    assert await shop.figures(CUP, CONFLUENCE) == (2, 0, 0, 0)
    done = await closed(shop, nour, made)
    assert (done.received, done.missing, done.over) == (3, 1, 2)
    assert sorted(await shop.exceptions()) == ["transfer_over", "transfer_short", "unknown_in_transfer"]
    ledger = await shop.connection.fetch(
        "SELECT fact, on_hand FROM stock_movement WHERE location = $1 AND sku = $2 AND fact LIKE 'transfer%' ORDER BY fact, on_hand",
        CONFLUENCE, DERBY,
    )  # fmt: skip
    assert [tuple(row) for row in ledger] == [
        ("transfer_missing", -1), ("transfer_received", 1), ("transfer_received", 3),
    ]  # fmt: skip
    # It lay behind the others after all, and one cup was counted twice.
    assert (await came(nour, made)).problem == "transfer_not_awaited"
    await came(nour, made, -1, CUP)
    assert (await shop.figures(at=CONFLUENCE), await shop.figures(CUP, CONFLUENCE)) == ((4, 0, 0, 0), (1, 0, 0, 0))


async def test_a_correction_takes_back_what_was_counted_and_no_more(shop: Shop, sam: Handheld, nour: Handheld) -> None:
    made = await sent(shop, sam, 2)
    await came(nour, made, 3)
    assert (await came(nour, made, -2)).outcome == "applied"
    assert await shop.figures(at=CONFLUENCE) == (1, 0, 0, 0)
    assert (await came(nour, made, -9)).problem == "correction_too_late"
    assert await shop.figures(at=CONFLUENCE) == (0, 0, 0, 0)
    # A case names the units that somebody looks for, and ends when what had come unawaited is taken back whole.
    assert await shop.connection.fetchval("SELECT quantity FROM exception") == 9
    await closed(shop, nour, made)
    for units in (2, -1, -1):
        await came(nour, made, units)
    rows = await shop.connection.fetch("SELECT quantity, resolution FROM exception WHERE kind = 'transfer_not_awaited'")
    assert [tuple(row) for row in rows] == [(0, "undone")]


async def test_nothing_is_sent_ordered_or_asked_for_where_a_place_is_closed(shop: Shop) -> None:
    await shop.receive(3)
    await shop.connection.execute("UPDATE location SET closed_at = $2 WHERE id = $1", CONFLUENCE, shop.now)
    lines = (Wish(DERBY, 1),)
    for command in (
        CreateTransfer(new_id(), LYON, CONFLUENCE, lines), AskTransfer(new_id(), CONFLUENCE, lines),
        OrderGoods(new_id(), CONFLUENCE, "Roux", (Goods(DERBY, 1),)),
    ):  # fmt: skip
        with pytest.raises(Conflict, match="place_closed"):
            await shop.perform(command, OFFICE)
    # What lies there may still be sent away.
    await shop.receive(2, at=CONFLUENCE)
    assert (await shop.perform(CreateTransfer(new_id(), CONFLUENCE, LYON, lines), OFFICE, TransferTold)).quantity == 1
    await shop.connection.execute("UPDATE location SET closed_at = NULL WHERE id = $1", CONFLUENCE)


async def test_what_comes_before_it_has_left_is_counted_and_looked_at(
    shop: Shop, sam: Handheld, nour: Handheld
) -> None:
    await shop.receive(1)
    made = await created(shop, 1)
    assert (await came(nour, made.id)).problem == "transfer_not_awaited"
    await laid(sam, made.id)
    await shop.perform(ShipTransfer(new_id(), made.id), sam.person)
    done = await closed(shop, nour, made.id)
    assert (done.missing, done.over, await shop.figures(at=CONFLUENCE)) == (1, 1, (1, 0, 0, 0))


async def test_a_recalled_article_that_was_laid_to_a_transfer_is_the_managers_to_look_at(
    shop: Shop, sam: Handheld
) -> None:
    await shop.receive(2)
    made = await created(shop, 2)
    await shop.connection.execute("UPDATE sku SET blocked_reason = 'rappel' WHERE sku = $1", DERBY)
    assert [(await laid(sam, made.id)).problem for _ in range(2)] == ["recalled"] * 2
    assert (await shop.exceptions(), await shop.figures()) == (["recalled"], (2, 2, 2, 0))


async def test_before_it_has_left_it_can_be_canceled_and_everything_goes_back(shop: Shop, sam: Handheld) -> None:
    await shop.receive(3)
    made = await created(shop, 3)
    await laid(sam, made.id, 2)
    await shop.perform(CancelTransfer(new_id(), made.id), OFFICE)
    assert await shop.figures() == (3, 2, 2, 0)
    back = await shop.connection.fetchval("SELECT id FROM put_back")
    await sam.put_back(back, 2)
    assert await shop.figures() == (3, 0, 0, 0)
    with pytest.raises(Conflict):
        await shop.perform(CancelTransfer(new_id(), made.id), OFFICE)
    gone = await sent(shop, sam, 1)
    with pytest.raises(Conflict):
        await shop.perform(CancelTransfer(new_id(), gone), OFFICE)


async def test_a_warehouse_without_a_handheld_sends_and_receives_by_lines(shop: Shop) -> None:
    await shop.receive(4)
    made = await created(shop, 4)
    with pytest.raises(Invalid, match="more_than_asked"):
        await shop.perform(ShipTransfer(new_id(), made.id, (Wish(DERBY, 5),)), OFFICE)
    await shop.perform(ShipTransfer(new_id(), made.id, (Wish(DERBY, 3),)), OFFICE)
    command = ReceiveTransfer(new_id(), made.id, (Arrived(DERBY, 1, 1), Arrived(CUP, 1)), close=True)
    done = await shop.perform(command, OFFICE, TransferTold)
    assert done == await shop.perform(command, OFFICE, TransferTold)
    assert (done.received, done.damaged, done.missing, done.over, await shop.figures()) == (1, 1, 1, 1, (1, 0, 0, 0))
    assert await shop.figures(at=CONFLUENCE) == (1, 0, 0, 1)
    with pytest.raises(Conflict, match="not_now"):
        await shop.perform(ReceiveTransfer(new_id(), made.id, (Arrived(DERBY, 1),)), OFFICE)


async def test_two_receivers_at_once_count_every_unit_once(shop: Shop, sam: Handheld, nour: Handheld) -> None:
    second = await shop.handheld(CONFLUENCE, NOUR, 2)
    first, other = await sent(shop, sam, 6), await sent(shop, sam, 6)
    for _ in range(3):
        # Both tell of both transfers, in opposite order.
        await asyncio.gather(
            nour.send(nour.event("receive", transfer=first, sku=DERBY), nour.event("receive", transfer=other, sku=DERBY)),
            second.send(second.event("receive", transfer=other, sku=DERBY), second.event("receive", transfer=first, sku=DERBY)),
        )  # fmt: skip
    await nour.resend()
    assert await shop.figures(at=CONFLUENCE) == (12, 0, 0, 0)
    done, last = await asyncio.gather(closed(shop, nour, first), closed(shop, second, other))
    assert (done.received, done.over, last.received, last.over) == (6, 0, 6, 0)


async def test_missing_units_were_found_are_lost_or_never_left_and_each_has_its_stock(
    shop: Shop, sam: Handheld, nour: Handheld
) -> None:
    made = await sent(shop, sam, 6)
    await came(nour, made, 3)
    await closed(shop, nour, made)
    here, there = Actor("h", "store_manager", (LYON,)), Actor("n", "store_manager", (CONFLUENCE,))
    assert (await shop.figures(), await shop.figures(at=CONFLUENCE)) == ((0, 0, 0, 0), (3, 0, 0, 0))
    with pytest.raises(NotFound):
        await shop.perform(SettleTransfer(new_id(), made, DERBY, "stayed", 1), there)
    with pytest.raises(Invalid, match="more_than_missing"):
        await shop.perform(SettleTransfer(new_id(), made, DERBY, "found", 4), there)
    for kind, who in (("found", there), ("stayed", here), ("lost", here)):
        command = SettleTransfer(new_id(), made, DERBY, kind, 1, "regardé")  # type: ignore[arg-type]
        assert await shop.exceptions() == ["transfer_short"]
        assert await shop.perform(command, who) == await shop.perform(command, who)
    told = await shop.perform(ReceiveTransfer(new_id(), await sent(shop, sam, 1), close=True), OFFICE, TransferTold)
    assert (await shop.figures(), await shop.figures(at=CONFLUENCE)) == ((1, 0, 0, 0), (4, 0, 0, 0))
    assert (told.missing, await shop.exceptions()) == (1, ["transfer_short"])
    await shop.perform(
        ReceiveTransfer(new_id(), again := await sent(shop, sam, 1), (Arrived(CUP, 2),), close=True), OFFICE
    )
    with pytest.raises(Conflict, match="nothing_over"):
        await shop.perform(CountSource(new_id(), again, DERBY), here)
    await shop.perform(CountSource(new_id(), again, CUP), here)
    asked = await shop.connection.fetchrow("SELECT location, reason FROM stock_count WHERE sku = $1", CUP)
    assert (tuple(asked), "transfer_over" in await shop.exceptions()) == ((LYON, "transfer_over"), False)
    # What was written off comes to light: counted like anything that turns up.
    assert (await came(nour, made)).facts["over"] == 0
    assert await shop.figures(at=CONFLUENCE) == (5, 0, 0, 0)


async def test_what_arrives_damaged_is_in_the_building_and_not_for_sale(
    shop: Shop, sam: Handheld, nour: Handheld
) -> None:
    made = await sent(shop, sam, 4)
    await came(nour, made, 2)
    told = await came(nour, made, 2, damaged=True)
    assert (told.facts["counted"], told.facts["damaged"]) == (4, 2)
    await came(nour, made, -1, damaged=True)
    assert await shop.figures(at=CONFLUENCE) == (2, 0, 0, 1)
    done = await closed(shop, nour, made)
    assert (done.received, done.damaged, done.missing) == (2, 1, 1)
    assert sorted(await shop.exceptions()) == ["transfer_damaged", "transfer_short"]


async def test_what_was_laid_into_a_carton_is_known_where_the_carton_arrives(
    shop: Shop, sam: Handheld, nour: Handheld
) -> None:
    await shop.receive(4)
    made = await created(shop, 4)
    await laid(sam, made.id, 3, carton="~(00)003456789012345670")
    await laid(sam, made.id, -1, carton="003456789012345670")
    await laid(sam, made.id, 1, carton="Carton 2")
    await shop.perform(ShipTransfer(new_id(), made.id), sam.person)
    await came(nour, made.id, 2, carton="(00)003456789012345670")
    rows = await shop.connection.fetch("SELECT carton, packed, received FROM transfer_carton ORDER BY carton")
    assert [tuple(row) for row in rows] == [("003456789012345670", 2, 2), ("Carton 2", 1, 0)]


async def test_a_store_asks_and_another_grants_less_or_says_no_with_a_reason(
    shop: Shop, sam: Handheld, nour: Handheld
) -> None:
    await shop.receive(4)
    here, there = Actor("h", "store_manager", (LYON,)), Actor("n", "store_manager", (CONFLUENCE,))
    asked = AskTransfer(new_id(), CONFLUENCE, (Wish(DERBY, 5), Wish(CUP, 1)), LYON, "pour samedi")
    assert await shop.perform(asked, nour.person) == await shop.perform(asked, nour.person)
    with pytest.raises(NotFound):
        await shop.perform(GrantRequest(new_id(), asked.id), there)
    with pytest.raises(Forbidden):
        await shop.perform(DeclineRequest(new_id(), asked.id, "non"), there)
    with pytest.raises(Shortage):
        await shop.perform(GrantRequest(new_id(), asked.id), here)
    with pytest.raises(Invalid, match="more_than_asked"):
        await shop.perform(GrantRequest(new_id(), asked.id, (Grant(DERBY, 6),)), here)
    with pytest.raises(Invalid, match="nothing_named"):
        await shop.perform(GrantRequest(new_id(), asked.id, (Grant(DERBY, 0), Grant(CUP, 0))), here)
    told = await shop.perform(GrantRequest(new_id(), asked.id, (Grant(DERBY, 3), Grant(CUP, 0))), here, RequestTold)
    assert (told.status, told.granted, await shop.figures()) == ("accepted", 3, (4, 3, 0, 0))
    with pytest.raises(Conflict, match="request_answered"):
        await shop.perform(DeclineRequest(new_id(), asked.id, "non"), here)
    # Nobody in particular: head office says where it comes from, or no.
    anywhere, again = [AskTransfer(new_id(), CONFLUENCE, (Wish(DERBY, 1),)) for _ in range(2)]
    for request in (anywhere, again):
        await shop.perform(request, nour.person)
    with pytest.raises(NotFound):
        await shop.perform(DeclineRequest(new_id(), anywhere.id, "non"), here)
    with pytest.raises(Invalid, match="source_missing"):
        await shop.perform(GrantRequest(new_id(), anywhere.id), OFFICE)
    await shop.perform(GrantRequest(new_id(), anywhere.id, from_=LYON), OFFICE)
    await shop.perform(WithdrawRequest(new_id(), again.id), nour.person)
    with pytest.raises(Conflict, match="request_answered"):
        await shop.perform(WithdrawRequest(new_id(), anywhere.id), nour.person)
    assert (await shop.count("transfer"), await shop.figures()) == (2, (4, 4, 0, 0))


async def test_in_whatever_order_it_is_received_closed_and_settled_every_unit_is_somewhere(
    shop: Shop, sam: Handheld, nour: Handheld
) -> None:
    for history in permutations(("two", "broken", "close", "found", "stayed", "lost"), 4):
        if "close" not in history[:3] or (history[0] != "two" and history[1] != "two"):
            continue
        made = await sent(shop, sam, 4)
        for act in history:
            with contextlib.suppress(Conflict, Invalid):
                if act == "close":
                    await closed(shop, nour, made)
                elif act in ("two", "broken"):
                    await came(nour, made, 2 if act == "two" else 1, damaged=act == "broken")
                else:
                    await shop.perform(SettleTransfer(new_id(), made, DERBY, act, 1), OFFICE)  # type: ignore[arg-type]
    assert await shop.breaches() == []
