"""Processes of the app that begin where its imports end: one that is prepared forks, so that a shop opens in a moment.

Run as a program it reads lines of JSON, {"part": "web" or "worker", "environ": {...}}, and answers each with a process id.
"""

import atexit
import gc
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import cache

import psutil

from comptoir import app, cli, webserver, worker
from comptoir.app import create_app
from comptoir.invoices import pdf
from comptoir.web import precache
from comptoir.web.pages import shell
from tests.aside import end_with_us

PATIENCE = 20.0


class Started:
    """A part of the app that runs in a process of its own."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def runs(self) -> bool:
        return psutil.pid_exists(self.pid)

    def terminate(self) -> None:
        if self.runs():
            os.kill(self.pid, signal.SIGTERM)

    def wait(self) -> None:
        """Until it is gone; it is killed when it does not end by itself."""
        deadline = time.monotonic() + PATIENCE
        while self.runs():
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
            time.sleep(0.01)


@cache
def _prepared() -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.browser.prepared"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    atexit.register(process.stdin.close)
    return process


def start(part: str, environ: Mapping[str, str]) -> Started:
    """Run `comptoir <part>` with this environment."""
    process = _prepared()
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps({"part": part, "environ": dict(environ)}) + "\n")
    process.stdin.flush()
    return Started(int(process.stdout.readline()))


def make_ready() -> None:
    """The app, and what a handheld keeps of it, made before the first fork: a shop would make them for itself at its first visitor."""
    assert webserver and worker and pdf  # what they import, now or once they draw
    ready = create_app()
    assets = ready.state.assets
    kept = precache.release(assets, ready.state.templates, ready.state.brand, frozenset())
    shell.squeezed(kept.piece)
    for name in precache.files(assets):
        assert assets.named(name).brotli is not None
    app.create_app = lambda: ready  # type: ignore[assignment]
    gc.collect()
    gc.freeze()


def main() -> None:
    """Fork for every line; whoever ends is let go at once."""
    make_ready()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        asked = json.loads(line)
        if pid := os.fork():
            print(pid, flush=True)
            continue
        end_with_us()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nothing, number)
        os.environ.clear()
        os.environ.update(asked["environ"])
        os._exit(cli.main([asked["part"]]))


if __name__ == "__main__":
    main()
