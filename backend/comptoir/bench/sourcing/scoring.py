"""The command line of the sourcing benchmark: every policy on every seed, beside what nobody can beat."""

import argparse
import json
import sys
from collections.abc import Sequence
from statistics import median
from typing import Any

from comptoir.bench.sourcing import constants as c
from comptoir.bench.sourcing.bound import clairvoyant
from comptoir.bench.sourcing.instance import generate
from comptoir.bench.sourcing.policies import policies
from comptoir.bench.sourcing.week import Week


def seeds(text: str) -> list[int]:
    """`3`, `1,5` or `1-6`."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        if not first.isdigit() or not (last or first).isdigit():
            raise argparse.ArgumentTypeError("is not a list of seeds, as in 1-6 or 1,5")
        found.extend(range(int(first), int(last or first) + 1))
    if not 1 <= len(found) <= 100:
        raise argparse.ArgumentTypeError("between 1 and 100 seeds")
    return found


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="comptoir score", description=__doc__)
    made.add_argument("--seeds", type=seeds, default=seeds("1-6"), help="which weeks (default 1-6)")
    made.add_argument("--policies", default=",".join(policies()), help="which policies, by name (default all)")
    made.add_argument("--stores", type=int, default=25, help="stores beside the two warehouses (default 25)")
    made.add_argument("--orders", type=int, default=2_500, help="orders of the week (default 2500)")
    made.add_argument("--skus", type=int, default=c.SKUS, help=f"articles (default {c.SKUS})")
    made.add_argument("--labor", type=float, default=1.0, help="factor on what picking and packing costs")
    made.add_argument("--markdown", type=float, default=1.0, help="factor on what a unit loses where it stays")
    made.add_argument(
        "--fractions",
        action="store_true",
        help="bound with fractions of parcels: seconds, not a minute; up to 2 %% lower",
    )
    made.add_argument("--no-bound", action="store_true", help="without what nobody can beat (minutes with 200 stores)")
    made.add_argument("--json", action="store_true", help="print the JSON line alone")
    return made


def run(argv: Sequence[str] | None = None) -> int:
    """Play and tell; the last line of standard output is the JSON line."""
    asked = parser().parse_args(argv)
    known = policies()
    names = [name.strip() for name in asked.policies.split(",")]
    if unknown := [name for name in names if name not in known]:
        print(f"comptoir score: no policy is called {unknown[0]!r}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    rows: list[dict[str, Any]] = []
    for seed in asked.seeds:
        instance = generate(
            seed, stores=asked.stores, skus=asked.skus, orders=asked.orders, labor=asked.labor, markdown=asked.markdown
        )
        least = None if asked.no_bound else clairvoyant(instance, whole=not asked.fractions).total
        for name in names:
            week = Week(instance, *known[name])
            costs = week.run()
            row = {
                "seed": seed, "policy": name, "cost_per_order_minor": round(costs.total / costs.orders),
                "bound_per_order_minor": None if least is None else round(least / costs.orders),
                "ratio": None if least is None else round(costs.total / least, 4),
                **{part: round(getattr(costs, part) / costs.orders) for part in ("carriage", "late", "labor", "markdown", "declined", "canceled", "walk_in")},
                "divided": costs.divided, "late_parcels": costs.late_parcels, "parcels": costs.parcels, "declined_lines": costs.declined_lines,
                "canceled_lines": costs.canceled_lines, **times("decision", week.spent_ns), **times("decision_cpu", week.worked_ns),
            }  # fmt: skip
            rows.append(row)
            if not asked.json:
                print(told(row), flush=True)
    if not asked.json:
        for name in names:
            mine = [row for row in rows if row["policy"] == name]
            ratios = [row["ratio"] for row in mine if row["ratio"] is not None]
            beside = f", {median(ratios):.3f} of the bound" if ratios else ""
            print(f"{name:16} median {median(row['cost_per_order_minor'] for row in mine) / 100:.2f} per order{beside}")
    print(json.dumps({"id": "sourcing", "rows": rows}))
    return 0


def times(name: str, spent_ns: Sequence[int]) -> dict[str, int]:
    """Microseconds: on average, and of the slowest in a hundred."""
    ordered = sorted(spent_ns) or [0]
    return {
        f"{name}_us": round(sum(ordered) / len(ordered) / 1000),
        f"{name}_p99_us": round(ordered[len(ordered) * 99 // 100] / 1000),
    }


def told(row: dict[str, Any]) -> str:
    """One policy on one week, for people."""
    parts = ", ".join(
        f"{part} {row[part] / 100:.2f}"
        for part in ("carriage", "late", "labor", "markdown", "declined", "canceled", "walk_in")
    )
    ratio = "" if row["ratio"] is None else f" ({row['ratio']:.3f})"
    return (
        f"seed {row['seed']:<3} {row['policy']:16} {row['cost_per_order_minor'] / 100:6.2f}{ratio}: {parts};"
        f" {row['parcels']} parcels, {row['late_parcels']} late, {row['divided']} divided, {row['decision_us']} us a decision ({row['decision_cpu_us']} of the processor; one in a hundred {row['decision_cpu_p99_us']})"
    )
