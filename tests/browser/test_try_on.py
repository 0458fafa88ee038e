"""Tried on before the goods leave, in a real browser: scans say what is taken, one button does the rest; undone; and with no network."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from comptoir.kit import postgres
from tests.browser.looking import assert_targets_are_large_enough, eventually
from tests.browser.shop import LYON, open_shop, order_id, pass_of
from tests.browser.test_returns import Desk

KEPT = """async (order) => {
  const asked = indexedDB.open("comptoir");
  const db = await new Promise((done) => { asked.onsuccess = () => done(asked.result); });
  const found = db.transaction("meta").objectStore("meta").get("counter");
  const kept = await new Promise((done) => { found.onsuccess = () => done(found.result); });
  db.close();
  return Boolean(kept?.lease?.mine && kept.orders.some((one) => one.order === order));
}"""
"""Whether the device keeps this order on its shelf."""


@pytest.fixture(scope="module")
def desk(browser: Browser, postgres_server: postgres.Server, template: str) -> Iterator[Desk]:
    with open_shop(postgres_server, "try_on") as shop:
        made = Desk(browser, shop)
        yield made
        made.page.context.close()
        assert made.errors == []


def shelved(desk: Desk, bag: str, *skus: str) -> tuple[dict[str, str], str]:
    """An order that waits for its customer; (order, its work)."""
    placed = desk.shop.order(*((sku, 1) for sku in skus))
    return placed, desk.colleague.stage(placed, (bag, "R4"))


def test_one_is_taken_and_one_stays_with_two_taps_and_the_undo_puts_it_back_into_the_bag(desk: Desk) -> None:
    page, shop, hands, (keep, leave) = desk.page, desk.shop, desk.hands, desk.skus[:2]
    placed, work = shelved(desk, "T-601", keep, leave)
    before = shop.stock(leave)
    page.goto(f"{shop.url}/counter")
    hands.forget()
    hands.scan("P1:" + pass_of(order_id(placed), LYON))
    expect(page.locator("#try-on")).to_be_visible()
    hands.scan(shop.code_of(keep))
    page.wait_for_url("**/try-on")
    expect(page.locator("#taken")).to_contain_text("Part avec le client")
    hands.scan("B:T-601")
    expect(page.locator("#bags")).to_be_hidden()
    assert_targets_are_large_enough(page)
    page.click("[data-condition=opened]")
    hands.tap("#why [data-reason]")
    minor = shop.one("SELECT price_minor FROM sku WHERE sku = $1", leave)
    expect(page.locator("[data-act=settle]")).to_contain_text(f"Remettre, rembourser {minor // 100},{minor % 100:02}")
    hands.tap("[data-act=settle]")
    page.wait_for_url("**/done")
    # The pass, what is taken, the bag; why, and the button. How the other one is was chosen besides.
    assert (hands.taps, hands.scans) == (2, 3)
    expect(page.locator("#stayed")).to_contain_text("1 article est resté ici")
    due = shop.ask(
        "SELECT amount_minor, due_at > now() + interval '90 seconds' AS later FROM payment_intention WHERE reason = 'returned'"
    )
    assert due == [{"amount_minor": minor, "later": True}]
    assert shop.stock(leave)["unsellable"] == before["unsellable"] + 1
    page.locator(".undo button").click()
    page.wait_for_url(f"**/counter/orders/{placed['id']}")
    expect(page.locator("#try-on")).to_be_visible()
    assert (shop.stock(leave), shop.one("SELECT status FROM work WHERE id = $1::uuid", work)) == (before, "staged")
    assert shop.one("SELECT count(*) FROM payment_intention WHERE reason = 'returned' AND state <> 'withdrawn'") == 0


def test_nothing_is_taken_and_another_article_goes_in_its_place_and_the_till_takes_the_difference_later(
    desk: Desk,
) -> None:
    page, shop, hands = desk.page, desk.shop, desk.hands
    cheap, dear = sorted(desk.skus[2:4], key=lambda sku: shop.one("SELECT price_minor FROM sku WHERE sku = $1", sku))
    placed, _ = shelved(desk, "T-602", cheap)
    page.goto(f"{shop.url}/counter/orders/{placed['id']}")
    page.click("#try-on")
    page.wait_for_url("**/try-on")
    hands.scan("B:T-602")
    page.locator("label[data-check=identity]").click()
    page.click("[data-condition=as_new]")
    page.locator("#why [data-reason]").first.click()
    page.click(".otherwise > summary")
    page.click("[data-act=exchange]")
    expect(page.locator("#swap")).to_be_visible()
    hands.scan(shop.code_of(dear))
    expect(page.locator("[data-act=settle]")).to_contain_text("à payer")
    # No account here makes links: the page says so before the button.
    expect(page.locator("#acts")).to_contain_text("pas de lien de paiement")
    page.click("[data-act=settle]")
    page.wait_for_url("**/done")
    page.get_by_role("link", name="Payer").click()
    expect(page.locator("#paying")).to_contain_text("Aucun lien")
    page.fill("#f-till", "TC-4712")
    page.get_by_role("button", name="C’est payé à la caisse").click()
    expect(page.get_by_role("link", name="Préparer maintenant")).to_be_visible()
    assert shop.one("SELECT provider FROM payment WHERE reference = 'TC-4712'") == "till"


def test_with_no_network_it_is_kept_as_one_fact_and_the_money_waits(desk: Desk) -> None:
    page, shop, hands, sku = desk.page, desk.shop, desk.hands, desk.skus[0]
    placed, _ = shelved(desk, "T-603", sku, desk.skus[1])
    # This device holds the counter, and keeps the shelf.
    with page.expect_response(
        lambda answer: "/sync/keep" in answer.url and '"counter":true' in (answer.request.post_data or "")
    ):
        page.goto(f"{shop.url}/counter")
    eventually(page, KEPT, placed["id"])
    hands.scan("P1:" + pass_of(order_id(placed), LYON))
    expect(page.locator("#try-on")).to_be_visible()
    hands.scan(shop.code_of(sku))
    page.wait_for_url("**/try-on")
    hands.scan("B:T-603")
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    page.evaluate("dispatchEvent(new Event('offline'))")
    page.click("[data-condition=damaged]")
    page.locator("#why [data-reason]").first.click()
    page.click("[data-act=keep]")
    expect(page.locator("#kept")).to_contain_text("L’argent attend le réseau")
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#kept")).to_contain_text("sont enregistrés")
    kept = shop.ask(
        "SELECT r.status, r.origin, h.offline FROM rma r JOIN hand_over h ON h.id = r.hand_over WHERE r.order_id = $1::uuid",
        placed["id"],
    )
    assert kept == [{"status": "settled", "origin": "hand_over", "offline": True}]
