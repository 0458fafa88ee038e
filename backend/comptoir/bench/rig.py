"""What a measurement stands on: a durable PostgreSQL in its own folder, web processes, senders. All end with it."""

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import asyncpg
import msgspec

from comptoir.bench import world
from comptoir.bench.bodies import read_request
from comptoir.bench.processes import Meter, Used
from comptoir.bench.sender import Plan, Seen
from comptoir.kit import postgres
from comptoir.kit.children import Child
from comptoir.kit.db import Connection
from comptoir.migrating import migrate

T = TypeVar("T")

SETTINGS = (
    "shared_buffers=1GB", "max_wal_size=8GB", "checkpoint_timeout=30min", "autovacuum_naptime=30min", "max_connections=120",
)  # fmt: skip
"""The same for ours and the floor. fsync and synchronous_commit stay on; checkpoints and vacuum happen between rounds."""

START_SECONDS = 60
STOP_SECONDS = 10
PREPARE_SECONDS = 120


class BenchFailed(Exception):
    """A measurement could not be taken, or what it left behind is wrong; the text says which."""


def say(text: str) -> None:
    """Progress, on standard error: standard output is for figures."""
    print(text, file=sys.stderr, flush=True)


class Web:
    """One web process of ours (`comptoir web`) on a free port of 127.0.0.1."""

    def __init__(self, dsn: str, data: Path, secret: str) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port: int = self._listening.getsockname()[1]
        self._child = Child("web", ["web"], environment(dsn, data, secret, self.port), self._listening)
        self._child.start()

    @property
    def process_id(self) -> int:
        return self._child.process_id

    def wait(self) -> None:
        """Until it answers. Raises BenchFailed when it ends instead, or takes too long."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and not self._child.ended():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as probe:
                probe.settimeout(1)
                probe.sendall(read_request("/health/live"))
                if probe.recv(12).startswith(b"HTTP/1.1"):
                    return
            time.sleep(0.05)
        raise BenchFailed(f"the web process does not answer (ended with {self._child.code})")

    def kill(self) -> None:
        """End it at once, as a power cut would (SIGKILL). Its port refuses from then on."""
        self._listening.close()
        os.kill(self.process_id, signal.SIGKILL)
        self.stop()

    def stop(self) -> None:
        self._child.stop()
        self._listening.close()


def environment(dsn: str, data: Path, secret: str, port: int) -> dict[str, str]:
    """What a web process of a measurement is told; nothing else of the caller's settings reaches it."""
    ours = ("COMPTOIR_", "PG", "DATABASE_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {
        "DATABASE_URL": dsn, "COMPTOIR_DATA": str(data), "COMPTOIR_SECRET": secret, "COMPTOIR_ENV": "production",
        "COMPTOIR_HOST": "127.0.0.1", "COMPTOIR_PORT": str(port), "COMPTOIR_URL": f"http://127.0.0.1:{port}",
        "COMPTOIR_LOG_LEVEL": "warning",
    }  # fmt: skip


class Rig:
    """A fresh world on a durable database. Use as a context manager; `webs` are the running web processes."""

    def __init__(self, size: world.Size = world.FULL) -> None:
        self.size = size
        self.folder = Path(tempfile.mkdtemp(prefix="comptoir-bench-"))
        self.secret = secrets.token_urlsafe(48)
        self.webs: list[Web] = []
        self._server: postgres.Server | None = None

    def __enter__(self) -> Self:
        try:
            began = time.monotonic()
            self._server = postgres.Server(self.folder / "postgres", durable=True, options=SETTINGS)
            self._server.start()
            asyncio.run(migrate(self.dsn))
            self.ask(lambda connection: world.load(connection, datetime.now(UTC), self.size))
            size = f"{self.size.stores} stores x {self.size.skus} SKUs, {self.size.customers} customers"
            say(f"world: {size} in {time.monotonic() - began:.1f} s")
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        for web in self.webs:
            web.stop()
        if self._server:
            self._server.stop()
            # Run by root, its data lies outside the folder, where the database's user can enter.
            shutil.rmtree(self._server.folder, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def dsn(self) -> str:
        assert self._server is not None
        return self._server.dsn

    @property
    def postmaster(self) -> int:
        assert self._server is not None
        return self._server.process_id

    def ask(self, question: Callable[[Connection], Awaitable[T]]) -> T:
        """Run `question` on a connection of its own."""

        async def asking() -> T:
            connection = await asyncpg.connect(self.dsn)
            try:
                return await question(connection)
            finally:
                await connection.close()

        return asyncio.run(asking())

    def settle(self) -> None:
        """Vacuum and a checkpoint, so that no round pays for the rows and pages of the one before it. Ours and the floor alike."""
        self.ask(lambda connection: connection.execute("VACUUM (ANALYZE)"))
        self.ask(lambda connection: connection.execute("CHECKPOINT"))

    def start_web(self) -> Web:
        web = Web(self.dsn, self.folder, self.secret)
        self.webs.append(web)
        web.wait()
        return web

    @contextlib.contextmanager
    def serving(self, processes: int = 1) -> Iterator[list[Web]]:
        """Web processes for one round; they are gone while the floor runs, so that they cost it nothing."""
        webs = [self.start_web() for _ in range(processes)]
        try:
            yield webs
        finally:
            for web in webs:
                web.stop()
                self.webs.remove(web)

    def send(self, plan: Plan) -> tuple[Seen, Used]:
        """Run a sender to its end; what it saw, and the CPU used between its first request and its last answer."""
        return self.send_all([plan])[0]

    def send_all(self, plans: list[Plan], meanwhile: Callable[[], None] | None = None) -> list[tuple[Seen, Used]]:
        """Run several senders at once; `meanwhile` is called right after the word to go."""
        senders = [
            subprocess.Popen(
                [sys.executable, "-m", "comptoir.bench.sender"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            for _ in plans
        ]
        try:
            for sender, plan in zip(senders, plans, strict=True):
                assert sender.stdin
                sender.stdin.write(msgspec.json.encode(plan).decode() + "\n")
                sender.stdin.flush()
            for sender in senders:
                assert sender.stdout
                if sender.stdout.readline() != "ready\n":
                    raise BenchFailed("a sender did not become ready")
            meter = Meter([web.process_id for web in self.webs], self.postmaster)
            for sender in senders:
                assert sender.stdin
                sender.stdin.write("go\n")
                sender.stdin.flush()
            if meanwhile:
                meanwhile()
            seen = []
            for sender in senders:
                assert sender.stdout
                line = sender.stdout.readline()
                if not line:
                    raise BenchFailed("a sender broke off")
                seen.append((msgspec.json.decode(line, type=Seen), meter.used()))
            return seen
        finally:
            for sender in senders:
                if sender.poll() is None:
                    try:
                        sender.communicate(timeout=STOP_SECONDS)
                    except subprocess.TimeoutExpired:
                        sender.kill()
                        sender.wait()
