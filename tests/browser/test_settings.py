"""The device's settings: they hold at once, on the next page before its first paint, and are heard, felt and seen."""

from functools import partial

import pytest
from playwright.sync_api import Page, expect

from tests.browser.counterpart import ASSETS, Counterpart
from tests.browser.kept_pages import kept_page
from tests.browser.looking import assert_targets_are_large_enough
from tests.browser.page_rules import TOO_WIDE

STORED = """() => new Promise((done) => { indexedDB.open("comptoir").onsuccess = ({target}) => {
  target.result.transaction("meta").objectStore("meta").get("settings").onsuccess = (event) => done(event.target.result ?? null); }; })"""
FELT = """() => { window.felt = []; window.tones = []; Object.defineProperty(navigator, "vibrate", {value: (rhythm) => { window.felt.push(rhythm); return true; }});
  document.addEventListener("tone", ({detail}) => window.tones.push(detail)); }"""
NAMES = ("settings", "scan_test", "scan_sheet")


@pytest.fixture
def opened(page: Page, counterpart: Counterpart) -> Page:
    """The settings page; the pages around it are there too."""
    for path, name in (("/settings", "settings"), ("/scan/test", "scan_test"), ("/scan/sheet", "scan_sheet")):
        counterpart.pages[path] = partial(kept_page, f"associate/{name}.html")
    page.goto(f"{counterpart.address}/settings")
    expect(page.locator("input[name=volume]:checked")).to_have_count(1)
    return page


def choose(page: Page, name: str, value: str) -> None:
    """One choice, kept when the band says so."""
    page.locator(f"label.choice:has(input[name={name}][value='{value}'])").click()
    expect(page.locator("#band.ok")).to_contain_text("Gardé sur l’appareil")


def test_each_choice_is_kept_on_the_device_and_chosen_the_next_time(opened: Page) -> None:
    chosen = (
        ("volume", "3", 3), ("vibration", "off", False), ("hand", "left", "left"), ("text", "largest", "largest"),
        ("theme", "dark", "dark"), ("camera", "never", "never"), ("lock_minutes", "30", 30),
    )  # fmt: skip
    for name, value, kept in chosen:
        choose(opened, name, value)
        assert opened.evaluate(STORED)[name] == kept
    opened.reload()
    for name, value, _ in chosen:
        expect(opened.locator(f"input[name={name}]:checked")).to_have_value(value)


def test_a_choice_holds_before_the_first_paint_of_the_next_page(opened: Page, counterpart: Counterpart) -> None:
    for name, value in (("text", "large"), ("hand", "left"), ("theme", "dark")):
        choose(opened, name, value)
    opened.route("**/*.js", lambda route: route.continue_() if "first-paint" in route.request.url else route.abort())
    opened.goto(f"{counterpart.address}/scan/test")
    assert opened.evaluate("() => ({...document.documentElement.dataset})") == {
        "text": "large",
        "hand": "left",
        "theme": "dark",
        "wedge": "keys",
    }


def test_the_left_hand_gets_the_dock_mirrored(opened: Page, counterpart: Counterpart) -> None:
    def camera_is_left_of_the_band() -> bool:
        opened.locator("#camera").wait_for()
        box, band = opened.locator("#camera").bounding_box(), opened.locator("#band").bounding_box()
        assert box is not None
        assert band is not None
        return box["x"] < band["x"]

    opened.goto(f"{counterpart.address}/scan/test")
    assert not camera_is_left_of_the_band()
    opened.goto(f"{counterpart.address}/settings")
    choose(opened, "hand", "left")
    opened.goto(f"{counterpart.address}/scan/test")
    assert camera_is_left_of_the_band()


def test_nothing_scrolls_sideways_at_320_px_whatever_the_size_of_the_text(
    opened: Page, counterpart: Counterpart
) -> None:
    opened.set_viewport_size({"width": 320, "height": 568})
    for text, size in (("normal", 16), ("large", 19), ("largest", 22)):
        for path in ("/scan/test", "/scan/sheet", "/settings"):
            opened.goto(f"{counterpart.address}{path}")
            assert opened.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") == size, text
            assert opened.evaluate(TOO_WIDE) == [], text
            assert_targets_are_large_enough(opened)
        if text != "largest":
            choose(opened, "text", "large" if text == "normal" else "largest")


