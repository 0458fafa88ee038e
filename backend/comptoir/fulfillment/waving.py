"""Which orders share one walk, whose tote is which, and in which order the places are visited. Pure and deterministic.

Somebody who waits goes alone; what is due soon goes in a small cart; what is due later shares a large one: the most urgent
order that lies farthest away, then those that add the fewest aisles, as long as nobody's promise is missed by it.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Final
from uuid import UUID

import msgspec

MOST: Final = 12
"""Orders in one cart at the most, whatever a store wishes for: more totes than this no cart carries."""
USUAL: Final = 8
FEW: Final = 4
"""Orders that share a walk when one of them is due soon."""
SOON: Final = timedelta(hours=2)
COURTESY: Final = timedelta(minutes=30)
"""What lies ready on a colleague's device is left to them, unless its promise is nearer than this."""
A_WALK: Final = timedelta(minutes=15)
"""How long a large cart is away: whoever cannot wait for that comes first."""
TODAY: Final = timedelta(hours=12)
KINDS: Final = ("pickup", "ship", "transfer")
TO_PACK: Final = timedelta(minutes=15)
"""A parcel is packed and labeled after it was picked."""
MARGIN: Final = 1.2
MOST_UNITS: Final = 60
MOST_GRAMS: Final = 40_000
"""What a cart holds, and what one person pushes. An order that is more than this goes alone."""
MOST_PLACES: Final = 60
"""A longer walk is not made better than up one aisle and down the next."""

# The store as a block: aisles side by side, one passage in front of them and one behind. Where bags are handed out is in
# front of the first aisle; every walk begins and ends there. Metres.
AISLE_PITCH: Final = 3.0
BAY_PITCH: Final = 1.0

# How long hands take, in seconds; a metre with a cart, a place to find, a unit to scan, an order to bag and put on its shelf.
PER_METRE: Final = 1.25
PER_PLACE: Final = 10.0
PER_UNIT: Final = 8.0
PER_ORDER: Final = 40.0

Spot = tuple[float, float]
"""A place in metres: along the passage, and into its aisle."""


class Urgency(IntEnum):
    """Who comes first."""

    WAITING = 0
    """The customer is here."""
    LAST_CALL = 1
    """On time, if nobody takes a long walk before."""
    LATE = 2
    """Cannot be on time any more: what it takes now is a walk that serves many."""
    NEAR = 3
    CALM = 4


class Need(msgspec.Struct, frozen=True):
    """Units of one line that are still on the shelf, and where. `grams` is the weight of one unit, 0 when unknown."""

    line: int
    sku: str
    units: int
    aisle: str | None = None
    bay: str = ""
    level: str = ""
    grams: int = 0


class Free(msgspec.Struct, frozen=True):
    """A work that may be taken on. `ready_on`: the device on which it lies ready; `tote`: where its goods are already."""

    id: UUID
    kind: str
    promise_at: datetime
    needs: tuple[Need, ...] = ()
    waiting: bool = False
    ready_on: UUID | None = None
    tote: int | None = None

    @property
    def due(self) -> datetime:
        """When it has to be picked."""
        return self.promise_at - TO_PACK if self.kind == "ship" else self.promise_at

    @property
    def units(self) -> int:
        return sum(need.units for need in self.needs)

    @property
    def grams(self) -> int:
        return sum(need.units * need.grams for need in self.needs)


class Stop(msgspec.Struct, frozen=True):
    """A line by its work, in the order of the walk."""

    work: UUID
    line: int


class Cart(msgspec.Struct, frozen=True):
    """Works in the order of their totes (one work alone has none), the walk over all their lines, and what it takes."""

    works: tuple[UUID, ...]
    totes: tuple[int | None, ...]
    stops: tuple[Stop, ...]
    units: int
    minutes: int


# ---- the store


class Floor:
    """Where the places of a store are; aisles and bays as the plates say them, in metres."""

    def __init__(self, needs: Iterable[Need]) -> None:
        placed = [need for need in needs if need.aisle is not None]
        names = sorted({need.aisle or "" for need in placed}, key=natural)
        plain = [_rank(name) for name in names]
        # Letters and numbers count from the first aisle, seen or not; other names follow one another.
        ranks = [float(rank) for rank in plain if rank is not None]
        known = ranks if len(set(ranks)) == len(names) else [float(rank) for rank in range(len(names))]
        self._aisles = dict(zip(names, known, strict=True))
        self._bays = {need.bay: _number(need.bay) for need in placed}
        self.depth = BAY_PITCH * (1 + max(self._bays.values(), default=0))

    def spot(self, need: Need) -> Spot | None:
        """Where a line is; None when nobody knows."""
        if need.aisle is None:
            return None
        return self._aisles[need.aisle] * AISLE_PITCH, self._bays[need.bay] * BAY_PITCH

    def between(self, a: Spot, b: Spot) -> float:
        """Metres from place to place: within an aisle, or round its nearer end."""
        if a[0] == b[0]:
            return abs(a[1] - b[1])
        return abs(a[0] - b[0]) + min(a[1] + b[1], 2 * self.depth - a[1] - b[1])

    def metres(self, tour: Sequence[Spot]) -> float:
        """A walk from the desk over these places and back."""
        if not tour:
            return 0.0
        steps = zip([DESK, *tour], [*tour, DESK], strict=True)
        return sum(self.between(a, b) for a, b in steps)


