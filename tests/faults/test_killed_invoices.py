"""The worker is killed while it invoices many orders: no number is missing, none is drawn twice, all stand in their order."""

import asyncio
import itertools
import os
import signal
import sys
from pathlib import Path

import pytest

from comptoir.kit.clock import wall_clock
from tests.hands import SECRET, Shop
from tests.world import DERBY, Line, order

pytestmark = pytest.mark.anyio
ORDERS = 200 if os.environ.get("COMPTOIR_LONG") else 40
"""The long mode invoices two hundred."""
KILLED_AT = (ORDERS // 10, ORDERS // 2)
"""So many documents are there when a worker is killed."""


async def worker(dsn: str, folder: Path) -> asyncio.subprocess.Process:
    environment = {
        **os.environ, "DATABASE_URL": dsn, "COMPTOIR_DATA": str(folder), "COMPTOIR_SECRET": SECRET.decode(),
        "COMPTOIR_ENV": "dev", "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }  # fmt: skip
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "comptoir.worker", env=environment)


async def made(shop: Shop, at_least: int) -> None:
    for _ in range(3000):
        if await shop.count("document") >= at_least:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"fewer than {at_least} documents after a minute")


async def test_two_workers_killed_in_the_middle_leave_no_gap_and_no_double(shop: Shop, world: str, tmp_path: Path) -> None:  # fmt: skip
    await shop.connection.execute("UPDATE channel SET invoices = 'at_confirmation'")
    shop.clock.at = wall_clock()  # the workers have a clock of their own
    await shop.receive(ORDERS, DERBY)
    await asyncio.gather(*(shop.place(order(Line(DERBY), at=shop.now)) for _ in range(ORDERS)))
    running = [await worker(world, tmp_path) for _ in range(2)]
    try:
        for count in KILLED_AT:
            await made(shop, count)
            one = running.pop(0)
            one.send_signal(signal.SIGKILL)
            await one.wait()
            # What the dead one had claimed is free at once: nobody waits a minute for its lease here.
            await shop.connection.execute("UPDATE delivery SET claimed_until = NULL WHERE state = 'open'")
            assert await shop.count("document") < ORDERS
            assert await shop.breaches() == []
            running.append(await worker(world, tmp_path))
        await made(shop, ORDERS)
        for _ in range(3000):
            if await shop.count("document_file") == ORDERS:
                break
            await asyncio.sleep(0.02)
    finally:
        for one in running:
            one.send_signal(signal.SIGKILL)
            await one.wait()
    rows = await shop.connection.fetch("SELECT number, n, issued_on, order_id FROM document ORDER BY n")
    assert [row["n"] for row in rows] == list(range(1, ORDERS + 1))
    assert [row["number"] for row in rows] == [
        f"OR-F-{rows[0]['issued_on'].year}-{n:06d}" for n in range(1, ORDERS + 1)
    ]
    assert all(a["issued_on"] <= b["issued_on"] for a, b in itertools.pairwise(rows))
    assert len({row["order_id"] for row in rows}) == ORDERS
    assert await shop.count("document_file") == ORDERS
