"""One scan box: any known code, from any screen, with or without a network, opens its job or says why not."""

import json
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.counterpart import TEMPLATES, Counterpart
from tests.browser.kept_pages import kept_page
from tests.browser.shop import SCAN

PACK = "01939000-0000-7000-8000-000000000001"
WORK = "01939000-0000-7000-8000-0000000000a1"
ORDER = "01939000-0000-7000-8000-0000000000b1"
PASS = "P1:0123456789ABCDEFGHJKMNPQRS"
ARTICLE = "9521234543213"
"""An article of the pack in hand, twice wanted."""


def pack(**given: Any) -> dict[str, Any]:
    """A pack as the device keeps it."""
    line = {"line": "1", "sku": "A", "name": "Derby", "variant": "noir", "deciding": "39", "style": "S", "quantity": 2, "picked": 0, "short": 0, "codes": [f"0{ARTICLE}"], "place": {"aisle": "B", "bay": "12", "level": "2"}, "picture": ""}  # fmt: skip
    work = {"id": WORK, "order": ORDER, "order_number": "W-104233", "kind": "pickup", "status": "picking", "collector": "Inès A.", "promise_at": "2026-11-22T15:00:00Z", "version": 1, "flagged": False, "tote": 3, "lines": [line], "bags": []}  # fmt: skip
    return {
        "id": PACK,
        "works": [work],
        "known": {},
        "state": "open",
        "closed": False,
        "counted": {},
        "counted_through": 0,
    } | given


KEEP = """async (kept) => { const db = await new Promise((done) => { indexedDB.open("comptoir").onsuccess = ({target}) => done(target.result); });
  const tx = db.transaction(["packs", "meta"], "readwrite");
  for (const pack of kept.packs) tx.objectStore("packs").put(pack);
  for (const [key, value] of Object.entries(kept.meta)) tx.objectStore("meta").put(value, key);
  await new Promise((done) => (tx.oncomplete = done)); db.close(); }"""


@pytest.fixture
def box(page: Page, counterpart: Counterpart) -> Page:
    """The scan box as the device keeps it, with one pack in hand."""
    counterpart.pages["/scan"] = lambda: kept_page("shell/scan.html")
    for path in (f"/packs/{PACK}", f"/counter/orders/{ORDER}", "/shell/unlock"):
        counterpart.pages[path] = lambda: "<!doctype html><html lang=fr><title>opened</title>"
    page.goto(f"{counterpart.address}/scan")
    page.locator(".sync .pill").wait_for()
    page.wait_for_load_state("networkidle")
    page.evaluate(KEEP, {"packs": [pack()], "meta": {}})
    return page


def online(counterpart: Counterpart) -> None:
    """The server answers the question whether it is there."""
    counterpart.files["/sync/ping"] = (json.dumps({"pong": True}).encode(), "application/json")


@pytest.mark.parametrize("code", [ARTICLE, f"~]E0{ARTICLE}", f"(01)0{ARTICLE}", "W:W-104233", f"W:{WORK}", "T:3"])
def test_an_article_a_label_or_a_tote_of_a_pack_in_hand_opens_that_pack(box: Page, code: str) -> None:
    box.evaluate(SCAN, code)
    box.wait_for_url(f"**/packs/{PACK}*")


def test_an_article_that_the_pack_has_enough_of_does_not_open_it(box: Page) -> None:
    full = pack()
    full["works"][0]["lines"][0]["picked"] = 2
    box.evaluate(KEEP, {"packs": [full], "meta": {}})
    box.evaluate(SCAN, ARTICLE)
    expect(box.locator(".band.bad")).to_contain_text("Pas gardé sur cet appareil")


def test_a_pack_that_only_lies_ready_is_not_opened_by_a_scan(box: Page) -> None:
    box.evaluate(KEEP, {"packs": [pack(state="ahead")], "meta": {}})
    box.evaluate(SCAN, ARTICLE)
    expect(box.locator(".band.bad")).to_contain_text("Réseau nécessaire")


def test_typed_codes_go_the_same_way(box: Page) -> None:
    box.fill("#f-code", "W:w-104233")
    box.click("form button")
    box.wait_for_url(f"**/packs/{PACK}*")


@pytest.mark.parametrize("code", [PASS, "B:T-118"])
def test_a_pass_or_a_bag_of_the_kept_counter_opens_its_order(box: Page, code: str) -> None:
    hashed = box.evaluate(
        "async (text) => [...new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))].map((byte) => byte.toString(16).padStart(2, '0')).join('')",
        PASS.removeprefix("P1:"),
    )
    order = {"order": ORDER, "number": "W-104233", "name": "Inès Aubry", "pass_hash": hashed, "letters": None, "works": [{"id": WORK, "lines": [], "bags": [{"tag": "T-118", "place": "R7"}]}]}  # fmt: skip
    kept = {"lease": {"mine": True, "until": "2099-01-01T00:00:00Z", "holder": "LY-1"}, "orders": [order], "more": False, "at": 0, "server_time": "2026-11-22T09:00:00Z", "through": {"journal": "", "seq": 0}, "left": {}, "tries": 0}  # fmt: skip
    box.evaluate(KEEP, {"packs": [], "meta": {"counter": kept}})
    box.evaluate(SCAN, code)
    box.wait_for_url(f"**/counter/orders/{ORDER}")


