"""What this process believes about places and their stock: a hint that makes planning free of the database.

The hint may be old; the rows locked by the order decide. When it says "nobody has it", the database is asked before
anyone is refused, so an old hint can cost a second look but never an oversell (I1) or a wrong refusal (no undersell).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from comptoir.network.geography import Point, distance_km, point_of
from comptoir.sourcing.model import Place

COST_PER_KM_MINOR = 2
"""What a kilometer adds to a parcel, in cents: a stand-in for carrier zones until rates are known."""


class Outlook:
    """Places by index, kits, known SKUs, and available units per SKU as one list over all places."""

    def __init__(self) -> None:
        self.places: list[Place] = []
        self.ids: list[str] = []
        self.index: dict[str, int] = {}
        self.known: Mapping[str, Any] = {}
        self.kits: Mapping[str, Sequence[Any]] = {}
        self.supply: dict[str, list[int]] = {}
        self.queue: list[int] = []
        self._rankings: dict[Point, tuple[int, ...]] = {}
        self._pause_ends: datetime | None = None

    def set_places(self, places: Sequence[Place]) -> None:
        """Take over the network; figures of stock are kept where the place is still there."""
        if places == self.places:
            return
        moved = [self.index.get(place.id, -1) for place in places]
        if [place.id for place in places] != self.ids:
            self.supply = {sku: [row[i] if i >= 0 else 0 for i in moved] for sku, row in self.supply.items()}
            self.queue = [self.queue[i] if i >= 0 else 0 for i in moved]
        self.places = list(places)
        self.ids = [place.id for place in places]
        self.index = {place.id: place.index for place in places}
        self._rankings.clear()

    def set_supply(self, rows: Iterable[tuple[str, str, int]]) -> None:
        """Take over available units: (sku, location, units)."""
        size = len(self.places)
        for sku, location, units in rows:
            row = self.supply.get(sku)
            if row is None:
                row = self.supply[sku] = [0] * size
            at = self.index.get(location)
            if at is not None:
                row[at] = units

    def set_queue(self, counts: Mapping[str, int]) -> None:
        """Works that wait at each location, by id."""
        self.queue = [counts.get(place, 0) for place in self.ids]

    def available(self, sku: str, at: int) -> int:
        row = self.supply.get(sku)
        return row[at] if row is not None else 0

    def correct(self, sku: str, location: str, units: int) -> None:
        """A locked row told the truth."""
        self.set_supply(((sku, location, units),))

    def ranking(self, country: str, postcode: str, now: datetime) -> tuple[int, ...]:
        """Indexes of the places that ship, cheapest parcel to this address first; kept until places change."""
        if self._pause_ends is not None and now >= self._pause_ends:
            self._rankings.clear()
        to = point_of(country, postcode)
        ranked = self._rankings.get(to)
        if ranked is None:
            # A pause that ends changes no place, so the rankings must end with it.
            self._pause_ends = min(
                (p.paused_until for p in self.places if p.paused_until and p.paused(now)), default=None
            )
            ranked = self._rankings[to] = tuple(
                place.index
                for place in sorted(
                    (p for p in self.places if p.ship and not p.paused(now)),
                    key=lambda p: (
                        p.parcel_cost_minor + COST_PER_KM_MINOR * round(distance_km(to, (p.latitude, p.longitude))),
                        p.id,
                    ),
                )
            )
        return ranked
