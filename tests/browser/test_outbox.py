"""What a device still has to send: told in plain words with no network, and handed on to another device without counting twice."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from comptoir.kit import postgres
from comptoir.world.cast import CAMILLE, SAM
from tests.browser.devices import ASSETS, Handheld, handheld
from tests.browser.looking import assert_nothing_to_say, assert_targets_are_large_enough
from tests.browser.shop import Shop, open_shop

DERBY = "DERBY-HELENE-NOIR-39"
PULL = "PULL-MARIN-ECRU-M"
NO_SYNC = "**/sync/**"


@pytest.fixture(scope="module")
def shop(postgres_server: postgres.Server, template: str) -> Iterator[Shop]:
    with open_shop(postgres_server, "outbox") as opened:
        yield opened


@pytest.fixture(scope="module")
def settled(browser: Browser, shop: Shop) -> Iterator[Handheld]:
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
    """A device with a clock of its own."""
    with handheld(browser, shop) as made:
        yield made


@pytest.fixture
def other(browser: Browser, shop: Shop) -> Iterator[Handheld]:
    """A second device of the store, where Sam works."""
    with handheld(browser, shop) as made:
        made.sign_in(SAM)
        yield made


def start_pack(device: Handheld, *lines: tuple[str, int]) -> str:
    placed = device.shop.order(*lines, first="Yanis", last="Morel")
    device.go(f"/work/{placed['works'][0]['id']}")
    device.page.click(".dock .btn.main")
    device.page.wait_for_url("**/packs/*")
    return str(placed["works"][0]["id"])


def test_with_no_network_it_says_in_plain_words_what_is_kept_for_whom_and_why(device: Handheld) -> None:
    device.sign_in(CAMILLE)
    work = start_pack(device, (DERBY, 2), (PULL, 1))
    device.cut()
    pack = device.page.url.rsplit("/", 1)[1]
    for _ in range(2):
        device.write("pick", {"work": work, "line": "1", "quantity": 1}, pack)
    device.write("short", {"work": work, "line": "2", "quantity": 1, "reason": "not_found"}, pack)
    device.go("/outbox")
    main = device.page.locator("main")
    expect(main).to_contain_text("3 gestes gardés")
    expect(main.locator(".list")).to_contain_text("2 articles comptés, 1 manquant")
    expect(main.locator(".list")).to_contain_text("Camille")
    expect(main).to_contain_text("Pas de réseau ici.")
    expect(device.page.locator("[data-sync]")).to_have_accessible_name(re.compile("Hors ligne.*3 gardés"))
    assert device.page.locator("main .tone-ok").count() == 0
    assert_nothing_to_say(device.page)
    assert_targets_are_large_enough(device.page)
    device.back()
    device.page.click("[data-act=try]")
    expect(main).to_contain_text("Tout est envoyé")
    assert_nothing_to_say(device.page)
    assert device.shop.one("SELECT picked FROM work_line WHERE work::text = $1 ORDER BY line LIMIT 1", work) == 2


def test_a_hotel_page_is_not_taken_for_the_store(device: Handheld) -> None:
    device.sign_in(CAMILLE)
    device.context.route(
        NO_SYNC, lambda route: route.fulfill(status=200, content_type="text/html", body="<p>Bienvenue au wifi</p>")
    )
    device.write("unknown_code", {"code": "1"})
    device.go("/outbox")
    expect(device.page.locator("main")).to_contain_text("Le wifi demande d’abord une page de connexion.")
    expect(device.page.locator("main")).to_contain_text("1 geste gardé")
    assert device.waiting() == 1


def test_what_was_refused_stays_until_somebody_has_seen_it(device: Handheld) -> None:
    device.sign_in(CAMILLE)
    fact = device.write("pick", {"work": "no work", "line": "1"})
    device.all_or_refused()
    device.go("/outbox")
    refused = device.page.locator("#refused")
    expect(refused).to_contain_text("Refusé, à voir")
    expect(refused).to_contain_text("1 article compté")
    expect(refused).to_contain_text("Votre responsable le trouve")
    assert_nothing_to_say(device.page)
    assert_targets_are_large_enough(device.page)
    device.page.reload()
    refused.locator("[data-act=seen]").click()
    expect(refused).to_be_hidden()
    assert device.kept("dead") == {}
    assert device.shop.one("SELECT outcome FROM device_event WHERE id::text = $1", fact) == "refused"


def test_after_twenty_minutes_it_asks_to_walk_to_where_the_network_is(alone: Handheld) -> None:
    alone.page.clock.install()
    alone.sign_in(CAMILLE)
    alone.context.route(NO_SYNC, lambda route: route.abort())
    alone.write("unknown_code", {"code": "2"})
    expect(alone.page.locator("#notes")).to_contain_text("Hors ligne")
    for _ in range(3):
        alone.page.clock.fast_forward("07:00")
        alone.page.locator("h1").click()
    expect(alone.page.locator("#notes")).to_contain_text("1 geste attend depuis 21 min.")
    expect(alone.page.locator("#notes")).to_contain_text("Allez vers la porte")
    assert_nothing_to_say(alone.page)


def test_a_screen_reader_hears_of_the_state_at_most_once_in_five_seconds(alone: Handheld) -> None:
    alone.page.clock.install()
    alone.go("/sign-in/manager")

    def show(*states: str) -> None:
        alone.page.evaluate(
            "async ([url, states]) => { const { showState } = await import(url); for (const state of states) showState({ state, waiting: 0, since: null, oldest: null }); }",
            [ASSETS.url("js/status.js"), states],
        )
        alone.page.clock.fast_forward(1000)

    show("offline", "signed_out")
    expect(alone.page.locator("#said")).to_have_text("signed_out")
    show("offline", "update")
    expect(alone.page.locator("#said")).to_have_text("signed_out")
    alone.page.clock.fast_forward(5000)
    expect(alone.page.locator("#said")).to_have_text("update")


def codes(device: Handheld) -> list[str]:
    """What the codes on the screen say, one after the other."""
    return list(
        device.page.evaluate(
            "async ([carry, url]) => { const [{ toCodes }, { journal }] = [await import(carry), await import(url)]; return toCodes(journal.unsent(Infinity)); }",
            [ASSETS.url("js/carry.js"), ASSETS.url("js/device.js")],
        )
    )


READ = """async ([worker]) => {
  const canvas = document.querySelector("canvas.qr");
  const large = new OffscreenCanvas(canvas.width * 5, canvas.height * 5).getContext("2d");
  large.imageSmoothingEnabled = false;
  large.drawImage(canvas, 0, 0, canvas.width * 5, canvas.height * 5);
  const { data, width, height } = large.getImageData(0, 0, canvas.width * 5, canvas.height * 5);
  const reader = new Worker(worker);
  return new Promise((done, failed) => {
    reader.onmessage = ({ data: { found, fault } }) => (fault ? failed(new Error(fault)) : done(found.map(({ text }) => text)));
    reader.onerror = () => failed(new Error("no reader"));
    reader.postMessage({ id: 1, pixels: data.buffer, width, height, formats: ["QRCode"] }, [data.buffer]);
  });
}"""


def test_the_code_on_the_screen_is_read_by_a_camera_as_what_it_says(device: Handheld) -> None:
    device.sign_in(CAMILLE)
    device.context.route(NO_SYNC, lambda route: route.abort())
    for number in range(12):
        device.write("unknown_code", {"code": f"{number}" * 40})
    device.go("/outbox")
    device.page.click("[data-act=share]")
    device.page.locator("canvas.qr").wait_for()
    assert device.page.evaluate(READ, ["/static/js/camera-worker.js"]) == codes(device)[:1]


def test_another_device_scans_the_codes_and_the_server_takes_each_fact_once(device: Handheld, other: Handheld) -> None:
    camille = device.sign_in(CAMILLE)
    device.context.route(NO_SYNC, lambda route: route.abort())
    facts = [device.write("unknown_code", {"code": f"{number}" * 40}) for number in range(12)]
    device.go("/outbox")
    device.page.click("[data-act=share]")
    expect(device.page.locator("canvas.qr")).to_be_visible()
    assert device.page.evaluate("document.querySelector('canvas.qr').width") >= 21
    assert_nothing_to_say(device.page)
    assert_targets_are_large_enough(device.page)
    shown = codes(device)
    assert len(shown) > 1
    expect(device.page.locator("[data-nth]")).to_have_text(f"Code 1 sur {len(shown)}")
    device.page.click("[data-act=code-next]")
    expect(device.page.locator("[data-nth]")).to_have_text(f"Code 2 sur {len(shown)}")

    other.go("/outbox")
    other.page.click("[data-act=receive]")
    assert_nothing_to_say(other.page)
    assert_targets_are_large_enough(other.page)
    for at, code in enumerate([*shown[1:], shown[1]], 1):
        other.scan(code)
        expect(other.page.locator("[data-received]")).to_contain_text(
            f"{min(at, len(shown) - 1)} codes lus sur {len(shown)}"
        )
    other.scan(shown[0])
    expect(other.page.locator("[data-received]")).to_contain_text("12 gestes reçus, ils partent d’ici.")
    other.all_sent()
    device.context.unroute(NO_SYNC)
    device.page.click("[data-act=close]")
    device.page.evaluate("dispatchEvent(new Event('online'))")
    expect(device.page.locator("main")).to_contain_text("Tout est envoyé")
    told = [e for e in device.told() if e["id"] in facts]
    assert sorted(e["id"] for e in told) == sorted(facts)
    assert {(e["sign_in"], e["outcome"]) for e in told} == {(camille, "applied")}


def test_a_file_does_the_same_and_may_be_read_twice(device: Handheld, other: Handheld, tmp_path: Path) -> None:
    device.sign_in(CAMILLE)
    device.context.route(NO_SYNC, lambda route: route.abort())
    facts = [device.write("unknown_code", {"code": code}) for code in ("3", "4")]
    device.go("/outbox")
    device.page.evaluate("() => { navigator.canShare = () => false; }")
    device.page.click("[data-act=share]")
    with device.page.expect_download() as download:
        device.page.click("[data-act=file]")
    file = tmp_path / "facts.json"
    download.value.save_as(file)

    other.go("/outbox")
    for told in ("2 gestes reçus", "déjà ici"):
        other.page.click("[data-act=receive]")
        other.page.set_input_files("[data-file]", file)
        expect(other.page.locator("[data-received]")).to_contain_text(told)
        other.page.click("[data-act=close]")
    other.all_sent()
    assert sorted(e["id"] for e in device.told() if e["id"] in facts) == sorted(facts)


def test_a_code_or_a_file_of_somebody_else_adds_nothing(device: Handheld, tmp_path: Path) -> None:
    device.sign_in(CAMILLE)
    device.go("/outbox")
    device.scan("3614270440189")
    expect(device.page.locator("[data-received]")).to_contain_text("Rien n’a été ajouté")
    file = tmp_path / "other.json"
    file.write_text('{"comptoir": "facts", "v": 1, "facts": [{"id": "x"}]}')
    device.page.set_input_files("[data-file]", file)
    expect(device.page.locator("[data-received]")).to_contain_text("Rien n’a été ajouté")
    assert device.kept("ev") == {}


def test_it_opens_on_a_device_that_is_none_of_the_store_any_more(device: Handheld) -> None:
    device.sign_in(CAMILLE)
    device.context.route(NO_SYNC, lambda route: route.abort())
    device.write("unknown_code", {"code": "5"})
    device.context.clear_cookies()
    device.context.unroute(NO_SYNC)
    device.go("/outbox")
    expect(device.page.locator("main")).to_contain_text("Cet appareil n’est plus relié au magasin.")
    expect(device.page.locator("main")).to_contain_text("1 geste gardé")
    assert_nothing_to_say(device.page)
