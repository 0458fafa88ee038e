"""What an act changes: the same forecast on a changed store, beside what it was without the act. Pure.

Late orders are promises that will still break by a moment (`by`), with the range that past errors give; what is late already stays late.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from comptoir.tower.acts import Seen
from comptoir.tower.forecasting import Errors, Figure, Outlook, Store, figure, soon
from comptoir.tower.queries import Backlog
from comptoir.tower.standing import StoreNow

HOURS_SHOWN: Final = 4
SLACK_LATE: Final = 1
SLACK_MINOR: Final = 100
SLACK_SHARE: Final = 0.2
"""As far may what comes of an act lie from what was shown before it asks again: a work, a euro, a fifth."""


class Said(msgspec.Struct, frozen=True):
    """Works that will be late: most likely, at least, at most."""

    late: int
    low: int
    high: int


class StoreEffect(msgspec.Struct, frozen=True):
    """One store without and with the act. `loads` are (minute an hour begins, load in per cent without, with); None: closed."""

    location: str
    name: str
    time_zone: str
    before: Said
    after: Said
    overdue_before: int
    overdue_after: int
    done_before: int
    done_after: int
    loads: tuple[tuple[int, int | None, int | None], ...]


class Effect(msgspec.Struct, frozen=True):
    """All that comes of an act, by a moment `by` (minutes since 1970). The store of the act comes first.

    `to` is (store, its name, works); `stays` is (reason, works) of what was asked for and is not done; `cost_minor` is what the
    parcels cost more than they would from here; `person_minutes` are hands on top; messages go by SMS or push where a number is
    known, else by e-mail, and some customers cannot be reached.
    """

    at: datetime
    by: int
    before: Said
    after: Said
    stores: tuple[StoreEffect, ...]
    works: int = 0
    to: tuple[tuple[str, str, int], ...] = ()
    stays: tuple[tuple[str, int], ...] = ()
    cost_minor: int = 0
    person_minutes: int = 0
    messages: int = 0
    by_phone: int = 0
    by_mail: int = 0
    unreachable: int = 0

    @property
    def seen(self) -> Seen:
        """The figures by which it is known again."""
        return Seen(self.works, self.after.late, self.cost_minor, self.messages)


def differs(seen: Seen, then: Effect) -> bool:
    """Would something else be done than was shown? Another number of works or messages always, late orders and cost beyond a little."""
    now = then.seen
    late = max(SLACK_LATE, SLACK_SHARE * seen.late)
    cost = max(SLACK_MINOR, SLACK_SHARE * abs(seen.cost_minor))
    return (
        now.works != seen.works
        or now.messages != seen.messages
        or abs(now.late - seen.late) > late
        or abs(now.cost_minor - seen.cost_minor) > cost
    )


def compare(before: Sequence[StoreNow], after: Sequence[StoreNow], errors: Errors, now: datetime) -> Effect:
    """Two readings of the same stores in the same order, as an effect without its counts. `errors` are those of sums."""
    by = soon(before[0].at)
    return Effect(
        at=now, by=by, before=_late(before, by, errors), after=_late(after, by, errors),
        stores=tuple(_store(was, will) for was, will in zip(before, after, strict=True)),
    )  # fmt: skip


def _late(stores: Sequence[StoreNow], by: int, errors: Errors) -> Said:
    if len(stores) == 1:
        return said(stores[0].soon)
    return said(figure([one.outlook for one in stores], by, errors))


def said(found: Figure) -> Said:
    return Said(*found.words)


def _store(was: StoreNow, will: StoreNow) -> StoreEffect:
    this = was.at // 60 * 60
    hours = range(this, this + 60 * HOURS_SHOWN, 60)
    return StoreEffect(
        was.place.id, was.place.name, was.place.time_zone, said(was.soon), said(will.soon),
        was.late, will.late, was.outlook.likely.done_at, will.outlook.likely.done_at,
        tuple((minute, was.loads.get(minute), will.loads.get(minute)) for minute in hours),
    )  # fmt: skip


def without(backlog: Backlog, parcels: Iterable[int]) -> Backlog:
    """A backlog as it was before parcels of these promises (minutes) came to it that nobody has begun."""
    gone: dict[int, int] = {}
    for minute in parcels:
        gone[minute] = gone.get(minute, 0) + 1
    less = [gone.get(minute, 0) for minute in backlog.minutes]
    waiting = [count - fewer for count, fewer in zip(backlog.waiting, less, strict=True)]
    ship = [count - fewer for count, fewer in zip(backlog.ship, less, strict=True)]
    return msgspec.structs.replace(backlog, waiting=waiting, ship=ship)


def leaving(store: Store, works: Mapping[int, int]) -> Store:
    """A store without these waiting works (promise -> works)."""
    left = tuple((promise, count - works.get(promise, 0)) for promise, count in store.waiting)
    return msgspec.structs.replace(store, waiting=tuple((promise, count) for promise, count in left if count > 0))


def joined(outlooks: Iterable[Outlook], by: int, errors: Errors) -> Said:
    """Late works of several stores by a moment."""
    return said(figure(outlooks, by, errors))
