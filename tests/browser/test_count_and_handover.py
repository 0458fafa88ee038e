"""Counting one article and handing bags over, in a real browser, driven by a scanner."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.counterpart import TEMPLATES, Counterpart
from tests.browser.looking import assert_nothing_to_say, assert_targets_are_large_enough

DERBY_39, VASE = "3614270440182", "3614270440205"
COUNT = {
    "id": "c1",
    "sku": "DERBY-HELENE-NOIR-39",
    "reason": "short",
    "again": False,
    "not_by": None,
    "name": "Derby Hélène",
    "variant": "Cuir noir",
    "deciding": "39",
    "picture": "derby-noir",
    "codes": [DERBY_39.zfill(14)],
    "place": {"aisle": "B", "bay": 12, "level": 3},
}
ORDER = {
    "order": "o1",
    "name": "Inès Aubry",
    "works": ["w1"],
    "bags": [{"bag": "B:T-104", "work": "w1"}, {"bag": "B:T-105", "work": "w1"}],
    "pass": "P1:0123456789ABCDEFGHJKMNPQRS",
    "identity": False,
    "age": False,
    "sign_in_id": "s1",
    "server_time": "2026-11-21T14:22:00Z",
    "done_href": "/done",
}
DESK = """{% extends "base/page.html" %}{% from "_ui.html" import icon with context %}
{% from "_scripts.html" import module with context %}
{% block title %}Remise{% endblock %}{% block scripts %}{{ module("js/handover.js") }}{% endblock %}
{% block body_class %}hh{% endblock %}{% block body_attrs %} data-own-scans{% endblock %}
{% block body %}<header class="bar"><h1>{{ order.name }}</h1></header><main id="main">
<div id="notes" class="stack" hidden></div><div id="alert" class="stack" role="alert" hidden></div>
<ul class="list">{% for held in order.bags %}<li data-bag="{{ held.bag }}"><div class="item"><span class="txt">
<b>{{ held.bag }}</b></span><span data-mark>{{ icon("todo") }}</span></div></li>{% endfor %}</ul>
{% if order.identity %}<label class="choice"><input type="checkbox" id="identity"><span><b>Pièce vue</b></span></label>
{% endif %}</main><footer class="dock"><div id="band" class="band ready" role="status">{{ icon("scan") }}<span>…</span>
</div><div id="acts"></div></footer>{% include "associate/_handing.html" %}
<script type="application/json" id="handover">{{ order | data_block }}</script>{% endblock %}"""


def scan(page: Page, code: str) -> None:
    page.keyboard.type(f"~{code}")
    page.keyboard.press("Enter")


def open_count(page: Page, counterpart: Counterpart) -> None:
    template = TEMPLATES.get_template("associate/counts.html")
    counterpart.pages["/count"] = lambda: template.render(
        sign_in_id="s1", lang="fr", shell=False, new_id=uuid4, refusal=None, session=None, served_at=datetime.now(UTC),
        data={"at": "2026-11-21T14:22:00Z", "location": "l1", "open": "c1", "rows": [COUNT]},
    )  # fmt: skip
    page.goto(f"{counterpart.address}/count")
    expect(page.locator("#save")).to_have_text("Enregistrer 0")


def open_desk(page: Page, counterpart: Counterpart, **changes: Any) -> None:
    template = TEMPLATES.from_string(DESK)
    counterpart.pages["/desk"] = lambda: template.render(sign_in_id="s1", lang="fr", order=ORDER | changes)
    counterpart.pages["/done"] = lambda: '<!doctype html><html lang="fr"><title>Remis</title><h1>Remis</h1>'
    page.goto(f"{counterpart.address}/desk")
    expect(page.locator("#band")).not_to_have_text("…")


def told(counterpart: Counterpart) -> list[dict[str, Any]]:
    return [{key: value for key, value in event["body"].items() if key != "seconds"} for event in counterpart.events]


def test_each_scan_counts_one_and_the_button_writes_it_down(page: Page, counterpart: Counterpart) -> None:
    open_count(page, counterpart)
    scan(page, VASE)
    expect(page.locator("#odd")).to_contain_text("n’est pas attendu ici")
    expect(page.locator("#number")).to_have_text("0")
    for _ in range(3):
        scan(page, DERBY_39)
    page.click("text=Enregistrer 3")
    expect(page.locator("[data-count=c1] .tone-ok")).to_have_count(1)
    assert told(counterpart) == [{"count": "c1", "quantity": 3}]


def test_a_number_may_be_entered_and_corrected_and_several_shelves_add_up(page: Page, counterpart: Counterpart) -> None:
    open_count(page, counterpart)
    for key in ("1", "2", "back", "7"):
        page.click(f"[data-key='{key}']")
    expect(page.locator("#save")).to_have_text("Enregistrer 17")
    page.click("#another")
    scan(page, DERBY_39)
    expect(page.locator("#shelves")).to_have_text("17 + 1 = 18 en tout")
    page.reload()
    expect(page.locator("#save")).to_have_text("Enregistrer 18")
    page.click("#save")
    expect(page.locator("[data-count=c1] .tone-ok")).to_have_count(1)
    assert told(counterpart) == [{"count": "c1", "quantity": 18, "parts": [17, 1]}]


def test_nothing_there_is_a_count_too_and_an_offline_one_does_not_say_sent(
    page: Page, counterpart: Counterpart
) -> None:
    counterpart.mood = "gone"
    open_count(page, counterpart)
    page.click("#save")
    expect(page.locator("#band")).to_contain_text("0 compté")
    expect(page.locator("[data-count=c1]")).to_contain_text("Gardé sur cet appareil")
    expect(page.locator("[data-count=c1] .tone-ok")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_count_has_no_accessibility_fault(page: Page, counterpart: Counterpart, theme: str) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    open_count(page, counterpart)
    assert_nothing_to_say(page)
    assert_targets_are_large_enough(page)


def test_every_bag_by_scan_and_the_goods_are_handed_over(page: Page, counterpart: Counterpart) -> None:
    open_desk(page, counterpart)
    scan(page, "B:T-104")
    expect(page.locator("#band")).to_contain_text("Sac T-104 vérifié")
    scan(page, "B:T-105")
    expect(page).to_have_title("Remis")
    assert counterpart.events[0]["body"] == {
        "order": "o1",
        "works": ["w1"],
        "pass": ORDER["pass"],
        "bags": ["B:T-104", "B:T-105"],
        "refused": [],
    }


def test_somebody_elses_bag_is_refused_by_name(page: Page, counterpart: Counterpart) -> None:
    open_desk(page, counterpart)
    scan(page, "B:T-999")
    expect(page.locator("#band")).to_contain_text("Ce sac n’est pas à Inès Aubry")
    assert counterpart.events == []


def test_the_identity_comes_before_the_goods(page: Page, counterpart: Counterpart) -> None:
    open_desk(page, counterpart, identity=True)
    scan(page, "B:T-104")
    scan(page, "B:T-105")
    assert counterpart.events == []
    page.click("text=Pièce vue")
    expect(page).to_have_title("Remis")
    assert counterpart.events[0]["body"]["identity_checked"] is True


def test_without_an_answer_the_bag_stays_at_the_counter(page: Page, counterpart: Counterpart) -> None:
    counterpart.mood = "gone"
    open_desk(page, counterpart)
    scan(page, "B:T-104")
    scan(page, "B:T-105")
    expect(page.locator("#band")).to_contain_text("Gardez le sac au comptoir")
    counterpart.mood = "well"
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page).to_have_title("Remis")


def test_a_refused_handover_says_so_and_begins_again(page: Page, counterpart: Counterpart) -> None:
    counterpart.refuse = {"hand_over"}
    open_desk(page, counterpart)
    scan(page, "B:T-104")
    scan(page, "B:T-105")
    expect(page.locator("#band")).to_contain_text("La remise n’est pas faite")
    expect(page.locator("[data-checked]")).to_have_count(0)
