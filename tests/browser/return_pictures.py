"""Pictures of goods that come back over the counter: `.venv/bin/python -m tests.browser.return_pictures`."""

import msgspec
from playwright.sync_api import Browser

from comptoir.kit.ids import Seal
from comptoir.returns.policy import DEFAULT
from comptoir.world.cast import CAMILLE, PASSWORD
from tests.browser.picture_book import take, take_all
from tests.browser.shop import LYON, SECRET, Hands, Shop

WEARS = (
    "SELECT w.order_id FROM work w JOIN work_line l ON l.work = w.id JOIN sku s ON s.sku = l.sku WHERE w.status = 'handed_over' AND w.location = $1"
    " AND w.kind = 'pickup' AND s.blocked_reason IS NULL AND NOT EXISTS (SELECT FROM rma r WHERE r.order_id = w.order_id)"
    " GROUP BY w.order_id HAVING sum(l.handed_over) BETWEEN 2 AND 3 ORDER BY bool_or(s.deciding <> '') DESC, w.order_id LIMIT 4"
)
LINES = "SELECT r.sku FROM requirement r WHERE r.order_id = $1 ORDER BY r.line, r.part"


def desk(browser: Browser, shop: Shop) -> None:
    """An order, an article in hand, the button, what became of it; another size; no network."""
    context = browser.new_context(
        viewport={"width": 360, "height": 640}, device_scale_factor=2, has_touch=True, locale="fr-FR"
    )
    context.set_default_timeout(20_000)
    shop.enrolled(context)
    hands = Hands(context.new_page(), shop)
    page = hands.page
    hands.sign_in(CAMILLE.badge)
    first, second, third = [row["order_id"] for row in shop.ask(WEARS, LYON)][:3]
    page.goto(f"{shop.url}/returns/orders/{first}")
    page.locator("body[data-step=empty]").wait_for()
    take(page, "return-order")
    for place, row in enumerate(shop.ask(LINES, first)):
        hands.scan(shop.code_of(row["sku"]))
        page.locator("[data-condition]").first.wait_for()
        if not place:
            page.wait_for_timeout(2_200)
            take(page, "return-condition")
        page.click(f"[data-condition={'opened' if place else 'as_new'}]")
    page.click("#why [data-reason]")
    page.locator("[data-act=settle], [data-act=ask]").first.wait_for()
    page.wait_for_timeout(2_200)
    take(page, "return-ready")
    if page.locator("[data-act=settle]").count():
        page.click("[data-act=settle]")
        page.locator("#outcome").wait_for()
        take(page, "return-done")
    page.goto(f"{shop.url}/returns/orders/{second}")
    page.locator("body[data-step=empty]").wait_for()
    hands.scan(shop.code_of(shop.ask(LINES, second)[0]["sku"]))
    page.click("[data-condition=as_new]")
    page.click("#why [data-reason]")
    page.click(".otherwise > summary")
    page.click("[data-act=exchange]")
    page.locator("[data-size]").first.wait_for()
    page.wait_for_timeout(2_200)
    take(page, "return-exchange")
    page.goto(f"{shop.url}/returns/orders/{third}")
    page.locator("body[data-step=empty]").wait_for()
    context.set_offline(True)
    page.evaluate("dispatchEvent(new Event('offline'))")
    hands.scan(shop.code_of(shop.ask(LINES, third)[0]["sku"]))
    page.click("[data-condition=damaged]")
    page.click("#why [data-reason]")
    page.click("[data-act=keep]")
    page.locator("body[data-step=kept]").wait_for()
    take(page, "return-offline")
    context.close()


