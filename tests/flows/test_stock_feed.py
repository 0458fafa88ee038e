"""What tills report ends in levels and ledger alike, however often and in whatever order it comes."""

import asyncio
from itertools import permutations
from uuid import UUID

import pytest

from comptoir.kit.actor import Actor
from comptoir.kit.errors import Conflict, Invalid, NotFound
from comptoir.kit.ids import new_id
from comptoir.stock.adjusting import AdjustStock
from comptoir.stock.feed import PostSnapshot, ReportedLevel, ReportedMovement
from comptoir.stock.imports import ImportStock, Row
from tests.conftest import Database
from tests.stock_room import CREAM, DERBY, KIT, LILLE, LYON, NOON, line, minutes, opened

pytestmark = pytest.mark.anyio


async def test_receipts_sales_and_returns_add_up(database: Database) -> None:
    async with opened(database) as room:
        told = await room.post(
            line(12, "receipt"), line(2), line(1, "till_return"), line(-1, "adjustment", reason="lost")
        )
        assert (told, await room.on_hand()) == (["applied"] * 4, 10)


async def test_a_report_that_is_repeated_has_one_effect(database: Database) -> None:
    async with opened(database) as room:
        received, sold = line(12, "receipt"), line(2)
        await room.post(received, sold)
        assert (await room.post(received, sold), await room.on_hand()) == (["again", "again"], 10)


async def test_two_tills_that_send_the_same_lines_at_once_have_one_effect(database: Database) -> None:
    async with opened(database) as room:
        lines = [line(1, "receipt", sku=sku) for sku in (DERBY, CREAM) for _ in range(20)]
        told = await asyncio.gather(*(room.post(*lines) for _ in range(4)))
        assert sorted(status for one in told for status in one).count("applied") == 40
        assert await room.on_hand() == 20


async def test_an_id_with_other_content_is_told_and_changes_nothing(database: Database) -> None:
    async with opened(database) as room:
        await room.post(line(12, "receipt", id=UUID(int=7)))
        other = [line(13, "receipt", id=UUID(int=7)), line(12, "receipt", id=UUID(int=7), location=LILLE)]
        assert await room.post(*other) == ["id_reused", "id_reused"]
        assert (await room.on_hand(), await room.on_hand(DERBY, LILLE)) == (12, 0)


async def test_a_key_of_one_store_cannot_speak_of_another(database: Database) -> None:
    async with opened(database) as room:
        till = Actor("key:1", "integrator", (LYON,))
        told = await room.post(line(1, "receipt"), line(1, "receipt", location=LILLE), actor=till)
        assert (told, await room.on_hand(DERBY, LILLE)) == (["applied", "unknown_location"], 0)


async def test_a_kit_that_a_till_reports_moves_its_parts_once_and_never_a_level_of_its_own(database: Database) -> None:
    async with opened(database) as room:
        await room.connection.execute("INSERT INTO barcode VALUES ('03700000000990', $1, 'gtin')", KIT)
        await room.post(line(10, "receipt"), line(20, "receipt", sku=CREAM))
        sold, back = line(2, sku=KIT), line(1, "till_return", sku=KIT)
        scanned = ReportedMovement(new_id(), LYON, "till_sale", 1, NOON, barcode="3700000000990")
        # A kit is one pair and two creams.
        for expected in ("applied", "again"):
            assert await room.post(sold, back, scanned, sold) == [expected, expected, expected, "again"]
            assert (await room.on_hand(), await room.on_hand(CREAM)) == (8, 16)
        assert await room.post(line(5, "receipt", sku=KIT)) == ["applied"]
        assert (await room.on_hand(), await room.on_hand(CREAM)) == (13, 26)
        named = await room.connection.fetchval("SELECT count(*) FROM stock_movement WHERE reason = 'kit:' || $1", KIT)
        moment = await room.connection.fetchval(
            "SELECT count(*) FROM stock_level WHERE sku = $1 AND sold_at = $2", CREAM, NOON
        )
        assert (named, moment) == (8, 1)
        # The same id with another number is told; a correction says of which part; a kit without parts has nothing to move.
        other = ReportedMovement(sold.id, LYON, "till_sale", 3, NOON, sku=KIT)
        assert await room.post(other, line(-1, "adjustment", sku=KIT, reason="lost")) == [
            "id_reused",
            "kit_has_no_stock",
        ]
        await room.snapshot(9, NOON + minutes(2))
        assert await room.post(line(1, sku=KIT, at=NOON + minutes(1))) == ["applied"]
        assert (await room.on_hand(), await room.on_hand(CREAM)) == (9, 24), "each part by its own last figure"
        await room.connection.execute("DELETE FROM kit_component WHERE kit = $1", KIT)
        assert await room.post(line(1, sku=KIT), line(1)) == ["kit_has_no_stock", "applied"]
        assert await room.connection.fetchval("SELECT count(*) FROM stock_level WHERE sku = $1", KIT) == 0


