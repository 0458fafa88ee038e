"""Work with no network at all: packs that lie ready, begun, picked, staged; the browser gone and back; nothing lost, nothing doubled."""

import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from comptoir.kit import postgres
from comptoir.world.cast import CAMILLE, SAM
from tests.browser.between import Wire, wired
from tests.browser.conftest import QUIET
from tests.browser.devices import ASSETS, EMPTY, KEPT
from tests.browser.looking import assert_nothing_to_say, assert_targets_are_large_enough
from tests.browser.shop import LYON, SCAN, Shop, open_shop

CANNOT_WRITE = """() => {
  const whole = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (names, mode, options) {
    if (mode === "readwrite" && window.full) throw new DOMException("no room", "QuotaExceededError");
    return whole.call(this, names, mode, options);
  };
  window.full = true;
}"""
TONES = "() => { window.tones = []; document.addEventListener('tone', ({detail}) => window.tones.push(detail)); }"


class Pocket:
    """A handheld with a memory of its own, a wire to the shop, and a battery that may go."""

    def __init__(self, browser: Browser, chromium: str, shop: Shop, wire: Wire, memory: Path) -> None:
        self.browser, self.chromium, self.shop, self.wire, self.memory = browser, chromium, shop, wire, memory
        self.errors: list[str] = []
        self.switch_on()

    def switch_on(self) -> None:
        self.context: BrowserContext = self.browser.browser_type.launch_persistent_context(
            str(self.memory), executable_path=self.chromium, args=list(QUIET),
            viewport={"width": 360, "height": 640}, has_touch=True, locale="fr-FR",
        )  # fmt: skip
        self.context.set_default_timeout(30_000)
        self.page: Page = self.context.pages[0]
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def switch_off(self) -> None:
        self.context.close()

    def begin(self) -> None:
        """As if the browser had never been here, but for what the worker has fetched."""
        # A page that a test has changed to its purpose is left with it.
        self.context.unroute_all()
        self.context.clear_cookies()
        changed, self.page = self.page, self.context.new_page()
        changed.close()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.go(ASSETS.url("icons.svg"))
        self.page.evaluate(EMPTY)
        self.errors.clear()

    def go(self, path: str) -> None:
        self.page.goto(self.wire.url + path)

    def scan(self, code: str) -> None:
        """By a scanner that marks its codes: a busy machine does not cut them in two."""
        self.page.evaluate(SCAN, f"~{code}")

    def sign_in(self, badge: str = CAMILLE.badge) -> None:
        self.go("/sign-in")
        self.scan(badge)
        self.page.wait_for_url("**/work")

    def settled(self) -> None:
        for _ in range(150):
            if self.page.evaluate("Boolean(navigator.serviceWorker.controller)"):
                return
            self.page.wait_for_timeout(100)
        raise AssertionError("no worker answers for this page")

    def kept(self, store: str) -> dict[str, Any]:
        return {str(key): value for key, value in self.page.evaluate(KEPT, store)}

    def packs(self, count: int) -> list[dict[str, Any]]:
        """The packs on this device once there are so many, the next one first."""
        for _ in range(100):
            found = list(self.kept("packs").values())
            if len(found) == count:
                return sorted(found, key=lambda pack: min(work["promise_at"] for work in pack["works"]))
            self.page.wait_for_timeout(100)
        raise AssertionError(f"{len(found)} packs, not {count}")

    def all_sent(self) -> None:
        expect(self.page.locator("body")).to_have_attribute("data-sending", "sent", timeout=20_000)

    def stage(self, pack: dict[str, Any], first_tag: int) -> None:
        """Bags and shelves for every work, in the order in which the screen asks for them."""
        for at in range(len(pack["works"])):
            self.scan(f"B:T-{first_tag + at}")
            self.scan(f"L:{pack['places'][at]}")
            self.page.wait_for_timeout(50)


def code_of(line: dict[str, Any]) -> str:
    """A barcode of a line as it is printed."""
    return str(next(code for code in line["codes"] if len(code) == 14 and code.startswith("0")))[1:]


@pytest.fixture(scope="module")
def shop(postgres_server: postgres.Server, template: str) -> Iterator[Shop]:
    with open_shop(postgres_server, "packs_offline") as opened:
        yield opened


@pytest.fixture(scope="module")
def wire(shop: Shop) -> Iterator[Wire]:
    with wired(shop.url) as whole:
        yield whole


@pytest.fixture(scope="module")
def first(
    browser: Browser, chromium_path: str, shop: Shop, wire: Wire, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pocket]:
    """One handheld for all tests, whose worker is fetched once."""
    made = Pocket(browser, chromium_path, shop, wire, tmp_path_factory.mktemp("memory"))
    yield made
    made.switch_off()


