"""A level that cannot be right is put right. Pure: what the level, the ledger and live work say of one row in, what each becomes out.

The ledger is right about what is in the building: its lines are only ever added. Live work is right about promises: every unit of an
order is somewhere (I3). So the level becomes what the ledger has on hand and unsellable and what work has promised and set aside; where the
ledger itself lacks that, a line books it. Whether the shelf agrees is for a count to say.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from comptoir.kit.errors import Conflict
from comptoir.kit.words import Code, Note, Slug
from comptoir.stock.model import Fact, Level, Movement

LEAST_REASON = 3


class Figures(msgspec.Struct, frozen=True):
    """The four figures of a row, or a difference of them, in units."""

    on_hand: int = 0
    reserved: int = 0
    set_aside: int = 0
    unsellable: int = 0

    def less(self, other: "Figures") -> "Figures":
        return Figures(
            self.on_hand - other.on_hand, self.reserved - other.reserved, self.set_aside - other.set_aside,
            self.unsellable - other.unsellable,
        )  # fmt: skip


class Accounts(msgspec.Struct, frozen=True):
    """What is said of one row: by the level, by the sum of its ledger, and by live work of what is promised and off the shelf."""

    level: Figures
    ledger: Figures
    promised: int
    off_shelf: int

    @property
    def right(self) -> Figures:
        """What the row has to say."""
        return Figures(self.ledger.on_hand, self.promised, self.off_shelf, max(0, self.ledger.unsellable))


class Repair(msgspec.Struct, frozen=True):
    """By how much the level moves without a line, and what a line books."""

    level: Figures
    ledger: Figures

    @property
    def count_wanted(self) -> bool:
        """Did what is in the building change? Then somebody looks at the shelf."""
        return bool(self.level.on_hand or self.level.unsellable)


class RepairLevel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Put one row right, and say why. `level` and `ledger` are what was shown to whoever decides."""

    id: UUID
    location: Slug
    sku: Code
    level: Figures
    ledger: Figures
    reason: Annotated[Note, msgspec.Meta(min_length=LEAST_REASON)]


class LevelRepaired(msgspec.Struct, frozen=True):
    """The row before and after; `free`: units that could be promised, `over`: units promised beyond what is there, `counted`: a count was asked for."""

    sku: str
    location: str
    before: Figures
    after: Figures
    free_before: int
    free_after: int
    over: int
    counted: bool


def repair(accounts: Accounts) -> Repair:
    """What puts a row right. Conflict `level_agrees` when nothing is wrong with it."""
    found = Repair(accounts.right.less(accounts.level), accounts.right.less(accounts.ledger))
    if found.level == found.ledger == Figures():
        raise Conflict("level_agrees")
    return found


def booked(sku: str, location: str, repair: Repair, reason: str) -> Movement:
    """The ledger's line: what it lacked, and that somebody put the row right even where it lacked nothing."""
    lacks = repair.ledger
    return Movement(
        sku, location, Fact.REPAIR, lacks.on_hand, lacks.reserved, lacks.set_aside, lacks.unsellable, reason=reason
    )


def repaired(level: Level, figures: Figures) -> Level:
    """The level with these figures."""
    return msgspec.structs.replace(
        level, on_hand=figures.on_hand, reserved=figures.reserved, set_aside=figures.set_aside, unsellable=figures.unsellable
    )  # fmt: skip


def told(before: Level, accounts: Accounts, found: Repair, now: datetime) -> LevelRepaired:
    """The answer: the row as it was and is."""
    right = accounts.right
    return LevelRepaired(
        before.sku, before.location, accounts.level, right, before.available(now), repaired(before, right).available(now),
        max(0, right.reserved - right.on_hand), found.count_wanted,
    )  # fmt: skip
