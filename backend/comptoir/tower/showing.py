"""The Now page in figures: readings, sentence, load by hour, regions, what to decide. Pure; words are the template's."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from comptoir.tower.deciding import Item, decide
from comptoir.tower.forecasting import Errors, Figure, figure, horizon, soon
from comptoir.tower.learning import Pace
from comptoir.tower.queries import OpenCase
from comptoir.tower.standing import StoreNow

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


class Row(msgspec.Struct, frozen=True):
    store: StoreNow
    cells: tuple[Cell, ...]
    peak: int
    """The highest load of the coming hours."""

    @property
    def tone(self) -> int:
        return tone(self.peak)


class RegionTile(msgspec.Struct, frozen=True):
    """Stores of a region: works late, works that will be by the forecast, the highest load of the coming hours, its tone."""

    id: str
    name: str
    rows: tuple[Row, ...]
    late: int
    at_risk: int
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

    def total(self, name: str) -> int:
        return sum(value(store, name) for store in self.stores)

    def most(self, name: str) -> StoreNow | None:
        """The store that has most of something, if any has it."""
        first = max(self.stores, key=lambda store: value(store, name), default=None)
        return first if first is not None and value(first, name) else None

    def with_any(self, name: str) -> int:
        return sum(1 for store in self.stores if value(store, name))

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

    def value(self, store: StoreNow, name: str) -> int:
        return value(store, name)

    @property
    def mapped(self) -> bool:
        """Each store is a tile of its own; where there are many, each region is."""
        return len(self.stores) <= MAPPED

    @property
    def kinds(self) -> int:
        return sum(1 for store in self.stores if store.place.kind == "store")


def value(store: StoreNow, name: str) -> int:
    """A reading of a store by its name."""
    found = {
        "due": lambda: store.due(),
        "waiting": lambda: store.here.waiting,
        "silent": lambda: store.silent.devices,
    }.get(name)
    return found() if found else int(getattr(store, name))


def show(
    stores: Sequence[StoreNow], cases: Sequence[OpenCase], means: Mapping[str, int], errors: Errors, now: datetime,
    paces: Mapping[str, tuple[Pace, ...]] | None = None, todo: int = TODO,
) -> Now:  # fmt: skip
    """The page of these stores. `errors` are those of sums of stores."""
    at = int(now.timestamp() // 60)
    columns = columns_at(at)
    rows = sorted((row_of(store, columns) for store in stores), key=trouble)
    items = decide(stores, cases, means, now, paces)
    by, said = sentence(stores, at, errors)
    hours = horizon(by - at)
    return Now(
        at=now,
        time_zone=stores[0].place.time_zone if stores else HERE,
        stores=stores,
        columns=columns,
        rows=tuple(rows[:ROWS]),
        regions=tiles_of(rows),
        todo=tuple(items[:todo]),
        todo_in_all=len(items),
        by=moment(by),
        said=said,
        usual=errors[hours].usual if hours in errors else None,
        hours=hours,
    )


def rows_of(view: Now, region: str = "") -> list[Row]:
    """Every store of the page, or those of one region, the most troubled first."""
    stores = [store for store in view.stores if not region or store.place.region == region]
    return sorted((row_of(store, view.columns) for store in stores), key=trouble)


def sentence(stores: Sequence[StoreNow], at: int, errors: Errors) -> tuple[int, Figure]:
    """The whole hour by which most of what is about to break in the next hours will have broken, and how much that is."""
    hours = range(at // 60 * 60 + 60, soon(at) + 1, 60)
    outlooks = [store.outlook for store in stores]
    by_hour = [(hour, sum(one.likely.late_by(hour) for one in outlooks)) for hour in hours]
    most = by_hour[-1][1]
    chosen = next((hour for hour, late in by_hour if hour > at + 20 and late >= 0.8 * most), by_hour[-1][0])
    return chosen, figure(outlooks, chosen, errors)


def columns_at(at: int) -> tuple[Column, ...]:
    """Hours of the grid: some past, the one that has begun, those to come."""
    this = at // 60 * 60
    return tuple(
        Column(moment(this + 60 * step), step < 0, step == 0, not 0 <= step < PHONE) for step in range(-BEFORE, AFTER)
    )


def row_of(store: StoreNow, columns: Sequence[Column]) -> Row:
    loads = store.loads()
    cells = []
    for column in columns:
        percent = loads.get(int(column.at.timestamp() // 60))
        cells.append(Cell(percent, tone(percent)))
    coming = [cell.percent or 0 for cell, column in zip(cells, columns, strict=True) if not column.past]
    return Row(store, tuple(cells), max(coming, default=0))


def tone(percent: int | None) -> int:
    return sum(1 for step in STEPS if percent is not None and max(percent, 1) >= step)


def trouble(row: Row) -> tuple[int, int, int, int, int, int, str]:
    """The most troubled first: late, about to be, somebody waits, heavily loaded."""
    store = row.store
    return (-store.late, -store.at_risk, -store.here.untaken, -store.cases, -row.peak, -store.open, store.place.name)


def tiles_of(rows: Sequence[Row]) -> tuple[RegionTile, ...]:
    """Regions by name, their stores in the order of their trouble; stores without a region come last."""
    by: dict[str, list[Row]] = {}
    for row in rows:
        by.setdefault(row.store.place.region or "", []).append(row)
    tiles = [
        RegionTile(
            id=region,
            name=members[0].store.place.region_name,
            rows=tuple(members),
            late=sum(row.store.late for row in members),
            at_risk=sum(row.store.at_risk for row in members),
            peak=max(row.peak for row in members),
            tone=tone(max(row.peak for row in members)),
        )
        for region, members in by.items()
    ]
    return tuple(sorted(tiles, key=lambda one: (not one.id, one.name)))


def moment(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)
