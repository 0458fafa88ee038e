"""The app around the pages, in a real browser against the real app: it opens with the server gone, never stands between a
fact and the server, and lets a new version in without losing or interrupting anything."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response
from playwright.sync_api import Error as PlaywrightError

from comptoir.app import kept_assets
from comptoir.kit import postgres
from tests.browser.between import Sent, Wire, wired
from tests.browser.shop import Hands, Shop, open_shop

NEXT = "000000000002"
CORE = kept_assets().url("js/core.js")
CACHES = "() => caches.keys().then((names) => names.filter((name) => name.startsWith('comptoir-app-')))"
COMPLETE = """() => Promise.race([
  navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller
    || new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }))).then(() => "in force"),
  new Promise((resolve) => setTimeout(resolve, 30000, "no worker")),
])"""
LOOK_FOR_UPDATE = """() => navigator.serviceWorker.getRegistration().then(async (registration) => {
  await registration.update().catch(() => {});
  const coming = registration.installing;
  if (coming) await new Promise((resolve) => coming.addEventListener("statechange", () => ["installed", "redundant"].includes(coming.state) && resolve()));
  return Boolean(registration.waiting);
})"""
# The page's own journal and store, which it has with no network as well.
WRITE = (
    "async ([core, code]) => (await (await (await import(core)).$device()).journal.append('unknown_code', { code })).id"
)
WAITING = "async (core) => (await (await import(core)).$device()).journal.waiting"
SEEN = "async (core) => Boolean(await (await (await import(core)).$store()).recall('update'))"
AGED = "async ([core, hours]) => (await (await import(core)).$store()).keep('update', { since: Date.now() - hours * 3600000, later: 0 })"
FORM = """() => {
  const form = Object.assign(document.createElement("form"), { method: "post", action: "/scan" });
  form.append(Object.assign(document.createElement("input"), { id: "typed", name: "code" }));
  document.querySelector("main").append(form);
}"""
EVERYTHING = """async () => {
  const kept = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) kept.push([request.url, await (await cache.match(request, { ignoreVary: true })).text()]);
  }
  return kept;
}"""


class Device(msgspec.Struct):
    """A handheld of Lyon at the end of a wire, signed in, with its worker in force."""

    page: Page
    wire: Wire
    shop: Shop

    def open(self, path: str) -> Response:
        answer = self.page.goto(self.wire.url + path)
        assert answer is not None
        return answer

    def run(self, script: str, argument: Any = None) -> Any:
        try:
            return self.page.evaluate(script, argument)
        except PlaywrightError:  # the page began anew under the question
            self.page.wait_for_load_state()
            return self.page.evaluate(script, argument)

    def write(self, code: str = "4006381333931") -> str:
        """One fact, on disk; its id."""
        written: str = self.run(WRITE, [CORE, code])
        return written

    @property
    def waiting(self) -> int:
        found: int = self.run(WAITING, CORE)
        return found

    @property
    def releases(self) -> list[str]:
        found: list[str] = self.run(CACHES)
        return found

    def known(self, fact: str) -> int:
        """How often the server has a fact."""
        found: int = self.shop.one("SELECT count(*)::int FROM device_event WHERE id = $1::uuid", fact)
        return found

    def wait_for(self, what: Callable[[], bool]) -> None:
        for _ in range(200):
            if what():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError("it did not come about")


@pytest.fixture(scope="module")
def shop(postgres_server: postgres.Server, template: str) -> Iterator[Shop]:
    with open_shop(postgres_server, "shell") as opened:
        opened.many_orders(4)
        yield opened


def unchanged(path: str, sent: Sent) -> Sent:
    return sent


@contextmanager
def enrolled(
    browser: Browser, shop: Shop, change: Callable[[str, Sent], Sent] = unchanged
) -> Iterator[tuple[BrowserContext, Device]]:
    """A fresh device, signed in, its worker in force, and the browser's context around it."""
    context = browser.new_context(viewport={"width": 360, "height": 640}, has_touch=True, locale="fr-FR")
    context.set_default_timeout(15_000)
    with wired(shop.url) as wire:
        wire.change = change
        far = Shop(wire.url, shop.dsn)
        far.enrolled(context)
        hands = Hands(context.new_page(), far)
        hands.sign_in()
        assert hands.page.evaluate(COMPLETE) == "in force"
        yield context, Device(hands.page, wire, far)
    context.close()


