"""Who is at a shared device with no network: unlock, change of hands, leaving, and no fact of anybody lost on the way."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from comptoir.kit import postgres
from comptoir.world.cast import CAMILLE, SAM
from tests.browser.devices import ASSETS, DEVICE, Handheld, handheld
from tests.browser.looking import assert_nothing_to_say, assert_targets_are_large_enough
from tests.browser.shop import Shop, open_shop

WRONG = "000001"


@pytest.fixture(scope="module")
def shop(postgres_server: postgres.Server, template: str) -> Iterator[Shop]:
    with open_shop(postgres_server, "people_offline") as opened:
        yield opened


@pytest.fixture(scope="module")
def settled(browser: Browser, shop: Shop) -> Iterator[Handheld]:
    """A device whose worker is in place, for all tests that do not touch the worker or the clock."""
    with handheld(browser, shop) as made:
        made.go("/sign-in")
        made.settled()
        yield made


@pytest.fixture
def device(settled: Handheld) -> Iterator[Handheld]:
    settled.begin()
    yield settled
    assert settled.errors == []


@pytest.fixture
def alone(browser: Browser, shop: Shop) -> Iterator[Handheld]:
    """A device of one test's own, with its own clock and its own worker."""
    with handheld(browser, shop) as made:
        yield made


def unlocked_as(device: Handheld, who: str) -> None:
    """The device belongs to `who` now, and shows the work that it holds."""
    device.page.wait_for_url("**/work")
    assert device.kept("meta")["who"]["person"] == who


def test_a_device_keeps_what_a_pin_makes_and_never_the_pin(device: Handheld) -> None:
    device.sign_in(CAMILLE)
    kept = json.dumps([device.kept("meta"), device.page.evaluate("({...localStorage, ...sessionStorage})")])
    assert CAMILLE.pin not in kept
    (person,) = device.kept("meta")["people"].values()
    assert person["person"] == "Camille"
    assert person["pin"]["rounds"] == 200_000
    assert len(person["pin"]["made"]) == 64


def test_a_pin_that_the_server_refused_opens_nothing_later(device: Handheld) -> None:
    device.go(f"/sign-in?who={device.person(CAMILLE)}")
    device.keys(WRONG)
    expect(device.page.locator("[role=alert]")).to_be_visible()
    device.keys(CAMILLE.pin)
    device.page.wait_for_url("**/work")
    device.settled()
    device.go("/more")
    device.cut()
    device.page.click("[data-lock]")
    device.keys(WRONG)
    expect(device.page.locator("#told")).to_contain_text("Encore 4 essais")
    assert_nothing_to_say(device.page)
    assert_targets_are_large_enough(device.page)


def test_with_no_network_a_locked_device_opens_by_the_pin_and_the_unlocking_is_told_later(device: Handheld) -> None:
    signed = device.sign_in(CAMILLE)
    device.settled()
    device.go("/more")
    device.cut()
    device.page.click("[data-lock]")
    expect(device.page.locator(".hello")).to_contain_text("Bonjour Camille")
    device.go("/work")
    device.page.wait_for_url("**/shell/unlock")
    device.keys(CAMILLE.pin)
    device.page.wait_for_url("**/more")
    device.back()
    device.go("/work")
    device.all_sent()
    assert [(e["kind"], e["sign_in"], e["outcome"]) for e in device.told() if e["sign_in"] == signed] == [
        ("unlock", signed, "applied")
    ]


def test_a_badge_that_signed_in_today_opens_with_no_network_and_a_strange_one_does_not(device: Handheld) -> None:
    device.go("/sign-in")
    device.scan(CAMILLE.badge)
    device.page.wait_for_url("**/work")
    device.settled()
    device.cut()
    device.go("/sign-in")
    expect(device.page.locator("#view")).to_contain_text("Scannez votre badge")
    expect(device.page.locator(".band")).to_have_text("Il ouvre aussi sans réseau")
    device.scan(SAM.badge)
    expect(device.page.locator("#told")).to_contain_text("Ce badge n’est pas d’ici aujourd’hui")
    device.scan(CAMILLE.badge)
    unlocked_as(device, "Camille")


def test_hands_change_with_no_network_and_each_fact_stays_under_the_name_of_who_did_it(device: Handheld) -> None:
    camille = device.sign_in(CAMILLE)
    sam = device.sign_in(SAM)
    device.settled()
    device.cut()
    by_sam = device.write("unknown_code", {"code": "1"})
    device.go("/sign-in")
    device.page.click(f"[data-who='{device.person(CAMILLE)}']")
    device.keys(CAMILLE.pin)
    unlocked_as(device, "Camille")
    by_camille = device.write("unknown_code", {"code": "2"})
    device.back()
    device.go("/more")
    device.page.wait_for_url(f"**/sign-in?who={device.person(CAMILLE)}")
    device.all_sent()
    device.keys(CAMILLE.pin)
    device.page.wait_for_url("**/work")
    assert device.kept("meta")["who"]["person"] == "Camille"
    told = {e["id"]: e for e in device.told()}
    assert (told[by_sam]["sign_in"], told[by_sam]["outcome"]) == (sam, "applied")
    assert (told[by_camille]["sign_in"], told[by_camille]["outcome"]) == (camille, "applied")


