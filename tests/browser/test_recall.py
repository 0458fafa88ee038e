"""A recalled article on the handheld: not counted when scanned, set aside in one tap, and kept back at the counter."""

from datetime import UTC, datetime
from uuid import UUID

from playwright.sync_api import Page, expect

from comptoir.screens.counter import Bag, CounterOrder, Line, Staged
from tests.browser.counterpart import TEMPLATES, Counterpart
from tests.browser.looking import assert_nothing_to_say, assert_targets_are_large_enough
from tests.browser.test_pick_screen import DERBY_39, MARIN, camille, everything_is_sent, open_pack, scan

NOW = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)


def recalled_derby() -> dict[str, object]:
    pack = camille()
    pack["works"][0]["lines"][1]["blocked"] = "Semelle qui se décolle"
    return pack


def test_a_recalled_article_is_not_counted_and_the_screen_says_to_set_it_aside(
    page: Page, counterpart: Counterpart
) -> None:
    open_pack(page, counterpart, recalled_derby())
    expect(page.locator("#band.bad")).to_contain_text("Rappel : ne préparez pas")
    assert_nothing_to_say(page)
    assert_targets_are_large_enough(page)
    scan(page, DERBY_39)
    expect(page.locator("#band.bad")).to_contain_text("Mettez de côté")
    assert counterpart.events == []


def test_one_tap_sets_it_aside_and_the_walk_goes_on(page: Page, counterpart: Counterpart) -> None:
    open_pack(page, counterpart, recalled_derby())
    page.locator("[data-act=recalled]").click()
    expect(page.locator(".pick h2")).to_have_text("Pull Marin")
    scan(page, MARIN)
    expect(page.locator("body[data-step=stage]")).to_be_visible()
    everything_is_sent(page)
    assert [event["body"].get("reason") for event in counterpart.events] == ["not_sellable", None]


def counter_order(*lines: Line) -> CounterOrder:
    work = Staged(UUID(int=1), "staged", NOW, list(lines), [Bag("T-104", "R4")])
    return CounterOrder(UUID(int=2), "W-104233", "Camille Roux", "Camille", [work])


def open_hand_over(page: Page, counterpart: Counterpart, view: CounterOrder) -> None:
    facts = {
        "order": str(view.order), "name": view.name, "works": [str(UUID(int=1))], "pass": "P1:X", "sign_in_id": "s1",
        "bags": [{"bag": "B:T-104", "work": str(UUID(int=1))}], "server_time": "2026-11-21T11:00:00Z",
        "done_href": "/done",
    }  # fmt: skip
    template = TEMPLATES.get_template("associate/handover.html")
    counterpart.pages["/out"] = lambda: template.render(
        sign_in_id="s1",
        lang="fr",
        view=view,
        facts=facts,
        proven=True,
        letters="",
        due=0,
        now=NOW,
        time_zone="Europe/Paris",
    )
    counterpart.pages["/done"] = lambda: "<!doctype html><html lang=fr><title>x</title>"
    page.goto(f"{counterpart.address}/out")


DERBY = Line(1, "Derby Hélène", "Cuir noir", "39", "derby-noir", 1, blocked="Semelle qui se décolle")
BOWL = Line(2, "Bol Grès", "Bleu", "", "bol-bleu", 2)


def test_at_the_counter_the_recalled_line_stays_and_the_rest_leaves(page: Page, counterpart: Counterpart) -> None:
    open_hand_over(page, counterpart, counter_order(DERBY, BOWL))
    expect(page.locator("[role=alert].note")).to_contain_text("son prix sera rendu à Camille")
    assert_nothing_to_say(page)
    scan(page, "B:T-104")
    page.wait_for_url("**/done")
    refused = counterpart.events[0]["body"]["refused"]
    assert refused == [{"work": str(UUID(int=1)), "line": "1", "quantity": 1, "reason": "recalled"}]


def test_when_all_of_it_is_recalled_no_hand_over_is_offered(page: Page, counterpart: Counterpart) -> None:
    open_hand_over(page, counterpart, counter_order(DERBY))
    expect(page.locator(".band.bad")).to_contain_text("Rappel : ne remettez rien")
    assert_nothing_to_say(page)
    scan(page, "B:T-104")
    page.wait_for_timeout(300)
    assert counterpart.events == []
