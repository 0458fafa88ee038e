"""What hands tell of returns by the device's journal: goods and parcels that were taken in with no network, units that are on their shelf."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from comptoir.kit.words import Maybe
from comptoir.returns.model import MOST_UNITS, Absences, Nth
from comptoir.returns.policy import Condition
from comptoir.returns.reasons import NO_REASON, ReasonCode

Scanned = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]


class ToldUnit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One unit as it was looked at: `n` of an announced return, else a line (and part) of the order, else an article by its code.

    `serial`: the number that its code held, as it was read. `absent`: accessories that are not with it, `other` where nobody can name them.
    """

    condition: Condition
    reason: ReasonCode = NO_REASON
    n: Nth | None = None
    line: Annotated[int, msgspec.Meta(ge=1, le=32_767)] | None = None
    part: Annotated[int, msgspec.Meta(ge=1, le=32_767)] | None = None
    sku: Scanned | None = None
    serial: Maybe = ""
    absent: Absences = ()


class ToldReturn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Goods were taken in over the counter; `return` is the id that the device made for it. `receipt`: what was scanned of the purchase."""

    return_: UUID = msgspec.field(name="return")
    units: Annotated[tuple[ToldUnit, ...], msgspec.Meta(min_length=1, max_length=MOST_UNITS)]
    order: UUID | None = None
    rma: UUID | None = None
    missing: Annotated[tuple[Nth, ...], msgspec.Meta(max_length=MOST_UNITS)] = ()
    receipt: Annotated[str, msgspec.Meta(max_length=512)] = ""
    name: Maybe = ""


class ToldPlaced(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A unit that came back was scanned at its shelf. `return` where it matters whose."""

    code: Scanned
    return_: UUID | None = msgspec.field(name="return", default=None)


class ToldParcel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A parcel that came back was scanned, unopened. `return` is the id that a return gets which nobody announced."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    return_: UUID = msgspec.field(name="return")


RETURN_REPORTS: Final[dict[str, type[Any]]] = {"return": ToldReturn, "put_away": ToldPlaced, "parcel_back": ToldParcel}
"""The body of a device event, by the event's `type`."""
