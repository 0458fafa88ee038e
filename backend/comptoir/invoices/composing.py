"""A document's content out of the order's facts and the pieces that it counts. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec
from babel.numbers import format_currency, get_currency_precision

from comptoir.invoices.model import SHIPPING, Buyer, Cited, Content, Kind, Line, Piece, Seller
from comptoir.invoices.reckoning import net_of, reckon, unit_net_e4
from comptoir.invoices.wording import mention, rate_name


class Part(msgspec.Struct, frozen=True):
    """What one need of a line is: its name, and units in all of the line."""

    name: str
    units: int


class Sold(msgspec.Struct, frozen=True):
    """A line of the order as it was sold; `unit_gross_minor` before discount, VAT included. `parts` by part number."""

    title: str
    quantity: int
    unit_gross_minor: int
    rate_bp: int
    parts: Mapping[int, Part]


class Sale(msgspec.Struct, frozen=True):
    """What the documents of one order have in common. `paid_by` is whoever takes and gives back the money."""

    order_number: str
    language: str
    currency: str
    buyer: Buyer
    sold: Mapping[int, Sold]
    shipping_rate_bp: int
    shipping_words: str
    is_paid: bool
    paid_by: str


class Kept(msgspec.Struct, frozen=True):
    """What is kept of what came back, because of what was missing, in the customer's words."""

    absent: str
    amount_minor: int


class Raw(msgspec.Struct, frozen=True):
    """A line before its VAT is worked out."""

    title: str
    quantity: int
    unit_gross_minor: int
    rate_bp: int
    gross_minor: int
    is_shipping: bool = False


def compose(
    sale: Sale, seller: Seller, pieces: Sequence[Piece], *, kind: Kind, number: str, issued_on: date, ordered_on: date,
    supplied_on: date | None = None, cites: Cited | None = None, reason: str = "", given: Sequence[str] = ("refund",),
    kept: Kept | None = None,
) -> Content:  # fmt: skip
    """The whole content of a document; `reason` is a mention's key and goes with a credit note, `given` says in which ways it is given back."""
    raw = raw_lines(sale, pieces)
    sums = reckon([(line.rate_bp, line.gross_minor) for line in raw])
    return Content(
        number=number, kind=kind, issued_on=issued_on, order_number=sale.order_number, ordered_on=ordered_on,
        language=sale.language, currency=sale.currency, seller=seller, buyer=sale.buyer,
        lines=tuple(taxed(line, base) for line, base in zip(raw, sums.bases, strict=True)),
        rates=tuple(
            msgspec.structs.replace(rate, name=rate_name(rate.rate_bp, sale.language, issued_on)) for rate in sums.rates
        ),
        base_minor=sums.base_minor, vat_minor=sums.vat_minor, gross_minor=sums.gross_minor,
        paid_minor=sums.gross_minor if sale.is_paid and kind == "invoice" else 0,
        mentions=mentions_of(sale, kind, issued_on, reason, given, kept, any(rate.rate_bp == 0 for rate in sums.rates)),
        supplied_on=supplied_on, cites=cites,
    )  # fmt: skip


def raw_lines(sale: Sale, pieces: Sequence[Piece]) -> list[Raw]:
    """One line per line of the order; a kit that is not whole is told by its parts. Shipping comes last."""
    by_line: dict[int, list[Piece]] = {}
    for piece in pieces:
        if piece.need != SHIPPING:
            by_line.setdefault(piece.need[0], []).append(piece)
    lines = [line for number in sorted(by_line) for line in _lines_of(sale.sold[number], by_line[number])]
    shipping = sum(piece.gross_minor for piece in pieces if piece.need == SHIPPING)
    if shipping:
        lines.append(Raw(sale.shipping_words, 1, shipping, sale.shipping_rate_bp, shipping, True))
    return lines


def _lines_of(sold: Sold, pieces: list[Piece]) -> list[Raw]:
    sets = {piece.units * sold.quantity / sold.parts[piece.need[1]].units for piece in pieces}
    whole = len(pieces) == len(sold.parts) and len(sets) == 1 and min(sets).is_integer()
    if whole:
        gross = sum(piece.gross_minor for piece in pieces)
        return [Raw(sold.title, int(min(sets)), sold.unit_gross_minor, sold.rate_bp, gross)]
    return [
        Raw(f"{sold.title} : {sold.parts[piece.need[1]].name}", piece.units, -(-piece.gross_minor // piece.units),
            sold.rate_bp, piece.gross_minor)
        for piece in sorted(pieces, key=lambda piece: piece.need)
    ]  # fmt: skip


def taxed(line: Raw, base_minor: int) -> Line:
    """The line with its figures without VAT; what the price paid is below the unit prices is the discount."""
    off = max(0, line.unit_gross_minor * line.quantity - line.gross_minor)
    # Below a cent per unit it is the rounding of a part's share, not a discount.
    discount = net_of(off, line.rate_bp) if off >= line.quantity else 0
    return Line(
        line.title, line.quantity, unit_net_e4(line.unit_gross_minor, line.rate_bp), discount, line.rate_bp, base_minor,
        line.gross_minor, line.is_shipping,
    )  # fmt: skip


def mentions_of(
    sale: Sale, kind: Kind, day: date, reason: str, given: Sequence[str], kept: Kept | None, has_zero_rate: bool
) -> tuple[str, ...]:
    """What else must be said, in the customer's language. Money that has not moved is told as intended (I10)."""
    paid = "paid" if sale.is_paid else "authorized"
    keys = [reason]
    keys += ["incomplete"] if kept else []
    keys += (["apart"] if len(given) > 1 else list(given)) if kind == "credit_note" else [paid]
    keys += ["prices"]
    keys += ["zero_rate"] if has_zero_rate else []
    keys += ["goods", "no_discount", "late", "recovery"] if sale.buyer.company else []
    ways = ", ".join(mention(f"way_{way}", sale.language, day, by=sale.paid_by) or "" for way in given)
    amount = Decimal(kept.amount_minor).scaleb(-get_currency_precision(sale.currency)) if kept else Decimal(0)
    facts = {
        "by": sale.paid_by, "ways": ways, "absent": kept.absent if kept else "",
        "amount": format_currency(amount, sale.currency, locale=sale.language),
    }  # fmt: skip
    said = (mention(key, sale.language, day, **facts) for key in keys if key)
    return tuple(sentence for sentence in said if sentence)
