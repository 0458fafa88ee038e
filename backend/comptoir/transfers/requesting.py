"""A store asks for goods; another place, or head office, grants all of it, some of it, or nothing with a reason."""

from collections.abc import Iterable
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from comptoir.kit.errors import Conflict, Invalid
from comptoir.kit.words import Code, Note, Slug
from comptoir.transfers.model import MOST_LINES, Wish, Wishes

RequestStatus = Literal["asked", "accepted", "declined", "canceled"]


class Asked(msgspec.Struct, frozen=True):
    """One article of a request, in units."""

    line: int
    sku: str
    asked: int


class Request(msgspec.Struct, frozen=True):
    """What a store asks for. Without `from_location` whoever is above the store chooses where it comes from."""

    id: UUID
    number: str
    to_location: str
    from_location: str | None
    status: RequestStatus
    note: str
    lines: tuple[Asked, ...] = ()


class AskTransfer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Goods are wanted at `to`; `from` names the place that is asked, nobody means whoever has them."""

    id: UUID
    to: Slug
    lines: Wishes
    from_: Slug | None = None
    note: Note = ""


class Grant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of one article that are given; none is a no to this article."""

    sku: Code
    quantity: Annotated[int, msgspec.Meta(ge=0, le=10_000)]


class GrantRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """The goods go: as asked, or with `lines` as changed. `from` is where they leave, when the request does not say or another place sends."""

    id: UUID
    request: UUID
    lines: Annotated[tuple[Grant, ...], msgspec.Meta(max_length=MOST_LINES)] = ()
    from_: Slug | None = None
    note: Note = ""


class DeclineRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The goods do not go, and why."""

    id: UUID
    request: UUID
    note: Annotated[Note, msgspec.Meta(min_length=1)]


class WithdrawRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whoever asked wants them no more."""

    id: UUID
    request: UUID


class RequestTold(msgspec.Struct, frozen=True):
    """A request after something was done with it; `transfer` carries what was granted."""

    id: UUID
    number: str
    status: RequestStatus
    asked: int
    granted: int | None = None
    transfer: UUID | None = None


def check_open(request: Request) -> None:
    """Conflict `request_answered` when somebody was quicker."""
    if request.status != "asked":
        raise Conflict("request_answered", status=request.status)


def grant(request: Request, grants: Iterable[Grant], source: str | None) -> tuple[str, dict[str, int]]:
    """Where the goods leave, and the units of every article asked for: as granted, or as asked where nothing was changed.

    Conflict `request_answered`; Invalid `source_missing`, `more_than_asked` for more units or an article nobody asked for,
    `nothing_named` when it comes to nothing: that is a decline, which wants a reason.
    """
    check_open(request)
    place = source or request.from_location
    if place is None:
        raise Invalid("source_missing")
    wanted = {line.sku: line.asked for line in request.lines}
    given = dict(wanted)
    for each in grants:
        if each.quantity > wanted.get(each.sku, 0):
            raise Invalid("more_than_asked", sku=each.sku, wanted=each.quantity)
        given[each.sku] = each.quantity
    if not any(given.values()):
        raise Invalid("nothing_named")
    return place, given


def wishes(given: dict[str, int]) -> tuple[Wish, ...]:
    """The lines of the transfer that carries what was granted."""
    return tuple(Wish(sku, units) for sku, units in given.items() if units)
