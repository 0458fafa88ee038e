"""What head office lets whom do to figures by hand, and whether regions may open recalls. Pure."""

from typing import Annotated, Final
from uuid import UUID

import msgspec

from comptoir.kit.actor import Role

Limit = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
LimitMinor = Annotated[int, msgspec.Meta(ge=0, le=100_000_000)]


class StockRules(msgspec.Struct, frozen=True):
    """Most units and most value (cents, at the shelf's price) that one correction of a person may have; beyond it waits for a manager."""

    associate_units: Limit = 3
    associate_minor: LimitMinor = 10_000
    manager_units: Limit = 50
    manager_minor: LimitMinor = 200_000
    regions_recall: Annotated[int, msgspec.Meta(ge=0, le=1)] = 0
    """1: regional managers open recalls too."""

    def allows(self, role: Role, units: int, value_minor: int) -> bool:
        """May somebody of this role do it alone? Regions, head office, tills and the ERP have no limit."""
        if role == "associate":
            return units <= self.associate_units and value_minor <= self.associate_minor
        if role == "store_manager":
            return units <= self.manager_units and value_minor <= self.manager_minor
        return True


NAMES: Final = StockRules.__struct_fields__


class ChangeStockRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From now on these hold."""

    id: UUID
    rules: StockRules
