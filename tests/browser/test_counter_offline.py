"""The counter with the server gone, in a real browser against the real app: who may hand over, against what, and what is told later."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

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

WINE = "COTEAUX-ORME-ROUGE-75-CL"
PLENTY = (
    "SELECT l.sku FROM stock_level l JOIN sku s USING (sku) WHERE l.location = $1 AND s.minimum_age IS NULL AND NOT s.is_kit"
    " AND s.blocked_reason IS NULL ORDER BY l.on_hand - l.reserved DESC, l.sku LIMIT 1"
)
RUN_OUT = """async () => {
  const asked = indexedDB.open("comptoir");
  const db = await new Promise((done) => { asked.onsuccess = () => done(asked.result); });
  const meta = db.transaction("meta", "readwrite").objectStore("meta");
  const found = meta.get("counter");
  await new Promise((done) => {
    found.onsuccess = () => { meta.put({ ...found.result, lease: { ...found.result.lease, until: new Date(Date.now() - 60000).toISOString() } }, "counter").onsuccess = done; };
  });
  db.close();
}"""
"""The lease that the device keeps ran out a minute ago."""


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

    def hold(self, *orders: str) -> None:
        """Open the counter where there is a network: this device holds it from now on, with these orders on its shelf."""
        self.go("/counter")
        button = self.page.locator("#lease form button")
        self.device.settled()
        expect(self.page.locator("#lease")).to_contain_text("sans réseau jusqu’à")
        if button.count():
            button.click()
            expect(self.page.locator("#lease")).to_contain_text("Cet appareil peut remettre")
        expect(self.page.locator("body")).to_have_attribute("data-sending", "sent")
        for _ in range(150):
            held = self.device.kept("meta").get("counter") or {"orders": []}
            ready = {order["order"] for order in held["orders"] if order["letters"]}
            if ready >= set(orders):
                return
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
        expect(self.band).to_contain_text("Scannez le sac")


@pytest.fixture(scope="module")
def desk(browser: Browser, shop: Shop) -> Iterator[Counter]:
    """One handheld for all tests, whose worker is fetched once."""
    with wired(shop.url) as wire, handheld(browser, Shop(wire.url, shop.dsn)) as device:
        yield Counter(device, wire, shop)


@pytest.fixture
def counter(desk: Counter, shop: Shop, colleague: Colleague) -> Iterator[Counter]:
    shop.ask("DELETE FROM counter_lease WHERE true RETURNING location")
    desk.wire.cut = False
    desk.device.begin()
    desk.go("/sign-in")
    desk.scan(CAMILLE.badge)
    desk.page.wait_for_url("**/work")
    yield desk
    assert desk.device.errors == []


def staged(
    shop: Shop, colleague: Colleague, *bags: tuple[str, str], lines: Any = None, **given: Any
) -> tuple[str, str]:
    """An order on the shelf: (order, work)."""
    placed = shop.order(*(lines or ((shop.one(PLENTY, LYON), 1),)), **given)
    return placed["id"], colleague.stage(placed, *bags)


def status(shop: Shop, work: str) -> str:
    return str(shop.one("SELECT status FROM work WHERE id = $1::uuid", work))


def test_against_the_pass_with_the_server_gone_the_goods_leave_and_the_server_hears_of_it_later(
    counter: Counter, shop: Shop, colleague: Colleague
) -> None:
    sku = shop.one(PLENTY, LYON)
    order, work = staged(shop, colleague, ("801", "R1"), lines=((sku, 1),))
    before = shop.stock(sku)
    counter.hold(order)
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
    assert shop.stock(sku) == {
        **before,
        "on_hand": before["on_hand"] - 1,
        "reserved": before["reserved"] - 1,
        "set_aside": before["set_aside"] - 1,
    }
    row = shop.ask("SELECT proof, offline FROM hand_over WHERE order_id = $1::uuid", order)
    assert row == [{"proof": "pass", "offline": True}]


def test_the_six_letters_open_one_order_and_five_wrong_ones_ask_for_the_network(
    counter: Counter, shop: Shop, colleague: Colleague
) -> None:
    order, work = staged(shop, colleague, ("811", "R2"))
    letters = Seal(SECRET.encode()).letters("pass", UUID(order).bytes, LYON, 0)
    counter.hold(order)
    counter.cut()
    counter.go(f"/counter/orders/{order}")
    expect(counter.band).to_contain_text("Scannez le bon du client")
    counter.page.fill("#six", "AAAAAA")
    counter.page.click("#letters button")
    expect(counter.band).to_contain_text("Encore 4 essais")
    counter.scan("B:811")
    expect(counter.page.locator(".finish")).to_have_count(0)
    counter.page.fill("#six", f"{letters[:3]} {letters[3:]}".lower())
    counter.page.click("#letters button")
    expect(counter.page.locator(".finish.kept")).to_contain_text("Remis à Inès A.")
    other, _ = staged_while_cut(counter, shop, colleague)
    counter.go(f"/counter/orders/{other}")
    for left in (4, 3, 2, 1):
        counter.page.fill("#six", "BBBBBB")
        counter.page.click("#letters button")
        expect(counter.band).to_contain_text("Encore 1 essai" if left == 1 else f"Encore {left} essais")
        expect(counter.band).to_contain_text("Scannez le bon du client")
    counter.page.fill("#six", "CCCCCC")
    counter.page.click("#letters button")
    expect(counter.band).to_contain_text("Plus d’essai sans réseau")
    counter.back()
    assert status(shop, work) in ("staged", "handed_over")


def staged_while_cut(counter: Counter, shop: Shop, colleague: Colleague) -> tuple[str, str]:
    """Another order, of which the device hears in a moment with a network."""
    order, work = staged(shop, colleague, ("812", "R3"))
    counter.wire.cut = False
    counter.hold(order)
    counter.cut()
    return order, work


def test_undone_within_two_minutes_with_no_network_the_goods_are_on_the_shelf_again(
    counter: Counter, shop: Shop, colleague: Colleague
) -> None:
    order, work = staged(shop, colleague, ("821", "R4"), ("822", "R4"))
    counter.hold(order)
    counter.cut()
    counter.open_by_pass(order)
    counter.scan("B:821")
    expect(counter.band).to_contain_text("Sac 821 vérifié")
    counter.scan("B:822")
    expect(counter.page.locator(".finish.kept")).to_be_visible()
    counter.go("/counter")
    expect(counter.page.locator("#view")).to_contain_text("Peut encore être annulée")
    counter.page.get_by_text("Remis à Inès A.").click()
    counter.page.click(".undo button")
    expect(counter.page.locator("[data-bag='B:821']")).to_be_visible()
    counter.go("/counter")
    expect(counter.page.locator(f"#view a[href='/counter/orders/{order}']")).to_be_visible()
    counter.back()
    counter.device.all_sent()
    assert status(shop, work) == "staged"
    kinds = shop.ask(
        "SELECT kind FROM event WHERE stream = $1::uuid AND withdrawn_at IS NULL ORDER BY seq DESC LIMIT 1", order
    )
    assert kinds == [{"kind": "fulfillment.hand_over_undone"}]


def test_a_device_without_the_counter_hands_nothing_over_and_says_who_can(
    counter: Counter, shop: Shop, colleague: Colleague
) -> None:
    order, _ = staged(shop, colleague, ("831", "R5"))
    shop.ask(
        "INSERT INTO counter_lease (location, device, given_at, lease_until) VALUES ($1, $2, $3::timestamptz, $3::timestamptz + interval '1 hour') RETURNING 1",
        LYON, colleague.device, shop.one("SELECT max(enrolled_at) FROM device"),
    )  # fmt: skip
    counter.go("/counter")
    expect(counter.page.locator("#lease")).to_contain_text(colleague.name)
    expect(counter.page.locator("#lease button")).to_have_text("Le prendre ici")
    assert_nothing_to_say(counter.page)
    assert_targets_are_large_enough(counter.page)
    counter.device.settled()
    for _ in range(100):
        if counter.device.kept("meta").get("counter"):
            break
        counter.page.wait_for_timeout(100)
    kept = counter.device.kept("meta")["counter"]
    assert not kept["lease"]["mine"]
    assert all(o["pass_hash"] is None and o["letters"] is None for o in kept["orders"])
    counter.cut()
    counter.go(f"/counter/orders/{order}")
    expect(counter.page.locator("#alert")).to_contain_text(f"{colleague.name} peut le faire")
    assert_nothing_to_say(counter.page)
    counter.scan("B:831")
    expect(counter.page.locator(".finish")).to_have_count(0)
    assert counter.device.waiting() == 0


def test_an_hour_without_contact_and_no_new_goods_leave_but_what_left_stays_kept(
    counter: Counter, shop: Shop, colleague: Colleague
) -> None:
    first, _ = staged(shop, colleague, ("841", "R6"))
    second, _ = staged(shop, colleague, ("842", "R6"))
    counter.hold(first, second)
    counter.cut()
    counter.open_by_pass(first)
    counter.scan("B:841")
    expect(counter.page.locator(".finish.kept")).to_be_visible()
    counter.page.evaluate(RUN_OUT)
    counter.go(f"/counter/orders/{second}")
    expect(counter.page.locator("#alert")).to_contain_text("Trop longtemps sans réseau")
    counter.scan("B:842")
    expect(counter.page.locator(".finish")).to_have_count(0)
    assert counter.device.waiting() == 1


def test_an_order_canceled_meanwhile_comes_back_as_the_managers_case(
    counter: Counter, shop: Shop, colleague: Colleague
) -> None:
    order, work = staged(shop, colleague, ("851", "R7"))
    counter.hold(order)
    counter.cut()
    counter.open_by_pass(order)
    counter.scan("B:851")
    expect(counter.page.locator(".finish.kept")).to_be_visible()
    canceled = shop.api.post(f"/api/v1/orders/{order}/cancellation", json={"id": str(uuid4()), "reason": "x"})
    assert canceled.status_code in (200, 201), canceled.text
    counter.back()
    expect(counter.page.locator("main [role=alert]").last).to_contain_text("Un responsable regarde")
    assert_nothing_to_say(counter.page)
    assert status(shop, work) == "handed_over"
    assert (
        shop.one("SELECT kind FROM exception WHERE order_id = $1::uuid AND resolved_at IS NULL", order)
        == "handed_over_canceled"
    )


def test_the_server_goes_away_while_the_page_is_open_and_the_device_goes_on_by_itself(
    counter: Counter, shop: Shop, colleague: Colleague
) -> None:
    order, work = staged(shop, colleague, ("861", "R8"), lines=((WINE, 1),))
    counter.hold(order)
    counter.scan("P1:" + pass_of(UUID(order), LYON))
    expect(counter.page.locator("h1")).to_contain_text("Inès Aubry")
    counter.page.wait_for_timeout(500)
    counter.cut()
    counter.scan("B:861")
    expect(counter.band).to_contain_text("Cochez la vérification")
    counter.page.locator("#age").evaluate(
        "(box) => box.click()"
    )  # a tap waits for what it sets off, and no network answers
    expect(counter.page.locator(".finish.kept")).to_contain_text("Remis à Inès Aubry", timeout=15_000)
    counter.back()
    expect(counter.page.locator(".finish:not(.kept)")).to_be_visible()
    assert status(shop, work) == "handed_over"
    assert shop.one("SELECT age_checked FROM hand_over WHERE order_id = $1::uuid", order) is True


def test_another_orders_bag_and_another_orders_pass_open_nothing(
    counter: Counter, shop: Shop, colleague: Colleague
) -> None:
    order, _ = staged(shop, colleague, ("871", "R9"))
    other, _ = staged(shop, colleague, ("872", "R9"), first="Marc", last="Petit")
    counter.hold(order, other)
    counter.cut()
    counter.go(f"/counter/orders/{order}")
    counter.scan("P1:" + pass_of(UUID(other), LYON))
    expect(counter.band).to_contain_text("Ce bon n’ouvre pas cette commande")
    counter.scan("B:872")
    expect(counter.band).to_contain_text("Ce sac n’est pas à Inès A.")
    counter.go("/counter")
    counter.page.fill("#q", "marc")
    expect(counter.page.locator("#view")).to_contain_text("Marc P.")
    expect(counter.page.locator("#view")).not_to_contain_text("Inès A.")
    counter.page.fill("#q", "")
    counter.page.locator("#q").blur()
    counter.scan("B:872")
    counter.page.wait_for_url(f"**/counter/orders/{other}")
