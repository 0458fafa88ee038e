"""Receiving through its pages: ordered by a manager, counted on a handheld, decided about; nothing of it in another region."""

import io
from typing import Any

import pytest
from PIL import Image

from comptoir.kit.ids import new_id
from tests.conftest import Database
from tests.pages.manager_door import Desk, hidden, opened, words
from tests.people import HELENE, HUGO, INES, LEA, MARC, ODILE, PART_DIEU, VIEUX_LILLE, ZOE

pytestmark = pytest.mark.anyio
PAIR, JAR = "LISON-38", "AMPHORE-24"


async def ordered(desk: Desk, **more: Any) -> str:
    """Hélène's order of two pairs and a jar; the path behind `/manager`."""
    async with await desk.browser(HELENE) as manager:
        page = await manager.get("/manager/receiving/new")
        form: dict[str, Any] = {
            "id": hidden(page, "id"), "location": PART_DIEU, "supplier": "Tannerie Roux", "number": "PO-9", "delivery_note": "BL-7",
            "expected_on": "2026-11-20", "code": [PAIR, JAR], "quantity": ["2", "1"], **more,
        }  # fmt: skip
        for wrong, said in (
            ({"supplier": ""}, "ne dit pas qui livre"), ({"location": ""}, "Dites où elle arrive"), ({"code": ["", ""]}, "Nommez au moins"),
            ({"code": ["NO-SUCH", ""]}, "Aucun article n’a le code NO-SUCH"), ({"quantity": ["two", "1"]}, "ne peut pas être lu"),
            ({"expected_on": "soon"}, "ne peut pas être lu"), ({"number": "–"}, "des signes"), ({"location": VIEUX_LILLE}, "n’est pas à vous"),
        ):  # fmt: skip
            answer = await manager.post("/manager/receiving/new", data=form | {"note": "quai 2"} | wrong)
            assert (answer.status_code in (404, 409, 422), said in words(answer), 'value="quai 2"' in answer.text) == (True, True, True), wrong  # fmt: skip
        made = [await manager.post("/manager/receiving/new", data=form) for _ in range(2)]
        assert made[0].headers["location"] == made[1].headers["location"]
        taken = await manager.post("/manager/receiving/new", data=form | {"id": str(new_id())})
        assert (taken.status_code, "porte déjà ce numéro" in words(taken)) == (409, True)
        return made[0].headers["location"].removeprefix("/manager")


async def test_an_order_is_counted_closed_in_parts_and_decided_about(database: Database) -> None:
    async with opened(database) as desk:
        here = await ordered(desk)
        async with await desk.browser(LEA, PART_DIEU) as lea, await desk.browser(ZOE, VIEUX_LILLE) as zoe:
            assert "1 livraison attendue" in words(await lea.get("/work"))
            assert "Attendu aujourd’hui 1 Tannerie Roux" in words(await lea.get("/receiving"))
            assert (await lea.post("/scan", data={"code": "BL-7"})).headers["location"] == here
            assert [(await zoe.get(path)).status_code for path in (here, "/receiving")] == [404, 200]
            assert "Tannerie" not in words(await zoe.get("/receiving"))
            page = await lea.get(here)
            nothing = await lea.post(f"{here}/close", data={"id": hidden(page, "id", "/close"), "last": "no"})
            assert (nothing.status_code, "Rien n’a été compté" in words(nothing)) == (409, True)
            for _ in range(2):
                done = await lea.post(f"{here}/close", data={"id": hidden(page, "id", "/close"), "last": "yes"})
            assert "Terminé avec une différence : 3 manquants" in words(await lea.get(done.headers["location"]))
            page = await lea.get("/receiving")
            form = {"id": hidden(page, "id", "/unannounced"), "supplier": "Inconnu"}
            new = [(await lea.post("/receiving/unannounced", data=form)).headers["location"] for _ in range(2)]
            assert (new[0], "Inconnu" in words(await lea.get(new[0]))) == (new[1], True)
        async with await desk.browser(INES) as ines, await desk.browser(MARC) as marc, await desk.browser(HUGO) as hugo:
            assert "Écarts à décider 2 1 manquant" in words(await ines.get("/manager/receiving"))
            for other in (marc, hugo):
                empty = words(await other.get("/manager/receiving"))
                assert ("Tannerie" in empty, "Aucun écart n’attend" in empty) == (False, True)
                assert (await other.get(f"/manager{here}")).status_code == 404
            found = [row[0] for row in await desk.connection.fetch("SELECT id FROM receiving_difference ORDER BY units DESC")]  # fmt: skip
            path = f"/manager{here}/differences/{found[0]}"
            assert (await marc.post(path, data={"id": str(new_id()), "decision": "claim"})).status_code == 404
            claim = {"id": str(new_id()), "decision": "claim", "note": "avoir", "back": "order"}
            assert [(await ines.post(path, data=claim)).status_code for _ in range(2)] == [303, 303]
            late = await ines.post(path, data={"id": str(new_id()), "decision": "recount"})
            assert (late.status_code, "déjà décidé" in words(late)) == (409, True)
            assert "Réclamé au fournisseur" in words(await ines.get(f"/manager{here}"))
            cancel = await ines.post(f"/manager{here}/cancel", data={"id": str(new_id())})
            assert (cancel.status_code, "a changé entre-temps" in words(cancel)) == (409, True)


