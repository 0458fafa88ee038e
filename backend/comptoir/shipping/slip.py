"""What a packing slip says; a gift slip says the same without a price, and with the giver's words. Pure."""

from datetime import date

import msgspec


class SlipLine(msgspec.Struct, frozen=True):
    """One article in the parcels; the price is of one, VAT included."""

    name: str
    variant: str
    quantity: int
    each_minor: int


class Slip(msgspec.Struct, frozen=True):
    """One work's slip, in the customer's language. `sender` is where a return goes: the store that packed it."""

    number: str
    language: str
    ordered_on: date
    seller: str
    sender: tuple[str, ...]
    recipient: tuple[str, ...]
    lines: tuple[SlipLine, ...]
    parcels: int
    currency: str
    gift: bool = False
    gift_note: str = ""
    relay: str = ""

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)