async def test_units_that_the_world_takes_away_are_told_as_over_promised(database: Database) -> None:
    async with opened(database) as room:
        await room.post(line(5, "receipt"))
        await room.connection.execute("UPDATE stock_level SET reserved = 4")
        await room.connection.execute(
            "INSERT INTO stock_movement (id, location, sku, fact, reserved, who, happened_at, recorded_at)"
            " VALUES (gen_random_uuid(), $1, $2, 'reserve', 4, 'test', $3, $3)",
            LYON, DERBY, NOON,
        )  # fmt: skip
        await room.post(line(3))
        told = await room.connection.fetchval("SELECT body->>'units' FROM event WHERE kind = 'stock.over_promised'")
        assert (told, await room.figures()) == ("2", (2, 4, 0, 0))


async def test_a_snapshot_never_erases_what_happened_later(database: Database) -> None:
    async with opened(database) as room:
        await room.post(line(12, "receipt", at=NOON - minutes(90)), line(2, at=NOON - minutes(10)))
        assert await room.snapshot(11, NOON - minutes(60)) == "applied"
        assert await room.on_hand() == 9


async def test_a_snapshot_that_is_repeated_changes_nothing(database: Database) -> None:
    async with opened(database) as room:
        await room.snapshot(11, NOON - minutes(60))
        await room.post(line(2, at=NOON - minutes(10)))
        assert (await room.snapshot(11, NOON - minutes(60)), await room.on_hand()) == ("again", 9)


async def test_an_older_snapshot_is_ignored(database: Database) -> None:
    async with opened(database) as room:
        await room.snapshot(11, NOON - minutes(60))
        assert (await room.snapshot(50, NOON - minutes(120)), await room.on_hand()) == ("older", 11)


async def test_a_sale_that_arrives_after_the_snapshot_that_had_seen_it_is_not_counted_twice(database: Database) -> None:
    async with opened(database) as room:
        await room.snapshot(11, NOON - minutes(60))
        assert (await room.post(line(1, at=NOON - minutes(90))), await room.on_hand()) == (["applied"], 11)


async def test_every_order_of_arrival_ends_in_the_same_figure(database: Database) -> None:
    async with opened(database) as room:
        ends = set()
        await room.connection.execute(
            "INSERT INTO sku (sku, name, style, price_minor, vat_rate_bp, weight_grams)"
            " SELECT 'N-' || n, 'n', 's', 1, 0, 1 FROM generate_series(1, 24) n"
        )
        for number, sort in enumerate(permutations(range(4)), 1):
            sku = f"N-{number}"
            for step in (*sort, *sort):
                if step == 0:
                    await room.post(line(20, "receipt", sku=sku, at=NOON - minutes(90), id=UUID(int=number)))
                elif step == 1:
                    await room.post(line(3, sku=sku, at=NOON - minutes(45), id=UUID(int=1000 + number)))
                elif step == 2:
                    await room.snapshot(17, NOON - minutes(60), sku=sku)
                else:
                    await room.snapshot(13, NOON - minutes(30), sku=sku)
            ends.add(await room.on_hand(sku))
        assert ends == {13}


async def test_a_snapshot_of_the_future_or_of_a_foreign_store_is_refused(database: Database) -> None:
    async with opened(database) as room:
        with pytest.raises(Invalid, match="in_the_future"):
            await room.snapshot(1, NOON + minutes(60))
        command = PostSnapshot(new_id(), LILLE, NOON, (ReportedLevel(DERBY, 1),))
        with pytest.raises(NotFound, match="unknown_location"):
            await room.perform(command, Actor("key:1", "integrator", (LYON,)))


async def test_a_file_is_applied_whole(database: Database) -> None:
    async with opened(database) as room:
        rows = (Row(2, LYON, DERBY, "", 12, 1), Row(3, LILLE, "", "3700000000013", 4, None))
        told = await room.perform(ImportStock(new_id(), NOON, rows))
        safety = await room.connection.fetchval("SELECT safety_stock FROM stock_level WHERE location = $1", LYON)
        assert (told["applied"], await room.on_hand(), await room.on_hand(DERBY, LILLE), safety) == (2, 12, 4, 1)


async def test_of_a_file_with_one_bad_row_nothing_is_applied(database: Database) -> None:
    async with opened(database) as room:
        rows = (Row(2, LYON, DERBY, "", 12, 1), Row(3, LYON, "NOBODY-KNOWS", "", 4, None))
        with pytest.raises(Invalid) as refused:
            await room.perform(ImportStock(new_id(), NOON, rows))
        assert refused.value.facts["rows"] == [{"line": 3, "reason": "unknown_sku", "value": "NOBODY-KNOWS"}]
        assert await room.connection.fetchval("SELECT count(*) FROM stock_movement") == 0


async def test_an_adjustment_keeps_its_reason_in_the_ledger(database: Database) -> None:
    async with opened(database) as room:
        await room.post(line(5, "receipt"))
        await room.perform(AdjustStock(new_id(), LYON, DERBY, 2, "damaged"))
        reason = await room.connection.fetchval("SELECT reason FROM stock_movement WHERE fact = 'adjustment'")
        assert (reason, await room.figures()) == ("damaged", (3, 0, 0, 2))


async def test_an_adjustment_beyond_what_is_there_changes_nothing(database: Database) -> None:
    async with opened(database) as room:
        await room.post(line(5, "receipt"))
        with pytest.raises(Conflict, match="not_that_many"):
            await room.perform(AdjustStock(new_id(), LYON, DERBY, 6, "lost"))
        assert await room.on_hand() == 5
