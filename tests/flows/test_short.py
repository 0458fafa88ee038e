"""The shelf has fewer than promised: stock is corrected, the customer's store stays, a person decides, undo takes all back."""

import pytest

from comptoir.flows.resolve_short import ResolveShort
from comptoir.kit.actor import Actor
from comptoir.kit.errors import Conflict
from comptoir.kit.ids import new_id
from comptoir.kit.reasons import WordReason
from comptoir.orders.model import CancelOrder, LineQuantity, ReleaseHold
from comptoir.screens import pack as pack_screen
from tests.hands import Shop
from tests.world import BOWL, COGNAC, DERBY, LYON, TABLE_SET, Line, order

pytestmark = pytest.mark.anyio
OFFICE = Actor("odile", "head_office", None)


@pytest.mark.parametrize(("reason", "figures"), [("not_found", (2, 0, 0, 0)), ("damaged", (2, 0, 0, 1))])
async def test_a_short_takes_the_unit_and_its_promise_away(shop: Shop, reason: str, figures: tuple[int, ...]) -> None:
    await shop.receive(3)
    sam = await shop.handheld()
    placed = await shop.place(order())
    work = placed.works[0].id
    assert (await sam.short(work, reason=reason)).outcome == "applied"
    assert await shop.figures() == figures
    assert (await shop.status(work), await shop.progress(placed.id)) == ("closed", "in_progress")
    assert await shop.exceptions() == ["short_choice"]
    assert "fulfillment.short" in await shop.told(placed.id)


async def test_a_reason_of_head_offices_own_travels_with_the_pack_and_acts_as_the_one_it_names(shop: Shop) -> None:
    await shop.receive(3)
    sam = await shop.handheld()
    placed = await shop.place(order())
    for code, used in (("fell", True), ("damaged", False)):
        added = None if code == "damaged" else "damaged"
        await shop.perform(
            WordReason(new_id(), code, "Rayon effondré", "Shelf fell down", code == "fell", used=used, subject="short", acts_as=added), OFFICE,
        )  # fmt: skip
    started = await sam.start()
    (pack,) = await pack_screen.read_many(shop.pool, [started.id], sam.actor, shop.now)
    assert [one["code"] for one in pack["reasons"]] == ["not_found", "not_sellable", "fell"]
    assert (await sam.short(placed.works[0].id, reason="fell")).outcome == "applied"
    assert await shop.figures() == (2, 0, 0, 1)
    row = await shop.connection.fetchrow("SELECT reason, said FROM short_pick")
    assert row is not None and tuple(row) == ("damaged", "fell")
    # A reason that nobody worded is a person's question, and the journal goes on.
    assert (await sam.short(placed.works[0].id, reason="nothing_like_it")).outcome == "applied_with_exception"


async def test_after_a_short_nothing_new_is_promised_there_until_it_was_counted(shop: Shop) -> None:
    await shop.receive(3)
    sam = await shop.handheld()
    placed = await shop.place(order())
    await sam.short(placed.works[0].id)
    with pytest.raises(Conflict, match="shortage"):
        await shop.place(order())
    count = await shop.connection.fetchval("SELECT id FROM stock_count WHERE status = 'asked'")
    await sam.tell("count", count=count, quantity=2)
    assert (await shop.place(order())).progress == "accepted"


async def test_other_work_that_needs_the_article_is_flagged(shop: Shop) -> None:
    await shop.receive(3)
    sam = await shop.handheld()
    first, second = await shop.place(order()), await shop.place(order())
    await sam.short(first.works[0].id)
    flag = await shop.connection.fetchval("SELECT flagged FROM work WHERE id = $1", second.works[0].id)
    assert flag == "short_elsewhere"


async def test_a_short_that_was_a_slip_can_be_undone_even_when_it_closed_the_work(shop: Shop) -> None:
    await shop.receive(1)
    sam = await shop.handheld()
    placed = await shop.place(order())
    work = placed.works[0].id
    slip = await sam.short(work, reason="damaged")
    assert (await sam.undo(slip)).outcome == "applied"
    assert await shop.figures() == (1, 1, 0, 0)
    assert await shop.status(work) == "picking"
    assert await shop.exceptions() == []
    await sam.pick(work)
    assert await shop.status(work) == "picked"


