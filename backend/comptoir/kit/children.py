"""Child processes that never outlive their parent, however the parent ends.

Each child holds the reading end of a pipe whose writing end is the parent's alone; when the pipe closes the parent is
gone, and the child asks itself to end.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping

PATIENCE_SECONDS = 10.0
LIFELINE = "COMPTOIR_LIFELINE"
LISTENING = "COMPTOIR_LISTENING_FD"


class Child:
    """One `comptoir` command, run in a process of its own and started again when asked."""

    def __init__(
        self, name: str, arguments: list[str], environ: Mapping[str, str], listening: socket.socket | None = None
    ) -> None:
        """`listening` is a socket that the child takes over; `name` is how the terminal calls it."""
        self.name = name
        self._arguments = arguments
        self._environ = dict(environ)
        self._listening = listening
        self._process: subprocess.Popen[bytes] | None = None
        self._lifeline: int | None = None

    @property
    def code(self) -> int | None:
        """How it ended; a negative number is a signal."""
        return None if self._process is None else self._process.returncode

    @property
    def process_id(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        self._cut()
        theirs, self._lifeline = os.pipe()
        environ = self._environ | {LIFELINE: str(theirs)}
        handed = [theirs]
        if self._listening is not None:
            handed.append(self._listening.fileno())
            environ[LISTENING] = str(self._listening.fileno())
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "comptoir.cli", *self._arguments],
                env=environ,
                pass_fds=handed,
                stdin=subprocess.DEVNULL,
                # Ctrl-C reaches the parent alone, which ends its children in order.
                start_new_session=True,
            )
        finally:
            os.close(theirs)

    def ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def stop(self) -> None:
        """Ask it to end, wait, insist. May be called twice."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._cut()

    def _cut(self) -> None:
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None


def end_with_parent(environ: Mapping[str, str]) -> None:
    """In a child: watch the lifeline from a thread; when it closes, ask ourselves to end, wait, insist."""
    if LIFELINE not in environ:
        return
    lifeline = int(environ[LIFELINE])
    os.set_inheritable(lifeline, False)

    def watch() -> None:
        os.read(lifeline, 1)
        os.kill(os.getpid(), signal.SIGTERM)
        # The database went with the parent, and ending well may wait for it in vain.
        time.sleep(PATIENCE_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def handed_socket(environ: Mapping[str, str]) -> socket.socket | None:
    """In a child: the listening socket that the parent handed over, if it did."""
    if LISTENING not in environ:
        return None
    return socket.socket(fileno=int(environ[LISTENING]))
