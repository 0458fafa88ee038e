"""A carrier that is a price list: any company without an API of ours. A person types the tracking number; the label is our own."""

from uuid import UUID

from comptoir.carriers.address_label import draw_address_label
from comptoir.carriers.base import Base
from comptoir.carriers.model import (
    Capabilities,
    LabelAnswer,
    LabelFormat,
    NumberWanted,
    Reason,
    Refused,
    Shipment,
    label_of,
)
from comptoir.carriers.tariffs import Tariff


class RateTable(Base):
    """Prices by zone and weight, and an address label; nothing leaves this machine."""

    def __init__(self, name: str, tariff: Tariff) -> None:
        self.name, self.tariff = name, tariff
        self.capabilities = Capabilities(tariff.services, tuple(LabelFormat), rates=True)

    async def create_label(self, shipment: Shipment, format: LabelFormat, key: UUID) -> LabelAnswer:
        """Asks for a number, and gives a label to stick on meanwhile."""
        if all(service.code != shipment.service for service in self.capabilities.services):
            return Refused((Reason("service", "unheard_of", shipment.service),))
        return NumberWanted(label_of((), draw_address_label(shipment, self.name, format), format))