def test_no_two_sounds_have_the_pitch_or_the_rhythm_of_another(opened: Page) -> None:
    tones = opened.evaluate("async (address) => (await import(address)).TONES", ASSETS.url("js/sound.js"))
    pitches = [tuple(pitch for pitch, _, _ in tune) for tune, _, _ in tones.values()]
    rhythms = [tuple((start, length) for _, start, length in tune) for tune, _, _ in tones.values()]
    felt = [tuple(rhythm) for _, _, rhythm in tones.values()]
    assert sorted(tones) == ["again", "arrived", "done", "ok", "wrong"]
    assert len(set(pitches)) == len(set(rhythms)) == len(set(felt)) == len(tones)


def test_every_sound_is_felt_and_has_its_twin_for_the_eye(opened: Page) -> None:
    opened.evaluate(FELT)
    opened.emulate_media(reduced_motion="reduce")
    tones = (
        ("ok", "ok", "Compté"), ("done", "ok", "Terminé"), ("again", "again", "Déjà compté"), ("wrong", "bad", "Faux"),
        ("arrived", "told", "Client arrivé"),
    )  # fmt: skip
    for count, (name, tone, words) in enumerate(tones, 1):
        opened.click(f"[data-try={name}]")
        band = opened.locator(f"#band.{tone}")
        expect(band).to_contain_text(words)
        assert band.locator("svg").count() == 1
        assert opened.evaluate("window.tones") == [name for name, _, _ in tones[:count]]
        assert len(opened.evaluate("window.felt")) == count
    expect(opened.locator("#band.ready")).to_contain_text("Gardé sur cet appareil")


def test_in_quiet_hours_an_arrival_is_seen_and_a_scan_is_still_felt(opened: Page) -> None:
    opened.fill("[name=quiet_from]", "00:00")
    opened.fill("[name=quiet_to]", "23:59")
    opened.evaluate(FELT)
    opened.click("[data-try=arrived]")
    expect(opened.locator("#band.told")).to_be_visible()
    assert opened.evaluate("window.felt") == []
    opened.click("[data-try=wrong]")
    assert opened.evaluate("window.felt") == [[300]]


def test_quiet_hours_may_go_past_midnight(opened: Page) -> None:
    hours = {"21:00": True, "23:30": True, "06:59": True, "07:00": False, "12:00": False}
    told = opened.evaluate(
        """async ([address, hours]) => { const { settings, quietNow } = await import(address);
        Object.assign(settings, {quiet_from: "21:00", quiet_to: "07:00"}); return hours.map((hour) => quietNow(new Date(`2026-11-22T${hour}:00`))); }""",
        [ASSETS.url("js/settings.js"), list(hours)],
    )
    assert dict(zip(hours, told, strict=True)) == hours


def test_without_vibration_nothing_shakes(opened: Page) -> None:
    choose(opened, "vibration", "off")
    opened.evaluate(FELT)
    opened.click("[data-try=ok]")
    expect(opened.locator("#band.ok")).to_contain_text("Compté")
    assert opened.evaluate("window.felt") == []


def test_a_device_that_cannot_keep_a_choice_says_so(opened: Page) -> None:
    opened.evaluate(
        "() => { IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError') } }"
    )
    opened.locator("label.choice:has(input[name=hand][value=left])").click()
    expect(opened.locator("#band.bad")).to_contain_text("n’a pas pu le garder")


def test_the_test_page_says_what_a_scan_brought_and_what_to_change(opened: Page, counterpart: Counterpart) -> None:
    opened.goto(f"{counterpart.address}/scan/test")
    opened.locator("#band.ready").wait_for()
    opened.keyboard.type("~]E09521234543213")
    opened.keyboard.press("Enter")
    expect(opened.locator(".facts")).to_contain_text("]E0")
    expect(opened.locator("#result")).to_contain_text("Un article")
    expect(opened.locator("#result li")).to_have_text(["Préfixe, type de code et fin arrivent comme il faut."])
    opened.focus("#f-try")
    opened.wait_for_timeout(300)
    opened.keyboard.insert_text("9521234543213")
    expect(opened.locator("#result")).to_contain_text("Le lecteur écrit dans un champ")
    opened.click("[data-act=field]")
    expect(opened.locator("#wedge")).to_have_count(1)
