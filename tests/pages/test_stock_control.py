"""Stock control shows the worst rows of one's own stores, says by how much, and has each one's next step."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from comptoir.kit.ids import new_id
from tests.conftest import Database
from tests.doors import MIDDAY
from tests.pages.manager_door import Desk, opened, words
from tests.people import HELENE, INES, ODILE, PART_DIEU, VIEUX_LILLE

pytestmark = pytest.mark.anyio
PAGE = "/manager/stock/control"


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


async def sold(desk: Desk, sku: str, place: str, units: int, days: int) -> None:
    await desk.move(sku, place, "till_sale", -units)
    at = MIDDAY - timedelta(days=days)
    await desk.connection.execute(
        "UPDATE stock_movement SET happened_at = $1 WHERE fact = 'till_sale' AND sku = $2 AND location = $3",
        at,
        sku,
        place,
    )
    await desk.connection.execute(
        "UPDATE stock_level SET sold_at = $1 WHERE sku = $2 AND location = $3", at, sku, place
    )


async def test_each_list_has_what_belongs_to_it_with_its_figure(desk: Desk) -> None:
    for sku in ("LISON-38", "AMPHORE-24"):
        await desk.connection.execute("UPDATE stock_level SET sold_at = NULL WHERE sku = $1", sku)
    await sold(desk, "LISON-38", PART_DIEU, 9, 3)
    await desk.move("AMPHORE-24", VIEUX_LILLE, "till_sale", -20)
    await desk.move("AMPHORE-24", VIEUX_LILLE, "reserve", 0, 4)
    async with await desk.browser(ODILE) as browser:
        short = words(await browser.get(PAGE, params={"what": "short"}))
        assert "Basket Lison" in short
        assert "Dure 3 jours" in short
        over = words(await browser.get(PAGE, params={"what": "over"}))
        assert "promis en trop Faire compter" in over
        # What was never sold lies there once it has been there for so long.
        assert "Aucune vente connue" not in words(await browser.get(PAGE, params={"what": "lying"}))
        await desk.connection.execute(
            "UPDATE stock_movement SET happened_at = $1 WHERE fact = 'receipt'", MIDDAY - timedelta(days=61)
        )
        assert "Aucune vente connue" in words(await browser.get(PAGE, params={"what": "lying"}))
        await desk.connection.execute("UPDATE sku SET blocked_reason = 'Semelle' WHERE sku = 'LISON-38'")
        assert "Semelle Débloquer" in words(await browser.get(PAGE, params={"what": "blocked"}))
        assert "Basket Lison" not in words(await browser.get(PAGE, params={"what": "short"}))
        await desk.connection.execute("UPDATE sku SET name = '=HYPERLINK(1)' WHERE sku = 'AMPHORE-24'")
        file = await browser.get(f"{PAGE}/csv", params={"what": "over"})
    lines = file.text.lstrip("\ufeff").splitlines()
    assert lines[0].startswith("list;sku;name;store;on_hand")
    assert lines[1].startswith(f"over;AMPHORE-24;'=HYPERLINK(1);{VIEUX_LILLE};"), "nothing in a cell is a formula"


async def test_one_tap_asks_the_store_to_count_and_the_list_of_counts_has_it(desk: Desk) -> None:
    await desk.move("LISON-38", PART_DIEU, "reserve", 0, 14)
    form = {"id": str(new_id()), "store": PART_DIEU, "sku": "LISON-38", "what": "over"}
    async with await desk.browser(HELENE) as browser:
        assert "promis en trop Faire compter" in words(await browser.get(PAGE, params={"what": "over"}))
        for _ in range(2):
            assert (await browser.post(f"{PAGE}/count", data=form)).status_code == 303
        assert "Comptage demandé" in words(await browser.get(PAGE, params={"what": "over"}))
        assert "À compter" in words(await browser.get(PAGE, params={"what": "counts"}))
        assert await desk.connection.fetchval("SELECT count(*) FROM stock_count") == 1
        # Or all that matters most there, at once.
        assert "Faire la liste du jour" in words(await browser.get(PAGE, params={"what": "counts"}))
        for place, status in ((PART_DIEU, 303), (VIEUX_LILLE, 404)):
            asked = await browser.post(f"{PAGE}/direct", data={"id": str(new_id()), "store": place})
            assert asked.status_code == status
    assert await desk.connection.fetchval("SELECT array_agg(DISTINCT location) FROM stock_count") == [PART_DIEU]
    assert await desk.connection.fetchval("SELECT count(*) FROM stock_count") == 2


async def test_a_manager_of_another_region_gets_nothing_of_it(desk: Desk) -> None:
    await desk.move("AMPHORE-24", VIEUX_LILLE, "till_sale", -20)
    await desk.move("AMPHORE-24", VIEUX_LILLE, "reserve", 0, 4)
    async with await desk.browser(INES) as browser:
        for query in ({}, {"store": VIEUX_LILLE}):
            page = await browser.get(PAGE, params={"what": "over"} | query)
            assert "Amphore" not in words(page)
            assert VIEUX_LILLE not in page.text.replace(f"store={VIEUX_LILLE}", "")
            file = await browser.get(f"{PAGE}/csv", params={"what": "over"} | query)
            assert len(file.text.splitlines()) == 1
        form = {"id": str(new_id()), "store": VIEUX_LILLE, "sku": "AMPHORE-24", "what": "over"}
        assert (await browser.post(f"{PAGE}/count", data=form)).status_code == 404
