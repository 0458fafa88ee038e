"""The one vocabulary of measures: what each counts, in which unit, what its three figures are and what its key says. Pure.

Every figure adds up: over places, days and keys. What does not add up (a share, a median) is worked out of sums, never
stored. A median comes from a histogram: the key of a measure of times is the number of a bucket.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Final, Literal

import msgspec

Unit = Literal["orders", "units", "parcels", "customers", "payments"]
Key = Literal["", "hour", "kind", "bucket", "reason", "sku", "carrier", "carrier_days", "sales", "band"]

MEANING: Final = 2
"""One more whenever a measure is added or counts something else: a worker then counts history anew by itself."""

EDGES: Final = (
    30, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1200, 1800, 2700, 3600, 5400, 7200, 10800, 14400, 21600, 28800, 43200, 86400,
    172800, 259200, 432000, 604800, 1209600,
)  # fmt: skip
"""Bucket n holds times from EDGES[n - 1] to just below EDGES[n], in seconds; the last one everything longer."""

ZONE_OF_NOWHERE: Final = "Europe/Paris"
"""The time of what has no place."""

MOST_DAYS: Final = 30
"""A parcel that takes longer is counted as taking so many days."""

STOCK_BANDS: Final = (30, 90, 180)
"""Days since one was sold: at most 30, at most 90, at most 180, longer or never."""


CANCEL_REASONS: Final = (
    "customer", "not_available", "duplicate", "suspected_fraud", "mistake", "payment_not_received", "short", "canceled in the shop", "hand-over undone",
)  # fmt: skip
"""Reasons that are the same wherever they come from. Those that head office added count by their code; what somebody wrote is `other`."""


class Measure(msgspec.Struct, frozen=True):
    """`figures` names a, b and c as they stand in a row; all three are sums. `unit` is that of the first."""

    name: str
    unit: Unit
    figures: tuple[str, ...]
    key: Key = ""


MEASURES: Final[Mapping[str, Measure]] = {
    one.name: one
    for one in (
        Measure("received", "orders", ("orders", "units"), "hour"),
        Measure("accepted", "orders", ("orders", "seconds"), "bucket"),
        Measure("ready", "orders", ("orders", "on_time"), "kind"),
        Measure("prepared", "orders", ("orders", "seconds"), "bucket"),
        Measure("collected", "orders", ("orders", "seconds"), "bucket"),
        Measure("waited", "customers", ("customers", "seconds"), "bucket"),
        Measure("found", "units", ("units",)),
        Measure("short", "units", ("units",), "reason"),
        Measure("short_sku", "units", ("units",), "sku"),
        Measure("found_sku", "units", ("units",), "sku"),
        Measure("canceled", "orders", ("orders",), "reason"),
        Measure("declined", "orders", ("orders",), "reason"),
        Measure("expired", "orders", ("orders",)),
        Measure("returned", "units", ("units", "minor", "kept_minor"), "reason"),
        Measure("shipped", "parcels", ("parcels", "delivered", "on_time"), "carrier"),
        Measure("sent_back", "parcels", ("parcels",), "carrier"),
        Measure("travelled", "parcels", ("parcels", "days"), "carrier_days"),
        Measure("sold", "units", ("units", "goods_minor", "delivery_minor"), "sales"),
        Measure("captured", "payments", ("payments", "minor"), "sales"),
        Measure("refunded", "payments", ("payments", "minor"), "sales"),
        Measure("stock", "units", ("units", "minor"), "band"),
    )
}
"""Key `sales` is "channel|EUR", `carrier_days` "carrier|03", `reason` of returns "size|EUR", `band` "0030|EUR"."""

Figures = tuple[int, int, int]
Sums = Mapping[str, Mapping[str, Figures]]
"""Measure -> key -> its figures, for some places and days."""


def bucket_of(seconds: int) -> int:
    """The bucket of a time; the same that the projection's statement finds."""
    return bisect_right(EDGES, seconds)


def total(sums: Sums, measure: str, at: int = 0) -> int:
    """One figure of a measure over all its keys."""
    return sum(row[at] for row in sums.get(measure, {}).values())


def quantile(sums: Sums, measure: str, part: float) -> int | None:
    """Seconds below which `part` of all times lie, straight between a bucket's edges; None when there are none."""
    buckets = sorted((int(key), row[0]) for key, row in sums.get(measure, {}).items() if row[0] > 0)
    of_all = sum(n for _, n in buckets)
    if not of_all:
        return None
    wanted, before = part * of_all, 0
    for at, n in buckets:
        if before + n >= wanted:
            low = EDGES[at - 1] if at else 0
            high = EDGES[at] if at < len(EDGES) else 2 * EDGES[-1]
            return round(low + (high - low) * (wanted - before) / n)
        before += n
    raise AssertionError("unreachable")


def ratio(part: int, whole: int) -> float | None:
    """None of nothing."""
    return part / whole if whole else None


def median(values: Iterable[float | None]) -> float | None:
    """The middle of what stores have; of an even number the mean of the two in the middle."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return None
    half = len(known) // 2
    return known[half] if len(known) % 2 else (known[half - 1] + known[half]) / 2
