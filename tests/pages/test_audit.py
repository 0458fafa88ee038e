"""Whatever people set up is kept as it was and as it became, without a secret; each manager finds what happened at their places."""

import csv
import io
import json
import re
import sys
from collections.abc import AsyncIterator
from decimal import Decimal
from inspect import getsource, isroutine
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from comptoir.flows import auditing
from comptoir.flows.file_kinds import KINDS
from comptoir.kit import sheets
from comptoir.kit.db import in_transaction
from comptoir.kit.i18n import messages
from comptoir.kit.ids import Seal
from comptoir.sourcing.outlook import Outlook
from comptoir.web.guards import SCOPES
from comptoir.wiring import flows
from tests.conftest import Database
from tests.doors import MIDDAY
from tests.pages.manager_door import Desk, opened, words
from tests.people import HELENE, HUGO, INES, LEA, MARC, ODILE, PART_DIEU, VIEUX_LILLE, make_key

pytestmark = pytest.mark.anyio
STORE = {
    "capacity_per_hour": "40", "pick_lead_minutes": "60", "hold_days": "7", "services": ["pickup"], "cart_orders": "8",
}  # fmt: skip
NOT_KEPT = dict.fromkeys(("StartSimulation", "CancelSimulation"), "it sets up nothing, and its own row says who asked")


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


async def kept(desk: Desk, action: str) -> dict[str, Any]:
    """The latest change of this kind: field -> (before, after), with who and where."""
    row = await desk.connection.fetchrow(
        "SELECT who, location, reason, body -> 'changes' AS changes FROM audit WHERE action = $1 ORDER BY at DESC, id DESC LIMIT 1", action
    )  # fmt: skip
    assert row is not None, action
    return {field: (before, after) for field, before, after in json.loads(row["changes"])}


async def test_what_a_key_did_is_said_to_be_its_systems_and_found_by_its_name(desk: Desk) -> None:
    await make_key(desk.connection, MIDDAY, "erp", "webhooks:read", "webhooks:write")
    await desk.connection.execute("UPDATE api_key SET name = 'ERP Orme'")
    key = await desk.connection.fetchval("SELECT id FROM api_key")
    await desk.connection.execute(
        "INSERT INTO audit (id, at, who, role, action, subject) VALUES ($1, $2, $3, 'integrator', 'webhook.replayed', 'x')",
        uuid4(), MIDDAY, f"key:{key}",
    )  # fmt: skip
    office = await desk.browser(ODILE)
    for asked, there in (({}, True), ({"person": "erp"}, True), ({"person": "nobody"}, False)):
        assert ("ERP Orme" in words(await office.get("/manager/audit", params=asked))) is there


