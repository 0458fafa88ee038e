"""The counter with the server gone, in a real browser against the real app: who may hand over, against what, and what is told later."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Locator, expect

from comptoir.kit import postgres
from comptoir.kit.ids import Seal
from comptoir.world.cast import CAMILLE
from tests.browser.between import Wire, wired
from tests.browser.devices import Handheld, handheld
from tests.browser.looking import assert_nothing_to_say, assert_targets_are_large_enough
from tests.browser.shop import LYON, SECRET, Shop, open_shop, pass_of
from tests.browser.staging import Colleague

PULL, DERBY, WINE = "PULL-MARIN-ECRU-M", "DERBY-HELENE-NOIR-39", "COTEAUX-ORME-ROUGE-75-CL"


@pytest.fixture(scope="module")
def shop(postgres_server: postgres.Server, template: str) -> Iterator[Shop]:
    with open_shop(postgres_server, "counter_offline") as opened:
        yield opened


@pytest.fixture(scope="module")
def colleague(shop: Shop) -> Colleague:
    return Colleague(shop)


class Counter:
    """A handheld at the end of a wire that can be cut, signed in, at the counter."""

    def __init__(self, device: Handheld, wire: Wire, shop: Shop) -> None:
        self.device, self.wire, self.shop, self.page = device, wire, shop, device.page

    def go(self, path: str) -> None:
        self.page.goto(self.wire.url + path)

    def scan(self, code: str) -> None:
        self.device.scan(code)

    def hold(self) -> None:
        """Open the counter where there is a network: this device holds it from now on, with its shelf."""
        self.go("/counter")
        button = self.page.locator("#lease form button")
        self.device.settled()
        expect(self.page.locator("#lease")).to_contain_text("sans réseau jusqu’à")
        if button.count():
            button.click()
            expect(self.page.locator("#lease")).to_contain_text("Cet appareil peut remettre")
        expect(self.page.locator("body")).to_have_attribute("data-sending", "sent")
        self.kept()

    def kept(self) -> dict[str, Any]:
        """What the device keeps of the counter, once all letters are worked out."""
        for _ in range(100):
            held = self.device.kept("meta").get("counter")
            if held and not held["more"] and held["orders"] and all(o["letters"] for o in held["orders"]):
                return dict(held)
            self.page.wait_for_timeout(100)
        raise AssertionError("the shelf is not kept")

    def cut(self) -> None:
        self.wire.cut = True

    def back(self) -> None:
        self.wire.cut = False
        self.page.evaluate("dispatchEvent(new Event('online'))")

    @property
    def band(self) -> Locator:
        return self.page.locator("#band")

    def open_by_pass(self, order: str) -> None:
        """With the wire cut: the counter, then the customer's pass."""
        self.go("/counter")
        expect(self.page.locator("#lease")).to_contain_text("Cet appareil peut remettre sans réseau")
        self.scan("P1:" + pass_of(UUID(order), LYON))
        self.page.wait_for_url(f"**/counter/orders/{order}")


@pytest.fixture
def counter(browser: Browser, shop: Shop, colleague: Colleague) -> Iterator[Counter]:
    shop.ask("DELETE FROM counter_lease WHERE true RETURNING location")
    with wired(shop.url) as wire, handheld(browser, shop) as device:
        made = Counter(device, wire, shop)
        device.page.goto(f"{wire.url}/sign-in")
        device.scan(CAMILLE.badge)
        device.page.wait_for_url("**/work")
        yield made


def staged(shop: Shop, colleague: Colleague, *bags: tuple[str, str], lines: Any = ((PULL, 1),), **given: Any) -> tuple[str, str]:
    """An order on the shelf: (order, work)."""
    placed = shop.order(*lines, **given)
    return placed["id"], colleague.stage(placed, *bags)


def status(shop: Shop, work: str) -> str:
    return str(shop.one("SELECT status FROM work WHERE id = $1::uuid", work))


def test_against_the_pass_with_the_server_gone_the_goods_leave_and_the_server_hears_of_it_later(
    counter: Counter, shop: Shop, colleague: Colleague
) -> None:
    order, work = staged(shop, colleague, ("801", "R1"))
    before = shop.stock(PULL)
    counter.hold()
    counter.cut()
    counter.open_by_pass(order)
    expect(counter.band).to_contain_text("Scannez le sac 801")
    expect(counter.page.locator("h1")).to_contain_text("Inès A.")
    assert_nothing_to_say(counter.page)
    assert_targets_are_large_enough(counter.page)
    counter.scan("B:801")
    finish = counter.page.locator(".finish.kept")
    expect(finish).to_contain_text("Remis à Inès A.")
    expect(counter.page.locator("main")).to_contain_text("Gardé sur cet appareil")
    expect(counter.page.locator(".undo")).to_be_visible()
    assert_nothing_to_say(counter.page)
    assert_targets_are_large_enough(counter.page)
    assert status(shop, work) == "staged"
    counter.back()
    expect(counter.page.locator(".finish:not(.kept)")).to_contain_text("Remis à Inès A.")
    assert status(shop, work) == "handed_over"
    assert shop.stock(PULL) == {**before, "on_hand": before["on_hand"] - 1, "reserved": before["reserved"] - 1, "set_aside": before["set_aside"] - 1}
    row = shop.ask("SELECT proof, offline FROM hand_over WHERE order_id = $1::uuid", order)
    assert row == [{"proof": "pass", "offline": True}]
