"""The pictures of what a customer can do and of the texts that head office writes: `.venv/bin/python -m tests.browser.customer_pictures`."""

from playwright.sync_api import Browser

from comptoir.fulfillment.collecting import collector_token
from comptoir.kit.ids import Seal
from comptoir.world.cast import PASSWORD
from tests.browser.picture_book import take, take_all
from tests.browser.shop import LYON, SECRET, Shop

SEAL = Seal(SECRET.encode())


def asking(browser: Browser, shop: Shop) -> None:
    """Somebody else collects, another place, what is missing, the contract is withdrawn from."""
    phone = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2, locale="fr-FR")
    page = phone.new_page()
    order = shop.one(
        "SELECT w.order_id FROM work w JOIN sales_order o ON o.id = w.order_id WHERE w.status = 'staged' AND w.location = $1 AND o.language = 'fr'"
        " AND w.units > 1 ORDER BY w.id DESC LIMIT 1",
        LYON,
    )
    address = f"{shop.url}/o/{SEAL.token('order', order.bytes, 0)}"
    page.goto(f"{address}/collector")
    page.fill("#f-name", "Karim Benali")
    page.fill("#f-contact", "06 12 34 56 78")
    take(page, "customer-collector")
    page.click("form button.main")
    page.wait_for_load_state()
    generation = shop.one("SELECT generation FROM collector WHERE order_id = $1", order)
    page.goto(f"{shop.url}/o/{collector_token(SEAL, order, generation)}")
    take(page, "collector")
    shop.ask("UPDATE channel SET delivery_minor = 490")
    page.goto(f"{address}/elsewhere")
    take(page, "customer-elsewhere")
    page.goto(f"{address}/messages")
    take(page, "customer-messages")
    page.goto(f"{address}/withdraw")
    take(page, "customer-withdraw")
    shop.ask("UPDATE requirement SET unsourced = 1, at_work = at_work - 1 WHERE order_id = $1 AND line = 1", order)
    shop.ask(
        "INSERT INTO exception (id, location, kind, role, order_id, sku, quantity, body, made_at) SELECT gen_random_uuid(), $2, 'short_choice', 'store_manager', $1,"
        " sku, 1, jsonb_build_object('line', 1, 'until', (current_date + 1) + time '19:00'), clock_timestamp() FROM requirement WHERE order_id = $1 AND line = 1",
        order, LYON,
    )  # fmt: skip
    page.goto(f"{address}/missing/1")
    take(page, "customer-missing")
    phone.close()


def texts(browser: Browser, shop: Shop) -> None:
    """A text of a message, as head office writes it."""
    office = browser.new_context(viewport={"width": 1280, "height": 800}, locale="fr-FR")
    page = office.new_page()
    page.goto(f"{shop.url}/sign-in/manager")
    page.fill("#f-email", "odile.ferrand@example.com")
    page.fill("#f-password", PASSWORD)
    page.click("button.main")
    page.wait_for_url("**/manager")
    page.goto(f"{shop.url}/manager/texts")
    take(page, "texts")
    page.goto(f"{shop.url}/manager/texts/ready/fr")
    page.wait_for_timeout(1000)
    take(page, "text")
    office.close()


if __name__ == "__main__":
    take_all(asking, texts)
