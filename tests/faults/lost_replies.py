"""A wire to the database that can lose the reply to one COMMIT: the work is done, and nobody hears of it."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

SOCKET = ".s.PGSQL.5432"


class Wire:
    """Passes bytes both ways. After `lose_next_commit` the next COMMIT reaches the database and its reply goes nowhere."""

    def __init__(self, dsn: str, folder: Path) -> None:
        parts = urlsplit(dsn)
        self._target = Path(parse_qs(parts.query)["host"][0]) / SOCKET
        self._folder = folder
        self.dsn = f"{parts.scheme}://{parts.netloc}{parts.path}?host={folder}"
        self.lost = 0
        self._armed = False

    def lose_next_commit(self) -> None:
        self._armed = True

    async def connected(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        far_in, far_out = await asyncio.open_unix_connection(str(self._target))
        losing = asyncio.Event()

        async def to_database() -> None:
            while chunk := await near_in.read(65536):
                if self._armed and b"COMMIT" in chunk:
                    self._armed = False
                    losing.set()
                far_out.write(chunk)
                await far_out.drain()

        async def from_database() -> None:
            while chunk := await far_in.read(65536):
                if losing.is_set():
                    # The database has answered, so it has committed.
                    self.lost += 1
                    return
                near_out.write(chunk)
                await near_out.drain()

        ways = [asyncio.ensure_future(to_database()), asyncio.ensure_future(from_database())]
        with suppress(OSError):
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        for side in (near_out, far_out):
            side.close()
        await asyncio.gather(*ways, return_exceptions=True)


@asynccontextmanager
async def wired(dsn: str) -> AsyncIterator[Wire]:
    """A wire in front of the database at `dsn` (a unix socket)."""
    with tempfile.TemporaryDirectory() as folder:
        wire = Wire(dsn, Path(folder))
        server = await asyncio.start_unix_server(wire.connected, str(Path(folder) / SOCKET))
        try:
            yield wire
        finally:
            server.close()
