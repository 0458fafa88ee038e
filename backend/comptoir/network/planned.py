"""What a store does differently for some hours: another capacity, more hands, the pace it was seen to have. Written as text in one column
beside its hours. Pure.

"capacity 30.0 29398020 29398260"    30 works in an hour instead, between two minutes since 1970
"hands 12.0 29398020 29398260"       12 works in an hour on top
"day 14.0 29398020 29398260"         14 works in an hour instead, by the plan of that day: an act of the moment goes before it
"pace 21.5 2 0"                      21.5 works in an hour of the third part of the day, as was learned; only where promises reckon with it
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from typing import Final

import msgspec

from comptoir.network.hours import dayparts
from comptoir.network.promise import FAR, paced

LEAST_SHARE: Final = 1 / 3
"""No promise reckons with less than this share of the capacity, however slow the hours were that taught the pace."""

AS_TEXT: Final = (
    "ARRAY(SELECT CASE WHEN p.of_day THEN 'day' ELSE p.kind END || ' ' || p.per_hour || ' ' || floor(extract(epoch FROM p.from_at) / 60)::bigint || ' '"
    " || floor(extract(epoch FROM p.until_at) / 60)::bigint FROM (SELECT * FROM store_plan s WHERE s.location = l.id ORDER BY s.until_at DESC, s.id LIMIT 200) p"
    " ORDER BY p.id DESC)"
    " || CASE WHEN l.promises_learned THEN ARRAY(SELECT 'pace ' || s.works_per_hour || ' ' || s.part || ' 0' FROM store_pace s WHERE s.location = l.id ORDER BY s.part)"
    " ELSE '{}' END AS plans"
)
"""The column that a query of locations `l` has of it, what was planned last first (ids begin with their time). What ended lies behind, 200 are read:
a plan of each of seven days has 24 at most."""


Span = tuple[int, int, float]
"""(from, to, works per hour), minutes since 1970."""


class Plans(msgspec.Struct, frozen=True):
    """Spans of a store as (from, to, works per hour): `capacity` instead of its own, what was planned last first; `hands` on top. `learned` is
    (part of the day, works per hour) where promises reckon with it."""

    capacity: tuple[tuple[int, int, float], ...] = ()
    hands: tuple[tuple[int, int, float], ...] = ()
    learned: tuple[tuple[int, float], ...] = ()

    def at(self, capacity_per_hour: int, minute: int) -> int:
        """Works in an hour at a minute; of two plans for the same time the last one holds."""
        own = next((per_hour for from_, to, per_hour in self.capacity if from_ <= minute < to), capacity_per_hour)
        more = sum(per_hour for from_, to, per_hour in self.hands if from_ <= minute < to)
        return max(1, round(own + more))


NONE: Final = Plans()


def read(rows: Iterable[str]) -> Plans:
    """What the column says."""
    spans: dict[str, list[Span]] = {"capacity": [], "hands": [], "day": [], "pace": []}
    for kind, per_hour, from_, to in _parts(rows):
        spans[kind].append((from_, to, per_hour))
    if not any(spans.values()):
        return NONE
    return Plans(
        (*spans["capacity"], *_around(spans["day"], spans["capacity"])), tuple(spans["hands"]),
        tuple((part, per_hour) for part, _, per_hour in spans["pace"]),
    )  # fmt: skip


def of_acts(rows: Iterable[str]) -> list[tuple[str, float, int, int]]:
    """What acts planned, as (`capacity` or `hands`, works per hour, from, to); what plans of days say is not in it."""
    return [part for part in _parts(rows) if part[0] in ("capacity", "hands")]


def _parts(rows: Iterable[str]) -> Iterator[tuple[str, float, int, int]]:
    for row in rows:
        kind, per_hour, from_, to = row.split(" ")
        yield kind, float(per_hour), int(from_), int(to)


def _around(days: Iterable[Span], acts: Sequence[Span]) -> Iterator[Span]:
    """What plans of days say where no act says anything."""
    for from_, to, per_hour in days:
        cuts = sorted({from_, to, *(at for act in acts for at in act[:2] if from_ < at < to)})
        for begins, ends in pairwise(cuts):
            if not any(first <= begins < last for first, last, _ in acts):
                yield begins, ends, per_hour


def paces(
    plans: Plans, windows: tuple[tuple[int, int], ...], capacity_per_hour: int, minute: int, zone: str
) -> tuple[Span, ...]:  # fmt: skip
    """Open time with the capacity of each hour, for promises; nothing where no plan is still to hold and no learned pace does: then the
    capacity does."""
    if not plans.learned and not any(to > minute for _, to, _ in (*plans.capacity, *plans.hands)):
        return ()
    return _paces(plans, windows, capacity_per_hour, zone)


@lru_cache(maxsize=5_000)
def _paces(
    plans: Plans, windows: tuple[tuple[int, int], ...], capacity_per_hour: int, zone: str
) -> tuple[Span, ...]:  # fmt: skip
    """Kept, for it is asked every two seconds and changes with a plan, once a day, and when the pace is learned anew."""
    learned: tuple[tuple[int, float], ...] = ()
    if plans.learned and windows:
        known, first = dict(plans.learned), datetime.fromtimestamp(windows[0][0] * 60, UTC)
        days = (windows[-1][1] - windows[0][0]) // 1440 + 2
        parts = [(minute, known.get(part, float(capacity_per_hour))) for minute, part in dayparts(zone, first, days)]
        learned = believed(parts, capacity_per_hour)
    return paced(windows or ((0, FAR),), capacity_per_hour, learned, instead(plans), plans.hands)


def by_pace(rows: Iterable[str], paces: Sequence[float | None]) -> list[str]:
    """What the column would say if promises reckoned with these works in an hour of each part of the day; with none of them, if they did not."""
    kept = [row for row in rows if not row.startswith("pace ")]
    return kept + [f"pace {pace} {part} 0" for part, pace in enumerate(paces) if pace is not None]


def believed(learned: Iterable[tuple[int, float]], capacity_per_hour: int) -> tuple[tuple[int, float], ...]:
    """Learned paces, as (from minute, works per hour), as far as promises reckon with them: never more than the capacity, never less
    than a third of it."""
    return tuple(
        (minute, min(capacity_per_hour, max(LEAST_SHARE * capacity_per_hour, pace))) for minute, pace in learned
    )


def instead(plans: Plans) -> tuple[tuple[int, int, float], ...]:
    """The plans of capacity without overlaps: where two speak of the same minute the last one holds."""
    cuts = sorted({at for from_, to, _ in plans.capacity for at in (from_, to)})
    found: list[tuple[int, int, float]] = []
    for begins, ends in pairwise(cuts):
        holds = next((per_hour for from_, to, per_hour in plans.capacity if from_ <= begins < to), None)
        if holds is not None:
            found.append((begins, ends, holds))
    return tuple(found)
