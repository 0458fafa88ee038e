"""Where the stories happen: one PostgreSQL, one server, one radio, a store with work enough, a handheld that is its device.

All of that is made once. A story gets a copy of the database and of the handheld's browser profile, and a server on it.
"""

import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from playwright.sync_api import Playwright, sync_playwright

from comptoir.kit import check, postgres
from comptoir.kit.db import in_transaction, open_pool
from comptoir.kit.ids import digest, new_id
from comptoir.seeding import reference
from tests.aside import run_aside
from tests.browser.shop import LYON, SECRET, Shop
from tests.browser.staging import Colleague
from tests.conftest import find_chromium
from tests.offline import serving
from tests.offline.handheld import Handheld
from tests.offline.radio import Radio
from tests.ready_server import MIGRATED, ready_server

ORDERS = 36
ON_THE_SHELF = 6
PLENTY = 100_000
TOKEN = "handheld-of-the-stories-{}"
CHANGES = """
DELETE FROM opening_exception;
DELETE FROM opening_hours;
INSERT INTO opening_hours SELECT id, day, 0, 1440 FROM location, generate_series(0, 6) day;
"""
# Enough of everything: a ledger line and the level that is its sum.
RECEIVED = """
WITH more AS (SELECT sku, location, gen_random_uuid() AS id FROM stock_level WHERE location = $1),
line AS (INSERT INTO stock_movement (id, sku, location, fact, on_hand, who, happened_at, recorded_at)
  SELECT id, sku, location, 'receipt', $2, 'till', $3, $3 FROM more)
UPDATE stock_level l SET on_hand = on_hand + $2 FROM more WHERE l.sku = more.sku AND l.location = more.location
"""


class Site:
    """The parts that stay while the stories change."""

    def __init__(
        self, folder: Path, database: postgres.Server, playwright: Playwright, radio: Radio, static: Path | None
    ) -> None:
        self.folder, self.database, self.playwright, self.radio = folder, database, playwright, radio
        chromium = find_chromium()
        assert chromium is not None, "no Chromium or Chrome on this machine"
        self.chromium = chromium
        self.clock = folder / "clock"
        serving.move_clock(self.clock, 0)
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        radio.target = self._listening.getsockname()[:2]
        self.direct = "http://{}:{}".format(*radio.target)
        environ = {name: text for name, text in os.environ.items() if not name.startswith(("COMPTOIR_", "DATABASE_"))} | {
            "COMPTOIR_DATA": str(folder), "COMPTOIR_SECRET": SECRET, "COMPTOIR_URL": radio.url, "COMPTOIR_ENV": "dev", "COMPTOIR_LOG_LEVEL": "error",
        }  # fmt: skip
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.offline.serving", str(self._listening.fileno()), str(self.clock), *([str(static)] if static else [])],
            cwd=Path(__file__).parents[2], env=environ, pass_fds=[self._listening.fileno()], stdin=subprocess.PIPE,
            stderr=(folder / "server.log").open("ab"),
        )  # fmt: skip
        self.shop = Shop(self.direct, "")
        self.ahead = 0.0
        self.shelf: dict[str, str] = {}
        """Orders that await their customers when a story begins, each with its bag."""
        self.before: frozenset[str] = frozenset()
        """What the server had been told before."""

    def serve(self, dsn: str, bug: str | None = None) -> None:
        """Let the server work on this database; returns when it answers."""
        self.move_clock(0)
        self._say(json.dumps({"dsn": dsn, "bug": bug}))
        self.shop.dsn = dsn
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self._server.poll() is None, (self.folder / "server.log").read_text()[-2000:]
            try:
                if httpx.get(f"{self.direct}/health", timeout=5, verify=False).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.02)
        raise AssertionError("the server did not become ready: " + (self.folder / "server.log").read_text()[-2000:])

    def how_is_the_server(self) -> str:
        """What it says of itself, and the end of its log."""
        try:
            said = str(httpx.get(f"{self.direct}/health", timeout=10, verify=False).status_code)
        except httpx.HTTPError as fault:
            said = type(fault).__name__
        return f"/health: {said}; " + (self.folder / "server.log").read_text(errors="replace")[-1500:]

    def end_server(self) -> None:
        self._say("end")

    def _say(self, line: str) -> None:
        assert self._server.stdin is not None
        self._server.stdin.write(line.encode() + b"\n")
        self._server.stdin.flush()

    def move_clock(self, seconds: float) -> None:
        """The server's clock is so much ahead of this machine's."""
        self.ahead = seconds
        serving.move_clock(self.clock, seconds)

    def handheld(self, name: str) -> Handheld:
        """A browser on the profile of this name, which is made when there is none."""
        return Handheld(self.playwright, self.chromium, self.folder / "profiles" / name, self.radio.url)

    def begin(self, name: str, bug: str | None) -> None:
        """A fresh copy of database and profile, and the server on it."""
        self.end_server()
        run_aside(self._again(name))
        self.serve(self.database.dsn_of(name), bug)
        self.before = frozenset(row["id"] for row in self.shop.ask("SELECT id::text FROM device_event"))
        self.copy_profile("device", name)

    async def _again(self, name: str) -> None:
        await self.database.drop_database(name)
        await self.database.create_database(name, "store")

    def copy_profile(self, known: str, copied: str) -> None:
        """The browser's folder as it lies there; nobody may be using it."""
        place = self.folder / "profiles" / copied
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(
            self.folder / "profiles" / known,
            place,
            symlinks=True,
            ignore=shutil.ignore_patterns("Singleton*", "DevToolsActivePort"),
        )

    def end(self, *names: str) -> None:
        """Nothing of a story is kept."""
        self.end_server()
        for name in names:
            shutil.rmtree(self.folder / "profiles" / name, ignore_errors=True)

    def rotate_keys(self, device: str, to: str) -> None:
        """The device has another credential from now on; its old one opens nothing."""
        self.shop.ask("UPDATE device SET credential_hash = $2 WHERE credential_hash = $1", digest(device), digest(to))

    def breaches(self) -> list[str]:
        """The invariants that do not hold."""
        return [f"{breach.name}: {breach.first[0]}" for breach in run_aside(check.check(self.shop.dsn))]

    def close(self) -> None:
        assert self._server.stdin is not None
        self._server.stdin.close()
        try:
            self._server.wait(10)
        except subprocess.TimeoutExpired:
            self._server.kill()
        self._listening.close()


