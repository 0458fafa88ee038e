"""M1P: the mix while prices of last units are worked out beside it, and without, in turn. Orders must not notice.

The least wanted articles are made scarce in every store, so that there is something to solve; one whole run of `comptoir price --all` after the other
goes on for as long as a round lasts. In use it is one such run every six hours.
"""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any, Final, Literal

from comptoir.bench.rig import Rig, environment, say
from comptoir.bench.throughput import Counter, Round
from comptoir.bench.world import FIRST_SKU, FULL
from comptoir.kit.children import Child
from comptoir.kit.db import Connection
from comptoir.settings import DEFAULT_PORT

SCARCE: Final = 300
"""Articles, the least wanted ones."""
LEFT: Final = 3
"""Units of each that stay in each store."""
State = Literal["alone", "pricing"]


async def make_scarce(connection: Connection) -> None:
    """Take most units of the least wanted articles away, in the ledger as in the levels."""
    first = str(FIRST_SKU + FULL.skus - SCARCE)
    await connection.execute(
        "INSERT INTO stock_movement (id, location, sku, fact, on_hand, reason, who, happened_at, recorded_at)"
        " SELECT uuidv7(), location, sku, 'adjustment', $2 - on_hand, 'bench', 'bench', now(), now() FROM stock_level WHERE sku >= $1",
        first, LEFT,
    )  # fmt: skip
    await connection.execute("UPDATE stock_level SET on_hand = $2 WHERE sku >= $1", first, LEFT)


@contextlib.contextmanager
def pricing(rig: Rig) -> Iterator[list[int]]:
    """Runs one after the other until it is left; the list grows by each run's code."""
    over, codes = threading.Event(), []
    child = Child("price", ["price", "--all"], environment(rig.dsn, rig.folder, rig.secret, DEFAULT_PORT))

    def go_on() -> None:
        while not over.is_set():
            child.start()
            while not child.ended() and not over.wait(0.05):
                pass
            if child.ended():
                codes.append(child.code or 0)
        child.stop()

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield codes
    finally:
        over.set()
        thread.join()


def m1_pricing(clients: Sequence[int], seconds: int, rounds: int, processes: int) -> tuple[dict[str, Any], list[str]]:
    """M1P: orders per second while prices are worked out beside the same without, in turn."""
    with Rig() as rig:
        rig.ask(make_scarce)
        counter = Counter(rig, processes)
        runs, wrong = [], []
        for count in clients:
            seen: dict[State, list[Round]] = {"alone": [], "pricing": []}
            done = 0
            for number in range(1, rounds + 1):
                for state in ("alone", "pricing") if number % 2 else ("pricing", "alone"):
                    if state == "alone":
                        seen[state].append(counter.orders(count, seconds))
                    else:
                        with pricing(rig) as codes:
                            seen[state].append(counter.orders(count, seconds))
                        done += len(codes)
                        wrong += [f"a pricing run ended with {code}" for code in codes if code]
                    say(
                        f"{count} clients, round {number}, {state}: {seen[state][-1].orders_per_s:.0f}/s, p99 {seen[state][-1].p99_ms:.1f} ms"
                    )
            alone, beside = (median(one.orders_per_s for one in seen[state]) for state in ("alone", "pricing"))
            runs.append({
                "clients": count, "alone_per_s": round(alone, 1), "pricing_per_s": round(beside, 1), "ratio_to_alone": round(beside / alone, 3),
                "whole_runs": done, "p99_ms_alone": round(median(one.p99_ms for one in seen["alone"]), 1),
                "p99_ms_pricing": round(median(one.p99_ms for one in seen["pricing"]), 1),
            })  # fmt: skip
        return {"id": "M1P", "runs": runs}, [*wrong, *counter.prove()]
