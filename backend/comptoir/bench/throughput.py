"""M1, M3 and M4: orders per second over HTTP beside the floor, CPU per order, and everything on one hot SKU."""

from collections.abc import Sequence
from statistics import median
from typing import Any
from uuid import UUID

import msgspec

from comptoir.bench import floor, proof
from comptoir.bench.floor import Floor
from comptoir.bench.processes import Meter, Used
from comptoir.bench.rig import BenchFailed, Rig, say
from comptoir.bench.sender import Plan, Seen

HOT_RANK = 0
WARM_SECONDS = 3.0
WARM_ORDERS = 20_000
CPU_FIGURES = (
    "cpu_ms_per_order", "app_ms_per_order", "database_ms_per_order", "floor_database_ms", "sender_cores", "other_cores",
)  # fmt: skip
SPARE = 1.6
"""Orders are prepared for this many times the rate seen last, so that no sender runs dry."""


class Round(msgspec.Struct, frozen=True):
    """Ours for some seconds, and the floor right after it."""

    orders_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_ms_per_order: float
    app_ms_per_order: float
    database_ms_per_order: float
    sender_cores: float
    other_cores: float
    floor_per_s: float = 0.0
    floor_database_ms: float = 0.0
    floor_other_cores: float = 0.0


class Counter:
    """Sends orders on one rig, remembers every id that was answered 201, and proves the whole at the end."""

    def __init__(self, rig: Rig, processes: int) -> None:
        self.rig, self.processes = rig, processes
        self.accepted: list[UUID] = []
        self.rate = 4_000.0
        self.seed = 0

    def orders(self, clients: int, seconds: float, *, hot: int | None = None) -> Round:
        """Ours: a fresh web process, a short warm-up, then `seconds` of orders in a closed loop."""
        if not self.seed:
            self._begin(clients)
        self.rig.settle()
        with self.rig.serving(self.processes) as webs:
            ports = [web.port for web in webs]
            self._send(ports, clients, min(WARM_SECONDS, seconds), WARM_ORDERS, hot)
            seen, used = self._send(ports, clients, seconds, int(self.rate * seconds * SPARE) + 1_000, hot)
        return round_of(seen, used)

    def _begin(self, clients: int) -> None:
        """The first orders of all, so that no round, ours or the floor's, keeps plans that were made for empty tables."""
        with self.rig.serving() as webs:
            self._send([web.port for web in webs], clients, 1.0, WARM_ORDERS // 4, None)

    def _send(
        self, ports: Sequence[int], clients: int, seconds: float, prepared: int, hot: int | None
    ) -> tuple[list[Seen], Used]:
        plans = []
        for port in ports:
            self.seed += 1
            kept = str(self.rig.folder / f"accepted-{self.seed}")
            share = max(1, clients // len(ports))
            plans.append(
                Plan(port, share, seconds, prepared // len(ports), self.seed, self.rig.size, hot, accepted=kept)
            )
        answers = self.rig.send_all(plans)
        for plan, (seen, _) in zip(plans, answers, strict=True):
            with open(plan.accepted, "rb") as file:
                self.accepted += proof.read_ids(file.read())
            if set(seen.answers) != {201}:
                raise BenchFailed(f"answers other than 201: {seen.answers}; the first:\n{seen.first_problem}")
        self.rate = max(500.0, sum(seen.of(201) / seen.seconds for seen, _ in answers))
        return [seen for seen, _ in answers], answers[-1][1]

    def floor(self, clients: int, seconds: int) -> tuple[Floor, Used]:
        """The floor on the same database, with no web process beside it."""
        self.rig.settle()
        meter = Meter([], self.rig.postmaster)
        return floor.run(floor.FLOOR_11, self.rig.dsn, clients, seconds), meter.used()

    def prove(self) -> list[str]:
        """What is wrong with the rows that the rounds left behind."""
        say(f"proving {len(self.accepted)} accepted orders")
        return self.rig.ask(lambda connection: proof.violations(connection, self.accepted))


def round_of(seen: Sequence[Seen], used: Used) -> Round:
    """One round's figures out of what the senders saw and the CPU that was used."""
    orders = sum(one.of(201) for one in seen)
    sender = sum(one.cpu for one in seen)
    return Round(
        orders_per_s=sum(one.of(201) / one.seconds for one in seen),
        p50_ms=median(one.p50 for one in seen) * 1000,
        p99_ms=max(one.p99 for one in seen) * 1000,
        cpu_ms_per_order=(used.app + used.database) / orders * 1000,
        app_ms_per_order=used.app / orders * 1000,
        database_ms_per_order=used.database / orders * 1000,
        sender_cores=sender / used.seconds,
        other_cores=used.other_cores(sender),
    )


def in_turn(counter: Counter, clients: int, seconds: int, rounds: int) -> list[Round]:
    """Ours and the floor, one after the other, `rounds` times."""
    done = []
    for number in range(1, rounds + 1):
        ours = counter.orders(clients, seconds)
        below, used = counter.floor(clients, seconds)
        ours = msgspec.structs.replace(
            ours,
            floor_per_s=below.per_s,
            floor_database_ms=used.database / below.transactions * 1000,
            floor_other_cores=used.other_cores(below.cpu),
        )
        done.append(ours)
        say(f"{clients} clients, round {number}: {words(ours)}")
    return done


def words(r: Round) -> str:
    """One round as a sentence."""
    return (
        f"ours {r.orders_per_s:.0f}/s, p50 {r.p50_ms:.1f} p99 {r.p99_ms:.1f} ms, CPU {r.app_ms_per_order:.3f} app"
        f" + {r.database_ms_per_order:.3f} database ms/order, sender {r.sender_cores:.2f} cores,"
        f" others {r.other_cores:.2f} cores; floor {r.floor_per_s:.0f}/s, database {r.floor_database_ms:.3f} ms,"
        f" others {r.floor_other_cores:.2f} cores"
    )


def line(clients: int, rounds: Sequence[Round]) -> dict[str, Any]:
    """The medians of the rounds as one entry of `runs`."""

    def middle(name: str, digits: int) -> float:
        return float(round(median(getattr(one, name) for one in rounds), digits))

    return {
        "clients": clients,
        "orders_per_s": middle("orders_per_s", 1),
        "floor_per_s": middle("floor_per_s", 1),
        "ratio_to_floor": round(median(r.orders_per_s for r in rounds) / median(r.floor_per_s for r in rounds), 3),
        "p50_ms": middle("p50_ms", 2),
        "p99_ms": middle("p99_ms", 2),
        "cpu_ms_per_order": middle("cpu_ms_per_order", 3),
        "other_cores": middle("other_cores", 2),
    }


def spread(rounds: Sequence[Round]) -> str:
    """Lowest and highest of the rounds, in words."""
    ours = sorted(r.orders_per_s for r in rounds)
    below = sorted(r.floor_per_s for r in rounds)
    return f"spread: ours {ours[0]:.0f} to {ours[-1]:.0f}/s, floor {below[0]:.0f} to {below[-1]:.0f}/s"


def m1(clients: Sequence[int], seconds: int, rounds: int, processes: int) -> tuple[dict[str, Any], list[str]]:
    """M1: the mix, at each number of clients, beside the floor."""
    with Rig() as rig:
        counter = Counter(rig, processes)
        runs = []
        for count in clients:
            done = in_turn(counter, count, seconds, rounds)
            say(f"{count} clients, {spread(done)}")
            runs.append(line(count, done))
        return {"id": "M1", "runs": runs}, counter.prove()


def m3(clients: Sequence[int], seconds: int, rounds: int, processes: int) -> tuple[dict[str, Any], list[str]]:
    """M3: CPU per order, app and database apart, beside what the floor's order costs its database."""
    with Rig() as rig:
        counter = Counter(rig, processes)
        runs = []
        for count in clients:
            done = in_turn(counter, count, seconds, rounds)
            runs.append(
                {
                    "clients": count,
                    **{
                        name: round(median(getattr(one, name) for one in done), 3)
                        for name in CPU_FIGURES
                    },
                }
            )  # fmt: skip
        return {"id": "M3", "runs": runs}, counter.prove()


def m4(clients: Sequence[int], seconds: int, rounds: int, processes: int) -> tuple[dict[str, Any], list[str]]:
    """M4: every line of every order wants the same SKU; beside the mix, in turn. Nothing may be oversold."""
    with Rig() as rig:
        counter = Counter(rig, processes)
        runs = []
        for count in clients:
            mix, hot = [], []
            for number in range(1, rounds + 1):
                mix.append(counter.orders(count, seconds))
                hot.append(counter.orders(count, seconds, hot=HOT_RANK))
                say(
                    f"{count} clients, round {number}: mix {mix[-1].orders_per_s:.0f}/s,"
                    f" hot {hot[-1].orders_per_s:.0f}/s (p99 {hot[-1].p99_ms:.1f} ms;"
                    f" others {hot[-1].other_cores:.2f} cores)"
                )
            ours, beside = median(r.orders_per_s for r in hot), median(r.orders_per_s for r in mix)
            runs.append(
                {
                    "clients": count,
                    "orders_per_s": round(ours, 1),
                    "mix_per_s": round(beside, 1),
                    "ratio_to_m1": round(ours / beside, 3),
                    "p50_ms": round(median(r.p50_ms for r in hot), 2),
                    "p99_ms": round(median(r.p99_ms for r in hot), 2),
                    "cpu_ms_per_order": round(median(r.cpu_ms_per_order for r in hot), 3),
                    "other_cores": round(median(r.other_cores for r in hot), 2),
                }
            )
        return {"id": "M4", "runs": runs}, counter.prove()