def orders_of(shop: Shop, dice: random.Random) -> list[dict[str, Any]]:
    """Paid pickup orders of two to five articles, one to six of each, of what lies in the store."""
    articles = shop.ask(
        "SELECT s.sku, s.price_minor, s.vat_rate_bp FROM sku s JOIN stock_level l USING (sku) WHERE l.location = $1 AND blocked_reason IS NULL"
        " AND minimum_age IS NULL AND NOT is_kit AND EXISTS (SELECT FROM barcode b WHERE b.sku = s.sku) ORDER BY s.sku LIMIT 80",
        LYON,
    )
    made = []
    for number in range(ORDERS):
        lines = []
        for article in dice.sample(articles, dice.randint(2, 5)):
            quantity = dice.randint(1, 6)
            total, rate = article["price_minor"] * quantity, article["vat_rate_bp"]
            lines.append({
                "sku": article["sku"], "quantity": quantity, "unit_price_minor": article["price_minor"], "vat_rate_bp": rate, "total_minor": total,
                "vat_minor": (2 * total * rate + 10000 + rate) // (2 * (10000 + rate)), "method": "pickup", "location": LYON,
            })  # fmt: skip
        total = sum(line["total_minor"] for line in lines)
        made.append({
            "id": str(UUID(int=dice.getrandbits(128), version=4)), "placed_at": datetime.now(UTC).isoformat(),
            "customer": {"first_name": f"Prénom {number}", "last_name": "Aubry", "email": "client@example.fr", "phone": "+33639980001"},
            "lines": lines, "payment": {"provider": "psp", "reference": f"ref-{number}", "state": "captured", "amount_minor": total},
            "total_minor": total, "vat_minor": sum(line["vat_minor"] for line in lines),
        })  # fmt: skip
    return made


async def furnish(database: postgres.Server) -> None:
    """The retailer of the demo world, open day and night, with plenty of everything; and one handheld in Lyon."""
    dsn = await database.create_database("store", MIGRATED)
    now = datetime.now(UTC)
    pool = await open_pool(dsn, 2)
    await in_transaction(pool, "system", now, lambda tx: reference.load(tx, now.date(), now))
    await pool.close()
    connection = await asyncpg.connect(dsn)
    await connection.execute(CHANGES)
    await connection.execute(RECEIVED, LYON, PLENTY, now)
    await connection.execute(
        "INSERT INTO device (id, location, name, credential_hash, enrolled_at) VALUES ($1, $2, 'LY-90', $3, $4)",
        new_id(), LYON, digest(TOKEN.format(0)), now,
    )  # fmt: skip
    await connection.close()


@contextmanager
def opened(static: Path | None = None, playwright: Playwright | None = None) -> Iterator[Site]:
    """The site, made in a few seconds; `static` is a folder to serve in place of pwa/static, with a bug planted in it.

    `playwright` is one that runs in this thread already: there is room for one alone.
    """
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="comptoir-offline-", ignore_cleanup_errors=True))
        )
        database = stack.enter_context(ready_server(options=("max_connections=60",)))
        run_aside(furnish(database))
        radio = Radio()
        stack.callback(radio.close)
        site = Site(folder, database, playwright or stack.enter_context(sync_playwright()), radio, static)
        stack.callback(site.close)
        site.serve(database.dsn_of("store"))
        answer = site.shop.api.post("/api/v1/orders", json=orders_of(site.shop, random.Random(1)))
        assert all(result["status"] == 201 for result in answer.json()["results"]), answer.text[:2000]
        stage(site)
        make_known(site)
        site.end_server()
        yield site


def stage(site: Site) -> None:
    """A colleague has put the first orders on the pickup shelf."""
    colleague = Colleague(site.shop)
    rows = site.shop.ask(
        "SELECT w.order_id::text AS order, w.id::text AS work, array_agg(l.quantity ORDER BY l.line) AS quantities"
        " FROM work w JOIN work_line l ON l.work = w.id GROUP BY w.order_id, w.id ORDER BY w.id LIMIT $1",
        ON_THE_SHELF,
    )
    for number, row in enumerate(rows):
        lines = [{"quantity": quantity} for quantity in row["quantities"]]
        colleague.stage({"works": [{"id": row["work"], "lines": lines}]}, (f"SH-{number}", "R1"))
        site.shelf[row["order"]] = f"B:SH-{number}"


def make_known(site: Site) -> None:
    """The handheld has been a device of the store for days: its credential is on its disk, and what it keeps for later as well."""
    device = site.handheld("device")
    device.start()
    device.give_credential(TOKEN.format(0))
    device.sign_in()
    device.settle_in()
    device.take_counter(len(site.shelf))
    device.leave()
