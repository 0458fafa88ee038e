"""The pictures of parcels for the docs, taken from the demo world: `.venv/bin/python -m tests.browser.shipping_pictures`."""

from playwright.sync_api import Browser

from comptoir.world.cast import CAMILLE, PASSWORD
from tests.browser.picture_book import take, take_all
from tests.browser.shop import LYON, Hands, Shop


def table(browser: Browser, shop: Shop) -> None:
    """The packing table, one order packed by scans, the parcel that is not done here."""
    context = browser.new_context(
        viewport={"width": 360, "height": 640}, device_scale_factor=2, has_touch=True, locale="fr-FR"
    )
    context.set_default_timeout(20_000)
    shop.enrolled(context)
    hands = Hands(context.new_page(), shop)
    page = hands.page
    hands.sign_in(CAMILLE.badge)
    page.goto(f"{shop.url}/packing")
    take(page, "packing-list")
    work = shop.one(
        "SELECT id FROM work WHERE kind = 'ship' AND status = 'picked' AND location = $1 ORDER BY units DESC, id LIMIT 1",
        LYON,
    )
    page.goto(f"{shop.url}/packing/{work}")
    page.locator("body[data-step]").wait_for()
    sku = shop.one("SELECT sku FROM work_line WHERE work = $1 ORDER BY line LIMIT 1", work)
    hands.scan(shop.code_of(sku))
    page.wait_for_timeout(2_500)
    take(page, "packing")
    open_one = shop.one(
        "SELECT id FROM work WHERE kind = 'ship' AND status = 'open' AND location = $1 ORDER BY id LIMIT 1", LYON
    )
    page.goto(f"{shop.url}/work/{open_one}/decline")
    take(page, "decline")
    page.goto(f"{shop.url}/departures")
    take(page, "departures")
    context.close()


def reasons(browser: Browser, shop: Shop) -> None:
    """Why an order goes where it goes, with the plans that were weighed."""
    office = browser.new_context(viewport={"width": 1280, "height": 800}, locale="fr-FR")
    page = office.new_page()
    page.goto(f"{shop.url}/sign-in/manager")
    page.fill("#f-email", "odile.ferrand@example.com")
    page.fill("#f-password", PASSWORD)
    page.click("button.main")
    page.wait_for_url("**/manager")
    order = shop.one("SELECT order_id FROM sourcing_decision WHERE parcels > 1 ORDER BY at LIMIT 1") or shop.one(
        "SELECT order_id FROM sourcing_decision WHERE length(body) > 1500 ORDER BY at LIMIT 1"
    )
    page.goto(f"{shop.url}/manager/orders/{order}")
    page.locator("#why details summary").first.click()
    page.evaluate("document.getElementById('why').scrollIntoView()")
    take(page, "why")
    office.close()


if __name__ == "__main__":
    take_all(table, reasons)
