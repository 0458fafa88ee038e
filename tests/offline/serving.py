"""The real app for one story after another: each in a process of its own, on a database of its own, by a clock that is moved.

A line of JSON on standard input begins a story: {"dsn": ..., "bug": null or the name of a planted one}; "end" ends it.
"""

import json
import mmap
import os
import signal
import socket
import struct
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
import uvloop

from comptoir import app as built
from comptoir.app import create_app
from comptoir.flows import take_reports
from comptoir.house import open_house
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.settings import Settings
from comptoir.web.assets import Assets


class MovedClock:
    """The time of this machine and as many seconds more as the first eight bytes of a file say."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._ahead = mmap.mmap(file.fileno(), 8)

    def __call__(self) -> datetime:
        (seconds,) = struct.unpack("d", self._ahead[:8])
        return datetime.now(UTC) + timedelta(seconds=seconds)


def move_clock(path: Path, seconds: float) -> None:
    """Let every process that reads this file be so many seconds ahead.

    Written in place: who has the file mapped dies without a word when it is shorter for a moment.
    """
    with path.open("r+b" if path.exists() else "wb") as file:
        file.write(struct.pack("d", seconds))


def forget_what_was_told() -> None:
    """A planted bug: the server applies a fact that it knows again, as one without a memory would."""
    taken = take_reports.TakeReports.__call__

    async def call(self: Any, tx: Tx, batch: take_reports.Batch, device: Actor, now: datetime) -> Any:
        for event in batch.events:
            await tx.run("DELETE FROM device_event WHERE id = $1", event.id)
        await tx.run(
            "UPDATE journal SET expected_seq = least(expected_seq, $2) WHERE id = $1",
            batch.journal_id,
            batch.events[0].seq,
        )
        return await taken(self, tx, batch, device, now)

    take_reports.TakeReports.__call__ = call  # type: ignore[method-assign]


BUGS = {"applies_again": forget_what_was_told}


async def serve(dsn: str, clock: MovedClock, listening: socket.socket) -> None:
    house = await open_house(Settings.from_env(os.environ), dsn, clock)
    app = create_app(house)
    await uvicorn.Server(
        uvicorn.Config(
            app, http="httptools", access_log=False, log_config=None, server_header=False, timeout_keep_alive=75
        )
    ).serve(sockets=[listening])


def main() -> int:
    listening = socket.socket(fileno=int(sys.argv[1]))
    clock = MovedClock(Path(sys.argv[2]))
    if len(sys.argv) > 3:
        held = Assets(Path(sys.argv[3]))
        built.kept_assets = lambda: held  # type: ignore[assignment]
    create_app()
    child = 0
    for line in sys.stdin:
        if child:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            child = 0
        if line.strip() == "end":
            continue
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            if asked["bug"] in BUGS:
                BUGS[asked["bug"]]()
            uvloop.run(serve(asked["dsn"], clock, listening))
            os._exit(0)
    if child:
        os.kill(child, signal.SIGKILL)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
