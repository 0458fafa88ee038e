"""Corrections by hand: at once within one's limit, by a manager beyond it, each one ledger line, taken back by another."""

import asyncio
from uuid import UUID

import pytest

from comptoir.flows.clear_adjust_photos import clear_adjust_photos
from comptoir.kit.actor import Actor
from comptoir.kit.errors import Conflict, Forbidden, Invalid, NotFound
from comptoir.kit.ids import new_id
from comptoir.kit.reasons import WordReason
from comptoir.screens import adjustments as screen
from comptoir.stock.adjust_photos import AWAITED, TakeAdjustPhoto
from comptoir.stock.adjusting import Adjusted, AdjustStock, DecideAdjustment, UndoAdjustment
from comptoir.stock.counting import AskCount
from comptoir.stock.limits import ChangeStockRules, StockRules
from tests.hands import Shop, opened
from tests.world import BOWL, CONFLUENCE, DERBY, LYON, TABLE_SET

pytestmark = pytest.mark.anyio

OFFICE = Actor("odile", "head_office", None)
MANAGER = Actor("helene", "store_manager", (LYON,))


async def test_a_scan_a_number_a_reason_and_the_figure_is_another_once(shop: Shop) -> None:
    await shop.receive(5, BOWL)
    hand = await shop.handheld()
    told = await hand.tell("adjust", sku=BOWL, quantity=2, reason="damaged")
    assert (told.outcome, told.facts["status"]) == ("applied", "applied")
    assert (await hand.resend()).outcomes[0].again
    assert await shop.figures(BOWL) == (3, 0, 0, 2)
    assert (await hand.undo(told)).outcome == "applied"
    await hand.undo(told)
    assert await shop.figures(BOWL) == (5, 0, 0, 0)
    facts = await shop.connection.fetch(
        "SELECT reason, on_hand FROM stock_movement WHERE fact = 'adjustment' ORDER BY on_hand"
    )
    assert [tuple(row) for row in facts] == [("damaged", -2), ("damaged", 2)]
    assert (
        await hand.tell("adjust", code="NOBODY-KNOWS", quantity=1, reason="lost")
    ).problem == "unknown_in_adjustment"
    assert await shop.exceptions() == ["unknown_in_adjustment"]


async def test_beyond_the_limit_the_books_or_without_proof_a_manager_decides(shop: Shop) -> None:
    await shop.receive(60, BOWL)
    hand = await shop.handheld()
    waits = [
        await hand.tell("adjust", sku=BOWL, quantity=4, reason="lost"),
        await hand.tell("adjust", sku=BOWL, quantity=1, reason="destroyed"),
        await hand.tell("adjust", sku=DERBY, quantity=1, reason="theft"),
    ]
    assert [one.facts["status"] for one in waits] == ["waiting"] * 3
    assert await shop.figures(BOWL) == (60, 0, 0, 0)
    many, _, none_there = await screen.read(shop.connection, MANAGER, waiting=True)
    with pytest.raises(Forbidden, match="adjustment_beyond_you"):
        await shop.perform(DecideAdjustment(new_id(), many.id, True), Actor(many.who, "store_manager", (LYON,)))
    with pytest.raises(NotFound):
        await shop.perform(DecideAdjustment(new_id(), many.id, True), Actor("x", "regional_manager", (CONFLUENCE,)))
    yes = DecideAdjustment(new_id(), many.id, True)
    assert await shop.perform(yes, MANAGER) == await shop.perform(yes, MANAGER)
    assert await shop.figures(BOWL) == (56, 0, 0, 0)
    with pytest.raises(Conflict, match="not_that_many"):
        await shop.perform(DecideAdjustment(new_id(), none_there.id, True), MANAGER)
    await shop.perform(DecideAdjustment(new_id(), none_there.id, False), MANAGER)
    with pytest.raises(Conflict, match="adjustment_decided"):
        await shop.perform(DecideAdjustment(new_id(), none_there.id, True), MANAGER)
    assert [row.status for row in await screen.read(shop.connection, MANAGER, waiting=False)] == ["declined", "applied"]
    assert await screen.read(shop.connection, Actor("x", "regional_manager", (CONFLUENCE,)), waiting=True) == []


async def test_a_count_since_then_has_seen_what_a_correction_and_its_undo_say(shop: Shop) -> None:
    await shop.receive(10, BOWL)
    lost = AdjustStock(new_id(), LYON, BOWL, 2, "lost")
    await shop.perform(lost, MANAGER)
    shop.clock.advance(hours=1)
    # They are there after all: the count knows it before anybody takes the correction back.
    count = UUID((await shop.perform(AskCount(new_id(), LYON, BOWL)))["id"])
    hand = await shop.handheld()
    assert (await hand.tell("count", count=count, quantity=10)).outcome == "applied"
    shop.clock.advance(hours=1)
    told = await shop.perform(UndoAdjustment(new_id(), lost.id), OFFICE, Adjusted)
    assert (told.status, told.on_hand, (await shop.figures(BOWL))[0]) == ("undone", 10, 10)
    assert await shop.breaches() == []


