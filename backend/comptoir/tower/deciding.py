"""What a manager decides first: everything that does harm, in money, the dearest on top, each with one act. Pure.

Harm is what is likely to be lost if nobody does anything, in minor units: a broken promise, a tenth of what its order is worth, a
customer's wait, and for goods or money that may be gone the order itself. The figures are a rule of the house, not a measurement.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from comptoir.tower.forecasting import Figure, soon
from comptoir.tower.learning import Pace
from comptoir.tower.queries import UNHEARD_AFTER, OpenCase
from comptoir.tower.standing import StoreNow

PROMISE: Final = 1_000
"""What a promise that breaks costs: an answer, an excuse, a customer who thinks twice."""
SHARE: Final = 0.1
"""Of an order's worth, when its promise breaks: one customer in ten does not come any more."""
WAITING: Final = 1_000
"""For each four minutes that somebody waits whom nobody serves."""
PATIENCE: Final = 4
LINE: Final = 200
"""A line in the hands of a device that is silent; a work of the next hours that no device can take."""
UNTOLD: Final = 500
"""An order whose customer knows nothing."""
GONE: Final = {
    "money_stuck",
    "parcel_lost",
    "parcel_not_received",
    "parcel_void",
    "handed_over_twice",
    "handed_over_unpaid",
    "handed_over_without_proof",
}
"""Cases in which the whole order may be lost."""
CROWDED: Final = 110
"""Per cent of an hour's work from which it is worth a word although nothing is late by it yet."""

Kind = Literal["late", "risk", "waiting", "silent", "pickup", "untold", "crowded", "case", "unlinked", "unheard"]


class Item(msgspec.Struct, frozen=True):
    """One thing to decide: what (`kind`), where, how much harm. `n`, `more`, `minute` are what its words need."""

    kind: Kind
    store: StoreNow
    harm: int
    n: int = 0
    more: int = 0
    figure: Figure | None = None
    minute: int | None = None
    name: str = ""
    pace: tuple[int, int] | None = None
    """Works in an hour now, and usually."""
    case: OpenCase | None = None

    @property
    def at(self) -> datetime | None:
        """The moment that `minute` is."""
        return None if self.minute is None else datetime.fromtimestamp(self.minute * 60, UTC)


def decide(
    stores: Iterable[StoreNow], cases: Sequence[OpenCase], means: Mapping[str, int], now: datetime,
    paces: Mapping[str, tuple[Pace, ...]] | None = None,
) -> list[Item]:  # fmt: skip
    """All that is to be decided in these stores, the dearest first. `means` is what an order of a store is worth on average."""
    found: list[Item] = []
    known = {store.place.id: store for store in stores}
    for store in known.values():
        found += _of_store(store, means.get(store.place.id, 0), now, (paces or {}).get(store.place.id, ()))
    for case in cases:
        if case.location in known:
            worth = case.total_minor or 0
            harm = worth if case.kind in GONE else PROMISE + round(SHARE * worth)
            found.append(Item("case", known[case.location], harm, case=case))
    found.sort(key=lambda item: (-item.harm, item.store.place.name, item.kind))
    return found


def _of_store(store: StoreNow, mean: int, now: datetime, paces: Sequence[Pace]) -> Iterable[Item]:
    each = PROMISE + SHARE * mean
    until = soon(store.at)
    said = store.soon
    coming = round(said.late)
    peak = max(((load, minute) for minute, load in store.loads.items() if load is not None and store.at // 60 * 60 <= minute < until), default=(0, 0))  # fmt: skip
    if store.late:
        yield Item(
            "late", store, round(each * (store.late + coming)), store.late, coming, said, until, pace=pace_now(store, paces)
        )  # fmt: skip
    elif coming:
        yield Item("risk", store, round(each * said.late), coming, 0, said, until, pace=pace_now(store, paces))
    elif peak[0] >= CROWDED:
        yield Item("crowded", store, round(each * (peak[0] - 100) / 100), peak[0], minute=peak[1])
    here = store.here
    if here.untaken and here.untaken_since is not None:
        minutes = int((now - here.untaken_since).total_seconds() // 60)
        if minutes >= PATIENCE:
            yield Item("waiting", store, here.untaken * WAITING * (minutes // PATIENCE), here.untaken, minutes)
    if store.silent.devices and store.silent.since is not None:
        minutes = int((now - store.silent.since).total_seconds() // 60)
        yield Item(
            "silent", store, store.silent.lines * LINE + LINE, store.silent.lines, minutes, name=store.silent.name
        )
    if store.open and store.unheard is not None and not store.silent.devices:
        harm = LINE + LINE * store.promised_by(until)
        if not store.unheard.devices:
            yield Item("unlinked", store, harm, store.open)
        elif store.unheard_minutes * 60 >= UNHEARD_AFTER.total_seconds():
            yield Item("unheard", store, harm, store.open, store.unheard_minutes)
    for pickup in store.pickups:
        if pickup.missing:
            yield Item(
                "pickup", store, round(each * pickup.missing), pickup.missing, minute=pickup.at, name=pickup.carrier
            )
    if store.untold:
        yield Item("untold", store, UNTOLD * store.untold, store.untold)


def pace_now(store: StoreNow, paces: Sequence[Pace]) -> tuple[int, int] | None:
    """Works picked in the last whole hour the store was open, and usually in that part of its day; None where either is not known."""
    known = {pace.part: pace.works_per_hour for pace in paces}
    this = store.at // 60 * 60
    for hour in reversed(store.past):
        if hour.minute < this and hour.open_minutes == 60:
            return (hour.works, round(known[hour.part])) if hour.part in known else None
    return None
