"""The notice of withdrawal, and a return: the commands of its journey, and as it stands. Money in minor units, VAT included."""

from datetime import date, datetime
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from comptoir.kit.errors import Conflict, Invalid, NotFound
from comptoir.kit.words import Code, Email, Maybe, Minor, Note, Slug
from comptoir.returns.accessories import MOST as MOST_ACCESSORIES
from comptoir.returns.accessories import Absent, AccessoryCode
from comptoir.returns.lifecycle import OPEN, Action, Status, UnitState, offered
from comptoir.returns.policy import Condition, Disposition, Method
from comptoir.returns.reasons import NO_REASON, ReasonCode

MOST_LINES: Final = 500

Units = Annotated[int, msgspec.Meta(ge=1, le=100_000)]


class Noticed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of an order's line."""

    line: Annotated[int, msgspec.Meta(ge=1, le=32_767)]
    quantity: Units


class Withdraw(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The customer withdraws from the contract for these units. `reply_to`: where the receipt goes, unless the order's own contact."""

    id: UUID
    order: UUID
    lines: Annotated[tuple[Noticed, ...], msgspec.Meta(max_length=MOST_LINES)]
    reply_to: Email | None = None


class Notice(msgspec.Struct, frozen=True):
    """A notice that was received. `legal_until` is the last day of the period as it was known then."""

    id: UUID
    noticed_at: datetime
    lines: tuple[Noticed, ...]
    legal_until: date | None = None


def units_left(ordered: dict[int, tuple[int, int]], noticed: tuple[Noticed, ...] | list[Noticed]) -> dict[int, int]:
    """Units of each line that may still be withdrawn from. `ordered`: line -> (ordered, canceled)."""
    left = {line: quantity - canceled for line, (quantity, canceled) in ordered.items()}
    for one in noticed:
        left[one.line] = left.get(one.line, 0) - one.quantity
    return {line: max(0, units) for line, units in left.items()}


def check(asked: tuple[Noticed, ...], left: dict[int, int]) -> None:
    """Invalid `nothing_chosen` or `unknown_line`; Conflict `already_noticed` for units that are in a notice already, or canceled."""
    if not asked:
        raise Invalid("nothing_chosen")
    wanted: dict[int, int] = {}
    for one in asked:
        if one.line not in left:
            raise Invalid("unknown_line", line=one.line)
        wanted[one.line] = wanted.get(one.line, 0) + one.quantity
    for line, units in wanted.items():
        if units > left[line]:
            raise Conflict("already_noticed", line=line, left=left[line])


# ------------------------------------------------------------ a return

Origin = Literal["counter", "home", "hand_over", "unannounced", "to_sender"]
Wish = Literal["refund", "exchange", "credit"]
Nth = Annotated[int, msgspec.Meta(ge=1, le=2_000)]
"""The number of a unit within its return."""

MOST_UNITS: Final = 500


class Coming(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units that come back: of an order's `line` (of one `part` of its kit alone), or of an article when there is no order."""

    reason: ReasonCode = NO_REASON
    quantity: Annotated[int, msgspec.Meta(ge=1, le=MOST_UNITS)] = 1
    line: Annotated[int, msgspec.Meta(ge=1, le=32_767)] | None = None
    part: Annotated[int, msgspec.Meta(ge=1, le=32_767)] | None = None
    sku: Code | None = None
    note: Note = ""
    photo: UUID | None = None


Absences = Annotated[tuple[AccessoryCode, ...], msgspec.Meta(max_length=MOST_ACCESSORIES)]
"""Codes of accessories that are not there."""


class Taken(Coming, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The same, in hand: how they are. `disposition` None takes the one that the rules propose.

    `absent`: accessories that are not with them. `wish`: what is given for these, where it is not what all get.
    """

    condition: Condition
    disposition: Disposition | None = None
    lacks: Maybe = ""
    serial: Maybe = ""
    absent: Absences = ()
    wish: Wish | None = None


class Looked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one unit of a return is: unit `n`. What is left out stays as it was; `absent` with nothing in it: all is there."""

    n: Nth
    condition: Condition
    disposition: Disposition | None = None
    reason: ReasonCode | None = None
    lacks: Maybe = ""
    serial: Maybe = ""
    note: Note = ""
    photo: UUID | None = None
    absent: Absences | None = None


class Replacement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the customer takes instead. `ship`: to their address; else collected at the store that takes the return."""

    sku: Code
    quantity: Annotated[int, msgspec.Meta(ge=1, le=MOST_UNITS)] = 1
    ship: bool = False


class Less(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So much less for unit `n`, because it was used beyond trying (L221-23), and why."""

    n: Nth
    minor: Annotated[int, msgspec.Meta(ge=1, le=10**12)]
    why: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Apart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Unit `n` is settled in another way than the others."""

    n: Nth
    wish: Wish


class Permission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody with the right allows what the rules do not, and says why: by a `reason`, in words, or both.

    `staff`: whose PIN was given, when it is not the actor.
    """

    why: Annotated[str, msgspec.Meta(max_length=300)] = ""
    staff: UUID | None = None
    reason: ReasonCode | None = None


CreditCode = Annotated[str, msgspec.Meta(min_length=26, max_length=40)]
"""As it is said: spaces and small letters do not matter."""


class Settling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the customer gets: the money back, other goods, or credit; `rest` is what becomes of what other goods do not use up.

    `till_reference`: the till's receipt for what other goods cost more; without one it is asked for by link.
    `credit`: the code of a credit that pays what other goods cost more, as far as it reaches; the rest is asked for as without it.
    `recipient`: whose name stands on other goods, where the buyer is not to be named (a gift) or not known.
    `apart`: units that get something else than `wish`; other goods stand against those that are exchanged.
    `waive`: nothing is kept back for accessories that are missing, by a permission that comes with this very settlement.
    """

    wish: Wish = "refund"
    exchange: Annotated[tuple[Replacement, ...], msgspec.Meta(max_length=50)] = ()
    rest: Literal["refund", "credit"] = "refund"
    less: Annotated[tuple[Less, ...], msgspec.Meta(max_length=MOST_UNITS)] = ()
    till_reference: Code | None = None
    recipient: Maybe = ""
    credit: CreditCode | None = None
    apart: Annotated[tuple[Apart, ...], msgspec.Meta(max_length=MOST_UNITS)] = ()
    waive: bool = False


class PayWithCredit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an order still awaits is paid with a credit, as far as that reaches."""

    id: UUID
    order: UUID
    code: CreditCode


class OpenReturn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Announce a return; nothing is here yet. Without an order (blind) `sku` names the units, and somebody permits it.

    `location`: where it is to come. The command's id is the return's.
    """

    id: UUID
    order: UUID | None = None
    units: Annotated[tuple[Coming, ...], msgspec.Meta(min_length=1, max_length=MOST_LINES)]
    origin: Origin = "counter"
    wish: Wish = "refund"
    method: Method | None = None
    location: Slug | None = None
    gift: bool = False
    notice: UUID | None = None
    permission: Permission | None = None


class ReceiveReturn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The goods are on the counter or the dock of `location`, unopened; `missing` are units that did not come."""

    id: UUID
    rma: UUID
    location: Slug
    missing: Annotated[tuple[Nth, ...], msgspec.Meta(max_length=MOST_UNITS)] = ()


class InspectReturn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Units were looked at, here at `location`: they count in its figures from now on, as not for sale."""

    id: UUID
    rma: UUID
    location: Slug
    units: Annotated[tuple[Looked, ...], msgspec.Meta(min_length=1, max_length=MOST_UNITS)]


class SettleReturn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Every unit was looked at: write what the customer gets."""

    id: UUID
    rma: UUID
    settling: Settling = Settling()
    permission: Permission | None = None


class TakeReturn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The ten seconds at the counter: opened, received, inspected and settled in one. The command's id is the return's.

    `brought_by`: a phone number or e-mail address, where there is no order; a digest of it is kept, to count by.
    """

    id: UUID
    location: Slug
    units: Annotated[tuple[Taken, ...], msgspec.Meta(min_length=1, max_length=MOST_LINES)]
    order: UUID | None = None
    origin: Origin = "counter"
    settling: Settling = Settling()
    gift: bool = False
    notice: UUID | None = None
    permission: Permission | None = None
    brought_by: Maybe = ""


class FinishReturn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A return that was announced is here: received, inspected and settled in one."""

    id: UUID
    rma: UUID
    location: Slug
    units: Annotated[tuple[Looked, ...], msgspec.Meta(max_length=MOST_UNITS)]
    missing: Annotated[tuple[Nth, ...], msgspec.Meta(max_length=MOST_UNITS)] = ()
    settling: Settling = Settling()
    permission: Permission | None = None


class PutAwayUnit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An article was scanned at its shelf: one unit of it that came back is for sale again. `rma` where it matters whose."""

    id: UUID
    location: Slug
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
    rma: UUID | None = None


class SendAwayUnit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A unit leaves the building for what it was meant for, and not for the shelf. `to`: whom; destroying needs `reason` and `proof`."""

    id: UUID
    rma: UUID
    n: Nth
    reason: Maybe = ""
    proof: Maybe = ""
    to: Maybe = ""


class GiveBack(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """These units are not taken: the customer keeps them."""

    id: UUID
    rma: UUID
    units: Annotated[tuple[Nth, ...], msgspec.Meta(min_length=1, max_length=MOST_UNITS)]
    why: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class DeclineReturn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole return is not taken."""

    id: UUID
    rma: UUID
    why: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class CancelReturn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Nothing will come after all."""

    id: UUID
    rma: UUID
    why: Note = ""


class UseCredit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A sale is paid with credit; `reference` is the sale's own. Below zero: that sale was undone."""

    id: UUID
    code: CreditCode
    amount_minor: Annotated[int, msgspec.Meta(ge=-(10**12), le=10**12)]
    reference: Code


class Unit(msgspec.Struct, frozen=True):
    """One unit as it stands. `paid_minor`: what it had cost; `refund_minor`: what is given for it once settled.

    `nth`: which unit of its need it is, counted from the end; None where there is no order. `absent`: what was not with it, and
    `kept_minor` is what is kept back for that. `wish`: what is given for it once settled.
    """

    n: int
    line: int | None
    part: int | None
    nth: int | None
    sku: str
    state: UnitState
    reason: str
    condition: Condition | None
    disposition: Disposition | None
    location: str | None
    paid_minor: int
    refund_minor: int
    serial: str | None = None
    lacks: str | None = None
    note: str | None = None
    photo: UUID | None = None
    wish: Wish | None = None
    absent: tuple[Absent, ...] = ()
    kept_minor: int = 0


class Return(msgspec.Struct, frozen=True):
    """A return as it stands."""

    id: UUID
    number: str
    order: UUID | None
    origin: Origin
    status: Status
    wish: Wish
    method: Method | None
    location: str | None
    notice: UUID | None
    gift: bool
    policy: int
    opened_at: datetime
    received_at: datetime | None
    settled_at: datetime | None
    by_permission: str | None
    permitted_who: str | None
    permit_reason: str | None
    units: tuple[Unit, ...]

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def counting(self) -> tuple[Unit, ...]:
        """Units that came, are to come or were lost on their way: neither given back, missing nor canceled."""
        return tuple(unit for unit in self.units if unit.state in (UnitState.EXPECTED, UnitState.LOST, *IN_HAND))

    def unit(self, n: int) -> Unit:
        """NotFound `unit_not_found`."""
        for one in self.units:
            if one.n == n:
                return one
        raise NotFound("unit_not_found", n=n)


IN_HAND: Final = (UnitState.HERE, UnitState.PLACED, UnitState.GONE)


class ReturnStands(msgspec.Struct, frozen=True):
    """The answer to a step of a return: its number, how far it is, its units, and what may be done next."""

    id: UUID
    number: str
    order: UUID | None
    status: Status
    actions: tuple[Action, ...]
    units: tuple[Unit, ...]


def stands(found: Return) -> ReturnStands:
    """A return as the answer to a step."""
    return ReturnStands(found.id, found.number, found.order, found.status, offered(found.status), found.units)


class ReturnSettled(msgspec.Struct, frozen=True):
    """What the customer gets. Nothing of it is paid yet: a refund is intended until its provider has answered (I10).

    `given_minor` is all of it (units and `delivery_minor`); `refund_minor`, `credit_minor` and `exchange_minor` are its
    ways. `refund`: the kind that is intended, refund or void. `withheld_minor`: what the order's money does not reach for.
    `kept_fee_minor`: what the delivery of the goods that stay would have cost, where that is why some of it is given back.
    `kept_minor`: what is kept back for accessories that were missing; the units say for which.
    `due_minor`: what other goods cost more, asked for under `due_reference`; `by_credit_minor` of it a credit has paid, `by_link`: the rest by a link. `credit`: the code of the credit; it is
    not in the answer that is kept (`flows/settle_return.py: with_code`).
    """

    id: UUID
    number: str
    order: UUID | None
    status: Status
    given_minor: Minor
    delivery_minor: Minor
    refund_minor: Minor = 0
    refund: Literal["refund", "void"] | None = None
    withheld_minor: Minor = 0
    exchange: UUID | None = None
    exchange_number: str | None = None
    exchange_minor: Minor = 0
    due_minor: Minor = 0
    due_reference: str | None = None
    credit_minor: Minor = 0
    credit: str | None = None
    units: tuple[Unit, ...] = ()
    by_credit_minor: Minor = 0
    by_link: bool = False
    kept_fee_minor: Minor | None = None
    kept_minor: Minor = 0
