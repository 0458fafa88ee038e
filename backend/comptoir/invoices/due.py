"""What is to be invoiced and what is to be taken back. Pure: where the units of an order stand in, pieces of documents out.

Canceled units count from the front of a need, invoiced ones from its end: whatever was canceled in between, what is
invoiced and what was given back come to the price paid, to the cent.
"""

from collections.abc import Mapping, Sequence

from comptoir.invoices.model import SHIPPING, Held, Need, Piece, Standing
from comptoir.invoices.reckoning import portion


def to_invoice(standings: Sequence[Standing], handed: Mapping[Need, int] | None = None) -> dict[str, list[Piece]]:
    """Pieces per legal entity: units that no invoice holds yet and nobody has canceled.

    `handed` bounds them to what has just been handed over; None for all of them. Shipping goes with whatever comes first.
    """
    made: dict[str, list[Piece]] = {}
    for one in standings:
        open_units = one.units - one.canceled - one.invoiced
        if handed is not None and one.need != SHIPPING:
            open_units = min(open_units, handed.get(one.need, 0))
        if open_units > 0:
            before = one.units - one.invoiced - open_units
            gross = portion(one.gross_minor, one.units, before, open_units)
            made.setdefault(one.legal_entity, []).append(Piece(one.need, open_units, gross))
    # Shipping alone is no supply: it waits for goods.
    return {seller: pieces for seller, pieces in made.items() if any(piece.need != SHIPPING for piece in pieces)}


def to_credit(standings: Sequence[Standing]) -> dict[str, list[Piece]]:
    """Pieces per invoice number: units that an invoice holds although they are canceled, oldest invoice first."""
    made: dict[str, list[Piece]] = {}
    for one in standings:
        left = one.invoiced - (one.units - one.canceled)
        for held in sorted(one.held, key=lambda held: held.number):
            units = min(left, held.units - held.credited)
            if units > 0:
                left -= units
                made.setdefault(held.number, []).append(Piece(one.need, units, credit(held, units)))
    return made


def credit(held: Held, units: int) -> int:
    """What these units cost on their own invoice; all of them come to what it said."""
    return portion(held.gross_minor, held.units, held.credited - held.returned, units)


def to_credit_returned(
    standings: Sequence[Standing], returned: Mapping[Need, Sequence[tuple[int, int]]], shipping_minor: int
) -> dict[str, list[Piece]]:
    """Pieces per invoice number for units that came back: (which unit of its need, counted from the end; what was given for it).

    Invoices count a need from its end too, the oldest first: each unit is taken back from the invoice that has it, if any has.
    """
    made: dict[str, list[Piece]] = {}
    for one in standings:
        if one.need == SHIPPING:
            held_of = next((held for held in one.held if held.units > held.credited), None)
            if held_of is not None and shipping_minor:
                made.setdefault(held_of.number, []).append(Piece(SHIPPING, 1, min(shipping_minor, held_of.gross_minor)))
            continue
        first = 0
        for held in sorted(one.held, key=lambda held: held.number):
            its = [minor for nth, minor in returned.get(one.need, ()) if first <= nth < first + held.units]
            its = its[: held.units - held.credited]
            first += held.units
            if its:
                made.setdefault(held.number, []).append(Piece(one.need, len(its), sum(its)))
    return made
