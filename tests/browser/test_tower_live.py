"""The Now page of an open browser moves by itself: an order placed elsewhere is in its figures, nothing else is lost, and no script is needed."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from comptoir.kit import postgres
from comptoir.world.cast import PASSWORD
from tests.browser.looking import axe
from tests.browser.page_rules import fits
from tests.browser.shop import LYON, Shop, open_shop

DERBY = "DERBY-HELENE-NOIR-39"
TILE = "#now-tiles > a:nth-of-type({n}) > b"
WATCH = """(selector) => { window.kept = document.querySelector('#now-tiles'); window.seenAt = 0; const was = document.querySelector(selector).textContent;
  new MutationObserver(() => { if (!window.seenAt && document.querySelector(selector).textContent !== was) window.seenAt = Date.now(); })
    .observe(document.getElementById('region'), { subtree: true, childList: true, characterData: true }); return Date.now(); }"""


@pytest.fixture(scope="module")
def shop(postgres_server: postgres.Server, template: str) -> Iterator[Shop]:
    with open_shop(postgres_server, "tower") as opened:
        # What is ordered now is promised within the hour, once the web process has heard of it.
        opened.ask("UPDATE location SET pick_lead_minutes = 20 WHERE id = $1", LYON)
        while promised_in(opened) > 50:
            pass
        yield opened


def promised_in(shop: Shop) -> float:
    """Minutes until the next order would be ready."""
    asked = {"sku": DERBY, "postcode": "69003", "limit": "50"}
    found = shop.api.get("/api/v1/availability/pickup", params=asked).json()
    told = next(row["ready_by"] for row in found["stores"] if row["location"] == LYON)
    return (datetime.fromisoformat(told) - datetime.now(UTC)).total_seconds() / 60


@pytest.fixture
def office(browser: Browser, shop: Shop) -> Iterator[Page]:
    """Head office, signed in at a desk."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="fr-FR")
    context.set_default_timeout(15_000)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{shop.url}/sign-in/manager")
    page.fill("#f-email", "odile.ferrand@example.com")
    page.fill("#f-password", PASSWORD)
    page.click("button.main")
    page.wait_for_url("**/manager")
    yield page
    context.close()
    assert errors == []


