"""A recall in a real browser on real processes: opened by head office, pulled from the shelf by scans with and without a network."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from comptoir.kit import postgres
from comptoir.world.cast import PASSWORD
from tests.browser.looking import assert_nothing_to_say, assert_targets_are_large_enough
from tests.browser.shop import LYON, Hands, Shop, open_shop

FEW = (
    "SELECT l.sku FROM stock_level l JOIN sku s USING (sku) WHERE l.location = $1 AND NOT s.is_kit AND s.blocked_reason IS NULL AND s.minimum_age IS NULL AND s.price_minor < 5000"
    " AND l.on_hand - l.reserved BETWEEN 3 AND 8 ORDER BY l.sku LIMIT 1"
)


@pytest.fixture(scope="module")
def shop(postgres_server: postgres.Server, template: str) -> Iterator[Shop]:
    with open_shop(postgres_server, "pulling") as made:
        yield made


def until(shop: Shop, page: Page, sql: str, wanted: object, *args: object) -> None:
    for _ in range(200):
        if shop.one(sql, *args) == wanted:
            return
        page.wait_for_timeout(50)
    assert shop.one(sql, *args) == wanted


def test_a_recall_is_opened_pulled_by_scans_with_no_network_and_its_units_end(browser: Browser, shop: Shop) -> None:
    sku = shop.one(FEW, LYON)
    there = shop.stock(sku)["on_hand"]
    waiting = shop.order((sku, 1))["id"]

    desk = browser.new_context(viewport={"width": 1280, "height": 800}, locale="fr-FR")
    office = desk.new_page()
    office.goto(f"{shop.url}/sign-in/manager")
    office.fill("#f-email", "odile.ferrand@example.com")
    office.fill("#f-password", PASSWORD)
    office.click("button.main")
    office.wait_for_url("**/manager")
    office.goto(f"{shop.url}/manager/stock/recalls/new?sku={sku}")
    office.fill("#f-hazard_fr", "Un rappel volontaire, le verre peut casser.")
    office.fill("#f-hazard_en", "The glass can break: risk of cuts.")
    office.fill("#f-contact", "0 800 100 200")
    office.click("button[value=look]")
    expect(office.locator("[role=alert]")).to_contain_text("minimise le danger")
    office.fill("#f-hazard_fr", "Le verre peut casser : risque de coupure.")
    office.click("button[value=look]")
    expect(office.locator("section:has(#effect-head)")).to_contain_text("dans 1 commande pas encore partie")
    assert shop.one("SELECT count(*)::int FROM recall") == 0
    assert_nothing_to_say(office)
    office.click("button[value=open]")
    office.wait_for_url(re.compile("/recalls/[0-9a-f-]{36}$"))
    until(shop, office, "SELECT progress FROM sales_order WHERE id = $1::text::uuid", "canceled", str(waiting))

    errors: list[str] = []
    context = browser.new_context(viewport={"width": 320, "height": 640}, has_touch=True, locale="fr-FR")
    context.set_default_timeout(15_000)
    shop.enrolled(context)
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    hands = Hands(page, shop)
    hands.sign_in()
    page.click("text=Rappel : à sortir du rayon")
    expect(page.locator("#list li")).to_have_count(1)
    hands.scan(shop.code_of(sku))
    expect(page.locator("#number")).to_have_text("1")
    assert_targets_are_large_enough(page)
    assert_nothing_to_say(page)
    until(shop, page, "SELECT coalesce(sum(units), 0)::int FROM recall_unit", 1)
    context.set_offline(True)
    for _ in range(there - 2):
        hands.scan(shop.code_of(sku))
    hands.scan(shop.code_of(sku))
    page.click("#undo")
    expect(page.locator("#number")).to_have_text(str(there - 1))
    page.click("#done")
    expect(page.locator("#done")).to_contain_text("introuvable")
    page.click("#done")
    expect(page.locator("#looked")).to_be_visible()
    assert shop.one("SELECT coalesce(sum(units), 0)::int FROM recall_unit") == 1
    context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    until(shop, page, "SELECT missing FROM recall_place WHERE location = $1", 1, LYON)
    assert shop.one("SELECT sum(units)::int FROM recall_unit") == there - 1
    stock = shop.stock(sku)
    assert (stock["on_hand"], stock["reserved"], stock["unsellable"]) == (1, 0, there - 1)
    expect(page.locator("#of")).to_contain_text("1 encore attendu")

    office.reload()
    row = office.locator("#places tbody tr").filter(has_text="Part-Dieu")
    expect(row).to_contain_text(str(there - 1))
    office.select_option("#f-location", LYON)
    office.click("label:has(input[value=destroyed])")
    office.fill("#f-proof", "Certificat 2026-118")
    office.click("text=Enregistrer")
    expect(office.locator("main")).to_contain_text("Certificat 2026-118")
    assert shop.stock(sku)["unsellable"] == 0
    office.locator("summary", has_text="Terminer le rappel").click()
    office.click("form[action$='/close'] button")
    expect(office.locator("main")).to_contain_text("lieux qui n’ont pas cherché")
    desk.close()

    # A correction with no network: the code is kept, the figure follows.
    other = shop.one(FEW.replace("ORDER BY l.sku", "ORDER BY l.sku DESC"), LYON)
    before = shop.stock(other)["on_hand"]
    page.goto(f"{shop.url}/adjust")
    context.set_offline(True)
    hands.scan(shop.code_of(other))
    page.locator("label", has_text="Abîmé").click()
    page.click("#save")
    expect(page.locator("#undo-bar")).to_be_visible()
    assert_targets_are_large_enough(page)
    context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    until(shop, page, "SELECT on_hand FROM stock_level WHERE sku = $1 AND location = $2", before - 1, other, LYON)
    page.click("[data-act=undo]")
    until(shop, page, "SELECT on_hand FROM stock_level WHERE sku = $1 AND location = $2", before, other, LYON)
    context.close()
    assert errors == []
