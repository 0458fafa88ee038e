"""The whole suite as a few runs of pytest side by side, types beside them: `.venv/bin/python -m tests.side_by_side`.

As many at a time as there are processors (or as COMPTOIR_LANES says), the longest first, and beside them one of those that nothing hurries, in
what the others leave: a page that waits looks at its clock sixty times a second, so a third browser would cost everybody more than it
gains. Each has a copy of one ready database server and, for pages, a browser of its own; tests of pages have an event loop in the thread, so they never
share a process with others. What each run says is printed when it ends. A browser on a busy machine may be late for a test: what
failed in a run that uses one is tried once more when nothing else runs, and said so.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Final

import msgspec

from tests.ready_server import NAMED, made_once

FAILED: Final = 1
"""pytest's code for "tests failed"; anything above is a run that broke off, and no second try makes that good."""
NONE_LEFT: Final = 5
LEAN: Final = ("-p", "no:schemathesis", "-p", "no:faker")
"""What these would bring is two seconds of every start."""
NO_CACHE: Final = ("--cache-dir=/dev/null",) if os.environ.get("CI") == "true" else ()
"""What types keep for the next run costs time that a machine without a next run need not spend."""

HANDHELDS: Final = tuple(
    f"tests/browser/test_{name}.py"
    for name in ("counter_offline", "journey", "nothing_lost", "outbox", "packs_offline", "people_offline", "scan_box", "shell")
)  # fmt: skip
EVERY_PAGE: Final = "tests/browser/test_every_page.py"
DOORS: Final = ("tests/api", "tests/connectors", "tests/properties")
PROCESSES: Final = ("tests/faults", "tests/setup")
MESSAGES: Final = "tests/notifications"
FLOWS: Final = "tests/flows"
DRAWN: Final = "tests/pages"


class Group(msgspec.Struct, frozen=True):
    """A run beside others. `late`: a browser may be late for it. `patient`: it has no clock to look at and takes what is left."""

    name: str
    words: tuple[str, ...]
    late: bool = False
    patient: bool = False


def tests(*words: str) -> tuple[str, ...]:
    return "pytest", *words


def without(*paths: str) -> tuple[str, ...]:
    return tuple(f"--ignore={path}" for path in paths)


GROUPS: Final = (
    Group("devices without network", tests(*LEAN, *HANDHELDS), late=True),
    Group("pages", tests(*LEAN, "tests/browser", *without(EVERY_PAGE, *HANDHELDS)), late=True),
    Group("processes", tests(*LEAN, *PROCESSES)),
    Group("every page", tests(*LEAN, EVERY_PAGE), late=True),
    Group("stories", tests(*LEAN, "tests/offline"), late=True),
    Group("doors", tests(*DOORS), patient=True),
    Group("flows", tests(*LEAN, FLOWS), patient=True),
    Group("drawn pages", tests(*LEAN, DRAWN), patient=True),
    Group("messages", tests(*LEAN, MESSAGES), patient=True),
    Group("rules", tests(*LEAN, "tests", *without("tests/browser", "tests/offline", MESSAGES, *DOORS, *PROCESSES, FLOWS, DRAWN)), patient=True),
    Group("types", ("mypy", *NO_CACHE, "backend/comptoir"), patient=True),
)  # fmt: skip
"""Those in a hurry first. Whatever no other group names is among rules, so no test is forgotten."""


def begin(group: Group, folder: Path, *more: str) -> tuple[int, str]:
    """Exit code and everything that one run said."""
    command = [sys.executable, "-m", *group.words]
    if group.words[0] == "pytest":
        command += ["-o", f"cache_dir={folder / group.name.replace(' ', '-')}", *more]
    if group.patient and (nice := shutil.which("nice")):
        command = [nice, "-n", "10", *command]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout.decode(errors="replace")


def next_of(waiting: list[Group], running: Collection[Group], lanes: int) -> Group | None:
    """Who begins now: no more in a hurry than there are lanes, and one patient run beside them."""
    if len(running) > lanes:
        return None
    hurried = sum(not group.patient for group in running)
    return next((group for group in waiting if group.patient or hurried < lanes), None)


def say(words: str) -> None:
    print(words, flush=True)


def lanes() -> int:
    return int(os.environ.get("COMPTOIR_LANES") or os.cpu_count() or 1)


def main() -> int:
    """Exit status 1 when anything failed; its names are the last lines."""
    failed: list[str] = []
    again: list[Group] = []
    waiting = list(GROUPS)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name, made_once() as ready, ThreadPoolExecutor(lanes() + 1) as pool:
        folder = Path(name)
        os.environ[NAMED] = str(ready)
        running: dict[Future[tuple[int, str]], Group] = {}
        say(f"== {', '.join(group.name for group in GROUPS)}: {lanes()} at a time and one in what they leave")
        while waiting or running:
            while group := next_of(waiting, running.values(), lanes()):
                waiting.remove(group)
                running[pool.submit(begin, group, folder, "--durations=15")] = group
            done, _ = wait(running, timeout=60, return_when=FIRST_COMPLETED)
            say(f"== after {time.monotonic() - began:.0f} s, {len(waiting) + len(running) - len(done)} left")
            for ended in done:
                group, (code, said) = running.pop(ended), ended.result()
                say(f"== {group.name}\n{said.rstrip()}")
                if code == FAILED and group.late:
                    again.append(group)
                elif code:
                    failed.append(group.name)
        for group in again:
            say(f"== once more, alone: {group.name}")
            code, said = begin(group, folder, "--last-failed", "--last-failed-no-failures=none")
            say(said.rstrip())
            if code not in (0, NONE_LEFT):
                failed.append(group.name)
    for words in failed:
        say(f"FAILED: {words}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