@pytest.fixture
def pocket(first: Pocket, shop: Shop, wire: Wire) -> Iterator[Pocket]:
    shop.ask("UPDATE pack SET closed_at = now() WHERE closed_at IS NULL")
    shop.ask("UPDATE work SET status = 'closed', pack = NULL WHERE status IN ('open', 'accepted', 'picking', 'picked')")
    shop.ask("UPDATE stock_level SET on_hand = on_hand + 20, no_promise_until = NULL")
    wire.cut, wire.slow = False, 0
    wire.asked.clear()
    first.begin()
    shop.enrolled(first.context)
    keep_cookies(first.context, wire.url)
    yield first
    assert first.errors == []


def keep_cookies(context: BrowserContext, url: str) -> None:
    """As the server gives them at enrollment: they outlive the browser."""
    later = time.time() + 86_400
    for each in context.cookies():
        context.add_cookies([{"name": each["name"], "value": each["value"], "url": url, "httpOnly": True, "expires": later}])  # fmt: skip


@pytest.fixture
def away(shop: Shop, pocket: Pocket) -> Pocket:
    """Camille has signed in, two packs lie ready, and the network is gone."""
    shop.many_orders(8)
    pocket.sign_in()
    pocket.packs(2)
    pocket.settled()
    pocket.wire.cut = True
    return pocket


def test_soon_after_signing_in_two_packs_lie_ready(shop: Shop, pocket: Pocket) -> None:
    shop.many_orders(8)
    pocket.sign_in()
    first, second = pocket.packs(2)
    assert [len(pack["works"]) for pack in (first, second)] == [4, 4]
    assert {pack["state"] for pack in (first, second)} == {"ahead"}


def test_a_pack_is_light_and_names_nobody_in_full(shop: Shop, pocket: Pocket) -> None:
    shop.many_orders(8, cart=8)
    pocket.sign_in()
    (pack,) = pocket.packs(1)
    said = json.dumps(pack)
    assert len(gzip.compress(said.encode())) <= 60_000
    pictures = {line["picture"] for work in pack["works"] for line in work["lines"]} | {
        k["picture"] for k in pack["known"].values()
    }
    assert sum(len(pocket.shop.api.get(src).content) for src in pictures) <= 400_000
    assert all(word not in said for word in ("@", "+33", "client@example.fr", "Aubry"))


def test_a_pack_is_begun_picked_and_staged_with_no_network_and_the_browser_gone_in_between(
    shop: Shop, away: Pocket
) -> None:
    first, _ = away.packs(2)
    away.go("/work")
    expect(away.page.locator("#acts button")).to_contain_text("Commencer le lot de 4")
    away.page.click("#acts button")
    away.page.wait_for_url(f"**/packs/{first['id']}")
    expect(away.page.locator("body[data-step=pick]")).to_be_visible()
    lines = [(work, line) for work in first["works"] for line in work["lines"]]
    for _, line in lines[:5]:
        away.scan(code_of(line))
    expect(away.page.locator(".ticks .saved")).to_have_count(5)

    away.switch_off()
    away.switch_on()
    away.go("/work")
    away.page.click(f"a[href='/packs/{first['id']}'].work")
    expect(away.page.locator(".ticks .saved")).to_have_count(5)
    away.page.click("text=Introuvable")
    away.page.click("text=Déclarer 1 manquant")
    away.page.click("#undo button")
    away.page.click("text=Introuvable")
    away.page.click("text=Déclarer 1 manquant")
    expect(away.page.locator(".ticks .short")).to_have_count(1)
    missing = next(fact["body"] for fact in away.kept("ev").values() if fact["type"] == "short")
    for work, line in lines[5:]:
        if (work["id"], line["line"]) != (missing["work"], missing["line"]):
            away.scan(code_of(line))
    expect(away.page.locator("body[data-step=stage]")).to_be_visible()
    away.stage(first, 100)
    expect(away.page.locator(".finish.kept h1")).to_be_visible()
    told = away.kept("ev")
    assert shop.ask("SELECT 1 FROM device_event WHERE pack = $1", first["id"]) == []

    away.wire.cut = False
    away.page.evaluate("dispatchEvent(new Event('online'))")
    expect(away.page.locator(".finish:not(.kept) h1")).to_be_visible(timeout=20_000)
    rows = shop.ask("SELECT seq, id::text, kind, outcome FROM device_event WHERE pack = $1 ORDER BY seq", first["id"])
    assert [(row["seq"], row["id"], row["kind"]) for row in rows] == [
        (f["seq"], f["id"], f["type"]) for f in sorted(told.values(), key=lambda f: f["seq"])
    ]
    assert {row["outcome"] for row in rows} == {"applied"}
    assert (
        shop.one("SELECT sum(staged)::int FROM work_line l JOIN work w ON w.id = l.work WHERE w.pack = $1", first["id"])
        == len(lines) - 1
    )
    assert (
        shop.one(
            "SELECT sum(shorted)::int FROM work_line l JOIN work w ON w.id = l.work WHERE w.pack = $1", first["id"]
        )
        == 1
    )