@pytest.fixture(scope="module")
def kept(browser: Browser, shop: Shop) -> Iterator[tuple[BrowserContext, Device]]:
    with enrolled(browser, shop) as made:
        yield made


@pytest.fixture
def steady(kept: tuple[BrowserContext, Device]) -> Device:
    """A device whose worker no test changes: one for all of them, on the wire again, at the work."""
    context, device = kept
    # An offline page of the test before would open its own page again as soon as the wire is back.
    device.page.goto("about:blank")
    device.wire.cut, device.wire.slow, device.wire.change = False, 0, unchanged
    context.set_offline(False)
    device.open("/work")
    return device


@pytest.fixture
def fresh(browser: Browser, shop: Shop) -> Iterator[tuple[BrowserContext, Device]]:
    with enrolled(browser, shop) as made:
        yield made


@pytest.fixture
def context(fresh: tuple[BrowserContext, Device]) -> BrowserContext:
    return fresh[0]


@pytest.fixture
def device(fresh: tuple[BrowserContext, Device]) -> Device:
    """A device of the test's own, whose worker may change."""
    return fresh[1]


def newer(*, body: str = "") -> Callable[[str, Sent], Sent]:
    """The next version of the app, as far as a browser can tell."""

    def change(path: str, sent: Sent) -> Sent:
        if path != "/sw.js" or sent.status != 200:
            return sent
        text = re.sub(r'"version": "\w+"', f'"version": "{NEXT}"', sent.body.decode())
        return msgspec.structs.replace(sent, body=(text + body).encode())

    return change


def both(*changes: Callable[[str, Sent], Sent]) -> Callable[[str, Sent], Sent]:
    def change(path: str, sent: Sent) -> Sent:
        for each in changes:
            sent = each(path, sent)
        return sent

    return change


def deaf(path: str, sent: Sent) -> Sent:
    """The server takes no facts for now."""
    return Sent(503, (("content-type", "text/plain"),), b"") if path == "/sync/events" else sent


def test_the_worker_keeps_one_release_and_takes_the_page_over(steady: Device) -> None:
    (name,) = steady.releases
    held = steady.run(
        "(name) => caches.open(name).then((cache) => cache.keys()).then((keys) => keys.map(({ url }) => new URL(url).pathname))",
        name,
    )
    assert {"/shell/work", "/shell/pick", "/shell/counter", "/shell/hand-over", "/shell/unlock"} <= set(held)
    assert kept_assets().url("js/core.js") in held
    assert kept_assets().url("comptoir.css") in held


@pytest.mark.parametrize("path", ["/work", "/counter", "/counts", "/put-backs"])
def test_a_page_opens_with_the_server_stopped(steady: Device, path: str) -> None:
    steady.wire.cut = True
    answer = steady.open(path)
    assert answer.from_service_worker
    assert answer.ok
    steady.page.locator("h1").wait_for()
    assert steady.page.url == steady.wire.url + path


def test_the_start_of_the_app_leads_to_the_work_with_the_server_stopped(steady: Device) -> None:
    steady.wire.cut = True
    steady.open("/")
    assert steady.page.url == f"{steady.wire.url}/work"


def test_a_server_that_does_not_answer_in_time_does_not_hold_up_the_work(steady: Device) -> None:
    steady.wire.slow = 20
    assert steady.open("/work").from_service_worker
    steady.wire.slow = 0
    steady.wire.cut = True


def test_a_page_that_only_the_network_has_opens_by_itself_when_it_is_back(steady: Device) -> None:
    steady.wire.cut = True
    steady.open("/put-backs")
    steady.page.get_by_role("heading", name="Pas de réseau").wait_for()
    steady.wire.cut = False
    steady.page.get_by_role("heading", name="À remettre en rayon").wait_for()


def test_the_offline_page_counts_what_is_kept_and_leads_to_the_work(device: Device) -> None:
    device.wire.cut = True
    device.write("4006381333931")
    device.write("4006381333948")
    device.open("/put-backs")
    device.page.get_by_text("2 gestes sont gardés sur cet appareil.").wait_for()
    assert device.page.get_by_role("link", name="Voir le travail gardé").get_attribute("href") == "/work"


def test_a_post_is_never_answered_by_the_worker(device: Device) -> None:
    seen: list[Response] = []
    device.page.on("response", lambda response: seen.append(response) if response.request.method == "POST" else None)
    device.write()
    device.wait_for(lambda: device.waiting == 0)
    assert [response.from_service_worker for response in seen] == [False] * len(seen)
    assert seen
    device.wire.cut = True
    for path in ("/sync/events", "/sign-out", "/scan", "/work"):
        refused = device.run("(path) => fetch(path, { method: 'POST' }).then(() => false, () => true)", path)
        assert refused, path


