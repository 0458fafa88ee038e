"""Head office writes the return rules and words the reasons on pages without a script; what it saves judges returns from its day on."""

from collections.abc import AsyncIterator
from datetime import date

import msgspec
import pytest

from comptoir.flows.reading_returns import read_policy
from comptoir.kit.ids import new_id
from comptoir.returns.policy import DEFAULT, DeliveryRate, Policy, Uninformed
from comptoir.returns.queries import list_reasons
from comptoir.returns.reasons import offered
from tests.conftest import Database
from tests.pages.manager_door import Desk, hidden, opened, words
from tests.pages.test_policies import press, send
from tests.people import INES, ODILE

pytestmark = pytest.mark.anyio
HERE = "/manager/return-rules"
DRAFT, REASONS = HERE + "/draft", HERE + "/reasons"


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as desk:
        await desk.connection.execute(
            "INSERT INTO channel (id, kind, name) VALUES ('shopify', 'shopify', 'orme.example')"
        )
        yield desk


async def draft_of(desk: Desk) -> Policy:
    body = await desk.connection.fetchval("SELECT body::text FROM policy_draft WHERE kind = 'returns'")
    return msgspec.json.decode(body, type=Policy)


async def test_rules_of_returns_are_written_saved_and_put_in_force_from_a_day_on(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    assert (await office.get(DRAFT)).status_code == 404
    assert (await press(office, f"{HERE}/versions/0/draft")).headers["location"] == DRAFT
    # Every page saves what it shows, unchanged: nothing is lost on the way through text.
    for part in ("rules/0", "rules/1", "terms", "goods"):
        assert (await send(office, f"{DRAFT}/{part}")).status_code == 303, part
    assert await draft_of(desk) == DEFAULT
    wrong = await send(office, f"{DRAFT}/terms", associate="beaucoup")
    assert wrong.status_code == 422 and 'value="beaucoup"' in wrong.text and "Écrivez-le comme 4,90." in words(wrong)
    terms = {
        "associate": "80", "sold_shopify": "store", "gap_channel0": "shopify", "gap_since0": "2026-10-01",
        "gap_until0": "2026-10-31", "receipt_times": "1",
    }  # fmt: skip
    assert (await send(office, f"{DRAFT}/terms", **terms)).status_code == 303
    for field, value in (("gap_until0", "2026-09-01"), ("gap_since0", ""), ("defect_gives", "credit")):
        assert (await send(office, f"{DRAFT}/terms", **{field: value})).status_code == 422, field
    rule = {
        "name": "Noël", "countries": "fr, be", "days": "30", "until": "2027-01-31", "bought_since": "2026-11-01",
        "conditions": ["as_new", "opened"], "gives": "credit", "keep": "5",
    }  # fmt: skip
    assert (await send(office, f"{DRAFT}/rules/2", **rule)).status_code == 303
    for changed in (
        {"name": ""},
        {"countries": "France"},
        {"gives": ""},
        {"bought_until": "2026-10-01"},
        {"days": "x"},
    ):
        assert (await send(office, f"{DRAFT}/rules/2", **changed)).status_code == 422, changed
    assert (await office.get(f"{DRAFT}/rules/7")).status_code == 404
    version = hidden(await office.get(DRAFT), "version", "/order")
    assert (await press(office, f"{DRAFT}/order", version=version, at="2", act="up")).status_code == 303
    assert (await press(office, f"{DRAFT}/order", version=version, at="0", act="remove")).status_code == 409
    goods = {"to2": "destroy", "reason2": "defective", "method3": "postal", "payer3": "house", "countries3": "de"}
    assert (await send(office, f"{DRAFT}/goods", **goods, more="1")).headers["location"] == f"{DRAFT}/goods"
    policy = await draft_of(desk)
    assert [one.name for one in policy.goodwill] == ["30 jours", "Noël", "Entreprises"]
    assert policy.goodwill[1].when.countries == ("FR", "BE") and policy.goodwill[1].keep_bp == 500
    assert (policy.associate_minor, policy.contracts, policy.no_receipt.most_times) == (8_000, {"shopify": "store"}, 1)
    assert policy.uninformed == (Uninformed("shopify", date(2026, 10, 1), date(2026, 10, 31)),)
    assert (policy.dispositions[2].to, policy.ways[3].countries) == ("destroy", ("DE",))
    # What a delivery costs, in its order: what stays is priced by the first row that fits.
    for wrong in (
        {"rate_fee0": "cher"},
        {"rate_fee0": "1", "rate_grams0": "lourd"},
        {"rate_fee0": "1", "rate_services0": "À la carte"},
    ):
        assert (await send(office, f"{DRAFT}/goods", **wrong)).status_code == 422, wrong
    rates = {
        "rate_fee0": "6,90",
        "rate_fee1": "4,90",
        "rate_up_to1": "150",
        "rate_services1": "standard",
        "rate_grams1": "2000",
    }
    assert (await send(office, f"{DRAFT}/goods", **rates)).status_code == 303
    version = hidden(await office.get(DRAFT), "version", "/order")
    moved = await press(office, f"{DRAFT}/order", of="rates", version=version, at="1", act="up")
    assert moved.headers["location"] == f"{DRAFT}#rates"
    policy = await draft_of(desk)
    assert policy.delivery_rates == (DeliveryRate(490, 15_000, 2_000, ("standard",)), DeliveryRate(690))
    assert "jusqu’à 150,00 € d’articles · jusqu’à 2000 g · standard" in words(await office.get(DRAFT)).replace(
        "\xa0", " "
    )
    # What becomes of goods is taken in its order too: the new row goes up by one, and away from a page that is behind it does not.
    version = hidden(await office.get(DRAFT), "version", "/order")
    moved = await press(office, f"{DRAFT}/order", of="goods", version=version, at="2", act="up")
    assert moved.headers["location"] == f"{DRAFT}#goods"
    policy = await draft_of(desk)
    assert [one.to for one in policy.dispositions] == ["vendor", "destroy", "repair"]
    assert (await press(office, f"{DRAFT}/order", of="goods", version=version, at="0", act="remove")).status_code == 409
    page = await office.get(DRAFT)
    told = words(page).replace("\xa0", " ")
    for sentence in (
        "Règle ajoutée : Noël", "Un vendeur règle seul jusqu’à 150,00 € 80,00 €", "Au moins jusqu’au 31 janvier 2027.",
        "Pays FR, BE, acheté dès le 1er novembre 2026", "Moyens de retour",
    ):  # fmt: skip
        assert sentence in told, sentence
    saved = await press(office, DRAFT, version=hidden(page, "version", DRAFT), note="Fêtes")
    assert saved.headers["location"] == f"{HERE}/versions/1?done=saved"
    assert (await office.get(DRAFT)).status_code == 404
    # Saved is not in force; from a day on, taken back, now; what has held is not changed any more.
    assert (await read_policy(desk.connection, desk.app.clock()))[0] == 0
    later = {"when": "later", "since_day": "2026-12-01", "since_time": "06:00"}
    assert (await press(office, f"{HERE}/versions/1/activate", when="later", since_day="demain")).status_code == 422
    planned = await press(office, f"{HERE}/versions/1/activate", **later)
    assert planned.headers["location"].endswith("done=planned")
    assert "Elle entre en vigueur mardi 1er décembre, 06:00." in words(await office.get(f"{HERE}/versions/1"))
    assert (await press(office, f"{HERE}/versions/1/unplan")).status_code == 303
    assert (await press(office, f"{HERE}/versions/1/activate", when="now")).status_code == 303
    assert await read_policy(desk.connection, desk.app.clock()) == (1, policy)
    assert (await press(office, f"{HERE}/versions/1/activate", when="now")).status_code == 409
    listed = words(await office.get(HERE))
    for sentence in (
        "Version 1, Fêtes",
        "Version 1 mise en vigueur",
        "Départ de la version 1 retiré",
        "La loi passe d’abord",
    ):
        assert sentence in listed, sentence
    assert (await (await desk.browser(INES)).get(HERE)).status_code in (303, 403)


async def test_a_draft_overwrites_nobody_unseen_and_is_saved_only_when_it_can_be_used(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    await press(office, f"{HERE}/versions/0/draft")
    none = {f"method{n}": "" for n in range(3)}
    assert (await send(office, f"{DRAFT}/goods", **none)).status_code == 303
    page = await office.get(DRAFT)
    assert "Aucun moyen de retour" in words(page)
    assert (await press(office, DRAFT, version=hidden(page, "version", DRAFT))).status_code == 422
    assert (await send(office, f"{DRAFT}/goods", method0="store")).status_code == 303
    await desk.connection.execute(
        "INSERT INTO policy (kind, number, body, made_by, made_at) SELECT kind, 1, body, 'x', $1 FROM policy_draft",
        desk.app.clock(),
    )
    page = await office.get(DRAFT)
    assert "La version 1 a été enregistrée pendant que vous écriviez." in words(page)
    assert (await press(office, DRAFT, version=hidden(page, "version", DRAFT))).status_code == 409
    assert (await press(office, f"{DRAFT}/rebase")).status_code == 303
    version = hidden(await office.get(DRAFT), "version", DRAFT)
    assert (await press(office, DRAFT, version=version)).headers["location"] == f"{HERE}/versions/2?done=saved"
    await press(office, f"{HERE}/versions/2/draft")
    assert (await press(office, f"{DRAFT}/drop")).headers["location"] == HERE


async def test_reasons_are_worded_added_moved_and_hidden_and_never_lost(desk: Desk) -> None:
    office = await desk.browser(ODILE)
    assert (
        await send(office, f"{REASONS}/too_small", fr="Une taille trop petite", en="A size too small")
    ).status_code == 303
    new = {"code": "Reçu deux fois", "fr": "Reçu en double", "en": "Got it twice", "used": "1"}
    refused = await send(office, f"{REASONS}/new", **new)
    assert refused.status_code == 422 and "Reçu en double" in refused.text
    assert (await send(office, f"{REASONS}/new", **new | {"code": "got twice"})).status_code == 303
    assert (await send(office, f"{REASONS}/new", **new | {"code": "got_twice"})).status_code == 409
    assert (await press(office, f"{REASONS}/got_twice/move", act="up")).status_code == 303
    fields = {"fr": "Ne plaît pas", "en": "Not to my liking", "id": str(new_id())}
    assert (await office.post(f"{REASONS}/not_liked", data=fields)).status_code == 303
    assert (await office.post(f"{REASONS}/no_reason", data=fields)).status_code == 409
    assert (await office.post(f"{REASONS}/nobody", data=fields)).status_code == 404
    assert (await press(office, f"{REASONS}/nobody/move", act="up")).status_code == 404
    known = await list_reasons(desk.connection)
    assert [one.code for one in known][-2:] == ["got_twice", "no_reason"]
    assert known[0].says("fr") == "Une taille trop petite"
    assert {one.code for one in known} - {one.code for one in offered(known)} == {"not_liked"}
    listed = words(await office.get(REASONS))
    assert "Got it twice" in listed and "Pas proposé" in listed
