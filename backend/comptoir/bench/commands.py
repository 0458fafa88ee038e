"""The command line of the bench: which measurement, how many clients, how long; figures on standard output."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from comptoir.bench import carriers, pricing, reading, scarce, throughput, tower
from comptoir.bench.floor import FloorFailed
from comptoir.bench.rig import BenchFailed, say

Measurement = Callable[[Sequence[int], int, int, int], tuple[dict[str, Any], list[str]]]
"""(clients, seconds, rounds, web processes) -> the JSON line, and what was found wrong afterwards."""

MEASUREMENTS: dict[str, Measurement] = {
    "M1": throughput.m1,
    "M1D": carriers.m1_dead,
    "M1P": pricing.m1_pricing,
    "M3": throughput.m3,
    "M4": throughput.m4,
    "M5": reading.m5,
    "M6": scarce.m6,
    "M8": tower.m8,
    "M11": tower.m11,
}


def counts(text: str) -> list[int]:
    """`32` or `1,8,32,64`: numbers of clients, each between 1 and 100."""
    try:
        found = [int(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError("is not a list of numbers") from None
    if not all(1 <= count <= 100 for count in found):
        raise argparse.ArgumentTypeError("numbers of clients are between 1 and 100")
    return found


def between(low: int, high: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdigit() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"is not a number between {low} and {high}")
        return int(text)

    return number


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="comptoir bench", description=__doc__)
    made.add_argument("measurement", choices=sorted(MEASUREMENTS), help="see docs/performance.md")
    made.add_argument("--clients", type=counts, default=[32], help="numbers of clients, as in 1,8,32,64 (default 32)")
    made.add_argument("--seconds", type=between(1, 600), default=20, help="length of one round (default 20)")
    made.add_argument(
        "--rounds", type=between(1, 20), default=3, help="rounds of ours and the floor in turn (default 3)"
    )
    made.add_argument("--processes", type=between(1, 8), default=1, help="web processes (default 1)")
    made.add_argument("--json", action="store_true", help="print the JSON line alone")
    return made


def run(argv: Sequence[str] | None = None) -> int:
    """Measure; the last line of standard output is the JSON line. 1 when something was violated or failed."""
    asked = parser().parse_args(argv)
    measure = MEASUREMENTS[asked.measurement]
    try:
        figures, wrong = measure(asked.clients, asked.seconds, asked.rounds, asked.processes)
    except (BenchFailed, FloorFailed) as failed:
        say(str(failed))
        return 1
    except KeyboardInterrupt:
        return 130
    for sentence in wrong:
        say(f"VIOLATED: {sentence}")
    if not asked.json:
        sys.stdout.write(table(figures) + "\n")
    sys.stdout.write(json.dumps(figures, separators=(",", ":")) + "\n")
    return 1 if wrong else 0


def table(figures: dict[str, Any]) -> str:
    """The runs as aligned columns."""
    names = list(figures["runs"][0])
    rows = [names, *([str(entry[name]) for name in names] for entry in figures["runs"])]
    widths = [max(len(row[i]) for row in rows) for i in range(len(names))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