def test_after_five_wrong_pins_it_takes_the_network_and_a_colleague_still_opens(device: Handheld) -> None:
    device.sign_in(CAMILLE)
    device.sign_in(SAM)
    device.settled()
    device.cut()
    device.go("/sign-in")
    device.page.click(f"[data-who='{device.person(CAMILLE)}']")
    for left in (4, 3, 2, 1):
        device.keys(WRONG)
        expect(device.page.locator("#told")).to_contain_text(f"Encore {left} essai")
    device.keys(WRONG)
    expect(device.page.locator("#view")).to_contain_text("Il faut maintenant le réseau")
    expect(device.page.locator("[data-keys]")).to_be_hidden()
    assert_nothing_to_say(device.page)
    device.page.reload()
    device.page.click(f"[data-who='{device.person(CAMILLE)}']")
    expect(device.page.locator("[data-keys]")).to_be_hidden()
    device.page.click(f"[data-who='{device.person(SAM)}']")
    device.keys(SAM.pin)
    unlocked_as(device, "Sam")


def test_somebody_who_did_not_sign_in_today_is_told_that_it_takes_the_network(device: Handheld) -> None:
    device.go("/sign-in")
    device.settled()
    device.cut()
    device.go("/sign-in")
    expect(device.page.locator("main")).to_contain_text("Personne ne peut ouvrir cet appareil sans réseau")
    assert_nothing_to_say(device.page)
    assert_targets_are_large_enough(device.page)


def test_who_signed_in_yesterday_does_not_open_it_today(alone: Handheld) -> None:
    alone.page.clock.install()
    alone.sign_in(CAMILLE)
    alone.settled()
    alone.cut()
    alone.page.clock.fast_forward("24:00:00")
    alone.go("/sign-in")
    expect(alone.page.locator("main")).to_contain_text("Personne ne peut ouvrir cet appareil sans réseau")


def test_it_locks_itself_after_a_quarter_of_an_hour_without_a_touch_but_not_while_a_pack_is_scanned(
    alone: Handheld,
) -> None:
    alone.page.clock.install()
    alone.sign_in(CAMILLE)
    alone.page.clock.fast_forward("10:00")
    alone.write("unknown_code", {"code": "3"}, "01900000-0000-7000-8000-000000000001")
    alone.page.clock.fast_forward("10:00")
    expect(alone.page).to_have_url(f"{alone.shop.url}/work")
    alone.page.clock.fast_forward("16:00")
    alone.page.wait_for_url("**/shell/unlock")
    alone.keys(CAMILLE.pin)
    alone.page.wait_for_url("**/work")


def test_whoever_leaves_hears_what_has_not_gone_out_and_the_next_one_sends_it_unchanged(device: Handheld) -> None:
    camille = device.sign_in(CAMILLE)
    device.go("/more")
    device.settled()
    device.context.route("**/sync/**", lambda route: route.abort())
    facts = [device.write("unknown_code", {"code": code}) for code in ("4", "5")]
    device.page.click("[data-sign-out] button")
    expect(device.page.locator("#leaving")).to_contain_text("2 gestes ne sont pas encore partis.")
    assert_nothing_to_say(device.page)
    device.page.click("[data-leave=go]")
    device.page.wait_for_url("**/sign-in")
    kept = device.kept("meta")
    assert "who" not in kept and kept["people"] == {}
    assert sorted(fact["id"] for fact in device.kept("ev").values()) == sorted(facts)
    device.context.unroute("**/sync/**")
    device.sign_in(SAM)
    device.all_sent()
    assert [(e["sign_in"], e["outcome"]) for e in device.told() if e["id"] in facts] == [(camille, "applied")] * 2


def test_leaving_with_no_network_ends_the_sign_in_once_there_is_one(device: Handheld) -> None:
    camille = device.sign_in(CAMILLE)
    device.go("/more")
    device.settled()
    device.cut()
    device.page.click("[data-sign-out] button")
    device.page.wait_for_url("**/shell/unlock")
    expect(device.page.locator("main")).to_contain_text("Personne ne peut ouvrir cet appareil sans réseau")
    device.back()
    device.go("/work")
    device.page.wait_for_url("**/sign-in")
    assert device.shop.one("SELECT ended_at IS NOT NULL FROM sign_in WHERE id::text = $1", camille)


