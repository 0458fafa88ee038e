"""Blind counts in a real browser on real processes: a directed list, taken by scans with no network, decided about by the manager."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from comptoir.kit import postgres
from comptoir.world.cast import HELENE, SAM
from tests.browser.between import wired
from tests.browser.looking import assert_nothing_to_say, assert_targets_are_large_enough
from tests.browser.shop import LYON, Hands, Shop, open_shop

KEPT = """async () => { const open = indexedDB.open("comptoir"); const db = await new Promise((done) => (open.onsuccess = () => done(open.result)));
  const asked = db.transaction("meta").objectStore("meta").get("counts"); return new Promise((done) => (asked.onsuccess = () => done(asked.result))); }"""


@pytest.fixture(scope="module")
def shop(postgres_server: postgres.Server, template: str) -> Iterator[Shop]:
    with open_shop(postgres_server, "counting") as made:
        yield made


def until(shop: Shop, page: object, sql: str, wanted: object, *args: object) -> None:
    for _ in range(200):
        if shop.one(sql, *args) == wanted:
            return
        page.wait_for_timeout(50)  # type: ignore[attr-defined]
    assert shop.one(sql, *args) == wanted


def test_a_directed_list_is_counted_blind_with_no_network_and_a_large_difference_is_counted_and_decided_by_others(
    browser: Browser, shop: Shop
) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640}, has_touch=True, locale="fr-FR")
    context.set_default_timeout(15_000)
    errors: list[str] = []
    with wired(shop.url) as wire:
        far = Shop(wire.url, shop.dsn)
        far.enrolled(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        hands = Hands(page, far)
        hands.sign_in()
        page.evaluate("() => navigator.serviceWorker.ready")
        page.wait_for_function("() => navigator.serviceWorker.controller")
        page.goto(f"{wire.url}/counts")
        page.click("text=Faire la liste du jour")
        expect(page.locator("#list li")).to_have_count(20)
        assert_targets_are_large_enough(page)
        assert_nothing_to_say(page)
        # What lies on the device says nothing of what is expected.
        kept = page.evaluate(KEPT)
        assert {key for row in kept["rows"] for key in row} == {
            "id", "sku", "name", "variant", "deciding", "picture", "reason", "again", "not_by", "place", "codes",
        }  # fmt: skip
        assert "on_hand" not in json.dumps(kept)
        asked = "SELECT k.sku FROM stock_count k JOIN stock_level l ON l.sku = k.sku AND l.location = k.location WHERE k.location = $1 AND k.status = 'asked'"
        few, many = (
            shop.one(f"{asked} AND l.on_hand - l.set_aside > 1 ORDER BY l.on_hand - l.set_aside, k.sku LIMIT 1", LYON),
            shop.one(f"{asked} ORDER BY l.on_hand - l.set_aside DESC, k.sku LIMIT 1", LYON),
        )
        right = shop.stock(few)["on_hand"] - shop.stock(few)["set_aside"]
        before = shop.stock(many)["on_hand"]

        wire.cut = True
        answer = page.goto(f"{wire.url}/counts")
        assert answer is not None and answer.from_service_worker
        expect(page.locator("#list li")).to_have_count(20)
        # The first: by scans, half of them before the page is closed, the rest from another shelf.
        hands.scan(shop.code_of(few))
        expect(page.locator("#number")).to_have_text("1")
        page.goto(f"{wire.url}/counts")
        expect(page.locator("#list")).to_contain_text("1 pour l’instant")
        page.locator("#list li:has-text('1 pour l’instant') button").click()
        page.click("#another")
        for _ in range(right - 1):
            hands.scan(shop.code_of(few))
        expect(page.locator("#save")).to_have_text(f"Enregistrer {right}")
        page.click("#save")
        expect(page.locator("#list")).to_contain_text("Gardé sur cet appareil")
        # The second: forty too many, typed. A code that nobody knows lies beside it.
        hands.scan(shop.code_of(many))
        hands.scan("XX-NOBODY-KNOWS")
        expect(page.locator("[data-act=note]")).to_be_in_viewport()
        page.click("[data-act=note]")
        page.click("[data-key=back]")
        for key in str(before + 40):
            page.click(f"[data-key='{key}']")
        shown = before + 40
        expect(page.locator("#number")).to_have_text(str(shown))
        page.click("#save")
        expect(page.locator("#list .i").first).to_be_visible()
        assert shop.one("SELECT count(*)::int FROM stock_count_figure") == 0

        wire.cut = False
        page.evaluate("dispatchEvent(new Event('online'))")
        until(shop, page, "SELECT count(*)::int FROM stock_count_figure", 2)
        assert shop.ask("SELECT k.status, f.quantity, f.expected, cardinality(f.parts) AS shelves FROM stock_count k JOIN stock_count_figure f ON f.count_id = k.id WHERE k.sku = $1", few) == [
            {"status": "approved", "quantity": right, "expected": right, "shelves": 2}
        ]  # fmt: skip
        assert shop.one("SELECT status FROM stock_count WHERE sku = $1 AND location = $2", many, LYON) == "recount"
        assert shop.one("SELECT body->>'code' FROM exception WHERE kind = 'unknown_in_count'") == "XX-NOBODY-KNOWS"
        assert shop.stock(many)["on_hand"] == before
        # Whoever counted it is not asked again; a colleague is.
        expect(page.locator("#list")).to_contain_text("À recompter par quelqu’un d’autre")
        page.evaluate("fetch('/sign-out', {method: 'POST', redirect: 'manual'}).then(() => true)")
        hands.sign_in(SAM.badge)
        page.goto(f"{wire.url}/counts")
        expect(page.locator("#list")).to_contain_text("Deuxième comptage")
        hands.scan(shop.code_of(many))
        page.click("[data-key='back']")
        for key in str(shown):
            page.click(f"[data-key='{key}']")
        expect(page.locator("#number")).to_have_text(str(shown))
        page.click("#save")
        until(shop, page, "SELECT status FROM stock_count WHERE sku = $1 AND location = $2", "submitted", many, LYON)
    context.close()
    assert errors == []

    desk = browser.new_context(viewport={"width": 1280, "height": 900}, locale="fr-FR", ignore_https_errors=True)
    office = desk.new_page()
    office.goto(f"{shop.url}/sign-in/manager")
    office.fill("#f-email", HELENE.email)
    office.fill("#f-password", HELENE.password or "")
    office.click("button.main")
    office.wait_for_url("**/manager")
    office.goto(f"{shop.url}/manager/stock")
    row = office.locator(".count-row")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Sam")
    assert_nothing_to_say(office)
    row.locator("select").select_option("receipt_wrong")
    row.locator("text=Valider").click()
    expect(office.locator(".count-row")).to_have_count(0)
    assert shop.stock(many)["on_hand"] - shop.stock(many)["set_aside"] == shown
    assert (
        shop.one("SELECT reason FROM stock_movement WHERE fact = 'count' AND sku = $1 AND location = $2", many, LYON)
        == "receipt_wrong"
    )
    desk.close()
