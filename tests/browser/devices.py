"""A handheld with its service worker in place, and what it keeps, looked into from outside."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect
from playwright.sync_api import Error as PlaywrightError

from comptoir.web.assets import Assets
from comptoir.world.cast import Associate
from tests.browser.shop import SCAN, Shop

ASSETS = Assets()
DEVICE = ASSETS.url("js/device.js")
KEPT = """async (store) => {
  const asked = indexedDB.open("comptoir");
  const db = await new Promise((resolve, reject) => { asked.onsuccess = () => resolve(asked.result); asked.onerror = () => reject(asked.error); });
  const rows = db.transaction(store).objectStore(store);
  const [keys, values] = await Promise.all([rows.getAllKeys(), rows.getAll()].map((request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); })));
  db.close();
  return keys.map((key, at) => [key, values[at]]);
}"""
CONTROLLED = """() => Promise.race([
  navigator.serviceWorker.controller ?? new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", () => done(1), { once: true })),
  new Promise((done, fail) => setTimeout(done, 15000, false)),
]).then(Boolean)"""
EMPTY = """() => { localStorage.clear(); sessionStorage.clear(); return new Promise((done, fail) => {
  const asked = indexedDB.deleteDatabase("comptoir"); asked.onsuccess = () => done(true); asked.onerror = () => fail(asked.error); setTimeout(fail, 20000, new Error("the store stayed open"));
}); }"""
APPEND = """async ([url, type, body, pack]) => { const { journal } = await import(url); return (await journal.append(type, body, pack ? { pack } : {})).id; }"""
WAITING = """async (url) => { const { journal } = await import(url); return journal.waiting; }"""


class Handheld:
    """One browser that is a device of the store, and the page that is open on it."""

    def __init__(self, shop: Shop, context: BrowserContext) -> None:
        self.shop, self.context = shop, context
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def person(self, who: Associate) -> str:
        first, _, last = who.name.partition(" ")
        return str(self.shop.one("SELECT id FROM staff WHERE first_name = $1 AND last_name = $2", first, last))

    def keys(self, pin: str) -> None:
        for digit in pin:
            self.page.click(f"[data-digit='{digit}']")

    def sign_in(self, who: Associate) -> str:
        """By name and PIN, with network; gives the sign-in's id."""
        self.page.goto(f"{self.shop.url}/sign-in?who={self.person(who)}")
        self.keys(who.pin)
        self.page.wait_for_url("**/work")
        return self.signed_in_as()

    def signed_in_as(self) -> str:
        """The sign-in under which facts are written now."""
        return str(self.page.evaluate("async (url) => (await import(url)).who.sign_in_id", DEVICE))

    def settled(self) -> None:
        """Until the device knows who is at it, and the worker has everything that is needed with no network."""
        expect(self.page.locator("body[data-sending]")).to_be_attached(timeout=20_000)
        for _ in range(5):
            if self.page.evaluate(CONTROLLED):
                return
            # What the busy machine did not bring in one piece is asked for again by the next page.
            self.page.reload()
        raise AssertionError("the worker did not come")

    def begin(self) -> None:
        """As if the browser had never been here, but for what the worker has fetched: nobody, no fact, a new device."""
        self.back()
        self.context.unroute_all()
        self.context.clear_cookies()
        self.page.goto(f"{self.shop.url}{ASSETS.url('icons.svg')}")
        self.page.evaluate(EMPTY)
        self.errors.clear()
        self.shop.enrolled(self.context)

    def cut(self) -> None:
        self.context.set_offline(True)

    def back(self) -> None:
        self.context.set_offline(False)

    def go(self, path: str) -> None:
        try:
            self.page.goto(f"{self.shop.url}{path}")
        except PlaywrightError as fault:  # a page that waited for the network opened itself at the same moment
            if "interrupted by another navigation" not in str(fault):
                raise
            self.page.goto(f"{self.shop.url}{path}")

    def scan(self, code: str) -> None:
        self.page.evaluate(SCAN, code)

    def write(self, kind: str, body: dict[str, Any], pack: str | None = None) -> str:
        """A fact, as any page writes it; its id."""
        return str(self.page.evaluate(APPEND, [DEVICE, kind, body, pack]))

    def waiting(self) -> int:
        return int(self.page.evaluate(WAITING, DEVICE))

    def kept(self, store: str) -> dict[Any, Any]:
        """What one store of the device holds, by key."""
        return {str(key): value for key, value in self.page.evaluate(KEPT, store)}

    def all_sent(self) -> None:
        expect(self.page.locator("body")).to_have_attribute("data-sending", "sent", timeout=20_000)

    def all_or_refused(self) -> None:
        expect(self.page.locator("body")).to_have_attribute("data-sending", "refused", timeout=20_000)

    def told(self) -> list[dict[str, Any]]:
        """Everything the server has heard from any device, in the order in which it came."""
        return self.shop.ask(
            "SELECT e.id::text, e.kind, e.sign_in::text, e.outcome, j.device::text FROM device_event e JOIN journal j ON j.id = e.journal ORDER BY e.received_at, e.journal, e.seq"
        )


def midday() -> str:
    """A time zone in which it is about noon: whoever signed in "today" is not forgotten at midnight in the middle of a test."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


@contextmanager
def handheld(browser: Browser, shop: Shop) -> Iterator[Handheld]:
    """A fresh device of 360 by 640; a script error on its page fails the test."""
    context = browser.new_context(
        viewport={"width": 360, "height": 640}, has_touch=True, locale="fr-FR", timezone_id=midday()
    )
    # The machine may be busy; nothing here depends on how soon a thing happens.
    context.set_default_timeout(45_000)
    shop.enrolled(context)
    made = Handheld(shop, context)
    try:
        yield made
    finally:
        context.close()
    assert made.errors == []
