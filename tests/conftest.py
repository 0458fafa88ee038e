"""What every test may ask for: a fresh migrated database, a browser's path; and what could not be run is told."""

import itertools
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import msgspec
import pytest

from comptoir.kit import postgres
from comptoir.kit.db import Pool
from tests.aside import run_aside
from tests.emptying import AsNew, as_new_of
from tests.keeping import keep, let_all_go, let_go
from tests.ready_server import MIGRATED, ready_server

CHROMIUM_NAMES = (
    "chromium-headless-shell", "chrome-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge",
)  # fmt: skip
"""The shell first: the same engine without a window around it, which opens a page in a quarter of the time."""
CHROMIUM_PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
_numbers = itertools.count(1)
_made: set[str] = set()
_not_run: list[str] = []


class Database(msgspec.Struct, frozen=True):
    """A migrated database of one test's own: its address, one open connection to look with, and a pool that is not to be closed."""

    dsn: str
    connection: "asyncpg.Connection[asyncpg.Record]"
    pool: Pool


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """One PostgreSQL for the whole run, not durable, gone at the end."""
    with ready_server(options=("max_connections=200",)) as server:
        yield server


@pytest.fixture(scope="session")
def template() -> str:
    """The name of a migrated, empty database, to be cloned by `postgres_server.create_database(name, template)`."""
    return MIGRATED


@pytest.fixture(scope="session")
def as_new(postgres_server: postgres.Server, template: str) -> AsNew:
    """What makes a database of this run as good as a fresh one."""
    return run_aside(as_new_of(postgres_server.dsn_of(template)))


@pytest.fixture(scope="session")
def emptied() -> list[str]:
    """Names of databases that wait for the next test."""
    return []


@pytest.fixture(scope="session")
async def connections() -> AsyncIterator[None]:
    """Connections outlive the tests, and so does the loop that they belong to."""
    yield
    await let_all_go()


@pytest.fixture
async def database(
    postgres_server: postgres.Server, template: str, as_new: AsNew, emptied: list[str], connections: None
) -> AsyncIterator[Database]:
    """A migrated, empty database that no other test sees: one that was emptied, or a clone of the template."""
    name = emptied.pop() if emptied else f"test_{next(_numbers)}"
    dsn = postgres_server.dsn_of(name)
    if name not in _made:
        dsn = await postgres_server.create_database(name, template)
        _made.add(name)
    kept = await keep(dsn)
    yield Database(dsn, kept.connection, kept.pool)
    if await as_new.empty(kept):
        emptied.append(name)
    else:
        await let_go(dsn)
        await postgres_server.drop_database(name)


def find_chromium(*, camera: bool = False) -> str | None:
    """COMPTOIR_CHROMIUM, or a Chromium or Chrome of this machine, or one that Playwright keeps; with `camera` none without its window."""

    def fits(path: str) -> bool:
        return not (camera and "headless" in path)

    given = os.environ.get("COMPTOIR_CHROMIUM")
    if given and fits(given):
        return given
    for name in CHROMIUM_NAMES:
        if (found := shutil.which(name)) and fits(found):
            return found
    kept = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    for pattern in ("chromium_headless_shell-*/*/*headless*shell", "chromium-*/chrome-linux*/chrome"):
        for found_path in sorted(kept.glob(pattern), reverse=True):
            if fits(str(found_path)):
                return str(found_path)
    return next((place for place in CHROMIUM_PLACES if Path(place).exists()), None)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser that the journeys drive. A test that asks for it is not run, and listed so, where there is none."""
    found = find_chromium()
    assert found is not None
    return found


@pytest.fixture(scope="session")
def camera_chromium_path() -> str:
    """A browser that can film and show notifications: the shell without a window can do neither."""
    found = find_chromium(camera=True)
    assert found is not None
    return found


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a browser the journeys cannot run: they are taken out and named, never silently passed over."""
    for fixture, found in (("chromium_path", find_chromium()), ("camera_chromium_path", find_chromium(camera=True))):
        browser = [item for item in items if fixture in getattr(item, "fixturenames", ())]
        if found is None and browser:
            _not_run.append(f"{len(browser)} browser journeys: no Chromium or Chrome on this machine for them")
            config.hook.pytest_deselected(items=browser)
            items[:] = [item for item in items if item not in browser]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        _not_run.append(f"{report.nodeid}: {reason}")


def pytest_sessionfinish() -> None:
    """`bin/test` names a file in COMPTOIR_NOT_RUN; one line for each thing that could not be run goes there."""
    place = os.environ.get("COMPTOIR_NOT_RUN")
    if place and _not_run:
        with Path(place).open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in _not_run)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _not_run:
        terminalreporter.section("not run")
        for line in _not_run:
            terminalreporter.line(line)