DESK: Final[Spot] = (0.0, 0.0)


def _rank(aisle: str) -> int | None:
    if re.fullmatch(r"[A-Z]", aisle):
        return ord(aisle) - ord("A")
    return int(aisle) - 1 if re.fullmatch(r"[0-9]{1,3}", aisle) and int(aisle) else None


def _number(bay: str) -> int:
    """The bay's number; a bay that has none is by the passage, one beyond reason is at the end."""
    found = re.search(r"[0-9]{1,3}", bay)
    return int(found[0]) if found else 0


def natural(text: str) -> list[tuple[int, int, str]]:
    """A key by which A2 comes before A10."""
    pieces = re.findall(r"[0-9]+|[^0-9]+", text)
    return [(0, int(piece), "") if piece[0] in "0123456789" else (1, 0, piece) for piece in pieces]


# ---- the walk


def serpentine(spots: Iterable[Spot]) -> list[Spot]:
    """Up the first aisle that has anything, down the second, and so on."""
    aisles: dict[float, list[float]] = {}
    for along, into in set(spots):
        aisles.setdefault(along, []).append(into)
    return [
        (along, into)
        for rank, along in enumerate(sorted(aisles))
        for into in sorted(aisles[along], reverse=rank % 2 == 1)
    ]


def walk(floor: Floor, spots: Iterable[Spot]) -> list[Spot]:
    """Every place once, on the shortest of some walks, each bettered until no two of its steps are better crossed over.

    Never longer than `serpentine`, nor than the order in which the places are given.
    """
    given = list(dict.fromkeys(spots))
    up_and_down = serpentine(given)
    if not 1 < len(given) <= MOST_PLACES:
        return min((up_and_down, given), key=floor.metres)
    starts = (up_and_down, sorted(given), _nearest(floor, given), given)
    return min((_bettered(floor, start) for start in starts), key=floor.metres)


def _nearest(floor: Floor, given: Sequence[Spot]) -> list[Spot]:
    """Always to the nearest place that is left."""
    left, found, here = sorted(given), list[Spot](), DESK
    while left:
        here = min(left, key=lambda spot: floor.between(here, spot))
        left.remove(here)
        found.append(here)
    return found


def _bettered(floor: Floor, start: Sequence[Spot]) -> list[Spot]:
    """2-opt: turn a stretch of the walk round as long as that saves a metre."""
    tour = [DESK, *start, DESK]
    between, last = floor.between, len(start)
    found = True
    while found:
        found = False
        for i in range(1, last):
            for j in range(i + 1, last + 1):
                before, first, end, after = tour[i - 1], tour[i], tour[j], tour[j + 1]
                saved = between(before, first) + between(end, after) - between(before, end) - between(first, after)
                if saved > 1e-9:
                    tour[i : j + 1] = tour[i : j + 1][::-1]
                    found = True
    return tour[1:-1]


# ---- the time


def minutes(floor: Floor, works: Sequence[Free]) -> float:
    """How long one person takes to walk to all of it, pick it, and bag it."""
    spots = {spot for work in works for need in work.needs if (spot := floor.spot(need))}
    return _minutes(floor.metres(serpentine(spots)), len(spots), works)


def _minutes(metres: float, places: int, works: Sequence[Free]) -> float:
    units = sum(work.units for work in works)
    return (metres * PER_METRE + places * PER_PLACE + units * PER_UNIT + len(works) * PER_ORDER) / 60


def urgency(floor: Floor, work: Free, now: datetime) -> Urgency:
    """How soon this work has to be taken on."""
    if work.waiting:
        return Urgency.WAITING
    alone = timedelta(minutes=minutes(floor, [work]))
    if now + alone > work.due:
        return Urgency.LATE
    if now + alone * MARGIN + A_WALK > work.due:
        return Urgency.LAST_CALL
    return Urgency.NEAR if work.due - now < SOON else Urgency.CALM


# ---- the choice


