"""The returns desk over HTTP: what finds an order and what is told of its customer, who may allow what, pictures, and what managers read of it."""

import io
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from PIL import Image

from comptoir.kit.actor import Actor
from comptoir.kit.ids import new_id
from comptoir.returns.model import Coming, InspectReturn, Looked, OpenReturn, PutAwayUnit
from tests.conftest import Database
from tests.pages.manager_door import Desk, lines_of, opened, words
from tests.people import HELENE, HUGO, INES, LEA, PART_DIEU, PIN, VIEUX_LILLE, ZOE

pytestmark = pytest.mark.anyio
PAIR = {"line": 1, "part": 1, "condition": "as_new", "reason": "too_small"}


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


async def handed(desk: Desk) -> tuple[UUID, str]:
    """Inès Aubry's order, handed over in Lyon: (id, number)."""
    order, work = await desk.order("handed_over")
    now = desk.app.clock()
    await desk.connection.execute(
        "INSERT INTO hand_over (id, order_id, location, works, who, at, recorded_at, proof) VALUES ($1, $2, $3, ARRAY[$4::uuid], 'system', $5, $5, 'pass')",
        new_id(), order, PART_DIEU, work, now,
    )  # fmt: skip
    return order, await desk.connection.fetchval("SELECT number FROM sales_order WHERE id = $1", order)