def test_a_login_that_has_ended_does_not_stop_the_sending(device: Handheld) -> None:
    camille = device.sign_in(CAMILLE)
    device.shop.ask("UPDATE sign_in SET seen_at = seen_at - interval '3 hours' WHERE id::text = $1", camille)
    fact = device.write("unknown_code", {"code": "6"})
    device.all_sent()
    assert [e["outcome"] for e in device.told() if e["id"] == fact] == ["applied"]
    device.go("/work")
    device.page.wait_for_url("**/sign-in")


def test_on_a_line_so_slow_that_a_kept_page_stands_in_the_device_still_learns_who_signed_in(device: Handheld) -> None:
    device.sign_in(SAM)
    before = device.kept("meta")["who"]["sign_in_id"]
    camille = device.sign_in(CAMILLE)
    device.page.evaluate(
        """async ([url, sam]) => {
          sessionStorage.setItem("secret", JSON.stringify({ kind: "badge", of: null, before: sam, held: {} }));
          const { keep } = await import(url);
          await keep("who", { sign_in_id: sam, person: "Sam" });
        }""",
        [ASSETS.url("js/store.js"), before],
    )
    device.go("/shell/work")
    assert device.signed_in_as() == camille
    assert device.kept("meta")["who"]["person"] == "Camille"


def test_a_device_that_was_revoked_keeps_its_facts_and_sends_them_once_it_is_enrolled_again(device: Handheld) -> None:
    camille = device.sign_in(CAMILLE)
    device.shop.ask(
        "UPDATE device SET revoked_at = now() WHERE id = (SELECT device FROM sign_in WHERE id::text = $1)", camille
    )
    facts = [device.write("unknown_code", {"code": code}) for code in ("7", "8")]
    expect(device.page.locator("#notes")).to_contain_text("Connectez-vous pour envoyer 2 gestes.")
    assert_nothing_to_say(device.page)
    device.go("/work")
    device.page.wait_for_url("**/enroll")
    device.shop.enrolled(device.context)
    device.sign_in(SAM)
    device.all_sent()
    assert sorted(e["id"] for e in device.told() if e["sign_in"] == camille) == sorted(facts)
    assert {e["outcome"] for e in device.told() if e["sign_in"] == camille} == {"applied"}


FULL = """() => {
  for (const act of ["add", "put"]) IDBObjectStore.prototype[act] = function () { throw new DOMException("the disk is full", "QuotaExceededError"); };
}"""


def test_on_a_full_disk_nothing_more_counts_and_nothing_kept_is_lost(device: Handheld) -> None:
    camille = device.sign_in(CAMILLE)
    device.context.route("**/sync/**", lambda route: route.abort())
    fact = device.write("unknown_code", {"code": "9"})
    device.page.evaluate(FULL)
    refused = device.page.evaluate(
        """async (url) => { const { journal } = await import(url); return journal.append("unknown_code", { code: "x" }).then(() => "kept", ({ name }) => name); }""",
        DEVICE,
    )
    assert refused == "QuotaExceededError"
    assert device.waiting() == 1
    device.context.unroute("**/sync/**")
    device.page.reload()
    device.all_sent()
    assert [e["id"] for e in device.told() if e["sign_in"] == camille] == [fact]


def test_a_device_that_can_write_nothing_at_all_says_so_and_still_shows_its_pages(alone: Handheld) -> None:
    alone.sign_in(CAMILLE)
    alone.page.add_init_script("indexedDB.open = () => { throw new DOMException('no', 'UnknownError'); }")
    alone.go("/more")
    expect(alone.page.locator("main")).to_contain_text("Cet appareil ne peut rien garder.")
    expect(alone.page.locator("main")).to_contain_text("À remettre en rayon")
    # As high as the page: what lies under the dock scrolls out from there, and is not covered for good.
    alone.page.set_viewport_size({"width": 360, "height": alone.page.evaluate("document.documentElement.scrollHeight")})
    assert_nothing_to_say(alone.page)
    # The page's own script has stopped, as it should: there is nothing that it could keep.
    alone.errors.clear()


def test_clearing_what_the_app_caches_leaves_the_facts(alone: Handheld) -> None:
    camille = alone.sign_in(CAMILLE)
    alone.settled()
    alone.context.route("**/sync/**", lambda route: route.abort())
    fact = alone.write("unknown_code", {"code": "10"})
    alone.page.evaluate(
        """async () => { for (const name of await caches.keys()) await caches.delete(name); for (const worker of await navigator.serviceWorker.getRegistrations()) await worker.unregister(); }"""
    )
    alone.context.unroute("**/sync/**")
    alone.go("/work")
    alone.all_sent()
    assert [e["id"] for e in alone.told() if e["sign_in"] == camille] == [fact]
