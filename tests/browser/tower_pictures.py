"""Pictures of the tower on a good day, to be looked at: `.venv/bin/python -m tests.browser.tower_pictures FOLDER`."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from comptoir import migrating
from comptoir.kit import postgres
from comptoir.world.cast import PASSWORD
from tests.aside import run_aside
from tests.browser.conftest import QUIET
from tests.browser.picture_book import calm
from tests.browser.shop import open_shop
from tests.conftest import find_chromium

SIZES = {"laptop": (1280, 800), "phone": (390, 844), "narrow": (320, 640)}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with postgres.temporary(options=("max_connections=50",)) as server, sync_playwright() as playwright:

        async def make() -> None:
            await migrating.migrate(await server.create_database("migrated"))

        run_aside(make())
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(QUIET))
        with open_shop(server, "pictures", with_orders=True) as shop:
            calm(shop)
            for size, (width, height) in SIZES.items():
                for scheme in ("light", "dark"):
                    for lang in ("fr-FR", "en-GB"):
                        context = browser.new_context(
                            viewport={"width": width, "height": height}, color_scheme=scheme, locale=lang
                        )
                        page = context.new_page()
                        page.goto(f"{shop.url}/sign-in/manager")
                        page.fill("#f-email", "odile.ferrand@example.com")
                        page.fill("#f-password", PASSWORD)
                        page.click("button.main")
                        page.wait_for_url("**/manager")
                        for name, path in (
                            ("now", "/manager"),
                            ("load", "/manager/load"),
                            ("works", "/manager/works?which=risk"),
                        ):
                            page.goto(shop.url + path)
                            page.wait_for_timeout(300)
                            page.screenshot(path=folder / f"{name}-{size}-{scheme}-{lang[:2]}.png", full_page=True)
                        context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
