"""The keyboard wedge: what is a scan and what is a person typing."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.counterpart import TEMPLATES, Counterpart

PAGE = """{% extends "base/page.html" %}{% from "_scripts.html" import module with context %}
{% block title %}x{% endblock %}{% block scripts %}{{ module("js/handheld.js") }}
<script type="module" src="/heard.js"></script>{% endblock %}
{% block body_attrs %} data-own-scans{% endblock %}
{% block body %}<input id="name" aria-label="Nom"><button id="tap">Tap</button>{% endblock %}"""
HEARD = b"""window.heard = []; window.taps = 0;
document.addEventListener("scan", (event) => { event.preventDefault(); window.heard.push(event.detail.raw);
  event.detail.waitUntil(new Promise((done) => setTimeout(done, window.busy || 0))); });
document.getElementById("tap").addEventListener("click", () => window.taps++);"""


@pytest.fixture
def heard(page: Page, counterpart: Counterpart) -> Callable[[], list[str]]:
    counterpart.pages["/"] = lambda: TEMPLATES.from_string(PAGE).render(lang="fr")
    counterpart.files["/heard.js"] = (HEARD, "text/javascript")
    page.goto(counterpart.address)
    page.wait_for_load_state("networkidle")
    return lambda: page.evaluate("window.heard")


def test_a_code_with_enter_is_a_scan_with_no_field_focused(page: Page, heard: Callable[[], list[str]]) -> None:
    page.keyboard.type("3614270440182")
    page.keyboard.press("Enter")
    assert heard() == ["3614270440182"]


def test_tab_ends_a_scan_too_and_the_focus_stays(page: Page, heard: Callable[[], list[str]]) -> None:
    page.keyboard.type("~]E03614270440182")
    page.keyboard.press("Tab")
    assert heard() == ["~]E03614270440182"]
    assert page.evaluate("document.activeElement.tagName") == "BODY"


def test_the_enter_of_a_scan_presses_no_focused_button(page: Page, heard: Callable[[], list[str]]) -> None:
    page.focus("#tap")
    page.keyboard.type("3614270440182")
    page.keyboard.press("Enter")
    assert heard() == ["3614270440182"]
    assert page.evaluate("window.taps") == 0


def test_a_plain_enter_still_presses_it(page: Page, heard: Callable[[], list[str]]) -> None:
    page.focus("#tap")
    page.keyboard.press("Enter")
    assert page.evaluate("window.taps") == 1
    assert heard() == []


def test_a_person_typing_a_name_is_left_alone(page: Page, heard: Callable[[], list[str]]) -> None:
    page.focus("#name")
    page.keyboard.type("Camille", delay=90)
    page.keyboard.press("Enter")
    assert page.input_value("#name") == "Camille"
    assert heard() == []


def test_a_scan_into_a_field_is_a_scan_and_the_typed_text_stays(page: Page, heard: Callable[[], list[str]]) -> None:
    page.focus("#name")
    page.keyboard.type("Ca", delay=200)
    page.evaluate(
        """() => { for (const key of ["~", ..."B:T-118", "Enter"]) document.activeElement.dispatchEvent(
            new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true})) }"""
    )
    assert heard() == ["~B:T-118"]
    assert page.input_value("#name") == "Ca"


def test_an_unmarked_burst_into_a_field_is_taken_out_again(page: Page, heard: Callable[[], list[str]]) -> None:
    page.focus("#name")
    page.keyboard.type("3614270440182")
    page.keyboard.press("Enter")
    assert heard() == ["3614270440182"]
    assert page.input_value("#name") == ""


def test_scans_wait_in_line_while_the_page_is_busy(page: Page, heard: Callable[[], list[str]]) -> None:
    page.evaluate("window.busy = 30")
    for number in range(5):
        page.keyboard.type(f"B:T-{number}")
        page.keyboard.press("Enter")
    page.wait_for_timeout(400)
    assert heard() == [f"B:T-{number}" for number in range(5)]


def test_two_letters_and_enter_are_no_scan(page: Page, heard: Callable[[], list[str]]) -> None:
    page.keyboard.type("ab")
    page.keyboard.press("Enter")
    assert heard() == []


def test_a_page_without_its_own_use_for_a_scan_asks_the_server(page: Page, counterpart: Counterpart) -> None:
    text = PAGE.replace(" data-own-scans", "").replace('<script type="module" src="/heard.js"></script>', "")
    counterpart.pages["/"] = lambda: TEMPLATES.from_string(text).render(lang="fr")
    page.goto(counterpart.address)
    page.wait_for_load_state("networkidle")
    with page.expect_navigation():
        page.keyboard.type("~W:W-104233")
        page.keyboard.press("Enter")
    assert "/scan code=%7EW%3AW-104233" in counterpart.paths
