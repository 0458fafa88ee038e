"""Rules of safety stock on a real database: what they keep back, from when on, what they never touch, and that two who are quick do not oversell."""

import asyncio
from typing import Any

import pytest

from comptoir.catalog.model import ArticleBody, PutArticle
from comptoir.flows.file_kinds import FileKind
from comptoir.flows.import_file import FileTaken, ImportFile, lines_of
from comptoir.flows.keep_safety import walk
from comptoir.kit import sheets
from comptoir.kit.actor import Actor
from comptoir.kit.check import find_breaches
from comptoir.kit.db import Tx, in_transaction
from comptoir.kit.errors import Conflict, Forbidden, Refusal
from comptoir.kit.ids import new_id
from comptoir.network.places import Described, DescribeStore
from comptoir.stock import sql
from comptoir.stock.promise import Shortage, reserve
from comptoir.stock.ruling import (
    ActivateSafety,
    BeginSafetyDraft,
    ForeseeSafety,
    KeepSafetyDraft,
    SafetyEffect,
    SaveSafetyDraft,
    UnplanSafety,
)
from comptoir.stock.safety import Line, Rules
from tests.conftest import Database
from tests.stock_room import CREAM, DERBY, LILLE, LYON, NOON, VASE, Room, line, minutes, opened

pytestmark = pytest.mark.anyio
OFFICE = Actor("odile", "head_office", None)


async def write(room: Room, *lines: Line, since: Any = None) -> int:
    """Save these lines as the next version, in force from now or later; its number."""
    await room.perform(BeginSafetyDraft(new_id(), 0), OFFICE)
    version = (
        await room.perform(
            KeepSafetyDraft(
                new_id(),
                await room.connection.fetchval("SELECT version FROM policy_draft WHERE kind = 'safety'"),
                Rules(lines),
            ),
            OFFICE,
        )
    )["version"]
    number: int = (await room.perform(SaveSafetyDraft(new_id(), version, "", since), OFFICE))["number"]
    return number


async def kept(room: Room, sku: str = DERBY, location: str = LYON) -> int | None:
    found: int | None = await room.connection.fetchval(
        "SELECT safety_stock FROM stock_level WHERE sku = $1 AND location = $2", sku, location
    )
    return found


async def follow(room: Room) -> None:
    """The worker's job, until it has nothing more to do."""
    await walk(room.runner.pool, room.clock)
    assert await find_breaches(room.connection) == []


async def test_levels_follow_the_version_in_force_and_new_ones_are_born_under_it(database: Database) -> None:
    async with opened(database) as room:
        await room.connection.execute("UPDATE sku SET category = 'shoes' WHERE sku = $1", DERBY)
        await room.post(line(9, "receipt"), line(9, "receipt", location=LILLE), line(9, "receipt", sku=CREAM))
        assert await walk(room.runner.pool, room.clock) == 1
        await write(room, Line(2, category="shoes"), Line(4, category="shoes", location=LILLE), Line(1, kind="store"))
        await follow(room)
        assert [await kept(room), await kept(room, DERBY, LILLE), await kept(room, CREAM)] == [2, 4, 1]
        # The first unit of an article that was never there: kept back from its first moment on.
        await room.post(line(3, "receipt", sku=VASE))
        assert await kept(room, VASE) == 1
        # A later version begins at its hour, for new levels at once and for all others with the next look.
        await write(room, Line(7), since=NOON + minutes(30))
        await follow(room)
        assert await kept(room) == 2
        room.clock.at = NOON + minutes(30)
        await room.post(line(3, "receipt", sku=VASE, location=LILLE))
        assert (await kept(room, VASE, LILLE), await kept(room)) == (7, 2)
        await follow(room)
        assert (await kept(room), await kept(room, CREAM)) == (7, 7)
        # Whatever a transaction wrote that had begun before: the second walk, a minute later, finds it.
        await room.connection.execute("UPDATE stock_level SET safety_stock = 2 WHERE sku = $1", DERBY)
        room.clock.at = NOON + minutes(32)
        await follow(room)
        assert await kept(room) == 7


async def test_a_figure_of_its_own_goes_before_the_rules_and_an_empty_cell_takes_it_away(database: Database) -> None:
    async def take(kind: FileKind, text: str) -> None:
        rows = lines_of(kind, sheets.read(text.encode(), 100))
        shown = (await room.runner.rehearse(ImportFile(new_id(), kind, rows, ""), OFFICE)).read(FileTaken)
        await room.perform(ImportFile(new_id(), kind, rows, shown.mark), OFFICE)

    async with opened(database) as room:
        await room.post(line(9, "receipt"))
        await write(room, Line(2))
        await follow(room)
        await take("safety", f"location;sku;safety_stock\n{LYON};{DERBY};5\n")
        await follow(room)
        assert await kept(room) == 5
        await write(room, Line(3))
        await follow(room)
        assert await kept(room) == 5
        await take("safety", f"location;sku;safety_stock\n{LYON};{DERBY};\n")
        assert await kept(room) == 3
        assert await find_breaches(room.connection) == []