def choose(free: Sequence[Free], now: datetime, most: int = USUAL, device: UUID | None = None) -> tuple[Free, ...]:
    """The works of the next cart of this device, the most urgent first; none when nothing is free.

    No work that could be on time is late because of another one in the cart. Pickup comes before parcels of the same urgency.
    Goods for another store go into boxes and not into totes: a transfer goes alone.
    """
    if not free:
        return ()
    floor = Floor(need for work in free for need in work.needs)
    asked = {work.id: urgency(floor, work, now) for work in free}
    aisles = {work.id: frozenset(need.aisle for need in work.needs if need.aisle is not None) for work in free}
    rank = {work.id: _rank_of(work, asked[work.id], now, device) for work in free}

    def first(work: Free) -> tuple[Any, ...]:
        far = max((spot[0] for need in work.needs if (spot := floor.spot(need))), default=0.0)
        return (rank[work.id], _quarter(work.due), -far, work.due, work.id)

    seed = min(free, key=first)
    size = min(most, MOST)
    if asked[seed.id] is Urgency.WAITING or seed.kind == "transfer":
        return (seed,)
    in_haste = asked[seed.id] in (Urgency.LAST_CALL, Urgency.NEAR)
    pool = [work for work in free if work is not seed and not work.waiting and work.kind != "transfer"]
    if in_haste:
        size = min(size, FEW)
        pool = [work for work in pool if asked[work.id] is not Urgency.CALM and work.kind == seed.kind]
    found, on_the_way = [seed], aisles[seed.id]
    on_time = [seed] if asked[seed.id] is not Urgency.LATE else []
    while pool and len(found) < size:
        work = min(pool, key=lambda work: (rank[work.id], len(aisles[work.id] - on_the_way), work.due, work.id))
        pool.remove(work)
        still_on_time = [*on_time, work] if asked[work.id] is not Urgency.LATE else on_time
        # A cart only grows: what does not fit now never will.
        if _together(floor, [*found, work], still_on_time, now):
            found.append(work)
            on_the_way, on_time = on_the_way | aisles[work.id], still_on_time
    return tuple(found)


def _rank_of(work: Free, asked: Urgency, now: datetime, device: UUID | None) -> tuple[bool, bool, Urgency, bool, int]:
    """Who waits; what no colleague has ready; how urgent; today; pickup, then parcels, then transfers."""
    elsewhere = work.ready_on is not None and work.ready_on != device and work.promise_at - now > COURTESY
    tomorrow = asked is Urgency.CALM and work.due - now > TODAY
    return (not work.waiting, elsewhere, asked, tomorrow, KINDS.index(work.kind))


def _together(floor: Floor, works: Sequence[Free], on_time: Sequence[Free], now: datetime) -> bool:
    """Whether these share a cart: it holds them, no tote is asked for twice, and who could be on time still is."""
    totes = [work.tote for work in works if work.tote is not None]
    if len(set(totes)) < len(totes) or sum(work.units for work in works) > MOST_UNITS:
        return False
    if sum(work.grams for work in works) > MOST_GRAMS:
        return False
    back = now + timedelta(minutes=minutes(floor, works)) * MARGIN
    return all(back <= work.due for work in on_time)


def _quarter(at: datetime) -> int:
    return int(at.timestamp()) // 900


# ---- the cart


def lay_out(works: Sequence[Free]) -> Cart:
    """Totes and walk of works that share a cart, chosen or named.

    Totes are numbered from 1 in the order in which the walk first comes to them; goods that lie in a tote already stay there.
    """
    floor = Floor(need for work in works for need in work.needs)
    lines = [(work, need, floor.spot(need)) for work in works for need in work.needs]
    tour = walk(floor, [spot for _, _, spot in lines if spot])
    at = {spot: rank for rank, spot in enumerate(tour)}
    rank_of = {work.id: rank for rank, work in enumerate(works)}

    def turn(work: Free, need: Need, spot: Spot | None) -> tuple[Any, ...]:
        return (at[spot] if spot else len(tour), natural(need.level), need.sku)

    lines.sort(key=lambda line: (*turn(*line), rank_of[line[0].id]))
    first = list(dict.fromkeys([work.id for work, _, _ in lines] + [work.id for work in works]))
    totes = _number_totes(sorted(works, key=lambda work: first.index(work.id)))
    in_order = sorted(works, key=lambda work: (totes[work.id] or 0, first.index(work.id)))
    # Tote by tote where several orders want the same article.
    lines.sort(key=lambda line: (*turn(*line), totes[line[0].id] or 0, rank_of[line[0].id], line[1].line))
    taken = _minutes(floor.metres(tour), len(tour), works)
    return Cart(
        works=tuple(work.id for work in in_order),
        totes=tuple(totes[work.id] for work in in_order),
        stops=tuple(Stop(work.id, need.line) for work, need, _ in lines),
        units=sum(work.units for work in works),
        minutes=max(1, round(taken)),
    )


def _number_totes(works: Sequence[Free]) -> dict[UUID, int | None]:
    """A tote for each work; a work alone needs none, unless its goods are in one."""
    if len(works) == 1:
        return {works[0].id: works[0].tote}
    found: dict[UUID, int | None] = {}
    used: set[int] = set()
    for work in works:
        if work.tote is not None and work.tote not in used:
            found[work.id] = work.tote
            used.add(work.tote)
    free = (number for number in range(1, len(works) + len(used) + 1) if number not in used)
    for work in works:
        if work.id not in found:
            found[work.id] = next(free)
    return found
