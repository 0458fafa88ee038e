"""The packing table in a real browser: a wave of eight picked orders is packed by scans, also without a network, and every label comes."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Browser, expect

from comptoir.kit import postgres
from comptoir.kit.db import open_pool
from comptoir.seeding import packing
from comptoir.world.cast import CAMILLE
from tests.aside import run_aside
from tests.browser.between import wired
from tests.browser.looking import assert_nothing_to_say, assert_targets_are_large_enough
from tests.browser.shop import LYON, Hands, Shop, open_shop

WAVE = 8
ADDRESS = {"name": "Inès Aubry", "street": "4 rue du Bœuf", "postcode": "69005", "city": "Lyon", "country": "FR"}
BOTH = (
    "SELECT l.sku FROM stock_level l JOIN stock_level w ON w.sku = l.sku AND w.location = 'entrepot-isle-d-abeau' JOIN sku s ON s.sku = l.sku"
    " WHERE l.location = $1 AND l.on_hand > 4 AND w.on_hand > 4 AND s.blocked_reason IS NULL AND NOT s.ships_alone AND s.length_mm < 400 ORDER BY l.sku LIMIT 9"
)


@pytest.fixture(scope="module")
def shop(postgres_server: postgres.Server, template: str) -> Iterator[Shop]:
    with open_shop(postgres_server, "packing") as opened:
        yield opened


def placed(shop: Shop, *skus: str) -> None:
    """An order to be sent."""
    rows = {
        row["sku"]: row
        for row in shop.ask("SELECT sku, price_minor, vat_rate_bp FROM sku WHERE sku = ANY($1)", list(skus))
    }
    lines: list[dict[str, Any]] = []
    for sku in skus:
        price, rate = rows[sku]["price_minor"], rows[sku]["vat_rate_bp"]
        vat = (2 * price * rate + 10000 + rate) // (2 * (10000 + rate))
        lines.append({"sku": sku, "quantity": 1, "unit_price_minor": price, "vat_rate_bp": rate, "total_minor": price, "vat_minor": vat, "method": "ship"})  # fmt: skip
    total = sum(line["total_minor"] for line in lines)
    body = {
        "id": str(uuid4()), "placed_at": datetime.now(UTC).isoformat(), "customer": {"first_name": "Inès", "last_name": "Aubry", "email": "client@example.fr"},
        "lines": lines, "payment": {"provider": "psp", "reference": "r", "state": "captured", "amount_minor": total}, "total_minor": total,
        "vat_minor": sum(line["vat_minor"] for line in lines), "ship_to": ADDRESS,
    }  # fmt: skip
    answer = shop.api.post("/api/v1/orders", json=body)
    assert answer.status_code == 201, answer.text


def at_the_table(shop: Shop) -> int:
    async def lay() -> int:
        pool = await open_pool(shop.dsn, 2)
        try:
            return await packing.lay_out(pool, datetime.now(UTC), WAVE, packs=0)
        finally:
            await pool.close()

    return run_aside(lay())


def test_a_wave_of_eight_orders_is_packed_by_scans_and_every_parcel_gets_its_label(
    browser: Browser, shop: Shop
) -> None:
    skus = [row["sku"] for row in shop.ask(BOTH, LYON)]
    for sku in skus[: WAVE - 1]:
        placed(shop, sku)
    placed(shop, skus[7], skus[8])
    assert at_the_table(shop) == WAVE
    context = browser.new_context(viewport={"width": 360, "height": 640}, has_touch=True, locale="fr-FR")
    context.set_default_timeout(15_000)
    shop.enrolled(context)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    hands = Hands(page, shop)
    hands.sign_in()
    hands.forget()
    page.goto(f"{shop.url}/packing")
    expect(page.locator("a.work")).to_have_count(WAVE)
    works = [row.get_attribute("href") for row in page.locator("a.work").all()]
    for number, href in enumerate(works):
        page.goto(f"{shop.url}{href}")
        expect(page.locator("body[data-step=empty]")).to_be_visible()
        if number == 0:
            assert_targets_are_large_enough(page)
            hands.scan("3700000000099")
            expect(page.locator("#band")).to_contain_text("Pas dans cette commande")
        away = number == 1
        context.set_offline(away)
        work = str(href).rsplit("/", 1)[-1]
        wanted = [row["sku"] for row in shop.ask("SELECT sku FROM work_line WHERE work = $1::uuid ORDER BY line", work)]
        for sku in wanted:
            hands.scan(shop.code_of(sku))
        if number == 2:
            # Taken out once the server has it, and put in again.
            expect(page.locator("[data-sync] .pill.ok")).to_be_visible()
            page.locator("#undo").click()
            expect(page.locator("body[data-step=empty]")).to_be_visible()
            hands.scan(shop.code_of(wanted[-1]))
        expect(page.locator("#band")).to_contain_text("Tout est dans le colis" if len(wanted) > 1 else "")
        hands.tap("#close")
        expect(page.locator("body[data-step=done]")).to_be_visible()
        if away:
            expect(page.locator("#band").filter(has_text="L’étiquette attend le réseau")).to_be_visible()
            context.set_offline(False)
            page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.locator("#parcels .card")).to_be_visible()
    # Nobody waited for a label; each has come by itself. One tap and one scan for an order of one article.
    assert (hands.taps, hands.scans) == (WAVE, WAVE + 3)
    page.goto(f"{shop.url}{works[-1]}")
    expect(page.get_by_role("button", name="Imprimer l’étiquette")).to_be_visible()
    assert_nothing_to_say(page)
    states = "SELECT count(*) FROM work WHERE kind = 'ship' AND status = 'labeled'"
    for _ in range(200):
        if shop.one(states) == WAVE:
            break
        page.wait_for_timeout(100)
    assert (shop.one(states), shop.one("SELECT count(*) FROM label_attempt")) == (WAVE, WAVE)
    label = shop.one("SELECT id FROM label_attempt WHERE work = $1::uuid", str(works[-1]).rsplit("/", 1)[-1])
    for path in (f"/packing/labels/{label}/paper", f"{works[-1]}/slip/paper", f"{works[-1]}/slip/paper?gift=true"):
        answer = context.request.get(f"{shop.url}{path}")
        assert (answer.status, answer.headers["content-type"], answer.body()[:5]) == (200, "application/pdf", b"%PDF-")
    # The store has no printer: the label itself opens.
    asked = context.request.post(
        f"{shop.url}/packing/labels/{label}/print", form={"id": str(uuid4())}, headers={"sec-fetch-site": "same-origin"}, max_redirects=0,
    )  # fmt: skip
    assert (asked.status, asked.headers["location"]) == (303, f"/packing/labels/{label}/paper")
    context.close()
    assert errors == []


def test_packing_opens_and_goes_on_with_no_network_and_what_must_not_lie_together_travels_apart(
    browser: Browser, shop: Shop
) -> None:
    acid, scent, giant = [row["sku"] for row in shop.ask(BOTH, LYON)][-3:]
    for sku, kind in ((acid, "corrosive"), (scent, "perfume")):
        shop.ask("UPDATE sku SET dangerous = $2, dangerous_amount = 50 WHERE sku = $1", sku, kind)
    shop.ask("UPDATE sku SET length_mm = 2400 WHERE sku = $1", giant)
    placed(shop, acid, scent, giant)
    assert at_the_table(shop) == 1
    context = browser.new_context(viewport={"width": 360, "height": 640}, has_touch=True, locale="fr-FR")
    context.set_default_timeout(15_000)
    shop.enrolled(context)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    with wired(shop.url) as wire:
        hands = Hands(page, shop)
        page.goto(f"{wire.url}/sign-in")
        hands.scan(CAMILLE.badge)
        page.wait_for_url("**/work")
        page.goto(f"{wire.url}/packing")
        page.locator("body[data-keeps]").wait_for()
        for _ in range(150):
            if page.evaluate("Boolean(navigator.serviceWorker.controller)"):
                break
            page.wait_for_timeout(100)
        told = context.request.get(f"{wire.url}/packing/kept").text()
        assert all(word not in told for word in ("Aubry", "client@example.fr", "rue du", "69005"))
        wire.cut = True
        page.goto(f"{wire.url}/packing/{UUID(int=7)}")
        page.get_by_role("heading", name="Pas de réseau").wait_for()
        page.goto(f"{wire.url}/packing")
        expect(page.locator("a.work")).to_have_count(1)
        assert_nothing_to_say(page)
        page.locator("a.work").click()
        said, band = page.locator("#mind"), page.locator("#band")
        expect(said).to_contain_text("l’étiquette vient au retour du réseau")
        hands.scan(shop.code_of(acid))
        expect(page.locator("body[data-step=packing]")).to_be_visible()
        hands.scan(shop.code_of(scent))
        expect(band).to_contain_text("Pas dans ce colis")
        expect(said).to_contain_text("jamais avec")
        assert_targets_are_large_enough(page)
        assert_nothing_to_say(page)
        hands.tap("#close")
        expect(said).not_to_contain_text("jamais avec")
        page.reload()
        # Nothing was lost: the second parcel is open with the second article in it.
        expect(page.locator("body[data-step=packing]")).to_be_visible()
        assert page.locator("#lines li:not([hidden])").count() == 2
        hands.scan(shop.code_of(giant))
        expect(said).to_contain_text("trop grand, emballez à part")
        hands.tap("#close")
        expect(page.locator("#close")).to_have_text(re.compile("^Fermer · [0-9]"))
        hands.tap("#close")
        expect(page.locator("body[data-step=done]")).to_be_visible()
        wire.cut = False
        page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.locator("#parcels .card")).to_have_count(3)
        # The server's own page has come back by itself.
        page.locator("h1 #number").wait_for()
        expect(page.locator("#away")).to_be_visible()
    rows = shop.ask(
        "SELECT p.number, array_agg(w.sku) AS skus FROM parcel p JOIN parcel_line l ON l.parcel = p.id JOIN work_line w ON w.work = p.work AND w.line = l.line"
        " WHERE p.work = (SELECT work FROM work_line WHERE sku = $1 ORDER BY work DESC LIMIT 1) GROUP BY p.number ORDER BY p.number",
        giant,
    )
    assert [row["skus"] for row in rows] == [[acid], [scent], [giant]]
    context.close()
    assert errors == []
