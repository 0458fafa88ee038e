"""`comptoir serve`: one process that starts the database, the web server and the worker, and leaves nothing behind.

The listening socket is opened here and handed to the web process, so the port is known before anything is printed and
a web process that has to be started again loses no connection.
"""

import asyncio
import contextlib
import http.client
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from types import FrameType

import asyncpg

from comptoir import migrating
from comptoir.kit import phone, postgres
from comptoir.kit.children import Child
from comptoir.settings import DEFAULT_PORT, BadSetting, Settings

OLDEST_POSTGRES = 15
PORTS_TRIED = 50
READY_SECONDS = 60.0
RESTARTS_PER_MINUTE = 5
BEAT_SECONDS = 0.1


class CannotServe(Exception):
    """Serving cannot start or go on; the text says why and what to do."""


def serve(environ: Mapping[str, str], *, dev: bool, on_lan: bool) -> int:
    """Run until Ctrl-C or SIGTERM; 0 when asked to end, 1 when a part keeps failing. Raises BadSetting, CannotServe."""
    environ = dict(environ)
    if dev and environ.setdefault("COMPTOIR_ENV", "dev") != "dev":
        raise BadSetting("COMPTOIR_ENV", "says production, and --dev is for a developer's machine alone")
    settings = Settings.from_env(environ)
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, _interrupt)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        # Under nohup a closed terminal means go on; otherwise it means end.
        signal.signal(signal.SIGHUP, _interrupt)
    with contextlib.ExitStack() as stack:
        try:
            return _serve(stack, settings, environ, dev=dev, on_lan=on_lan)
        except KeyboardInterrupt:
            say("\nStopping.")
            return 0
        finally:
            _end_undisturbed()


def _serve(stack: contextlib.ExitStack, settings: Settings, environ: dict[str, str], *, dev: bool, on_lan: bool) -> int:
    listening = stack.enter_context(listen(settings))
    port = listening.getsockname()[1]
    say("Starting the database.")
    dsn = stack.enter_context(open_database(settings))
    say("Bringing its tables up to date.")
    asyncio.run(migrating.migrate(dsn))
    environ |= {"DATABASE_URL": dsn, "COMPTOIR_PORT": str(port), "COMPTOIR_DATA": str(settings.data)}
    if dev:
        load_demo(environ)

    lan = stack.enter_context(phone.opened(settings.data / "phone", port)) if on_lan else None
    children = [Child("web", ["web"], environ, listening)]
    if lan is not None:
        environ = environ | {"COMPTOIR_URL": lan.url, "COMPTOIR_SECURE_COOKIES": "yes"}
        children.append(
            Child(
                "web on the LAN",
                ["web", "--certificate", str(lan.certificate), "--key", str(lan.key)],
                environ,
                lan.listening,
            )
        )
    children.append(Child("worker", ["worker"], environ))
    for child in children:
        # Ended in the opposite order: the worker first, the database last.
        stack.callback(child.stop)
        child.start()
    _wait_until_ready(children, settings.host, port)
    say(f"\nComptoir is open at http://{_reachable(settings.host)}:{port}")
    if dev:
        for line in demo_logins():
            say(f"  {line}")
    if lan is not None:
        lan.tell(say)
    say("\nCtrl-C ends it.")
    return _watch(children)


def say(text: str) -> None:
    """One line for the person at the terminal, shown at once."""
    print(text, flush=True)


@contextlib.contextmanager
def open_database(settings: Settings) -> Iterator[str]:
    """The address of DATABASE_URL, checked, or of the built-in database, started or shared. Raises CannotServe."""
    if settings.database_url is not None:
        asyncio.run(_check_version(settings.database_url))
        yield settings.database_url
        return
    try:
        server = postgres.started(settings.database_folder).start()
    except (postgres.PostgresFailed, OSError) as error:
        raise CannotServe(f"The built-in database does not start. {error}") from error
    try:
        yield server.dsn
    finally:
        server.stop()


async def _check_version(dsn: str) -> None:
    try:
        connection = await asyncpg.connect(dsn, timeout=10)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError, TimeoutError) as error:
        # asyncpg's own words may hold the address with its password; the kind of error does not.
        told = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise CannotServe(f"DATABASE_URL: the database does not answer ({told}).") from None
    try:
        number = int(await connection.fetchval("SELECT current_setting('server_version_num')"))
    finally:
        await connection.close()
    if number // 10000 < OLDEST_POSTGRES:
        raise CannotServe(
            f"DATABASE_URL names a PostgreSQL {number // 10000}; Comptoir needs PostgreSQL {OLDEST_POSTGRES} or newer."
        )


@contextlib.contextmanager
def listen(settings: Settings) -> Iterator[socket.socket]:
    """The web's socket: the port that was asked for, or the next free one when none was. Raises CannotServe."""
    last = settings.port if settings.port_given else DEFAULT_PORT + PORTS_TRIED
    for port in range(settings.port, last + 1):
        try:
            listening = bound(settings.host, port)
        except OSError as error:
            refused = error
            continue
        with listening:
            yield listening
        return
    raise CannotServe(f"COMPTOIR_PORT: cannot listen on {settings.host}:{settings.port} ({refused.strerror}).")


def bound(host: str, port: int) -> socket.socket:
    """A listening TCP socket. Raises OSError when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=2048)


def load_demo(environ: Mapping[str, str]) -> None:
    """Fill an empty database with the demo world; a database with anything in it is left alone."""
    from comptoir import seeding

    seeding.fill_if_empty(environ["DATABASE_URL"], Settings.from_env(environ), say)


def demo_logins() -> list[str]:
    """One line per demo login, to be printed under the address."""
    from comptoir import seeding

    return list(seeding.logins())


def _wait_until_ready(children: list[Child], host: str, port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        connection = http.client.HTTPConnection(_reachable(host), port, timeout=5)
        try:
            connection.request("GET", "/health")
            if connection.getresponse().status < 500:
                return
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        for child in children:
            if child.ended():
                raise CannotServe(f"The {child.name} process ended with code {child.code} before it was ready.")
        if time.monotonic() > deadline:
            raise CannotServe(f"The web process did not answer within {READY_SECONDS:.0f} seconds.")
        time.sleep(BEAT_SECONDS)


def _watch(children: list[Child]) -> int:
    """Start again what ends by itself; give up on what keeps ending."""
    ends: dict[str, list[float]] = {child.name: [] for child in children}
    while True:
        for child in children:
            if not child.ended():
                continue
            moment = time.monotonic()
            ends[child.name] = [one for one in ends[child.name] if one > moment - 60] + [moment]
            if len(ends[child.name]) > RESTARTS_PER_MINUTE:
                print(f"The {child.name} process keeps ending (code {child.code}); giving up.", file=sys.stderr)
                return 1
            print(f"The {child.name} process ended with code {child.code}; starting it again.", file=sys.stderr)
            child.start()
        time.sleep(BEAT_SECONDS)


def _reachable(host: str) -> str:
    """The address to open in a browser of this machine, for a server that listens on `host`."""
    return "127.0.0.1" if host in ("0.0.0.0", "::", "localhost") else host


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _end_undisturbed() -> None:
    """A second Ctrl-C must not leave half of the parts running; each of them has its own time limit."""
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)
