"""The keyboard wedge: what is a scan and what is a person typing."""

import os
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.counterpart import ASSETS, TEMPLATES, Counterpart

PAGE = """{% extends "base/page.html" %}{% from "_scripts.html" import module with context %}
{% block title %}x{% endblock %}{% block scripts %}{{ module("js/handheld.js") }}
<script type="module" src="/heard.js"></script>{% endblock %}
{% block body_attrs %} data-own-scans{% endblock %}
{% block body %}<input id="name" aria-label="Nom"><button id="tap">Tap</button>{% endblock %}"""
HEARD = b"""import { ready } from "%b";
window.heard = []; window.how = []; window.taps = 0;
document.addEventListener("scan", (event) => { event.preventDefault(); window.heard.push(event.detail.raw); window.how.push(event.detail.how);
  event.detail.waitUntil(new Promise((done) => setTimeout(done, window.busy || 0))); });
document.getElementById("tap").addEventListener("click", () => window.taps++); ready(); document.body.dataset.ready = "";""" % ASSETS.url(
    "js/scanner.js"
).encode()

# Keys as a scanner sends them, `ms` apart by their own time stamps, however busy this machine is; a focused field gets the letters.
TYPE = """([text, suffix, ms]) => { let at = performance.now();
  for (const key of [...text, ...(suffix ? [suffix] : [])]) {
    const control = key === "\\x1d";
    const event = new KeyboardEvent("keydown", {key: control ? "]" : key, ctrlKey: control, bubbles: true, cancelable: true});
    Object.defineProperty(event, "timeStamp", {value: at});
    at += ms;
    const element = document.activeElement;
    if (element.dispatchEvent(event) && key.length === 1 && "value" in element) element.value += key;
  } }"""


@pytest.fixture
def heard(page: Page, counterpart: Counterpart) -> Callable[[], list[str]]:
    counterpart.pages["/"] = lambda: TEMPLATES.from_string(PAGE).render(lang="fr")
    counterpart.files["/heard.js"] = (HEARD, "text/javascript")
    page.goto(counterpart.address)
    page.locator("body[data-ready]").wait_for()
    # What is heard once nothing is on its way any more: a text of strange letters waits for the table of keys.
    return lambda: page.evaluate(
        "async () => { for (let at = 0; at < 40 && !window.heard.length; at++) await new Promise((done) => setTimeout(done, 25)); return window.heard; }"
    )


def test_a_code_with_enter_is_a_scan_with_no_field_focused(page: Page, heard: Callable[[], list[str]]) -> None:
    page.evaluate(TYPE, ["3614270440182", "Enter", 5])
    assert heard() == ["3614270440182"]


def test_tab_ends_a_scan_too_and_the_focus_stays(page: Page, heard: Callable[[], list[str]]) -> None:
    page.evaluate(TYPE, ["~]E03614270440182", "Tab", 5])
    assert heard() == ["~]E03614270440182"]
    assert page.evaluate("document.activeElement.tagName") == "BODY"


def test_the_enter_of_a_scan_presses_no_focused_button(page: Page, heard: Callable[[], list[str]]) -> None:
    page.focus("#tap")
    page.evaluate(TYPE, ["~3614270440182", "", 0])
    page.keyboard.press("Enter")
    assert heard() == ["~3614270440182"]
    assert page.evaluate("window.taps") == 0


def test_a_plain_enter_still_presses_it(page: Page, heard: Callable[[], list[str]]) -> None:
    page.focus("#tap")
    page.keyboard.press("Enter")
    assert page.evaluate("window.taps") == 1
    assert heard() == []


def test_a_person_typing_a_name_is_left_alone(page: Page, heard: Callable[[], list[str]]) -> None:
    page.focus("#name")
    page.evaluate(TYPE, ["Camille", "Enter", 90])
    assert page.input_value("#name") == "Camille"
    assert heard() == []


def test_a_scan_into_a_field_is_a_scan_and_the_typed_text_stays(page: Page, heard: Callable[[], list[str]]) -> None:
    page.focus("#name")
    page.evaluate(TYPE, ["Ca", "", 200])
    page.evaluate(
        """() => { for (const key of ["~", ..."B:T-118", "Enter"]) document.activeElement.dispatchEvent(
            new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true})) }"""
    )
    assert heard() == ["~B:T-118"]
    assert page.input_value("#name") == "Ca"


