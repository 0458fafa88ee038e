"""The pages of recalls and corrections: nothing happens before the last button, each manager sees their own, a file says the same."""

import io
from collections.abc import AsyncIterator

import pytest
from PIL import Image

from comptoir.kit.ids import new_id
from tests.conftest import Database
from tests.pages.manager_door import Desk, opened, words
from tests.people import HELENE, INES, MARC, ODILE, PART_DIEU, VIEUX_LILLE

pytestmark = pytest.mark.anyio
HERE = "/manager/stock/recalls"
FIX = "/manager/stock/adjustments"
TYPED = {
    "code": "LISON-38", "hazard_fr": "La semelle se décolle : risque de chute.", "hazard_en": "The sole comes off: risk of a fall.", "contact": "0 800 100 200",
    "months": "24", "lots": "L24, L25", "note": "", "remedies": ["refund", "repair"],
}  # fmt: skip


NO_FILE = {"file": ("", b"")}


def picture() -> tuple[str, bytes, str]:
    out = io.BytesIO()
    Image.new("RGB", (640, 480), "brown").save(out, "JPEG")
    return ("broken.jpg", out.getvalue(), "image/jpeg")


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


async def test_a_recall_is_looked_at_opened_once_followed_and_ended_on_its_pages(desk: Desk) -> None:
    await desk.move("LISON-38", PART_DIEU, "receipt", 3)
    async with (
        await desk.browser(ODILE) as office,
        await desk.browser(MARC) as region,
        await desk.browser(HELENE) as store,
    ):
        assert "Aucun rappel" in words(await office.get(HERE))
        assert "Le siège ouvre les rappels" in words(await region.get(f"{HERE}/new"))
        assert (await region.post(f"{HERE}/new", data=TYPED | {"id": str(new_id()), "act": "open"})).status_code == 403
        for wrong, said in (
            ({"remedies": "refund"}, "Deux solutions au moins"),
            ({"hazard_fr": "Rappel volontaire de la semelle"}, "minimise le danger"),
            ({"hazard_en": "no"}, "À compléter"),
            ({"code": "nobody-knows"}, "Code inconnu"),
            ({"months": "0"}, ""),
            (
                {
                    "lots": "",
                    "remedies": ["refund", "replacement"],
                    "hazard_fr": "Un rappel volontaire, le verre peut casser.",
                },
                "minimise le danger",
            ),
        ):
            answer = await office.post(f"{HERE}/new", data=TYPED | {"id": str(new_id()), "act": "look"} | wrong)
            assert (answer.status_code, said in words(answer)) == (answer.status_code, True)
            assert answer.status_code >= 400
        looked = words(await office.post(f"{HERE}/new", data=TYPED | {"id": str(new_id()), "act": "look"}))
        assert "Lots rappelés : L24, L25. Aucun lot n’est enregistré" in looked
        assert await desk.connection.fetchval("SELECT count(*) FROM recall") == 0
        sent = TYPED | {"id": str(new_id()), "act": "open"}
        first, second = await office.post(f"{HERE}/new", data=sent), await office.post(f"{HERE}/new", data=sent)
        assert first.status_code == second.status_code == 303
        page = first.headers["location"]
        assert await desk.connection.fetchval("SELECT count(*) FROM recall") == 1
        again = await office.post(f"{HERE}/new", data=TYPED | {"id": str(new_id()), "act": "open"})
        assert (
            again.status_code,
            "Un rappel de cet article est ouvert" in again.text or "Suivez ce rappel" in again.text,
        ) == (409, True)
        assert "13 encore à trouver" in words(await store.get(page))
        told = {"id": str(new_id()), "location": VIEUX_LILLE, "found": "1"}
        assert (await store.post(f"{page}/looked", data=told)).status_code == 404
        assert [(await region.post(f"{page}/looked", data=told)).status_code for _ in range(2)] == [303, 303]
        assert "A cherché" in words(await region.get(page))
        await desk.connection.execute("DELETE FROM recall_place WHERE location = $1", VIEUX_LILLE)
        assert (await region.get(page)).status_code == 404
        assert (await region.get(f"{page}/csv")).status_code == 404
        assert "Aucun rappel" in words(await region.get(HERE))
        await desk.connection.execute(
            "INSERT INTO recall_unit (id, recall, location, units, source, at, who) SELECT gen_random_uuid(), id, $1, 1, 'apart', opened_at, 'x' FROM recall", PART_DIEU
        )  # fmt: skip
        await desk.connection.execute(
            "UPDATE stock_level SET unsellable = 2 WHERE location = $1 AND sku = 'LISON-38'", PART_DIEU
        )
        done = {
            "id": str(new_id()),
            "location": PART_DIEU,
            "fate": "destroyed",
            "units": "1",
            "proof": "Certificat 118",
        }
        assert (await store.post(f"{page}/outcome", data=done)).status_code == 303
        assert (await store.post(f"{page}/outcome", data=done | {"id": str(new_id())})).status_code == 409
        assert "Certificat 118" in words(await office.get(page))
        refused = await office.post(f"{page}/close", data={"id": str(new_id()), "sell": "no"})
        assert (refused.status_code, "lieux qui n’ont pas cherché" in words(refused)) == (409, True)
        lines = (await office.get(f"{page}/csv")).text.lstrip("\ufeff").splitlines()
        assert lines[0].startswith("recall;sku;store;expected;found")
        assert lines[1].startswith("RP-8001;LISON-38;")
        assert (
            (await office.get(f"{page}/csv", params={"what": "customers"}))
            .text.lstrip("\ufeff")
            .startswith("recall;sku;order")
        )


