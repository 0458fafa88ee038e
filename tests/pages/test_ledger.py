"""A manager sees which stock of their own stores does not add up; head office sees what a repair does, and repairs it once and for a reason."""

from collections.abc import AsyncIterator

import pytest

from comptoir.alerting.looking import look
from comptoir.kit.db import in_transaction
from comptoir.kit.ids import new_id
from tests.conftest import Database
from tests.doors import MIDDAY
from tests.pages.manager_door import Desk, hidden, opened, words
from tests.people import HELENE, INES, MARC, ODILE, PART_DIEU, VIEUX_LILLE

pytestmark = pytest.mark.anyio
HERE = "/manager/stock/ledger"
ROW = {"sku": "LISON-38", "store": PART_DIEU}


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        await desk.connection.execute("UPDATE stock_level SET on_hand = 13 WHERE sku = 'LISON-38' AND location = $1", PART_DIEU)  # fmt: skip
        await in_transaction(database.pool, "system", MIDDAY, look)
        yield desk


async def test_a_difference_is_listed_shown_with_its_effect_and_put_right_by_head_office(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    told = words(await office.get(HERE))
    assert "Basket Lison" in told and "13" in told
    page = await office.get(f"{HERE}/row", params=ROW)
    assert "Disponible à la vente : 13 → 10" in words(page) and "ne s’annule pas" in words(page)
    form = {"id": str(new_id()), "sku": ROW["sku"], "store": ROW["store"], "off": hidden(page, "off")}
    refused = await office.post(f"{HERE}/row", data=form | {"reason": " "})
    assert refused.status_code == 422 and 'aria-invalid="true"' in refused.text
    behind = await office.post(f"{HERE}/row", data=form | {"reason": "Relu", "off": "-2,0,0,0,0,0,0,0"})
    assert behind.status_code == 409 and "13 → 10" in words(behind)
    assert (await office.post(f"{HERE}/row", data=form | {"reason": "Relu", "off": "x"})).status_code == 400
    huge = ",".join(["9" * 30] * 8)
    assert (await office.post(f"{HERE}/row", data=form | {"reason": "Relu", "off": huge})).status_code == 400
    for _ in range(2):
        done = await office.post(f"{HERE}/row", data=form | {"reason": "Sauvegarde relue"})
        assert done.status_code == 303
    assert "C’est réparé" in words(await office.get(done.headers["location"]))
    assert "Tout tombe juste" in words(await office.get(HERE))
    article = words(await office.get("/manager/stock/article", params=ROW))
    assert "Stock réparé" in article and "Sauvegarde relue" in article
    assert await desk.connection.fetchval("SELECT count(*) FROM stock_movement WHERE fact = 'repair'") == 1


async def test_others_only_see_it_and_another_region_sees_nothing(desk: Desk) -> None:
    for person in (HELENE, INES):
        browser = await desk.browser(person)
        assert "Basket Lison" in words(await browser.get(HERE))
        page = await browser.get(f"{HERE}/row", params=ROW)
        assert "Seul le siège répare" in words(page) and 'method="post"' not in page.text.split("<main")[1]
        assert (await browser.post(f"{HERE}/row", data=ROW)).status_code == 403
    marc = await desk.browser(MARC)
    assert "Basket Lison" not in words(await marc.get(HERE, params={"store": PART_DIEU}))
    assert (await marc.get(f"{HERE}/row", params=ROW)).status_code == 404
    assert (await marc.get(f"{HERE}/row", params=ROW | {"store": VIEUX_LILLE})).status_code == 200
