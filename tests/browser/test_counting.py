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

ZERO_IS_IN_SIGHT = """() => document.querySelector("[data-key='0']").getBoundingClientRect().bottom <= document.querySelector(".dock").getBoundingClientRect().top"""


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
        assert page.evaluate(ZERO_IS_IN_SIGHT), "on the smallest phone nobody scrolls to type a ten"
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
        expect(page.locator("#list")).to_contain_text("À recompter par quelqu’un d’autre", timeout=15_000)
        # With nothing left for her she may ask for the next list, whatever waits for others.
        expect(page.locator("#direct")).to_be_hidden()
        shop.ask("UPDATE stock_count SET status = 'canceled' WHERE status = 'asked' AND location = $1", LYON)
        page.goto(f"{wire.url}/counts")
        expect(page.locator("#list li")).to_have_count(1)
        expect(page.locator("#direct")).to_be_visible()
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


def test_what_was_begun_stays_on_the_device_when_more_urgent_counts_push_it_off_the_list(
    browser: Browser, shop: Shop
) -> None:
    asked = (
        "INSERT INTO stock_count (id, location, sku, status, reason, asked_at, asked_by, urgency) SELECT gen_random_uuid(), $1, l.sku, 'asked', 'asked', now(), 'test', $2"
        " FROM stock_level l JOIN sku s ON s.sku = l.sku AND NOT s.is_kit WHERE l.location = $1 ORDER BY l.sku LIMIT $3 ON CONFLICT DO NOTHING RETURNING id, sku"
    )
    shop.ask("UPDATE stock_count SET status = 'canceled' WHERE status IN ('asked', 'recount', 'submitted')")
    mine, other = (row["sku"] for row in shop.ask(asked, LYON, 5, 2))
    context = browser.new_context(viewport={"width": 320, "height": 640}, has_touch=True, locale="fr-FR")
    context.set_default_timeout(15_000)
    shop.enrolled(context)
    page = context.new_page()
    hands = Hands(page, shop)
    hands.sign_in()
    for sku, units in ((mine, 2), (other, 1)):
        page.goto(f"{shop.url}/counts")
        for n in range(units):
            hands.scan(shop.code_of(sku))
            expect(page.locator("#number")).to_have_text(str(n + 1))
    # A hundred that come first; one of the two is no longer asked for.
    assert len(shop.ask(asked, LYON, 0, 102)) == 100
    assert shop.one("SELECT count(*)::int FROM stock_count WHERE status = 'asked'") == 102
    shop.ask("UPDATE stock_count SET status = 'canceled' WHERE sku = $1 AND status = 'asked'", other)
    with page.expect_response("**/sync/keep"):
        page.goto(f"{shop.url}/counts")
    begun = page.locator("#list li", has_text="pour l’instant")
    expect(page.locator("#list li")).to_have_count(101)
    expect(begun).to_have_count(1)
    page.reload()
    expect(begun).to_contain_text("2 pour l’instant")
    hands.scan(shop.code_of(mine))
    expect(page.locator("#number")).to_have_text("3")
    page.click("#save")
    until(
        shop,
        page,
        "SELECT counted FROM stock_count WHERE sku = $1 AND counted IS NOT NULL ORDER BY asked_at DESC LIMIT 1",
        3,
        mine,
    )
    expect(page.locator("#list li")).to_have_count(100)
    shop.ask("UPDATE stock_count SET status = 'canceled' WHERE status IN ('asked', 'recount', 'submitted')")
    context.close()