def test_a_tag_that_was_scanned_is_still_known_after_the_battery_went(pocket: Pocket, shop: Shop) -> None:
    shop.many_orders(1)
    pocket.sign_in()
    (pack,) = pocket.packs(1)
    pocket.settled()
    pocket.wire.cut = True
    pocket.go("/work")
    pocket.page.click("#acts button")
    expect(pocket.page.locator("body[data-step=pick]")).to_be_visible()
    for line in pack["works"][0]["lines"]:
        pocket.scan(code_of(line))
    expect(pocket.page.locator("body[data-step=stage]")).to_be_visible()
    pocket.scan("B:T-77")
    expect(pocket.page.locator("#where")).to_contain_text("T-77")
    pocket.switch_off()
    pocket.switch_on()
    pocket.go(f"/packs/{pack['id']}")
    expect(pocket.page.locator("body[data-step=stage]")).to_be_visible()
    expect(pocket.page.locator("#where")).to_contain_text("T-77")
    pocket.scan(f"L:{pack['places'][0]}")
    expect(pocket.page.locator(".finish.kept h1")).to_be_visible()


def test_the_list_with_no_network_shows_what_lies_ready_and_one_act(away: Pocket) -> None:
    away.go("/work")
    expect(away.page.locator("#board .work")).to_have_count(2)
    expect(away.page.locator("#board")).to_contain_text("4 commandes, 8 articles")
    expect(away.page.locator("#acts > *")).to_have_count(1)
    assert_nothing_to_say(away.page)
    assert_targets_are_large_enough(away.page)


def test_the_network_is_gone_at_the_moment_of_starting_and_work_begins_all_the_same(away: Pocket) -> None:
    first, _ = away.packs(2)
    away.page.click("#acts form[action='/packs'] button")
    away.page.wait_for_url(f"**/packs/{first['id']}")
    expect(away.page.locator("body[data-step=pick]")).to_be_visible()


def test_with_nothing_ready_the_list_says_why_and_where_to_go(pocket: Pocket) -> None:
    pocket.sign_in()
    pocket.settled()
    pocket.wire.cut = True
    pocket.go("/work")
    expect(pocket.page.locator("#board .empty")).to_contain_text("Allez vers la porte")
    expect(pocket.page.locator("#acts button")).to_have_text("Chercher le réseau")
    assert_nothing_to_say(pocket.page)


def test_the_live_list_comes_by_itself_when_the_network_is_back(away: Pocket) -> None:
    away.go("/work")
    expect(away.page.locator("body[data-kept]")).to_be_visible()
    away.wire.cut = False
    expect(away.page.locator("#board[data-stream]")).to_be_visible(timeout=20_000)


def test_a_device_that_cannot_write_says_so_and_counts_nothing_until_it_can(away: Pocket) -> None:
    first, _ = away.packs(2)
    away.go("/work")
    away.page.click("#acts button")
    expect(away.page.locator("body[data-step=pick]")).to_be_visible()
    code = code_of(first["works"][0]["lines"][0])
    away.page.evaluate(TONES)
    away.page.evaluate(CANNOT_WRITE)
    away.scan(code)
    expect(away.page.locator("#band.bad")).to_contain_text("L’appareil n’a pas pu garder")
    away.scan(code)
    expect(away.page.locator(".ticks .saved")).to_have_count(0)
    assert set(away.page.evaluate("window.tones")) == {"wrong"}
    away.page.evaluate("window.full = false")
    expect(away.page.locator("#band.ready")).to_be_visible(timeout=10_000)
    away.scan(code)
    expect(away.page.locator(".ticks .saved")).to_have_count(1)


def test_goods_of_an_order_that_was_canceled_meanwhile_are_set_aside(shop: Shop, away: Pocket) -> None:
    first, _ = away.packs(2)
    away.go("/work")
    away.page.click("#acts button")
    expect(away.page.locator("body[data-step=pick]")).to_be_visible()
    work = first["works"][0]
    away.scan(code_of(work["lines"][0]))
    expect(away.page.locator(".ticks .saved")).to_have_count(1)
    shop.api.post(
        f"/api/v1/orders/{work['order']}/cancellation", json={"id": work["id"], "reason": "changed_mind"}
    ).raise_for_status()
    away.wire.cut = False
    away.page.evaluate("dispatchEvent(new Event('online'))")
    expect(away.page.locator("#alert")).to_contain_text("annulé", timeout=20_000)
    expect(away.page.locator("#alert")).to_contain_text(f"Posez à part : 1 × {work['lines'][0]['name']}")
    away.page.click("text=Compris")
    expect(away.page.locator("#alert")).to_be_hidden()
    expect(away.page.locator("#ticks i")).to_have_count(6)


