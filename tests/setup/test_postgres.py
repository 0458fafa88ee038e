"""The database launcher: it starts, keeps its data, is shared, and leaves no process behind."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from comptoir.kit import postgres

pytestmark = pytest.mark.anyio


@pytest.fixture
def empty() -> Iterator[Path]:
    """Short and open to the database's user, which pytest's own folders are not."""
    made = Path(tempfile.mkdtemp(prefix="comptoir-"))
    made.chmod(0o755)
    yield made / "postgres"
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def served_once() -> Iterator[Path]:
    """A folder whose cluster was made by a first start, to be copied for tests that ask about something else."""
    made = Path(tempfile.mkdtemp(prefix="comptoir-"))
    made.chmod(0o755)
    with postgres.started(made / "postgres"):
        pass
    yield made / "postgres"
    shutil.rmtree(made)


@pytest.fixture
def folder(empty: Path, served_once: Path) -> Path:
    subprocess.run(["cp", "-a", served_once, empty], check=True)
    return empty


async def value(dsn: str, statement: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def gone(process: int, seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


async def test_a_second_start_finds_what_the_first_one_wrote(empty: Path) -> None:
    with postgres.started(empty) as server:
        await value(server.dsn, "CREATE TABLE kept AS SELECT 'umbrella' AS name")
    with postgres.started(empty) as server:
        assert await value(server.dsn, "SELECT name FROM kept") == "umbrella"


async def test_stop_waits_until_no_process_is_left(folder: Path) -> None:
    server = postgres.started(folder).start()
    process = server.process_id
    server.stop()
    server.stop()
    assert gone(process, 0.0001)


async def test_a_second_process_shares_a_folder_that_is_already_served(folder: Path) -> None:
    with postgres.started(folder) as server:
        script = (
            "import sys, pathlib; from comptoir.kit import postgres\n"
            "with postgres.started(pathlib.Path(sys.argv[1])) as server: print(server.owned, server.process_id)"
        )
        told = subprocess.run([sys.executable, "-c", script, str(folder)], capture_output=True, text=True, check=True)
        assert told.stdout.split() == ["False", str(server.process_id)]
        assert await value(server.dsn, "SELECT 1") == 1


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
async def test_no_server_is_left_when_its_owner_is_killed(folder: Path, sign: signal.Signals) -> None:
    script = (
        "import sys, pathlib, time; from comptoir.kit import postgres\n"
        "print(postgres.started(pathlib.Path(sys.argv[1])).start().process_id, flush=True); time.sleep(60)"
    )
    owner = subprocess.Popen([sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    process = int(owner.stdout.readline())
    owner.send_signal(sign)
    owner.wait()
    owner.stdout.close()
    assert gone(process)
    with postgres.started(folder) as server:
        assert await value(server.dsn, "SELECT 1") == 1


async def test_a_folder_with_a_long_name_gets_its_socket_elsewhere(folder: Path) -> None:
    long = folder.parent / ("x" * 100) / "postgres"
    with postgres.started(long) as server:
        assert await value(server.dsn, "SELECT 1") == 1
        socket = server.socket_directory
    shutil.rmtree(socket)


async def test_a_database_is_cloned_from_a_template_with_its_rows() -> None:
    with postgres.temporary() as server:
        await value(server.dsn, "CREATE TABLE kept AS SELECT 7 AS seven")
        clone = await server.create_database("clone", template="comptoir")
        assert await value(clone, "SELECT seven FROM kept") == 7
        await server.drop_database("clone")
        with pytest.raises(asyncpg.InvalidCatalogNameError):
            await value(clone, "SELECT 1")


async def test_a_temporary_server_takes_its_folder_with_it() -> None:
    with postgres.temporary() as server:
        assert server.folder.exists()
    assert not server.folder.exists()


async def test_what_the_log_says_is_told_when_the_server_does_not_start(folder: Path) -> None:
    with pytest.raises(postgres.PostgresFailed, match="no_such_setting"):
        postgres.Server(folder, options=("no_such_setting=1",)).start()
    with postgres.started(folder) as server:
        assert await value(server.dsn, "SELECT 1") == 1


async def test_data_of_another_major_version_is_refused_by_name(folder: Path) -> None:
    with postgres.started(folder) as server:
        version = server.folder / "cluster" / "PG_VERSION"
    version.write_text("12\n")
    with pytest.raises(postgres.PostgresFailed, match="written by PostgreSQL 12"):
        postgres.started(folder).start()


async def test_the_tools_of_the_wheel_run() -> None:
    for name in ("psql", "pgbench", "pg_dump"):
        told = subprocess.run([postgres.tool_path(name), "--version"], capture_output=True, text=True, check=True)
        assert "PostgreSQL" in told.stdout
    with pytest.raises(postgres.PostgresFailed, match="pg_hammer"):
        postgres.tool_path("pg_hammer")
