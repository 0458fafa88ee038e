"""The pick screen in a real browser, driven by a scanner: what counts, what is refused, what is kept meanwhile."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.counterpart import TEMPLATES, Counterpart
from tests.browser.looking import CONTRAST_ONLY, assert_nothing_to_say, assert_targets_are_large_enough, axe
from tests.browser.page_rules import fits

DERBY_39, DERBY_38, MARIN, VASE = "3614270440182", "3614270440175", "3614270440199", "3614270440205"


def moment(minutes: float) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat(timespec="seconds").replace("+00:00", "Z")


def line(name: str, code: str, quantity: int, place: tuple[str, int, int] | None, **more: Any) -> dict[str, Any]:
    style = name.lower().split()[0]
    shelf = dict(zip(("aisle", "bay", "level"), place, strict=True)) if place else None
    known = {
        "variant": "Cuir noir",
        "deciding": "39",
        "picture": "derby-noir",
        "picked": 0,
        "short": 0,
        "parked_until": None,
    }
    return (
        {
            "line": 1,
            "sku": "S",
            "name": name,
            "quantity": quantity,
            "codes": [code.zfill(14)],
            "place": shelf,
            "style": style,
        }
        | known
        | more
    )


def work(name: str, *lines: dict[str, Any], kind: str = "pickup") -> dict[str, Any]:
    numbered = [{**entry, "line": at} for at, entry in enumerate(lines, 1)]
    return {
        "id": name.lower(),
        "order_number": "W-104233",
        "kind": kind,
        "collector": name,
        "promise_at": moment(12.5),
        "version": 1,
        "lines": numbered,
        "bags": [],
    }


def pack_of(*works: dict[str, Any]) -> dict[str, Any]:
    derby_38 = {
        "name": "Derby Hélène",
        "variant": "Cuir noir",
        "deciding": "38",
        "style": "derby",
        "picture": "derby-noir",
    }
    return {
        "id": "p1",
        "sign_in_id": "s1",
        "lease_until": moment(60),
        "server_time": moment(0),
        "works": list(works),
        "places": ["R4", "R7", "R8"],
        "reasons": [
            {"code": "not_found", "fr": "Rien à cette place", "en": "Nothing in that place"},
            {"code": "damaged", "fr": "Abîmé", "en": "Damaged"},
            {"code": "fell", "fr": "Rayon effondré", "en": "Shelf fell down"},
        ],
        "known": {DERBY_38.zfill(14): {**derby_38, "place": {"aisle": "B", "bay": 12, "level": 2}}},
    }


def camille() -> dict[str, Any]:
    marin = line("Pull Marin", MARIN, 1, ("B", 14, 2), deciding="M", variant="Coton écru", picture="marin-ecru")
    return pack_of(work("Camille R.", marin, line("Derby Hélène", DERBY_39, 2, ("B", 12, 3))))


def open_pack(page: Page, counterpart: Counterpart, pack: dict[str, Any], lang: str = "fr") -> None:
    template = TEMPLATES.get_template("associate/pick.html")
    counterpart.pages["/pick"] = lambda: template.render(
        sign_in_id="s1", lang=lang, pack=pack, person="Sam", location="Lyon Part-Dieu"
    )
    page.goto(f"{counterpart.address}/pick")
    expect(page.locator("body[data-step]")).to_be_visible()


def scan(page: Page, code: str) -> None:
    page.keyboard.type(f"~{code}")
    page.keyboard.press("Enter")


def band(page: Page) -> Locator:
    return page.locator("#band")


NOTHING_WAITS = """() => new Promise((resolve) => {
  indexedDB.open("comptoir").onsuccess = ({ target: { result: db } }) => {
    const asked = db.transaction("meta").objectStore("meta").get("journal");
    asked.onsuccess = () => (db.close(), resolve(asked.result.next > 1 && asked.result.acked === asked.result.next - 1));
  };
})"""


def everything_is_sent(page: Page) -> None:
    for _ in range(500):
        if page.evaluate(NOTHING_WAITS):
            break
        page.wait_for_timeout(10)
    expect(page.locator("body")).to_have_attribute("data-sending", "sent")


def pick_all(page: Page) -> None:
    for code in (DERBY_39, DERBY_39, MARIN):
        scan(page, code)
    expect(page.locator("body[data-step=stage]")).to_be_visible()


def test_the_walk_begins_at_the_first_shelf_not_at_the_first_line(page: Page, counterpart: Counterpart) -> None:
    open_pack(page, counterpart, camille())
    expect(page.locator(".pick h2")).to_have_text("Derby Hélène")
    expect(page.locator(".plate.xl")).to_contain_text("B")
    expect(page.locator("#where")).to_have_text("Ligne 1 sur 2 Camille R.")


def test_three_articles_and_their_bag_take_five_scans_and_no_tap(page: Page, counterpart: Counterpart) -> None:
    open_pack(page, counterpart, camille())
    for code in (DERBY_39, DERBY_39, MARIN, "B:T-118", "L:R7"):
        scan(page, code)
    expect(page.locator(".finish:not(.kept) h1")).to_have_text("Rangé en R 7")
    assert counterpart.kinds() == ["pick", "pick", "pick", "stage"]
    assert counterpart.events[-1]["body"] == {"work": "camille r.", "bag": "B:T-118", "place": "L:R7"}


def test_ten_scans_in_one_breath_are_all_counted(page: Page, counterpart: Counterpart) -> None:
    open_pack(page, counterpart, pack_of(work("Camille R.", line("Vase Amphore", VASE, 11, ("A", 1, 1)))))
    for _ in range(10):
        scan(page, VASE)
    expect(page.locator(".count b")).to_have_text("10 sur 11")


def test_a_scan_says_what_it_did_and_that_it_is_kept(page: Page, counterpart: Counterpart) -> None:
    counterpart.mood = "gone"
    open_pack(page, counterpart, camille())
    scan(page, DERBY_39)
    expect(band(page)).to_contain_text("Compté, 1 sur 2")
    expect(page.locator(".pick .pill")).to_have_text("Gardé sur l’appareil")


def test_the_server_fills_the_tick(page: Page, counterpart: Counterpart) -> None:
    open_pack(page, counterpart, camille())
    scan(page, DERBY_39)
    expect(page.locator(".pick .pill")).to_have_text("Envoyé")


def test_another_size_is_refused_with_the_difference_and_its_own_shelf(page: Page, counterpart: Counterpart) -> None:
    open_pack(page, counterpart, camille())
    scan(page, DERBY_38)
    expect(page.locator("#alert")).to_contain_text("Pas la bonne pointure")
    expect(page.locator("#alert")).to_contain_text("Rien n’a été compté.")
    expect(page.locator(".versus mark")).to_have_text(["38", "39"])
    expect(page.locator(".next .plate")).to_have_text("B 12 2")
    expect(band(page)).to_contain_text("Un niveau plus haut, B 12 3")
    assert counterpart.events == []


def test_the_right_one_after_the_wrong_one_is_counted_and_the_red_goes(page: Page, counterpart: Counterpart) -> None:
    open_pack(page, counterpart, camille())
    scan(page, DERBY_38)
    scan(page, DERBY_39)
    expect(page.locator("#alert")).to_be_hidden()
    expect(page.locator(".count b")).to_have_text("1 sur 2")


def test_one_too_many_is_not_counted_and_says_so(page: Page, counterpart: Counterpart) -> None:
    open_pack(page, counterpart, camille())
    for _ in range(3):
        scan(page, DERBY_39)
    expect(band(page)).to_contain_text("Déjà compté")
    expect(band(page)).to_contain_text("Il en fallait 2, vous en avez 2.")


def test_a_later_line_may_be_picked_first(page: Page, counterpart: Counterpart) -> None:
    open_pack(page, counterpart, camille())
    scan(page, MARIN)
    expect(band(page)).to_contain_text("Pull Marin M")
    expect(page.locator(".pick h2")).to_have_text("Derby Hélène")


def test_a_hostile_code_counts_nothing_and_is_shown_to_nobody(page: Page, counterpart: Counterpart) -> None:
    open_pack(page, counterpart, camille())
    for code in ("https://example.com/x", "'; DROP TABLE", "<img src=x onerror=alert(1)>"):
        scan(page, code)
        expect(band(page)).to_contain_text("Code inconnu")
        expect(page.locator(".count b")).to_have_text("0 sur 2")
        expect(band(page)).not_to_contain_text("Code inconnu")


def test_five_thousand_letters_are_one_unknown_code(page: Page, counterpart: Counterpart) -> None:
    open_pack(page, counterpart, camille())
    page.evaluate(
        """() => { for (const key of ["~", ..."A".repeat(5000), "Enter"])
            document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })) }"""
    )
    expect(band(page)).to_contain_text("Code inconnu")


def test_a_short_takes_two_taps(page: Page, counterpart: Counterpart) -> None:
    open_pack(page, counterpart, camille())
    page.click("text=Introuvable")
    page.click("text=Déclarer 2 manquants")
    expect(page.locator("#undo")).to_contain_text("2 manquants déclarés")
    expect(page.locator(".pick h2")).to_have_text("Pull Marin")
    everything_is_sent(page)
    assert [event["body"] for event in counterpart.events] == [
        {"work": "camille r.", "line": 2, "quantity": 2, "reason": "not_found"}
    ]


def test_a_short_can_say_how_many_and_why(page: Page, counterpart: Counterpart) -> None:
    open_pack(page, counterpart, camille())
    page.click("text=Introuvable")
    page.click("[data-act=fewer]")
    # One of head office's own.
    page.click("text=Rayon effondré")
    page.click("text=Déclarer 1 manquant")
    everything_is_sent(page)
    assert counterpart.events[0]["body"]["quantity"] == 1
    assert counterpart.events[0]["body"]["reason"] == "fell"


def test_scanning_the_article_in_the_short_sheet_counts_it_and_closes_the_sheet(
    page: Page, counterpart: Counterpart
) -> None:
    open_pack(page, counterpart, camille())
    page.click("text=Introuvable")
    scan(page, DERBY_39)
    expect(page.locator("#sheet")).to_be_hidden()
    expect(page.locator(".count b")).to_have_text("1 sur 2")


def test_a_tapped_short_is_taken_back_by_the_undo_bar(page: Page, counterpart: Counterpart) -> None:
    open_pack(page, counterpart, camille())
    page.click("text=Introuvable")
    page.click("text=Déclarer 2 manquants")
    page.click("#undo button")
    expect(page.locator(".pick h2")).to_have_text("Derby Hélène")
    everything_is_sent(page)
    assert counterpart.kinds() == ["short", "undo"]


def test_a_short_of_a_parcel_is_told_with_what_took_it_back(page: Page, counterpart: Counterpart) -> None:
    open_pack(
        page, counterpart, pack_of(work("Camille R.", line("Derby Hélène", DERBY_39, 2, ("B", 12, 3)), kind="ship"))
    )
    page.click("text=Introuvable")
    page.click("text=Déclarer 2 manquants")
    expect(page.locator("#undo")).to_contain_text("2 manquants déclarés")
    # Longer than the device waits with anything else.
    page.wait_for_timeout(400)
    assert counterpart.kinds() == []
    page.click("#undo button")
    everything_is_sent(page)
    assert (counterpart.kinds(), counterpart.batches) == (["short", "undo"], 1)


def test_look_again_later_comes_back_at_the_end(page: Page, counterpart: Counterpart) -> None:
    open_pack(page, counterpart, camille())
    page.click("text=Introuvable")
    page.click("text=Y revenir plus tard")
    expect(page.locator(".pick h2")).to_have_text("Pull Marin")
    scan(page, MARIN)
    expect(page.locator(".pick h2")).to_have_text("Derby Hélène")


def test_the_overview_takes_any_line_back(page: Page, counterpart: Counterpart) -> None:
    open_pack(page, counterpart, camille())
    scan(page, DERBY_39)
    scan(page, DERBY_39)
    page.click("text=Liste")
    page.locator("#sheet [data-act=back]").first.click()
    expect(page.locator(".count b")).to_have_text("1 sur 2")


def test_the_shelf_before_the_bag_is_refused(page: Page, counterpart: Counterpart) -> None:
    open_pack(page, counterpart, camille())
    pick_all(page)
    scan(page, "L:R7")
    expect(band(page)).to_contain_text("D’abord le sac")


def test_a_shelf_that_is_no_pickup_shelf_is_refused_by_name(page: Page, counterpart: Counterpart) -> None:
    open_pack(page, counterpart, camille())
    pick_all(page)
    scan(page, "B:T-118")
    scan(page, "L:Z9")
    expect(band(page)).to_contain_text("Z 9 n’est pas une place de retrait")
    assert "stage" not in counterpart.kinds()


def test_two_bags_go_on_one_shelf_by_one_scan_of_it(page: Page, counterpart: Counterpart) -> None:
    open_pack(page, counterpart, camille())
    pick_all(page)
    for code in ("B:T-118", "B:T-119", "L:R8"):
        scan(page, code)
    expect(page.locator(".finish:not(.kept) h1")).to_have_text("Rangé en R 8")
    assert [event["body"]["bag"] for event in counterpart.events[3:]] == ["B:T-118", "B:T-119"]


def test_two_works_of_a_pack_get_a_bag_each(page: Page, counterpart: Counterpart) -> None:
    thomas = work("Thomas G.", line("Vase Amphore", VASE, 1, ("A", 2, 1)))
    open_pack(page, counterpart, pack_of(*camille()["works"], thomas))
    for code in (VASE, DERBY_39, DERBY_39, MARIN, "B:T-1", "L:R4", "B:T-1"):
        scan(page, code)
    expect(band(page)).to_contain_text("Ce sac est à Camille R.")
    for code in ("B:T-2", "L:R7"):
        scan(page, code)
    expect(page.locator(".finish h1")).to_contain_text("R 4, R 7")


def test_nothing_says_sent_before_the_server_has_it(page: Page, counterpart: Counterpart) -> None:
    counterpart.mood = "gone"
    open_pack(page, counterpart, camille())
    for code in (DERBY_39, DERBY_39, MARIN, "B:T-118", "L:R7"):
        scan(page, code)
    expect(page.locator(".finish.kept h1")).to_have_text("Rangé en R 7")
    expect(page.locator("#notes")).to_contain_text("Hors ligne")
    expect(page.locator(".ticks .sent")).to_have_count(0)
    counterpart.mood = "well"
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator(".finish:not(.kept) h1")).to_have_text("Rangé en R 7")
    expect(page.locator("#notes")).to_be_hidden()


def test_leaving_at_the_tone_of_the_last_scan_loses_nothing(page: Page, counterpart: Counterpart) -> None:
    counterpart.pages["/work"] = lambda: '<!doctype html><html lang="fr"><title>Travail</title>'
    open_pack(page, counterpart, camille())
    scan(page, DERBY_39)
    expect(band(page)).to_have_class(re.compile(r"\bok\b"))
    page.goto(f"{counterpart.address}/work")
    page.goto(f"{counterpart.address}/pick")
    everything_is_sent(page)
    assert counterpart.kinds() == ["pick"]


def test_work_that_head_office_gave_to_another_store_says_so_and_what_to_set_aside(
    page: Page, counterpart: Counterpart
) -> None:
    pack = pack_of(*camille()["works"], work("Paul D.", line("Vase Amphore", VASE, 1, ("C", 1, 1))))
    open_pack(page, counterpart, pack)
    camilles, pauls = pack["works"]
    counterpart.packs = [{**pack, "works": [{**camilles, "status": "canceled", "ended_because": "moved"}, pauls]}]
    scan(page, DERBY_39)
    expect(page.locator("#alert")).to_contain_text("Camille R. : confié à un autre magasin.")
    expect(page.locator("#alert")).to_contain_text("Posez à part : 1 × Derby Hélène")
    expect(page.locator(".pick h2")).to_have_text("Vase Amphore")
    assert_nothing_to_say(page)


def test_a_captive_portal_that_says_200_is_not_believed(page: Page, counterpart: Counterpart) -> None:
    counterpart.mood = "portal"
    open_pack(page, counterpart, camille())
    scan(page, DERBY_39)
    expect(page.locator("#notes")).to_contain_text("Hors ligne")
    expect(page.locator(".pick .pill")).to_have_text("Gardé sur l’appareil")


def test_signed_out_keeps_everything_and_says_how_much(page: Page, counterpart: Counterpart) -> None:
    counterpart.mood = "signed_out"
    open_pack(page, counterpart, camille())
    scan(page, DERBY_39)
    expect(page.locator("#notes")).to_contain_text("Connectez-vous pour envoyer 1 geste.")
    counterpart.mood = "well"
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator(".pick .pill")).to_have_text("Envoyé")


def test_lost_answers_neither_lose_nor_double_anything(page: Page, counterpart: Counterpart) -> None:
    counterpart.mood = "lossy"
    open_pack(page, counterpart, pack_of(work("Camille R.", line("Vase Amphore", VASE, 20, ("A", 1, 1)))))
    for _ in range(20):
        scan(page, VASE)
        page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("body[data-step=stage]")).to_be_visible()
    counterpart.mood = "well"
    page.evaluate("dispatchEvent(new Event('online'))")
    everything_is_sent(page)
    assert [event["seq"] for event in counterpart.events] == list(range(1, 21))


def test_a_gap_makes_the_device_send_from_where_the_server_stands(page: Page, counterpart: Counterpart) -> None:
    open_pack(page, counterpart, camille())
    scan(page, DERBY_39)
    everything_is_sent(page)
    counterpart.pretend_expected = 1
    scan(page, DERBY_39)
    everything_is_sent(page)
    assert [event["seq"] for event in counterpart.events] == [1, 2]


def test_a_refused_fact_is_named_and_no_longer_counted(page: Page, counterpart: Counterpart) -> None:
    counterpart.refuse = {"pick"}
    open_pack(page, counterpart, camille())
    scan(page, DERBY_39)
    expect(band(page)).to_contain_text("Le serveur n’a pas pris ce geste")
    expect(page.locator(".count b")).to_have_text("0 sur 2")


def test_a_pack_that_changed_on_the_server_is_folded_again(page: Page, counterpart: Counterpart) -> None:
    pack = camille()
    open_pack(page, counterpart, pack)
    fewer = {**pack["works"][0], "lines": [pack["works"][0]["lines"][0]]}
    counterpart.packs = [{**pack, "works": [fewer]}]
    scan(page, DERBY_39)
    expect(page.locator("#where")).to_have_text("Ligne 1 sur 1 Camille R.")
    expect(page.locator(".pick h2")).to_have_text("Pull Marin")


def test_handing_on_the_pack_ends_it_here(page: Page, counterpart: Counterpart) -> None:
    open_pack(page, counterpart, camille())
    page.click("text=Liste")
    page.click("text=Passer à un collègue")
    expect(page.locator(".finish:not(.kept) h1")).to_have_text("Lot rendu")
    assert counterpart.events[0]["body"] == {"pack": "p1"}


def test_the_event_carries_the_envelope_of_the_contract(page: Page, counterpart: Counterpart) -> None:
    open_pack(page, counterpart, camille())
    scan(page, DERBY_39)
    everything_is_sent(page)
    (event,) = counterpart.events
    assert set(event) == {"seq", "id", "at_wall", "at_mono", "offset_ms", "sign_in_id", "pack_id", "type", "body"}
    assert event["id"][14] == "7"
    assert event["body"] == {"work": "camille r.", "line": 2, "quantity": 1, "code": f"~{DERBY_39}"}


def test_english_says_everything_in_english(page: Page, counterpart: Counterpart) -> None:
    open_pack(page, counterpart, camille(), lang="en")
    scan(page, DERBY_38)
    expect(page.locator("#alert")).to_contain_text("Wrong size")
    expect(band(page)).to_contain_text("One level up, B 12 3")


# A line, a wrong article, a short, the list: tests/browser/test_every_page.py looks at those.
@pytest.mark.parametrize("state", ["stage", "offline", "done"])
def test_the_screen_has_no_accessibility_fault_and_large_targets(
    page: Page, counterpart: Counterpart, state: str
) -> None:
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    open_pack(page, counterpart, camille())
    counterpart.mood = "gone" if state == "offline" else "well"
    pick_all(page)
    scan(page, "B:T-118")
    if state != "stage":
        scan(page, "L:R7")
        expect(page.locator(".finish h1")).to_be_visible()
    assert_nothing_to_say(page)
    assert_targets_are_large_enough(page)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert axe(page, CONTRAST_ONLY) == []


@pytest.mark.parametrize(("width", "height", "root"), [(320, 640, "100%"), (320, 256, "100%"), (360, 640, "200%")])
def test_zoomed_in_nothing_scrolls_sideways(
    page: Page, counterpart: Counterpart, width: int, height: int, root: str
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    open_pack(page, counterpart, camille())
    page.evaluate("size => { document.documentElement.style.fontSize = size }", root)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def cart(**given: Any) -> dict[str, Any]:
    """Two bags and a parcel in one walk: the derbies for totes 1 and 2, then the vase, then the pullover."""
    derby = line("Derby Hélène", DERBY_39, 1, ("B", 12, 3), deciding="39", sku="DERBY", codes=[DERBY_39.zfill(14)])
    first = work("Camille R.", {**derby, "stop": 1}, line("Pull Marin", MARIN, 1, ("A", 2, 1), stop=4))
    second = work("Thomas G.", {**derby, "stop": 2, "quantity": 2})
    parcel = work("Inès A.", line("Vase Amphore", VASE, 1, ("C", 9, 1), stop=3), kind="ship")
    works = [{**made, "tote": number} for number, made in enumerate((first, second, parcel), 1)]
    return pack_of(*works) | {"minutes": 6, "scan_totes": False} | given


def everything_fits(page: Page) -> None:
    for width, height, percent in ((320, 568, 100), (360, 640, 200), (360, 640, 100)):
        assert fits(page, width, height, percent) == []


def test_a_cart_is_sorted_into_its_totes_while_it_is_picked(page: Page, counterpart: Counterpart) -> None:
    open_pack(page, counterpart, cart())
    totes = page.locator(".totes .tote")
    expect(totes).to_have_text(["Bac 1 ×1", "Bac 2 ×2"])
    everything_fits(page)
    scan(page, DERBY_39)
    expect(band(page)).to_contain_text("Dans le bac 1")
    expect(page.locator(".tote.xl")).to_have_text("Bac 1")
    expect(page.locator(".next .plate")).to_have_text("B 12 3")
    everything_fits(page)
    scan(page, "T:2")
    expect(band(page)).to_contain_text("C’est le bac 2L’article va dans le bac 1.")
    page.click(".tote.xl")
    expect(totes).to_have_text(["Bac 2"])
    scan(page, DERBY_39)
    expect(page.locator(".count b").first).to_have_text("1 sur 2")
    scan(page, DERBY_39)
    expect(page.locator(".tote.xl")).to_have_text("Bac 2")
    page.locator("[data-act=undo]").click()
    expect(totes).to_have_text(["Bac 2"])
    # The next scan says that the last one is in its tote.
    for code in (DERBY_39, VASE, MARIN):
        scan(page, code)
    expect(page.locator(".tote.xl")).to_have_text("Bac 1")
    expect(page.locator("body")).to_have_attribute("data-step", "stage")
    for code in ("B:T-1", "L:R4", "B:T-2", "L:R7"):
        scan(page, code)
    expect(page.locator(".finish h1")).to_have_text("Rangé en R 4, R 7")
    expect(page.locator("#view")).to_contain_text("À l’emballage : bac 3")
    everything_fits(page)
    everything_is_sent(page)
    assert [event["body"]["work"] for event in counterpart.events if event["type"] == "pick"] == [
        "camille r.", "thomas g.", "thomas g.", "thomas g.", "inès a.", "camille r.",
    ]  # fmt: skip


def test_where_totes_have_labels_no_scan_counts_before_the_right_one(page: Page, counterpart: Counterpart) -> None:
    open_pack(page, counterpart, cart(scan_totes=True))
    scan(page, DERBY_39)
    expect(band(page)).to_contain_text("Scannez le bac 1")
    scan(page, DERBY_39)
    expect(band(page)).to_contain_text("D’abord le bac 1")
    scan(page, "T:1")
    expect(band(page)).to_contain_text("C’est dans le bac 1")
    scan(page, "T:1")
    expect(band(page)).to_contain_text("Scannez l’article d’abord.")
    everything_is_sent(page)
    assert counterpart.kinds() == ["pick"]