def test_an_unmarked_burst_into_a_field_is_taken_out_again(page: Page, heard: Callable[[], list[str]]) -> None:
    page.focus("#name")
    page.evaluate(TYPE, ["3614270440182", "Enter", 5])
    assert heard() == ["3614270440182"]
    assert page.input_value("#name") == ""


def test_scans_wait_in_line_while_the_page_is_busy(page: Page, heard: Callable[[], list[str]]) -> None:
    page.evaluate("window.busy = 30")
    for number in range(5):
        page.evaluate(TYPE, [f"B:T-{number}", "Enter", 5])
    page.wait_for_timeout(400)
    assert heard() == [f"B:T-{number}" for number in range(5)]


PLAIN, MARKED = "3614270440182", "~]E03614270440182"
EVERY_WAY = [(ms, code, suffix) for ms in (0, 5, 20, 50) for code in (PLAIN, MARKED) for suffix in ("Enter", "Tab", "")]
SOME_WAYS = [(0, PLAIN, ""), (0, MARKED, "Enter"), (5, PLAIN, "Enter"), (20, MARKED, "Tab"), (20, PLAIN, ""), (50, PLAIN, "Tab"), (50, MARKED, "")]  # fmt: skip
"""Every pace, code and ending; each with each at length."""


@pytest.mark.parametrize(("ms", "code", "suffix"), EVERY_WAY if os.environ.get("COMPTOIR_LONG") else SOME_WAYS)
def test_a_code_is_heard_at_every_pace_and_with_every_ending(
    page: Page, heard: Callable[[], list[str]], ms: int, code: str, suffix: str
) -> None:
    for _ in range(3):
        page.evaluate(TYPE, [code, suffix, ms])
        if not suffix:
            page.wait_for_timeout(1500 if code[0] == "~" else 400)
    assert heard() == [code] * 3
    assert page.evaluate("window.how[0]") == {
        "via": "keys", "ms": ms, "signs": len(code), "prefix": code[0] == "~", "suffix": suffix, "layout": False,
    }  # fmt: skip


@pytest.mark.parametrize("ms", [90, 140])
def test_a_hand_that_types_a_number_and_stops_is_no_scanner(
    page: Page, heard: Callable[[], list[str]], ms: int
) -> None:
    page.evaluate(TYPE, ["3614270440182", "", ms])
    page.wait_for_timeout(400)
    assert heard() == []


def test_ten_scans_a_second_are_all_counted(page: Page, heard: Callable[[], list[str]]) -> None:
    codes = [f"~B:T-{number:03}" for number in range(50)]
    page.evaluate("window.busy = 5")
    page.evaluate(
        f"""async (codes) => {{ const type = {TYPE};
        for (const code of codes) {{ type([code, "Enter", 2]); await new Promise((done) => setTimeout(done, 100)); }} }}""",
        codes,
    )
    page.wait_for_timeout(300)
    assert heard() == codes


def test_the_same_code_twice_is_two_scans(page: Page, heard: Callable[[], list[str]]) -> None:
    for _ in range(2):
        page.evaluate(TYPE, ["3614270440182", "Enter", 5])
    assert heard() == ["3614270440182"] * 2


def test_a_code_of_four_hundred_signs_comes_whole(page: Page, heard: Callable[[], list[str]]) -> None:
    code = "https://id.gs1.org/01/09521234543213?x=" + "a" * 360
    page.evaluate(TYPE, [code, "Enter", 5])
    assert heard() == [code]


def test_the_separator_of_gs1_codes_comes_as_control_and_bracket(page: Page, heard: Callable[[], list[str]]) -> None:
    page.evaluate(TYPE, ["~]C1010952123454321310A\x1d21B", "Enter", 5])
    assert heard() == ["~]C1010952123454321310A|21B"]


AZERTY = dict(zip("1234567890", "&é\"'(-è_çà", strict=True)) | {"~": "²", "]": "$", ":": "M", "-": ")"}
PLACES = {"~": "Backquote", "]": "BracketRight", ":": "Semicolon", "-": "Minus"}
PRESS = """(keys) => { for (const [key, code, shiftKey] of keys) document.activeElement.dispatchEvent(
  new KeyboardEvent("keydown", {key, code, shiftKey, bubbles: true, cancelable: true})) }"""


