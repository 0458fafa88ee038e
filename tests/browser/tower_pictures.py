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
from tests.browser.shop import LYON, Shop, open_shop
from tests.conftest import find_chromium

SKU = "DERBY-HELENE-NOIR-39"
STORE = f"/manager/stores/{LYON}"
PAGES = (
    ("now", "/manager"),
    ("load", "/manager/load"),
    ("works", "/manager/works?which=risk"),
    ("store", STORE),
    ("store-list", f"{STORE}/list?what=open"),
    ("settings", f"{STORE}/settings"),
    ("act", f"{STORE}/act"),
    ("acts", "/manager/acts"),
    ("stores", "/manager/stores"),
    ("more", "/manager/more"),
    ("articles", "/manager/trends/fill/articles"),
    ("article", f"/manager/trends/fill/article?sku={SKU}"),
)
SIZES = {"laptop": (1280, 800), "phone": (360, 640)}


def past(shop: Shop) -> None:
    """Six hours of readings, four weeks of articles found and missing."""
    shop.ask(
        "INSERT INTO tower_reading SELECT to_timestamp(floor(extract(epoch FROM now()) / 900) * 900) - make_interval(mins => 15 * n), l.id, greatest(0, 3 - n / 8),"
        " (24 - n) / 10, (24 - n) / 12, (n / 7) % 2, 0, (n < 6)::int, 0 FROM location l, generate_series(1, 24) n ON CONFLICT DO NOTHING"
    )
    shop.ask(
        "INSERT INTO report_figure SELECT 0, g, v.m, p, CASE g WHEN 'd' THEN current_date - n WHEN 'w' THEN date_trunc('week', current_date - n)::date"
        " ELSE date_trunc('month', current_date - n)::date END, v.sku, sum(v.a), 0, 0 FROM generate_series(0, 27) n, unnest(ARRAY['d', 'w', 'm']::char(1)[]) g,"
        " unnest(ARRAY['lyon-part-dieu', 'lyon-confluence', 'annecy-carnot']) p, (VALUES ('short_sku', $1, 1), ('found_sku', $1, 6), ('short_sku', 'LISON-38', 2),"
        " ('found_sku', 'LISON-38', 5), ('short_sku', 'AMPHORE-24', 1), ('found_sku', 'AMPHORE-24', 30)) v (m, sku, a) GROUP BY 1, 2, 3, 4, 5, 6"
        " ON CONFLICT (build, grain, measure, location, day, key) DO NOTHING",
        SKU,
    )


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with postgres.temporary(options=("max_connections=50",)) as server, sync_playwright() as playwright:

        async def make() -> None:
            await migrating.migrate(await server.create_database("migrated"))

        run_aside(make())
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(QUIET))
        with open_shop(server, "pictures", with_orders=True) as shop:
            calm(shop)
            past(shop)
            for size, (width, height) in SIZES.items():
                for scheme in ("light", "dark"):
                    for lang in ("fr-FR", "en-GB"):
                        context = browser.new_context(
                            viewport={"width": width, "height": height}, color_scheme=scheme, locale=lang
                        )
                        shop.ask("UPDATE staff SET language = $1", lang[:2])
                        page = context.new_page()
                        page.goto(f"{shop.url}/sign-in/manager")
                        page.fill("#f-email", "odile.ferrand@example.com")
                        page.fill("#f-password", PASSWORD)
                        page.click("button.main")
                        page.wait_for_url("**/manager")
                        for name, path in PAGES:
                            page.goto(shop.url + path)
                            page.wait_for_timeout(300)
                            page.screenshot(path=folder / f"{name}-{size}-{scheme}-{lang[:2]}.png", full_page=True)
                        if size == "laptop":
                            page.goto(shop.url + "/manager")
                            page.locator("a[data-beside]").first.click()
                            page.locator("#beside-title").wait_for()
                            page.screenshot(path=folder / f"beside-{size}-{scheme}-{lang[:2]}.png")
                            page.locator("#beside a", has_text="capacité" if lang[:2] == "fr" else "capacity").click()
                            page.locator("#beside #f-per_hour").wait_for()
                            page.locator("#beside form[method=post] button.main").last.click()
                            page.locator("#beside .undo").wait_for()
                            page.screenshot(path=folder / f"done-{size}-{scheme}-{lang[:2]}.png")
                            page.locator("#beside .undo button").click()
                            page.locator("#beside [role=status]").wait_for()
                        context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
