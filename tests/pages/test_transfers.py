"""A transfer through its pages: made by a manager, sent on one handheld, received on another; each refusal keeps what was typed."""

import re
from typing import Any

import pytest

from comptoir.kit.ids import new_id
from tests.conftest import Database
from tests.pages.manager_door import hidden, opened, words
from tests.people import HELENE, INES, LEA, MARC, ODILE, PART_DIEU, VIEUX_LILLE, ZOE

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


async def test_what_is_long_on_its_way_stands_on_top_of_whatever_came_later(database: Database) -> None:
    async with opened(database) as desk, await desk.browser(ODILE) as office:
        for number, status, days, ended in (
            ("T-OLD", "shipped", 9, "NULL"),
            *((f"T-{n}", "canceled", 0, "now()") for n in range(35)),
        ):
            await desk.connection.execute(
                "INSERT INTO transfer (id, number, from_location, to_location, status, reason, created_at, created_by, shipped_at, ended_at)"
                f" VALUES ($1, $2, $3, $4, $5, 'balance', $6::timestamptz - $7 * interval '1 day', 'x', CASE WHEN $7 > 0 THEN $6 - $7 * interval '1 day' END, {ended})",
                new_id(), number, PART_DIEU, VIEUX_LILLE, status, desk.app.clock(), days,
            )  # fmt: skip
        page = await office.get("/manager/transfers")
        assert ("En cours 1 " in words(page), "T-OLD" in page.text, "?after=" in page.text) == (True, True, True)
        for age, there in (("week", True), ("today", False)):
            assert ("T-OLD" in (await office.get("/manager/transfers", params={"age": age})).text) is there
        assert (await office.get("/manager/transfers", params={"age": "year"})).status_code == 400


async def test_a_store_asks_on_its_handheld_and_the_other_gives_fewer_or_says_why_not(database: Database) -> None:
    async with (
        opened(database) as desk,
        await desk.browser(ZOE, VIEUX_LILLE) as zoe,
        await desk.browser(HELENE, PART_DIEU) as lead,
    ):
        page = await zoe.get("/transfers/requests/new")
        form: dict[str, Any] = {"id": hidden(page, "id"), "from": PART_DIEU, "note": "samedi", "code": [PAIR, ""], "quantity": ["5", ""]}  # fmt: skip
        for wrong, said in (({"code": ["", ""]}, "Nommez au moins"), ({"quantity": ["x", ""]}, "ne peut pas être lu"), ({"from": VIEUX_LILLE}, "sont le même lieu")):  # fmt: skip
            answer = await zoe.post("/transfers/requests/new", data=form | wrong)
            assert (answer.status_code, said in words(answer), 'value="samedi"' in answer.text) == (422, True, True)
        here = {(await zoe.post("/transfers/requests/new", data=form)).headers["location"] for _ in range(2)}.pop()
        assert "1 demande à répondre" in words(await lead.get("/transfers"))
        assert "Accepter" not in words(await zoe.get(here))
        async with await desk.browser(LEA, PART_DIEU) as lea:
            assert "Accepter" not in words(await lead.get("/transfers/requests")) + words(await lea.get(here))
            assert (await lea.post(f"{here}/grant", data={"id": str(new_id())})).status_code == 403
        assert "Accepter et préparer" in words(await lead.get(here))
        grant = {"id": str(new_id()), "sku": PAIR, "quantity": "6"}
        more = await lead.post(f"{here}/grant", data=grant)
        assert (more.status_code, "plus de LISON-38 que demandé" in words(more)) == (422, True)
        made = {(await lead.post(f"{here}/grant", data=grant | {"quantity": "3"})).headers["location"] for _ in range(2)}  # fmt: skip
        assert "0 sur 3" in words(await lead.get(made.pop()))
        assert "Acceptée : 3 sur 5" in words(await zoe.get("/transfers/requests"))
        late = await lead.post(f"{here}/decline", data={"id": str(new_id()), "note": "non"})
        assert (late.status_code, "déjà répondu" in words(late)) == (409, True)
        other = (await zoe.post("/transfers/requests/new", data=form | {"id": str(new_id())})).headers["location"]
        async with await desk.browser(INES) as ines, await desk.browser(MARC) as marc:
            assert "Sans réponse 1" in words(await marc.get("/manager/transfers/requests"))
            assert (await ines.post(f"/manager{other}/decline", data={"id": str(new_id()), "note": "vendu"})).status_code == 303  # fmt: skip
            assert "Refusée par Inès : vendu" in words(await marc.get(f"/manager{other}"))
            last = (await zoe.post("/transfers/requests/new", data=form | {"id": str(new_id()), "from": ""})).headers["location"]  # fmt: skip
            # What nobody in particular is asked is not for another region's eyes.
            assert (await ines.get(f"/manager{last}")).status_code == 404
            nowhere = await marc.post(f"/manager{last}/grant", data={"id": str(new_id())})
            assert (nowhere.status_code, "Choisissez le lieu" in words(nowhere)) == (422, True)
            assert (await zoe.post(f"{last}/withdraw", data={"id": str(new_id())})).status_code == 303


async def test_what_is_missing_is_settled_and_what_had_better_move_is_suggested(database: Database) -> None:
    async with opened(database) as desk, await desk.browser(ODILE) as office, await desk.browser(INES) as ines:
        page = await office.get("/manager/transfers/new")
        form = {"id": hidden(page, "id"), "from": PART_DIEU, "to": VIEUX_LILLE, "code": PAIR, "quantity": "3"}
        where = (await office.post("/manager/transfers/new", data=form)).headers["location"]
        await desk.connection.execute("UPDATE transfer_line SET reserved = 0, picked = 3")
        await desk.move(PAIR, PART_DIEU, "pick", 0, 0, 3)
        async with await desk.browser(LEA, PART_DIEU) as lea, await desk.browser(ZOE, VIEUX_LILLE) as zoe:
            await lea.post(f"{where.removeprefix('/manager')}/ship", data={"id": str(new_id())})
            await desk.connection.execute("UPDATE transfer SET shipped_at = shipped_at - interval '4 days'")
            assert "en route depuis 4 jours" in words(await office.get("/manager/transfers"))
            assert "Une semaine ou plus Transferts 0 0 1 , 3 à 6 jours 0 Articles 0 0 3 0" in words(await office.get("/manager/transfers"))  # fmt: skip
            await zoe.post(f"{where.removeprefix('/manager')}/close", data={"id": str(new_id())})
        settle = {"sku": PAIR, "units": "1", "note": "sous le comptoir"}
        assert "Retrouvés à" not in words(await ines.get(where))
        codes = [
            (await who.post(f"{where}/settle", data=settle | {"id": str(new_id()), "kind": kind})).status_code
            for who, kind in ((ines, "found"), (ines, "stayed"), (office, "found"), (office, "lost"), (office, "lost"))
        ]
        assert codes == [404, 303, 303, 303, 422]
        told = words(await office.get(where))
        assert all(part in told for part in ("1 jamais parti", "1 retrouvé", "1 perdu en route", "sous le comptoir"))
        await desk.move(PAIR, VIEUX_LILLE, "till_sale", -10)
        page = await office.get("/manager/transfers/suggestions")
        assert "Envoyer 4" in words(page)
        assert "Rien à déplacer" in words(await ines.get("/manager/transfers/suggestions"))
        wish = {name: hidden(page, name) for name in ("id", "from", "to", "sku", "units")}
        made = {(await office.post("/manager/transfers/suggestions", data=wish)).headers["location"] for _ in range(2)}
        assert "Mieux vendu là-bas" in words(await office.get(made.pop()))
