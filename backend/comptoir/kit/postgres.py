"""A real PostgreSQL of our own: the wheel's binaries, a folder for the data, a unix socket, no orphan left behind.

    with postgres.started(folder) as server:          kept between runs
        await asyncpg.connect(server.dsn)

    with postgres.temporary() as server:              for tests: not durable, gone afterwards

One process starts the server and owns it; others that name the same folder share it until the owner stops.
"""

import contextlib
import fcntl
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Self

import asyncpg

from comptoir.kit.postgres_home import (
    Account,
    PostgresFailed,
    account,
    reachable_binaries,
    reachable_folder,
    socket_folder,
)

__all__ = ["PostgresFailed", "Server", "started", "temporary", "tool_path"]

PORT = 5432
USER = "comptoir"
DATABASE = "comptoir"
START_SECONDS = 60.0
STOP_SECONDS = 30.0
MEMORY = "/dev/shm"
MEMORY_ROOM = 3 * 2**30
"""Bytes that must be free in memory before a server for one run goes there."""

_INITDB_FLAGS = (
    "--no-sync",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--auth-local=trust",
    "--auth-host=scram-sha-256",
    f"--username={USER}",
)
_NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0")

# Outlives its parent by one line of shell: the pipe closes when the parent is gone, however it went.
_WATCHDOG = 'read -r line; kill -s INT "$1" 2>/dev/null'


def tool_path(name: str) -> Path:
    """Where the wheel's `psql`, `pgbench`, `pg_dump`, ... lies. Raises PostgresFailed when it has no such tool."""
    path = reachable_binaries(account()) / "bin" / name
    if not path.exists():
        raise PostgresFailed(f"the PostgreSQL wheel holds no tool named {name}")
    return path


