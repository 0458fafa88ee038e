"""The whole suite as a few runs of pytest side by side, types beside them: `.venv/bin/python -m tests.side_by_side`.

As many at a time as COMPTOIR_LANES says (default: one more than there are processors, as a page waits now and then), the longest first. Each has
a database server and, for pages, a browser of its own; tests of pages have an event loop in the thread, so they never share a
process with others. What each run says is printed when it ends. A browser on a busy machine may be late for a test: what failed
in a run that uses one is tried once more when nothing else runs, and said so.
"""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Final

import msgspec

FAILED: Final = 1
"""pytest's code for "tests failed"; anything above is a run that broke off, and no second try makes that good."""
NONE_LEFT: Final = 5
LEAN: Final = ("-p", "no:schemathesis", "-p", "no:faker")
"""What these would bring is two seconds of every start."""
HANDHELDS: Final = tuple(
    f"tests/browser/test_{name}.py"
    for name in ("counter_offline", "journey", "nothing_lost", "outbox", "packs_offline", "people_offline", "scan_box", "shell")
)  # fmt: skip
EVERY_PAGE: Final = "tests/browser/test_every_page.py"
DOORS: Final = ("tests/api", "tests/connectors", "tests/properties")
PROCESSES: Final = ("tests/faults", "tests/setup")
FLOWS: Final = ("tests/flows", "tests/pages")


class Group(msgspec.Struct, frozen=True):
    """Tests that share a process. `late`: a browser may be late for them."""

    name: str
    words: tuple[str, ...]
    late: bool = False


def without(*paths: str) -> tuple[str, ...]:
    return tuple(f"--ignore={path}" for path in paths)


GROUPS: Final = (
    Group("devices without network", (*LEAN, *HANDHELDS), late=True),
    Group("pages", (*LEAN, "tests/browser", *without(EVERY_PAGE, *HANDHELDS)), late=True),
    Group("processes", (*LEAN, *PROCESSES)),
    Group("every page", (*LEAN, EVERY_PAGE), late=True),
    Group("flows", (*LEAN, *FLOWS)),
    Group("doors", DOORS),
    Group("stories", (*LEAN, "tests/offline"), late=True),
    Group("rules", (*LEAN, "tests", *without("tests/browser", "tests/offline", *DOORS, *PROCESSES, *FLOWS))),
)
"""The longest first. Whatever no other group names is among rules, so no test is forgotten."""


def pytest(group: Group, folder: Path, *more: str) -> tuple[int, str]:
    """Exit code and everything that one run said."""
    cache = f"cache_dir={folder / group.name.replace(' ', '-')}"
    return run([sys.executable, "-m", "pytest", "-o", cache, *more, *group.words])


def run(command: list[str]) -> tuple[int, str]:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout.decode(errors="replace")


def say(words: str) -> None:
    print(words, flush=True)


def lanes() -> int:
    return int(os.environ.get("COMPTOIR_LANES") or min(len(GROUPS) + 1, (os.cpu_count() or 1) + 1))


def main() -> int:
    """Exit status 1 when anything failed; its names are the last lines."""
    failed: list[str] = []
    again: list[Group] = []
    began = time.monotonic()
    # What is kept for the next run costs time that a machine without a next run need not spend.
    no_cache = ["--cache-dir=/dev/null"] if os.environ.get("CI") == "true" else []
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(lanes()) as pool:
        folder = Path(name)
        running: dict[Future[tuple[int, str]], Group | None] = {
            pool.submit(pytest, group, folder, "--durations=15"): group for group in GROUPS
        }
        running[pool.submit(run, [sys.executable, "-m", "mypy", *no_cache, "backend/comptoir"])] = None
        say(f"== {', '.join(group.name for group in GROUPS)}, types: {lanes()} at a time")
        while running:
            done, _ = wait(running, timeout=60, return_when=FIRST_COMPLETED)
            say(f"== after {time.monotonic() - began:.0f} s, {len(running) - len(done)} left")
            for ended in done:
                group, (code, said) = running.pop(ended), ended.result()
                say(f"== {group.name if group else 'types'}\n{said.rstrip()}")
                if code == FAILED and group and group.late:
                    again.append(group)
                elif code:
                    failed.append(group.name if group else "types")
        for group in again:
            say(f"== once more, alone: {group.name}")
            code, said = pytest(group, folder, "--last-failed", "--last-failed-no-failures=none")
            say(said.rstrip())
            if code not in (0, NONE_LEFT):
                failed.append(group.name)
    for words in failed:
        say(f"FAILED: {words}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
