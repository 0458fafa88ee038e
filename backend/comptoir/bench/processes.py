"""CPU seconds out of /proc: of one process, of a server with its backends, and of the whole machine."""

import os
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

_TICK = os.sysconf("SC_CLK_TCK")
LOOKS = 20
RACE_SECONDS = 0.02


def cpu_of(process: int, *, with_ended_children: bool = False) -> float:
    """CPU seconds `process` has used, with those of its ended and reaped children where asked; 0 when it is gone."""
    try:
        # The name is in parentheses and may hold spaces: the figures start after the last one.
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11 : 15 if with_ended_children else 13])) / _TICK


def children_of(process: int) -> list[int]:
    """The processes whose parent is `process`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == process:
                found.append(int(entry.name))
    return found


def cpu_of_family(process: int) -> float:
    """CPU seconds of a process, of its children, and of those that have ended (a postmaster and its backends)."""
    for _ in range(LOOKS):
        before = cpu_of(process, with_ended_children=True)
        living = sum(map(cpu_of, children_of(process)))
        # A child that is reaped between the two readings is in neither; then the first one has grown: look again.
        if cpu_of(process, with_ended_children=True) - before < RACE_SECONDS:
            break
        time.sleep(RACE_SECONDS)
    return before + living


def cpu_of_machine() -> float:
    """CPU seconds that the machine was not idle since it started; time stolen by neighbors counts as used."""
    with open("/proc/stat", encoding="ascii") as lines:
        user, nice, system, _idle, _wait, irq, softirq, steal = map(int, lines.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / _TICK


class Used(msgspec.Struct, frozen=True):
    """CPU seconds between two looks: the app, the database, this process, and everything on the machine."""

    seconds: float
    app: float
    database: float
    bench: float
    machine: float

    def other_cores(self, sender: float) -> float:
        """How many cores other programs used meanwhile, on average."""
        ours = self.app + self.database + self.bench + sender
        return max(0.0, (self.machine - ours) / self.seconds)


class Meter:
    """Looks at the clock of the app's processes and of the database; `used()` tells what went by since it was made."""

    def __init__(self, apps: Iterable[int], postmaster: int) -> None:
        self._apps, self._postmaster = tuple(apps), postmaster
        self._first = self._look()

    def _look(self) -> tuple[float, float, float, float, float]:
        return (
            time.perf_counter(),
            sum(map(cpu_of_family, self._apps)),
            cpu_of_family(self._postmaster),
            time.process_time(),
            cpu_of_machine(),
        )

    def used(self) -> Used:
        return Used(*(now - then for now, then in zip(self._look(), self._first, strict=True)))
