"""A manager hears of an alert in the browser: asked for from a tap, shown by the worker, opened by a tap; an address that is gone is said."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from comptoir.kit import postgres
from comptoir.world.cast import PASSWORD
from tests.browser.looking import assert_nothing_to_say
from tests.browser.shop import LYON, Shop, open_shop
from tests.browser.test_push import CLICK, OWN_ADDRESS, whole
from tests.notifications.push_servers import Browser as Address
from tests.notifications.push_servers import PushService, push_service

__all__ = ["whole"]
SHOWN = """async () => (await (await navigator.serviceWorker.getRegistration("/manager/")).getNotifications()).map(({title, body, data}) => ({title, body, data}))"""


@pytest.fixture(scope="module")
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


@pytest.fixture(scope="module")
def shop(postgres_server: postgres.Server, template: str) -> Iterator[Shop]:
    os.environ["COMPTOIR_PUSH_LOCAL"] = "yes"
    try:
        with open_shop(postgres_server, "managerpush") as opened:
            yield opened
    finally:
        del os.environ["COMPTOIR_PUSH_LOCAL"]


class Desk:
    """Head office's browser with notifications, and its address at a push service of this machine."""

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
def desk(whole: Browser, shop: Shop, service: PushService) -> Iterator[Desk]:
    context = whole.new_context(viewport={"width": 1280, "height": 800}, locale="fr-FR")
    context.set_default_timeout(20_000)
    context.grant_permissions(["notifications"], origin=shop.url)
    address = service.browser()
    context.add_init_script(f"const ADDRESS = {json.dumps(address.keys)};\n{OWN_ADDRESS}")
    yield Desk(shop, context, address)
    context.close()


def test_a_tap_asks_an_alert_arrives_and_a_tap_on_it_opens_it_until_it_is_switched_off_or_the_address_is_gone(
    desk: Desk, shop: Shop, service: PushService
) -> None:
    page = desk.page
    desk.says("même quand la page est fermée")
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
    page.wait_for_function(f"async () => (await ({SHOWN})()).length === 1")
    for _ in range(100):
        if shop.one("SELECT state FROM alert_notice WHERE alert = $1", alert) == "shown":
            break
        page.wait_for_timeout(50)
    assert shop.one("SELECT state FROM alert_notice WHERE alert = $1", alert) == "shown"
    desk.context.service_workers[-1].evaluate(CLICK)
    page.wait_for_url(f"**/manager/alerts/{alert}")
    expect(page.get_by_role("button", name="Je m’en occupe")).to_be_visible()
    assert page.evaluate(SHOWN) == []
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
    page.evaluate("(keys) => { Object.assign(ADDRESS, keys) }", fresh.keys)
    desk.tap("Me prévenir ici")
    desk.says("Ce navigateur vous prévient")
    expect(page.locator("[data-push-lost]")).to_have_count(0)
    assert shop.one("SELECT endpoint FROM push_subscription WHERE staff IS NOT NULL") == fresh.endpoint
    desk.tap("Ne plus me prévenir ici")
    desk.says("même quand la page est fermée")
    assert page.evaluate("localStorage.getItem('held')") is None
    assert shop.one("SELECT count(*) FROM push_subscription") == 0


def test_what_the_server_refuses_is_undone_and_what_cannot_be_has_no_button(desk: Desk, shop: Shop) -> None:
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
