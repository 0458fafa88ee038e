"""What comes back over the counter, in a real browser: by scans, with a refund, with other goods in place, with a manager's word, without a network."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from comptoir.kit import postgres
from comptoir.kit.ids import Seal, digest
from comptoir.world.cast import HELENE
from tests.browser.between import wired
from tests.browser.looking import assert_targets_are_large_enough
from tests.browser.shop import LYON, SECRET, Hands, Shop, open_shop, order_id, pass_of
from tests.browser.staging import Colleague

PLENTY = (
    "SELECT l.sku FROM stock_level l JOIN sku s USING (sku) WHERE l.location = $1 AND s.minimum_age IS NULL AND NOT s.is_kit AND s.price_minor > 3000"
    " AND s.price_minor < 7000 AND l.on_hand - l.reserved > 6 AND s.blocked_reason IS NULL AND s.withdrawal_excluded IS NULL AND s.returnable ORDER BY l.sku LIMIT 4"
)


class Desk:
    """A handheld at the returns desk of Lyon, and a colleague who hands orders over."""

    def __init__(self, browser: Browser, shop: Shop) -> None:
        self.shop, self.colleague, self.bag = shop, Colleague(shop), 0
        self.skus = [row["sku"] for row in shop.ask(PLENTY, LYON)]
        context = browser.new_context(viewport={"width": 360, "height": 640}, has_touch=True, locale="fr-FR")
        context.set_default_timeout(15_000)
        shop.enrolled(context)
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.hands = Hands(self.page, shop)
        self.hands.sign_in()

    def sold(self, *skus: str) -> dict[str, str]:
        """An order that was handed over a moment ago."""
        self.bag += 1
        placed = self.shop.order(*((sku, 1) for sku in skus))
        work = self.colleague.stage(placed, (f"T-{500 + self.bag}", "R3"))
        told = {"order": placed["id"], "works": [work], "bags": [f"B:T-{500 + self.bag}"], "identity_checked": True}
        assert self.colleague.tell(("hand_over", told)) == ["applied"]
        return placed

    def open(self, placed: dict[str, str]) -> None:
        self.page.goto(f"{self.shop.url}/returns/orders/{placed['id']}")
        expect(self.page.locator("body[data-step=empty]")).to_be_visible()

    def take(self, sku: str, condition: str = "as_new") -> None:
        """Scan a unit and say how it is."""
        self.hands.scan(self.shop.code_of(sku))
        self.page.click(f"[data-condition={condition}]")

    def settle(self) -> str:
        """The one big button; the return."""
        self.hands.tap("[data-act=settle]")
        self.page.locator("#outcome").wait_for()
        return self.page.url.rsplit("/", 1)[-1]


@pytest.fixture(scope="module")
def desk(browser: Browser, postgres_server: postgres.Server, template: str) -> Iterator[Desk]:
    with open_shop(postgres_server, "returns") as shop:
        made = Desk(browser, shop)
        yield made
        made.page.context.close()
        assert made.errors == []


def test_two_lines_come_back_with_two_taps_and_the_customer_reads_of_the_refund(desk: Desk) -> None:
    page, shop, (first, second) = desk.page, desk.shop, desk.skus[:2]
    placed = desk.sold(first, second)
    before = shop.stock(first)
    page.goto(f"{shop.url}/returns")
    desk.hands.forget()
    desk.hands.scan("P1:" + pass_of(order_id(placed), LYON))
    expect(page.locator("body[data-step=empty]")).to_be_visible()
    expect(page.locator("#verdict")).to_contain_text("Oui, par la loi")
    desk.take(first)
    assert_targets_are_large_enough(page)
    desk.take(second, "opened")
    desk.hands.tap("#why [data-reason]")
    amount = sum(shop.one("SELECT price_minor FROM sku WHERE sku = $1", sku) for sku in (first, second))
    expect(page.locator("[data-act=settle]")).to_contain_text(f"Rembourser {amount // 100},{amount % 100:02}")
    rma = desk.settle()
    # The receipt, two articles; why, and the button. How each article is was chosen besides.
    assert (desk.hands.taps, desk.hands.scans) == (2, 3)
    expect(page.locator("#outcome")).to_contain_text("Remboursement demandé")
    assert shop.one("SELECT amount_minor FROM payment_intention WHERE cause = $1::uuid", rma) == amount
    assert shop.stock(first) == before | {"unsellable": before["unsellable"] + 1}
    # Onto the shelf: for sale again from the scan on.
    desk.hands.scan(shop.code_of(first))
    expect(page.locator("#band")).to_contain_text("Tout est rangé")
    for _ in range(100):
        if shop.stock(first)["on_hand"] == before["on_hand"] + 1:
            break
        page.wait_for_timeout(50)
    assert shop.stock(first) == before | {"on_hand": before["on_hand"] + 1}
    customer = page.context.browser.new_page(locale="fr-FR") if page.context.browser else page
    customer.goto(f"{shop.url}/o/{Seal(SECRET.encode()).token('order', order_id(placed).bytes, 0)}")
    expect(customer.locator("main")).to_contain_text(
        re.compile(rf"embours[^.]*{amount // 100},{amount % 100:02}", re.S)
    )
    customer.close()


def otherwise(page: Page, wish: str) -> None:
    """Another way than the one that is meant. Opened before the amount is there, the others stay open when it comes."""
    fold = page.locator(".otherwise")
    fold.locator("summary").click()
    page.locator("[data-act=settle]").wait_for()
    expect(fold).to_have_attribute("open", "")
    fold.locator("summary").click()
    docked = page.evaluate("() => document.querySelector('.dock').getBoundingClientRect().height / innerHeight")
    assert docked < 1 / 3, "what is settled stays in sight above the dock"
    fold.locator("summary").click()
    page.click(f"[data-act={wish}]")
    expect(fold).not_to_have_attribute("open", "")


def test_another_article_is_taken_along_in_the_same_flow(desk: Desk) -> None:
    page, shop, (first, second) = desk.page, desk.shop, desk.skus[2:4]
    desk.open(desk.sold(first))
    desk.take(first)
    desk.hands.tap("#why [data-reason]")
    otherwise(page, "exchange")
    expect(page.locator("body[data-step=asking]")).to_be_visible()
    # Whoever wants something else is not offered the money before it is chosen.
    page.wait_for_load_state("networkidle")
    expect(page.locator("[data-act=settle]")).to_have_count(0)
    desk.hands.scan(shop.code_of(first))
    expect(page.locator("[data-act=settle]")).to_have_text("Échanger")
    rma = desk.settle()
    expect(page.locator("#outcome")).to_contain_text("Échange créé")
    expect(page.get_by_role("link", name="Préparer maintenant")).to_be_visible()
    paid = shop.ask(
        "SELECT p.state FROM payment p JOIN rma r ON r.number = p.reference WHERE r.id = $1::uuid AND p.provider = 'exchange'",
        rma,
    )
    assert paid == [{"state": "captured"}]
    # Dearer goods: the till took the difference, and its receipt says so.
    cheap, dear = sorted((first, second), key=lambda sku: shop.one("SELECT price_minor FROM sku WHERE sku = $1", sku))
    desk.open(desk.sold(cheap))
    desk.take(cheap)
    desk.hands.tap("#why [data-reason]")
    otherwise(page, "exchange")
    desk.hands.scan(shop.code_of(dear))
    page.locator("#till").fill("TC-4711")
    page.locator("#till").blur()
    expect(page.locator("[data-act=settle]")).to_contain_text("à payer")
    rma = desk.settle()
    assert shop.one("SELECT provider FROM payment WHERE reference = 'TC-4711'") == "till"


def test_what_is_missing_is_told_before_it_is_settled_and_each_article_is_settled_as_it_is_wanted(desk: Desk) -> None:
    page, shop, (first, second) = desk.page, desk.shop, desk.skus[:2]
    shop.ask(
        "INSERT INTO accessory (kind, key, code, fr, en, keep_minor, changed_at, changed_who) VALUES"
        " ('sku', $1, 'cable', 'câble', 'cable', 1500, now(), 'test'), ('sku', $1, 'manual', 'notice', 'manual', 0, now(), 'test')", first,
    )  # fmt: skip
    price = {sku: shop.one("SELECT price_minor FROM sku WHERE sku = $1", sku) for sku in (first, second)}
    placed = desk.sold(first, second)
    desk.open(placed)
    # All is there unless a tap says otherwise: what is complete needs none.
    desk.hands.scan(shop.code_of(first))
    expect(page.locator("[data-accessory]")).to_have_count(2)
    assert_targets_are_large_enough(page)
    page.click("[data-accessory=cable]")
    expect(page.locator("[data-accessory=cable]")).to_have_attribute("aria-pressed", "false")
    page.click("[data-condition=as_new]")
    desk.take(second)
    desk.hands.tap("#why [data-reason]")
    expect(page.locator("[data-kept]")).to_contain_text("Il manque câble : 15,00")
    total = price[first] + price[second] - 1500
    expect(page.locator("[data-act=settle]")).to_contain_text(f"{total // 100},{total % 100:02}")
    # A credit pays an exchange and nothing else here.
    desk.hands.scan("C1:0123456789ABCDEFGHJKMNPQRS")
    expect(page.locator("#band")).to_contain_text("C’est un avoir")
    # Closed without a word, nothing is allowed; with a manager's PIN and a reason nothing is kept.
    waive = page.locator("[data-act=waive]")
    waive.evaluate("one => scrollBy(0, one.getBoundingClientRect().top - 150)")
    waive.click()
    expect(page.locator("#permission-why")).to_contain_text("Ne rien retenir")
    page.click("#sheet [data-act=shut]")
    expect(page.locator("[data-act=settle]")).to_contain_text(f"{total // 100},{total % 100:02}")
    waive.evaluate("one => scrollBy(0, one.getBoundingClientRect().top - 150)")
    waive.click()
    page.select_option("#permit", "part_found")
    page.fill("#pin", HELENE.pin)
    page.click("#permission button.main")
    expect(page.locator("[data-kept]")).to_contain_text("rien n’est retenu")
    expect(waive).to_have_count(0)
    total += 1500
    expect(page.locator("[data-act=settle]")).to_contain_text(f"{total // 100},{total % 100:02}")
    page.click(".otherwise > summary")
    page.click("[data-act=apart]")
    page.click("[data-wish=credit][data-of='1']")
    expect(page.locator("[data-act=settle]")).to_contain_text("Régler chaque article")
    assert page.locator(".pair .big").all_inner_texts() == [
        f"{minor // 100},{minor % 100:02}\xa0€" for minor in (price[first], price[second])
    ]
    assert_targets_are_large_enough(page)
    rma = desk.settle()
    expect(page.locator("#outcome")).to_contain_text("Réglé article par article")
    expect(page.locator("#gets")).to_contain_text("Il manque câble")
    expect(page.locator("#credit svg.qr path")).to_have_attribute("d", re.compile("^M"))
    code = page.locator("[data-code]").inner_text().replace(" ", "")
    given = shop.ask(
        "SELECT u.wish, u.refund_minor, u.kept_minor, u.disposition FROM rma_unit u WHERE u.rma = $1::uuid ORDER BY u.n",
        rma,
    )
    assert [tuple(row.values()) for row in given] == [
        ("refund", price[first], 0, "mark_down"), ("credit", price[second], 0, "shelf"),
    ]  # fmt: skip
    # Its QR opens what is left of it, here and on any other page; the customer reads each part.
    page.goto(f"{shop.url}/returns")
    desk.hands.scan(f"C1:{code}")
    expect(page.locator("#balance")).to_contain_text(f"{price[second] // 100},{price[second] % 100:02}")
    expect(page.locator("main")).to_contain_text("il paie un échange")
    customer = page.context.browser.new_page(locale="fr-FR") if page.context.browser else page
    link = f"{shop.url}/o/{Seal(SECRET.encode()).token('order', order_id(placed).bytes, 0)}"
    customer.goto(f"{link}/return/{rma}")
    for told in ("câble", "en avoir", " ".join(code[at : at + 4] for at in range(0, 26, 4))):
        expect(customer.locator("main")).to_contain_text(told)
    customer.close()


def test_a_kit_is_scanned_as_a_whole_and_a_part_that_is_not_there_is_not_taken(desk: Desk) -> None:
    page, shop = desk.page, desk.shop
    kit = "COFFRET-TABLE"
    desk.open(desk.sold(kit))
    parts = shop.one("SELECT sum(quantity)::int FROM kit_component WHERE kit = $1", kit)
    desk.hands.scan(shop.code_of(kit))
    page.click("[data-act=drop]")
    for _ in range(parts - 1):
        page.click("[data-condition=as_new]")
    desk.hands.tap("#why [data-reason]")
    rma = desk.settle()
    cost, count = (
        shop.one("SELECT sum(paid_minor)::int FROM rma_unit WHERE rma = $1::uuid", rma),
        shop.one("SELECT count(*) FROM rma_unit WHERE rma = $1::uuid", rma),
    )
    assert count == parts - 1 and 0 < cost < shop.one("SELECT price_minor FROM sku WHERE sku = $1", kit)


def test_what_is_late_needs_a_manager_with_pin_and_reason(desk: Desk) -> None:
    page, shop, sku = desk.page, desk.shop, desk.skus[0]
    placed = desk.sold(sku)
    shop.ask("UPDATE hand_over SET at = at - interval '100 days' WHERE order_id = $1::uuid", placed["id"])
    shop.ask("UPDATE sales_order SET placed_at = placed_at - interval '101 days' WHERE id = $1::uuid", placed["id"])
    desk.open(placed)
    expect(page.locator("li[data-line] .tone-warn")).to_contain_text("Non")
    desk.take(sku)
    desk.hands.tap("#why [data-reason]")
    desk.hands.tap("[data-act=ask]")
    expect(page.locator("#permission-why")).to_contain_text("Le délai est passé")
    page.select_option("#permit", "held_up")
    page.fill("#pin", "000000")
    page.click("#permission button.main")
    expect(page.locator("#permission-error")).to_be_visible()
    page.fill("#pin", HELENE.pin)
    page.click("#permission button.main")
    expect(page.locator("#sheet")).not_to_be_visible()
    rma = desk.settle()
    kept = shop.ask("SELECT permit_reason, permitted_who FROM rma WHERE id = $1::uuid", rma)[0]
    who = shop.one(
        "SELECT id FROM staff WHERE badge_hash IS NOT NULL AND first_name = 'Hélène' AND last_name = 'Vasseur'"
    )
    assert kept == {"permit_reason": "held_up", "permitted_who": str(who)}
    expect(page.locator("main")).to_contain_text("Accord de Hélène")


def test_facts_about_a_serial_number_and_a_person_are_told_with_their_rule_and_refuse_nothing(desk: Desk) -> None:
    page, shop, sku = desk.page, desk.shop, desk.skus[0]
    gtin = shop.code_of(sku).rjust(14, "0")
    desk.open(desk.sold(sku))
    desk.hands.scan(f"01{gtin}21SN-7")
    page.click("[data-condition=as_new]")
    page.locator("#why [data-reason]").first.click()
    desk.settle()
    desk.open(desk.sold(sku))
    expect(page.locator("#facts")).to_be_hidden()
    desk.hands.scan(f"01{gtin}21SN-7")
    page.click("[data-condition=as_new]")
    page.locator("#why [data-reason]").first.click()
    expect(page.locator("#facts")).to_contain_text("Le numéro de série SN-7 est déjà revenu (R-")
    expect(page.locator("#facts")).to_contain_text("Même article et même numéro de série qu’un retour d’avant")
    expect(page.locator("[data-act=settle]")).to_be_enabled()
    page.goto(f"{shop.url}/returns/blind")
    page.fill("#brought-by", "Inès")
    page.locator("#brought-by").blur()
    desk.hands.scan(shop.code_of(sku))
    page.click("[data-condition=as_new]")
    page.locator("#why [data-reason]").first.click()
    expect(page.locator("#said")).to_contain_text("Ni téléphone ni e-mail")
    page.fill("#brought-by", "06 12 34 56 78")
    page.locator("#brought-by").blur()
    expect(page.locator("[data-act=ask]")).to_be_visible()


def test_with_no_network_goods_are_taken_in_and_the_money_waits(desk: Desk) -> None:
    page, shop, sku = desk.page, desk.shop, desk.skus[1]
    placed = desk.sold(sku)
    desk.open(placed)
    page.context.set_offline(True)
    page.evaluate("dispatchEvent(new Event('offline'))")
    desk.take(sku, "damaged")
    desk.hands.tap("#why [data-reason]")
    expect(page.locator("#acts")).to_contain_text("Rembourser, réseau nécessaire")
    desk.hands.tap("[data-act=keep]")
    expect(page.locator("#kept")).to_contain_text("Gardé sur cet appareil")
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#kept")).to_contain_text("Enregistré et réglé")
    assert shop.one("SELECT status FROM rma WHERE order_id = $1::uuid", placed["id"]) == "settled"
    # The same article again, against a receipt alone: goods of that order have all come back, so a manager decides.
    page.goto(f"{shop.url}/returns/alone")
    expect(page.locator("body[data-step=empty]")).to_be_visible()
    desk.hands.scan(placed["number"])
    desk.take(sku)
    desk.hands.tap("#why [data-reason]")
    desk.hands.tap("[data-act=keep]")
    expect(page.locator("#kept")).to_contain_text("un responsable décide")
    case = shop.ask("SELECT kind, body->>'why' AS why FROM exception WHERE kind = 'return_to_decide'")
    assert case == [{"kind": "return_to_decide", "why": "already_returned"}]
    assert shop.one("SELECT count(*) FROM rma_unit WHERE sku = $1 AND order_id IS NULL AND state = 'here'", sku) == 1


def test_announced_as_a_gift_and_without_a_receipt_each_is_settled_as_it_should(desk: Desk, browser: Browser) -> None:
    page, shop, sku = desk.page, desk.shop, desk.skus[0]
    customer = browser.new_page(locale="fr-FR")
    seal = Seal(SECRET.encode())

    def announced(link: str) -> str:
        """Chosen step by step by whoever has the link; the number that they show at the counter."""
        customer.goto(f"{shop.url}/o/{link}/return")
        customer.click("form button.main")
        customer.select_option("select[name=why]", index=1)
        customer.click("form button.main")
        customer.check("input[value=store]")
        customer.click("form button.main")
        customer.click("form button.main")
        return customer.locator(".pass .top b").inner_text()

    def shown(number: str) -> None:
        """The goods, the number that was shown, and how the article is: its reason is known."""
        page.goto(f"{shop.url}/returns")
        desk.hands.scan(number)
        expect(page.locator("body[data-step]")).to_be_visible()
        desk.take(sku)

    mine = desk.sold(sku)
    link = seal.token("order", order_id(mine).bytes, 0)
    shown(announced(link))
    expect(page.locator("[data-act=settle]")).to_contain_text("Rembourser")
    rma = desk.settle()
    told = "SELECT r.origin, r.wish, r.status, (SELECT i.kind FROM payment_intention i WHERE i.cause = r.id) AS money FROM rma r WHERE r.id = $1::uuid"
    assert shop.ask(told, rma) == [{"origin": "home", "wish": "refund", "status": "settled", "money": "refund"}]
    customer.goto(f"{shop.url}/o/{link}/return/{rma}")
    expect(customer.locator("h1")).to_have_text("Votre retour est terminé.")
    # A gift: whoever got it announces it by a link of theirs and gets credit; its buyer reads nothing of it.
    given = desk.sold(sku)
    token = seal.token("collector", order_id(given).bytes, 0)
    shop.ask(
        "INSERT INTO order_delivery (order_id, kind, gift, chosen_at, chosen_by) SELECT id, 'home', true, placed_at, 'x' FROM sales_order WHERE id = $1::uuid",
        given["id"],
    )
    shop.ask(
        "INSERT INTO collector (order_id, name, email, link_hash, generation, named_at)"
        " SELECT id, 'Tom', 'tom@example.com', $2, 0, placed_at FROM sales_order WHERE id = $1::uuid",
        given["id"], digest(token),
    )  # fmt: skip
    number = announced(token)
    shown(number)
    expect(page.locator("[data-act=settle]")).to_contain_text("voir")
    rma = desk.settle()
    assert shop.ask(told, rma) == [{"origin": "home", "wish": "credit", "status": "settled", "money": None}]
    assert shop.one("SELECT amount_minor FROM store_credit WHERE rma = $1::uuid", rma) > 0
    customer.goto(f"{shop.url}/o/{seal.token('order', order_id(given).bytes, 0)}/return")
    expect(customer.locator("main")).not_to_contain_text(number)
    customer.close()
    # Nothing to show at all: a manager's word, a name to count by, and credit.
    page.goto(f"{shop.url}/returns/blind")
    page.fill("#brought-by", "06 12 34 56 79")
    page.locator("#brought-by").blur()
    cheap = shop.one(
        "SELECT sku FROM sku WHERE price_minor BETWEEN 500 AND 4900 AND NOT is_kit AND blocked_reason IS NULL AND returnable AND minimum_age IS NULL"
        " ORDER BY sku LIMIT 1"
    )
    desk.take(cheap)
    page.locator("#why [data-reason]").first.click()
    desk.hands.tap("[data-act=ask]")
    page.select_option("#permit", "receipt_lost")
    page.fill("#pin", HELENE.pin)
    page.click("#permission button.main")
    expect(page.locator("#sheet")).not_to_be_visible()
    rma = desk.settle()
    kept = shop.ask(
        "SELECT r.status, r.permit_reason, c.amount_minor > 0 AS credit FROM rma r JOIN store_credit c ON c.rma = r.id WHERE r.id = $1::uuid",
        rma,
    )
    assert kept == [{"status": "settled", "permit_reason": "receipt_lost", "credit": True}]


def test_after_a_cold_start_with_the_server_gone_the_desk_opens_and_takes_a_return(
    desk: Desk, browser: Browser
) -> None:
    shop, sku = desk.shop, desk.skus[1]
    placed, other = desk.sold(sku), desk.sold(desk.skus[2])
    context = browser.new_context(viewport={"width": 360, "height": 640}, has_touch=True, locale="fr-FR")
    context.set_default_timeout(15_000)
    with wired(shop.url) as wire:
        far = Shop(wire.url, shop.dsn)
        far.enrolled(context)
        hands = Hands(context.new_page(), far)
        hands.sign_in()
        hands.page.evaluate("() => navigator.serviceWorker.ready")
        hands.page.wait_for_function("() => navigator.serviceWorker.controller")
        hands.page.close()
        wire.cut = True
        page = context.new_page()
        hands = Hands(page, far)
        for _ in range(2):  # opened, and reloaded
            answer = page.goto(f"{wire.url}/returns")
            assert answer is not None and answer.from_service_worker
            expect(page.locator("body[data-step=empty]")).to_be_visible()
        hands.scan(placed["number"])
        hands.scan(shop.code_of(sku))
        page.click("[data-condition=as_new]")
        hands.tap("#why [data-reason]")
        hands.tap("[data-act=keep]")
        expect(page.locator("#kept")).to_contain_text("Gardé sur cet appareil")
        page.reload()
        expect(page.locator("body[data-step=empty]")).to_be_visible()
        # A parcel too, by whatever is on it, and one that is nobody's.
        page.goto(f"{wire.url}/returns/parcels")
        for code in (other["number"], "8R99999", other["number"]):
            hands.scan(code)
        expect(page.locator("#kept li")).to_have_count(2)
        wire.cut = False
        page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.locator("#kept")).to_contain_text("est là")
        expect(page.locator("#kept")).to_contain_text("Gardez le colis fermé")
        assert shop.ask("SELECT origin, status FROM rma WHERE order_id = $1::uuid", other["id"]) == [
            {"origin": "unannounced", "status": "received"}
        ]
        assert shop.ask("SELECT body->>'number' AS code FROM exception WHERE kind = 'parcel_not_taken'") == [
            {"code": "8R99999"}
        ]
        page.goto(f"{wire.url}/returns")
        for _ in range(200):
            if shop.ask("SELECT status FROM rma WHERE order_id = $1::uuid", placed["id"]) == [{"status": "settled"}]:
                break
            page.wait_for_timeout(50)
        assert shop.ask("SELECT status FROM rma WHERE order_id = $1::uuid", placed["id"]) == [{"status": "settled"}]
    context.close()