def test_an_order_of_the_office_or_of_a_customer_never_comes_from_the_worker(steady: Device) -> None:
    for path in ("/manager", "/o/" + "0" * 26, "/sign-in/manager", "/sync/ping", "/api/v1/locations"):
        assert not steady.open(path).from_service_worker, path


def test_a_piece_of_a_page_that_cannot_be_had_leaves_the_page_as_it_is(steady: Device) -> None:
    steady.wire.cut = True
    asked = "() => fetch('/counter?q=a', { headers: { 'hx-request': 'true' } }).then((answer) => [answer.status, answer.headers.get('hx-reswap')])"
    assert steady.run(asked) == [504, "none"]


def test_a_form_that_cannot_be_sent_stays_with_what_was_typed(steady: Device) -> None:
    steady.open("/put-backs")
    steady.run(FORM)
    field = steady.page.locator("#typed")
    field.fill("DERBY")
    steady.page.context.set_offline(True)
    field.press("Enter")
    steady.page.get_by_text("Pas de réseau, rien n’a été envoyé.").wait_for()
    assert field.input_value() == "DERBY"
    assert steady.page.url == f"{steady.wire.url}/put-backs"


def test_an_update_waits_until_everything_is_sent_and_comes_in_on_a_tap(device: Device) -> None:
    (old,) = device.releases
    device.wire.change = both(newer(), deaf)
    fact = device.write()
    assert device.run(LOOK_FOR_UPDATE) is True
    bar = device.page.get_by_text("Une nouvelle version est prête.")
    assert not bar.is_visible()
    assert device.waiting == 1
    device.wire.change = newer()
    bar.wait_for()
    assert device.known(fact) == 1
    with device.page.expect_navigation():
        device.page.get_by_role("button", name="Mettre à jour").click()
    device.run(COMPLETE)
    device.wait_for(lambda: device.releases == [f"comptoir-app-{NEXT}"])
    assert old not in device.releases


def test_an_update_never_comes_in_while_a_pack_is_open(device: Device) -> None:
    device.shop.many_orders(1)
    device.open("/work")
    device.page.locator("#acts form[action='/packs'] button").first.click()
    device.page.wait_for_url("**/packs/*")
    device.run(COMPLETE)
    device.wire.change = newer()
    assert device.run(LOOK_FOR_UPDATE) is True
    device.page.wait_for_timeout(300)
    assert not device.page.locator("[data-update-bar]").is_visible()
    device.open("/work")
    device.page.locator("[data-update-bar]").wait_for()


def test_an_update_that_is_a_day_old_comes_in_with_unsent_facts_and_loses_none(device: Device) -> None:
    device.wire.change = both(newer(), deaf)
    facts = [device.write(f"40063813339{number}") for number in range(31, 34)]
    assert device.run(LOOK_FOR_UPDATE) is True
    device.wait_for(lambda: device.run(SEEN, CORE))
    device.run(AGED, [CORE, 25])
    # A browser lets the old worker end what it has begun: at the latest one of the next pages comes with the new version.
    # Nobody touches a page meanwhile; a question that a test asks it would count as a touch.
    for _ in range(8):
        with suppress(PlaywrightError):  # the page may begin anew by itself at that moment
            device.open("/work")
        device.page.wait_for_timeout(1_500)
        if device.releases == [f"comptoir-app-{NEXT}"]:
            break
    assert device.releases == [f"comptoir-app-{NEXT}"]
    assert device.waiting == 3
    device.wire.change = newer()
    device.wait_for(lambda: device.waiting == 0)
    assert [device.known(fact) for fact in facts] == [1, 1, 1]


def broken(path: str, sent: Sent) -> Sent:
    """A captive portal answers for one document."""
    portal = b"<!doctype html><title>Bienvenue</title><p>Acceptez les conditions pour continuer."
    return msgspec.structs.replace(sent, body=portal) if path == "/shell/counter" else sent


def test_a_release_that_does_not_arrive_whole_leaves_the_old_one_in_force(device: Device) -> None:
    before = device.releases
    device.wire.change = both(newer(), broken)
    assert device.run(LOOK_FOR_UPDATE) is False
    assert device.releases == before
    device.wire.cut = True
    assert device.open("/counter").from_service_worker
    assert "Bienvenue" not in device.page.content()


