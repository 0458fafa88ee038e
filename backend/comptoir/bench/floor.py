"""Runs pgbench with one of our floors on the same database; the figure that ours is held against."""

import re
import resource
import subprocess
from pathlib import Path

import msgspec

from comptoir.kit.postgres import tool_path

FLOOR_11 = Path(__file__).with_name("floor_11.sql")
AVAILABILITY_1 = Path(__file__).with_name("floor_availability_1.sql")
AVAILABILITY_20 = Path(__file__).with_name("floor_availability_20.sql")
MARGIN_SECONDS = 60


class FloorFailed(Exception):
    """pgbench stopped before its time; the text is what it said."""


class Floor(msgspec.Struct, frozen=True):
    """Transactions per second, their mean latency, and the CPU seconds of pgbench itself."""

    per_s: float
    mean_ms: float
    transactions: int
    cpu: float


def run(script: Path, dsn: str, clients: int, seconds: int, threads: int = 1) -> Floor:
    """Run `script` with prepared statements for `seconds`. Raises FloorFailed when any statement failed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    finished = subprocess.run(
        [
            str(tool_path("pgbench")), "--no-vacuum", "--protocol=prepared", f"--file={script}", f"--client={clients}",
            f"--jobs={min(threads, clients)}", f"--time={seconds}", dsn,
        ],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=seconds + MARGIN_SECONDS,
        check=False,
        cwd="/",
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    rate = re.search(r"^tps = ([0-9.]+)", finished.stdout, re.MULTILINE)
    latency = re.search(r"^latency average = ([0-9.]+) ms", finished.stdout, re.MULTILINE)
    count = re.search(r"actually processed: ([0-9]+)", finished.stdout)
    if finished.returncode != 0 or not (rate and latency and count):
        raise FloorFailed(
            f"pgbench ended with {finished.returncode}:\n{finished.stdout[-800:]}{finished.stderr[-800:]}"
        )
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Floor(float(rate[1]), float(latency[1]), int(count[1]), used)