def test_a_code_that_opens_nothing_here_is_answered_with_a_clear_word(box: Page) -> None:
    for code, words in (
        ("B:T-999", "Pas gardé sur cet appareil"),
        (PASS, "Réseau nécessaire"),
        ("3614270440182", "Pas gardé sur cet appareil"),
        ("L:R7", "C’est un casier"),
        ("00106141412345678908", "C’est une palette"),
        ("3614270440183", "Un chiffre est faux"),
        ("https://id.gs1.org/ARFKk4XB0CDKWcnpq", "Lien abrégé"),
    ):
        box.evaluate(SCAN, code)
        expect(box.locator(".band")).to_contain_text(words)
    expect(box.locator(".band")).to_contain_text("Prêt à scanner")


def test_a_badge_with_no_network_leads_to_the_lock(box: Page) -> None:
    box.evaluate(SCAN, "U:ORME-1000")
    box.wait_for_url("**/shell/unlock")


def test_with_a_network_the_server_is_asked(box: Page, counterpart: Counterpart) -> None:
    online(counterpart)
    box.reload()
    box.locator(".sync .pill").wait_for()
    with box.expect_navigation():
        box.evaluate(SCAN, "3614270440182")
    assert "/scan code=3614270440182" in counterpart.paths


def test_a_page_without_a_band_gets_one_for_as_long_as_there_is_something_to_say(
    page: Page, counterpart: Counterpart
) -> None:
    text = """{% extends "base/handheld.html" %}{% block title %}x{% endblock %}{% block dock %}<a class="btn" href="/work">x</a>{% endblock %}"""
    whole = TEMPLATES.from_string(text).render(lang="fr", brand="Orme", session=None, served_at=None, theme="")
    counterpart.pages["/"] = lambda: whole
    page.goto(counterpart.address)
    page.locator(".sync .pill").wait_for()
    page.evaluate(SCAN, "L:R7")
    expect(page.locator(".dock .band")).to_contain_text("C’est un casier")
    expect(page.locator(".dock .band")).to_have_count(0)


@pytest.mark.parametrize(("code", "opened"), [("W:W-104233", f"/packs/{PACK}"), ("U:ORME-1000", "/shell/unlock")])
def test_a_page_with_scans_of_its_own_opens_the_job_of_a_foreign_code(
    page: Page, counterpart: Counterpart, code: str, opened: str
) -> None:
    counted = {"id": WORK, "name": "Derby", "variant": "noir", "deciding": "39", "picture": "", "codes": [f"0{ARTICLE}"], "place": None, "sku": "DERBY", "reason": "short", "again": False, "not_by": None}  # fmt: skip
    counterpart.pages["/count"] = lambda: TEMPLATES.get_template("associate/counts.html").render(
        lang="fr",
        refusal=None,
        brand="Orme",
        session=None,
        served_at=None,
        theme="",
        shell=False,
        new_id=uuid4,
        data={"at": "2026-11-22T09:00:00Z", "location": "l1", "open": WORK, "rows": [counted]},
    )
    counterpart.pages[opened] = lambda: "<!doctype html><html lang=fr><title>opened</title>"
    page.goto(f"{counterpart.address}/count")
    page.locator("#band.ready").wait_for()
    page.wait_for_load_state("networkidle")
    page.evaluate(KEEP, {"packs": [pack()], "meta": {}})
    page.evaluate(SCAN, ARTICLE)
    expect(page.locator("#number")).to_have_text("1")
    page.evaluate(SCAN, code)
    page.wait_for_url(f"**{opened}*")


def test_a_count_that_the_device_cannot_keep_is_said_and_not_shown_as_done(
    page: Page, counterpart: Counterpart
) -> None:
    counted = {"id": WORK, "name": "Derby", "variant": "noir", "deciding": "39", "picture": "", "codes": [f"0{ARTICLE}"], "place": None, "sku": "DERBY", "reason": "short", "again": False, "not_by": None}  # fmt: skip
    counterpart.pages["/count"] = lambda: TEMPLATES.get_template("associate/counts.html").render(
        lang="fr",
        refusal=None,
        brand="Orme",
        session=None,
        served_at=None,
        theme="",
        shell=False,
        new_id=uuid4,
        data={"at": "2026-11-22T09:00:00Z", "location": "l1", "open": WORK, "rows": [counted]},
    )
    page.goto(f"{counterpart.address}/count")
    page.wait_for_load_state("networkidle")
    page.evaluate(SCAN, ARTICLE)
    page.evaluate(
        "() => { IDBObjectStore.prototype.add = () => { throw new DOMException('full', 'QuotaExceededError') } }"
    )
    page.click("#save")
    expect(page.locator("#band.bad")).to_contain_text("L’appareil n’a pas pu garder")
    expect(page.locator("#save")).to_be_visible()
