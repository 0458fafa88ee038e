"""A transfer through its pages: made by a manager, sent on one handheld, received on another; each refusal keeps what was typed."""

import re
from typing import Any

import pytest

from comptoir.kit.ids import new_id
from tests.conftest import Database
from tests.pages.manager_door import hidden, opened, words
from tests.people import HELENE, INES, LEA, ODILE, PART_DIEU, VIEUX_LILLE, ZOE

pytestmark = pytest.mark.anyio
PAIR = "LISON-38"


async def test_it_is_made_sent_and_received_and_both_ends_see_how_it_stands(database: Database) -> None:
    async with opened(database) as desk:
        await desk.connection.execute("INSERT INTO barcode VALUES ('03614270440182', $1, 'gtin')", PAIR)
        async with await desk.browser(HELENE) as manager:
            page = await manager.get("/manager/transfers/new", params={"sku": PAIR, "store": PART_DIEU})
            assert PAIR in page.text
            form: dict[str, Any] = {"id": hidden(page, "id"), "from": PART_DIEU, "to": VIEUX_LILLE, "code": [PAIR, ""], "quantity": ["2", ""]}  # fmt: skip
            for wrong, said in (
                ({"to": ""}, "Dites d’où ils partent"), ({"quantity": ["99", ""]}, "10 disponibles, 99 demandés"),
                ({"code": ["NO-SUCH", ""]}, "Aucun article n’a le code NO-SUCH"), ({"code": ["", ""]}, "Nommez au moins"),
                ({"quantity": ["two", ""]}, "ne peut pas être lu"), ({"to": PART_DIEU}, "sont le même lieu"),
                ({"from": VIEUX_LILLE, "to": PART_DIEU}, "n’est pas à vous"),
            ):  # fmt: skip
                answer = await manager.post("/manager/transfers/new", data=form | {"note": "fragile"} | wrong)
                assert answer.status_code in (404, 409, 422)
                assert said in words(answer)
                assert 'value="fragile"' in answer.text
            # A code as the scanner reads it is the article; the same form sent twice is one transfer.
            form["code"] = ["3614270440182", ""]
            made = [await manager.post("/manager/transfers/new", data=form) for _ in range(2)]
            where = made[0].headers["location"]
            assert where == made[1].headers["location"]
            ledger = words(await manager.get("/manager/stock/article", params={"sku": PAIR}))
            assert re.search("Promis à un transfert .*, T-2[0-9]+", ledger)
            assert "Lyon → " in words(await manager.get(where)).replace("Part-Dieu ", "")
        here = where.removeprefix("/manager")
        async with await desk.browser(LEA, PART_DIEU) as lea, await desk.browser(ZOE, VIEUX_LILLE) as zoe:
            assert "1 à faire partir" in words(await lea.get("/work"))
            assert "Pas encore parti" in words(await zoe.get(here))
            page = await lea.get(here)
            empty = await lea.post(f"{here}/ship", data={"id": hidden(page, "id", "/ship")})
            assert (empty.status_code, "Aucun article n’est préparé" in words(empty)) == (409, True)
            await desk.connection.execute("UPDATE transfer_line SET reserved = 0, picked = 2")
            await desk.move(PAIR, PART_DIEU, "pick", 0, 0, 2)
            for _ in range(2):
                assert (await lea.post(f"{here}/ship", data={"id": hidden(page, "id", "/ship")})).status_code == 303
            assert "En route vers" in words(await lea.get(here))
            assert "1 à recevoir" in words(await zoe.get("/work"))
            assert "Recevoir 2 articles" in words(await zoe.get("/transfers"))
            page = await zoe.get(here)
            assert (await lea.post(f"{here}/close", data={"id": str(new_id())})).status_code == 404
            for _ in range(2):
                assert (await zoe.post(f"{here}/close", data={"id": hidden(page, "id", "/close")})).status_code == 303
            assert "Terminé avec une différence : 2 manquants" in words(await zoe.get(here))
        async with await desk.browser(ODILE) as office:
            assert "2 manquants" in words(await office.get("/manager/transfers"))
            assert re.search("Manquant .* 2", words(await office.get(where)))
            cases = words(await office.get("/manager/exceptions"))
            assert "Il manque des articles au transfert" in cases


async def test_it_is_canceled_before_it_has_left_by_whoever_manages_where_it_leaves(database: Database) -> None:
    async with opened(database) as desk, await desk.browser(INES) as ines, await desk.browser(ODILE) as office:
        page = await office.get("/manager/transfers/new")
        form = {"id": hidden(page, "id"), "from": VIEUX_LILLE, "to": PART_DIEU, "code": PAIR, "quantity": "1"}
        where = (await office.post("/manager/transfers/new", data=form)).headers["location"]
        assert "/cancel" not in (await ines.get(where)).text
        assert (await ines.post(f"{where}/cancel", data={"id": str(new_id())})).status_code == 404
        again = {"id": hidden(await office.get(where), "id", "/cancel")}
        assert [(await office.post(f"{where}/cancel", data=again)).status_code for _ in range(2)] == [303, 303]
        late = await office.post(f"{where}/cancel", data={"id": str(new_id())})
        assert (late.status_code, "a changé entre-temps" in words(late)) == (409, True)
