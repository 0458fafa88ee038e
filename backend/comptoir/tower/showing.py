"""The Now page in figures: readings, sentence, load by hour, regions, what to decide. Pure; words are the template's."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Final

import msgspec

from comptoir.tower.deciding import Item, decide
from comptoir.tower.forecasting import Errors, Figure, horizon, soon
from comptoir.tower.learning import Pace
from comptoir.tower.lines import FIGURES, Line, Past, lines
from comptoir.tower.queries import OpenCase
from comptoir.tower.standing import StoreNow, ranged_sum

ROWS: Final = 24
"""Stores in the grid of the page; the rest lies behind a link."""
TODO: Final = 8
BEFORE: Final = 5
AFTER: Final = 7
MAPPED: Final = 40
"""Stores up to which each is a tile of the map; beyond, each region is one."""
PHONE: Final = 4
STEPS: Final = (1, 35, 55, 75, 90, 101)
"""Per cent from which a load has the next tone, 1 to 6."""
HERE: Final = "Europe/Paris"


class Cell(msgspec.Struct, frozen=True):
    """One hour of one store: load in per cent (None: closed), its tone 1 to 6 (0: none)."""

    percent: int | None
    tone: int


class Column(msgspec.Struct, frozen=True):
    """One hour of the grid; `wide` is left out on a phone."""

    at: datetime
    past: bool
    now: bool
    wide: bool
    css: str = ""
    """What the sheet calls its cells."""


class Row(msgspec.Struct, frozen=True):
    store: StoreNow
    cells: tuple[Cell, ...]


class RegionTile(msgspec.Struct, frozen=True):
    """Stores of a region: works late, the highest load of the coming hours and its tone."""

    id: str
    name: str
    stores: tuple[StoreNow, ...]
    late: int
    peak: int
    tone: int


class Now(msgspec.Struct, frozen=True):
    """All that the page shows. `by` is the moment its sentence speaks of; `usual` is what such sentences were off by, mostly."""

    at: datetime
    time_zone: str
    stores: Sequence[StoreNow]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    regions: tuple[RegionTile, ...]
    todo: tuple[Item, ...]
    todo_in_all: int
    by: datetime
    said: Figure
    usual: float | None
    hours: int
    lines: Mapping[str, Line] = {}
    """How readings went in the last hours, by their name."""

    def total(self, name: str) -> int:
        return sum(getattr(store, name) for store in self.stores)

    def most(self, name: str) -> StoreNow | None:
        """The store that has most of something, if any has it."""
        first = max(self.stores, key=attrgetter(name), default=None)
        return first if first is not None and getattr(first, name) else None

    def with_any(self, name: str) -> int:
        return sum(1 for store in self.stores if getattr(store, name))

    @property
    def longest(self) -> StoreNow | None:
        """Where somebody has waited longest."""
        return min((s for s in self.stores if s.here.since), key=lambda s: s.here.since or self.at, default=None)

    @property
    def next_pickup(self) -> tuple[StoreNow, str, datetime] | None:
        """The first visit of a carrier that parcels will miss, else the first that comes."""
        visits = [
            (not pickup.missing, pickup.at, i, pickup.carrier)
            for i, store in enumerate(self.stores)
            for pickup in store.pickups
        ]
        if not visits:
            return None
        _, at, i, carrier = min(visits)
        return self.stores[i], carrier, moment(at)

    def moment(self, minute: int) -> datetime:
        return moment(minute)

    def tone(self, percent: int) -> int:
        return tone(percent)

    @property
    def mapped(self) -> bool:
        """Each store is a tile of its own; where there are many, each region is."""
        return len(self.stores) <= MAPPED

    @property
    def kinds(self) -> int:
        return sum(1 for store in self.stores if store.place.kind == "store")


def show(
    stores: Sequence[StoreNow], cases: Sequence[OpenCase], means: Mapping[str, int], errors: Errors, now: datetime,
    paces: Mapping[str, tuple[Pace, ...]] | None = None, todo: int = TODO, past: Past = (),
) -> Now:  # fmt: skip
    """The page of these stores. `errors` are those of sums of stores, `past` what these stores came to in the last hours."""
    at = int(now.timestamp() // 60)
    columns = columns_at(at)
    ranked = sorted(stores, key=trouble)
    items = decide(stores, cases, means, now, paces)
    by, said = sentence(stores, at, errors)
    hours = horizon(by - at)
    return Now(
        at=now,
        time_zone=zone_of_most(stores),
        stores=stores,
        columns=columns,
        rows=tuple(row_of(store, columns) for store in ranked[:ROWS]),
        regions=tiles_of(ranked),
        todo=tuple(items[:todo]),
        todo_in_all=len(items),
        by=moment(by),
        said=said,
        usual=errors[hours].usual if hours in errors else None,
        hours=hours,
        lines=lines(past, at, {name: sum(getattr(store, name) for store in stores) for name in FIGURES})
        if past
        else {},
    )


def zone_of_most(stores: Sequence[StoreNow]) -> str:
    """The clock that most of the stores have: one page has one row of hours."""
    zones = Counter(store.place.time_zone for store in stores)
    return zones.most_common(1)[0][0] if zones else HERE


def rows_of(view: Now, region: str = "") -> list[Row]:
    """Every store of the page, or those of one region, the most troubled first."""
    stores = [store for store in view.stores if not region or store.place.region == region]
    return [row_of(store, view.columns) for store in sorted(stores, key=trouble)]


def sentence(stores: Sequence[StoreNow], at: int, errors: Errors) -> tuple[int, Figure]:
    """The whole hour by which most of what is about to break in the next hours will have broken, and how much that is."""
    hours = [hour for hour in range(at // 60 * 60 + 60, soon(at) + 1, 60) if stores]
    if not hours:
        return soon(at), Figure(0, 0, 0)
    late = [sum(store.said[i].late for store in stores) for i in range(len(hours))]
    chosen = next((i for i, hour in enumerate(hours) if hour > at + 20 and late[i] >= 0.8 * late[-1]), len(hours) - 1)
    return hours[chosen], ranged_sum([store.said[chosen] for store in stores], at, errors)


def columns_at(at: int) -> tuple[Column, ...]:
    """Hours of the grid: some past, the one that has begun, those to come."""
    this = at // 60 * 60
    return tuple(
        Column(moment(this + 60 * step), step < 0, step == 0, not 0 <= step < PHONE, css_of(step))
        for step in range(-BEFORE, AFTER)
    )


def css_of(step: int) -> str:
    return " ".join(name for name, so in (("past", step < 0), ("now", step == 0), ("far", not 0 <= step < PHONE)) if so)


def row_of(store: StoreNow, columns: Sequence[Column]) -> Row:
    percents = [store.loads.get(int(column.at.timestamp() // 60)) for column in columns]
    return Row(store, tuple(Cell(percent, tone(percent)) for percent in percents))


def tone(percent: int | None) -> int:
    return sum(1 for step in STEPS if percent is not None and max(percent, 1) >= step)


def trouble(store: StoreNow) -> tuple[int, int, int, int, int, int, str]:
    """The most troubled first: late, about to be, somebody waits, heavily loaded."""
    return (-store.late, -store.at_risk, -store.here.untaken, -store.cases, -store.peak, -store.open, store.place.name)


def tiles_of(stores: Sequence[StoreNow]) -> tuple[RegionTile, ...]:
    """Regions by name, their stores by name too; what has no region comes last."""
    by: dict[str, list[StoreNow]] = {}
    for store in stores:
        by.setdefault(store.place.region or "", []).append(store)
    tiles = []
    for region, members in by.items():
        peak = max(store.peak for store in members)
        tiles.append(RegionTile(
            id=region, name=members[0].place.region_name, stores=tuple(sorted(members, key=lambda one: one.place.name)),
            late=sum(store.late for store in members), peak=peak, tone=tone(peak),
        ))  # fmt: skip
    return tuple(sorted(tiles, key=lambda one: (not one.id, one.name)))


def moment(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)