async def test_another_category_or_region_is_another_rule_at_once_or_with_the_next_look(database: Database) -> None:
    async with opened(database) as room:
        await room.connection.execute("INSERT INTO region VALUES ('sud', 'Sud')")
        await room.connection.execute("INSERT INTO sku (sku, name, style, price_minor, vat_rate_bp, weight_grams, category)"
                                      " VALUES ('OLD', 'Old', 's', 1, 0, 1, 'shoes')")  # fmt: skip
        await room.post(line(9, "receipt"), line(9, "receipt", sku="OLD"))
        await write(room, Line(2, category="shoes"), Line(1, region="sud"))
        await follow(room)
        assert (await kept(room), await kept(room, "OLD")) == (0, 2)
        body = ArticleBody("Derby Hélène", "s", 9900, 2000, category="shoes", weight_grams=500)
        await room.perform(PutArticle(new_id(), DERBY, 1, body), OFFICE)
        assert await kept(room) == 2
        body = ArticleBody("Derby Hélène", "s", 9900, 2000, category="", weight_grams=500)
        await room.perform(PutArticle(new_id(), DERBY, 2, body), OFFICE)
        assert await kept(room) == 0
        about = Described("Lyon", "store", "sud", "orme", "1 rue", "69003", "Lyon", latitude=45.7, longitude=4.8)
        await room.perform(DescribeStore(new_id(), LYON, 1, about), OFFICE)
        await follow(room)
        assert await kept(room) == 1


async def test_before_it_is_saved_its_effect_is_told_and_nothing_is_kept_of_the_look(database: Database) -> None:
    async with opened(database) as room:
        await room.post(line(9, "receipt"), line(2, "receipt", location=LILLE), line(5, "receipt", sku=CREAM))
        await write(room, Line(3, sku=CREAM))
        await follow(room)
        wanted = ForeseeSafety(new_id(), Rules((Line(4), Line(1, sku=CREAM))))
        told = (await room.runner.rehearse(wanted, OFFICE)).read(SafetyEffect)
        assert (told.stops, told.starts, told.levels, told.places, told.orders) == (4 + 2, 2, 3, 2, 0)
        assert [(one.sku, one.stops, one.starts, one.places) for one in told.articles] == [(DERBY, 6, 0, 2), (CREAM, 0, 2, 1)]  # fmt: skip
        assert await room.connection.fetchval("SELECT count(*) FROM safety_rule WHERE number = 0") == 0
        assert await kept(room) == 0


async def test_only_head_office_writes_rules_and_nobody_over_a_colleague_or_the_past(database: Database) -> None:
    async with opened(database) as room:
        with pytest.raises(Forbidden):
            await room.perform(BeginSafetyDraft(new_id(), 0), Actor("marc", "store_manager", (LYON,)))
        await room.perform(BeginSafetyDraft(new_id(), 0), OFFICE)
        first = await write(room, Line(2), since=NOON + minutes(30))
        again = await write(room, Line(1))
        with pytest.raises(Conflict, match="policy_was_active"):
            await room.perform(UnplanSafety(new_id(), again), OFFICE)
        await room.perform(UnplanSafety(new_id(), first), OFFICE)
        told = await room.perform(ActivateSafety(new_id(), first), OFFICE)
        assert told["number"] == first
        other = Actor("karim", "head_office", None)
        for who in (OFFICE, other):
            await room.perform(BeginSafetyDraft(new_id(), first), who)
        await room.perform(SaveSafetyDraft(new_id(), 1), OFFICE)
        with pytest.raises(Conflict, match="policy_changed"):
            await room.perform(SaveSafetyDraft(new_id(), 1), other)
        audited = await room.connection.fetchval("SELECT count(*) FROM audit WHERE action LIKE 'stock.safety%'")
        assert audited == 8


async def test_a_larger_figure_breaks_no_promise_and_beside_an_order_nothing_is_sold_twice(database: Database) -> None:
    async def promise(quantity: int) -> bool:
        """What an order does to its row: lock it, look, promise or not."""

        async def work(tx: Tx) -> bool:
            (level,) = (await sql.lock(tx, [(DERBY, LYON)])).values()
            free = level.available(NOON)
            try:
                reserve(level, quantity, NOON)
            except Shortage:
                return False
            await sql.add_to_levels(tx, [(DERBY, LYON)], [(0, quantity, 0, 0)])
            # At this moment the figure that was locked is the figure that holds.
            row = await tx.row("SELECT on_hand, reserved, safety_stock FROM stock_level WHERE sku = $1 AND location = $2", DERBY, LYON)  # fmt: skip
            assert row is not None and row["reserved"] <= row["on_hand"] - row["safety_stock"] and quantity <= free
            return True

        done: bool = await in_transaction(room.runner.pool, "x", NOON, work)
        return done

    async with opened(database) as room:
        await room.post(line(10, "receipt"))
        for units in (4, 0, 8):
            number = await write(room, Line(units))
            assert number
            made = await asyncio.gather(
                *(promise(1) for _ in range(4)), walk(room.runner.pool, room.clock), return_exceptions=True
            )
            assert not [one for one in made if isinstance(one, BaseException) and not isinstance(one, Refusal)]
            await walk(room.runner.pool, room.clock)
            assert await kept(room) == units
        level = await room.connection.fetchrow("SELECT on_hand, reserved FROM stock_level WHERE sku = $1", DERBY)
        assert level["reserved"] <= level["on_hand"] and level["reserved"] >= 6
