"""M8, M10 and M11 for the tower: the Now page of 200 stores with 100,000 open works, its bytes, its growth, its streams.

M8: server time over loopback of one manager's browser, while works move in the stores and are told by NOTIFY. M10: the same with
10,000, 100,000 and (COMPTOIR_LONG=1) 1,000,000 orders on file. M11: 1,000 open pages; one work changes; when have all been sent it.
"""

import asyncio
import contextlib
import gzip
import hashlib
import os
import random
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any, Final

import asyncpg

from comptoir.bench import world
from comptoir.bench.processes import Meter
from comptoir.bench.rig import BenchFailed, Rig, Web, say
from comptoir.kit.db import Connection

OPEN: Final = 100_000
ON_FILE: Final = (10_000, 100_000)
MANY_ON_FILE: Final = 1_000_000
STREAMS: Final = 1_000
CHANGES: Final = 6
PER_SECOND: Final = 10
"""Works that change in each second while pages are asked for."""
COOKIE: Final = "comptoir-bench-manager-000000000"
PAGE: Final = "/manager"
BAR_P99_MS: Final = 50.0
BAR_BYTES: Final = 40_000
BAR_STREAMS_P99_MS: Final = 500.0
BAR_STREAMS_ALL_MS: Final = 1000.0
BAR_GROWTH: Final = 1.3

_PEOPLE = """
INSERT INTO region SELECT 'r' || n, 'Région ' || n FROM generate_series(1, 10) n;
UPDATE location SET region = 'r' || (1 + id::int % 10), capacity_per_hour = 40 + id::int % 20;
UPDATE opening_hours SET opens = 0, closes = 1440;
INSERT INTO staff (id, first_name, last_name, email, role) VALUES ('00000000-0000-7000-8000-00000000b001', 'Odile', 'Ferrand', 'bench@example.org', 'head_office');
"""
_SIGN_IN = """
INSERT INTO sign_in (id, staff, token_hash, started_at, seen_at, ends_at, means)
VALUES (uuidv7(), '00000000-0000-7000-8000-00000000b001', $1, $2::timestamptz, $2::timestamptz, $2::timestamptz + interval '12 hours', 'password')
"""
# Orders and works as numbers make them: old ones handed over in the last months, open ones promised from half an hour ago to nine hours ahead.
_ORDERS = """
WITH n AS (SELECT n, uuidv7() AS id FROM generate_series($1::int, $2::int) n),
o AS (INSERT INTO sales_order (id, fingerprint, answer, channel, customer, placed_at, received_at, language, currency, goods_minor, discount_minor, shipping_minor,
    vat_minor, total_minor, progress, link_hash)
  SELECT n.id, '', '', 'api', ('00000000-0000-7000-8000-' || 100000000001 + n.n % 10000)::uuid, $3, $3, 'fr', 'EUR', 9000, 0, 0, 1500, 9000 + n.n % 997, $4,
    decode(md5('link' || n.n), 'hex') FROM n RETURNING id)
INSERT INTO work (id, location, order_id, order_number, kind, status, promise_at, units, created_at, picked_at, staged_at, handed_over_at)
SELECT uuidv7(), ({first} + n.n * 7 % 200)::text, n.id, 'B-' || n.n, CASE WHEN n.n % 3 = 0 THEN 'ship' ELSE 'pickup' END, $5,
  CASE WHEN $5 = 'open' THEN date_trunc('hour', $3::timestamptz) + make_interval(mins => (n.n / 200 * 5) % 570 - 30) ELSE $3::timestamptz - make_interval(mins => 60 + n.n % 90000) END, 3,
  $3::timestamptz - make_interval(mins => 90 + n.n % 90000),
  CASE WHEN $5 <> 'open' THEN $3::timestamptz - make_interval(mins => 70 + n.n % 90000) END, CASE WHEN $5 <> 'open' THEN $3::timestamptz - make_interval(mins => 65 + n.n % 90000) END,
  CASE WHEN $5 <> 'open' THEN $3::timestamptz - make_interval(mins => 50 + n.n % 90000) END FROM n
""".replace("{first}", str(world.FIRST_STORE))
_HOURS = """
INSERT INTO store_hour SELECT l.id, date_trunc('hour', $1::timestamptz) - make_interval(hours => n), 1, (n * 7 + l.id::int) % 60, 25 + n % 20, 60, 60, 30
FROM location l, generate_series(0, 28 * 24) n
"""
_PACES = "INSERT INTO store_pace SELECT l.id, p, 30 + p, 70, 20, $1 FROM location l, generate_series(0, 3) p"


