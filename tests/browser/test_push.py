"""Notifications on a handheld and at a manager's desk: asked for from a tap, tried for real, undone where the server refuses; the worker shows and leads back.

No browser's own push service can be reached from a test. The page gets an address at a push service of this machine; what arrives there,
decrypted, is handed to the service worker the way a browser would.
"""

import json
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Worker, expect

from comptoir.kit import postgres
from comptoir.kit.ids import Seal
from comptoir.world.cast import CAMILLE, PASSWORD
from tests.browser.conftest import QUIET
from tests.browser.devices import Handheld, handheld
from tests.browser.looking import assert_nothing_to_say, assert_targets_are_large_enough, eventually
from tests.browser.shop import LYON, SECRET, Shop, open_shop, order_id
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
SHOWN_BELOW = """async () => (await (await navigator.serviceWorker.getRegistration("/manager/")).getNotifications()).map(({title, body, data}) => ({title, body, data}))"""
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
    eventually(phone.page, f"async () => (await ({SHOWN})()).length === 1")
    phone.worker.evaluate(CLICK)
    phone.page.wait_for_url("**/counter")
    assert phone.notifications() == []


def test_the_same_topic_replaces_what_is_shown_and_nonsense_is_shown_too(phone: Phone) -> None:
    phone.open()
    for title in ("Une commande", "Deux commandes"):
        phone.deliver({"title": title, "body": "", "path": "/work", "topic": "new_work", "lang": "fr"})
    eventually(phone.page, f"async () => (await ({SHOWN})())[0]?.title === 'Deux commandes'")
    assert len(phone.notifications()) == 1
    phone.deliver("{{{")
    eventually(phone.page, f"async () => (await ({SHOWN})()).length === 2")
    assert {shown["title"] for shown in phone.notifications()} == {"Deux commandes", "Comptoir"}


def test_in_quiet_hours_a_notification_makes_no_sound(phone: Phone) -> None:
    phone.open()
    phone.page.fill("[name=quiet_from]", "00:00")
    phone.page.fill("[name=quiet_to]", "23:59")
    expect(phone.page.locator("#band.ok")).to_be_visible()
    phone.deliver({"title": "Doucement", "path": "/work", "topic": "a"})
    eventually(phone.page, f"async () => (await ({SHOWN})()).length === 1")
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


class ManagerDesk:
    """Head office's browser with notifications, and its address."""

    def __init__(self, shop: Shop, context: BrowserContext, address: Address) -> None:
        self.shop, self.context, self.address = shop, context, address
        self.page: Page = context.new_page()
        self.page.goto(f"{shop.url}/sign-in/manager")
        self.page.fill("#f-email", "odile.ferrand@example.com")
        self.page.fill("#f-password", PASSWORD)
        self.page.click("button.main")
        self.page.wait_for_url("**/manager")
        self.alerts()

    def alerts(self) -> None:
        self.page.goto(f"{self.shop.url}/manager/alerts")
        expect(self.page.locator("[data-push]")).to_be_visible()

    def tap(self, words: str) -> None:
        self.page.get_by_role("button", name=words).click()

    def says(self, words: str) -> None:
        expect(self.page.locator("[data-push-said]")).to_contain_text(words, timeout=20_000)

    def alarm(self, n: int) -> str:
        """An alert that a rule raised, with its message to head office by notification; its id."""
        self.shop.ask(
            "INSERT INTO alert_rule (id, kind, threshold, tells, media, changed_at, changed_by)"
            " VALUES ('00000000-0000-4000-8000-00000000aaaa', 'late', 1, 'head_office', '{push}', clock_timestamp(), 'test') ON CONFLICT DO NOTHING"
        )
        self.shop.order(("DERBY-HELENE-NOIR-39", 1))
        self.shop.ask("UPDATE work SET promise_at = promise_at - interval '3 days' WHERE location = $1", LYON)
        return str(
            self.shop.one(
                "WITH a AS (INSERT INTO alert (id, rule, kind, subject, location, threshold, value, highest, raised_at, value_at)"
                " VALUES (gen_random_uuid(), '00000000-0000-4000-8000-00000000aaaa', 'late', $1, $2, 1, $3, $3, clock_timestamp(), clock_timestamp()) RETURNING id),"
                " s AS (INSERT INTO alert_step (alert, n, what, at, who, value) SELECT id, 1, 'raised', clock_timestamp(), 'system', $3 FROM a)"
                " INSERT INTO alert_notice (id, alert, n, staff, medium, state, made_at, next_at) SELECT gen_random_uuid(), a.id, 1, s.id, 'push', 'due',"
                " clock_timestamp(), clock_timestamp() FROM a, staff s WHERE s.email = 'odile.ferrand@example.com' RETURNING alert",
                f"test-{n}", LYON, n,
            )
        )  # fmt: skip

    def arrived(self, n: int) -> dict[str, Any]:
        """The n-th push, as it reached the push service."""
        for _ in range(200):
            if len(self.address.got) >= n:
                return self.address.got[n - 1]
            self.page.wait_for_timeout(100)
        raise AssertionError("no push came")

    def deliver(self, push: dict[str, Any]) -> None:
        """As the browser would hand it to the worker below /manager/."""
        cdp = self.context.new_cdp_session(self.page)
        found: list[str] = []
        cdp.on("ServiceWorker.workerRegistrationUpdated", lambda told: found.extend(one["registrationId"] for one in told["registrations"] if one["scopeURL"].endswith("/manager/")))  # fmt: skip
        cdp.send("ServiceWorker.enable")
        for _ in range(100):
            if found:
                break
            self.page.wait_for_timeout(50)
        cdp.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": self.shop.url, "registrationId": found[-1], "data": json.dumps(push)},
        )
        cdp.detach()


