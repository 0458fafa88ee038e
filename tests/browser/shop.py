"""The retailer of the demo world with no orders yet: web and worker as processes of their own, on a database of one test."""

import os
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
from playwright.sync_api import BrowserContext, Page

from comptoir.fulfillment import waving
from comptoir.fulfillment.passes import pass_token
from comptoir.kit import postgres
from comptoir.kit.db import in_transaction, open_pool
from comptoir.kit.ids import Seal, digest, new_id, new_token
from comptoir.seeding import reference, seed_demo
from comptoir.world.cast import CAMILLE, SHOP_KEY
from tests.aside import run_aside
from tests.browser import prepared

LYON = "lyon-part-dieu"
SECRET = "a secret for tests, 32 bytes long"
SCAN = """(code) => { for (const key of [...code, "Enter"]) document.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true})) }"""


class Shop:
    """Where the app is; orders over its API; questions to its database."""

    def __init__(self, url: str, dsn: str) -> None:
        self.url, self.dsn = url, dsn
        self.api = httpx.Client(
            base_url=url, headers={"authorization": f"Bearer {SHOP_KEY.secret}"}, timeout=20, verify=False
        )

    def ask(self, sql: str, *args: Any) -> list[dict[str, Any]]:
        """Rows of the database as they are committed."""

        async def run() -> list[dict[str, Any]]:
            connection = await asyncpg.connect(self.dsn)
            try:
                return [dict(row) for row in await connection.fetch(sql, *args)]
            finally:
                await connection.close()

        return run_aside(run())

    def one(self, sql: str, *args: Any) -> Any:
        rows = self.ask(sql, *args)
        return next(iter(rows[0].values())) if rows else None

    def order(
        self, *lines: tuple[str, int], first: str = "Inès", last: str = "Aubry", location: str = LYON, **given: Any
    ) -> dict[str, Any]:
        """Place a paid pickup order over the API; the API's answer."""
        prices = {
            row["sku"]: row
            for row in self.ask(
                "SELECT sku, price_minor, vat_rate_bp FROM sku WHERE sku = ANY($1)", [sku for sku, _ in lines]
            )
        }
        made = []
        for sku, quantity in lines:
            total, rate = prices[sku]["price_minor"] * quantity, prices[sku]["vat_rate_bp"]
            made.append({
                "sku": sku, "quantity": quantity, "unit_price_minor": prices[sku]["price_minor"], "vat_rate_bp": rate, "total_minor": total,
                "vat_minor": (2 * total * rate + 10000 + rate) // (2 * (10000 + rate)), "method": "pickup", "location": location,
            })  # fmt: skip
        total = sum(line["total_minor"] for line in made)
        body = {
            "id": str(uuid4()), "placed_at": datetime.now(UTC).isoformat(), "customer": {"first_name": first, "last_name": last, "email": "client@example.fr", "phone": "+33639980001"},
            "lines": made, "payment": {"provider": "psp", "reference": "ref-1", "state": "captured", "amount_minor": total}, "total_minor": total,
            "vat_minor": sum(line["vat_minor"] for line in made),
        } | given  # fmt: skip
        answer = self.api.post("/api/v1/orders", json=body)
        assert answer.status_code == 201, answer.text
        placed: dict[str, Any] = answer.json()
        return placed

    def many_orders(self, count: int, location: str = LYON, cart: int = 4) -> None:
        """Orders of two units each, of articles that lie there; at whatever hour this runs they are picked `cart` at a time."""
        skus = [
            row["sku"]
            for row in self.ask(
                "SELECT sku FROM stock_level l JOIN sku s USING (sku) WHERE location = $1 AND on_hand - reserved > 4 AND blocked_reason IS NULL AND minimum_age IS NULL ORDER BY sku",
                location,
            )
        ]
        for number in range(count):
            self.order(
                (skus[2 * number % len(skus)], 1),
                (skus[(2 * number + 1) % len(skus)], 1),
                first=f"Prénom {number}",
                location=location,
            )
        self.ask("UPDATE location SET cart_orders = $2 WHERE id = $1", location, cart)
        if cart > waving.FEW:
            self.ask("UPDATE work SET promise_at = promise_at + interval '1 day' WHERE location = $1", location)

    def stock(self, sku: str, location: str = LYON) -> dict[str, int]:
        return self.ask(
            "SELECT on_hand, reserved, set_aside, unsellable FROM stock_level WHERE sku = $1 AND location = $2",
            sku,
            location,
        )[0]

    def code_of(self, sku: str) -> str:
        """A barcode as it is printed: EAN-13."""
        code: str = self.one("SELECT code FROM barcode WHERE sku = $1 AND code LIKE '0379%' ORDER BY code LIMIT 1", sku)
        return code.removeprefix("0")

    def enrolled(self, context: BrowserContext, location: str = LYON) -> None:
        """Make this browser a device of the store."""
        token = new_token()
        self.ask(
            "INSERT INTO device (id, location, name, credential_hash, enrolled_at) VALUES ($1, $2, $3, $4, $5)",
            new_id(), location, f"LY-{token[:4]}", digest(token), datetime.now(UTC),
        )  # fmt: skip
        context.add_cookies([{"name": "device", "value": token, "url": self.url, "httpOnly": True}])