async def fill(connection: Connection, on_file: int, from_: int = 0) -> None:
    """Old orders up to `on_file` of them; with `from_` 0 also people, open works, hours and paces."""
    now = datetime.now(UTC)
    if not from_:
        await connection.execute(_PEOPLE)
        await connection.execute(_SIGN_IN, hashlib.sha256(COOKIE.encode()).digest(), now)
        await connection.execute(_HOURS, now)
        await connection.execute(_PACES, now)
    for first in range(from_, on_file, 100_000):
        last = min(on_file, first + 100_000)
        await connection.execute(_ORDERS, 10_000_000 + first, 10_000_000 + last - 1, now, "fulfilled", "handed_over")
    if not from_:
        await connection.execute(_ORDERS, 1, OPEN, now, "accepted", "open")
    for table in ("work", "sales_order", "store_hour"):
        await connection.execute(f"VACUUM (ANALYZE) {table}")


def head(path: str, accept: str) -> bytes:
    """The request of a manager's browser."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: sign_in={COOKIE}; __Host-sign_in={COOKIE}\r\n"
        f"Accept: {accept}\r\nAccept-Encoding: gzip\r\nSec-Fetch-Site: same-origin\r\n\r\n"
    ).encode()


async def ask_pages(port: int, seconds: float) -> tuple[list[float], int, bytes]:
    """One browser after another page: times in seconds, bytes of an answer, its body."""
    times: list[float] = []
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    size, body = 0, b""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        began = time.perf_counter()
        writer.write(head(PAGE, "text/html"))
        top = (await reader.readuntil(b"\r\n\r\n")).lower()
        if not top.startswith(b"http/1.1 200"):
            raise BenchFailed(f"the Now page answers {top[:200]!r}")
        length = int(top.split(b"content-length: ")[1].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        times.append(time.perf_counter() - began)
        size = length
        await asyncio.sleep(0.02)
    writer.close()
    return sorted(times), size, body


@contextlib.contextmanager
def changing(dsn: str) -> Iterator[None]:
    """Works that move meanwhile, each told as the runner tells it."""
    stop = threading.Event()

    async def move() -> None:
        connection = await asyncpg.connect(dsn)
        draw = random.Random(1)
        while not stop.is_set():
            place = str(world.FIRST_STORE + draw.randrange(200))
            await change(connection, place)
            await asyncio.sleep(1 / PER_SECOND)
        await connection.close()

    thread = threading.Thread(target=lambda: asyncio.run(move()))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


async def change(connection: Connection, place: str, late: bool = False) -> None:
    """Somebody begins the work of a store that has most time, or lets it lie again; or the next one is late from now on."""
    async with connection.transaction():
        if late:
            now = datetime.now(UTC)
            await connection.execute(
                "UPDATE work SET promise_at = $2 WHERE location = $1 AND id = (SELECT id FROM work WHERE location = $1 AND status = 'open'"
                " AND promise_at > $3 ORDER BY promise_at, id LIMIT 1)",
                place, now - timedelta(hours=1), now,
            )  # fmt: skip
        else:
            await connection.execute(
                "UPDATE work SET status = CASE status WHEN 'open' THEN 'picking' ELSE 'open' END WHERE location = $1 AND id = (SELECT id FROM work"
                " WHERE location = $1 AND status IN ('open', 'picking') ORDER BY promise_at DESC, id LIMIT 1)",
                place,
            )
        await connection.execute("SELECT pg_notify('comptoir', $1)", place)


def page_run(rig: Rig, seconds: float, name: str) -> dict[str, Any]:
    """The page of head office, after it was asked for once; the first answer apart."""
    with rig.serving() as webs:
        first, *_ = asyncio.run(ask_pages(webs[0].port, 0.05))
        with changing(rig.dsn):
            asyncio.run(ask_pages(webs[0].port, min(2.0, seconds)))
            meter = Meter([web.process_id for web in webs], rig.postmaster)
            times, size, body = asyncio.run(ask_pages(webs[0].port, seconds))
            used = meter.used()
    p50, p99 = times[len(times) // 2] * 1000, times[min(len(times) - 1, len(times) * 99 // 100)] * 1000
    html = gzip.decompress(body).decode() if body[:2] == b"\x1f\x8b" else body.decode()
    say(
        f"{name}: {len(times)} pages, p50 {p50:.1f} ms, p99 {p99:.1f} ms, {size} bytes gz, the first {first[0] * 1000:.0f} ms"
    )
    return {
        "page": name, "pages": len(times), "p50_ms": round(p50, 1), "p99_ms": round(p99, 1), "bytes_gz": size, "bytes": len(html),
        "first_ms": round(first[0] * 1000), "cpu_ms_per_page": round((used.app + used.database) / len(times) * 1000, 1),
        "other_cores": round(used.other_cores(0), 2),
    }  # fmt: skip


def m8(clients: Sequence[int], seconds: int, rounds: int, processes: int) -> tuple[dict[str, Any], list[str]]:
    """M8 and M10, the tower's part: the Now page, and how it grows with orders on file."""
    runs: list[dict[str, Any]] = []
    steps = (*ON_FILE, MANY_ON_FILE) if os.environ.get("COMPTOIR_LONG") else ON_FILE
    with Rig(world.Size(skus=20)) as rig:
        before = 0
        for on_file in steps:
            rig.ask(lambda connection, on_file=on_file, before=before: fill(connection, on_file, before))  # type: ignore[misc]
            before = on_file
            rig.settle()
            found = [page_run(rig, seconds, f"{on_file:,} on file") for _ in range(rounds)]
            runs.append(min(found, key=lambda one: one["p99_ms"]) | {"p50_ms": median(one["p50_ms"] for one in found)})
    growth = runs[-1]["p50_ms"] / runs[0]["p50_ms"]
    wrong = []
    if runs[0]["p99_ms"] > BAR_P99_MS:
        wrong.append(f"p99 of the Now page is {runs[0]['p99_ms']} ms, above {BAR_P99_MS:.0f}")
    if max(run["bytes_gz"] for run in runs) > BAR_BYTES:
        wrong.append(f"the Now page weighs {max(run['bytes_gz'] for run in runs)} bytes, above {BAR_BYTES}")
    if growth > BAR_GROWTH:
        wrong.append(f"the Now page takes {growth:.2f} times as long with {steps[-1]:,} orders as with {steps[0]:,}")
    return {"id": "M8", "open_works": OPEN, "stores": 200, "growth": round(growth, 2), "runs": runs}, wrong


