"""Notifications on a handheld: asked for from a tap, tried for real, undone where the server refuses; the worker shows and leads back.

No browser's own push service can be reached from a test. The page gets an address at a push service of this machine; what arrives there,
decrypted, is handed to the service worker the way a browser would.
"""

import json
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Worker, expect

from comptoir.kit import postgres
from comptoir.kit.ids import Seal
from comptoir.world.cast import CAMILLE, PASSWORD
from tests.browser.conftest import QUIET
from tests.browser.devices import Handheld, handheld
from tests.browser.looking import assert_nothing_to_say, assert_targets_are_large_enough
from tests.browser.shop import SECRET, Shop, open_shop, order_id
from tests.notifications.push_servers import Browser as Address
from tests.notifications.push_servers import PushService, push_service

# A browser's push manager with an address of ours; what it is asked and when it is let go is kept.
OWN_ADDRESS = """(() => {
  const raw = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const held = () => {
    const kept = JSON.parse(localStorage.getItem("held") ?? "null");
    return kept && { endpoint: kept.endpoint, options: { applicationServerKey: raw(kept.key).buffer }, unsubscribe: async () => (localStorage.removeItem("held"), true),
      toJSON: () => ({ endpoint: kept.endpoint, keys: { p256dh: kept.p256dh, auth: kept.auth } }) };
  };
  PushManager.prototype.getSubscription = async () => held();
  PushManager.prototype.subscribe = async (options) => {
    localStorage.setItem("asked", JSON.stringify(options));
    localStorage.setItem("held", JSON.stringify({ ...ADDRESS, key: options.applicationServerKey }));
    return held();
  };
  window.taps = [];
  Notification.requestPermission = async () => (window.taps.push(navigator.userActivation.isActive), Notification.permission);
})()"""
SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications()).map(({title, body, tag, lang, silent, data}) => ({title, body, tag, lang, silent, data}))"""
FORGET = """async () => { for (const shown of await (await navigator.serviceWorker.getRegistration("/")).getNotifications()) shown.close(); }"""
CLICK = """async () => {
  const [shown] = await registration.getNotifications();
  dispatchEvent(new NotificationEvent("notificationclick", { notification: shown }));
}"""


@pytest.fixture(scope="module")
def whole(browser: Browser, camera_chromium_path: str) -> Iterator[Browser]:
    """A browser that shows notifications, beside the one of the run."""
    launched = browser.browser_type.launch(executable_path=camera_chromium_path, args=list(QUIET))
    yield launched
    launched.close()


@pytest.fixture(scope="module")
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


@pytest.fixture(scope="module")
def shop(postgres_server: postgres.Server, template: str) -> Iterator[Shop]:
    os.environ["COMPTOIR_PUSH_LOCAL"] = "yes"
    try:
        with open_shop(postgres_server, "push") as opened:
            yield opened
    finally:
        del os.environ["COMPTOIR_PUSH_LOCAL"]


class Phone:
    """A handheld that can have notifications, and its address."""

    def __init__(self, device: Handheld, address: Address) -> None:
        self.device, self.address, self.page = device, address, device.page
        self.seen = 0

    def open(self) -> None:
        self.device.go("/settings")
        expect(self.page.locator("[data-push] .note b")).to_be_visible()

    def says(self, words: str) -> None:
        expect(self.page.locator("[data-push]")).to_contain_text(words, timeout=45_000)

    def tap(self, words: str) -> None:
        self.page.get_by_role("button", name=words).click()

    def on(self) -> None:
        self.open()
        self.tap("Activer les notifications")
        self.says("Jamais essayées")

    def arrived(self, topic: str = "test") -> dict[str, Any]:
        """The next push of a topic, as it reached the push service; others may come before it."""
        for _ in range(400):
            while len(self.address.got) > self.seen:
                self.seen += 1
                if self.address.got[self.seen - 1]["topic"] == topic:
                    return self.address.got[self.seen - 1]
            self.page.wait_for_timeout(100)
        raise AssertionError("no push came")

    def deliver(self, push: dict[str, Any] | str) -> None:
        """As the browser would hand it to the worker."""
        cdp = self.device.context.new_cdp_session(self.page)
        found: list[str] = []
        cdp.on("ServiceWorker.workerRegistrationUpdated", lambda told: found.extend(one["registrationId"] for one in told["registrations"]))  # fmt: skip
        cdp.send("ServiceWorker.enable")
        for _ in range(100):
            if found:
                break
            self.page.wait_for_timeout(50)
        data = push if isinstance(push, str) else json.dumps(push)
        cdp.send("ServiceWorker.deliverPushMessage", {"origin": self.device.shop.url, "registrationId": found[-1], "data": data})  # fmt: skip
        cdp.detach()

    def notifications(self) -> list[dict[str, Any]]:
        shown: list[dict[str, Any]] = self.page.evaluate(SHOWN)
        return shown

    @property
    def worker(self) -> Worker:
        return self.device.context.service_workers[-1]


@pytest.fixture(scope="module")
def kept(whole: Browser, shop: Shop, service: PushService) -> Iterator[Phone]:
    """One browser for all: its worker is fetched once, and what a test leaves in it is taken away."""
    with handheld(whole, shop) as device:
        address = service.browser()
        device.context.grant_permissions(["notifications"], origin=shop.url)
        device.context.add_init_script(f"const ADDRESS = {json.dumps(address.keys)};\n{OWN_ADDRESS}")
        device.go("/settings")
        device.settled()
        yield Phone(device, address)


@pytest.fixture
def phone(kept: Phone, shop: Shop) -> Iterator[Phone]:
    # Nothing that another test left is told to this one's device.
    for told in ("push_subscription", "arrival", "work"):
        shop.ask(f"DELETE FROM {told}")
    kept.device.begin()
    kept.page.evaluate(FORGET)
    kept.address.got.clear()
    kept.address.says = []
    kept.seen = 0
    kept.device.go("/settings")
    kept.device.settled()
    yield kept
    kept.page.unroute_all()


def test_nothing_is_asked_before_a_tap_and_the_server_has_the_address_after_it(phone: Phone, shop: Shop) -> None:
    phone.open()
    phone.says("Désactivées")
    assert phone.page.evaluate("window.taps") == []
    phone.on()
    assert phone.page.evaluate("window.taps") == [True]
    assert shop.one("SELECT endpoint FROM push_subscription") == phone.address.endpoint
    asked = json.loads(phone.page.evaluate("localStorage.getItem('asked')"))
    assert asked["userVisibleOnly"] is True
    phone.page.reload()
    phone.says("Jamais essayées")


def test_a_test_goes_all_the_way_and_says_when_it_came(phone: Phone, shop: Shop, service: PushService) -> None:
    phone.on()
    phone.tap("M’envoyer un essai")
    phone.says("Essai en route")
    push = phone.arrived()
    assert push["title"] == "Essai réussi"
    phone.deliver(push)
    phone.says("Reçu à")
    (shown,) = phone.notifications()
    assert (shown["title"], shown["tag"], shown["lang"], shown["silent"]) == ("Essai réussi", "test", "fr", False)
    assert shop.one("SELECT status FROM push_note WHERE kind = 'test' ORDER BY made_at DESC LIMIT 1") == "shown"
    assert shop.one("SELECT shown_at IS NOT NULL FROM push_subscription") is True
    assert service.refused == []
    phone.page.reload()
    phone.says("Dernière affichée")


def test_a_service_that_refuses_is_said_on_the_page(phone: Phone) -> None:
    phone.on()
    phone.address.says = [(410, {})]
    phone.tap("M’envoyer un essai")
    phone.says("activez de nouveau")
    expect(phone.page.get_by_role("button", name="Activer les notifications")).to_be_visible()


def test_what_the_server_refuses_is_undone_in_the_browser(phone: Phone, shop: Shop) -> None:
    phone.open()
    phone.page.route("**/sync/push", lambda route: route.fulfill(status=422, json={"code": "push_not_allowed"}) if route.request.method == "POST" else route.continue_())  # fmt: skip
    phone.tap("Activer les notifications")
    phone.says("Le serveur n’a pas pris l’adresse")
    assert phone.page.evaluate("localStorage.getItem('held')") is None
    assert shop.one("SELECT count(*) FROM push_subscription") == 0


def test_switching_off_is_known_to_both_sides(phone: Phone, shop: Shop) -> None:
    phone.on()
    phone.tap("Désactiver")
    phone.says("Désactivées")
    assert phone.page.evaluate("localStorage.getItem('held')") is None
    assert shop.one("SELECT count(*) FROM push_subscription") == 0


def test_an_address_made_for_another_key_counts_as_off(phone: Phone) -> None:
    phone.on()
    phone.page.evaluate("() => { const kept = JSON.parse(localStorage.held); kept.key = 'BAAA'; localStorage.held = JSON.stringify(kept); }")  # fmt: skip
    phone.page.reload()
    phone.says("Désactivées")


def test_with_no_network_the_page_says_that_it_does_not_know(phone: Phone) -> None:
    phone.device.cut()
    phone.page.reload()
    phone.says("l’état n’est pas connu")
    phone.device.back()
    phone.tap("Réessayer")
    phone.says("Désactivées")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("Object.defineProperty(Notification, 'permission', {get: () => 'denied'})", "Bloquées par le navigateur"),
        ("delete window.PushManager", "Ce navigateur n’en est pas capable"),
        ("delete window.PushManager; Object.defineProperty(navigator, 'standalone', {value: false})", "Sur l’écran d’accueil"),
        ("Object.defineProperty(navigator, 'userAgent', {value: 'Mozilla/5.0 (Linux; Android 14; TC22; wv) AppleWebKit/537.36'})", "appartient à une autre application"),
        ("Object.defineProperty(window, 'isSecureContext', {value: false})", "en https"),
    ],
)  # fmt: skip
def test_what_stands_in_the_way_is_named_with_its_way_out(phone: Phone, script: str, words: str) -> None:
    elsewhere = phone.device.context.new_page()
    elsewhere.add_init_script(script)
    elsewhere.goto(f"{phone.device.shop.url}/settings")
    expect(elsewhere.locator("[data-push]")).to_contain_text(words, timeout=45_000)
    expect(elsewhere.get_by_role("button", name="Activer les notifications")).to_have_count(0)
    elsewhere.close()


def test_a_customer_who_waits_is_told_and_a_tap_leads_to_the_counter(phone: Phone, shop: Shop) -> None:
    phone.on()
    phone.device.sign_in(CAMILLE)
    order = shop.one("SELECT id FROM sales_order LIMIT 1") or shop.order(("DERBY-HELENE-NOIR-39", 1))["id"]
    shop.ask(
        "INSERT INTO arrival (id, order_id, location, at) SELECT gen_random_uuid(), $1, location, clock_timestamp() FROM device ORDER BY enrolled_at DESC LIMIT 1", order,
    )  # fmt: skip
    phone.deliver(phone.arrived(f"here:{order}"))
    phone.page.wait_for_function(f"async () => (await ({SHOWN})()).length === 1")
    phone.worker.evaluate(CLICK)
    phone.page.wait_for_url("**/counter")
    assert phone.notifications() == []


def test_the_same_topic_replaces_what_is_shown_and_nonsense_is_shown_too(phone: Phone) -> None:
    phone.open()
    for title in ("Une commande", "Deux commandes"):
        phone.deliver({"title": title, "body": "", "path": "/work", "topic": "new_work", "lang": "fr"})
    phone.page.wait_for_function(f"async () => (await ({SHOWN})())[0]?.title === 'Deux commandes'")
    assert len(phone.notifications()) == 1
    phone.deliver("{{{")
    phone.page.wait_for_function(f"async () => (await ({SHOWN})()).length === 2")
    assert {shown["title"] for shown in phone.notifications()} == {"Deux commandes", "Comptoir"}


def test_in_quiet_hours_a_notification_makes_no_sound(phone: Phone) -> None:
    phone.open()
    phone.page.fill("[name=quiet_from]", "00:00")
    phone.page.fill("[name=quiet_to]", "23:59")
    expect(phone.page.locator("#band.ok")).to_be_visible()
    phone.deliver({"title": "Doucement", "path": "/work", "topic": "a"})
    phone.page.wait_for_function(f"async () => (await ({SHOWN})()).length === 1")
    assert phone.notifications()[0]["silent"] is True


def test_the_settings_page_is_accessible_whatever_it_says(phone: Phone) -> None:
    phone.on()
    assert_nothing_to_say(phone.page)
    assert_targets_are_large_enough(phone.page)


def test_the_manager_sees_which_devices_hear(browser: Browser, phone: Phone, shop: Shop) -> None:
    def row(page: Page) -> str:
        page.goto(f"{shop.url}/manager/devices")
        name = shop.one("SELECT d.name FROM device d ORDER BY enrolled_at DESC LIMIT 1")
        return re.sub(r"\s+", " ", page.locator("li .item", has_text=name).inner_text())

    office = browser.new_context(locale="fr-FR")
    desk = office.new_page()
    desk.goto(f"{shop.url}/sign-in/manager")
    desk.fill("#f-email", "odile.ferrand@example.com")
    desk.fill("#f-password", PASSWORD)
    desk.click("button.main")
    desk.wait_for_url("**/manager")
    assert "Notifications désactivées" in row(desk)
    phone.on()
    assert "Notifications activées, jamais essayées" in row(desk)
    phone.tap("M’envoyer un essai")
    phone.deliver(phone.arrived())
    phone.says("Reçu à")
    assert "Notifications activées, dernière affichée" in row(desk)
    phone.address.says = [(410, {})]
    phone.tap("M’envoyer un essai")
    phone.says("activez de nouveau")
    assert "Notifications désactivées, une manquée" in row(desk)
    office.close()


def test_a_customer_follows_an_order_in_this_browser_and_stops(
    whole: Browser, shop: Shop, service: PushService
) -> None:
    shop.ask("DELETE FROM push_subscription")
    order = shop.order(("DERBY-HELENE-NOIR-39", 1))
    link = f"{shop.url}/o/{Seal(SECRET.encode()).token('order', order_id(order).bytes, 0)}"
    context = whole.new_context(viewport={"width": 390, "height": 844}, locale="fr-FR")
    context.grant_permissions(["notifications"], origin=shop.url)
    address = service.browser()
    context.add_init_script(f"const ADDRESS = {json.dumps(address.keys)};\n{OWN_ADDRESS}")
    page = context.new_page()
    page.goto(link)
    page.get_by_role("button", name="M’avertir par notification").click()
    expect(page.locator("[data-told]")).to_be_visible()
    assert page.evaluate("window.taps") == [True]
    assert shop.one("SELECT order_id FROM push_subscription") == order_id(order)
    (script,) = {worker.url for worker in context.service_workers}
    assert script == f"{shop.url}/o/sw.js"
    page.reload()
    expect(page.locator("[data-told]")).to_be_visible()
    assert_nothing_to_say(page)
    page.get_by_role("button", name="Ne plus m’avertir ici").click()
    expect(page.get_by_role("button", name="M’avertir par notification")).to_be_visible()
    assert shop.one("SELECT count(*) FROM push_subscription") == 0
    context.close()


def test_without_scripts_a_customer_is_offered_nothing_that_would_not_work(whole: Browser, shop: Shop) -> None:
    order = shop.order(("DERBY-HELENE-NOIR-39", 1))
    context = whole.new_context(java_script_enabled=False, locale="fr-FR")
    page = context.new_page()
    page.goto(f"{shop.url}/o/{Seal(SECRET.encode()).token('order', order_id(order).bytes, 0)}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("[data-push]")).to_be_hidden()
    context.close()
