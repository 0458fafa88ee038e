"""The sender: its own process, N connections, each sends its next request when the last one is answered.

It takes a plan on its first line of input, prepares the requests, says `ready`, waits for a line, sends, and prints
what it saw. Nothing is prepared and nothing but the status is read while the clock runs.
"""

import asyncio
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from uuid import UUID

import msgspec

from comptoir.bench import bodies
from comptoir.bench.world import FULL, Size

CONNECT_SECONDS = 10
LAST_ANSWER_SECONDS = 30


class Plan(msgspec.Struct, frozen=True):
    """What to send: `paths` are read in turn, else `prepared` orders are placed. `accepted` is a file for 201s' ids."""

    port: int
    clients: int
    seconds: float
    prepared: int = 0
    seed: int = 1
    size: Size = FULL
    hot: int | None = None
    paths: tuple[str, ...] = ()
    rate: float = 0
    accepted: str = ""


class Seen(msgspec.Struct, frozen=True):
    """What came back. Times in seconds; `answers` counts by HTTP status, 0 for a connection that broke."""

    seconds: float
    answers: dict[int, int]
    p50: float
    p99: float
    cpu: float
    bytes: int
    first_problem: str = ""

    def of(self, status: int) -> int:
        return self.answers.get(status, 0)


class Rush:
    """The requests still to send, and what was seen of those that were."""

    def __init__(self, plan: Plan, requests: list[bytes]) -> None:
        self.plan, self.requests = plan, requests
        self.next = 0
        self.until = 0.0
        self.times: list[float] = []
        self.answers: Counter[int] = Counter()
        self.accepted: list[int] = []
        self.bytes = 0
        self.problem = ""
        self.last = 0.0
        self.running = 0
        self.done = asyncio.Event()

    def take(self) -> int | None:
        """The number of the next request, or None when the time or the requests are over."""
        if time.perf_counter() >= self.until:
            return None
        number = self.next
        if number >= len(self.requests):
            if not self.plan.paths:
                return None
            number = number % len(self.requests)
        self.next += 1
        return number


class Client(asyncio.Protocol):
    """One connection. Answers carry a Content-Length; anything else counts as broken."""

    def __init__(self, rush: Rush) -> None:
        self.rush = rush
        self.number = -1
        self.began = 0.0
        self.buffer = b""
        self.open = True
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def start(self) -> None:
        number = self.rush.take()
        if number is None:
            self.stop()
            return
        self.number = number
        self.began = time.perf_counter()
        self.transport.write(self.rush.requests[number])

    def data_received(self, chunk: bytes) -> None:
        buffer = self.buffer + chunk if self.buffer else chunk
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            self.buffer = buffer
            return
        at = buffer.find(b"content-length: ")
        if at < 0 or at > end:
            self.rush.problem = self.rush.problem or repr(buffer[:300])
            self.transport.abort()
            return
        whole = end + 4 + int(buffer[at + 16 : buffer.index(b"\r", at)])
        if len(buffer) < whole:
            self.buffer = buffer
            return
        self.buffer = b""
        rush, now = self.rush, time.perf_counter()
        rush.times.append(now - self.began)
        rush.last = now
        rush.bytes += whole
        status = int(buffer[9:12])
        rush.answers[status] += 1
        if status == 201:
            rush.accepted.append(self.number)
        elif status != 200 and not rush.problem:
            rush.problem = buffer[: end + 400].decode("utf-8", "replace")
        self.start()

    def stop(self) -> None:
        if self.open:
            self.open = False
            self.transport.close()
            self.rush.running -= 1
            if not self.rush.running:
                self.rush.done.set()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.open:
            self.rush.answers[0] += 1
            self.stop()


async def send(plan: Plan, requests: list[bytes]) -> tuple[Rush, Seen]:
    """Connect, wait for the word on standard input, send until time is up, wait for the last answers."""
    loop = asyncio.get_running_loop()
    rush = Rush(plan, requests)
    clients = []
    for _ in range(plan.clients):
        connecting = loop.create_connection(lambda: Client(rush), "127.0.0.1", plan.port)
        clients.append((await asyncio.wait_for(connecting, CONNECT_SECONDS))[1])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    used = resource.getrusage(resource.RUSAGE_SELF)
    began = rush.last = time.perf_counter()
    rush.until = began + plan.seconds
    rush.running = len(clients)
    for client in clients:
        client.start()
    try:
        await asyncio.wait_for(rush.done.wait(), plan.seconds + LAST_ANSWER_SECONDS)
    except TimeoutError:
        rush.answers[0] += rush.running
    after = resource.getrusage(resource.RUSAGE_SELF)
    times = sorted(rush.times) or [0.0]
    return rush, Seen(
        seconds=rush.last - began,
        answers=dict(rush.answers),
        p50=times[len(times) // 2],
        p99=times[min(len(times) - 1, len(times) * 99 // 100)],
        cpu=after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime,
        bytes=rush.bytes,
        first_problem=rush.problem,
    )


def main() -> None:
    """Read a plan, send, print what was seen."""
    import gc

    import uvloop

    plan = msgspec.json.decode(sys.stdin.readline(), type=Plan)
    ids: list[UUID] = []
    if plan.paths:
        requests = [bodies.read_request(path) for path in plan.paths]
    else:
        ids, requests = bodies.rush(plan.prepared, plan.seed, plan.size, hot=plan.hot)
    gc.freeze()
    rush, seen = uvloop.run(send(plan, requests))
    if plan.accepted:
        Path(plan.accepted).write_bytes(b"".join(ids[number].bytes for number in rush.accepted))
    sys.stdout.write(msgspec.json.encode(seen).decode() + "\n")


if __name__ == "__main__":
    main()
