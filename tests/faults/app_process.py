"""The app as its own process on a socket of the test's: it can be killed and started again, and nobody waits by the clock.

The listening socket stays open here, so that a request sent while no app is there waits for the next one.
"""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from comptoir.kit.children import Child

KEY = "a key of the tests that places orders"
SENT_WITH = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}


class App:
    """One web process."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        plain = {
            name: text for name, text in os.environ.items() if not name.startswith(("COMPTOIR_", "DATABASE_", "PG"))
        }
        environ = plain | {
            "DATABASE_URL": dsn,
            "COMPTOIR_DATA": str(folder),
            "COMPTOIR_SECRET": "a secret for tests, 32 bytes long",
        }
        self._child = Child("web", ["web"], environ, self._listening)

    def start(self) -> None:
        self._child.start()

    def kill(self) -> None:
        """As when the power goes: no good-bye. Returns when it is gone."""
        os.kill(self._child.process_id, signal.SIGKILL)
        os.waitpid(self._child.process_id, 0)

    def close(self) -> None:
        self._child.stop()
        self._listening.close()


@contextmanager
def running(dsn: str, folder: Path, count: int = 1) -> Iterator[list[App]]:
    """Web processes on one database."""
    apps = [App(dsn, folder) for _ in range(count)]
    try:
        for app in apps:
            app.start()
        yield apps
    finally:
        for app in apps:
            app.close()
