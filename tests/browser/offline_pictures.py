"""The pictures of a handheld with no network, in both themes: `.venv/bin/python -m tests.browser.offline_pictures`."""

from uuid import UUID

from playwright.sync_api import Browser

from comptoir.world.cast import CAMILLE
from tests.browser.between import wired
from tests.browser.devices import handheld
from tests.browser.picture_book import take, take_all
from tests.browser.shop import LYON, Shop, pass_of

FIRST = """async () => { const db = await new Promise((done) => { indexedDB.open("comptoir").onsuccess = ({ target }) => done(target.result); });
  const asked = db.transaction("packs").objectStore("packs").get(location.pathname.split("/").at(-1));
  const pack = await new Promise((done) => (asked.onsuccess = () => (db.close(), done(asked.result))));
  return pack.works.flatMap((work) => work.lines).map(({ codes }) => codes.find((code) => /^[0-9]{14}$/.test(code)).replace(/^0/, "")); }"""


def pictures(browser: Browser, shop: Shop) -> None:
    """From the list with no network to the outbox and the lock."""
    with wired(shop.url) as wire, handheld(browser, shop) as device:
        page = device.page
        page.goto(f"{wire.url}/sign-in")
        device.scan(CAMILLE.badge)
        page.wait_for_url("**/work")
        device.settled()
        page.goto(f"{wire.url}/counter")
        button = page.locator("#lease form button")
        if button.count():
            button.click()
        page.locator("#lease").get_by_text("Cet appareil peut remettre").wait_for()
        for _ in range(100):
            if len(device.kept("packs")) >= 2 and (device.kept("meta").get("counter") or {}).get("orders"):
                break
            page.wait_for_timeout(100)
        order = next(
            one for one in device.kept("meta")["counter"]["orders"]
            if one["pass_hash"] and not one["part"] and not any(line["minimum_age"] or line["blocked"] for work in one["works"] for line in work["lines"])
        )  # fmt: skip
        wire.cut = True
        page.goto(f"{wire.url}/work")
        page.locator("body[data-kept]").wait_for()
        page.wait_for_timeout(1_500)
        take(page, "offline-work")
        page.click("#acts button, #acts a.btn")
        page.wait_for_url("**/packs/*")
        page.locator("body[data-step=pick]").wait_for()
        for code in page.evaluate(FIRST)[:1]:
            device.scan(code)
            page.wait_for_timeout(1_200)
        take(page, "offline-pick")
        page.goto(f"{wire.url}/counter")
        page.locator("#lease").get_by_text("Cet appareil peut remettre").wait_for()
        page.wait_for_timeout(500)
        take(page, "offline-counter")
        device.scan("P1:" + pass_of(UUID(order["order"]), LYON))
        page.wait_for_url("**/counter/orders/*")
        page.wait_for_timeout(1_200)
        take(page, "offline-handover")
        for bag in [bag["tag"] for work in order["works"] for bag in work["bags"]]:
            device.scan(f"B:{bag}")
            page.wait_for_timeout(700)
        page.locator(".finish.kept").wait_for()
        take(page, "offline-handed-over")
        page.goto(f"{wire.url}/outbox")
        page.locator("main").wait_for()
        page.wait_for_timeout(1_500)
        take(page, "outbox")
        page.goto(f"{wire.url}/put-backs")
        page.get_by_role("heading", name="Pas de réseau").wait_for()
        take(page, "offline")
        page.goto(f"{wire.url}/more")
        page.evaluate("localStorage.setItem('locked', String(Date.now()))")
        page.goto(f"{wire.url}/sign-in")
        page.wait_for_timeout(1_500)
        take(page, "unlock")


if __name__ == "__main__":
    take_all(pictures)
