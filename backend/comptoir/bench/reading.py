"""M5: availability over HTTP, fresh as of the last commit, beside the same reads by pgbench."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from comptoir.bench import floor, world
from comptoir.bench.bodies import Ranks
from comptoir.bench.processes import Meter
from comptoir.bench.rig import BenchFailed, Rig, say
from comptoir.bench.sender import Plan, Seen

PATHS = 2_000
"""Different questions of one round, asked in turn."""

SKUS_AT_ONCE = 20


def one_sku_everywhere(size: world.Size) -> tuple[str, ...]:
    """One SKU over all pickup stores, seen from Lyon."""
    ranks = Ranks(5, size.skus)
    return tuple(
        f"/api/v1/availability/pickup?sku={world.sku(ranks.distinct(1)[0])}&postcode=69003&limit={size.stores}"
        for _ in range(PATHS)
    )


def many_skus_of_one_store(size: world.Size) -> tuple[str, ...]:
    """Twenty SKUs that follow one another, of one store."""
    draw = Ranks(6, size.skus).random.randrange
    paths = []
    for _ in range(PATHS):
        first = draw(size.skus - SKUS_AT_ONCE)
        asked = "&".join(f"sku={world.sku(first + n)}" for n in range(SKUS_AT_ONCE))
        paths.append(f"/api/v1/availability/location/{world.FIRST_STORE + draw(size.stores)}?{asked}")
    return tuple(paths)


def ask(rig: Rig, paths: tuple[str, ...], clients: int, seconds: float) -> tuple[Seen, float, float]:
    """Ask for `seconds`; what was seen, CPU milliseconds per answer, and the cores of others."""
    with rig.serving() as webs:
        rig.send(Plan(webs[0].port, clients, min(2.0, seconds), paths=paths))
        seen, used = rig.send(Plan(webs[0].port, clients, seconds, paths=paths))
    if set(seen.answers) != {200}:
        raise BenchFailed(f"answers other than 200: {seen.answers}; the first:\n{seen.first_problem}")
    return seen, (used.app + used.database) / seen.of(200) * 1000, used.other_cores(seen.cpu)


def beside(rig: Rig, name: str, script: Path, paths: tuple[str, ...], asked: tuple[int, int, int]) -> dict[str, Any]:
    """Ours and the floor in turn; the medians. `asked` are clients, seconds, rounds."""
    clients, seconds, rounds = asked
    ours, below, cpu, others, p50, p99, size = ([] for _ in range(7))
    for number in range(1, rounds + 1):
        seen, ms, other = ask(rig, paths, clients, seconds)
        meter = Meter([], rig.postmaster)
        ground = floor.run(script, rig.dsn, clients, seconds)
        ours.append(seen.of(200) / seen.seconds)
        below.append(ground.per_s)
        cpu.append(ms)
        others.append(other)
        p50.append(seen.p50 * 1000)
        p99.append(seen.p99 * 1000)
        size.append(seen.bytes / seen.of(200))
        beneath = meter.used().other_cores(ground.cpu)
        say(
            f"{name}, {clients} clients, round {number}: ours {ours[-1]:.0f}/s (p99 {p99[-1]:.1f} ms, {ms:.3f} ms CPU,"
            f" others {other:.2f} cores), floor {ground.per_s:.0f}/s (others {beneath:.2f} cores)"
        )
    return {
        "read": name, "clients": clients,
        "answers_per_s": round(median(ours), 1), "floor_per_s": round(median(below), 1),
        "ratio_to_floor": round(median(ours) / median(below), 3), "p50_ms": round(median(p50), 2),
        "p99_ms": round(median(p99), 2), "cpu_ms_per_answer": round(median(cpu), 3), "bytes": round(median(size)),
        "other_cores": round(median(others), 2),
    }  # fmt: skip


def m5(clients: Sequence[int], seconds: int, rounds: int, processes: int) -> tuple[dict[str, Any], list[str]]:
    """M5: one SKU over 200 stores, and 20 SKUs of one store."""
    with Rig() as rig:
        runs = []
        for count in clients:
            asked = (count, seconds, rounds)
            for name, script, paths in (
                ("one SKU, every store", floor.AVAILABILITY_1, one_sku_everywhere(rig.size)),
                ("20 SKUs, one store", floor.AVAILABILITY_20, many_skus_of_one_store(rig.size)),
            ):
                runs.append(beside(rig, name, script, paths, asked))
        return {"id": "M5", "runs": runs}, []
