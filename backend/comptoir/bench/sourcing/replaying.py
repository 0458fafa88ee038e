"""How quickly past orders are replayed: a made-up week decided under two policies, beside the same orders merely decided."""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from time import process_time
from uuid import UUID

import msgspec

from comptoir.bench.sourcing.instance import Instance, generate
from comptoir.sourcing.deciding import Wish, decide
from comptoir.sourcing.model import Article, Need, Place
from comptoir.sourcing.policy import DEFAULT, Policy
from comptoir.sourcing.replay import PastMove, PastOrder, Replay, Result, Scene, Side

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
PIECE = 250
OTHER: Policy = msgspec.structs.replace(DEFAULT, preferences={"warehouse": 300})
"""The second policy: a parcel from a warehouse is held to cost three euros more."""


def scene_of(instance: Instance) -> Scene:
    """The week's places, articles and books."""
    first = int(MONDAY.timestamp()) // 60
    places = [
        Place(
            node.id, at, True, True, "Europe/Paris", node.latitude, node.longitude, 30, node.lines_per_hour, 7, 0, None,
            tuple((first + opens, first + closes) for opens, closes in node.windows),
            "warehouse" if node.warehouse else "store",
        )
        for at, node in enumerate(instance.nodes)
    ]  # fmt: skip
    articles = {one.sku: Article(None, one.weight_grams, one.price_minor) for one in instance.articles}
    stock = [
        (article.sku, node.id, units)
        for article, row in zip(instance.articles, instance.recorded, strict=True)
        for node, units in zip(instance.nodes, row, strict=True)
    ]
    return Scene(places, articles, stock)


def orders_of(instance: Instance) -> list[PastOrder]:
    """Its orders; the destination is a département."""
    made = []
    for order in instance.orders:
        place = None if order.pickup is None else instance.nodes[order.pickup].id
        needs = tuple(
            Need(n, 1, instance.articles[line.article].sku, line.quantity, place)
            for n, line in enumerate(order.lines, 1)
        )
        wish = Wish(needs, "FR", f"{instance.cities[order.city][0]}000")
        made.append(PastOrder(UUID(int=order.number), MONDAY + timedelta(minutes=order.at), wish))
    return made


def moves_of(instance: Instance) -> list[PastMove]:
    """Everybody who came into a shop took a unit."""
    return [
        PastMove(
            MONDAY + timedelta(minutes=one.at), instance.articles[one.article].sku, instance.nodes[one.node].id, -1
        )
        for one in instance.walk_ins
    ]


def replayed(scene: Scene, orders: Sequence[PastOrder], moves: Sequence[PastMove]) -> tuple[float, Result]:
    """Processor seconds of a replay in pieces, as the worker does it, and what it came to."""
    began, replay, moved = process_time(), Replay(scene, DEFAULT, OTHER), 0
    for at in range(0, len(orders), PIECE):
        piece, upto = orders[at : at + PIECE], moved
        while upto < len(moves) and moves[upto].at <= piece[-1].at:
            upto += 1
        replay.play(piece, moves[moved:upto])
        moved = upto
    return process_time() - began, replay.result()


def decided(scene: Scene, orders: Sequence[PastOrder], policy: Policy) -> float:
    """Processor seconds of the same questions to `decide` alone: nothing is taken, nothing counted."""
    outlook = Side(scene, policy).outlook
    began = process_time()
    for order in orders:
        decide(order.wish, outlook, order.at)
    return process_time() - began


def run(argv: Sequence[str] | None = None) -> int:
    """Measure and tell; the last line of standard output is the JSON line."""
    parser = argparse.ArgumentParser(prog="comptoir replay", description=__doc__)
    parser.add_argument("--orders", type=int, default=10_000, help="orders of the week (default 10000)")
    parser.add_argument("--stores", type=int, default=25, help="stores beside the two warehouses (default 25)")
    parser.add_argument("--seed", type=int, default=1, help="which week (default 1)")
    asked = parser.parse_args(argv)
    if not (1 <= asked.orders <= 50_000 and 1 <= asked.stores <= 500):
        parser.error("1 to 50000 orders, 1 to 500 stores")
    instance = generate(asked.seed, stores=asked.stores, orders=asked.orders)
    scene, orders, moves = scene_of(instance), orders_of(instance), moves_of(instance)
    plain = decided(scene, orders, DEFAULT) + decided(scene, orders, OTHER)
    seconds, result = replayed(scene, orders, moves)
    figures = {
        "orders": len(orders), "moves": len(moves), "places": len(scene.places), "replay_s": round(seconds, 2),
        "decide_s": round(plain, 2), "ratio": round(seconds / plain, 2), "differing": result.differing,
        "parcels": [result.a.parcels, result.b.parcels], "split": [result.a.split, result.b.split],
        "late": [result.a.late, result.b.late], "missing": [result.a.missing, result.b.missing],
        "minor": [result.a.total, result.b.total],
    }  # fmt: skip
    sys.stdout.write(
        f"{len(orders)} orders under two policies among {len(scene.places)} places, {len(moves)} till sales: {seconds:.1f} s of processor time."
        f" The same {2 * len(orders)} questions to decide alone: {plain:.1f} s.\n"
    )
    sys.stdout.write(json.dumps(figures, separators=(",", ":")) + "\n")
    return 0