class Listener(asyncio.Protocol):
    """One open page: counts what it is sent, and when the first byte after a mark and the last of an event came."""

    def __init__(self) -> None:
        self.bytes = 0
        self.open = asyncio.Event()
        self.heard = asyncio.Event()
        self.at = 0.0
        self.tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(head("/manager/stream", "text/event-stream"))

    def data_received(self, chunk: bytes) -> None:
        self.bytes += len(chunk)
        self.open.set()
        self.tail = (self.tail + chunk)[-8:]
        # An event ends with an empty line, and the chunk of HTTP around it a few bytes later; a ping is shorter.
        if b"\n\n" in self.tail and self.bytes > 100:
            self.at = time.perf_counter()
            self.heard.set()


async def stream_run(port: int, dsn: str, count: int) -> list[dict[str, Any]]:
    """Open so many pages; after a first change, a few more: when had half, 99 % and all been sent it."""
    loop = asyncio.get_running_loop()
    found = []
    listeners = []
    for _ in range(count):
        listeners.append((await loop.create_connection(Listener, "127.0.0.1", port))[1])
    async with asyncio.timeout(60):
        for listener in listeners:
            await listener.open.wait()
    connection = await asyncpg.connect(dsn)
    try:
        for number in range(CHANGES):
            await asyncio.sleep(2.5)
            for listener in listeners:
                listener.heard.clear()
                listener.bytes = 0
            place = str(world.FIRST_STORE + 7 * number)
            await change(connection, place, late=True)
            began = time.perf_counter()
            async with asyncio.timeout(30):
                for listener in listeners:
                    await listener.heard.wait()
            took = sorted((listener.at - began) * 1000 for listener in listeners)
            found.append({
                "event": number, "streams": count, "p50_ms": round(took[count // 2]), "p99_ms": round(took[count * 99 // 100]),
                "all_ms": round(took[-1]), "bytes_each": sum(listener.bytes for listener in listeners) // count,
            })  # fmt: skip
            say(f"change {number}: {found[-1]}")
    finally:
        await connection.close()
        for listener in listeners:
            listener.transport.abort()
    return found


def m11(clients: Sequence[int], seconds: int, rounds: int, processes: int) -> tuple[dict[str, Any], list[str]]:
    """M11: one change seen by 1,000 open pages of one web process."""
    with Rig(world.Size(skus=20)) as rig:
        rig.ask(lambda connection: fill(connection, ON_FILE[0]))
        with rig.serving() as webs:
            web: Web = webs[0]
            asyncio.run(ask_pages(web.port, 1.0))
            # The first change brings every page all of its parts; the others are what one change costs.
            runs = asyncio.run(stream_run(web.port, rig.dsn, STREAMS))[1:]
    wrong = []
    p99, slowest = median(run["p99_ms"] for run in runs), max(run["all_ms"] for run in runs)
    if p99 > BAR_STREAMS_P99_MS:
        wrong.append(f"p99 of {STREAMS} streams is {p99:.0f} ms, above {BAR_STREAMS_P99_MS:.0f}")
    if slowest > BAR_STREAMS_ALL_MS:
        wrong.append(f"the last stream heard after {slowest:.0f} ms, above {BAR_STREAMS_ALL_MS:.0f}")
    return {"id": "M11", "p99_ms": p99, "all_ms": slowest, "runs": runs}, wrong
