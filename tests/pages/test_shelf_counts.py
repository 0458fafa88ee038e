"""A manager has shelves of their own stores counted on pages without a script, takes one away from a device, and sees nothing of other regions."""

from collections.abc import AsyncIterator

import pytest

from comptoir.kit.ids import new_id
from tests.conftest import Database
from tests.pages.manager_door import Desk, opened, words
from tests.pages.test_policies import press
from tests.people import HELENE, INES, PART_DIEU, VIEUX_LILLE

pytestmark = pytest.mark.anyio
HERE = "/manager/stock/shelves"


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        for place in (PART_DIEU, VIEUX_LILLE):
            for sku, bay in (("LISON-38", "1"), ("AMPHORE-24", "2")):
                await desk.connection.execute("INSERT INTO shelf_place VALUES ($1, $2, 'K', $3, '1')", place, sku, bay)
        yield desk


async def test_a_shelf_is_opened_released_with_a_reason_and_canceled_and_others_do_not_exist(desk: Desk) -> None:
    lead = await desk.browser(HELENE)
    assert "Allée K, travée 2" in words(await lead.get(HERE))
    told = await press(lead, HERE, store=PART_DIEU, aisle="K", bay="2")
    one = told.headers["location"]
    assert told.status_code == 303 and "Personne ne la compte encore" in words(await lead.get(one))
    # What is being counted is not offered again: neither that bay nor the whole aisle.
    listed = words(await lead.get(HERE))
    assert "Allée K, travée 2 1 article, jamais compté En cours" in listed
    assert "Toute l’allée" not in listed and "Faire compter : Allée K, travée 1" in listed
    for wrong in ({"bay": "2"}, {"bay": ""}, {"aisle": "Y"}):
        refused = await press(lead, HERE, **({"store": PART_DIEU, "aisle": "K", "bay": ""} | wrong))
        assert refused.status_code in (409, 422) and 'role="alert"' in refused.text, wrong
    assert (await press(lead, f"{one}/release", reason="x")).status_code == 409
    device = new_id()
    await desk.connection.execute(
        "INSERT INTO device (id, location, name, credential_hash, enrolled_at) VALUES ($1, $2, 'TC-7', $3, $4)",
        device, PART_DIEU, device.bytes, desk.app.clock(),
    )  # fmt: skip
    await desk.connection.execute(
        "UPDATE shelf_count SET device = $1, holder = 'x', until = $2::timestamptz + interval '1 hour'", device, desk.app.clock()
    )  # fmt: skip
    assert "TC-7, jusqu’à" in words(await lead.get(one))
    await desk.connection.execute("UPDATE shelf_count SET until = until - interval '2 hours'")
    assert "un autre appareil peut la prendre" in words(await lead.get(one)).split("À compter")[0]
    assert (await press(lead, f"{one}/release", reason="Batterie vide")).status_code == 303
    # Another region: not in a list, not by its address, and nothing can be opened there.
    await desk.connection.execute(
        "INSERT INTO shelf_count (id, location, aisle, status, opened_at, opened_by) VALUES ($1, $2, 'K', 'open', $3, 'x')",
        device, VIEUX_LILLE, desk.app.clock(),
    )  # fmt: skip
    ines = await desk.browser(INES)
    for browser in (lead, ines):
        assert (await browser.get(f"{HERE}/{device}")).status_code == 404
        assert (await browser.get(HERE, params={"store": VIEUX_LILLE})).status_code == 404
        assert "Lille" not in words(await browser.get(HERE))
    assert (await press(lead, HERE, store=VIEUX_LILLE, aisle="K")).status_code == 404
    assert (await press(ines, f"{one}/cancel")).status_code == 403
    assert (await press(lead, f"{one}/cancel")).status_code == 303
    assert "Annulée" in words(await lead.get(one))
