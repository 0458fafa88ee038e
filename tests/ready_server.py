"""A database server with a migrated database in it, made once for a run and copied for each of its parts.

`tests.side_by_side` makes it and names its folder in COMPTOIR_READY; without that name each server is made anew. A copy takes a tenth of a
second, a new one two seconds of a processor.
"""

import asyncio
import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from comptoir import migrating
from comptoir.kit import postgres
from tests.aside import run_aside

NAMED: Final = "COMPTOIR_READY"
MIGRATED: Final = "migrated"
"""The name of the migrated, empty database, to be cloned by `Server.create_database(name, MIGRATED)`."""


async def migrate(server: postgres.Server) -> None:
    await migrating.migrate(await server.create_database(MIGRATED))


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="comptoir-", dir=postgres.quick_folder()))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextlib.contextmanager
def made_once() -> Iterator[Path]:
    """The folder of a server that has ended well: what is to be copied."""
    with folder() as made:
        with postgres.Server(made, durable=False) as server:
            asyncio.run(migrate(server))
        yield made


@contextlib.contextmanager
def ready_server(options: tuple[str, ...]) -> Iterator[postgres.Server]:
    """A server for one run, not durable, gone at the end, that holds `MIGRATED`."""
    like = os.environ.get(NAMED)
    with folder() as made:
        if like:
            subprocess.run(["cp", "-a", f"{like}/cluster", f"{made}/cluster"], check=True)
        with postgres.Server(made, durable=False, options=options) as server:
            if not like:
                run_aside(migrate(server))
            yield server
