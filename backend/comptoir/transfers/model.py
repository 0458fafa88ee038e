"""The words of transfers: the document and its lines, and what may be asked of them. Every figure is in units."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from comptoir.kit.words import Code, Note, Slug, Units
from comptoir.transfers.lifecycle import TRANSFER, Action, Status

MOST_LINES = 200
Reason = Literal["replenish", "balance", "return", "customer", "other"]
"""Why goods move: the shelf there is empty, they sell better there, they go back, somebody waits for them, else."""


class Line(msgspec.Struct, frozen=True):
    """Where the units of one article are; the eight states sum to `quantity`. `over` came and was not on the way.

    A line with an order's work behind it names the line there.
    """

    line: int
    sku: str
    quantity: int
    reserved: int = 0
    picked: int = 0
    in_transit: int = 0
    received: int = 0
    missing: int = 0
    released: int = 0
    over: int = 0
    work_line: int | None = None
    lost: int = 0
    damaged: int = 0


class Transfer(msgspec.Struct, frozen=True):
    """Goods that go from one place to another. With `order` and `work` they are a customer's, picked as that work."""

    id: UUID
    number: str
    from_location: str
    to_location: str
    status: Status
    order: UUID | None = None
    work: UUID | None = None
    promise_at: datetime | None = None
    arrived_work: UUID | None = None
    lines: tuple[Line, ...] = ()

    def of(self, sku: str) -> list[Line]:
        """The lines of one article, in order."""
        return [line for line in self.lines if line.sku == sku]

    def total(self, state: str) -> int:
        """Units of all lines in one state."""
        return sum(getattr(line, state) for line in self.lines)

    def after(self, action: Action) -> Status:
        """The status that follows; Conflict `not_now`."""
        return TRANSFER.after(action, self.status)


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of one article."""

    sku: Code
    quantity: Units


Wishes = Annotated[tuple[Wish, ...], msgspec.Meta(min_length=1, max_length=MOST_LINES)]


class CreateTransfer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Goods are to go from one place to another. They are promised at the source at once."""

    id: UUID
    from_: Slug
    to: Slug
    lines: Wishes
    reason: Reason = "replenish"
    note: Note = ""


class ShipTransfer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The goods leave. With `lines` these units leave; without, what was picked."""

    id: UUID
    transfer: UUID
    lines: Annotated[tuple[Wish, ...], msgspec.Meta(max_length=MOST_LINES)] = ()


class Arrived(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of one article that have come; `damaged` of them besides, which are here and cannot be sold."""

    sku: Code
    quantity: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    damaged: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0


class ReceiveTransfer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units have come; `close` says that nothing more is expected."""

    id: UUID
    transfer: UUID
    lines: Annotated[tuple[Arrived, ...], msgspec.Meta(max_length=MOST_LINES)] = ()
    close: bool = False


class CancelTransfer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """It is not wanted any more; only before it has left."""

    id: UUID
    transfer: UUID


SettleKind = Literal["found", "lost", "stayed"]
"""What became of missing units: they were there after all; they are gone; they never left, the source had counted wrong."""


class SettleTransfer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Missing units of a transfer that has ended are accounted for."""

    id: UUID
    transfer: UUID
    sku: Code
    kind: SettleKind
    units: Units
    note: Note = ""


class CountSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """More came than had left on paper: the shelf that it came from is counted."""

    id: UUID
    transfer: UUID
    sku: Code


class TransferTold(msgspec.Struct, frozen=True):
    """A transfer after something was done with it: units in each state, and what may be done next."""

    id: UUID
    number: str
    status: Status
    quantity: int
    picked: int
    in_transit: int
    received: int
    missing: int
    over: int
    damaged: int
    lost: int
    actions: tuple[str, ...]


def told(transfer: Transfer) -> TransferTold:
    """The answer of every request about a transfer."""
    return TransferTold(
        transfer.id, transfer.number, transfer.status, transfer.total("quantity"), transfer.total("picked"),
        transfer.total("in_transit"), transfer.total("received"), transfer.total("missing"), transfer.total("over"),
        transfer.total("damaged"), transfer.total("lost"),
        tuple(action.value for action in TRANSFER.actions(transfer.status)),
    )  # fmt: skip
