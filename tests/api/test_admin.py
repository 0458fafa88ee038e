"""Managers look after people, devices, keys and stores: within their places, below their rank, never unseen."""

import re
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import pytest

from comptoir.kit.ids import digest
from tests import people
from tests.conftest import Database
from tests.doors import MIDDAY, Served, new_browser, served

pytestmark = pytest.mark.anyio


@pytest.fixture
async def door(database: Database) -> AsyncIterator[Served]:
    await people.settle(database.connection, MIDDAY)
    async with served(database.dsn) as running:
        yield running


async def browser_of(door: Served, database: Database, person: people.Person) -> httpx.AsyncClient:
    browser = new_browser(door)
    await people.sign_in(browser, database.connection, person, MIDDAY)
    return browser


def person_form(**other: object) -> dict[str, object]:
    form: dict[str, object] = {
        "id": str(uuid4()), "version": 0, "first_name": "Nour", "last_name": "Benali", "role": "associate",
        "locations": people.PART_DIEU,
    }  # fmt: skip
    return form | other


async def test_every_manager_page_opens_in_both_languages(door: Served, database: Database) -> None:
    browser = await browser_of(door, database, people.ODILE)
    for language in ("fr", "en"):
        await database.connection.execute("UPDATE staff SET language = $1", language)
        for page in (
            "/manager/people", "/manager/people/new", f"/manager/people/{people.LEA.id}", "/manager/devices",
            "/manager/keys", "/manager/stores", f"/manager/stores/{people.PART_DIEU}", f"/manager/stores/{people.PART_DIEU}/settings", "/manager/more", "/problems", "/problems/gap",
        ):  # fmt: skip
            answer = await browser.get(page)
            assert answer.status_code == 200, page
            assert f'lang="{language}"' in answer.text or page.startswith("/problems"), page


async def test_a_new_person_is_made_once_however_often_the_form_is_sent(door: Served, database: Database) -> None:
    browser = await browser_of(door, database, people.HELENE)
    form = person_form()
    for _ in range(2):
        assert (await browser.post("/manager/people/new", data=form)).status_code == 303
    assert await database.connection.fetchval("SELECT count(*) FROM staff WHERE first_name = 'Nour'") == 1


async def test_a_store_manager_makes_nobody_of_her_own_rank_or_elsewhere(door: Served, database: Database) -> None:
    browser = await browser_of(door, database, people.HELENE)
    for other in ({"role": "store_manager"}, {"locations": people.VIEUX_LILLE}, {"role": "head_office"}):
        answer = await browser.post("/manager/people/new", data=person_form(**other))
        assert answer.status_code in (403, 422)
    assert await database.connection.fetchval("SELECT count(*) FROM staff") == len(people.EVERYONE)


async def test_a_change_made_on_an_old_page_is_refused(door: Served, database: Database) -> None:
    browser = await browser_of(door, database, people.HELENE)
    address = f"/manager/people/{people.LEA.id}"
    first = person_form(first_name="Léa", last_name="Martin", version=1)
    assert (await browser.post(address, data=first)).status_code == 303
    late = person_form(first_name="Lea", last_name="Martin", version=1)
    assert (await browser.post(address, data=late)).status_code == 409


async def test_a_new_pin_opens_and_the_old_one_does_not(door: Served, database: Database) -> None:
    browser = await browser_of(door, database, people.HELENE)
    shown = await browser.post(f"/manager/people/{people.LEA.id}/pin", data={"id": str(uuid4())})
    first, second = re.findall(r"<span>(\d{3})</span>", shown.text)
    people.hold_device(door.client, people.PART_DIEU)
    old = await door.client.post("/sign-in", data={"who": str(people.LEA.id), "pin": people.PIN})
    new = await door.client.post("/sign-in", data={"who": str(people.LEA.id), "pin": first + second})
    assert (old.status_code, new.status_code) == (422, 303)


async def test_a_manager_lifts_the_wait_after_wrong_pins(door: Served, database: Database) -> None:
    people.hold_device(door.client, people.PART_DIEU)
    form = {"who": str(people.LEA.id), "pin": "000000"}
    for _ in range(5):
        await door.client.post("/sign-in", data=form)
    browser = await browser_of(door, database, people.HELENE)
    await browser.post(f"/manager/people/{people.LEA.id}/unlock", data={"id": str(uuid4())})
    assert (await door.client.post("/sign-in", data=form | {"pin": people.PIN})).status_code == 303


async def test_a_person_whose_access_is_closed_is_out(door: Served, database: Database) -> None:
    people.hold_device(door.client, people.PART_DIEU)
    await people.sign_in(door.client, database.connection, people.LEA, MIDDAY, people.PART_DIEU)
    browser = await browser_of(door, database, people.HELENE)
    form = {"id": str(uuid4()), "reason": "Partie"}
    assert (await browser.post(f"/manager/people/{people.LEA.id}/disable", data=form)).status_code == 303
    assert (await door.client.get("/")).headers["location"] == "/sign-in"