async def test_a_key_without_a_right_is_asked_for_again_with_what_was_typed(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    form = {"id": str(uuid4()), "name": "Caisse 4", "locations": PART_DIEU}
    refused = await office.post("/manager/keys", data=form)
    assert (
        refused.status_code,
        'value="Caisse 4"' in refused.text,
        f'value="{PART_DIEU}" checked' in refused.text,
    ) == (422, True, True)
    scopes = {scope.replace(":", "_") for scope in SCOPES}
    assert all(set(messages().area("admin.scope", lang)) == scopes for lang in ("fr", "en"))


async def test_a_change_is_kept_with_what_was_and_what_is_and_shown_in_words(desk: Desk) -> None:
    manager = await desk.browser(HELENE)
    address = f"/manager/stores/{PART_DIEU}"
    version = await desk.connection.fetchval("SELECT version FROM location WHERE id = $1", PART_DIEU)
    form = STORE | {"id": str(uuid4()), "version": str(version)}
    before = await desk.connection.fetchval("SELECT capacity_per_hour FROM location WHERE id = $1", PART_DIEU)
    assert (await manager.post(address, data=form)).status_code == 303
    assert (await kept(desk, "store.saved"))["capacity_per_hour"] == (before, 40)
    week = {"id": str(uuid4()), "version": str(version + 1), "monday": "9:00-12:30, 14:00-19:30"}
    assert (await manager.post(f"{address}/hours", data=week)).status_code == 303
    hours = await kept(desk, "store.hours_saved")
    assert hours["hours_0"][1] == "9:00-12:30, 14:00-19:30" and hours["hours_5"][1] is None
    day = {"id": str(uuid4()), "day": "2026-12-24", "hours": "9:00-17:00", "reason": "Veille de Noël"}
    await manager.post(f"{address}/exceptions", data=day)
    assert (await kept(desk, "store.exception_set"))["day_2026-12-24"] == (None, "9:00-17:00")
    page = words(await manager.get(f"{address}/settings"))
    assert f"Capacité par heure {before} → devient 40" in page and "Horaires du lundi" in page and "Hélène" in page
    person = {
        "id": str(uuid4()), "version": "1", "first_name": "Léa", "last_name": "Marchand", "role": "associate", "locations": PART_DIEU,
    }  # fmt: skip
    await manager.post(f"/manager/people/{LEA.id}", data=person)
    assert (await kept(desk, "person.saved"))["name"] == (None, "changed")
    await manager.post(f"/manager/people/{LEA.id}/pin", data={"id": str(uuid4())})
    assert await kept(desk, "person.pin_set") == {}
    office = await desk.browser(ODILE)
    shown = await office.post("/manager/keys", data={"id": str(uuid4()), "name": "Caisse", "scopes": ["stock:read"]})
    secret = re.search(r"ck_[0-9A-Z]{26}", shown.text)
    assert secret and (await kept(desk, "key.made"))["scopes"] == (None, ["stock:read"])
    everything = await desk.connection.fetchval("SELECT string_agg(a::text, ' ') FROM audit a")
    assert (
        secret[0] not in everything
        and "Marchand" not in everything
        and "hash" not in everything
        and "@" not in everything
    )


async def test_each_finds_what_happened_at_their_places_by_thing_person_and_day(desk: Desk) -> None:
    helene, hugo = await desk.browser(HELENE), await desk.browser(HUGO)
    for browser, store in ((helene, PART_DIEU), (hugo, VIEUX_LILLE)):
        form = {"id": str(uuid4()), "minutes": 30, "reason": f"Panne à {store}", "from": MIDDAY.isoformat()}
        assert (await browser.post(f"/manager/stores/{store}/pause", data=form)).status_code == 303
    await helene.post(f"/manager/people/{LEA.id}/unlock", data={"id": str(uuid4())})
    office = await desk.browser(ODILE)
    for person, sees, never in (
        (HELENE, PART_DIEU, VIEUX_LILLE),
        (INES, PART_DIEU, VIEUX_LILLE),
        (MARC, VIEUX_LILLE, PART_DIEU),
    ):
        browser = await desk.browser(person)
        for path in ("/manager/audit", "/manager/audit/csv"):
            told = (await browser.get(path)).text
            assert f"Panne à {sees}" in told and f"Panne à {never}" not in told, (person.first_name, path)
    told = (await office.get("/manager/audit")).text
    assert f"Panne à {PART_DIEU}" in told and f"Panne à {VIEUX_LILLE}" in told
    for query, lyon, lille in (
        ("kind=stores&person=helene", True, False), ("kind=people", False, False), (f"subject={VIEUX_LILLE}", False, True),
        ("since=2026-11-20&until=2026-11-20", True, True), ("until=2026-11-19", False, False), ("since=nonsense", True, True),
    ):  # fmt: skip
        told = (await office.get(f"/manager/audit?{query}")).text
        assert (f"Panne à {PART_DIEU}" in told, f"Panne à {VIEUX_LILLE}" in told) == (lyon, lille), query
    await desk.connection.execute(
        "INSERT INTO audit (id, at, who, role, action, subject, location, reason, body) SELECT gen_random_uuid(), $1::timestamptz - n * interval '1 hour', $2,"
        " 'head_office', 'store.saved', $3, $3, '=1+1', '{\"changes\": [[\"capacity_per_hour\", 30, 40]]}' FROM generate_series(1, 120) n",
        MIDDAY, str(ODILE.id), PART_DIEU,
    )  # fmt: skip
    first = (await office.get("/manager/audit?kind=stores")).text
    after = re.search(r"after=([0-9a-f-]{36})", first)
    assert after and first.count('class="item entry"') == 50
    second = (await office.get(f"/manager/audit?kind=stores&after={after[1]}")).text
    assert second.count('class="item entry"') == 50 and f"Panne à {PART_DIEU}" not in second
    sheet = (await office.get("/manager/audit/csv?kind=stores")).content
    rows = list(csv.DictReader(io.StringIO(sheet.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 122 + sum(1 for row in rows if row["field"] == "paused_reason")
    assert {row["reason"] for row in rows} >= {"'=1+1"} and rows[-1]["field"] == "capacity_per_hour"
    plan = await desk.connection.fetch(
        "EXPLAIN SELECT * FROM audit WHERE subject = 'x' ORDER BY at DESC, id DESC LIMIT 50"
    )
    assert plan


async def test_every_thing_can_be_read_as_it_stands_and_nothing_of_it_is_a_secret(desk: Desk) -> None:
    async def read(tx: Any) -> dict[str, Any]:
        found = {}
        for thing in auditing.STANDING:
            key = (
                str(uuid4())
                if thing in ("person", "device", "key", "webhook", "printer", "alert_rule", "announcement")
                else "none"
            )
            found[thing] = await auditing.standing(tx, thing, key)
        found["a store"] = await auditing.standing(tx, "store", PART_DIEU)
        found["a person"] = await auditing.standing(tx, "person", HELENE.id)
        return found

    found = await in_transaction(desk.app.house.pool, "system", MIDDAY, read)
    assert found["a store"]["name"] and found["a person"]["role"] == "store_manager"
    assert not [
        name for name in found["a person"] if "hash" in name or name in ("email", "pin", "badge", "password", "name")
    ]
    french, english = messages().keys("fr"), messages().keys("en")
    for name in (*found["a store"], *found["a person"]):
        if not name.startswith(("hours_", "day_")):
            name = name.removeprefix("_")
            assert f"audit.field.{name}" in french & english, name


def test_what_head_office_sets_up_is_kept_in_the_audit() -> None:
    unkept = set()
    for command, flow in flows(Seal(b"x" * 32), Outlook()).items():
        source = getsource(flow if isroutine(flow) else type(flow))
        module = Path(str(sys.modules[flow.__module__].__file__)).read_text(encoding="utf-8")
        if 'needs("head_office"' in source and "insert_audit" not in module and "auditing." not in module:
            unkept.add(command.__name__)
    assert unkept - NOT_KEPT.keys() == set()


def test_every_action_has_words_in_both_languages() -> None:
    code = "".join(path.read_text() for path in (Path(__file__).parents[2] / "backend" / "comptoir").rglob("*.py"))
    said = set(
        re.findall(
            r"(?:insert_audit|auditing\.note|auditing\.keep|_changed)\(\s*tx, [\w.]+, (?:command\.location, actor, before, )?\"([a-z_]+\.[a-z_]+)\"",
            code,
        )
    )
    said |= set(re.findall(r"_changed\(tx, command\.location, actor, before, \"([a-z_.]+)\"", code))
    said |= {f"import.{kind}" for kind in KINDS} | {"shelf.imported", "safety.imported"}
    assert len(said) > 40
    for language in ("fr", "en"):
        known = messages().keys(language)
        assert sorted(one for one in said if f"audit.action.{one.replace('.', '_')}" not in known) == []


def test_a_table_comes_back_as_it_went_and_holds_no_formula() -> None:
    rows = [("=cmd()", "-12", "@x", 'é; "q"', None, "+33 6", "'tis", "-a"), ("a", "b", "c", "d", "e", "f", "g", "h")]
    body = sheets.write(tuple("abcdefgh"), rows)
    assert body.startswith(b"\xef\xbb\xbf") and b"\r\n'=cmd();-12;'@x;" in body and b"'+33 6" in body
    # Amounts are written as the reader's spreadsheet reads numbers; otherwise they are days in May.
    assert sheets.write(("a", "b"), [(Decimal("12.05"), "x,y")]).endswith(b"a;b\r\n12,05;x,y\r\n")
    assert sheets.write(("a", "b"), [(Decimal("12.05"), "x,y")], "en").endswith(b'a,b\r\n12.05,"x,y"\r\n')
    sheet = sheets.read(body, 10)
    assert [line for _, line in sheet.lines] == [
        ("=cmd()", "-12", "@x", 'é; "q"', "", "+33 6", "'tis", "-a"),
        tuple("abcdefgh"),
    ]
    assert sheets.read("a,b\n1,é\n".encode("cp1252"), 10).lines == ((2, ("1", "é")),)
