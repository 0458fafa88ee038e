"""A supplier's delivery and a transfer, received in a real browser by scans: over, short, damaged, by cartons, blind, without a network."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from comptoir.kit import postgres
from comptoir.world.cast import TILL_KEY
from tests.browser.looking import assert_targets_are_large_enough
from tests.browser.shop import LYON, Hands, Shop, open_shop

SSCC = "003456789012345670"
WAREHOUSE = "entrepot-isle-d-abeau"
PLENTY = (
    "SELECT l.sku FROM stock_level l JOIN sku s USING (sku) WHERE l.location = $1 AND NOT s.is_kit AND s.blocked_reason IS NULL"
    " AND l.on_hand - l.reserved > 12 ORDER BY l.sku LIMIT 3"
)


class Door:
    """A handheld at the back door of Lyon, and the ERP that orders."""

    def __init__(self, browser: Browser, shop: Shop) -> None:
        self.shop = shop
        self.skus = [row["sku"] for row in shop.ask(PLENTY, WAREHOUSE)]
        self.erp = httpx.Client(
            base_url=shop.url, headers={"authorization": f"Bearer {TILL_KEY.secret}"}, timeout=20, verify=False
        )
        context = browser.new_context(viewport={"width": 360, "height": 640}, has_touch=True, locale="fr-FR")
        context.set_default_timeout(15_000)
        shop.enrolled(context)
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.hands = Hands(self.page, shop)
        self.hands.sign_in()

    def post(self, path: str, **body: Any) -> Any:
        answer = self.erp.post(f"/api/v1{path}", json={"id": str(uuid4())} | body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def ordered(self, note: str, **units: int) -> str:
        lines = [{"sku": self.skus[int(place[1:])], "quantity": number} for place, number in units.items()]
        made: str = self.post("/purchase-orders", location=LYON, supplier="Tannerie Roux", lines=lines, delivery_note=note)["id"]  # fmt: skip
        return made

    def scan(self, sku: str, times: int = 1) -> None:
        for _ in range(times):
            self.hands.scan(self.shop.code_of(sku))

    def row(self, sku: str) -> Any:
        return self.page.locator(f'#rows [data-sku="{sku}"]')

    def type_in(self, sku: str, total: int, damaged: int = 0) -> None:
        self.row(sku).locator("button").click()
        self.page.fill("#how-many", str(total))
        self.page.fill("#how-many-damaged", str(damaged))
        self.page.click("#number-form .main")


@pytest.fixture(scope="module")
def door(browser: Browser, postgres_server: postgres.Server, template: str) -> Iterator[Door]:
    with open_shop(postgres_server, "receiving") as shop:
        made = Door(browser, shop)
        yield made
        made.page.context.close()
        assert made.errors == []


def test_the_delivery_note_opens_it_and_over_short_and_damaged_come_by_scans(door: Door) -> None:
    page, shop, (first, second, third) = door.page, door.shop, door.skus
    door.ordered("BL-1001", s0=3, s1=2)
    before = [shop.stock(sku) for sku in (first, second)]
    page.goto(f"{shop.url}/receiving")
    door.hands.scan("BL-1001")
    expect(page.locator("#act button")).to_have_text("Terminer, il en manque 5")
    door.scan(first, 2)
    expect(page.locator("#band")).to_contain_text("Compté, 2 sur 3")
    door.scan(second, 3)
    expect(page.locator("#band")).to_contain_text("Un de plus que commandé")
    door.scan(third)
    expect(page.locator("#rows li.over")).to_have_count(2)
    door.type_in(first, 2, damaged=1)
    expect(door.row(first)).to_contain_text("dont 1 abîmé")
    assert_targets_are_large_enough(page)
    page.click("#act button")
    expect(page.locator("#sheet-title")).to_have_text("Il en manque 1. Le reste viendra ?")
    page.click("[data-act=end][value=yes]")
    page.wait_for_url("**closed=A-*")
    expect(page.locator("main")).to_contain_text("1 manquant, 2 en plus, 1 abîmé")
    after = [shop.stock(sku) for sku in (first, second)]
    assert [now["on_hand"] - was["on_hand"] for was, now in zip(before, after, strict=True)] == [1, 3]
    assert after[0]["unsellable"] - before[0]["unsellable"] == 1
    listed = shop.ask("SELECT kind, units FROM receiving_difference WHERE status = 'open' ORDER BY kind")
    assert [tuple(row.values()) for row in listed] == [("damaged", 1), ("over", 1), ("short", 1), ("unexpected", 1)]


def test_a_carton_is_counted_whole_without_a_network_and_told_once(door: Door) -> None:
    page, shop, (first, second, _) = door.page, door.shop, door.skus
    purchase = door.ordered("BL-1002", s0=2, s1=1)
    inside = [{"sku": first, "quantity": 2}, {"sku": second, "quantity": 1}]
    door.post(f"/purchase-orders/{purchase}/shipping-notices", number="AV-1", cartons=[{"sscc": SSCC, "lines": inside}])
    before = shop.stock(first)["on_hand"]
    page.goto(f"{shop.url}/receiving")
    door.hands.scan(f"]C100{SSCC}")
    expect(page.locator("#carton")).to_contain_text("Carton … 345670")
    page.context.set_offline(True)
    page.click("[data-act=whole]")
    expect(page.locator("#band")).to_contain_text("tout est compté")
    expect(page.locator("[data-act=whole]")).to_be_hidden()
    page.click("#act button")
    expect(page.locator("#band")).to_contain_text("Réseau nécessaire", timeout=12_000)
    assert shop.stock(first)["on_hand"] == before
    page.context.set_offline(False)
    page.click("#act button")
    page.wait_for_url("**closed=A-*")
    assert shop.stock(first)["on_hand"] == before + 2
    assert shop.one("SELECT count(*) FROM goods_receipt_entry WHERE sscc = $1", SSCC) == 2
    assert shop.one("SELECT status FROM purchase WHERE delivery_note = 'BL-1002'") == "closed"


def test_who_counts_blind_sees_no_figure_before_the_end(door: Door) -> None:
    page, shop, (first, second, _) = door.page, door.shop, door.skus
    door.ordered("BL-1003", s0=4, s1=2)
    shop.ask("INSERT INTO receiving_rule VALUES ($1, true, current_timestamp, 'test')", LYON)
    page.goto(f"{shop.url}/receiving")
    door.hands.scan("BL-1003")
    expect(page.locator("main")).to_contain_text("Comptez ce que vous voyez")
    assert '"wanted":4' not in page.content().replace(" ", "")
    door.scan(first, 3)
    expect(page.locator("#band")).to_contain_text("Compté, 3")
    expect(door.row(second)).to_be_hidden()
    page.click("#act button")
    page.click("[data-act=end][value=no]")
    page.wait_for_url("**closed=A-*")
    expect(page.locator("main")).to_contain_text("Le reste est attendu : 3 articles")
    shop.ask("DELETE FROM receiving_rule")


def test_a_transfer_is_received_by_scans_with_one_missing_and_one_damaged(door: Door) -> None:
    page, shop, (first, second, _) = door.page, door.shop, door.skus
    lines = [{"sku": first, "quantity": 3}, {"sku": second, "quantity": 1}]
    made = door.post("/transfers", **{"from": WAREHOUSE, "to": LYON, "lines": lines})["id"]
    door.post(f"/transfers/{made}/shipment", lines=lines)
    before = shop.stock(first)
    page.goto(f"{shop.url}/transfers/{made}")
    door.scan(first, 2)
    door.scan(second)
    expect(page.locator("#act button")).to_have_text("Terminer, il en manque 1")
    door.type_in(first, 2, damaged=1)
    expect(door.row(first)).to_contain_text("dont 1 abîmé")
    for _ in range(2):
        page.click("#act button")
    expect(page.locator("main")).to_contain_text("1 manquant, 1 abîmé")
    after = shop.stock(first)
    assert (after["on_hand"] - before["on_hand"], after["unsellable"] - before["unsellable"]) == (1, 1)
    cases = shop.ask("SELECT kind FROM exception WHERE body->>'transfer' = $1 ORDER BY kind", made)
    assert [row["kind"] for row in cases] == ["transfer_damaged", "transfer_short"]
