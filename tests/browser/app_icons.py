"""The app's icons and the pictures a phone shows before installing: `.venv/bin/python -m tests.browser.app_icons`."""

import re
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from comptoir import migrating
from comptoir.kit import postgres
from comptoir.world.cast import CAMILLE
from tests.aside import run_aside
from tests.browser.conftest import QUIET
from tests.browser.picture_book import calm
from tests.browser.shop import LYON, Hands, Shop, open_shop
from tests.conftest import find_chromium

STATIC = Path(__file__).resolve().parents[2] / "pwa" / "static"
INK, PAPER = "#14161a", "#ffffff"
SAFE = 0.66
"""Of the side: what a round mask of 80 % always shows, with air around it."""


def mark() -> str:
    """The counter and who stands behind it, without its ground, in a square of 32."""
    drawn = (STATIC / "icons" / "comptoir.svg").read_text(encoding="utf-8")
    return re.sub(r"<rect[^>]*/>", "", re.search(r"<svg[^>]*>(.*)</svg>", drawn, re.S)[1])  # type: ignore[index]


def symbol(name: str) -> str:
    """One glyph of the sprite, in a square of 24."""
    sprite = (STATIC / "icons" / "icons.svg").read_text(encoding="utf-8")
    return re.search(rf'<symbol id="{name}"[^>]*>(.*?)</symbol>', sprite, re.S)[1]  # type: ignore[index]


def draw(page: Page, name: str, side: int, svg: str) -> None:
    """An SVG as a square PNG with a clear ground."""
    page.set_viewport_size({"width": side, "height": side})
    page.set_content(f"<style>*{{margin:0}}svg{{display:block;width:{side}px;height:{side}px}}</style>{svg}")
    page.screenshot(path=STATIC / "icons" / name, omit_background=True)


def full(inside: str, square: int, share: float = SAFE) -> str:
    """A drawing of `square` in the middle of a ground without corners."""
    side = square / share
    gap = (side - square) / 2
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}"><rect width="{side}" height="{side}" fill="{INK}"/>'
        f'<g transform="translate({gap} {gap})" color="{PAPER}">{inside}</g></svg>'
    )


def icons(browser: Browser) -> None:
    """The app in two sizes, with and without mask; what iOS takes; one for each shortcut."""
    page = browser.new_page()
    whole = (STATIC / "icons" / "comptoir.svg").read_text(encoding="utf-8")
    for side in (192, 512):
        draw(page, f"app-{side}.png", side, whole)
        draw(page, f"maskable-{side}.png", side, full(mark(), 32))
    draw(page, "touch-180.png", 180, full(mark(), 32, 0.8))
    for name, glyph in (("work", "list"), ("counter", "counter"), ("scan", "scan")):
        lines = f'<g fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">{symbol(glyph)}</g>'
        draw(page, f"shortcut-{name}.png", 96, full(lines, 24, 0.58))
    page.close()


def pictures(browser: Browser, shop: Shop) -> None:
    """The list on a phone and on a wide screen, and the pick."""
    folder = STATIC / "install"
    folder.mkdir(exist_ok=True)
    phone = browser.new_context(
        viewport={"width": 360, "height": 640}, device_scale_factor=2, locale="fr-FR", color_scheme="light"
    )
    phone.set_default_timeout(20_000)
    shop.enrolled(phone)
    hands = Hands(phone.new_page(), shop)
    hands.sign_in(CAMILLE.badge)
    page = hands.page
    page.wait_for_timeout(1_000)
    page.screenshot(path=folder / "narrow-work.png")
    page.set_viewport_size({"width": 1280, "height": 800})
    wide = browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="fr-FR", storage_state=phone.storage_state()
    )
    opened = wide.new_page()
    opened.goto(f"{shop.url}/work")
    opened.wait_for_timeout(1_000)
    opened.screenshot(path=folder / "wide-work.png")
    wide.close()
    page.set_viewport_size({"width": 360, "height": 640})
    work = shop.one(
        "SELECT id FROM work WHERE status = 'open' AND location = $1 AND kind = 'pickup' AND taken_by IS NULL AND units = 2 ORDER BY promise_at LIMIT 1",
        LYON,
    )
    page.goto(f"{shop.url}/work/{work}")
    page.click("form[action='/packs'] button")
    page.wait_for_url("**/packs/*")
    page.wait_for_timeout(1_000)
    page.screenshot(path=folder / "narrow-pick.png")
    phone.close()


def main() -> None:
    """Draw the icons; with `--pictures` take the install pictures as well, from the demo world."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(QUIET))
        icons(browser)
        if "--pictures" in sys.argv:
            with postgres.temporary(options=("max_connections=50",)) as server:

                async def make() -> None:
                    await migrating.migrate(await server.create_database("migrated"))

                run_aside(make())
                with open_shop(server, "install", with_orders=True) as shop:
                    calm(shop)
                    pictures(browser, shop)
        browser.close()


if __name__ == "__main__":
    main()
