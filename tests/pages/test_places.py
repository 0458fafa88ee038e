"""Head office opens, moves and closes stores, names regions and companies; nobody else does, and nothing is closed that is under way."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from comptoir.kit.actor import Actor
from comptoir.kit.errors import Conflict
from comptoir.returns.model import Taken, TakeReturn
from tests.conftest import Database
from tests.pages.manager_door import Desk, opened, words
from tests.pages.test_policies import send
from tests.people import HELENE, INES, ODILE, PART_DIEU

pytestmark = pytest.mark.anyio
ANGERS = {
    "location": "angers-ralliement", "name": "Angers Ralliement", "kind": "store", "region": "", "street": "2 place du Ralliement",
    "postcode": "49100", "city": "Angers", "country": "fr", "shelves": "4", "takes_returns": "1",
}  # fmt: skip


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


async def test_a_store_is_opened_in_a_new_region_of_a_new_company_moved_and_closed(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    entity = await desk.connection.fetchval("SELECT id FROM legal_entity LIMIT 1")
    company = {
        "entity": "orme-ouest", "name": "Orme Ouest SAS", "address": "2 place du Ralliement, 49100 Angers", "siren": "732 829 320",
        "vat_number": "FR44732829320", "document_prefix": "OW", "capital": "10 000,00".replace(" ", ""),
    }  # fmt: skip
    wrong = await send(office, "/manager/companies/new", **company | {"siren": "732829321"})
    assert wrong.status_code == 422 and "SIREN" in words(wrong) and 'value="Orme Ouest SAS"' in wrong.text
    taken = await desk.connection.fetchval("SELECT document_prefix FROM legal_entity WHERE id = $1", entity)
    assert (await send(office, "/manager/companies/new", **company | {"document_prefix": taken})).status_code == 409
    assert (await send(office, "/manager/companies/new", **company)).status_code == 303
    region = {"id": str(uuid4()), "region": "ouest", "version": "0", "name": "Ouest"}
    for _ in range(2):
        assert (await office.post("/manager/companies/regions", data=region)).status_code == 303
    renamed = {"id": str(uuid4()), "region": "ouest", "version": "1", "name": "Grand Ouest"}
    assert (await office.post("/manager/companies/regions", data=renamed)).status_code == 303
    assert (await office.post("/manager/companies/regions", data=renamed | {"id": str(uuid4())})).status_code == 409
    assert "Grand Ouest" in words(await office.get("/manager/companies"))
    for change, field in (
        ({"location": "new"}, "new"),
        ({"time_zone": "Mars/Olympus"}, "Mars"),
        ({"name": ""}, "place"),
        ({"latitude": "91"}, "91"),
    ):
        answer = await send(office, "/manager/stores/new", **ANGERS | {"legal_entity": "orme-ouest"} | change)
        assert answer.status_code == 422 and ANGERS["street"] in answer.text, field
    made = await send(office, "/manager/stores/new", **ANGERS | {"legal_entity": "orme-ouest", "region": "ouest"})
    assert made.headers["location"] == "/manager/stores/angers-ralliement/settings"
    row = await desk.connection.fetchrow("SELECT * FROM location WHERE id = 'angers-ralliement'")
    assert row and (row["services"], row["region"], round(row["latitude"])) == ([], "ouest", 47)
    assert (
        await desk.connection.fetchval("SELECT count(*) FROM staging_place WHERE location = 'angers-ralliement'") == 4
    )
    assert "Magasin créé" in words(await office.get("/manager/stores/angers-ralliement/settings"))
    about = "/manager/stores/angers-ralliement/about"
    moved = await send(
        office,
        about,
        name="Angers Maine",
        legal_entity=entity,
        takes_returns="",
        latitude="47,4",
        longitude="-0.55",
        shelves="6",
    )
    assert moved.status_code == 303
    row = await desk.connection.fetchrow("SELECT * FROM location WHERE id = 'angers-ralliement'")
    assert row and (row["name"], row["legal_entity"], row["latitude"], row["takes_returns"], row["version"]) == (
        "Angers Maine",
        entity,
        47.4,
        False,
        2,
    )
    assert (await send(office, about, version="1", name="x")).status_code == 409
    page = words(await office.get("/manager/stores/angers-ralliement/settings"))
    assert "Nom Angers Ralliement → devient Angers Maine" in page.replace(" :", "")
    closing = {"id": str(uuid4()), "version": "2", "what": "close", "reason": "Bail fini"}
    assert (await office.post("/manager/stores/angers-ralliement/closing", data=closing)).status_code == 303
    assert "Fermé" in words(await office.get("/manager/stores"))
    services = {
        "id": str(uuid4()), "version": "3", "capacity_per_hour": "20", "pick_lead_minutes": "60", "hold_days": "7", "services": ["pickup"],
    }  # fmt: skip
    assert (await office.post("/manager/stores/angers-ralliement", data=services)).status_code == 409
    again = {"id": str(uuid4()), "version": "3", "what": "reopen"}
    assert (await office.post("/manager/stores/angers-ralliement/closing", data=again)).status_code == 303
    assert (await office.post("/manager/stores/angers-ralliement", data=services | {"version": "4"})).status_code == 303


async def test_a_store_with_something_under_way_stays_open_and_takes_returns_only_where_it_does(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    order, work = await desk.order("staged")
    version = await desk.connection.fetchval("SELECT version FROM location WHERE id = $1", PART_DIEU)
    closing = {"id": str(uuid4()), "version": str(version), "what": "close", "reason": "Travaux"}
    answer = await office.post(f"/manager/stores/{PART_DIEU}/closing", data=closing)
    assert answer.status_code == 409 and "Il reste à faire" in words(answer)
    assert await desk.connection.fetchval("SELECT closed_at FROM location WHERE id = $1", PART_DIEU) is None
    assert order != work
    for person in (HELENE, INES):
        browser = await desk.browser(person)
        for path in ("/manager/companies", "/manager/stores/new", f"/manager/stores/{PART_DIEU}/about"):
            assert (await browser.get(path)).status_code == 403
        assert (await browser.post(f"/manager/stores/{PART_DIEU}/closing", data=closing)).status_code == 403
    await desk.connection.execute("UPDATE location SET takes_returns = false WHERE id = $1", PART_DIEU)
    brought = Taken(reason="too_small", quantity=1, sku="LISON-38", condition="as_new")
    command = TakeReturn(id=uuid4(), location=PART_DIEU, units=(brought,))
    with pytest.raises(Conflict, match="no_returns_here"):
        await desk.app.house.runner.perform(command, Actor(str(HELENE.id), "store_manager", (PART_DIEU,)))
