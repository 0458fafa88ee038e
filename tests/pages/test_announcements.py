"""Announcements on managers' pages and over the API, the versions of the app on devices, and a store's day plan: each of whom it is."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from comptoir.kit.ids import new_id
from tests.conftest import Database
from tests.doors import MIDDAY, new_browser
from tests.pages.manager_door import Desk, hidden, opened, words
from tests.people import DEVICE_IDS, HELENE, HUGO, INES, LEA, MARC, ODILE, PART_DIEU, VIEUX_LILLE, make_key

pytestmark = pytest.mark.anyio
HERE = "/manager/announcements"
PLAN = f"/manager/stores/{PART_DIEU}/plan"
END = {"until_day": "2026-11-21", "until_time": "19:00"}


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


async def test_a_manager_announces_follows_corrects_and_ends_it_and_no_other_region_hears_of_it(desk: Desk) -> None:
    ines, helene, hugo, lea = [await desk.browser(one) for one in (INES, HELENE, HUGO)] + [
        await desk.browser(LEA, PART_DIEU)
    ]
    form = await ines.get(f"{HERE}/new?store={PART_DIEU}")
    typed = {
        "id": hidden(form, "id", HERE),
        "text": "Le quai ferme à 16 h <b>",
        "stores": PART_DIEU,
        "urgent": "1",
    } | END
    for wrong, said in (
        ({"text": " "}, "Annonce vide"),
        ({"until_day": ""}, "Fin impossible"),
        ({"stores": ""}, "Aucun magasin choisi"),
    ):
        answer = await ines.post(HERE, data=typed | {"id": str(new_id())} | wrong)
        assert answer.status_code == 422, (wrong, words(answer))
        assert said in words(answer)
    assert (await hugo.post(HERE, data=typed | {"id": str(new_id())})).status_code == 404
    assert (await hugo.get(f"{HERE}/new?store={PART_DIEU}")).status_code == 404
    done = await ines.post(HERE, data=typed)
    assert done.status_code == 303
    assert (await ines.post(HERE, data=typed)).headers["location"] == done.headers["location"], "sent twice, said once"
    one = done.headers["location"].partition("?")[0]
    page = await ines.get(one)
    assert "Lu : 0 appareil sur 1" in words(page) and "<b>" not in page.text.split("<main")[1].split("Le quai")[1][:30]
    listed = words(await helene.get(HERE))
    assert "Le quai ferme à 16 h" in listed and "Inès Test" in listed
    for other in (hugo, await desk.browser(MARC)):
        assert "quai" not in words(await other.get(HERE))
        assert (await other.get(one)).status_code == 404
        for act in ("correct", "end"):
            given = typed | {"id": str(new_id()), "version": "1"}
            assert (await other.post(f"{one}/{act}", data=given)).status_code == 404
    work = await lea.get("/work")
    assert '"text":"Le quai ferme à 16 h \\u003cb\\u003e"' in work.text and '"urgent":true' in work.text
    zoe = await desk.browser(HUGO)
    assert "quai" not in (await zoe.get("/manager")).text
    kept = await lea.post("/sync/keep", json={"v": 1, "journal_id": str(new_id()), "ahead": 0})
    rows = kept.json()["announcements"]["rows"]
    assert [(row["read"], row["until_said"]) for row in rows] == [(False, "samedi 21 novembre, 19:00")]
    await desk.connection.execute(
        "INSERT INTO announcement_receipt SELECT id, 1, $1, $2, $3, $3 FROM announcement",
        DEVICE_IDS[PART_DIEU], PART_DIEU, MIDDAY,
    )  # fmt: skip
    assert "Lu partout" in words(await ines.get(HERE))
    assert '"read":true' in (await lea.get("/work")).text
    assert "Le quai ferme à 16 h" in words(await lea.get("/more"))
    changed = {"id": str(new_id()), "version": hidden(page, "version"), "text": "Le quai ferme à 17 h"} | END
    assert (await ines.post(f"{one}/correct", data=changed)).status_code == 303
    assert (await ines.post(f"{one}/correct", data=changed | {"id": str(new_id())})).status_code == 409
    assert "Lu : 0 appareil sur 1" in words(await ines.get(one))
    assert (await helene.post(f"{one}/end", data={"id": str(new_id())})).status_code == 303
    assert "quai" not in words(await ines.get(HERE)) and "17 h" in words(await ines.get(f"{HERE}?which=past"))
    # Head office tells a region as one, and it is told to that region's stores alone.
    office = await desk.browser(ODILE)
    form = await office.get(f"{HERE}/new")
    assert 'value="r:sud"' in form.text and 'value="r:' not in (await ines.get(f"{HERE}/new")).text
    region = {"id": hidden(form, "id", HERE), "text": "Au sud", "stores": "r:sud"} | END
    assert (await office.post(HERE, data=region)).status_code == 303
    assert "Au sud" in words(await helene.get(HERE)) and "Au sud" not in words(await hugo.get(HERE))
    assert (await ines.post(HERE, data=region | {"id": str(new_id()), "stores": "r:nord"})).status_code == 422
    told = words(await office.get("/manager/audit?kind=stores"))
    assert "Annonce aux magasins" in told and "Annonce corrigée" in told and "Annonce terminée" in told


async def test_another_system_announces_to_its_own_places_alone_and_reads_no_names(desk: Desk) -> None:
    scopes = ("announcements:read", "announcements:write")
    await make_key(desk.connection, MIDDAY, "south", *scopes, locations=[PART_DIEU])
    await make_key(desk.connection, MIDDAY, "north", *scopes, locations=[VIEUX_LILLE])
    south, north = new_browser(desk.app), new_browser(desk.app)
    south.headers["authorization"], north.headers["authorization"] = "Bearer south", "Bearer north"
    body = {"id": str(new_id()), "text": "Inventaire demain", "until": "2026-11-21T18:00:00Z", "locations": [PART_DIEU]}
    path = "/api/v1/announcements"
    assert (await north.post(path, json=body)).status_code == 404
    made = await south.post(path, json=body)
    assert made.json() == {"announcement": body["id"], "version": 1, "edition": 1}
    assert (await south.post(path, json=body)).json() == made.json()
    assert (await south.post(path, json=body | {"id": str(new_id()), "colour": "red"})).status_code == 400
    (row,) = (await south.get(path)).json()["announcements"]
    assert (row["devices"], row["read"], "by" in row) == (1, 0, False)
    assert (await north.get(path)).json() == {"announcements": []}
    assert (await north.get(f"{path}/{body['id']}")).status_code == 404
    one = (await south.get(f"{path}/{body['id']}")).json()
    assert [device["name"] for device in one["read_on"]] == ["XX-01"]
    other = {"id": str(new_id()), "version": 1, "text": "Inventaire lundi", "until": body["until"]}
    assert (await north.post(f"{path}/{body['id']}/correct", json=other)).status_code == 404
    assert (await south.post(f"{path}/{body['id']}/correct", json=other)).json()["edition"] == 2
    assert (await south.post(f"{path}/{body['id']}/end", json={"id": str(new_id())})).status_code == 200
    assert (await south.get(path)).json() == {"announcements": []}
    assert len((await south.get(f"{path}?which=past")).json()["announcements"]) == 1


async def test_both_lists_of_announcements_come_as_many_at_a_time_as_asked_for_and_lead_on(desk: Desk) -> None:
    await make_key(desk.connection, MIDDAY, "all", "announcements:read", "announcements:write")
    browser = new_browser(desk.app)
    browser.headers["authorization"] = "Bearer all"
    path = "/api/v1/announcements"
    made = []
    for n, urgent in enumerate((False, True, False, True, False)):
        body = {"id": str(new_id()), "text": f"Annonce {n}", "until": "2026-11-21T18:00:00Z", "locations": [PART_DIEU]}
        assert (await browser.post(path, json=body | {"urgent": urgent})).status_code == 200
        made.append((urgent, body["id"]))
        desk.app.clock.advance(minutes=1 if n < 3 else 0)
    # Urgent ones first, then the newest; the last two were made at one moment.
    expected = [id for _, id in sorted(made, key=lambda one: (one[0], made.index(one)), reverse=True)]

    async def pages(which: str) -> list[list[str]]:
        found, to = [], f"{path}?which={which}&limit=2"
        while to:
            answer = await browser.get(to)
            found.append([row["id"] for row in answer.json()["announcements"]])
            link = re.fullmatch(r'<([^>]+)>; rel="next"', answer.headers.get("link", ""))
            to = link[1] if link else ""
        return found

    assert await pages("open") == [expected[:2], expected[2:4], expected[4:]]
    for _, id in made:
        await browser.post(f"{path}/{id}/end", json={"id": str(new_id())})
    assert await pages("open") == [[]]
    ended = [id for _, id in reversed(made)]
    assert await pages("past") == [ended[:2], ended[2:4], ended[4:]]


async def test_another_system_plans_the_days_of_its_own_places_alone_and_reads_of_nobody(desk: Desk) -> None:
    for name, place in (("south", PART_DIEU), ("north", VIEUX_LILLE)):
        await make_key(desk.connection, MIDDAY, name, "tower:read", "tower:write", locations=[place])
    south, north = new_browser(desk.app), new_browser(desk.app)
    south.headers["authorization"], north.headers["authorization"] = "Bearer south", "Bearer north"
    path, asked = "/api/v1/day-plans", {"location": PART_DIEU, "day": "2026-11-20"}
    assert (await north.get(path, params=asked)).status_code == 404
    plain = (await south.get(path, params=asked)).json()
    assert (plain["number"], plain["learned_each_per_hour"], plain["people"][12]) == (0, None, -1)
    noon = plain["hours"][0]
    assert (noon["begins"], noon["clock"], noon["people"]) == ("2026-11-20T11:00:00Z", 12, None)
    people = [-1] * 12 + [2, 3] + [-1] * 10
    body = asked | {"id": str(new_id()), "number": 0, "each_per_hour": 6, "people": people}
    for wrong in ({"people": people[1:]}, {"colour": "red"}, {"people": [51] * 24}):
        assert (await south.post(path, json=body | wrong)).status_code == 400, wrong
    assert (await south.post(path, json=body | {"day": "2026-12-24"})).status_code == 422
    assert (await north.post(path, json=body)).status_code == 404
    shown = await south.post(path, json=body | {"id": str(new_id()), "rehearse": True})
    assert shown.json()["number"] == 1 and await desk.connection.fetchval("SELECT count(*) FROM day_plan") == 0
    kept = await south.post(path, json=body)
    assert (kept.status_code, kept.json()["effect"]) == (200, shown.json()["effect"])
    assert (await south.post(path, json=body)).json() == kept.json(), "sent twice, kept once"
    assert (await south.post(path, json=body | {"id": str(new_id())})).status_code == 409
    stands = (await south.get(path, params=asked)).json()
    assert (stands["number"], stands["each_per_hour"], stands["people"]) == (1, 6, people)
    assert [one["how"] for one in stands["versions"]] == ["saved"] and "by" not in stands["versions"][0]
    undo = asked | {"id": str(new_id()), "number": 1}
    assert (await north.post(f"{path}/undo", json=undo)).status_code == 404
    assert (await south.post(f"{path}/undo", json=undo)).json()["number"] == 2
    assert (await south.get(path, params=asked | {"day": "2026-12-24"})).status_code == 422


async def test_stores_promise_by_the_pace_they_have_where_a_manager_ticks_them_and_nobody_elses(desk: Desk) -> None:
    await desk.connection.execute(
        "UPDATE location SET capacity_per_hour = 12, pick_lead_minutes = 30 WHERE id = $1", PART_DIEU
    )
    await desk.connection.execute("INSERT INTO store_pace VALUES ($1, 1, 6, 12, 9, $2)", PART_DIEU, MIDDAY)
    for _ in range(6):
        _, work = await desk.order()
        await desk.promise(work, MIDDAY + timedelta(minutes=60))
    helene, hugo = await desk.browser(HELENE), await desk.browser(HUGO)
    page = await helene.get("/manager/pace")
    told = words(page)
    assert "6 toute la journée" in told and "selon la capacité" in told and "la même" not in told
    # The sixth is ready in 55 minutes by the capacity, and in 80 by the pace.
    assert "et 1 client apprendrait une heure plus tardive" in told
    assert 'value="lyon-part-dieu"' in page.text and VIEUX_LILLE not in page.text and " checked" not in page.text
    form = {"id": hidden(page, "id", "/manager/pace"), "stores": PART_DIEU, "learned": PART_DIEU}
    assert (await hugo.post("/manager/pace", data=form | {"id": str(new_id())})).status_code == 404
    for _ in range(2):
        assert (await helene.post("/manager/pace", data=form)).status_code == 303
    assert " checked" in (await helene.get("/manager/pace")).text
    assert await desk.connection.fetchval("SELECT promises_learned FROM location WHERE id = $1", PART_DIEU)
    assert not await desk.connection.fetchval("SELECT promises_learned FROM location WHERE id = $1", VIEUX_LILLE)


async def test_the_device_list_says_which_devices_run_an_old_version_of_the_app(desk: Desk) -> None:
    helene, lea, hugo = await desk.browser(HELENE), await desk.browser(LEA, PART_DIEU), await desk.browser(HUGO)
    live = f"/manager/stores/{PART_DIEU}"
    assert "Aucune application gardée" in words(await helene.get("/manager/devices"))
    for version, says in (("true", "Ancienne version"), ("abc123", "Ancienne version")):
        await lea.get("/work", headers={"service-worker-navigation-preload": version})
        told = words(await helene.get("/manager/devices"))
        assert says in told and "1 appareil a une ancienne version" in told
        assert "ancienne version de l’application" in words(await helene.get(live))
    assert "ancienne" not in words(await hugo.get("/manager/devices")).lower()
    newest = desk.app.app.state.release.version
    for header in ("x" * 40, "<b>", ""):
        await lea.get("/work", headers={"service-worker-navigation-preload": header})
    assert (
        await desk.connection.fetchval("SELECT app_version FROM device WHERE id = $1", DEVICE_IDS[PART_DIEU])
        == "abc123"
    )
    await lea.get("/work", headers={"service-worker-navigation-preload": newest})
    assert "Application à jour" in words(await helene.get("/manager/devices"))
    assert "ancienne" not in words(await helene.get(live))


async def test_a_day_is_planned_after_its_effect_was_shown_taken_back_and_nobody_elses(desk: Desk) -> None:
    for i in range(4):
        _, work = await desk.order()
        await desk.promise(work, MIDDAY + timedelta(minutes=60 + 30 * i))
    for week in range(1, 5):
        await desk.connection.execute(
            "INSERT INTO store_hour (location, hour, part, received, works, open_minutes) VALUES ($1, $2, 1, 6, 6, 60)",
            PART_DIEU, MIDDAY - timedelta(days=7 * week),
        )  # fmt: skip
    helene, hugo = await desk.browser(HELENE), await desk.browser(HUGO)
    page = await helene.get(PLAN)
    told = words(page)
    assert "Plan du jour, Lyon" in told and "09:00–19:30" in told and "un tiers de la cadence" in told
    assert ">6</td>" in page.text, "what came in at this hour in the last weeks is expected"
    assert (await hugo.get(PLAN)).status_code == 404
    typed = {"id": str(new_id()), "day": "2026-11-20", "number": "0", "each": "1", "people_12": "1", "people_13": "1"}
    for act in ("", "/undo"):
        assert (await hugo.post(PLAN + act, data=typed | {"number": "1"})).status_code == 404
    for wrong, field in (({"people_12": "51"}, "people_12"), ({"each": "zéro"}, "each"), ({"day": "2026-11-27"}, "")):
        answer = await helene.post(PLAN, data=typed | wrong)
        assert answer.status_code == 422, (field, answer.text[-300:])
        assert not field or 'aria-invalid="true"' in answer.text
    shown = await helene.post(PLAN, data=typed)
    assert shown.status_code == 200
    assert "Ce que ce plan change" in words(shown)
    late = int(hidden(shown, "seen_late"))
    assert late > 0
    assert await desk.connection.fetchval("SELECT count(*) FROM store_plan") == 0, "what is shown is not done"
    stale = await helene.post(PLAN, data=typed | {"seen_late": str(late + 9)})
    assert stale.status_code == 409 and "La situation a changé" in words(stale)
    done = await helene.post(PLAN, data=typed | {"seen_late": str(late)})
    assert done.status_code == 303, words(done)
    rows = await desk.connection.fetch("SELECT kind, per_hour, of_day, until_at - from_at AS lasts FROM store_plan")
    assert [tuple(row) for row in rows] == [("capacity", 1.0, True, timedelta(hours=2))]
    assert 'name="people_12" inputmode="numeric" maxlength="2" value="1"' in (await helene.get(PLAN)).text
    promised = await desk.connection.fetchrow("SELECT number, people FROM day_plan")
    assert (promised[0], promised[1][12:15]) == (1, [1, 1, -1])
    again = await helene.post(PLAN, data=typed | {"id": str(new_id()), "seen_late": str(late)})
    assert again.status_code == 409, "a plan on an old version is not kept"
    undone = await helene.post(f"{PLAN}/undo", data={"id": str(new_id()), "day": "2026-11-20", "number": "1"})
    assert undone.status_code == 303
    assert await desk.connection.fetchval("SELECT count(*) FROM store_plan") == 0
    assert "Plan 2, retour au précédent" in words(await helene.get(PLAN))
    assert (await helene.get(f"{PLAN}?day=2026-11-26")).status_code == 200
    assert (await helene.get(f"{PLAN}?day=9999-12-31")).status_code == 422
    audit = words(await (await desk.browser(ODILE)).get("/manager/audit?kind=stores"))
    assert "Plan d’un jour enregistré" in audit and "Personnes à 12 h" in audit
