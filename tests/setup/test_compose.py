"""The containers, without containers: both files are read, and every command runs with its environment on a plain
PostgreSQL."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
import yaml

from comptoir.kit import postgres

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "only-for-this-test"
GIVEN = {"COMPTOIR_SECRET": "forty bytes that nobody else would use..", "COMPTOIR_DB_PASSWORD": PASSWORD}
PATIENCE = 60.0


class Image(msgspec.Struct):
    """What the Dockerfile says."""

    base: str
    environment: dict[str, str]
    copied: list[str]
    entrypoint: list[str]
    user: str


def image() -> Image:
    text = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text())
    steps = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]

    def all_of(name: str) -> list[str]:
        return [rest for word, rest in steps if word == name]

    return Image(
        base=all_of("FROM")[0],
        environment=dict(pair.split("=", 1) for rest in all_of("ENV") for pair in rest.split()),
        copied=[source for rest in all_of("COPY") for source in rest.split()[:-1]],
        entrypoint=json.loads(all_of("ENTRYPOINT")[0]),
        user=all_of("USER")[-1],
    )


def compose(given: dict[str, str]) -> dict[str, Any]:
    """docker-compose.yml with its variables put in, the way docker compose does it."""

    def put_in(found: re.Match[str]) -> str:
        name, operator, rest = found.group(1), found.group(2), found.group(3)
        if given.get(name):
            return given[name]
        assert operator == ":-", f"{name}: {rest}"
        return rest

    text = (ROOT / "docker-compose.yml").read_text()
    read: dict[str, Any] = yaml.safe_load(re.sub(r"\$\{(\w+)(:[-?])([^}]*)\}", put_in, text))
    return read


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture(scope="module")
def plain_postgres() -> Iterator[int]:
    """The port of a PostgreSQL on TCP that asks for the password, as the container does."""

    async def set_password(dsn: str) -> None:
        connection = await asyncpg.connect(dsn)
        await connection.execute(f"ALTER ROLE comptoir PASSWORD '{PASSWORD}'")
        await connection.close()

    port = free_port()
    with postgres.temporary(tcp_port=port) as server:
        asyncio.run(set_password(server.dsn))
        yield port


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="comptoir-"))
    yield made
    shutil.rmtree(made)


def environment(name: str, database_port: int, web_port: int, home: Path) -> dict[str, str]:
    """The service's environment, with the container's names replaced by this machine's."""
    service = compose(GIVEN)["services"][name]
    said = image().environment | service["environment"]
    said["DATABASE_URL"] = said["DATABASE_URL"].replace("@postgres:5432/", f"@127.0.0.1:{database_port}/")
    said |= {"COMPTOIR_HOST": "127.0.0.1", "COMPTOIR_PORT": str(web_port), "COMPTOIR_DATA": str(home)}
    said["PYTHONPATH"] = said["PYTHONPATH"].replace("/app", str(ROOT))
    return {"PATH": os.environ["PATH"], **said}


def command(name: str) -> list[str]:
    python, *rest = image().entrypoint
    assert python == "python"
    return [sys.executable, *rest, *compose(GIVEN)["services"][name]["command"]]


@contextlib.contextmanager
def running(name: str, environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command(name), env=environ)
    try:
        yield process
        assert process.poll() is None, f"{name} ended by itself"
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def migrated(plain_postgres: int, home: Path) -> int:
    """The `migrate` service has run to its end."""
    environ = environment("migrate", plain_postgres, free_port(), home)
    assert subprocess.run(command("migrate"), env=environ, timeout=PATIENCE).returncode == 0
    return plain_postgres


def test_a_web_service_becomes_healthy_by_its_own_check_and_the_other_is_its_twin(migrated: int, home: Path) -> None:
    name, services = "web1", compose(GIVEN)["services"]
    assert {**services["web2"], "ports": None} == {**services["web1"], "ports": None}
    port = free_port()
    python, *check = compose(GIVEN)["services"][name]["healthcheck"]["test"][1:]
    assert python == "python"
    check = [word.replace(":8700/", f":{port}/") for word in check]
    with running(name, environment(name, migrated, port, home)) as process:
        deadline = time.monotonic() + PATIENCE
        while subprocess.run([sys.executable, *check], capture_output=True).returncode != 0:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_the_worker_connects_and_goes_on_until_it_is_told_to_end(migrated: int, home: Path) -> None:
    async def connected(dsn: str) -> bool:
        connection = await asyncpg.connect(dsn)
        try:
            seen = await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = 'comptoir' AND pid <> pg_backend_pid()"
            )
        finally:
            await connection.close()
        return bool(seen)

    environ = environment("worker", migrated, free_port(), home)
    with running("worker", environ) as process:
        deadline = time.monotonic() + PATIENCE
        while not asyncio.run(connected(environ["DATABASE_URL"])):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_a_container_without_its_secret_names_the_variable(home: Path) -> None:
    with pytest.raises(AssertionError, match="COMPTOIR_SECRET"):
        compose({"COMPTOIR_DB_PASSWORD": PASSWORD})


def test_every_service_of_ours_waits_for_the_tables() -> None:
    services = compose(GIVEN)["services"]
    assert set(services) == {"postgres", "mail", "migrate", "web1", "web2", "worker"}
    for name in ("web1", "web2", "worker"):
        assert services[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}


def test_only_this_machine_reaches_the_published_ports() -> None:
    published = [port for service in compose(GIVEN)["services"].values() for port in service.get("ports", [])]
    assert len(published) == 3
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_image_holds_what_it_copies_and_does_not_run_as_root() -> None:
    said = image()
    assert [source for source in said.copied if not (ROOT / source).exists()] == []
    assert said.user == "comptoir"
    version = re.fullmatch(r"python:3\.(\d+)-slim", said.base)
    assert version is not None
    assert int(version.group(1)) >= 11


def test_the_database_is_one_that_comptoir_accepts() -> None:
    version = re.fullmatch(r"postgres:(\d+)", compose(GIVEN)["services"]["postgres"]["image"])
    assert version is not None
    assert int(version.group(1)) >= 15