@pytest.fixture
def desk(whole: Browser, shop: Shop, service: PushService) -> Iterator[ManagerDesk]:
    context = whole.new_context(viewport={"width": 1280, "height": 800}, locale="fr-FR")
    context.set_default_timeout(20_000)
    context.grant_permissions(["notifications"], origin=shop.url)
    shop.ask("DELETE FROM push_subscription")
    address = service.browser()
    given = OWN_ADDRESS.replace("...ADDRESS", "...window.address")
    context.add_init_script(f"window.address = {json.dumps(address.keys)};\n{given}")
    yield ManagerDesk(shop, context, address)
    context.close()


def test_a_tap_asks_an_alert_arrives_and_a_tap_on_it_opens_it_until_it_is_switched_off_or_the_address_is_gone(
    desk: ManagerDesk, shop: Shop, service: PushService
) -> None:
    page = desk.page
    desk.says("Les alertes qui vous concernent")
    assert page.evaluate("window.taps") == [], "nothing is asked before a tap"
    desk.tap("Me prévenir ici")
    desk.says("Ce navigateur vous prévient")
    assert page.evaluate("window.taps") == [True]
    assert shop.one("SELECT endpoint FROM push_subscription WHERE staff IS NOT NULL") == desk.address.endpoint
    assert {worker.url for worker in desk.context.service_workers} == {f"{shop.url}/manager/sw.js"}
    # The real worker sends it through the real exchange; the browser shows it and says so.
    alert = desk.alarm(4)
    push = desk.arrived(1)
    assert (
        push["body"].endswith("4 commandes sont en retard ou le seront bientôt.")
        and push["path"] == f"/manager/alerts/{alert}"
    )
    desk.deliver(push)
    eventually(page, f"async () => (await ({SHOWN_BELOW})()).length === 1")
    for _ in range(100):
        if shop.one("SELECT state FROM alert_notice WHERE alert = $1", alert) == "shown":
            break
        page.wait_for_timeout(50)
    assert shop.one("SELECT state FROM alert_notice WHERE alert = $1", alert) == "shown"
    desk.context.service_workers[-1].evaluate(CLICK)
    page.wait_for_url(f"**/manager/alerts/{alert}")
    expect(page.get_by_role("button", name="Je m’en occupe")).to_be_visible()
    assert page.evaluate(SHOWN_BELOW) == []
    page.get_by_role("button", name="Je m’en occupe").click()
    expect(page.get_by_role("link", name="Agir pour ce magasin")).to_be_visible()
    # The push service knows the address no more: the message becomes a mail, and both the page and the card say so.
    desk.address.says = [(410, {})]
    lost = desk.alarm(5)
    for _ in range(200):
        if shop.one("SELECT state FROM alert_notice WHERE alert = $1 AND medium = 'push'", lost) == "failed":
            break
        page.wait_for_timeout(50)
    assert shop.one("SELECT count(*) FROM alert_notice WHERE alert = $1 AND medium = 'email'", lost) == 1
    desk.alerts()
    expect(page.locator("[data-push-lost]")).to_contain_text("ne reçoit plus de notifications")
    desk.says("Ce navigateur ne vous prévient plus")
    assert_nothing_to_say(page)
    fresh = service.browser()
    page.evaluate("(keys) => Object.assign(window.address, keys)", fresh.keys)
    desk.tap("Me prévenir ici")
    desk.says("Ce navigateur vous prévient")
    expect(page.locator("[data-push-lost]")).to_have_count(0)
    assert shop.one("SELECT endpoint FROM push_subscription WHERE staff IS NOT NULL") == fresh.endpoint
    desk.tap("Ne plus me prévenir ici")
    desk.says("Les alertes qui vous concernent")
    assert page.evaluate("localStorage.getItem('held')") is None
    assert shop.one("SELECT count(*) FROM push_subscription") == 0


def test_what_the_server_refuses_is_undone_and_what_cannot_be_has_no_button(desk: ManagerDesk, shop: Shop) -> None:
    page = desk.page
    page.route("**/manager/push", lambda route: route.fulfill(status=422, json={"code": "push_not_allowed"}))
    desk.tap("Me prévenir ici")
    desk.says("rien n’est changé")
    assert page.evaluate("localStorage.getItem('held')") is None
    assert shop.one("SELECT count(*) FROM push_subscription") == 0
    for script, words in (
        ("Object.defineProperty(Notification, 'permission', {get: () => 'denied'})", "bloque les notifications"),
        ("delete window.PushManager", "n’affiche pas de notifications"),
    ):
        elsewhere = desk.context.new_page()
        elsewhere.add_init_script(script)
        elsewhere.goto(f"{shop.url}/manager/alerts")
        expect(elsewhere.locator("[data-push-said]")).to_contain_text(words)
        expect(elsewhere.get_by_role("button", name="Me prévenir ici")).to_have_count(0)
        elsewhere.close()
