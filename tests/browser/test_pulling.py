"""A recall in a real browser on real processes: opened by head office, pulled from the shelf by scans with and without a network."""

import io
import re
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from comptoir.kit import postgres
from comptoir.world.cast import PASSWORD
from tests.browser.between import Wire, wired
from tests.browser.looking import assert_nothing_to_say, assert_targets_are_large_enough, eventually
from tests.browser.shop import LYON, Hands, Shop, open_shop

FEW = (
    "SELECT l.sku FROM stock_level l JOIN sku s USING (sku) WHERE l.location = $1 AND NOT s.is_kit AND s.blocked_reason IS NULL AND s.minimum_age IS NULL AND s.price_minor < 5000"
    " AND l.on_hand - l.reserved BETWEEN 3 AND 8 ORDER BY l.sku LIMIT 1"
)


@pytest.fixture(scope="module")
def shop(postgres_server: postgres.Server, template: str) -> Iterator[Shop]:
    with open_shop(postgres_server, "pulling") as made:
        yield made


@pytest.fixture
def wire(shop: Shop) -> Iterator[Wire]:
    with wired(shop.url) as made:
        yield made


def until(shop: Shop, page: Page, sql: str, wanted: object, *args: object) -> None:
    for _ in range(200):
        if shop.one(sql, *args) == wanted:
            return
        page.wait_for_timeout(50)
    assert shop.one(sql, *args) == wanted


def test_a_recall_is_opened_pulled_by_scans_with_no_network_and_its_units_end(
    browser: Browser, shop: Shop, wire: Wire
) -> None:
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
    far = Shop(wire.url, shop.dsn)
    far.enrolled(context)
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    hands = Hands(page, far)
    hands.sign_in()
    page.evaluate("() => navigator.serviceWorker.ready")
    page.wait_for_function("() => navigator.serviceWorker.controller")
    page.click("text=Rappel : à sortir du rayon")
    expect(page.locator("#list li")).to_have_count(1)
    hands.scan(shop.code_of(sku))
    expect(page.locator("#number")).to_have_text("1")
    assert_targets_are_large_enough(page)
    assert_nothing_to_say(page)
    until(shop, page, "SELECT coalesce(sum(units), 0)::int FROM recall_unit", 1)
    eventually(page, "async () => Boolean(await caches.match('/shell/recalls?language=fr'))")
    wire.cut = True
    for _ in range(there - 2):
        hands.scan(shop.code_of(sku))
    # Closed, and opened cold with the server gone: what was told and what waits both count, each once.
    answer = page.goto(f"{wire.url}/recalls")
    assert answer is not None and answer.from_service_worker
    page.click("[data-recall]")
    expect(page.locator("#number")).to_have_text(str(there - 1))
    hands.scan(shop.code_of(sku))
    expect(page.locator("#number")).to_have_text(str(there))
    page.click("#undo")
    expect(page.locator("#number")).to_have_text(str(there - 1))
    hands.scan(shop.code_of(shop.one(FEW.replace("ORDER BY l.sku", "ORDER BY l.sku DESC"), LYON)))
    expect(page.locator("#band")).to_contain_text("Pas dans la liste de")
    page.click("#done")
    expect(page.locator("#done")).to_contain_text("introuvable")
    page.click("#done")
    expect(page.locator("#looked")).to_be_visible()
    assert shop.one("SELECT coalesce(sum(units), 0)::int FROM recall_unit") == 1
    wire.cut = False
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

    # A correction with no network, on a page that is opened without one: the code and the picture are kept, the figure and the picture follow.
    other = shop.one(FEW.replace("ORDER BY l.sku", "ORDER BY l.sku DESC"), LYON)
    before = shop.stock(other)["on_hand"]
    shop.ask(
        "INSERT INTO reason (subject, code, fr, en, place, photo, changed_at, changed_who) VALUES ('adjust', 'damaged', 'Abîmé', 'Damaged', 10, true, now(), 'x')"
    )
    page.goto(f"{wire.url}/adjust")
    expect(page.locator("#reasons label")).to_have_count(8)
    eventually(page, "async () => Boolean(await caches.match('/shell/adjust?language=fr'))")
    wire.cut = True
    answer = page.goto(f"{wire.url}/adjust")
    assert answer is not None and answer.from_service_worker
    hands.scan(shop.code_of(other))
    page.locator("label", has_text="Abîmé").click()
    expect(page.locator("#save")).to_have_text("Prenez une photo")
    out = io.BytesIO()
    Image.new("RGB", (1600, 1200), "brown").save(out, "JPEG")
    with page.expect_file_chooser() as camera:
        page.click("#save")
    camera.value.set_files({"name": "broken.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()})
    expect(page.locator("#picture-word")).to_contain_text("Photo prise")
    page.locator("#photo").evaluate("node => node.scrollIntoView({block: 'center'})")
    assert_nothing_to_say(page)
    page.click("#save")
    expect(page.locator("#photos-word")).to_contain_text("1 photo attend le réseau")
    expect(page.locator("#undo-bar")).to_be_visible()
    assert_targets_are_large_enough(page)
    assert_nothing_to_say(page)
    wire.cut = False
    page.evaluate("dispatchEvent(new Event('online'))")
    until(shop, page, "SELECT on_hand FROM stock_level WHERE sku = $1 AND location = $2", before - 1, other, LYON)
    until(
        shop,
        page,
        "SELECT f.width::int FROM adjust_photo f JOIN stock_adjustment a ON a.photo = f.id AND a.id = f.adjustment",
        1280,
    )
    expect(page.locator("#photos")).to_be_hidden()
    page.click("[data-act=undo]")
    until(shop, page, "SELECT on_hand FROM stock_level WHERE sku = $1 AND location = $2", before, other, LYON)
    context.close()
    assert errors == []