def test_a_first_visit_brings_all_of_the_app_in_one_piece_or_else_one_by_one(browser: Browser, shop: Shop) -> None:
    for damaged in (False, True):
        asked: list[str] = []

        def watch(path: str, sent: Sent, asked: list[str] = asked, damaged: bool = damaged) -> Sent:
            asked.append(path)
            return msgspec.structs.replace(sent, body=b"{}") if damaged and path.startswith("/shell/piece/") else sent

        with enrolled(browser, shop, watch) as (_, device):
            device.wire.cut = True
            assert device.open("/counter").from_service_worker
        assert any(path.startswith("/shell/piece/") for path in asked)
        assert any(path.startswith("/shell/counter") for path in asked) == damaged


def test_nothing_that_is_kept_names_a_person_or_a_customer(steady: Device) -> None:
    for path in ("/work", "/counter", "/more", "/counts", "/put-backs", "/scan", "/sign-in"):
        steady.open(path)
    names = {
        row["name"] for row in steady.shop.ask("SELECT first_name AS name FROM staff UNION SELECT last_name FROM staff")
    }
    names |= {
        row["name"]
        for row in steady.shop.ask("SELECT first_name AS name FROM customer UNION SELECT last_name FROM customer")
    }
    sign_in = str(steady.shop.one("SELECT id FROM sign_in ORDER BY started_at DESC LIMIT 1"))
    kept = steady.run(EVERYTHING)
    assert len(kept) > 30
    for url, text in kept:
        assert not re.search(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-", text), url
        assert sign_in not in text, url
        if "/shell/" in url or not url.split("?")[0].endswith((".js", ".css", ".svg", ".png")):
            assert [name for name in names if re.search(rf"\b{re.escape(name)}\b", text)] == [], url


def test_a_house_that_switches_the_worker_off_clears_pages_and_keeps_facts(device: Device) -> None:
    retired = (kept_assets().folder.parent / "service-worker-retired.js").read_bytes()

    def change(path: str, sent: Sent) -> Sent:
        return (
            msgspec.structs.replace(sent, body=retired) if path == "/sw.js" and sent.status == 200 else deaf(path, sent)
        )

    device.wire.change = change
    fact = device.write()
    device.run("() => navigator.serviceWorker.getRegistration().then((registration) => registration.update())")
    device.wait_for(lambda: device.releases == [])
    assert device.waiting == 1
    device.wire.change = lambda path, sent: sent
    device.wait_for(lambda: device.known(fact) == 1)


def test_a_browser_finds_nothing_wrong_with_installing_the_app(steady: Device) -> None:
    cdp = steady.page.context.new_cdp_session(steady.page)
    told = cdp.send("Page.getAppManifest")
    assert told["errors"] == []
    assert '"Comptoir, Orme Lyon Part-Dieu"' in told["data"]
    errors = cdp.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [error for error in errors if error["errorId"] != "in-incognito"] == []


def test_what_this_browser_can_do_without_a_network_is_told_under_more(steady: Device) -> None:
    steady.open("/more")
    steady.page.get_by_text("Prêt à travailler sans réseau").wait_for()
    assert steady.page.get_by_role("heading", name="Installer l’application").is_visible()


def test_facts_of_a_closed_app_are_sent_by_the_worker(device: Device, context: BrowserContext) -> None:
    device.wire.change = deaf
    fact = device.write()
    elsewhere = context.new_page()
    cdp = context.new_cdp_session(elsewhere)
    told: list[dict[str, Any]] = []
    cdp.on("ServiceWorker.workerRegistrationUpdated", lambda event: told.extend(event["registrations"]))
    cdp.send("ServiceWorker.enable")
    elsewhere.goto(f"{device.wire.url}/health")
    device.wait_for(lambda: any(each["scopeURL"].startswith(device.wire.url) for each in told))
    registration = next(each for each in told if each["scopeURL"].startswith(device.wire.url))
    device.page.close()
    elsewhere.goto("about:blank")
    device.wire.change = lambda path, sent: sent
    waked = {
        "origin": device.wire.url,
        "registrationId": registration["registrationId"],
        "tag": "drain",
        "lastChance": False,
    }
    cdp.send("ServiceWorker.dispatchSyncEvent", waked)
    for _ in range(200):
        if device.known(fact):
            break
        elsewhere.wait_for_timeout(50)
    assert device.known(fact) == 1