def apart(browser: Browser, shop: Shop) -> None:
    """What is missing, told before it is settled; each article its own way; what the customer reads of it; goods that nobody pays any more."""
    context = browser.new_context(
        viewport={"width": 360, "height": 640}, device_scale_factor=2, has_touch=True, locale="fr-FR"
    )
    context.set_default_timeout(20_000)
    shop.enrolled(context)
    hands = Hands(context.new_page(), shop)
    page = hands.page
    hands.sign_in(CAMILLE.badge)
    order = next(
        row["order_id"] for row in reversed(shop.ask(WEARS, LYON)) if len(shop.ask(LINES, row["order_id"])) > 1
    )
    shop.ask(
        "INSERT INTO policy (kind, number, body, note, made_by, made_at, active_from) VALUES ('returns', 1, $1::jsonb, '', 'system', now(), now())",
        msgspec.json.encode(msgspec.structs.replace(DEFAULT, associate_minor=90_000)).decode(),
    )  # fmt: skip
    skus = [row["sku"] for row in shop.ask(LINES, order)]
    for code, fr, en, keep in (
        ("cable", "câble", "cable", 1500),
        ("manual", "notice", "manual", 0),
        ("box", "boîte", "box", 300),
    ):
        shop.ask(
            "INSERT INTO accessory (kind, key, code, fr, en, keep_minor, changed_at, changed_who) VALUES ('sku', $1, $2, $3, $4, $5, now(), 'test')",
            skus[0], code, fr, en, keep,
        )  # fmt: skip
    page.goto(f"{shop.url}/returns/orders/{order}")
    page.locator("body[data-step=empty]").wait_for()
    for place, sku in enumerate(skus):
        hands.scan(shop.code_of(sku))
        page.locator("[data-condition]").first.wait_for()
        if not place:
            page.click("[data-accessory=cable]")
            page.wait_for_timeout(2_200)
            take(page, "return-accessories")
        page.click("[data-condition=as_new]")
    page.click("#why [data-reason]")
    page.click(".otherwise > summary")
    page.locator("[data-act=apart]").click()
    page.click("[data-wish=credit][data-of='1']")
    page.locator("[data-act=settle], [data-act=ask]").first.wait_for()
    page.wait_for_timeout(2_200)
    page.locator("#taken").scroll_into_view_if_needed()
    take(page, "return-apart")
    if page.locator("[data-act=settle]").count():
        page.click("[data-act=settle]")
        page.locator("#outcome").wait_for()
        take(page, "return-apart-done")
        customer = browser.new_context(viewport={"width": 360, "height": 640}, device_scale_factor=2, locale="fr-FR")
        hers = customer.new_page()
        token = Seal(SECRET.encode()).token("order", order.bytes, 0)
        hers.goto(f"{shop.url}/o/{token}/return/{page.url.rsplit('/', 1)[-1]}")
        take(hers, "customer-return-apart")
        customer.close()
    gone = "SELECT w.order_id FROM work w WHERE w.status = 'staged' AND w.location = $1 AND w.kind = 'pickup' ORDER BY w.id DESC LIMIT 1"
    unpaid = shop.one(gone, LYON)
    shop.ask("UPDATE payment SET state = 'voided', captured_minor = 0, refunded_minor = 0 WHERE order_id = $1", unpaid)
    page.goto(f"{shop.url}/counter/orders/{unpaid}")
    page.locator("#unpaid").wait_for()
    take(page, "handover-unpaid")
    context.close()


def figures(browser: Browser, shop: Shop) -> None:
    """What head office reads of returns."""
    office = browser.new_context(viewport={"width": 1280, "height": 800}, locale="fr-FR")
    page = office.new_page()
    page.goto(f"{shop.url}/sign-in/manager")
    page.fill("#f-email", "odile.ferrand@example.com")
    page.fill("#f-password", PASSWORD)
    page.click("button.main")
    page.wait_for_url("**/manager")
    page.goto(f"{shop.url}/manager/returns/report")
    take(page, "return-report")
    page.goto(f"{shop.url}/manager/return-rules/accessories")
    take(page, "accessories")
    office.close()


if __name__ == "__main__":
    take_all(desk, apart, figures)
