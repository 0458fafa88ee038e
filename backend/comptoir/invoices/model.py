"""The words of invoices and credit notes, and the frozen content of one. Money in minor units; credit notes count upwards too."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

Kind = Literal["invoice", "credit_note"]
Setting = Literal["theirs", "at_confirmation", "at_hand_over"]
"""Of a channel: it invoices by itself; we do once the order is confirmed; we do for what was handed over."""

Need = tuple[int, int]
"""(line, part) of an order; (0, 0) is its shipping."""

SHIPPING: Need = (0, 0)


KEPT_YEARS = ((date(1900, 1, 1), 10),)
"""Years that a document is kept after the end of its own (France, Code de commerce L123-22), by the day from which that holds."""


def kept_until(issued_on: date) -> date:
    """The last day on which a document of this date has to be kept."""
    years = next(years for since, years in reversed(KEPT_YEARS) if since <= issued_on)
    return date(issued_on.year + years, 12, 31)


class Seller(msgspec.Struct, frozen=True):
    """The legal entity as it was on the day."""

    name: str
    address: str
    country: str
    siren: str
    vat_number: str
    rcs: str = ""
    capital_minor: int | None = None


class Buyer(msgspec.Struct, frozen=True):
    """Who buys, with the address where the order has one; `company` and its numbers for a business."""

    name: str
    company: str = ""
    siren: str = ""
    vat_number: str = ""
    street: str = ""
    street2: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""


class Line(msgspec.Struct, frozen=True):
    """One line. `gross_minor` is the price paid; `base_minor` its part without VAT; unit price and discount are without VAT.

    `unit_net_e4` has two decimals more than the minor unit.
    """

    title: str
    quantity: int
    unit_net_e4: int
    discount_minor: int
    rate_bp: int
    base_minor: int
    gross_minor: int
    is_shipping: bool = False


class RateSum(msgspec.Struct, frozen=True):
    """All lines of one rate; base and VAT come to the gross, to the cent."""

    rate_bp: int
    base_minor: int
    vat_minor: int
    gross_minor: int
    name: str = ""


class Cited(msgspec.Struct, frozen=True):
    """The invoice that a credit note takes back from."""

    number: str
    issued_on: date


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """All that a document says, frozen when its number was drawn. `paid_minor`: what had been captured of it by then."""

    number: str
    kind: Kind
    issued_on: date
    order_number: str
    ordered_on: date
    language: str
    currency: str
    seller: Seller
    buyer: Buyer
    lines: tuple[Line, ...]
    rates: tuple[RateSum, ...]
    base_minor: int
    vat_minor: int
    gross_minor: int
    paid_minor: int
    mentions: tuple[str, ...]
    supplied_on: date | None = None
    cites: Cited | None = None


class Piece(msgspec.Struct, frozen=True):
    """Units of one need and what they cost, VAT included."""

    need: Need
    units: int
    gross_minor: int


class Held(msgspec.Struct, frozen=True):
    """What one invoice counts of a need, and how much of it credit notes have taken back; `returned`: those of them that came back."""

    number: str
    issued_on: date
    legal_entity: str
    need: Need
    units: int
    gross_minor: int
    credited: int
    returned: int = 0


class Standing(msgspec.Struct, frozen=True):
    """One need of an order: units ordered and canceled, the price of all of them, who sells it, what invoices hold of it."""

    need: Need
    units: int
    canceled: int
    gross_minor: int
    legal_entity: str
    held: tuple[Held, ...] = ()

    @property
    def invoiced(self) -> int:
        """Units on invoices, less those that were canceled: what came back had been sold all the same."""
        return sum(held.units - held.credited + held.returned for held in self.held)


class Listed(msgspec.Struct, frozen=True):
    """A document in a list."""

    number: str
    kind: Kind
    issued_on: date
    total_minor: int
    vat_minor: int
    currency: str
    cites: str | None = None

    @property
    def kept_until(self) -> date:
        """The last day on which it has to be kept, with the buyer's name in it."""
        return kept_until(self.issued_on)


class File(msgspec.Struct, frozen=True):
    """The PDF of a document as it was drawn, once; `sha256` in hexadecimal digits."""

    number: str
    order_id: UUID
    bytes: bytes
    sha256: str
    drawn_at: datetime
