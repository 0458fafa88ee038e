"""The pictures of the tower, of figures that are put right, of alerts, of goods that come in and of counts: `.venv/bin/python -m tests.browser.desk_pictures`."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from playwright.sync_api import Browser, Page

from comptoir.world.cast import CAMILLE, PASSWORD
from tests.browser.picture_book import take, take_all
from tests.browser.shop import LYON, Hands, Shop


def desk(browser: Browser, shop: Shop) -> Page:
    """Head office, signed in."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}, locale="fr-FR").new_page()
    page.goto(f"{shop.url}/sign-in/manager")
    page.fill("#f-email", "odile.ferrand@example.com")
    page.fill("#f-password", PASSWORD)
    page.click("button.main")
    page.wait_for_url("**/manager")
    return page


def tower(browser: Browser, shop: Shop) -> None:
    """The load by hour, what an act would change, lists of stock, what suppliers bring."""
    page = desk(browser, shop)
    for path, name in (
        ("/load", "load"),
        (f"/stores/{LYON}/act?do=capacity&per_hour=60", "act"),
        ("/stock/control?what=lying", "stock-control"),
        ("/receiving", "receiving-desk"),
    ):
        page.goto(f"{shop.url}/manager{path}")
        take(page, name)
    page.context.close()


def figures(browser: Browser, shop: Shop) -> None:
    """A level that is not the sum of its ledger, before it is put right; what promises of each store reckon with."""
    sku = "DERBY-HELENE-NOIR-39"
    shop.ask("UPDATE stock_level SET on_hand = on_hand + 2 WHERE sku = $1 AND location = $2", sku, LYON)
    page = desk(browser, shop)
    page.set_viewport_size({"width": 1280, "height": 1000})
    page.goto(f"{shop.url}/manager/stock/ledger/row?sku={sku}&store={LYON}")
    take(page, "ledger")
    shop.ask("UPDATE stock_level SET on_hand = on_hand - 2 WHERE sku = $1 AND location = $2", sku, LYON)
    page.set_viewport_size({"width": 1280, "height": 800})
    shop.ask("UPDATE location SET promises_learned = id = 'lyon-confluence'")
    page.goto(f"{shop.url}/manager/pace")
    take(page, "pace")
    page.context.close()


def alerts(browser: Browser, shop: Shop) -> None:
    """Two rules, and what they found: nobody at it, somebody at it; one alert whole."""
    now = datetime.now(UTC)
    first = uuid5(UUID(int=9), "alert")
    for kind, place, value, ago, at_it in (("late", LYON, 8, 12, False), ("load", "paris-haussmann", 130, 40, True)):
        rule, alert = uuid5(UUID(int=9), kind), first if kind == "late" else uuid5(UUID(int=9), "other alert")
        shop.ask(
            "INSERT INTO alert_rule (id, kind, threshold, tells, media, changed_at, changed_by) VALUES ($1, $2, $3, 'store_manager', '{email,push}', $4, 'system')",
            rule, kind, value - 3, now,
        )  # fmt: skip
        shop.ask(
            "INSERT INTO alert (id, rule, kind, subject, location, threshold, value, highest, raised_at, value_at, acknowledged_at, acknowledged_by, word)"
            " SELECT $1, $2, $3, $4, $4, $5, $6, $6 + 2, $7::timestamptz, $8::timestamptz, CASE WHEN $9 THEN $8 END, CASE WHEN $9 THEN s.id::text END,"
            " CASE WHEN $9 THEN 'Deux personnes arrivent à 15 h' ELSE '' END FROM staff s WHERE s.role = 'regional_manager' ORDER BY s.id LIMIT 1",
            alert, rule, kind, place, value - 3, value, now - timedelta(minutes=ago), now, at_it,
        )  # fmt: skip
        for n, what in enumerate(("raised", "acknowledged") if at_it else ("raised",), 1):
            shop.ask(
                "INSERT INTO alert_step (alert, n, what, at, who, value) VALUES ($1, $2, $3, $4, 'system', $5)",
                alert, n, what, now - timedelta(minutes=ago // n), value,
            )  # fmt: skip
    page = desk(browser, shop)
    page.goto(f"{shop.url}/manager/alerts")
    take(page, "alerts")
    page.goto(f"{shop.url}/manager/alerts/{first}")
    take(page, "alert")
    page.context.close()


def back_door(browser: Browser, shop: Shop) -> None:
    """A delivery while it is counted; articles to count, and the one in hand."""
    context = browser.new_context(
        viewport={"width": 360, "height": 640}, device_scale_factor=2, has_touch=True, locale="fr-FR"
    )
    context.set_default_timeout(20_000)
    shop.enrolled(context)
    hands = Hands(context.new_page(), shop)
    page = hands.page
    hands.sign_in(CAMILLE.badge)
    purchase = shop.one("SELECT id FROM purchase WHERE number LIKE '%0409'")
    page.goto(f"{shop.url}/receiving/{purchase}")
    page.locator("#rows li").first.wait_for()
    hands.scan(shop.code_of(str(page.locator("#rows li").first.get_attribute("data-sku"))))
    page.wait_for_timeout(700)
    take(page, "receiving")
    page.goto(f"{shop.url}/counts")
    page.locator("#list li").first.wait_for()
    take(page, "counts")
    page.locator("#list button").first.click()
    page.locator("[data-key='7']").click()
    take(page, "count")
    context.close()


if __name__ == "__main__":
    take_all(tower, figures, alerts, back_door)