async def test_a_correction_is_typed_decided_by_another_and_undone_and_limits_are_head_offices(desk: Desk) -> None:
    await desk.move("LISON-38", PART_DIEU, "receipt", 9)
    async with (
        await desk.browser(ODILE) as office,
        await desk.browser(HELENE) as store,
        await desk.browser(INES) as region,
    ):
        wrong = {
            "id": str(new_id()),
            "location": PART_DIEU,
            "code": "LISON-38",
            "quantity": "many",
            "reason": "lost",
            "note": "",
        }
        assert (await store.post(FIX, data=wrong, files=NO_FILE)).status_code == 422
        rules = {
            "id": str(new_id()),
            "associate_units": "2",
            "associate_minor": "50,00",
            "manager_units": "3",
            "manager_minor": "9000,00",
            "regions_recall": "1",
        }
        assert (await store.post(f"{FIX}/rules", data=rules)).status_code == 403
        assert (await office.post(f"{FIX}/rules", data=rules)).status_code == 303
        told = wrong | {"quantity": "4"}
        assert [(await store.post(FIX, data=told, files={"file": picture()})).status_code for _ in range(2)] == [
            303,
            303,
        ]
        photo = await desk.connection.fetchval("SELECT photo FROM stock_adjustment")
        assert (await store.get(f"{FIX}/photos/{photo}")).headers["content-type"] == "image/webp"
        async with await desk.browser(MARC) as far:
            assert (await far.get(f"{FIX}/photos/{photo}")).status_code == 404
        assert (
            await store.post(FIX, data=told | {"id": str(new_id())}, files={"file": ("x.jpg", b"no", "image/jpeg")})
        ).status_code == 422
        assert "1 à décider" in words(await store.get("/manager/stock"))
        shown = words(await store.get(FIX))
        assert "Au-delà de votre limite" in shown
        one = await desk.connection.fetchval("SELECT id FROM stock_adjustment")
        assert (
            await store.post(f"{FIX}/{one}/decide", data={"id": str(new_id()), "believe": "yes"})
        ).status_code == 403
        assert (
            await region.post(f"{FIX}/{one}/decide", data={"id": str(new_id()), "believe": "yes"})
        ).status_code == 303
        assert "−4" in words(await region.get(FIX))
        assert (await store.post(f"{FIX}/{one}/undo", data={"id": str(new_id())})).status_code == 403
        undone = [(await region.post(f"{FIX}/{one}/undo", data={"id": str(new_id())})).status_code for _ in range(2)]
        assert undone == [303, 409]
        # A region that may open recalls is offered it.
        assert "Le siège ouvre les rappels" not in words(await region.get(f"{HERE}/new"))
        assert "Limites des corrections" in words(await office.get("/manager/audit"))


async def test_the_handhelds_pages_have_what_their_store_needs_and_nothing_of_others(desk: Desk) -> None:
    from tests.people import SAM

    await desk.move("LISON-38", PART_DIEU, "receipt", 3)
    async with await desk.browser(ODILE) as office, await desk.browser(SAM, PART_DIEU) as hand:
        await office.post(f"{HERE}/new", data=TYPED | {"id": str(new_id()), "act": "open"})
        assert "Rappel : à sortir du rayon" in words(await hand.get("/work"))
        assert '"to_find":' in (await hand.get("/recalls")).text
        assert "Abîmé" in (await hand.get("/adjust")).text
        kept = (await hand.post("/sync/keep", json={"v": 1, "journal_id": str(new_id()), "packs": []})).json()
        assert ([row["sku"] for row in kept["recalls"]["rows"]], kept["photos"]) == (["LISON-38"], [])
        form = {"id": str(new_id()), "adjustment": str(new_id())}
        for _ in range(2):
            assert (await hand.post("/sync/photos", data=form, files={"file": picture()})).json() == {
                "photo": form["id"]
            }
        assert (
            await hand.post("/sync/photos", data=form, files={"file": ("x.jpg", b"no", "image/jpeg")})
        ).status_code == 422
        assert (
            await hand.post("/sync/photos", data=form | {"adjustment": str(new_id())}, files={"file": picture()})
        ).status_code == 409
        found = await hand.get("/adjust/article", params={"code": "LISON-38"})
        assert (found.json()["sku"], (await hand.get("/adjust/article", params={"code": "nobody"})).status_code) == (
            "LISON-38",
            404,
        )
        await desk.connection.execute(
            "INSERT INTO kit_component (kit, component, quantity, price_share_bp) SELECT 'LISON-38', min(sku), 1, 10000 FROM sku WHERE sku <> 'LISON-38'"
        )
        refused = await hand.get("/adjust/article", params={"code": "LISON-38"}, headers={"accept": "application/json"})
        assert (refused.status_code, refused.json()["title"]) == (422, "Un lot n’a pas de stock")
