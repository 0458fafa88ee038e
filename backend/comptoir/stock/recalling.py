"""An article is dangerous: what head office says of it, where units that hands find come from, what may become of them. Pure.

The law speaks of a "product safety recall" (GPSR 2023/988, art. 36): the hazard is named plainly, nothing plays it down, and the
consumer chooses between at least two of repair, replacement and refund, free of charge.
"""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from comptoir.kit.errors import Conflict, Invalid
from comptoir.kit.words import Code, Note, Slug, Word
from comptoir.stock.model import Fact, Movement

SINCE_MONTHS: Final = 24
"""How far back customers are looked for unless somebody says otherwise: as long as the guarantee of conformity holds."""
_MONTH: Final = timedelta(days=365) / 12
_PLAYED_DOWN: Final = re.compile(
    r"volontaire|pr[ée]caution|pr[ée]ventif|pr[ée]ventive|rares? cas|volunt|preventive|discretion|rare (case|situation|instance)", re.I
)  # fmt: skip
"""Words that a recall must not use, because whoever reads them keeps the article."""

Hazard = Annotated[str, msgspec.Meta(min_length=10, max_length=400, pattern=r"^[^\x00-\x1f\x7f\[\]{}\ud800-\udfff]*\Z")]
Lot = Annotated[str, msgspec.Meta(min_length=1, max_length=20, pattern=r"^[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+\Z")]
Source = Literal["shelf", "bag", "apart", "over"]
"""Where the books had a unit that hands found: on its shelf; picked for an order that is stopped; in the building and not for sale; nowhere."""


class Remedy(StrEnum):
    """What the customer may choose."""

    REFUND = "refund"
    REPLACEMENT = "replacement"
    REPAIR = "repair"


class Fate(StrEnum):
    """What becomes of a unit that was found."""

    DESTROYED = "destroyed"
    VENDOR = "vendor"
    RELEASED = "released"


class OpenRecall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Stop an article everywhere, have every place take it out, tell whoever has it. `months`: how far back customers are looked for.

    `lots` names what is dangerous of it where only some is. No lot is kept of units on hand or sold: all of them count as concerned.
    """

    id: UUID
    sku: Code
    hazard_fr: Hazard
    hazard_en: Hazard
    remedies: Annotated[tuple[Remedy, ...], msgspec.Meta(max_length=3)]
    contact: Word
    months: Annotated[int, msgspec.Meta(ge=1, le=120)] = SINCE_MONTHS
    lots: Annotated[tuple[Lot, ...], msgspec.Meta(max_length=50)] = ()
    note: Note = ""


class PlaceLooked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place without a handheld has looked everywhere; `found` units were taken out of sale there, besides those that were scanned."""

    id: UUID
    recall: UUID
    location: Slug
    found: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0


class DecideRecalled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of units that a place has found, and what proves it: a certificate, a delivery note, who judged them safe."""

    id: UUID
    recall: UUID
    location: Slug
    fate: Fate
    units: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    proof: Annotated[Note, msgspec.Meta(min_length=3)]


class CloseRecall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """It has ended. `sell_again`: the article may be sold again; else it stays blocked."""

    id: UUID
    recall: UUID
    sell_again: bool
    note: Note = ""


class Recall(msgspec.Struct, frozen=True):
    """One recall as rules and flows need it."""

    id: UUID
    number: str
    sku: str
    lots: tuple[str, ...]
    status: Literal["open", "closed"]
    since: datetime


class RecallTold(msgspec.Struct, frozen=True):
    """A recall after something was done with it."""

    id: UUID
    number: str
    sku: str
    status: str


class Place(msgspec.Struct, frozen=True):
    """How far one place is: what the books have there now without what was judged safe, what hands found, what was decided about. Units."""

    on_hand: int
    apart_left: int
    found: int
    decided: int
    done: bool

    @property
    def to_find(self) -> int:
        """Units that the books have there and nobody has scanned."""
        return max(0, self.on_hand) + self.apart_left


class Pulled(msgspec.Struct, frozen=True):
    """Units that hands took out, by where the books had them."""

    source: Source
    units: int


def check(command: OpenRecall) -> None:
    """Invalid `recall_needs_two_remedies`, `recall_plays_down` (with the words)."""
    if len(set(command.remedies)) < 2:
        raise Invalid("recall_needs_two_remedies")
    for text in (command.hazard_fr, command.hazard_en):
        if found := _PLAYED_DOWN.search(text):
            raise Invalid("recall_plays_down", word=found[0])


def looked_from(now: datetime, months: int) -> datetime:
    """Since when customers are looked for."""
    return now - months * _MONTH


def pull(on_shelf: int, in_bags: int, apart: int, units: int) -> tuple[Pulled, ...]:
    """Where the books had units that hands hold: on the shelf first, then in bags of stopped orders, then apart; whatever is beyond was in no book."""
    found = []
    for source, there in (("shelf", on_shelf), ("bag", in_bags), ("apart", apart)):
        some = min(units, max(0, there))
        if some:
            found.append(Pulled(source, some))  # type: ignore[arg-type]
            units -= some
    if units:
        found.append(Pulled("over", units))
    return tuple(found)


def moved(recall: Recall, location: str, source: Source, units: int, line: UUID, at: datetime) -> Movement | None:
    """What a unit taken out does to the figures (below zero: it went back); units that were apart already move nothing here."""
    if source not in ("shelf", "over"):
        return None
    return Movement(
        recall.sku, location, Fact.ADJUSTMENT, on_hand=-units if source == "shelf" else 0, unsellable=units, reason=recall.number,
        happened_at=at, id=line,
    )  # fmt: skip


def decide(recall: Recall, place: Place, command: DecideRecalled, apart: int) -> Movement:
    """Units leave the building, or may be sold again; `apart` lie there unsellable. Conflict `recall_over`, `not_that_many_found`."""
    if recall.status != "open":
        raise Conflict("recall_over", number=recall.number)
    left = min(place.found - place.decided, apart)
    if command.units > left:
        raise Conflict("not_that_many_found", left=max(0, left))
    back = command.units if command.fate is Fate.RELEASED else 0
    return Movement(
        recall.sku, command.location, Fact.ADJUSTMENT, on_hand=back, unsellable=-command.units, reason=recall.number, id=command.id
    )  # fmt: skip


def close(recall: Recall, places: tuple[Place, ...], untold: int, to_stop: int, between: int) -> None:
    """Conflict `recall_over`; `recall_goes_on` with what is still to be done: places that have not looked, units nobody has decided
    about, orders that are not stopped yet, customers nobody has told, units on their way between our own places."""
    if recall.status != "open":
        raise Conflict("recall_over", number=recall.number)
    looking = sum(not place.done for place in places)
    undecided = sum(max(0, place.found - place.decided) for place in places)
    left = {"places": looking, "units": undecided, "customers": untold, "orders": to_stop, "between": between}
    if any(left.values()):
        raise Conflict("recall_goes_on", **left)
