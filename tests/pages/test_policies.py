"""Head office writes, saves, activates and tries policies on pages without a script; the draft is one person's, the versions are everybody's."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from comptoir.flows.reading_past import _orders
from comptoir.flows.simulate import simulate
from comptoir.kit.db import in_transaction
from comptoir.kit.ids import new_id
from comptoir.sourcing.deciding import decide
from comptoir.sourcing.policy import DEFAULT, Policy
from comptoir.sourcing.sql import keep_decisions
from tests.browser.page_rules import spoken, words_of
from tests.conftest import Database
from tests.doors import MIDDAY
from tests.pages.manager_door import Desk, hidden, opened, words
from tests.people import INES, ODILE, PART_DIEU

pytestmark = pytest.mark.anyio
HERE = "/manager/sourcing"
DRAFT = HERE + "/draft"


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        yield desk


def typed(page: httpx.Response) -> dict[str, Any]:
    """Everything that the page's last large form would send as it stands."""
    form = max(page.text.split("<form")[1:], key=len)
    fields: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        told = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        if "name" in told and (told.get("type") not in ("radio", "checkbox") or " checked" in tag):
            fields.setdefault(told["name"], []).append(told.get("value", "on"))
    for name, options in re.findall(r'<select[^>]*name="([a-z0-9_-]+)"[^>]*>(.*?)</select>', form, flags=re.S):
        fields[name] = (re.findall(r'value="([^"]*)" selected', options) or re.findall(r'value="([^"]*)"', options))[:1]
    return fields


async def send(browser: httpx.AsyncClient, path: str, **changed: Any) -> httpx.Response:
    """The page's form with some fields changed."""
    fields = typed(await browser.get(path))
    return await browser.post(path, data=fields | changed)


async def press(browser: httpx.AsyncClient, path: str, **fields: Any) -> httpx.Response:
    return await browser.post(path, data={"id": str(new_id())} | fields)


async def draft_of(desk: Desk) -> Policy:
    body = await desk.connection.fetchval("SELECT body::text FROM policy_draft")
    return msgspec.json.decode(body, type=Policy)


