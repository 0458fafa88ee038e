"""The page on which a manager acts: what it shows is what is done, taken back on the same page, and nobody sees another region's."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from comptoir.kit.actor import Actor
from comptoir.kit.ids import new_id
from tests.conftest import Database
from tests.doors import MIDDAY, new_browser
from tests.pages.manager_door import Desk, hidden, lines_of, opened, words
from tests.people import HELENE, INES, LEA, MARC, ODILE, PART_DIEU, VIEUX_LILLE, make_key

pytestmark = pytest.mark.anyio
EVERYWHERE = Actor("test", "head_office", None)
PAGE = f"/manager/stores/{PART_DIEU}/act"


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


async def crowded(desk: Desk) -> None:
    """A store that does one work in an hour: two parcels, two pickups, promised soon."""
    await desk.connection.execute("UPDATE location SET capacity_per_hour = 1 WHERE id = $1", PART_DIEU)
    for i, kind in enumerate(("ship", "ship", "pickup", "pickup")):
        _, work = await desk.order(kind=kind)
        await desk.promise(work, MIDDAY + timedelta(minutes=30 + 10 * i))
    await desk.app.house.keeper.load()


def form_of(page: httpx.Response) -> dict[str, str]:
    """What the one form sends that does it."""
    names = [
        "id",
        "do",
        "until",
        "seen_works",
        "seen_late",
        "seen_cost",
        "seen_messages",
        "works",
        "to",
        "minutes",
        "per_hour",
        "people",
        "why",
    ]
    return {name: hidden(page, name, "/act") for name in names}


async def test_a_manager_sees_what_comes_of_it_does_it_once_and_takes_it_back(desk: Desk) -> None:
    await crowded(desk)
    async with await desk.browser(ODILE) as browser:
        page = await browser.get(f"{PAGE}?works=2")
        assert page.status_code == 200, words(page)
        told = words(page)
        assert (
            "Déplacer 2 colis" in told
            and "Lille" in told
            and "Annulable jusqu’à" in told
            and "Là où cela coûte le moins" in told
        )
        form = form_of(page)
        done = await browser.post(PAGE, data=form)
        assert done.status_code == 303, words(done)
        assert (await browser.post(PAGE, data=form)).headers["location"] == done.headers["location"]
        after = await browser.get(done.headers["location"])
        assert "2 colis déplacés de" in words(after) and "pas encore l’heure" in words(after)
        moved = "SELECT count(*) FROM work WHERE location = $1 AND status = 'open' AND kind = 'ship'"
        assert await desk.connection.fetchval(moved, VIEUX_LILLE) == 2
        async with await desk.browser(HELENE) as other:
            refused = await other.post(f"/manager/acts/{form['id']}/undo", data={"id": str(new_id())})
            assert refused.status_code == 403 and "Pas à vous de l’annuler" in words(refused)
            assert "/undo" not in (await other.get("/manager/acts")).text
        back = {"id": hidden(after, "id", "/undo")}
        undone = await browser.post(f"/manager/acts/{form['id']}/undo", data=back)
        assert undone.status_code == 303
        assert await desk.connection.fetchval(moved, VIEUX_LILLE) == 0
        assert await desk.connection.fetchval(moved, PART_DIEU) == 2
        assert "Annulé :" in words(await browser.get(undone.headers["location"]))
        # What is planned is in the forecast at once, on the page of every store too.
        for do, store in (("capacity&per_hour=9", 0), ("pause&minutes=60", 1)):
            await browser.post(PAGE, data=form_of(await browser.get(f"{PAGE}?do={do}")))
            here = next(one for one in await desk.app.house.tower.stores(EVERYWHERE) if one.place.id == PART_DIEU)
            assert (len(here.outlook.store.planned), here.outlook.store.paused_until is not None) == (1, bool(store))
        # What holds stands on the store's page, and ends by an act of its own.
        assert "9 commandes à l’heure jusqu’à 14:00." in words(await browser.get(f"/manager/stores/{PART_DIEU}"))
        usual = await browser.get(f"{PAGE}?do=usual")
        assert "Revenir à la capacité habituelle" in words(usual) and "reste promis" in words(usual)
        done = await browser.post(PAGE, data=form_of(usual))
        assert "capacité habituelle de nouveau" in words(await browser.get(done.headers["location"]))
        assert "9 commandes à l’heure jusqu’à" not in words(await browser.get(f"/manager/stores/{PART_DIEU}"))
        again = await browser.post(f"/manager/acts/{form['id']}/undo", data={"id": str(new_id())})
        assert again.status_code == 409 and "Déjà annulé" in words(again)


async def test_a_page_on_an_old_state_asks_again_and_does_nothing(desk: Desk) -> None:
    await crowded(desk)
    async with await desk.browser(ODILE) as browser:
        form = form_of(await browser.get(f"{PAGE}?works=2"))
        await desk.connection.execute(
            "UPDATE work SET status = 'picking' WHERE id = (SELECT id FROM work WHERE kind = 'ship' ORDER BY promise_at LIMIT 1)"
        )
        page = await browser.post(PAGE, data=form)
        assert page.status_code == 409
        assert "La situation a changé" in words(page) and "Déplacer 1 colis" in words(page)
        assert await desk.connection.fetchval("SELECT count(*) FROM tower_action") == 0


async def test_every_act_has_its_page_in_both_languages_and_says_what_it_changes(desk: Desk) -> None:
    await crowded(desk)
    pages = (
        ("do=extend&works=2&minutes=240", "2 clients seront prévenus à", "2 customers will be told at"),
        ("do=tell&works=1", "Prévenir 1 client du retard", "Tell 1 customer that it is late"),
        ("do=pickers&people=2&per_hour=6", "Heures de travail en plus 0 4", "Extra hours of work"),
        ("do=capacity&per_hour=9", "9 commandes à l’heure jusqu’à", "9 orders an hour until"),
        ("do=pause&minutes=60", "En pause jusqu’à", "Pause until"),
        ("do=resume", "n’est pas en pause", "is not paused"),
        ("do=move", "pas d’autre magasin", "no other store"),
    )  # fmt: skip
    for language in ("en", "fr"):
        await desk.connection.execute("UPDATE staff SET language = $2 WHERE id = $1", INES.id, language)
        async with await desk.browser(INES) as browser:
            for query, french, english in pages:
                said = words(await browser.get(f"{PAGE}?{query}"))
                assert (english if language == "en" else french) in said, query
    async with await desk.browser(INES) as browser:
        form = form_of(await browser.get(f"{PAGE}?do=extend&works=2&minutes=240"))
        done = await browser.post(PAGE, data=form)
        assert done.status_code == 303
        assert "annoncé à 2 clients" in words(await browser.get(done.headers["location"]))
        wrong = await browser.post(PAGE, data=form | {"id": str(new_id()), "until": "2026-11-20T11:00:00+00:00"})
        assert wrong.status_code == 422 and "Rien n’a été fait" in words(wrong)


async def test_nobody_acts_on_or_reads_of_a_store_of_others(desk: Desk) -> None:
    await crowded(desk)
    async with await desk.browser(INES) as browser:
        form = form_of(await browser.get(f"{PAGE}?do=capacity&per_hour=9"))
        await browser.post(PAGE, data=form)
    async with await desk.browser(MARC) as browser:
        assert (await browser.get(PAGE)).status_code == 404
        assert (await browser.post(PAGE, data=form)).status_code == 404
        undo = await browser.post(f"/manager/acts/{form['id']}/undo", data={"id": str(new_id())})
        assert undo.status_code == 404
        assert "9 commandes" not in words(await browser.get(f"/manager/stores/{VIEUX_LILLE}/act"))
    async with await desk.browser(HELENE) as browser:
        page = await browser.get(PAGE)
        assert "Déplacer des colis" not in words(page) and "9 commandes à l’heure" in words(page)
        # Ten hours on is night: the hour that is offered is one at which somebody can come.
        assert "Annoncer sam. 21, 09:30" in words(await browser.get(f"{PAGE}?do=extend&minutes=600"))
        move = form | {"id": str(new_id()), "do": "move", "works": "1"}
        assert (await browser.post(PAGE, data=move)).status_code == 403
    async with await desk.browser(LEA, PART_DIEU) as browser:
        assert (await browser.get(PAGE)).status_code == 403


async def test_all_acts_say_who_why_what_was_foretold_and_what_came_and_are_taken_back_from_there(desk: Desk) -> None:
    await crowded(desk)
    async with await desk.browser(INES) as browser:
        for query, why in (("do=capacity&per_hour=9", "=deux absents"), ("do=pause&minutes=60", "")):
            done = await browser.post(PAGE, data=form_of(await browser.get(f"{PAGE}?{query}")) | {"why": why})
            assert done.status_code == 303
        page = await browser.get("/manager/acts")
        told = words(page)
        assert (
            "9 commandes à l’heure" in told
            and "Inès" in told
            and "=deux absents" in told
            and "pas encore l’heure" in told
        )
        assert page.text.index("en pause") < page.text.index("9 commandes à l’heure"), "the newest is first"
        only = words(await browser.get("/manager/acts?kind=pause&day=2026-11-20"))
        assert "en pause jusqu" in only and "9 commandes à l’heure" not in only
        assert "Aucune action" in words(await browser.get("/manager/acts?day=2026-11-19"))
        rows = lines_of(await browser.get("/manager/acts/csv"))
        assert [(row["kind"], row["store"], row["why"]) for row in rows] == [
            ("pause", PART_DIEU, ""),
            ("capacity", PART_DIEU, "'=deux absents"),
        ]
        undo = {"id": hidden(page, "id", "/undo"), "back": "acts"}
        back = await browser.post(f"/manager/acts/{rows[0]['act']}/undo", data=undo)
        assert back.headers["location"] == f"/manager/acts?done={rows[0]['act']}"
        after = words(await browser.get(back.headers["location"]))
        assert "Annulé :" in after and "annulé à 12:00 (Inès" in after
        assert (await browser.get(f"/manager/acts?store={VIEUX_LILLE}")).status_code == 404
    async with await desk.browser(MARC) as browser:
        assert "Aucune action" in words(await browser.get("/manager/acts"))
        assert len((await browser.get("/manager/acts/csv")).text.splitlines()) == 1
        assert (await browser.get(f"/manager/acts/csv?store={PART_DIEU}")).status_code == 404


async def test_beside_a_page_the_same_acts_come_as_a_sheet_and_a_form_leads_to_the_next(desk: Desk) -> None:
    await crowded(desk)
    beside = {"hx-request": "true"}
    async with await desk.browser(INES) as browser:
        sheet = await browser.get(f"{PAGE}?do=capacity&per_hour=9", headers=beside)
        assert sheet.text.lstrip().startswith("<header>") and "<html" not in sheet.text
        assert 'id="beside-title"' in sheet.text and "HX-Request" in sheet.headers["vary"]
        form = form_of(sheet)
        done = await browser.post(PAGE, data=form, headers=beside)
        assert (done.status_code, done.headers["hx-redirect"]) == (200, f"{PAGE}?do=capacity&done={form['id']}")
        undoable = await browser.get(done.headers["hx-redirect"], headers=beside)
        assert 'class="undo"' in undoable.text and 'id="beside-title"' in undoable.text
        stale = await browser.post(PAGE, data=form | {"id": str(new_id()), "until": "2026-11-20T11:00:00+00:00"}, headers=beside)  # fmt: skip
        assert stale.status_code == 422 and 'id="beside-title"' in stale.text


async def test_other_systems_try_do_list_and_take_back_within_their_places(desk: Desk) -> None:
    await crowded(desk)
    await make_key(desk.connection, MIDDAY, "office", "tower:read", "tower:write")
    await make_key(desk.connection, MIDDAY, "lille", "tower:read", "tower:write", locations=[VIEUX_LILLE])
    async with new_browser(desk.app) as client:
        ours, theirs = ({"authorization": f"Bearer {name}"} for name in ("office", "lille"))
        what = {"id": str(new_id()), "location": PART_DIEU, "what": {"kind": "move", "works": 2}, "why": "absences"}
        tried = await client.post("/api/v1/tower/actions", json=what | {"rehearse": True}, headers=ours)
        assert tried.status_code == 200, tried.text
        assert tried.json()["effect"]["works"] == 2
        assert (await client.get("/api/v1/tower/actions", headers=ours)).json() == {"actions": []}
        assert (await client.post("/api/v1/tower/actions", json=what, headers=theirs)).status_code == 404
        done = await client.post("/api/v1/tower/actions", json=what, headers=ours)
        assert done.json()["effect"]["to"][0][0] == VIEUX_LILLE
        listed = (await client.get("/api/v1/tower/actions", headers=ours)).json()["actions"]
        assert [(one["id"], one["kind"], one["came"]) for one in listed] == [(what["id"], "move", None)]
        assert (await client.get("/api/v1/tower/actions", headers=theirs)).json() == {"actions": []}
        for query, count in (("kind=move", 1), ("kind=pause", 0), ("day=2026-11-20", 1), ("day=2026-11-19", 0)):
            found = await client.get(f"/api/v1/tower/actions?{query}", headers=ours)
            assert len(found.json()["actions"]) == count, query
        path = f"/api/v1/tower/actions/{what['id']}/undo"
        assert (await client.post(path, json={"id": str(new_id())}, headers=theirs)).status_code == 404
        assert (await client.post(path, json={"id": str(new_id())}, headers=ours)).json()["back"] == 2


async def test_a_stores_page_says_its_day_in_figures_and_none_of_a_person(desk: Desk) -> None:
    await crowded(desk)
    _, late = await desk.order()
    await desk.promise(late, MIDDAY - timedelta(minutes=5))
    _, picked = await desk.order("picked")
    _, staged = await desk.order("staged")
    for work, days in ((picked, 0), (staged, 2)):
        await desk.connection.execute(
            "UPDATE work SET picked_at = $2, staged_at = CASE WHEN status = 'staged' THEN $2::timestamptz - make_interval(days => $3) END WHERE id = $1",
            work, MIDDAY, days,
        )  # fmt: skip
    await desk.connection.execute(
        "INSERT INTO short_pick (id, work, line, location, sku, quantity, reason, who, at) VALUES ($1, $2, 1, $3, 'LISON-38', 2, 'not_found', $4, $5)",
        new_id(), late, PART_DIEU, str(LEA.id), MIDDAY,
    )  # fmt: skip
    path = f"/manager/stores/{PART_DIEU}"
    async with await desk.browser(LEA, PART_DIEU), await desk.browser(HELENE) as browser:
        told = words(await browser.get(path))
    for said in (
        "1 en retard.", "Travail par temps restant 6 en tout 1 en retard 0 30 min 3 1 h 1 2 h 1 ce soir 0 plus tard", "7 commandes reçues", "À préparer 5",
        "Préparées, à ranger ou à emballer 1", "Prêtes au retrait 1", "1 personne connectée", "Léa", "75 % trouvés",
        "Basket Lison, Blanc et vert, 38 pas à sa place 2 pièces", "Depuis un à trois jours 1", "XX-01",
    ):  # fmt: skip
        assert said in told, (said, told)
    await desk.connection.execute(
        "INSERT INTO put_back (id, location, sku, quantity, done, reason, made_at) VALUES ($1, $2, 'AMPHORE-24', 3, 1, 'canceled', $3)",
        new_id(), PART_DIEU, MIDDAY,
    )  # fmt: skip
    async with await desk.browser(HELENE) as browser:
        counts = {
            "open": 6, "late": 1, "half": 0, "hour": 3, "two": 1, "today": 1, "later": 0, "to_pick": 5, "picked": 1, "staged": 1, "gone": 0,
            "bags_today": 0, "bags_days": 1, "bags_old": 0, "bags_back": 0, "put_back": 1, "came_back": 0,
        }  # fmt: skip
        for what, count in counts.items():
            listed = await browser.get(f"{path}/list?what={what}")
            assert listed.text.count('<li><a class="item"') == count, (what, words(listed))
        assert "2 pièces" in words(await browser.get(f"{path}/list?what=put_back"))
        assert "Voir quoi faire" in words(await browser.get(path)), "what harms most has its act"
    async with await desk.browser(MARC) as browser:
        for rest in ("", "/list", "/stream"):
            assert (await browser.get(path + rest)).status_code == 404