def test_a_whole_shelf_is_counted_with_no_network_and_what_was_not_seen_is_zero_once_it_was_shown_and_confirmed(
    browser: Browser, shop: Shop
) -> None:
    aisle, bay = shop.ask(
        "SELECT aisle, bay FROM shelf_place WHERE location = $1 GROUP BY 1, 2 HAVING count(*) BETWEEN 3 AND 9 ORDER BY 1, 2 LIMIT 1", LYON
    )[0].values()  # fmt: skip
    there = "SELECT sku FROM shelf_place WHERE location = $1 AND aisle = $2 AND bay = $3"
    desk = browser.new_context(viewport={"width": 1280, "height": 900}, locale="fr-FR", ignore_https_errors=True)
    office = desk.new_page()
    office.goto(f"{shop.url}/sign-in/manager")
    office.fill("#f-email", HELENE.email)
    office.fill("#f-password", HELENE.password or "")
    office.click("button.main")
    office.wait_for_url("**/manager")
    office.goto(f"{shop.url}/manager/stock/shelves")
    office.locator(f"li:has-text('Allée {aisle}, travée {bay}') button").click()
    office.wait_for_url("**/manager/stock/shelves/*")
    listed = [
        row["sku"]
        for row in shop.ask("SELECT k.sku FROM stock_count k JOIN shelf_count h ON h.id = k.shelf ORDER BY k.sku")
    ]
    assert set(listed) == {row["sku"] for row in shop.ask(there, LYON, aisle, bay)} and len(listed) > 2
    foreign = shop.one(f"SELECT b.sku FROM barcode b JOIN stock_level l ON l.sku = b.sku AND l.location = $1 WHERE NOT b.sku IN ({there}) ORDER BY b.sku LIMIT 1", LYON, aisle, bay)  # fmt: skip

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
        assert_targets_are_large_enough(page)
        page.click("#shelves-list button")
        expect(page.locator("#shelf-name")).to_have_text(f"Allée {aisle}, travée {bay}")
        expect(page.locator("#list li")).to_have_count(len(listed))
        assert "on_hand" not in json.dumps(page.evaluate(KEPT))

        wire.cut = True
        answer = page.goto(f"{wire.url}/counts")
        assert answer is not None and answer.from_service_worker
        page.click("#shelves-list a")
        seen, other, *missing = listed
        for sku in (seen, other, seen):
            hands.scan(shop.code_of(sku))
        expect(page.locator("#number")).to_have_text("2")
        page.click("#save")
        hands.scan(shop.code_of(foreign))
        page.click("[data-act=note]")
        hands.scan(shop.code_of(foreign))
        expect(page.locator("#extras")).to_contain_text("2 vus, hors liste")
        assert_nothing_to_say(page)
        # Closed and opened again: what was scanned is still there.
        page.goto(f"{wire.url}/counts#shelf-{shop.one('SELECT id FROM shelf_count')}")
        page.reload()
        expect(page.locator("#list")).to_contain_text("2 pour l’instant")
        page.click("#end")
        expect(page.locator("#unseen li")).to_have_count(len(missing))
        assert_nothing_to_say(page)
        assert_targets_are_large_enough(page)
        page.click("[data-act=go-on]")
        page.click("#end")
        page.click("#confirm")
        expect(page.locator("#shelves-list")).to_be_hidden()
        assert shop.one("SELECT status FROM shelf_count") == "open"
        wire.cut = False
        page.evaluate("dispatchEvent(new Event('online'))")
        until(shop, page, "SELECT status FROM shelf_count", "done")
        told = {
            row["sku"]: (row["counted"], row["unseen"])
            for row in shop.ask(
                "SELECT k.sku, k.counted, k.unseen FROM stock_count k JOIN shelf_count h ON h.id = k.shelf"
            )
        }
        assert told == {seen: (2, False), other: (1, False)} | dict.fromkeys(missing, (0, True))
        reason = shop.one("SELECT reason FROM stock_count WHERE sku = $1 AND location = $2 ORDER BY asked_at DESC LIMIT 1", foreign, LYON)  # fmt: skip
        assert reason == "found_elsewhere"
    context.close()
    assert errors == []
    office.reload()
    expect(office.locator("table")).to_contain_text("Pas vu, confirmé")
    assert_nothing_to_say(office)
    desk.close()