class Hands:
    """What an associate does with a handheld, counted."""

    def __init__(self, page: Page, shop: Shop) -> None:
        self.page, self.shop = page, shop
        self.taps = self.scans = 0

    def tap(self, what: str) -> None:
        self.taps += 1
        self.page.locator(what).first.click()

    def scan(self, code: str) -> None:
        """The scanner types and presses Enter; no field has the focus."""
        self.scans += 1
        self.page.evaluate(SCAN, code)

    def forget(self) -> None:
        self.taps = self.scans = 0

    def sign_in(self, badge: str = CAMILLE.badge) -> None:
        self.page.goto(f"{self.shop.url}/sign-in")
        self.scan(badge)
        self.page.wait_for_url("**/work")


@contextmanager
def open_shop(server: postgres.Server, name: str, *, with_orders: bool = False) -> Iterator[Shop]:
    """Serve web and worker on a database with the demo world, its orders only where asked for; end both at the end."""

    async def make() -> str:
        dsn = await server.create_database(name, "migrated")
        now = datetime.now(UTC)
        if with_orders:
            await seed_demo(dsn, now, SECRET.encode())
            return dsn
        pool = await open_pool(dsn, 2)
        await in_transaction(pool, "system", now, lambda tx: reference.load(tx, now.date(), now))
        # A shop that never closes: what is promised does not depend on the hour at which the tests run.
        await pool.execute("DELETE FROM opening_exception")
        await pool.execute("DELETE FROM opening_hours")
        await pool.execute("INSERT INTO opening_hours SELECT id, day, 0, 1440 FROM location, generate_series(0, 6) day")
        await pool.close()
        return dsn

    dsn = run_aside(make())
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        environ = os.environ | {
            "COMPTOIR_DATA": folder, "DATABASE_URL": dsn, "COMPTOIR_PORT": str(port), "COMPTOIR_SECRET": SECRET, "COMPTOIR_URL": url, "COMPTOIR_ENV": "dev",
        }  # fmt: skip
        started = [prepared.start(part, environ) for part in ("web", "worker")]
        try:
            wait_until_ready(url, started)
            yield Shop(url, dsn)
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait()


def wait_until_ready(url: str, started: list[prepared.Started]) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        assert all(process.runs() for process in started), "web or worker ended at once"
        try:
            if httpx.get(f"{url}/health", timeout=2, verify=False).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise AssertionError("the app did not become ready")


def order_id(placed: dict[str, Any]) -> UUID:
    return UUID(placed["id"])


def pass_of(order: UUID, location: str) -> str:
    """What the customer's QR says, without its prefix."""
    return pass_token(Seal(SECRET.encode()), order, location, 0)
