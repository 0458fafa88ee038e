"""How soon a page is there on a slow phone: one JSON line per page, median and least of several cold openings.

Throttled as the usual mobile profile: 150 ms round trip, 1.6 Mbit/s down, 0.75 Mbit/s up, a processor four times slower.
LCP: when the largest text or picture was painted. TBT: the time by which tasks ran over 50 ms. Both in ms, from the
navigation's start until two seconds after the page's load. The least of the runs tells what the page costs, the median
what else the machine was doing.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable

from playwright.sync_api import Browser, BrowserContext, CDPSession, sync_playwright

from comptoir import migrating
from comptoir.kit import postgres
from comptoir.kit.ids import Seal
from tests.aside import run_aside
from tests.browser.conftest import QUIET
from tests.browser.shop import SECRET, Hands, Shop, open_shop
from tests.conftest import find_chromium

MOBILE = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}
PROCESSOR = 4
WATCH = """
window.__seen = {lcp: 0, tbt: 0, cls: 0};
new PerformanceObserver((list) => { for (const entry of list.getEntries()) __seen.lcp = entry.startTime; }).observe({type: "largest-contentful-paint", buffered: true});
new PerformanceObserver((list) => { for (const entry of list.getEntries()) __seen.tbt += Math.max(0, entry.duration - 50); }).observe({type: "longtask", buffered: true});
new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) __seen.cls += entry.value; }).observe({type: "layout-shift", buffered: true});
"""
Figures = dict[str, float]


def measure(context: BrowserContext, url: str) -> Figures:
    """One cold opening: kB transferred, LCP and TBT in ms, CLS."""
    page = context.new_page()
    cdp: CDPSession = context.new_cdp_session(page)
    cdp.send("Network.enable")
    cdp.send("Network.setCacheDisabled", {"cacheDisabled": True})
    cdp.send("Network.emulateNetworkConditions", MOBILE)
    cdp.send("Emulation.setCPUThrottlingRate", {"rate": PROCESSOR})
    received = [0.0]
    cdp.on("Network.loadingFinished", lambda told: received.__setitem__(0, received[0] + told["encodedDataLength"]))
    page.add_init_script(WATCH)
    page.goto(url, wait_until="load")
    page.wait_for_timeout(2_000)
    seen: Figures = page.evaluate("__seen")
    page.close()
    return {
        "lcp_ms": round(seen["lcp"]),
        "tbt_ms": round(seen["tbt"]),
        "cls": round(seen["cls"], 4),
        "kb": round(received[0] / 1000, 1),
    }


def several(name: str, runs: int, once: Callable[[], Figures]) -> dict[str, object]:
    """Median and least of some runs under a name."""
    seen = [once() for _ in range(runs)]
    told: dict[str, object] = {"id": "M9", "page": name, "runs": runs}
    for key in ("lcp_ms", "tbt_ms", "cls"):
        values = [figures[key] for figures in seen]
        told |= {key: statistics.median(values), f"{key}_least": min(values)}
    return told | {"kb": statistics.median(figures["kb"] for figures in seen)}


def all_pages(browser: Browser, shop: Shop, runs: int) -> list[dict[str, object]]:
    """Work list with forty orders, a cart of eight, the counter, the customer's page."""
    shop.many_orders(40, cart=8)
    order = shop.one("SELECT id FROM sales_order ORDER BY number LIMIT 1")
    handheld = browser.new_context(viewport={"width": 360, "height": 640}, locale="fr-FR", has_touch=True)
    shop.enrolled(handheld)
    hands = Hands(handheld.new_page(), shop)
    hands.sign_in()
    told = [
        several("work list, 40 orders", runs, lambda: measure(handheld, f"{shop.url}/work")),
        several("counter", runs, lambda: measure(handheld, f"{shop.url}/counter")),
    ]
    hands.page.click("#acts form[action='/packs'] button")
    hands.page.wait_for_url("**/packs/*")
    pack = hands.page.url
    hands.page.goto("about:blank")
    told.append(several("pick, pack of 6", runs, lambda: measure(handheld, pack)))
    phone = browser.new_context(viewport={"width": 390, "height": 844}, locale="fr-FR")
    link = f"{shop.url}/o/{Seal(SECRET.encode()).token('order', order.bytes, 0)}"
    told.append(several("customer", runs, lambda: measure(phone, link)))
    return told


def main() -> int:
    """Serve a world of its own, open each page cold, print one JSON line for each."""
    asked = argparse.ArgumentParser(prog="bin/measure", description=__doc__)
    asked.add_argument("--runs", type=int, default=5, help="cold openings of each page (default 5)")
    runs = asked.parse_args().runs
    started = time.monotonic()
    with postgres.temporary(options=("max_connections=50",)) as server:

        async def make() -> None:
            await migrating.migrate(await server.create_database("migrated"))

        run_aside(make())
        with open_shop(server, "measured") as shop, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(QUIET))
            for told in all_pages(browser, shop, runs):
                sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
            browser.close()
    sys.stderr.write(f"{time.monotonic() - started:.0f} s\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