async def test_a_missing_unit_that_was_found_by_a_slip_is_missing_again(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    placed = await shop.place(order(Line(DERBY, 2)))
    work = placed.works[0].id
    await sam.pick(work)
    await sam.short(work, reason="damaged")
    found = await sam.pick(work)
    assert await shop.exceptions() == []
    assert (await sam.undo(found)).outcome == "applied"
    assert await shop.figures() == (1, 1, 1, 1)
    assert await shop.status(work) == "picked"
    assert await shop.exceptions() == ["short_choice"]


async def test_a_short_of_the_last_missing_article_makes_the_staged_rest_ready(shop: Shop) -> None:
    await shop.receive(1)
    await shop.receive(1, COGNAC)
    sam = await shop.handheld()
    placed = await shop.place(order(Line(DERBY), Line(COGNAC)))
    work = placed.works[0].id
    await sam.pick(work, line=1)
    await sam.stage(work)
    await sam.short(work, line=2)
    assert await shop.status(work) == "staged"
    assert await shop.connection.fetchval("SELECT collect_until FROM work WHERE id = $1", work) is not None
    parts = await shop.connection.fetch(
        "SELECT body->>'part' AS part FROM event WHERE kind = 'fulfillment.staged' ORDER BY seq"
    )
    assert [row["part"] for row in parts] == ["true", "false"]


async def test_undoing_that_short_brings_the_staged_work_back_to_picking(shop: Shop) -> None:
    await shop.receive(1)
    await shop.receive(1, COGNAC)
    sam = await shop.handheld()
    placed = await shop.place(order(Line(DERBY), Line(COGNAC)))
    work = placed.works[0].id
    await sam.pick(work, line=1)
    await sam.stage(work)
    slip = await sam.short(work, line=2)
    await sam.undo(slip)
    assert await shop.status(work) == "picking"
    await sam.pick(work, line=2)
    await sam.stage(work)
    assert await shop.status(work) == "staged"


async def test_a_short_is_not_undone_once_the_rest_has_left(shop: Shop) -> None:
    await shop.receive(1)
    await shop.receive(1, COGNAC)
    sam = await shop.handheld()
    placed = await shop.place(order(Line(DERBY), Line(COGNAC)))
    work = placed.works[0].id
    slip = await sam.short(work, line=2)
    await sam.pick(work, line=1)
    await sam.stage(work)
    await sam.hand_over(placed.id, work)
    told = await sam.undo(slip)
    assert (told.outcome, told.problem) == ("applied_with_exception", "decided_meanwhile")
    assert await shop.figures(COGNAC) == (0, 0, 0, 0)


async def test_a_missing_unit_can_be_refunded(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    placed = await shop.place(order(Line(DERBY, 2)))
    await sam.short(placed.works[0].id)
    await shop.perform(ResolveShort(new_id(), placed.id, 1, "refund"))
    assert await shop.intended(placed.id) == [("refund", 12900, "canceled")]
    assert await shop.exceptions() == []


async def test_a_missing_unit_can_be_promised_again_at_the_same_store(shop: Shop) -> None:
    await shop.receive(3)
    sam = await shop.handheld()
    placed = await shop.place(order(Line(DERBY, 2)))
    work = placed.works[0].id
    slip = await sam.short(work)
    await shop.perform(ResolveShort(new_id(), placed.id, 1, "retry"))
    assert await shop.figures() == (2, 2, 0, 0)
    told = await sam.undo(slip)
    assert (told.outcome, told.problem) == ("applied_with_exception", "decided_meanwhile")


async def test_a_choice_after_one_unit_was_canceled_meanwhile_leaves_nothing_to_undo(shop: Shop) -> None:
    await shop.receive(2)
    sam = await shop.handheld()
    placed = await shop.place(order(Line(DERBY, 2)))
    slip = await sam.short(placed.works[0].id, 2)
    await shop.perform(CancelOrder(new_id(), placed.id, "one will do", (LineQuantity(1, 1),)))
    told = await sam.undo(slip)
    assert (told.outcome, told.problem) == ("applied_with_exception", "decided_meanwhile")


async def test_units_that_no_store_had_when_a_hold_was_released_can_be_decided_about(shop: Shop) -> None:
    placed = await shop.place(order(if_short="hold"))
    await shop.perform(ReleaseHold(new_id(), placed.id, "short"))
    assert await shop.connection.fetchval("SELECT unsourced FROM requirement") == 1
    await shop.receive(1)
    await shop.perform(ResolveShort(new_id(), placed.id, 1, "retry"))
    assert await shop.figures() == (1, 1, 0, 0)


async def test_a_kit_with_a_missing_part_is_refunded_whole_and_its_found_parts_go_back(shop: Shop) -> None:
    await shop.receive(2, BOWL)
    await shop.receive(2, "TASSE-MATIN-BLEU")
    sam = await shop.handheld()
    placed = await shop.place(order(Line(TABLE_SET)))
    work = placed.works[0]
    bowls = next(i for i, line in enumerate(work.lines, 1) if line.sku == BOWL)
    cups = 3 - bowls
    await sam.pick(work.id, 2, cups)
    await sam.short(work.id, 1, bowls)
    await sam.pick(work.id, 1, bowls)
    await shop.perform(ResolveShort(new_id(), placed.id, 1, "refund"))
    assert await shop.intended(placed.id) == [("refund", 4800, "canceled")]
    for back in await shop.put_backs(placed.id):
        await sam.put_back(back, 5)
    assert await shop.figures(BOWL) == (1, 0, 0, 0)
    assert await shop.figures("TASSE-MATIN-BLEU") == (2, 0, 0, 0)
    assert await shop.progress(placed.id) == "canceled"
    assert (await shop.figures(at=LYON)) == (0, 0, 0, 0)
