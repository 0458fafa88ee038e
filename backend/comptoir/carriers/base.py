"""What a carrier answers to whatever it does not do: nothing was sent."""

from collections.abc import Sequence
from uuid import UUID

from comptoir.carriers.model import (
    LabelAnswer,
    LabelFormat,
    ManifestAnswer,
    NotOffered,
    RateAnswer,
    Rated,
    RelayAnswer,
    RelayQuery,
    Shipment,
    TrackAnswer,
    VoidAnswer,
)
from comptoir.carriers.tariffs import Tariff, prices


class Base:
    """A carrier that offers nothing yet. Adapters say over what theirs does, and tell it in `capabilities`.

    With a `tariff` it has prices all the same: those of the table that we were given.
    """

    name = ""
    tariff: Tariff | None = None

    async def rates(self, shipment: Shipment) -> RateAnswer:
        return Rated(tuple(prices(self.name, self.tariff, shipment))) if self.tariff else NotOffered()

    async def create_label(self, shipment: Shipment, format: LabelFormat, key: UUID) -> LabelAnswer:
        return NotOffered()

    async def reprint(self, shipment: str, format: LabelFormat) -> LabelAnswer:
        return NotOffered()

    async def void(self, shipment: str) -> VoidAnswer:
        return NotOffered()

    async def track(self, numbers: Sequence[str]) -> TrackAnswer:
        return NotOffered()

    async def relays(self, query: RelayQuery) -> RelayAnswer:
        return NotOffered()

    async def manifest(self, numbers: Sequence[str]) -> ManifestAnswer:
        return NotOffered()

    async def close(self) -> None:
        """Adapters that hold a line close it."""