async def test_the_code_that_a_manager_shows_makes_a_device(door: Served, database: Database) -> None:
    browser = await browser_of(door, database, people.HELENE)
    shown = await browser.post("/manager/devices", data={"id": str(uuid4()), "location": people.PART_DIEU})
    code = "".join(re.findall(r"<span>([A-Z2-9]{4})</span>", shown.text))
    async with new_browser(door) as device:
        assert (await device.post("/enroll", data={"code": code})).headers["location"] == "/sign-in"


async def test_a_key_is_shown_once_and_opens_until_it_is_withdrawn(door: Served, database: Database) -> None:
    browser = await browser_of(door, database, people.ODILE)
    form = {"id": str(uuid4()), "name": "Caisse", "scopes": ["stock:read", "stock:write"]}
    shown = await browser.post("/manager/keys", data=form)
    found = re.search(r"ck_[0-9A-Z]{26}", shown.text)
    assert found is not None
    assert found[0] not in (await browser.get("/manager/keys")).text
    key = await database.connection.fetchrow("SELECT id, key_hash, scopes FROM api_key")
    assert key is not None
    assert key["key_hash"] == digest(found[0])
    assert key["scopes"] == ["stock:read", "stock:write"]
    bearer = {"authorization": f"Bearer {found[0]}"}
    assert (await door.client.get("/api/v1/orders", headers=bearer)).json()["type"] == "/problems/scope_missing"
    await browser.post(f"/manager/keys/{key['id']}/revoke", data={"id": str(uuid4())})
    assert (await door.client.get("/api/v1/orders", headers=bearer)).json()["type"] == "/problems/key_unknown"


async def test_a_store_is_paused_and_goes_on(door: Served, database: Database) -> None:
    browser = await browser_of(door, database, people.INES)
    address = f"/manager/stores/{people.PART_DIEU}"
    form = {"id": str(uuid4()), "minutes": 30, "reason": "Inventaire", "from": MIDDAY.isoformat()}
    assert (await browser.post(f"{address}/pause", data=form)).status_code == 303
    assert "Inventaire" in (await browser.get(f"{address}/settings")).text
    assert (await browser.post(f"{address}/resume", data={"id": str(uuid4())})).status_code == 303
    assert (
        await database.connection.fetchval("SELECT paused_until FROM location WHERE id = $1", people.PART_DIEU) is None
    )


async def test_a_store_says_how_many_orders_its_cart_takes_and_whether_totes_are_scanned(
    door: Served, database: Database
) -> None:
    browser = await browser_of(door, database, people.HELENE)
    address = f"/manager/stores/{people.PART_DIEU}"
    form = {"version": 1, "capacity_per_hour": 20, "pick_lead_minutes": 60, "hold_days": 7, "services": "pickup"}
    carts = {"cart_orders": 12, "totes": "scan"}
    assert (await browser.post(address, data=form | carts | {"id": str(uuid4())})).status_code == 303
    row = await database.connection.fetchrow(
        "SELECT cart_orders, scan_totes FROM location WHERE id = $1", people.PART_DIEU
    )
    assert tuple(row or ()) == (12, True)
    told = (await browser.get(f"{address}/settings")).text
    assert 'value="scan" checked' in told
    too_many = form | {"id": str(uuid4()), "version": 2, "cart_orders": 13}
    assert (await browser.post(address, data=too_many)).status_code in (400, 422)


async def test_hours_are_read_as_people_write_them(door: Served, database: Database) -> None:
    browser = await browser_of(door, database, people.HELENE)
    form = {"id": str(uuid4()), "version": 1, "monday": "9:00-12:30, 14h00-19:30"}
    assert (await browser.post(f"/manager/stores/{people.PART_DIEU}/hours", data=form)).status_code == 303
    rows = await database.connection.fetch(
        "SELECT weekday, opens, closes FROM opening_hours WHERE location = $1", people.PART_DIEU
    )
    assert [tuple(row) for row in rows] == [(0, 540, 750), (0, 840, 1170)]


async def test_hours_that_overlap_are_refused_and_nothing_changes(door: Served, database: Database) -> None:
    browser = await browser_of(door, database, people.HELENE)
    form = {"id": str(uuid4()), "version": 1, "monday": "9:00-12:30, 12:00-19:30"}
    assert (await browser.post(f"/manager/stores/{people.PART_DIEU}/hours", data=form)).status_code == 422
    assert (
        await database.connection.fetchval("SELECT count(*) FROM opening_hours WHERE location = $1", people.PART_DIEU)
        == 7
    )


async def test_every_change_is_in_the_audit_without_names(door: Served, database: Database) -> None:
    browser = await browser_of(door, database, people.HELENE)
    await browser.post("/manager/people/new", data=person_form())
    row = await database.connection.fetchrow("SELECT who, role, action, subject, body::text FROM audit")
    assert row is not None
    assert (UUID(row["who"]), row["role"], row["action"]) == (people.HELENE.id, "store_manager", "person.saved")
    assert "Nour" not in str(dict(row))