def test_an_order_that_is_placed_is_in_the_figures_of_an_open_page_by_itself(office: Page, shop: Shop) -> None:
    due = TILE.format(n=1)
    expect(office.locator(due)).to_have_text("0")
    office.locator("#now-load .btn").focus()
    began = office.evaluate(WATCH, due)
    shop.order((DERBY, 1))
    expect(office.locator(due)).to_have_text("1")
    # A hint, not a bar: `comptoir bench M11` measures what one change takes to be seen.
    assert office.evaluate("window.seenAt") - began < 5_000
    assert office.evaluate("document.querySelector('#now-tiles') === window.kept"), "the page was not loaded again"
    assert office.evaluate("document.activeElement.closest('#now-load') !== null"), "the focus stays where it was"
    shop.ask("UPDATE work SET promise_at = now() - interval '2 hours'")
    shop.ask("SELECT pg_notify('comptoir', $1)", LYON)
    expect(office.locator(TILE.format(n=3))).to_have_text("1")
    expect(office.locator(f"#now-load #s-{LYON} .tone-bad")).to_have_text("1 en retard")
    expect(office.locator("#now-todo .exc").first).to_contain_text("1 commande en retard")
    assert office.locator("#now-todo .btn.ink").count() == 1
    # Something dearer comes before it: who stood on it stands on it still, and Enter does what it said.
    mine = office.locator(f"#t-late-{LYON} .btn")
    mine.focus()
    for _ in range(2):
        shop.order((DERBY, 1), location="lyon-confluence")
    shop.ask("UPDATE work SET promise_at = now() - interval '2 hours' WHERE location = 'lyon-confluence'")
    shop.ask("SELECT pg_notify('comptoir', 'lyon-confluence')")
    expect(office.locator("#now-todo .exc").first).to_contain_text("Lyon Confluence, 2 commandes en retard")
    expect(mine).to_be_focused()
    for scheme in ("light", "dark"):
        office.emulate_media(color_scheme=scheme)
        assert axe(office) == []
    assert fits(office, 320, 640) + fits(office, 360, 640) == []
    columns = office.locator("#now-load thead th:visible").count()
    assert columns == 1 + 4, "a phone sees four hours"
    # Without network it says that it is not live, and is again by itself; signed out meanwhile it asks to sign in.
    office.context.set_offline(True)
    expect(office.locator("#not-live")).to_be_visible()
    expect(office.locator("#said-live")).to_contain_text("n’est plus en direct")
    office.context.set_offline(False)
    expect(office.locator("#not-live")).to_be_hidden()
    office.locator("#now-tiles > a").nth(2).click()
    expect(office.locator("main ol.list > li")).to_have_count(3)
    # What matters is read out once a minute, not with every change.
    office.clock.install()
    office.goto(f"{shop.url}/manager")
    office.clock.run_for(45_000)
    shop.order((DERBY, 1))
    shop.ask("UPDATE work SET promise_at = now() - interval '10 minutes' WHERE promise_at > now()")
    shop.ask("SELECT pg_notify('comptoir', $1)", LYON)
    expect(office.locator(TILE.format(n=3))).to_have_text("4")
    expect(office.locator("#said-live")).to_be_empty()
    office.clock.run_for(20_000)
    expect(office.locator("#said-live")).to_contain_text("En retard 4")
    office.context.set_offline(True)
    expect(office.locator("#not-live")).to_be_visible()
    shop.ask("UPDATE sign_in SET ended_at = now() WHERE device IS NULL")
    office.context.set_offline(False)
    office.wait_for_url("**/sign-in/manager")


def test_acting_opens_beside_the_page_and_back_escape_and_a_page_without_script_do_the_same(
    office: Page, shop: Shop, browser: Browser
) -> None:
    store = f"{shop.url}/manager/stores/{LYON}"
    office.goto(store)
    opener = office.locator("a[data-beside]").first
    office.evaluate("window.kept = document.querySelector('#store')")
    opener.click()
    sheet = office.locator("dialog#beside[open]")
    expect(sheet.locator("#beside-title")).to_be_focused()
    assert office.url.startswith(f"{store}/act")
    for scheme in ("light", "dark"):
        office.emulate_media(color_scheme=scheme)
        assert axe(office) == []
    office.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(opener).to_be_focused()
    assert office.url == store
    # Forward and back again: the sheet comes and goes, the page behind stays the same.
    office.go_forward()
    expect(sheet).to_have_count(1)
    sheet.get_by_role("link", name="Changer la capacité").click()
    office.fill("#beside #f-per_hour", "33")
    sheet.get_by_role("button", name="Voir l’effet").click()
    expect(sheet.locator("#effect-head")).to_be_focused()
    sheet.locator("form[method=post] button.main").click()
    expect(sheet.locator(".undo")).to_contain_text("33 commandes à l’heure")
    assert "done=" in office.url
    sheet.locator(".undo button").click()
    expect(sheet.locator("[role=status]")).to_contain_text("Annulé")
    office.go_back()
    expect(sheet).to_have_count(0)
    assert office.url == store
    assert office.evaluate("document.querySelector('#store') === window.kept"), "the page behind was not loaded again"
    # On a phone, and without a script, the same link is a page.
    office.set_viewport_size({"width": 360, "height": 640})
    opener.click()
    expect(office.locator("h1")).to_contain_text("Agir")
    assert fits(office, 320, 640) == []
    plain = browser.new_context(java_script_enabled=False, storage_state=office.context.storage_state())
    page = plain.new_page()
    page.goto(store)
    page.locator("a[data-beside]").first.click()
    page.locator("form[method=get] button").click()
    expect(page.locator("form[method=post] button.main")).to_be_visible()
    plain.close()