async def asked(browser: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await browser.post(f"/returns/{path}", json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_what_is_in_the_hand_finds_any_order_and_a_name_finds_this_stores_alone(desk: Desk) -> None:
    order, number = await handed(desk)
    at_home, elsewhere = await desk.browser(LEA, PART_DIEU), await desk.browser(ZOE, VIEUX_LILLE)
    for by in (number, "ines@example.com", "06 12 34 56 78"):
        for browser in (at_home, elsewhere):
            found = await browser.get("/returns", params={"q": by})
            assert (found.status_code, found.headers["location"]) == (303, f"/returns/orders/{order}")
    assert (await at_home.get("/returns", params={"q": "aubry"})).status_code == 303
    assert (await elsewhere.get("/returns", params={"q": "aubry"})).status_code == 404
    assert "Inès Aubry" in words(await at_home.get(f"/returns/orders/{order}"))
    told = words(await elsewhere.get(f"/returns/orders/{order}"))
    assert "Inès A." in told and "Aubry" not in told and "example.com" not in told
    # An article that left here lately lists its orders; one scan opens none by itself.
    await desk.connection.execute(
        "INSERT INTO stock_movement (id, location, sku, fact, on_hand, reserved, set_aside, order_id, who, happened_at, recorded_at)"
        " VALUES ($1, $2, 'LISON-38', 'hand_over', -1, 0, 0, $3, 'system', $4, $4)",
        new_id(), PART_DIEU, order, desk.app.clock(),
    )  # fmt: skip
    listed = await at_home.post("/returns", data={"code": "LISON-38"})
    assert listed.status_code == 200 and number in words(listed)
    assert (await elsewhere.post("/returns", data={"code": "LISON-38"})).status_code == 404


async def test_above_an_associates_value_a_managers_pin_is_asked_for_and_a_wrong_one_is_none(desk: Desk) -> None:
    order, _ = await handed(desk)
    lea = await desk.browser(LEA, PART_DIEU)
    vase = {"line": 2, "part": 1, "condition": "as_new", "reason": "not_liked"}
    body: dict[str, Any] = {"id": str(new_id()), "order": str(order), "units": [PAIR, vase, vase]}
    refused = (await asked(lea, "settlement", **body))["problem"]
    assert (refused["code"], refused["permit"]) == ("permission_needed", True)
    assert "dépasse" in refused["detail"]
    for staff, pin, code in (
        (HELENE, "000000", "wrong_pin"),
        (HUGO, PIN, "person_not_found"),
        (LEA, PIN, "person_not_found"),
    ):
        word = {"reason": "loyal", "staff": str(staff.id), "pin": pin}
        assert (await asked(lea, "settlement", **body, permission=word))["problem"]["code"] == code
    word = {"reason": "loyal", "why": "vient depuis 1998", "staff": str(HELENE.id), "pin": PIN}
    shown = await asked(lea, "rehearsal", **body, permission=word)
    assert shown["button"].startswith("Rembourser 163,00")
    assert await desk.connection.fetchval("SELECT count(*) FROM rma") == 0
    settled = await asked(lea, "settlement", **body, permission=word)
    assert settled["href"] == f"/returns/{body['id']}"
    assert await asked(lea, "settlement", **body, permission=word) == settled
    assert "Accord de Hélène : Client fidèle, vient depuis 1998" in words(await lea.get(settled["href"]))
    kept = await desk.connection.fetch("SELECT permitted_who FROM rma")
    assert [row["permitted_who"] for row in kept] == [str(HELENE.id)]


async def test_a_picture_is_small_has_no_place_and_is_shown_in_its_store(desk: Desk) -> None:
    order, _ = await handed(desk)
    lea, zoe, made = await desk.browser(LEA, PART_DIEU), await desk.browser(ZOE, VIEUX_LILLE), str(new_id())
    file = io.BytesIO()
    said = Image.Exif()
    said[0x010E] = "the back room"
    Image.new("RGB", (2400, 1800), "red").save(file, "JPEG", exif=said)
    form = {"rma": made, "order": str(order), "line": "1"}
    kept = (await lea.post("/returns/photos", data=form, files={"file": ("a.jpg", file.getvalue())})).json()
    none = (await lea.post("/returns/photos", data=form, files={"file": ("a.jpg", b"no picture")})).json()
    assert none["problem"]["code"] == "not_a_picture"
    strange = await lea.post("/returns/photos", data=form | {"line": "9"}, files={"file": ("a.jpg", file.getvalue())})
    assert strange.json()["problem"]["code"] == "unknown_line"
    address = f"/returns/photos/{kept['photo']}"
    assert (await lea.get(address)).status_code == 404
    await asked(
        lea, "settlement", id=made, order=str(order), units=[PAIR | {"reason": "defective", "photo": kept["photo"]}]
    )
    assert address in (await lea.get(f"/returns/{made}")).text
    shown = await lea.get(address)
    with Image.open(io.BytesIO(shown.content)) as drawn:
        assert (drawn.format, max(drawn.size), dict(drawn.getexif())) == ("WEBP", 1280, {})
    assert (await zoe.get(address)).status_code == 404


async def test_managers_read_of_their_stores_and_the_file_names_nobody(desk: Desk) -> None:
    order, number = await handed(desk)
    lea = await desk.browser(LEA, PART_DIEU)
    made = str(new_id())
    await asked(lea, "settlement", id=made, order=str(order), units=[PAIR])
    helene, ines, hugo = await desk.browser(HELENE), await desk.browser(INES), await desk.browser(HUGO)
    for manager in (helene, ines):
        listed = words(await manager.get("/manager/returns"))
        assert "Inès Aubry" in listed and "Réglé" in listed and "95,00" in listed
        assert number in words(await manager.get("/manager/returns?which=settled"))
    assert number not in words(await helene.get("/manager/returns?which=here"))
    assert number not in words(await hugo.get("/manager/returns"))
    figures = words(await helene.get("/manager/returns/report?days=7"))
    assert "Trop petit" in figures and "0,00 € sur 95,00 € revenus" in figures.replace("\u00a0", " ").replace(
        "\u202f", " "
    )
    file = await helene.get("/manager/returns/report/csv?days=7")
    rows = lines_of(file)
    assert [(row["order"], row["sku"], row["reason"], row["state"], row["given"]) for row in rows] == [
        (number, "LISON-38", "too_small", "here", "95,00")
    ]
    assert "Retenu" not in figures
    await desk.connection.execute(
        'UPDATE rma_unit SET refund_minor = refund_minor - 1500, kept_minor = 1500, absent = \'[{"code":"cable","fr":"câble","en":"cable","keep_minor":1500}]\''
    )
    assert "Retenu 15,00 € pour ce qui manquait" in words(await helene.get("/manager/returns/report?days=7")).replace(
        "\u00a0", " "
    )
    (line,) = lines_of(await helene.get("/manager/returns/report/csv?days=7"))
    assert [line[name] for name in ("paid", "given", "kept", "missing", "less")] == [
        "95,00",
        "80,00",
        "15,00",
        "câble",
        "0,00",
    ]
    await desk.connection.execute(
        "UPDATE rma_unit SET refund_minor = refund_minor + 1500, kept_minor = 0, absent = '[]'"
    )
    # Sums of two currencies are never one; yen have no cents.
    await desk.connection.execute("UPDATE sales_order SET currency = 'JPY' WHERE id = $1", order)
    other, _ = await handed(desk)
    await asked(lea, "settlement", id=str(new_id()), order=str(other), units=[PAIR])
    figures = words(await helene.get("/manager/returns/report?days=7")).replace("\u00a0", " ").replace("\u202f", " ")
    assert "95,00 € · 9 500 JPY" in figures or "95,00 € · 9 500 ¥" in figures, figures
    both = lines_of(await helene.get("/manager/returns/report/csv?days=7"))
    assert {(row["given"], row["currency"]) for row in both} == {
        ("95,00", "EUR"),
        ("9500", "JPY"),
    }
    assert "Aubry" not in file.text and "example.com" not in file.text
    assert lines_of(await hugo.get("/manager/returns/report/csv")) == []
    assert (await lea.get("/manager/returns")).status_code == 403


async def test_a_lost_answer_leads_to_what_became_of_it_and_what_is_on_its_shelf_still_waits_for_its_money(
    desk: Desk,
) -> None:
    order, _ = await handed(desk)
    browser = await desk.browser(HELENE, PART_DIEU)
    # The tap was carried out, its answer was lost, and somebody chose otherwise since: one return, and the way to it.
    tap = {"id": str(new_id()), "order": str(order), "units": [PAIR | {"line": 2}], "wish": "credit"}
    first = await asked(browser, "settlement", **tap)
    assert first["credit"]["code"].replace(" ", "") and first["credit"]["path"].startswith("M")
    changed = tap | {"units": [PAIR | {"line": 2, "condition": "opened"}]}
    assert await asked(browser, "settlement", **changed) == first
    assert await desk.connection.fetchval("SELECT count(*) FROM rma") == 1
    # Its code scanned anywhere opens what is left of it.
    for path in ("/returns", "/scan", "/returns/credits"):
        told = await browser.post(path, data={"code": "C1:" + first["credit"]["code"].replace(" ", "")})
        assert told.status_code == 200 and "il paie un échange" in words(told), path
    # Announced, looked at and put away before anybody spoke of money: the desk has it, and settles it once.
    coming = OpenReturn(id=new_id(), order=order, location=PART_DIEU, units=(Coming(line=2),))
    boss = Actor(str(HELENE.id), "store_manager", (PART_DIEU,))
    runner = desk.app.house.runner
    await runner.perform(coming, boss)
    await runner.perform(
        InspectReturn(id=new_id(), rma=coming.id, location=PART_DIEU, units=(Looked(1, "as_new"),)), boss
    )
    sku = await desk.connection.fetchval("SELECT sku FROM rma_unit WHERE rma = $1", coming.id)
    await runner.perform(PutAwayUnit(id=new_id(), location=PART_DIEU, code=sku, rma=coming.id), boss)
    shown = await browser.get(f"/returns/{coming.id}")
    assert shown.status_code == 200 and '"fixed": true' in shown.text.replace('"fixed":true', '"fixed": true')
    last = {"id": str(new_id()), "rma": str(coming.id), "order": str(order), "units": []}
    assert (await asked(browser, "rehearsal", **last))["amount"]
    for _ in range(2):
        assert (await asked(browser, "settlement", **last))["href"] == f"/returns/{coming.id}"
    assert await desk.connection.fetchval("SELECT status FROM rma WHERE id = $1", coming.id) == "settled"


async def test_goods_that_nobody_pays_any_more_are_not_handed_over_until_the_till_has_the_money(desk: Desk) -> None:
    order, _ = await desk.order("staged")
    browser = await desk.browser(LEA, PART_DIEU)
    assert "Ne remettez rien" not in words(await browser.get(f"/counter/orders/{order}"))
    await desk.connection.execute("DELETE FROM payment WHERE order_id = $1", order)
    total = await desk.connection.fetchval("SELECT total_minor FROM sales_order WHERE id = $1", order)
    await desk.connection.execute(
        "INSERT INTO payment (order_id, reference, provider, state, amount_minor) VALUES ($1, 'pi_1', 'stripe', 'voided', $2)", order, total
    )  # fmt: skip
    told = await browser.get(f"/counter/orders/{order}")
    assert (
        "Ne remettez rien" in words(told)
        and f"{total // 100},{total % 100:02}" in words(told)
        and "handover.js" not in told.text
    )
    paid = {"id": str(new_id()), "till": "T-4711"}
    for _ in range(2):
        assert (await browser.post(f"/counter/orders/{order}/till", data=paid)).status_code == 303
    assert "Ne remettez rien" not in words(await browser.get(f"/counter/orders/{order}"))
    assert await desk.connection.fetchval("SELECT captured_minor FROM payment WHERE reference = 'T-4711'") == total
