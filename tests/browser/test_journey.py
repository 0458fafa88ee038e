"""The counter, end to end, in a real browser on real processes: an order from the web reaches the customer's hands by scans."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from comptoir.kit import postgres
from tests.browser.looking import assert_nothing_to_say, assert_targets_are_large_enough
from tests.browser.shop import LYON, Hands, Shop, open_shop, order_id, pass_of

DERBY = "DERBY-HELENE-NOIR-39"
PULL = "PULL-MARIN-ECRU-M"


@pytest.fixture(scope="module")
def shop(postgres_server: postgres.Server, template: str) -> Iterator[Shop]:
    with open_shop(postgres_server, "journeys") as opened:
        yield opened


@pytest.fixture
def hands(browser: Browser, shop: Shop) -> Iterator[Hands]:
    """Camille, signed in by her badge on an enrolled handheld of 360 by 640."""
    context = browser.new_context(viewport={"width": 360, "height": 640}, has_touch=True, locale="fr-FR")
    context.set_default_timeout(15_000)
    shop.enrolled(context)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    found = Hands(page, shop)
    found.sign_in()
    yield found
    context.close()
    assert errors == []


CHANGED = """async (was) => {
  const seen = () => document.getElementById("view").innerText + document.body.dataset.step;
  for (let wait = 0; seen() === was && wait < 500; wait++) await new Promise((go) => setTimeout(go, 10));
}"""


def pick_all(hands: Hands, shop: Shop, *lines: tuple[str, int]) -> int:
    """Scan every unit, each when the screen asks for it; how many were scanned."""
    units = 0
    wanted = dict(lines)
    expect(hands.page.locator("body[data-step]")).to_be_visible()
    while hands.page.evaluate("document.body.dataset.step") == "pick":
        before = hands.page.evaluate("document.getElementById('view').innerText + document.body.dataset.step")
        name = hands.page.locator("#view h2").inner_text()
        sku = next(
            sku for sku, left in wanted.items() if left and shop.one("SELECT name FROM sku WHERE sku = $1", sku) == name
        )
        wanted[sku] -= 1
        hands.scan(shop.code_of(sku))
        units += 1
        hands.page.evaluate(CHANGED, before)
    return units


def stage(hands: Hands, shop: Shop, work: str, bag: str, place: str) -> None:
    hands.scan(f"B:{bag}")
    hands.scan(f"L:{place}")
    expect(hands.page.locator("body[data-step=done]")).to_be_visible()
    expect(hands.page.locator(".finish:not(.kept)")).to_be_visible()
    assert shop.one("SELECT status FROM work WHERE id = $1", work) == "staged"


def prepared(
    hands: Hands, shop: Shop, bag: str, place: str, *lines: tuple[str, int], **given: str
) -> dict[str, object]:
    """An order that lies on the shelf, picked and staged by scans."""
    placed = shop.order(*lines, **given)
    hands.page.goto(f"{shop.url}/work/{placed['works'][0]['id']}")
    hands.tap(".dock .btn.main")
    hands.page.wait_for_url("**/packs/*")
    pick_all(hands, shop, *lines)
    stage(hands, shop, placed["works"][0]["id"], bag, place)
    return placed


def test_an_order_from_the_web_shows_up_live_is_picked_by_scans_staged_and_handed_over_against_the_pass(
    hands: Hands, shop: Shop
) -> None:
    before = shop.stock(DERBY)
    hands.page.goto(f"{shop.url}/work")
    expect(hands.page.locator(".empty")).to_be_visible()
    assert_nothing_to_say(hands.page)
    placed = shop.order((DERBY, 2), (PULL, 1))
    expect(hands.page.locator("#board")).to_contain_text("Inès Aubry")
    assert shop.stock(DERBY)["reserved"] == before["reserved"] + 2

    hands.forget()
    hands.tap("#acts .btn.main")
    hands.page.wait_for_url("**/packs/*")
    assert_targets_are_large_enough(hands.page)
    units = pick_all(hands, shop, (DERBY, 2), (PULL, 1))
    stage(hands, shop, placed["works"][0]["id"], "T-104", "R4")
    assert (hands.taps, hands.scans) == (1, units + 2) == (1, 5)
    assert shop.stock(DERBY)["set_aside"] == before["set_aside"] + 2

    token = pass_of(order_id(placed), LYON)
    hands.page.goto(f"{shop.url}/counter")
    assert_nothing_to_say(hands.page)
    hands.forget()
    hands.scan(f"P1:{token}")
    expect(hands.page.locator("main")).to_contain_text("Derby Hélène")
    assert token not in hands.page.url
    assert_nothing_to_say(hands.page)
    assert_targets_are_large_enough(hands.page)
    hands.scan("B:T-104")
    hands.page.wait_for_url("**/done")
    assert (hands.taps, hands.scans) == (0, 2)
    assert_nothing_to_say(hands.page)
    assert shop.stock(DERBY) == {**before, "on_hand": before["on_hand"] - 2}
    assert shop.one("SELECT progress FROM sales_order WHERE id = $1", order_id(placed)) == "fulfilled"


def test_undo_within_two_minutes_restores_stock_state_and_what_was_due(hands: Hands, shop: Shop) -> None:
    placed = prepared(hands, shop, "T-105", "R5", (DERBY, 1), first="Thomas", last="Girard")
    staged = shop.stock(DERBY)
    hands.page.goto(f"{shop.url}/counter")
    hands.scan(f"P1:{pass_of(order_id(placed), LYON)}")
    expect(hands.page.locator("main")).to_contain_text("Derby Hélène")
    hands.scan("B:T-105")
    hands.page.wait_for_url("**/done")
    hands.tap(".undo button")
    hands.page.wait_for_url(f"**/counter/orders/{placed['id']}")
    assert shop.stock(DERBY) == staged
    assert shop.one("SELECT status FROM work WHERE order_id = $1", order_id(placed)) == "staged"
    assert shop.one("SELECT gone_at FROM bag WHERE tag = 'T-105' ORDER BY staged_at DESC LIMIT 1") is None
    assert shop.one(
        "SELECT withdrawn_at IS NOT NULL FROM event WHERE stream = $1 AND kind = 'fulfillment.hand_over_settled'",
        order_id(placed),
    )
    expect(hands.page.locator("main")).to_contain_text("Derby Hélène")


def test_a_short_pick_takes_three_taps_at_most_and_asks_for_a_count(hands: Hands, shop: Shop) -> None:
    placed = shop.order((PULL, 1), first="Yanis", last="Morel")
    hands.page.goto(f"{shop.url}/work")
    hands.tap("#acts .btn.main")
    hands.page.wait_for_url("**/packs/*")
    hands.forget()
    hands.tap("#acts button")
    hands.tap("#sheet [data-act=report]")
    expect(hands.page.locator("body[data-step=done]")).to_be_visible()
    expect(hands.page.locator(".finish:not(.kept)")).to_be_visible()
    assert hands.taps <= 3
    assert shop.one("SELECT unsourced FROM requirement WHERE order_id = $1", order_id(placed)) == 1
    assert shop.one("SELECT status FROM stock_count WHERE sku = $1 AND location = $2", PULL, LYON) == "asked"
    assert shop.one("SELECT kind FROM exception WHERE order_id = $1", order_id(placed)) == "short_choice"


def test_a_wrong_article_is_refused_by_the_device_with_its_name_and_counts_nothing(hands: Hands, shop: Shop) -> None:
    placed = shop.order((DERBY, 1), first="Camille", last="Roux")
    hands.page.goto(f"{shop.url}/work/{placed['works'][0]['id']}")
    hands.tap(".dock .btn.main")
    hands.page.wait_for_url("**/packs/*")
    hands.scan(shop.code_of("DERBY-HELENE-NOIR-38"))
    expect(hands.page.locator(".versus .no")).to_contain_text("38")
    assert_nothing_to_say(hands.page)
    assert shop.one("SELECT picked FROM work_line WHERE work = $1", placed["works"][0]["id"]) == 0


def test_a_customer_who_says_i_am_here_shows_up_on_top_and_is_taken_by_name(
    hands: Hands, shop: Shop, browser: Browser
) -> None:
    placed = prepared(hands, shop, "T-106", "R6", (DERBY, 1), first="Sophie", last="Legrand")
    hands.page.goto(f"{shop.url}/work")
    customer = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False).new_page()
    customer.goto(f"{shop.url}{placed['link']}")
    customer.locator("form[action*='here'] button, form[action*='arriv'] button").first.click()
    expect(hands.page.locator(".waiting")).to_contain_text("Sophie Legrand")
    hands.tap("#acts .btn.main")
    hands.page.wait_for_url("**/counter/orders/*")
    customer.goto(f"{shop.url}{placed['link']}")
    expect(customer.locator("main")).to_contain_text("Camille")
    customer.context.close()


def test_units_canceled_while_they_are_picked_become_put_back_work_that_a_scan_ends(hands: Hands, shop: Shop) -> None:
    before = shop.stock(PULL)
    shop.ask("UPDATE stock_level SET no_promise_until = NULL WHERE sku = $1", PULL)
    placed = shop.order((PULL, 2), first="Adèle", last="Arnaud")
    hands.page.goto(f"{shop.url}/work/{placed['works'][0]['id']}")
    hands.tap(".dock .btn.main")
    hands.page.wait_for_url("**/packs/*")
    hands.scan(shop.code_of(PULL))
    wait(lambda: shop.one("SELECT picked FROM work_line WHERE work = $1", placed["works"][0]["id"]) == 1)
    canceled = shop.api.post(
        f"/api/v1/orders/{placed['id']}/cancellation", json={"id": placed["id"][:-4] + "0000", "reason": "changed mind"}
    )
    assert canceled.status_code == 200, canceled.text
    hands.page.goto(f"{shop.url}/put-backs")
    expect(hands.page.locator("main")).to_contain_text("Pull Marin")
    assert_nothing_to_say(hands.page)
    hands.scan(shop.code_of(PULL))
    wait(lambda: shop.stock(PULL) == before)


def wait(for_what: Callable[[], bool]) -> None:
    """Until the server has it; what a handheld sends arrives after its screen has changed."""
    import time

    for _ in range(100):
        if for_what():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come")