class Server:
    """A PostgreSQL that serves `folder`, started by this process (`owned`) or shared with the process that did."""

    def __init__(
        self,
        folder: Path,
        *,
        durable: bool = True,
        tcp_port: int | None = None,
        options: tuple[str, ...] = (),
    ) -> None:
        """`options` are `name=value` settings of PostgreSQL; `tcp_port` also listens on 127.0.0.1 (password needed)."""
        self._account: Account = account()
        self.folder = reachable_folder(folder, self._account)
        self.owned = False
        self._durable = durable
        self._tcp_port = tcp_port
        self._options = options
        self._binaries = reachable_binaries(self._account)
        self._cluster = self.folder / "cluster"
        self._sockets = socket_folder(self.folder, self._account)
        self._log = self.folder / "postgres.log"
        self._lock: IO[str] | None = None
        self._postmaster: subprocess.Popen[bytes] | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None

    @property
    def dsn(self) -> str:
        """Address of the default database, in the form asyncpg and psql take."""
        return self.dsn_of(DATABASE)

    @property
    def socket_directory(self) -> Path:
        return self._sockets

    @property
    def process_id(self) -> int:
        """The postmaster's process id, as its own file tells it."""
        return self._told()[0]

    def dsn_of(self, database: str) -> str:
        """Address of a database of this server: `postgresql://comptoir@/<database>?host=<socket folder>`."""
        port = f"&port={self._tcp_port}" if self._tcp_port else ""
        return f"postgresql://{USER}@/{database}?host={self._sockets}{port}"

    def start(self) -> Self:
        """Serve the folder, or share it if another process already does. Raises PostgresFailed with the log's end."""
        assert self._postmaster is None, "started already"
        if not self._claim():
            self._wait_for_owner()
            return self
        try:
            self._wait_for_leftover()
            self._create_cluster()
            self._launch()
            self.owned = True
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End the server if this process owns it, and wait until it is gone. May be called twice."""
        if self._postmaster is not None:
            _end(self._postmaster, (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL))
            self._postmaster = None
        if self._watchdog is not None:
            _end(self._watchdog, (signal.SIGKILL,))
            assert self._watchdog.stdin is not None
            self._watchdog.stdin.close()
            self._watchdog = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        self.owned = False

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def create_database(self, name: str, template: str = "template1") -> str:
        """Make a database as a copy of `template` (nobody may be connected to it) and give its address."""
        # Copying the files takes a third of the time of writing every page through the log.
        await self._administer(f"CREATE DATABASE {_plain(name)} TEMPLATE {_plain(template)} STRATEGY FILE_COPY")
        return self.dsn_of(name)

    async def drop_database(self, name: str) -> None:
        """Remove a database, ending whatever is connected to it. Nothing happens if there is none."""
        await self._administer(f"DROP DATABASE IF EXISTS {_plain(name)} WITH (FORCE)")

    async def _administer(self, statement: str) -> None:
        connection = await asyncpg.connect(self.dsn_of("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def _claim(self) -> bool:
        """Take the folder's lock; it falls with the process, so it never outlives its owner."""
        lock = (self.folder / "owner").open("a+", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        lock.seek(0)
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock
        return True

    def _wait_for_owner(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._told()[1] == "ready":
                return
            time.sleep(0.05)
        owner = (self.folder / "owner").read_text(encoding="ascii").strip()
        raise PostgresFailed(f"{self.folder} is held by process {owner}, whose database does not become ready")

    def _wait_for_leftover(self) -> None:
        """A server whose owner was killed is being ended by its watchdog: let it finish before starting anew."""
        deadline = time.monotonic() + STOP_SECONDS
        while (process := self._told()[0]) and _alive(process):
            if time.monotonic() > deadline:
                raise PostgresFailed(f"{self.folder} is still served by PostgreSQL process {process}; end it first")
            time.sleep(0.05)

    def _told(self) -> tuple[int, str]:
        """Process id and status out of postmaster.pid; (0, "") while there is none."""
        try:
            lines = (self._cluster / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return 0, ""
        if not lines or not lines[0].strip().isdigit():
            return 0, ""
        return int(lines[0]), lines[7].strip() if len(lines) > 7 else ""

    def _create_cluster(self) -> None:
        """Make the data files once, with our database in them; beside their place, and moved when whole."""
        version = self._cluster / "PG_VERSION"
        ours = self._binaries.name.removeprefix("pginstall")
        if version.exists():
            found = version.read_text(encoding="ascii").strip()
            if found != ours:
                raise PostgresFailed(f"{self.folder} was written by PostgreSQL {found}, the installed one is {ours}")
            return
        unfinished = self.folder / "cluster.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._run("initdb", *_INITDB_FLAGS, "--pgdata", str(unfinished))
        self._run("postgres", "--single", "-D", str(unfinished), "postgres", text=f"CREATE DATABASE {DATABASE}\n")
        unfinished.rename(self._cluster)

    def _launch(self) -> None:
        settings = [
            f"unix_socket_directories={self._sockets}",
            "unix_socket_permissions=0700",
            "listen_addresses=" + ("127.0.0.1" if self._tcp_port else ""),
            "timezone=UTC",
            "log_timezone=UTC",
            "jit=off",
            *(() if self._durable else _NOT_DURABLE),
            *self._options,
        ]
        command = [
            str(self._binaries / "bin" / "postgres"),
            "-D",
            str(self._cluster),
            "-p",
            str(self._tcp_port or PORT),
        ]
        for setting in settings:
            command += ["-c", setting]
        with self._log.open("wb") as log:
            self._postmaster = self._account.popen(command, cwd=self.folder, stdout=log, stderr=log)
        self._watchdog = self._account.popen(
            ["/bin/sh", "-c", _WATCHDOG, "comptoir-watchdog", str(self._postmaster.pid)],
            cwd=self.folder,
            stdin=subprocess.PIPE,
        )
        deadline = time.monotonic() + START_SECONDS
        while self._told() != (self._postmaster.pid, "ready"):
            if self._postmaster.poll() is not None or time.monotonic() > deadline:
                last = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
                raise PostgresFailed("PostgreSQL did not start:\n" + "\n".join(last))
            time.sleep(0.005)

    def _run(self, tool: str, *arguments: str, text: str = "") -> None:
        finished = self._account.run([str(self._binaries / "bin" / tool), *arguments], cwd=self.folder, text=text)
        if finished.returncode != 0:
            raise PostgresFailed(f"{tool} failed:\n{finished.stdout}")


def started(folder: Path, *, durable: bool = True) -> Server:
    """The server of a folder that is kept; use it as a context manager."""
    return Server(folder, durable=durable)


@contextlib.contextmanager
def temporary(*, tcp_port: int | None = None, options: tuple[str, ...] = ()) -> Iterator[Server]:
    """A server for one run: not durable, in a folder of its own that is removed at the end; in memory where there is room.

    A database is cloned file by file for each test that wants its own: in memory that takes a tenth of the time.
    """
    folder = Path(tempfile.mkdtemp(prefix="comptoir-", dir=quick_folder()))
    try:
        with Server(folder, durable=False, tcp_port=tcp_port, options=options) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def quick_folder() -> str | None:
    """The folder that is kept in memory, where there is one with room for a few small databases."""
    try:
        room = shutil.disk_usage(MEMORY).free
    except OSError:
        return None
    return MEMORY if room > MEMORY_ROOM and os.access(MEMORY, os.W_OK) else None


def _plain(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
        raise ValueError(f"not a plain database name: {name!r}")
    return name


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _end(process: subprocess.Popen[bytes], signals: tuple[signal.Signals, ...]) -> None:
    """Send each signal in turn until the process is gone, then reap it."""
    for sign in signals:
        if process.poll() is not None:
            return
        process.send_signal(sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
