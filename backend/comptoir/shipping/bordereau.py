"""The list that store and driver sign, where the carrier makes none of its own. Pure: the same manifest gives the same bytes."""

from collections.abc import Sequence
from datetime import UTC
from typing import Final

from fpdf import FPDF

from comptoir.shipping.manifest_sheet import Bordereau

LEFT: Final = 18.0
WIDTH: Final = 174.0
BOTTOM: Final = 270.0
ROW: Final = 6.4
COLUMNS: Final = (("nth", 12.0), ("tracking", 68.0), ("order", 34.0), ("to", 36.0), ("weight", 24.0))


def draw_bordereau(one: Bordereau) -> bytes:
    """A4, one row per parcel, two places to sign."""
    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_margins(LEFT, 18, LEFT)
    pdf.set_creation_date(one.left_at.astimezone(UTC))
    pdf.set_title(_plain(f"{one.words['title']} {one.number}"))
    y = _head(pdf, one)
    for nth, line in enumerate(one.lines, 1):
        if y > BOTTOM - ROW:
            y = _columns(pdf, one, _page(pdf, 18))
        pdf.set_font("helvetica", "", 10)
        cells = (
            str(nth),
            line.number,
            line.order_number,
            line.to,
            f"{line.grams / 1000:.2f} kg".replace(".", one.words["point"]),
        )
        y = _row(pdf, y, cells)
    total = sum(line.grams for line in one.lines)
    if y > BOTTOM - 60:
        y = _page(pdf, 18)
    pdf.set_font("helvetica", "B", 11)
    said = (
        one.words["sum"]
        .replace("{n}", str(len(one.lines)))
        .replace("{kg}", f"{total / 1000:.2f}".replace(".", one.words["point"]))
    )
    pdf.set_xy(LEFT, y + 4)
    pdf.cell(WIDTH, 6, _plain(said))
    for at, who in enumerate(("store_signs", "driver_signs")):
        x = LEFT + at * (WIDTH / 2)
        pdf.set_font("helvetica", "", 9)
        pdf.set_xy(x, y + 16)
        pdf.cell(WIDTH / 2 - 6, 5, _plain(one.words[who]))
        pdf.rect(x, y + 22, WIDTH / 2 - 6, 26)
    return bytes(pdf.output())


def _page(pdf: FPDF, y: float) -> float:
    pdf.add_page()
    return y


def _head(pdf: FPDF, one: Bordereau) -> float:
    _page(pdf, 0)
    pdf.set_font("helvetica", "B", 20)
    pdf.set_xy(LEFT, 18)
    pdf.cell(WIDTH, 10, _plain(f"{one.words['title']} {one.number}"))
    pdf.set_font("helvetica", "", 11)
    for at, text in enumerate((one.carrier, f"{one.store}, {one.address}", f"{one.left_at:%d/%m/%Y %H:%M}")):
        pdf.set_xy(LEFT, 31 + 6 * at)
        pdf.cell(WIDTH, 6, _plain(text))
    return _columns(pdf, one, 54)


def _columns(pdf: FPDF, one: Bordereau, y: float) -> float:
    pdf.set_font("helvetica", "B", 9)
    return _row(pdf, y, tuple(one.words[name] for name, _ in COLUMNS))


def _row(pdf: FPDF, y: float, cells: Sequence[str]) -> float:
    x = LEFT
    for (name, width), text in zip(COLUMNS, cells, strict=True):
        pdf.set_xy(x, y)
        pdf.cell(width - 2, ROW, _plain(text), align="R" if name == "weight" else "L")
        x += width
    pdf.line(LEFT, y + ROW, LEFT + WIDTH, y + ROW)
    return y + ROW


def _plain(text: str) -> str:
    """The letters of the built-in font; others are left out rather than wrong."""
    return text.replace("’", "'").encode("latin-1", "ignore").decode("latin-1")