def test_what_a_colleague_has_taken_meanwhile_is_theirs(shop: Shop, away: Pocket, browser: Browser) -> None:
    first, _ = away.packs(2)
    away.go("/work")
    away.page.click("#acts button")
    expect(away.page.locator("body[data-step=pick]")).to_be_visible()
    work = first["works"][0]
    away.scan(code_of(work["lines"][0]))
    expect(away.page.locator(".ticks .saved")).to_have_count(1)
    context = browser.new_context()
    shop.enrolled(context)
    sam = context.new_page()
    sam.goto(f"{shop.url}/sign-in")
    sam.evaluate(SCAN, SAM.badge)
    sam.wait_for_url("**/work")
    sam.goto(f"{shop.url}/work/{work['id']}")
    sam.click("form[action='/packs'] button")
    sam.wait_for_url("**/packs/*")
    context.close()
    away.wire.cut = False
    away.page.evaluate("dispatchEvent(new Event('online'))")
    expect(away.page.locator("#alert")).to_contain_text(
        f"{work['collector']} : un collègue s’en occupe", timeout=20_000
    )
    expect(away.page.locator("#alert")).to_contain_text(f"1 × {work['lines'][0]['name']}")


def test_the_screen_stays_on_while_somebody_picks(away: Pocket) -> None:
    away.page.add_init_script(
        "window.held = []; Object.defineProperty(navigator, 'wakeLock', { value: { request: async (kind) => (window.held.push(kind), new EventTarget()) } })"
    )
    away.go("/work")
    away.page.click("#acts button")
    expect(away.page.locator("body[data-step=pick]")).to_be_visible()
    assert away.page.evaluate("window.held") == ["screen"]


def test_an_announcement_is_read_with_no_network_and_the_receipt_arrives_after(shop: Shop, pocket: Pocket) -> None:
    def announce(text: str, urgent: bool) -> str:
        made = shop.one(
            "INSERT INTO announcement (id, text, urgent, until_at, made_at, made_by, changed_at) VALUES"
            " (gen_random_uuid(), $1, $2, now() + interval '1 hour', now(), 'system', now()) RETURNING id::text", text, urgent,
        )  # fmt: skip
        shop.ask("INSERT INTO announcement_store VALUES ($1::text::uuid, $2)", made, LYON)
        return str(made)

    shop.many_orders(2)
    urgent, calm = announce("Le quai ferme à 16 h", True), announce("Inventaire lundi", False)
    pocket.sign_in()
    expect(pocket.page.locator("#announced")).to_contain_text("Le quai ferme à 16 h")
    expect(pocket.page.locator("#board .announcement")).to_contain_text("Inventaire lundi")
    pocket.packs(1)
    pocket.settled()
    pocket.wire.cut = True
    pocket.go("/work")
    expect(pocket.page.locator("#announced")).to_contain_text("Le quai ferme à 16 h")
    assert_nothing_to_say(pocket.page)
    assert_targets_are_large_enough(pocket.page)
    pocket.page.click("#announced button")
    expect(pocket.page.locator("#announced")).to_be_hidden()
    expect(pocket.page.locator("#board .announcement")).to_have_count(1)
    pocket.go("/work")
    expect(pocket.page.locator("#board .announcement")).to_contain_text("Inventaire lundi")
    expect(pocket.page.locator("#announced")).to_be_hidden()
    read = "SELECT announcement::text AS id, received_at > at AS later FROM announcement_receipt"
    assert shop.ask(read) == []
    pocket.wire.cut = False
    pocket.page.evaluate("dispatchEvent(new Event('online'))")
    pocket.all_sent()
    assert [(row["id"], row["later"]) for row in shop.ask(read)] == [(urgent, True)]
    expect(pocket.page.locator("#board[data-stream]")).to_be_visible(timeout=20_000)
    expect(pocket.page.locator("#announced")).to_be_hidden()
    shop.ask("UPDATE announcement SET ended_at = now(), ended_by = 'system'")
    assert calm not in {row["id"] for row in shop.ask(read)}


def test_a_device_says_which_version_of_the_app_it_runs_with_each_page_that_it_asks_for(
    shop: Shop, pocket: Pocket
) -> None:
    pocket.sign_in()
    pocket.settled()
    pocket.go("/work")
    (kept,) = pocket.page.evaluate(
        "caches.keys().then((names) => names.filter((name) => name.startsWith('comptoir-app-')))"
    )
    told = shop.one(
        "SELECT app_version FROM device WHERE location = $1 AND app_version <> '' ORDER BY app_version_at DESC LIMIT 1",
        LYON,
    )
    assert f"comptoir-app-{told}" == kept