async def test_a_file_makes_orders_and_a_place_is_told_to_count_blind(database: Database) -> None:
    async with opened(database) as desk, await desk.browser(ODILE) as office, await desk.browser(HELENE) as manager:
        page = await office.get("/manager/receiving")
        head = "number;supplier;location;sku;quantity\n"
        for line, said in ((f"PO-1;Roux;{PART_DIEU};{PAIR};x", "pas un nombre entier"), ("PO-1;Roux;nowhere;X;1", "Ce magasin n’existe pas")):  # fmt: skip
            files = {"file": ("a.csv", head + line + "\n", "text/csv")}
            bad = await office.post("/manager/receiving/import", data={"id": str(new_id())}, files=files)
            assert (bad.status_code, said in words(bad)) == (422, True)
        files = {"file": ("a.csv", f"{head}PO-1;Roux;{PART_DIEU};{PAIR};4\n", "text/csv")}
        for _ in range(2):
            done = await office.post("/manager/receiving/import", data={"id": hidden(page, "id", "/import")}, files=files)  # fmt: skip
            assert "1 commande créée, 4 articles attendus" in words(done)
        # What is awaited stands on top however much has ended since, and of one place alone where somebody asks.
        await desk.connection.execute(
            "INSERT INTO purchase (id, number, location, supplier, status, created_at, created_by, ended_at)"
            " SELECT gen_random_uuid(), 'E-' || n, $1, 'Ended', 'closed', now() + interval '1 hour', 'x', now() + interval '1 hour' FROM generate_series(1, 35) n",
            VIEUX_LILLE,
        )  # fmt: skip
        page = await office.get("/manager/receiving")
        assert ("Attendues 1 Roux" in words(page), "?after=" in page.text) == (True, True)
        far = await office.get("/manager/receiving", params={"store": VIEUX_LILLE})
        assert ("Roux" in words(far), f"&amp;store={VIEUX_LILLE}" in far.text) == (False, True)
        form = {"id": str(new_id()), "location": PART_DIEU, "blind": "yes"}
        assert (await manager.post("/manager/receiving/blind", data=form)).status_code == 303
        other = form | {"id": str(new_id()), "location": VIEUX_LILLE}
        assert (await manager.post("/manager/receiving/blind", data=other)).status_code == 404
        here = str(await desk.connection.fetchval("SELECT id FROM purchase"))
        async with await desk.browser(LEA, PART_DIEU) as lea:
            blind = await lea.get(f"/receiving/{here}")
            assert ("Comptez ce que vous voyez" in words(blind), "sur 4" in words(blind)) == (True, False)
        assert "Compte sans voir" in words(await manager.get("/manager/receiving"))


async def test_a_picture_of_what_came_damaged_is_for_whoever_decides_there(database: Database) -> None:
    async with (
        opened(database) as desk,
        await desk.browser(LEA, PART_DIEU) as lea,
        await desk.browser(ZOE, VIEUX_LILLE) as zoe,
    ):
        here = (await ordered(desk)).rsplit("/", 1)[-1]
        drawn = io.BytesIO()
        Image.new("RGB", (640, 480), "tan").save(drawn, "JPEG")
        files, form = {"file": ("a.jpg", drawn.getvalue(), "image/jpeg")}, {"purchase": here, "sku": PAIR}
        taken = [(await lea.post("/receiving/photos", data=form, files=files)).json()["photo"] for _ in range(2)]
        # Another one of the same article takes its place.
        assert [(await lea.get(f"/receiving/photos/{photo}")).status_code for photo in taken] == [404, 200]
        for who, more, code in ((zoe, {}, "purchase_not_found"), (lea, {"sku": "NO-SUCH"}, "unknown_sku")):
            refused = await who.post("/receiving/photos", data=form | more, files=files)
            assert refused.json()["problem"]["code"] == code
        text = {"file": ("a.jpg", b"not a picture", "image/jpeg")}
        assert "problem" in (await lea.post("/receiving/photos", data=form, files=text)).json()
        async with await desk.browser(MARC) as marc, await desk.browser(INES) as ines:
            seen = [await who.get(f"/receiving/photos/{taken[1]}") for who in (marc, ines)]
            assert [(answer.status_code, answer.headers["content-type"]) for answer in seen][1] == (200, "image/webp")
            assert seen[0].status_code == 404
