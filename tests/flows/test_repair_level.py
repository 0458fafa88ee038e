"""Head office puts right a level that cannot be right: each figure by whoever is right about it, one commit, one reason, nothing else touched."""

from typing import Any

import pytest

from comptoir.kit.actor import Actor
from comptoir.kit.errors import Conflict, Forbidden, NotFound
from comptoir.kit.ids import new_id
from comptoir.stock.repairing import Accounts, Figures, LevelRepaired, RepairLevel, repair
from tests.hands import Shop
from tests.world import DERBY, LYON, Line, order

pytestmark = pytest.mark.anyio
ODILE = Actor("odile", "head_office", None)
OFF = "UPDATE stock_level SET {} WHERE sku = $1 AND location = $2"


async def offer(shop: Shop, level: Figures, ledger: Figures, who: Actor = ODILE, **more: Any) -> LevelRepaired:
    """Carry out a repair of Lyon's derbies; what it said."""
    command = RepairLevel(more.get("id") or new_id(), more.get("at", LYON), DERBY, level, ledger, "Sauvegarde relue")
    told: LevelRepaired = await shop.perform(command, who, LevelRepaired)
    return told


async def promised(shop: Shop) -> None:
    """Ten came, three are promised, one of them is picked."""
    await shop.receive(10)
    sam = await shop.handheld()
    work = (await shop.place(order(Line(DERBY, 3)))).works[0].id
    await sam.pick(work, 1)


def test_the_ledger_is_right_about_the_building_and_work_about_promises() -> None:
    accounts = Accounts(Figures(12, 3, 3, 0), Figures(10, -1, 1, -2), 3, 1)
    found = repair(accounts)
    assert accounts.right == Figures(10, 3, 1, 0)
    assert (found.level, found.ledger) == (Figures(-2, 0, -2, 0), Figures(0, 4, 0, 2))
    with pytest.raises(Conflict, match="level_agrees"):
        repair(Accounts(Figures(4, 2, 1), Figures(4, 2, 1), 2, 1))


async def test_a_level_that_was_written_over_becomes_the_sum_of_its_ledger_and_the_shelf_is_counted(shop: Shop) -> None:
    await promised(shop)
    await shop.connection.execute(OFF.format("on_hand = 14"), DERBY, LYON)
    command = RepairLevel(new_id(), LYON, DERBY, Figures(on_hand=-4), Figures(), "Sauvegarde relue")
    shown = (await shop.runner.rehearse(command, ODILE)).read(LevelRepaired)
    assert (shown.free_before, shown.free_after, shown.over, shown.counted) == (11, 7, 0, True)
    assert (await shop.figures())[0] == 14, "a look changes nothing"
    for _ in range(2):
        told = await shop.perform(command, ODILE, LevelRepaired)
        assert told == shown
    assert await shop.figures() == (10, 3, 1, 0)
    asked = await shop.connection.fetch("SELECT reason FROM stock_count WHERE status = 'asked'")
    assert [row[0] for row in asked] == ["level_repaired"]
    line = await shop.connection.fetchrow("SELECT on_hand, reserved, reason, who FROM stock_movement WHERE fact = 'repair'")  # fmt: skip
    assert tuple(line) == (0, 0, "Sauvegarde relue", "odile")
    audit = await shop.connection.fetchrow("SELECT action, subject, location, reason FROM audit ORDER BY at DESC")
    assert tuple(audit) == ("sku.level_repaired", DERBY, LYON, "Sauvegarde relue")
    assert await shop.breaches() == []


async def test_promises_that_no_work_has_go_and_lines_that_are_lost_are_booked(shop: Shop) -> None:
    await promised(shop)
    # The line of the pick is lost, and somebody wrote two more promises over the level.
    await shop.connection.execute("DELETE FROM stock_movement WHERE fact = 'pick'")
    await shop.connection.execute(OFF.format("reserved = 5"), DERBY, LYON)
    told = await offer(shop, Figures(reserved=-2), Figures(set_aside=1))
    assert (told.before, told.after, told.counted) == (Figures(10, 5, 1), Figures(10, 3, 1), False)
    assert (await shop.figures(), await shop.breaches()) == ((10, 3, 1, 0), [])
    # Lines of a receipt are lost: more is promised than the ledger knows to be there, and that is told.
    await shop.connection.execute("DELETE FROM stock_movement WHERE fact = 'receipt'")
    told = await offer(shop, Figures(on_hand=-10), Figures())
    assert (told.over, await shop.breaches()) == (3, [])
    event = "SELECT body->>'units' FROM event WHERE kind = 'stock.over_promised'"
    assert await shop.connection.fetchval(event) == "3"


async def test_nobody_repairs_what_they_have_not_seen_or_what_is_not_theirs(shop: Shop) -> None:
    await promised(shop)
    with pytest.raises(Conflict, match="level_agrees"):
        await offer(shop, Figures(), Figures())
    await shop.connection.execute(OFF.format("on_hand = 14"), DERBY, LYON)
    with pytest.raises(Conflict, match="difference_changed"):
        await offer(shop, Figures(on_hand=-3), Figures())
    with pytest.raises(Forbidden):
        await offer(shop, Figures(on_hand=-4), Figures(), Actor("helene", "store_manager", (LYON,)))
    with pytest.raises(NotFound):
        await offer(shop, Figures(on_hand=-4), Figures(), at="nowhere")
    # A sale meanwhile moves both alike, and the difference is the one that was shown.
    await shop.till(1)
    assert (await offer(shop, Figures(on_hand=-4), Figures())).after.on_hand == 9
    assert await shop.breaches() == []
