"""The pictures of README and docs, taken from the demo world: `.venv/bin/python -m tests.browser.picture_book`."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from comptoir import migrating
from comptoir.kit import postgres
from comptoir.kit.ids import Seal
from comptoir.world.cast import CAMILLE, HELENE, PASSWORD
from tests.aside import run_aside
from tests.browser.conftest import QUIET
from tests.browser.shop import LYON, SECRET, Hands, Shop, open_shop
from tests.conftest import find_chromium

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
SIBLING = """(sku) => { const pack = JSON.parse(document.getElementById("pack").textContent), known = Object.values(pack.known);
  const asked = pack.works.flatMap((work) => work.lines), line = asked.find((one) => one.sku === sku);
  const free = known.filter((one) => !asked.some((other) => other.sku === one.sku));
  return (free.find((one) => one.name === line.name && one.variant === line.variant) ?? free[0]).sku; }"""
"""The article that is nearest to the one asked for: same name and color, another size."""
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def take(page: Page, name: str) -> None:
    """One page in both themes: `work.png` and `work-dark.png`."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(250)
        path = FOLDER / f"{name}{'-dark' if scheme == 'dark' else ''}.png"
        page.screenshot(path=path)
        lighten(path)


def lighten(path: Path) -> None:
    """Few colors are enough for a page: a third of the bytes."""
    Image.open(path).convert("RGB").quantize(96, dither=Image.Dither.NONE).save(path, optimize=True)


def calm(shop: Shop) -> None:
    """A quarter to three on a good day: nothing is a day late, nobody has waited for long, and all that was announced is over."""
    now = datetime.now(UTC)
    shop.ask(
        "UPDATE work w SET promise_at = $1::timestamptz + make_interval(mins => m.at) FROM (SELECT id, (row_number() OVER (ORDER BY promise_at, id) * 7 - 13)::int AS at"
        " FROM work WHERE status IN ('open', 'accepted', 'picking', 'picked')) m WHERE m.id = w.id",
        now,
    )
    shop.ask("UPDATE announcement SET ended_at = $1, ended_by = made_by WHERE ended_at IS NULL", now)
    shop.ask("UPDATE arrival SET at = $1 WHERE done_at IS NULL AND location = $2", now - timedelta(seconds=70), LYON)
    shop.ask(
        "UPDATE arrival SET done_at = $1 WHERE done_at IS NULL AND location = $2 AND id <> (SELECT a.id FROM arrival a"
        " WHERE a.location = $2 AND a.done_at IS NULL AND EXISTS (SELECT FROM work w WHERE w.order_id = a.order_id AND w.status = 'staged') ORDER BY a.id LIMIT 1)",
        now,
        LYON,
    )


def current(hands: Hands) -> dict[str, Any]:
    """The line that the screen asks for."""
    found: dict[str, Any] = hands.page.evaluate(
        """() => { const pack = JSON.parse(document.getElementById("pack").textContent);
          const name = document.querySelector("#view h2").textContent, spec = document.querySelector("#view .spec").textContent;
          return pack.works.flatMap((work) => work.lines).find((line) => line.name === name && spec.includes(line.deciding ?? "") && spec.includes(line.variant)); }"""
    )
    return found


def handheld(browser: Browser, shop: Shop) -> None:
    """The associate's day: list, pick, wrong article, stage, done, counter, hand-over."""
    context = browser.new_context(
        viewport={"width": 360, "height": 640}, device_scale_factor=2, has_touch=True, locale="fr-FR"
    )
    context.set_default_timeout(20_000)
    shop.enrolled(context)
    hands = Hands(context.new_page(), shop)
    page = hands.page
    hands.sign_in(CAMILLE.badge)
    take(page, "work")
    work = shop.one(
        "SELECT id FROM work WHERE status = 'open' AND location = $1 AND kind = 'pickup' AND taken_by IS NULL AND units = 2 ORDER BY promise_at LIMIT 1",
        LYON,
    )
    page.goto(f"{shop.url}/work/{work}")
    page.click("form[action='/packs'] button")
    page.wait_for_url("**/packs/*")
    take(page, "pick")
    # The wrong article stays on the screen until the next scan: what is asked for is read before it.
    line = current(hands)
    hands.scan(shop.code_of(hands.page.evaluate(SIBLING, line["sku"])))
    page.locator(".versus, #band.bad").first.wait_for()
    take(page, "wrong")
    hands.scan(shop.code_of(line["sku"]))
    page.wait_for_timeout(2_500)
    hands.scan(shop.code_of(current(hands)["sku"]))
    page.wait_for_timeout(2_500)
    hands.scan("B:T-188")
    page.wait_for_timeout(2_500)
    take(page, "stage")
    hands.scan("L:R2")
    page.locator(".finish").wait_for()
    page.wait_for_timeout(1_500)
    take(page, "done")
    page.goto(f"{shop.url}/counter")
    take(page, "counter")
    order = shop.one("SELECT a.order_id FROM arrival a WHERE a.location = $1 AND a.done_at IS NULL LIMIT 1", LYON)
    page.goto(f"{shop.url}/counter/orders/{order}")
    take(page, "handover")
    for box in page.locator("main label.choice").all():
        box.click()
    for bag in shop.ask(
        "SELECT b.tag FROM bag b JOIN work w ON w.id = b.work WHERE w.order_id = $1 AND b.gone_at IS NULL", order
    ):
        hands.scan(f"B:{bag['tag']}")
        page.wait_for_timeout(700)
    page.wait_for_url("**/done")
    context.close()