def us_keys_on_azerty(text: str) -> list[tuple[str, str, bool]]:
    """The key events that a scanner set to a US keyboard causes on a French device."""
    swapped = str.maketrans("aqzwAQZW", "qawzQAWZ")
    return [
        (
            AZERTY.get(sign, sign.translate(swapped)),
            PLACES.get(sign) or (f"Digit{sign}" if sign.isdigit() else f"Key{sign.upper()}"),
            sign in "~:" or sign.isupper(),
        )
        for sign in text
    ] + [("Enter", "Enter", False)]


@pytest.mark.parametrize("code", ["3614270440182", "~]E03614270440182", "B:T-118", "OR-DERBY-39-N"])
def test_a_us_scanner_on_a_french_device_is_understood(page: Page, heard: Callable[[], list[str]], code: str) -> None:
    page.evaluate(PRESS, us_keys_on_azerty(code))
    assert heard() == [code]
    assert page.evaluate("window.how[0].layout") is True


def test_a_french_scanner_on_a_french_device_is_left_as_it_is(page: Page, heard: Callable[[], list[str]]) -> None:
    page.evaluate(PRESS, [(digit, f"Digit{digit}", True) for digit in "3614270440182"] + [("Enter", "Enter", False)])
    assert heard() == ["3614270440182"]


def test_keys_whose_letter_an_input_method_keeps_are_read_by_their_place(
    page: Page, heard: Callable[[], list[str]]
) -> None:
    page.evaluate(
        PRESS, [("Process", f"Digit{digit}", False) for digit in "3614270440182"] + [("Enter", "Enter", False)]
    )
    assert heard() == ["3614270440182"]


def test_text_that_appears_in_a_field_at_once_is_a_scan(page: Page, heard: Callable[[], list[str]]) -> None:
    page.focus("#name")
    page.evaluate(TYPE, ["Ca", "", 200])
    page.wait_for_timeout(200)
    page.keyboard.insert_text("3614270440182")
    page.keyboard.press("Enter")
    assert heard() == ["3614270440182"]
    assert page.input_value("#name") == "Ca"
    assert page.evaluate("window.how[0].via") == "field"


def test_a_suggested_word_in_a_field_is_no_scan(page: Page, heard: Callable[[], list[str]]) -> None:
    page.focus("#name")
    page.keyboard.insert_text("Camille ")
    page.wait_for_timeout(300)
    assert page.input_value("#name") == "Camille "
    assert heard() == []


def test_a_device_whose_scanner_writes_into_fields_always_has_one(page: Page, counterpart: Counterpart) -> None:
    counterpart.files["/heard.js"] = (HEARD, "text/javascript")
    whole = (
        TEMPLATES.from_string(PAGE).render(lang="fr").replace('<html lang="fr"', '<html lang="fr" data-wedge="field"')
    )
    counterpart.pages["/"] = lambda: whole
    page.goto(counterpart.address)
    page.wait_for_load_state("networkidle")
    for code in ("B:T-1", "~3614270440182"):
        page.keyboard.insert_text(code)
        page.keyboard.press("Enter")
    page.click("#tap")
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(50)
    page.keyboard.insert_text("3614270440182")
    page.wait_for_timeout(250)
    assert page.evaluate("window.heard") == ["B:T-1", "~3614270440182", "3614270440182"]
    page.focus("#name")
    page.evaluate(TYPE, ["Camille", "", 90])
    assert page.input_value("#name") == "Camille"


def test_two_letters_and_enter_are_no_scan(page: Page, heard: Callable[[], list[str]]) -> None:
    page.evaluate(TYPE, ["ab", "Enter", 5])
    assert heard() == []


def test_a_page_without_its_own_use_for_a_scan_asks_the_server(page: Page, counterpart: Counterpart) -> None:
    text = PAGE.replace(" data-own-scans", "").replace('<script type="module" src="/heard.js"></script>', "")
    counterpart.pages["/"] = lambda: TEMPLATES.from_string(text).render(lang="fr")
    counterpart.files["/sync/ping"] = (b'{"pong": true}', "application/json")
    page.goto(counterpart.address)
    page.wait_for_load_state("networkidle")
    with page.expect_navigation():
        page.evaluate(TYPE, ["~W:W-104233", "Enter", 5])
    assert "/scan code=%7EW%3AW-104233" in counterpart.paths