async def test_head_office_sets_the_limits_and_adds_reasons_that_act_as_those_that_come_along(shop: Shop) -> None:
    await shop.receive(9, BOWL)
    hand = await shop.handheld()
    await shop.perform(ChangeStockRules(new_id(), StockRules(associate_units=1, manager_units=2)), OFFICE)
    word = WordReason(
        new_id(),
        "window",
        "En vitrine, décoloré",
        "In the window, faded",
        new=True,
        subject="adjust",
        acts_as="damaged",
    )
    await shop.perform(word, OFFICE)
    assert (await hand.tell("adjust", sku=BOWL, quantity=1, reason="window")).facts["status"] == "applied"
    assert (await hand.tell("adjust", sku=BOWL, quantity=2, reason="window")).facts["status"] == "waiting"
    assert await shop.figures(BOWL) == (8, 0, 0, 1)
    told = await shop.perform(AdjustStock(new_id(), LYON, BOWL, 3, "sample"), MANAGER, Adjusted)
    assert told.status == "waiting"
    for command, refused, code in (
        (AdjustStock(new_id(), LYON, BOWL, 1, "nobody_knows"), Invalid, "unknown_reason"),
        (AdjustStock(new_id(), LYON, BOWL, 1, "destroyed"), Invalid, "destroy_needs_proof"),
        (AdjustStock(new_id(), CONFLUENCE, BOWL, 1, "lost"), NotFound, "unknown_location"),
    ):
        with pytest.raises(refused, match=code):
            await shop.perform(command, MANAGER)
    with pytest.raises(Forbidden):
        await shop.perform(ChangeStockRules(new_id(), StockRules()), MANAGER)


async def test_a_correction_beyond_somebody_is_not_theirs_to_undo_and_what_a_manager_decided_stands(shop: Shop) -> None:
    await shop.receive(90, BOWL)
    hand = await shop.handheld()
    large = await shop.perform(AdjustStock(new_id(), LYON, BOWL, 60, "lost"), OFFICE, Adjusted)
    with pytest.raises(Forbidden, match="adjustment_beyond_you"):
        await shop.perform(UndoAdjustment(new_id(), large.id), MANAGER)
    told = await hand.tell("adjust", sku=BOWL, quantity=5, reason="lost")
    (waits,) = await screen.read(shop.connection, MANAGER, waiting=True)
    await shop.perform(DecideAdjustment(new_id(), waits.id, True), MANAGER)
    late = await hand.undo(told)
    assert (late.outcome, late.problem) == ("applied_with_exception", "adjustment_decided")
    assert await shop.figures(BOWL) == (25, 0, 0, 0)
    with pytest.raises(Invalid, match="kit_has_no_stock"):
        await shop.perform(AdjustStock(new_id(), LYON, TABLE_SET, 1, "found"), OFFICE)


async def test_a_reason_may_ask_for_a_picture_which_comes_after_its_correction_once(shop: Shop) -> None:
    await shop.receive(9, BOWL)
    hand = await shop.handheld()
    await shop.perform(WordReason(new_id(), "damaged", "Abîmé", "Damaged", photo=True, subject="adjust"), OFFICE)
    assert (await hand.tell("adjust", sku=BOWL, quantity=1, reason="damaged")).facts["status"] == "waiting"
    photo, picture = new_id(), b"pixels"
    told = await hand.tell("adjust", sku=BOWL, quantity=1, reason="damaged", photo=photo)
    assert told.facts["status"] == "applied"
    one = UUID(str(told.facts["adjustment"]))
    assert await screen.awaited_photos(shop.connection, LYON, shop.now - AWAITED) == [photo]
    device = Actor("device:x", "associate", (LYON,))
    brought = TakeAdjustPhoto(photo, one, LYON, picture, 1, 1)
    assert await shop.perform(brought, device) == await shop.perform(brought, device)
    assert await screen.awaited_photos(shop.connection, LYON, shop.now - AWAITED) == []
    (row,) = [row for row in await screen.read(shop.connection, MANAGER, waiting=False) if row.photo_here]
    assert (row.id, row.photo) == (one, photo)
    assert await screen.photo(shop.connection, photo, MANAGER) == picture
    assert await screen.photo(shop.connection, photo, Actor("x", "regional_manager", (CONFLUENCE,))) is None
    with pytest.raises(NotFound):
        await shop.perform(TakeAdjustPhoto(new_id(), one, CONFLUENCE, picture, 1, 1), device)
    # At a desk nothing is told without it, and a picture of something else is none; an ERP has no camera.
    for command, refused, code in (
        (AdjustStock(new_id(), LYON, BOWL, 1, "damaged"), Invalid, "adjust_needs_photo"),
        (AdjustStock(new_id(), LYON, BOWL, 1, "damaged", photo=photo), NotFound, "picture_not_found"),
    ):
        with pytest.raises(refused, match=code):
            await shop.perform(command, MANAGER)
    erp = Actor("key:erp", "integrator", None)
    assert (await shop.perform(AdjustStock(new_id(), LYON, BOWL, 1, "damaged"), erp, Adjusted)).status == "applied"
    # A year later it goes; one that no correction names goes after a week.
    stray = new_id()
    await shop.perform(TakeAdjustPhoto(stray, new_id(), LYON, picture, 1, 1), device)
    shop.clock.advance(hours=24 * 8)
    assert await clear_adjust_photos(shop) == 1  # type: ignore[arg-type]
    assert await shop.connection.fetchval("SELECT id FROM adjust_photo") == photo
    shop.clock.advance(hours=24 * 360)
    assert await clear_adjust_photos(shop) == 1  # type: ignore[arg-type]


async def test_a_correction_beside_a_sale_and_an_undo_beside_an_undo_add_up(shop: Shop, world: str) -> None:
    await shop.receive(40, BOWL)
    hand = await shop.handheld()
    async with opened(world) as other:
        for _ in range(4):
            told, *_ = await asyncio.gather(
                hand.tell("adjust", sku=BOWL, quantity=2, reason="lost"), other.till(1, BOWL), shop.till(1, BOWL)
            )
            done = await asyncio.gather(
                shop.perform(UndoAdjustment(new_id(), told.id), MANAGER), other.perform(UndoAdjustment(new_id(), told.id), OFFICE), return_exceptions=True
            )  # fmt: skip
            assert [isinstance(one, Conflict) for one in done].count(True) == 1
    assert await shop.figures(BOWL) == (32, 0, 0, 0)