def cart(browser: Browser, shop: Shop) -> None:
    """Eight orders with time left in one walk: the button, a line with its tote, the tote after the scan."""
    now = datetime.now(UTC)
    shop.ask("UPDATE arrival SET done_at = $1 WHERE done_at IS NULL AND location = $2", now, LYON)
    shop.ask(
        "UPDATE work SET promise_at = promise_at + interval '3 hours' WHERE status = 'open' AND location = $1", LYON
    )
    # What somebody had begun would be offered first, as the little that is left of it.
    shop.ask(
        "UPDATE work w SET promise_at = promise_at + interval '1 day' WHERE status = 'open' AND location = $1"
        " AND EXISTS (SELECT FROM work_line l WHERE l.work = w.id AND (l.picked > 0 OR l.parked_until IS NOT NULL))", LYON,
    )  # fmt: skip
    context = browser.new_context(
        viewport={"width": 360, "height": 640}, device_scale_factor=2, has_touch=True, locale="fr-FR"
    )
    context.set_default_timeout(20_000)
    shop.enrolled(context)
    hands = Hands(context.new_page(), shop)
    page = hands.page
    hands.sign_in(HELENE.badge)  # Camille has a pack of her own
    take(page, "cart")
    page.click("#acts form[action='/packs'] button")
    page.wait_for_url("**/packs/*")
    page.locator("body[data-step]").wait_for()
    take(page, "cart-line")
    line = page.evaluate(
        """() => JSON.parse(document.getElementById("pack").textContent).works.flatMap(({ lines }) => lines).find(({ stop }) => stop === 1)"""
    )
    for _ in range(line["quantity"]):
        hands.scan(shop.code_of(line["sku"]))
    page.locator(".tote.xl").wait_for()
    page.wait_for_timeout(2_500)
    take(page, "tote")
    context.close()


def others(browser: Browser, shop: Shop) -> None:
    """The customer's page, ready; all stores and one store as head office sees them."""
    phone = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2, locale="fr-FR")
    page = phone.new_page()
    order = shop.one(
        "SELECT w.order_id FROM work w JOIN sales_order o ON o.id = w.order_id WHERE w.status = 'staged' AND w.location = $1 AND o.language = 'fr' ORDER BY w.id DESC LIMIT 1",
        LYON,
    )
    page.goto(f"{shop.url}/o/{Seal(SECRET.encode()).token('order', order.bytes, 0)}")
    take(page, "customer")
    phone.close()
    office = browser.new_context(viewport={"width": 1280, "height": 800}, locale="fr-FR")
    page = office.new_page()
    page.goto(f"{shop.url}/sign-in/manager")
    page.fill("#f-email", "odile.ferrand@example.com")
    page.fill("#f-password", PASSWORD)
    page.click("button.main")
    page.wait_for_url("**/manager")
    take(page, "manager")
    page.goto(f"{shop.url}/manager/stores/{LYON}")
    take(page, "store")
    office.close()


def take_all(*parts: Callable[[Browser, Shop], None]) -> None:
    """Serve the demo world on a good day and let each part take its pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with postgres.temporary(options=("max_connections=50",)) as server:

        async def make() -> None:
            await migrating.migrate(await server.create_database("migrated"))

        run_aside(make())
        with open_shop(server, "pictures", with_orders=True) as shop, sync_playwright() as playwright:
            calm(shop)
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(QUIET))
            for part in parts:
                part(browser, shop)
            browser.close()


if __name__ == "__main__":
    take_all(others, handheld, cart)
