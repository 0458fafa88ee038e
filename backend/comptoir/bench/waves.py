"""Metres walked for a morning's orders: the list's order, up and down the aisles, and the walk that handhelds show.

    comptoir wave [--orders N] [--cart N] [--aisles N] [--bays N] [--rounds N]

The store and its orders are drawn from a seed; nothing is read from a database, and no result is written anywhere.
"""

import argparse
import random
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from comptoir.fulfillment import waving
from comptoir.fulfillment.waving import Floor, Free, Need, Spot

MORNING = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
LINES = (1, 1, 1, 2, 2, 3)
"""Lines of one order, each as likely: 1.67 on average."""
LEVELS = 5


class Store(msgspec.Struct, frozen=True):
    """A block of aisles, each with as many bays."""

    aisles: int = 10
    bays: int = 20


class Walked(msgspec.Struct, frozen=True):
    """Metres per line of one round."""

    listed: float
    up_and_down: float
    ours: float
    waves: int
    """How many carts it took."""


def draw(random: random.Random, orders: int, store: Store) -> list[Free]:
    """Orders as they come in overnight, promised from three hours after opening on, five minutes apart."""
    found = []
    for rank in range(orders):
        needs = tuple(
            Need(
                line=line,
                sku=f"S{random.randrange(10_000)}",
                units=1,
                aisle=chr(ord("A") + random.randrange(store.aisles)),
                bay=str(random.randint(1, store.bays)),
                level=str(random.randint(1, LEVELS)),
            )
            for line in range(1, random.choice(LINES) + 1)
        )
        promised = MORNING + timedelta(hours=3, minutes=5 * rank)
        found.append(Free(UUID(int=rank + 1), "pickup", promised, needs))
    return found


def list_order(floor: Floor, works: Sequence[Free]) -> list[Spot]:
    """The places one order after the other, as a list prints them."""
    tour: list[Spot] = []
    for work in works:
        for need in work.needs:
            here = floor.spot(need)
            if here and tour[-1:] != [here]:
                tour.append(here)
    return tour


def chosen(orders: Sequence[Free], most: int) -> list[tuple[Free, ...]]:
    """All orders in carts, each the best of what is left."""
    left, carts = list(orders), list[tuple[Free, ...]]()
    while left:
        cart = waving.choose(left, MORNING, most)
        carts.append(cart)
        left = [work for work in left if work not in cart]
    return carts


def first_come(orders: Sequence[Free], most: int) -> list[tuple[Free, ...]]:
    """All orders in carts, in the order of the list."""
    return [tuple(orders[at : at + most]) for at in range(0, len(orders), most)]


def metres(carts: Sequence[Sequence[Free]], store: Store) -> Walked:
    """What walking these carts takes in three ways."""
    floor = Floor(
        [need for cart in carts for work in cart for need in work.needs] + [Need(0, "", 0, "A", str(store.bays))]
    )
    lines = sum(len(work.needs) for cart in carts for work in cart)
    listed = up_and_down = ours = 0.0
    for cart in carts:
        tour = list_order(floor, cart)
        listed += floor.metres(tour)
        up_and_down += floor.metres(waving.serpentine(tour))
        ours += floor.metres(waving.walk(floor, tour))
    return Walked(listed / lines, up_and_down / lines, ours / lines, len(carts))


def median(found: Sequence[Walked]) -> Walked:
    return Walked(
        *(statistics.median(getattr(one, name) for one in found) for name in ("listed", "up_and_down", "ours", "waves"))
    )


def run(words: Sequence[str]) -> int:
    """`comptoir wave`: print metres per line, the medians of some rounds."""
    parser = argparse.ArgumentParser(
        prog="comptoir wave", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--orders", type=int, default=40, help="orders that are open in the morning (40)")
    parser.add_argument("--cart", type=int, default=0, metavar="N", help="orders in a cart; without it 1, 4, 8 and 12")
    parser.add_argument("--aisles", type=int, default=10, help="aisles of the store, 26 at most (10)")
    parser.add_argument("--bays", type=int, default=20, help="bays of an aisle, a metre each (20)")
    parser.add_argument("--rounds", type=int, default=25, help="mornings, of which the median is told (25)")
    given = parser.parse_args(words)
    if not (
        1 <= given.orders <= 500 and 1 <= given.aisles <= 26 and 1 <= given.bays <= 999 and 1 <= given.rounds <= 1000
    ):
        parser.error("orders 1 to 500, aisles 1 to 26, bays 1 to 999, rounds 1 to 1000")
    if not 0 <= given.cart <= waving.MOST:
        parser.error(f"a cart holds 1 to {waving.MOST} orders")
    store = Store(given.aisles, given.bays)
    print(f"Metres walked per line, median of {given.rounds} mornings of {given.orders} orders,", end=" ")
    print(f"{given.aisles} aisles of {given.bays} bays.\n")
    print("orders per cart   chosen by    list order   up and down   as shown   saved")
    for size in [given.cart] if given.cart else [1, 4, 8, 12]:
        mornings = [draw(random.Random(seed), given.orders, store) for seed in range(given.rounds)]
        for name, carts_of in (("the list", first_come), ("wave", chosen)):
            walked = median([metres(carts_of(orders, size), store) for orders in mornings])
            saved = 1 - walked.ours / walked.listed
            print(
                f"{size:15}   {name:9} {walked.listed:12.1f} {walked.up_and_down:13.1f} {walked.ours:10.1f} {saved:7.0%}"
            )
    return 0
