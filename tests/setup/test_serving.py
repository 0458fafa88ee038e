"""`comptoir serve`: one command opens everything, and leaves nothing running however it ends."""

import contextlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import psutil
import pytest

from comptoir.kit import postgres

PATIENCE = 120.0


def make_folder() -> Path:
    """A folder that whoever runs the database may enter; in memory where there is room, as nobody's data is in it."""
    made = Path(tempfile.mkdtemp(prefix="comptoir-", dir=postgres.quick_folder()))
    made.chmod(0o755)
    return made


@pytest.fixture
def folder() -> Iterator[Path]:
    made = make_folder()
    yield made
    shutil.rmtree(made)


def environment(folder: Path, **more: str) -> dict[str, str]:
    plain = {
        name: text for name, text in os.environ.items() if not name.startswith(("COMPTOIR_", "DATABASE_URL", "PG"))
    }
    return plain | {"COMPTOIR_DATA": str(folder / "data")} | more


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "comptoir.cli", *words]


class Served:
    """A `comptoir serve` that says it is open; what it said, and all processes it started."""

    def __init__(self, environ: dict[str, str], *words: str) -> None:
        self.process = subprocess.Popen(
            command("serve", *words), env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout is not None
        self.said: list[str] = []
        for line in self.process.stdout:
            self.said.append(line.rstrip())
            if "Ctrl-C" in line:
                break
        else:
            raise AssertionError("\n".join(self.said))
        self.address = next(word for line in self.said for word in line.split() if word.startswith("http"))
        # The database's watchdog and server run apart from the others and are found by their parent all the same.
        self.family = psutil.Process(self.process.pid).children(recursive=True)

    def end(self, sign: signal.Signals) -> int:
        assert self.process.stdout is not None
        self.process.send_signal(sign)
        code = self.process.wait(PATIENCE)
        self.process.stdout.close()
        return code


class Ended(msgspec.Struct):
    """What a first start on a fresh machine said and did, from its beginning to Ctrl-C."""

    folder: Path
    said: list[str]
    address: str
    answered: int
    processes: int
    code: int
    left: list[psutil.Process]


@pytest.fixture(scope="module")
def first() -> Iterator[Ended]:
    made = make_folder()
    served = Served(environment(made), "--dev")
    answered = httpx.get(f"{served.address}/health").status_code
    code = served.end(signal.SIGINT)
    yield Ended(made, served.said, served.address, answered, len(served.family), code, left_of(served.family))
    shutil.rmtree(made)


@pytest.fixture
def again(first: Ended, folder: Path) -> Path:
    """A folder that was served before: its database is there, with the demo world."""
    subprocess.run(["cp", "-a", first.folder / "data", folder / "data"], check=True)
    return folder


@contextlib.contextmanager
def serving(environ: dict[str, str], *words: str) -> Iterator[Served]:
    served = Served(environ, *words)
    try:
        yield served
    finally:
        if served.process.poll() is None:
            served.end(signal.SIGTERM)


def left_of(family: list[psutil.Process]) -> list[psutil.Process]:
    _, alive = psutil.wait_procs(family, timeout=30)
    return alive


def test_the_first_address_printed_answers_and_ctrl_c_leaves_nothing_running(first: Ended) -> None:
    assert first.address.startswith("http://127.0.0.1:")
    assert first.answered == 200
    assert first.processes >= 4
    assert first.code == 0
    assert first.left == []


def test_a_second_start_finds_its_data_serves_a_phone_revives_a_web_process_and_killed_outright_leaves_nothing(
    first: Ended, again: Path
) -> None:
    assert any("Loading the demo world" in line for line in first.said)
    with contextlib.ExitStack() as busy:
        with contextlib.suppress(OSError):  # somebody else has it, which is as good
            busy.enter_context(socket.create_server(("127.0.0.1", 8700)))
        served = busy.enter_context(serving(environment(again), "--dev", "--phone"))
        assert not any("Loading the demo world" in line for line in served.said)
        assert any("PIN" in line for line in served.said)
        # The default port is taken and gives way.
        assert served.address.startswith("http://127.0.0.1:")
        assert served.address != "http://127.0.0.1:8700"

        # A phone is given HTTPS by the local authority, and a code to scan.
        secure = next(word for line in served.said for word in line.split() if word.startswith("https://"))
        trusted = ssl.create_default_context(cafile=again / "data" / "phone" / "authority.pem")
        assert httpx.get(f"{secure}/health", verify=trusted).status_code == 200
        assert any("█" in line for line in served.said)

        web = next(one for one in served.family if one.cmdline()[-1] == "web")
        web.kill()
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{served.address}/health", timeout=PATIENCE).status_code == 200:
                    break
            time.sleep(0.05)
        children = psutil.Process(served.process.pid).children(recursive=True)
        revived = [one for one in children if one.cmdline()[-1:] == ["web"]]
        assert [one.pid for one in revived] != [web.pid]

        served.end(signal.SIGKILL)
        assert left_of([*served.family, *revived]) == []


def test_a_busy_port_that_was_asked_for_is_told(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        environ = environment(folder, COMPTOIR_PORT=str(busy.getsockname()[1]))
        told = subprocess.run(command("serve"), env=environ, capture_output=True, text=True)
    assert told.returncode == 2
    assert "COMPTOIR_PORT: cannot listen" in told.stderr


@pytest.mark.parametrize("name", ["serve", "web", "worker", "migrate"])
def test_production_without_a_secret_refuses_to_start_and_names_the_variable(folder: Path, name: str) -> None:
    environ = environment(folder, COMPTOIR_ENV="production")
    told = subprocess.run(command(name), env=environ, capture_output=True, text=True)
    assert told.returncode == 2
    assert "COMPTOIR_SECRET is missing" in told.stderr
    assert "Traceback" not in told.stderr


def test_the_demo_world_is_refused_in_production(folder: Path) -> None:
    environ = environment(folder, COMPTOIR_ENV="production", COMPTOIR_SECRET="x" * 40)
    told = subprocess.run(command("serve", "--dev"), env=environ, capture_output=True, text=True)
    assert told.returncode == 2
    assert "COMPTOIR_ENV says production" in told.stderr


def test_a_database_that_does_not_answer_is_told_without_its_password(folder: Path) -> None:
    environ = environment(folder, DATABASE_URL="postgresql://comptoir:hush-hush@127.0.0.1:9/comptoir")
    told = subprocess.run(command("migrate"), env=environ, capture_output=True, text=True)
    assert told.returncode == 2
    assert "DATABASE_URL: the database does not answer" in told.stderr
    assert "hush-hush" not in told.stderr + told.stdout


def test_database_url_replaces_the_built_in_database(folder: Path) -> None:
    with postgres.temporary() as server:
        told = subprocess.run(command("migrate"), env=environment(folder, DATABASE_URL=server.dsn), timeout=PATIENCE)
        assert told.returncode == 0
    assert not (folder / "data" / "postgres").exists()
