"""The words of receiving: the purchase order and its lines, cartons, and what may be asked of them. Every figure is in units."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from comptoir.kit.words import Code, Maybe, Note, Slug, Units, Word
from comptoir.receiving.lifecycle import PURCHASE, Action, Status

MOST_LINES = 500
MOST_CARTONS = 500
PHOTO_WIDEST = 1280
PHOTO_HEAVIEST = 400_000
Kind = Literal["short", "over", "unexpected", "damaged", "unknown_code", "not_awaited"]
"""How a delivery differs: too few, too many, an article nobody ordered, not sellable, a code of nothing we sell, came after the end."""

DifferenceStatus = Literal["open", "accepted", "claimed", "recount", "settled", "gone"]
"""`claimed` waits for the supplier; `settled` is a claim with its answer; `gone` was overtaken by what came later."""

Sscc = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{18}\Z")]


class Line(msgspec.Struct, frozen=True):
    """One article of a purchase order: what was ordered, what was counted of it so far."""

    line: int
    sku: str
    ordered: int
    good: int = 0
    damaged: int = 0

    @property
    def counted(self) -> int:
        """Units that have come, in whatever state."""
        return self.good + self.damaged

    @property
    def over(self) -> int:
        return max(0, self.counted - self.ordered)

    @property
    def short(self) -> int:
        return max(0, self.ordered - self.counted)


class Purchase(msgspec.Struct, frozen=True):
    """What a supplier is to bring to one location."""

    id: UUID
    number: str
    location: str
    supplier: str
    status: Status
    lines: tuple[Line, ...] = ()

    def line(self, sku: str) -> Line | None:
        """The line of one article."""
        return next((line for line in self.lines if line.sku == sku), None)

    def total(self, what: str) -> int:
        """Units of all lines: `ordered`, `good`, `damaged`, `over`, `short`."""
        return sum(getattr(line, what) for line in self.lines)

    def after(self, action: Action) -> Status:
        """The status that follows; Conflict `not_now`."""
        return PURCHASE.after(action, self.status)


class Receipt(msgspec.Struct, frozen=True):
    """One delivery, while it is counted."""

    id: UUID
    number: str
    purchase: UUID
    location: str


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of one article."""

    sku: Code
    quantity: Units


class OrderGoods(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A supplier is to bring goods to a location. Without a number we give one; without lines a delivery that nobody announced is counted."""

    id: UUID
    location: Slug
    supplier: Word
    lines: Annotated[tuple[Wish, ...], msgspec.Meta(max_length=MOST_LINES)] = ()
    number: Code | None = None
    expected_on: date | None = None
    delivery_note: Maybe = ""
    note: Note = ""


class CancelPurchase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """It is not awaited any more; only while nothing of it has come."""

    id: UUID
    purchase: UUID


class Carton(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One carton under its SSCC (18 digits), and what the supplier says is in it."""

    sscc: Sscc
    lines: Annotated[tuple[Wish, ...], msgspec.Meta(min_length=1, max_length=MOST_LINES)]


class AnnounceGoods(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The supplier says what is on its way (ASN), carton by carton."""

    id: UUID
    purchase: UUID
    number: Code
    cartons: Annotated[tuple[Carton, ...], msgspec.Meta(min_length=1, max_length=MOST_CARTONS)]
    expected_on: date | None = None


class Came(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of one article that have come; `damaged` of them cannot be sold."""

    sku: Code
    quantity: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    damaged: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0


class TakeInGoods(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What has come. `close` ends this delivery; with `last` nothing more is expected and what is missing is short."""

    id: UUID
    purchase: UUID
    lines: Annotated[tuple[Came, ...], msgspec.Meta(max_length=MOST_LINES)] = ()
    close: bool = False
    last: bool = False


class TakeGoodsPhoto(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A picture of what came damaged, drawn anew; another one of the same article takes its place."""

    id: UUID
    purchase: UUID
    sku: Code
    picture: Annotated[bytes, msgspec.Meta(min_length=1, max_length=PHOTO_HEAVIEST)]
    width: Annotated[int, msgspec.Meta(ge=1, le=PHOTO_WIDEST)]
    height: Annotated[int, msgspec.Meta(ge=1, le=PHOTO_WIDEST)]


Decision = Literal["accept", "claim", "recount", "settle"]
"""It stands as counted; the supplier is to answer for it; the shelf is counted; the supplier has answered."""


class DecideDifference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is done about a difference."""

    id: UUID
    difference: UUID
    decision: Decision
    note: Note = ""


class CountBlind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether hands at a location see what is expected while they count."""

    id: UUID
    location: Slug
    blind: bool


class PurchaseTold(msgspec.Struct, frozen=True):
    """A purchase order after something was done with it. `receipt` is the number of the delivery that was counted."""

    id: UUID
    number: str
    status: Status
    ordered: int
    good: int
    damaged: int
    over: int
    short: int
    actions: tuple[str, ...]
    receipt: str | None = None


class Announced(msgspec.Struct, frozen=True):
    """The cartons of an ASN are known."""

    id: UUID
    purchase: UUID
    cartons: int
    units: int


class Decided(msgspec.Struct, frozen=True):
    """What a difference has come to."""

    id: UUID
    status: DifferenceStatus


class BlindSet(msgspec.Struct, frozen=True):
    """How a location counts from now on."""

    location: str
    blind: bool


class Photographed(msgspec.Struct, frozen=True):
    """The picture by its id."""

    id: UUID


class Difference(msgspec.Struct, frozen=True):
    """One difference as it lies in the list."""

    id: UUID
    purchase: UUID
    location: str
    kind: Kind
    sku: str | None
    units: int
    status: DifferenceStatus
    made_at: datetime


def told(purchase: Purchase, receipt: str | None = None) -> PurchaseTold:
    """The answer of every request about a purchase order. Short is what is missing so far."""
    return PurchaseTold(
        purchase.id, purchase.number, purchase.status, purchase.total("ordered"), purchase.total("good"),
        purchase.total("damaged"), purchase.total("over"), purchase.total("short"),
        tuple(action.value for action in PURCHASE.actions(purchase.status)), receipt,
    )  # fmt: skip
