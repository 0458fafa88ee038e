"""Facts that have not gone out survive everything that happens to an app: an update, a logout, a change of hands (a full disk: tests/offline)."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route

from comptoir.kit import postgres
from comptoir.world.cast import CAMILLE, SAM, Associate
from tests.browser.devices import Handheld, handheld
from tests.browser.shop import Shop, open_shop

TONES = "() => { window.tones = []; document.addEventListener('tone', ({detail}) => window.tones.push(detail)); }"


@pytest.fixture(scope="module")
def shop(postgres_server: postgres.Server, template: str) -> Iterator[Shop]:
    with open_shop(postgres_server, "nothing_lost") as opened:
        yield opened


@pytest.fixture
def device(browser: Browser, shop: Shop) -> Iterator[Handheld]:
    with handheld(browser, shop) as made:
        made.sign_in(CAMILLE)
        yield made


def silence(device: Handheld) -> None:
    """Pages still come; nothing that the device tells arrives."""
    device.context.route("**/sync/events", lambda route: route.abort())


def sign_in(device: Handheld, who: Associate) -> None:
    """By PIN, on a machine so busy that the page which the device keeps may come before the server's."""
    for _ in range(10):
        device.go(f"/sign-in?who={device.person(who)}")
        if "/shell/" not in device.page.url:
            break
    device.keys(who.pin)
    device.page.wait_for_url("**/work")


def scan(device: Handheld, code: str) -> str:
    """The tone of one scan."""
    before = device.page.evaluate("tones.length")
    device.scan(code)
    for _ in range(100):
        if device.page.evaluate("tones.length") > before:
            break
        device.page.wait_for_timeout(50)
    return str(device.page.evaluate("tones.at(-1)"))


def open_pack(device: Handheld) -> list[str]:
    """Take work on; the codes of its articles, as often as they are wanted."""
    device.go("/work")
    device.page.locator("#acts form[action='/packs'] button").first.click()
    device.page.wait_for_url("**/packs/*")
    device.page.wait_for_selector("body[data-step]")
    device.page.evaluate(TONES)
    (pack,) = [held for held in device.kept("packs").values() if held["id"] in device.page.url]
    return [
        next(code for code in line["codes"] if len(code) == 14)[1:]
        for work in pack["works"]
        for line in work["lines"]
        for _ in range(line["quantity"])
    ]


def test_an_answer_that_tells_of_more_than_was_sent_acknowledges_only_what_it_names(device: Handheld) -> None:
    def one_of_many(route: Route) -> None:
        first = json.loads(route.request.post_data or "{}")["events"][0]
        told = {
            "acked_through": 40,
            "outcomes": [{"seq": first["seq"], "id": first["id"], "outcome": "applied"}],
            "packs": [],
            "html": [],
        }
        if first["seq"] > 1:
            return route.abort()
        return route.fulfill(
            status=200, headers={"x-sync-protocol": "1", "content-type": "application/json"}, body=json.dumps(told)
        )

    device.cut()
    facts = [device.write("unknown_code", {"code": code}) for code in "123"]
    device.context.route("**/sync/events", one_of_many)
    device.back()
    for _ in range(100):
        if device.waiting() == 2:
            break
        device.page.wait_for_timeout(50)
    assert device.waiting() == 2
    device.context.unroute_all()
    device.page.reload()
    device.all_sent()
    assert [told["id"] for told in device.told() if told["id"] in facts] == facts


def test_unsent_facts_outlive_a_change_of_hands_a_logout_and_a_new_version(device: Handheld, shop: Shop) -> None:
    shop.many_orders(1)
    codes = open_pack(device)
    device.settled()
    silence(device)
    camille = device.signed_in_as()
    scan(device, codes[0])
    sign_in(device, SAM)
    sam = device.signed_in_as()
    device.write("unknown_code", {"code": "by Sam"})
    device.go("/more")
    device.page.click("[data-sign-out] button")
    device.page.click("[data-leave=go]")
    device.page.wait_for_url("**/sign-in")
    device.page.evaluate(
        "async () => { for (const name of await caches.keys()) await caches.delete(name); for (const found of await navigator.serviceWorker.getRegistrations()) await found.unregister(); }"
    )
    device.page.reload()
    kept = {
        fact["id"]: fact["sign_in_id"] for fact in device.kept("ev").values() if fact["sign_in_id"] in (camille, sam)
    }
    assert sorted(kept.values()) == sorted([camille, sam])
    device.context.unroute_all()
    sign_in(device, CAMILLE)
    device.all_sent()
    assert {told["id"]: told["sign_in"] for told in device.told() if told["id"] in kept} == kept
