"""The pictures of docs/scanning.md: `.venv/bin/python -m tests.browser.scanning_pictures`. No server of the app is needed."""

import tempfile
from functools import partial
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import QUIET
from tests.browser.counterpart import running
from tests.browser.drawn_codes import ean13, film
from tests.browser.kept_pages import kept_page
from tests.browser.picture_book import take
from tests.browser.shop import SCAN
from tests.conftest import find_chromium


def main() -> int:
    """Settings, a scan on the test page, the camera on a drawn code; each light and dark."""
    with tempfile.TemporaryDirectory() as folder, running() as counterpart, sync_playwright() as playwright:
        seen = film(Path(folder) / "seen.y4m", [(ean13("9521234543213"), 2)])
        flags = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={seen}"]
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=[*QUIET, *flags])
        context = browser.new_context(viewport={"width": 360, "height": 640}, has_touch=True, device_scale_factor=2)
        context.grant_permissions(["camera"], origin=counterpart.address)
        page = context.new_page()
        for path, name in (("/settings", "settings"), ("/scan/test", "scan_test")):
            counterpart.pages[path] = partial(kept_page, f"associate/{name}.html")
        page.goto(f"{counterpart.address}/settings")
        page.locator("input[name=volume]:checked").wait_for()
        take(page, "settings")
        page.goto(f"{counterpart.address}/scan/test")
        page.click("#camera")
        page.locator("#result .facts").wait_for()
        take(page, "camera")
        page.click("#camera")
        page.goto(f"{counterpart.address}/scan/test")
        page.locator(".sync .pill").wait_for()
        page.evaluate(SCAN, "]E09521234543213")
        page.locator("#result .facts").wait_for()
        take(page, "scan-test")
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