async def test_a_policy_is_written_on_pages_saved_put_in_force_and_tried(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    assert (await office.get(DRAFT)).status_code == 404
    assert (await press(office, f"{HERE}/versions/0/draft")).headers["location"] == DRAFT
    # Every page saves what it shows, unchanged: nothing is lost on the way through text.
    for part in ("figures", "preferences", "rates"):
        assert (await send(office, f"{DRAFT}/{part}")).status_code == 303, part
    assert await draft_of(desk) == DEFAULT
    wrong = await send(office, f"{DRAFT}/figures", pick_store="beaucoup", missing="20")
    assert wrong.status_code == 422 and 'value="beaucoup"' in wrong.text and "Écrivez-le comme 4,90." in words(wrong)
    assert (
        await send(
            office,
            f"{DRAFT}/figures",
            pick_store="1,25 €",
            delivery1="relais",
            days1="3",
            before1="16:30",
            transfer="3",
            wait="5",
        )
    ).status_code == 303
    assert (await send(office, f"{DRAFT}/preferences", p_warehouse="-1,50", p_nord="2")).status_code == 303
    assert (await send(office, f"{DRAFT}/rates", price0_2_0="4,10", act="zone_new")).headers[
        "location"
    ] == f"{DRAFT}/rates"
    assert (await send(office, f"{DRAFT}/rates", zone5="belgique", areas5="be, LU", act="")).status_code == 303
    group = {"fallback0": ["warehouse"], "fallback1": [PART_DIEU, "nord"]}
    rule = {
        "name": "Soldes",
        "weekdays": ["5", "6"],
        "since_day": "2026-12-01",
        "never": ["sud"],
        "least_part": "10",
        "hold": "1",
    }
    assert (await send(office, f"{DRAFT}/rules/0", **rule, **group, more="1")).headers["location"] == f"{DRAFT}/rules/0"
    assert (await send(office, f"{DRAFT}/rules/0")).status_code == 303
    assert (await send(office, f"{DRAFT}/rules/1", name="Vide")).status_code == 303
    assert (await send(office, f"{DRAFT}/rules/2", name="")).status_code == 422
    assert (await send(office, f"{DRAFT}/lists/0", of=["store"], buffer="1", within_zone="2")).status_code == 303
    behind = hidden(await office.get(DRAFT), "version", "/order")
    assert (await press(office, f"{DRAFT}/order", version=behind, what="rule", at="0", act="down")).status_code == 303
    assert (await press(office, f"{DRAFT}/order", version=behind, what="rule", at="0", act="remove")).status_code == 409
    policy = await draft_of(desk)
    assert [one.name for one in policy.rules] == ["Vide", "Soldes"]
    sale = policy.rules[1]
    assert (sale.when.weekdays, sale.never, sale.fallbacks, sale.least_part_minor, sale.hold) == (
        (5, 6), ("sud",), (("warehouse",), ("nord", PART_DIEU)), 1000, True,
    )  # fmt: skip
    assert str(sale.when.since) == "2026-11-30 23:00:00+00:00"
    assert (policy.labor["store"].pick_minor, policy.preferences, policy.deliveries["relais"].before) == (
        125,
        {"warehouse": -150, "nord": 200},
        990,
    )
    assert (policy.tariff.zones[5].id, policy.tariff.zones[5].areas, policy.tariff.services[0].prices[2][0]) == (
        "belgique",
        ("BE", "LU"),
        410,
    )  # type: ignore[index]
    page = await office.get(DRAFT)
    told = words(page)
    for sentence in (
        "Règle ajoutée : Soldes", "Prélever une ligne, magasin 1,10 € 1,25 €".replace("magasin", "les magasins"), "Préférence, les entrepôts 0,00 € -1,50 €",
        "Le samedi, dimanche, dès mardi 1er décembre, 00:00", "D’abord : les entrepôts ; à défaut : Nord, Lyon", "Jamais depuis : Sud.",
    ):  # fmt: skip
        assert sentence in told.replace("\xa0", " "), sentence
    saved = await office.post(
        DRAFT, data={"id": str(new_id()), "version": hidden(page, "version", DRAFT), "note": "Soldes d’hiver"}
    )
    assert saved.headers["location"] == f"{HERE}/versions/1?done=saved"
    assert (await office.get(DRAFT)).status_code == 404
    # Rates leave as a table and come back from a file.
    await press(office, f"{HERE}/versions/1/draft")
    sheet = (await office.get(f"{HERE}/versions/1/rates.csv")).content.decode("utf-8-sig").replace("4,10", "4,30")
    version = hidden(await office.get(DRAFT), "version", DRAFT)
    for content, status in (
        ("a;b\r\n1;2", 422),
        (sheet, 303),
        ((await office.get(f"{HERE}/versions/0/policy.json")).text, 409),
    ):
        sent = await office.post(
            f"{DRAFT}/import", data={"id": str(new_id()), "version": version}, files={"file": ("f", content.encode())}
        )
        assert sent.status_code == status
    assert (await draft_of(desk)).tariff.services[0].prices[2][0] == 430  # type: ignore[index]
    # A colleague saves in between: nothing is overwritten unseen.
    await desk.connection.execute(
        "INSERT INTO policy (kind, number, body, made_by, made_at) SELECT kind, 2, body, 'x', made_at FROM policy"
    )
    page = await office.get(DRAFT)
    assert "La version 2 a été enregistrée pendant que vous écriviez." in words(page)
    form = {"version": hidden(page, "version", DRAFT)}
    assert (await press(office, DRAFT, **form)).status_code == 409
    assert (await press(office, f"{DRAFT}/rebase")).status_code == 303
    form = {"version": hidden(await office.get(DRAFT), "version", DRAFT)}
    assert (await press(office, DRAFT, **form)).headers["location"] == f"{HERE}/versions/3?done=saved"
    # In force now, later, taken back, tried.
    assert (await press(office, f"{HERE}/versions/1/activate", when="now")).status_code == 303
    assert (await press(office, f"{HERE}/versions/3/activate", when="later", since_day="demain")).status_code == 422
    assert (
        (await press(office, f"{HERE}/versions/3/activate", when="later", since_day="2026-12-01", since_time="06:00"))
        .headers["location"]
        .endswith("planned")
    )
    assert "Elle entre en vigueur mardi 1er décembre, 06:00." in words(await office.get(f"{HERE}/versions/3"))
    assert (await press(office, f"{HERE}/versions/3/unplan")).status_code == 303
    assert (await press(office, f"{HERE}/versions/3/try", until_day="")).status_code == 303
    listed = words(await office.get(HERE))
    for sentence in (
        "Version 1, Soldes d’hiver",
        "Version 3 mise à l’essai",
        "Départ de la version 3 retiré",
        "Version 1 mise en vigueur",
    ):
        assert sentence in listed
    assert (await press(office, f"{HERE}/versions/1/activate", when="now")).status_code == 409
    assert (await (await desk.browser(INES)).get(HERE)).status_code in (303, 403)


async def test_what_was_tried_and_what_was_replayed_is_told_in_figures(desk: Desk) -> None:
    office, house, connection = await desk.browser(ODILE), desk.app.house, desk.connection
    await press(office, f"{HERE}/versions/0/draft")
    await send(office, f"{DRAFT}/rules/0", name="Tout de Lyon", only=[PART_DIEU])
    await press(office, DRAFT, version=hidden(await office.get(DRAFT), "version", DRAFT), note="")
    await press(office, f"{HERE}/versions/1/try", until_day="")
    await house.keeper.load()
    assert "Aucune décision encore" in words(await office.get(f"{HERE}/trial"))
    await desk.connection.execute("UPDATE location SET latitude = 50.6, longitude = 3 WHERE id <> $1", PART_DIEU)
    await house.keeper.load()
    for n, postcode in enumerate(("59800", "69003", "59000")):
        order, _ = await desk.order(None, kind="ship")
        await connection.execute(
            "UPDATE sales_order SET received_at = $2 WHERE id = $1", order, MIDDAY + timedelta(minutes=n)
        )
        await connection.execute("UPDATE order_line SET method = 'ship', location = NULL WHERE order_id = $1", order)
        await connection.execute(
            "INSERT INTO order_address (order_id, name, street, postcode, city, country) VALUES ($1, 'I', 'r', $2, 'V', 'FR')", order, postcode
        )  # fmt: skip
        await decide_again(desk, order)
    trial = words(await office.get(f"{HERE}/trial")).replace("\xa0", " ")
    assert "Décisions 3 Autrement 2 67 %" in trial and "Aurait coûté en plus" in trial
    assert "En vigueur : Lille 3 unités" in trial and "À l’essai : Lyon 3 unités" in trial
    desk.app.clock.at = MIDDAY + timedelta(minutes=30)
    asked = await press(office, f"{HERE}/simulations", a="0", b="1", since_day="2026-11-20", until_day="2026-11-20")
    where = asked.headers["location"]
    assert "0 sur 3 commandes" in (await page_of(desk, office, where, "running"))
    assert "hx-get" in (await office.get(where)).text
    await simulate(house)
    told = words(await office.get(where)).replace("\xa0", " ")
    assert "Envoyées autrement 2 sur 3 à envoyer" in told and "B coûte en plus" in told
    assert "A : Lille 3 unités" in told and "B : Lyon 3 unités" in told
    assert (await press(office, where + "/cancel")).status_code == 303
    for since, status in (("2026-11-21", 422), ("2026-11-2", 422), ("", 422)):
        assert (
            await press(office, f"{HERE}/simulations", a="0", b="1", since_day=since, until_day="2026-11-20")
        ).status_code == status
    assert "Fini" in words(await office.get(f"{HERE}/simulations"))
    # The same pages say it in the other language, and only in that.
    await press(office, f"{HERE}/versions/1/draft")
    await connection.execute("UPDATE staff SET language = 'en' WHERE id = $1", ODILE.id)
    parts = ("", "/figures", "/preferences", "/rates", "/rules/0", "/rules/1", "/lists/0")
    for path in (
        HERE,
        f"{HERE}/versions/0",
        f"{HERE}/versions/1",
        f"{HERE}/trial",
        f"{HERE}/simulations",
        where,
        *(DRAFT + part for part in parts),
    ):
        answer = await office.get(path)
        read = spoken(answer.text)
        said = read.text.replace("Tout de Lyon", "")
        assert (answer.status_code, read.language, words_of(said, "en")) == (200, "en", []), path


async def page_of(desk: Desk, office: httpx.AsyncClient, where: str, state: str) -> str:
    await desk.connection.execute("UPDATE simulation SET state = $1", state)
    return words(await office.get(where, headers={"hx-request": "true", "hx-request-type": "partial"}))


async def decide_again(desk: Desk, order: Any) -> None:
    """What sourcing keeps of an order when it comes in."""
    found = await _orders(desk.connection, (MIDDAY - timedelta(days=1), order), MIDDAY + timedelta(days=1))
    wish = next(one.wish for one in found if one.id == order)
    why = decide(wish, desk.app.house.outlook, MIDDAY).why
    assert why is not None
    await in_transaction(desk.app.house.pool, "system", MIDDAY, lambda tx: keep_decisions(tx, [(order, why)]))


async def test_a_version_that_cannot_be_read_any_more_breaks_no_page_and_decides_nothing(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    body = msgspec.json.encode(DEFAULT).decode()
    for number, kept in ((1, body), (2, '{"mode": "astrology"}')):
        await desk.connection.execute(
            "INSERT INTO policy (kind, number, body, made_by, made_at, active_from) VALUES ('sourcing', $1, $2, 'x', $3, $3)",
            number, kept, MIDDAY - timedelta(days=9 - number),
        )  # fmt: skip
    page = await office.get(HERE)
    assert "La version 2 ne peut pas être lue ici. Version 1 décide à sa place." in words(page)
    # The button begins from the version that decides.
    assert f'action="{HERE}/versions/1/draft"' in page.text
    assert (await office.get(f"{HERE}/versions/1")).status_code == 200
    for path in ("/versions/2", "/versions/2/policy.json", "/versions/2/rates.csv"):
        answer = await office.get(HERE + path)
        assert (answer.status_code, "Version illisible" in words(answer) or "policy_unreadable" in answer.text) == (
            409,
            True,
        ), path
    for act, more in (("draft", {}), ("activate", {"when": "now"}), ("try", {"until_day": ""})):
        assert (await press(office, f"{HERE}/versions/2/{act}", **more)).status_code == 409, act
    # A draft from before is said to be unreadable too, and beginning anew takes its place.
    await press(office, f"{HERE}/versions/1/draft")
    await desk.connection.execute("UPDATE policy_draft SET body = '{\"mode\": 1}'")
    assert (await office.get(DRAFT)).status_code == 409
    assert (await press(office, f"{HERE}/versions/1/draft")).status_code == 303
    assert (await office.get(DRAFT)).status_code == 200
