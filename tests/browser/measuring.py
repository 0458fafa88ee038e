"""How soon a page is there on a slow phone: one JSON line per page, median and least of several cold openings.

Throttled as the usual mobile profile: 150 ms round trip, 1.6 Mbit/s down, 0.75 Mbit/s up, a processor four times slower.
LCP: when the largest text or picture was painted. TBT: the time by which tasks ran over 50 ms. Both in ms, from the
navigation's start until two seconds after the page's load. The least of the runs tells what the page costs, the median
what else the machine was doing.
"""

import argparse
import json
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

import asyncpg
from playwright.sync_api import Browser, BrowserContext, CDPSession, sync_playwright

from comptoir import migrating
from comptoir.bench import tower
from comptoir.bench import world as bench_world
from comptoir.kit import postgres
from comptoir.kit.ids import Seal
from tests.aside import run_aside
from tests.browser import prepared
from tests.browser.conftest import QUIET
from tests.browser.shop import SECRET, Hands, Shop, open_shop, wait_until_ready
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


def tower_pages(browser: Browser, url: str, runs: int) -> list[dict[str, object]]:
    """What head office watches with 200 stores and 100,000 open works, as `comptoir bench M8` makes them."""
    told = []
    store = f"/manager/stores/{bench_world.FIRST_STORE}"
    for size, (width, height) in (("phone", (390, 844)), ("laptop", (1280, 800))):
        desk = browser.new_context(viewport={"width": width, "height": height}, locale="fr-FR")
        desk.add_cookies([{"name": "sign_in", "value": tower.COOKIE, "url": url}])
        for name, path in (("Now, 200 stores", "/manager"), ("a store of 200", store)):
            told.append(several(f"{name}, {size}", runs, partial(measure, desk, url + path)))
        desk.close()
    return told


@contextmanager
def many_stores(server: postgres.Server) -> Iterator[str]:
    """The address of a web process over 200 stores; ended at the end."""

    async def make() -> str:
        dsn = await server.create_database("many", "migrated")
        connection = await asyncpg.connect(dsn)
        now = datetime.now(UTC)
        await bench_world.load(connection, now, bench_world.Size(skus=20))
        await tower.fill(connection, 0)
        await connection.execute(
            "INSERT INTO tower_reading SELECT date_trunc('hour', $1::timestamptz) - make_interval(mins => 15 * n), l.id, (n * 3 + l.id::int) % 9, n % 3, n % 2, 0, 0, 0, 0"
            " FROM location l, generate_series(0, 24) n", now,
        )  # fmt: skip
        await connection.close()
        return dsn

    dsn = run_aside(make())
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        environ = os.environ | {
            "COMPTOIR_DATA": folder, "DATABASE_URL": dsn, "COMPTOIR_PORT": str(port), "COMPTOIR_SECRET": SECRET, "COMPTOIR_URL": url, "COMPTOIR_ENV": "dev",
        }  # fmt: skip
        web = prepared.start("web", environ)
        try:
            wait_until_ready(url, [web])
            yield url
        finally:
            web.terminate()
            web.wait()


def tell(rows: list[dict[str, object]]) -> None:
    for told in rows:
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def main() -> int:
    """Serve a world of its own, open each page cold, print one JSON line for each."""
    asked = argparse.ArgumentParser(prog="bin/measure", description=__doc__)
    asked.add_argument("--runs", type=int, default=5, help="cold openings of each page (default 5)")
    asked.add_argument("--tower", action="store_true", help="only what managers watch, with 200 stores")
    given = asked.parse_args()
    runs = given.runs
    started = time.monotonic()
    with postgres.temporary(options=("max_connections=50",)) as server:

        async def make() -> None:
            await migrating.migrate(await server.create_database("migrated"))

        run_aside(make())
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(QUIET))
            if not given.tower:
                with open_shop(server, "measured") as shop:
                    tell(all_pages(browser, shop, runs))
            with many_stores(server) as url:
                tell(tower_pages(browser, url, runs))
            browser.close()
    sys.stderr.write(f"{time.monotonic() - started:.0f} s\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
