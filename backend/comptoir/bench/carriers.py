"""M1D: the mix with a worker that sends messages beside it, carriers alive and dead in turn. Orders must not notice.

The carriers are peers on loopback: alive, they take every mail and SMS at once; dead, mail refuses the connection and SMS
takes the request and never answers, which is the worst a provider can do.
"""

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any, Literal

from comptoir.bench.rig import BenchFailed, Rig, environment, say
from comptoir.bench.throughput import Counter, Round
from comptoir.kit.children import Child
from comptoir.settings import DEFAULT_PORT

State = Literal["alive", "dead"]


class Peers:
    """A mail server and an SMS provider of this machine; `count` is how many messages they took."""

    def __init__(self) -> None:
        self.count = 0
        self.mail = self.sms = self.hole = 0

    async def take_mail(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """As much of SMTP as a client needs to hand over one mail after the other."""
        writer.write(b"220 bench\r\n")
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while line := await reader.readline():
                word = line[:4].upper()
                if word == b"DATA":
                    writer.write(b"354 go on\r\n")
                    await reader.readuntil(b"\r\n.\r\n")
                    self.count += 1
                writer.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
                if word == b"QUIT":
                    break
        writer.close()

    async def take_sms(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """201 with a name for every request."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
                )
                await reader.readexactly(length)
                self.count += 1
                body = json.dumps({"sid": f"SM{self.count}"}).encode()
                writer.write(
                    b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
                    % (len(body), body)
                )
        writer.close()

    async def swallow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Takes everything and says nothing."""
        with contextlib.suppress(ConnectionError):
            while await reader.read(65536):
                pass
        writer.close()


@contextlib.contextmanager
def peers() -> Iterator[Peers]:
    made, loop = Peers(), asyncio.new_event_loop()

    async def listen() -> None:
        for name, take in (("mail", made.take_mail), ("sms", made.take_sms), ("hole", made.swallow)):
            server = await asyncio.start_server(take, "127.0.0.1", 0)
            setattr(made, name, server.sockets[0].getsockname()[1])

    loop.run_until_complete(listen())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


@contextlib.contextmanager
def worker(rig: Rig, at: Peers, state: State) -> Iterator[None]:
    """`comptoir worker` whose mail and SMS go to the peers, or to nobody."""
    mail, sms = (at.mail, at.sms) if state == "alive" else (1, at.hole)
    child = Child("worker", ["worker"], environment(rig.dsn, rig.folder, rig.secret, DEFAULT_PORT) | {
        "COMPTOIR_MAIL_URL": f"smtp://127.0.0.1:{mail}", "COMPTOIR_MAIL_FROM": "bench@example.com",
        "COMPTOIR_SMS": json.dumps({"provider": "twilio", "sid": "AC0", "token": "bench", "sender": "BENCH", "base": f"http://127.0.0.1:{sms}"}),
    })  # fmt: skip
    child.start()
    try:
        yield
        if child.ended():
            raise BenchFailed(f"the worker ended with {child.code}")
    finally:
        child.stop()


def m1_dead(clients: Sequence[int], seconds: int, rounds: int, processes: int) -> tuple[dict[str, Any], list[str]]:
    """M1D: orders per second with dead carriers beside the same with living ones, in turn."""
    with Rig() as rig, peers() as at:
        counter = Counter(rig, processes)
        runs = []
        for count in clients:
            seen: dict[State, list[Round]] = {"alive": [], "dead": []}
            for number in range(1, rounds + 1):
                # Each goes first in turn: what the round before left to be sent weighs on both alike.
                for state in ("alive", "dead") if number % 2 else ("dead", "alive"):
                    took = at.count
                    with worker(rig, at, state):
                        seen[state].append(counter.orders(count, seconds))
                    rig.ask(
                        lambda connection: connection.execute(
                            "UPDATE message SET next_at = NULL, settled_at = made_at, status = 'suppressed', reason = 'bench' WHERE settled_at IS NULL"
                        )
                    )
                    say(
                        f"{count} clients, round {number}, carriers {state}: {seen[state][-1].orders_per_s:.0f}/s, p99 {seen[state][-1].p99_ms:.1f} ms; {at.count - took} messages taken"
                    )
            alive, dead = (median(one.orders_per_s for one in seen[state]) for state in ("alive", "dead"))
            runs.append({
                "clients": count, "alive_per_s": round(alive, 1), "dead_per_s": round(dead, 1), "ratio_to_alive": round(dead / alive, 3),
                "p99_ms_alive": round(median(one.p99_ms for one in seen["alive"]), 1), "p99_ms_dead": round(median(one.p99_ms for one in seen["dead"]), 1),
            })  # fmt: skip
        return {"id": "M1D", "runs": runs}, counter.prove()
