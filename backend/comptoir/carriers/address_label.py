"""A label of our own, 10 x 15 cm, for carriers whose labels we cannot buy: sender, recipient, our reference as Code 128. Pure."""

from datetime import UTC, datetime, time
from typing import Final

from comptoir.carriers.letters import fold, plain
from comptoir.carriers.model import Address, LabelFormat, Shipment
from comptoir.kit.bars import widths

WIDTH: Final = 100
HEIGHT: Final = 150
"""Millimeters."""
DOTS: Final = {LabelFormat.ZPL_203: 8, LabelFormat.ZPL_300: 12}
"""Dots per millimeter."""
ROOM: Final = 90.0
"""Millimeters that a line may take; a longer one is drawn narrower."""


def draw_address_label(shipment: Shipment, carrier: str, format: LabelFormat) -> bytes:
    """A PDF (on A4 with a frame to cut along) or ZPL. The same shipment gives the same bytes."""
    rows = _rows(shipment, carrier)
    return _zpl(rows, shipment, DOTS[format]) if format in DOTS else _pdf(rows, shipment, format)


Row = tuple[float, float, str]
"""From the top in millimeters, the height of the letters in millimeters, the text."""


def _rows(shipment: Shipment, carrier: str) -> list[Row]:
    rows: list[Row] = [(5 + 3.6 * at, 2.8, line) for at, line in enumerate(_lines(shipment.sender, 48))]
    rows += [(42 + 8.0 * at, 5.6, line) for at, line in enumerate(_lines(shipment.recipient, 36))]
    weight = f"{shipment.parcel.weight_g / 1000:.2f} kg"
    rows.append((101, 3.4, f"{carrier} {shipment.service}   {weight}   {shipment.ship_on.isoformat()}"))
    rows.append((107, 3.4, f"{shipment.order_number}   {shipment.recipient.phone}".rstrip()))
    return [(top, size, _shown(text)) for top, size, text in rows]


def _lines(address: Address, most: int) -> list[str]:
    """Company, person, what else, street over two lines, town, country: seven at most, and the town is always among them."""
    town = " ".join(part for part in (address.postcode, address.city.upper(), address.state) if part)
    parts = ((address.company, 1), (address.name, 1), (address.street2, 1), (address.street, 2), (town, 1), ("" if address.country == "FR" else address.country, 1))  # fmt: skip
    return [line for part, lines in parts for line in fold(part, 48 if part is town else most, lines)]


def _shown(text: str) -> str:
    """Letters that every printer's own font has: Latin-1; others lose their accents."""
    return "".join(letter if 32 <= ord(letter) < 256 and not 127 <= ord(letter) < 160 else plain(letter) for letter in text)  # fmt: skip


def _code(reference: str) -> str:
    return plain(reference)[:30] or "-"


def _zpl(rows: list[Row], shipment: Shipment, dots: int) -> bytes:
    """Every sign that a command could begin with travels as a number."""
    said = "".join(_zpl_line(top, size, text, dots) for top, size, text in rows)
    text = _code(shipment.reference)
    module = max(1, min(dots // 4, (WIDTH - 16) * dots // sum(widths(text))))
    line = f"^FO0,{38 * dots}^GB{WIDTH * dots},2,2^FS"
    code = f"^FO{8 * dots},{115 * dots}^BY{module}^BCN,{22 * dots},Y,N,N,A^FH_^FD{_hex(text)}^FS"
    head = f"^XA^CI28^PW{WIDTH * dots}^LL{HEIGHT * dots}^LH0,0"
    return f"{head}{said}{line}{code}^PQ1^XZ\n".encode()


def _zpl_line(top: float, size: float, text: str, dots: int) -> str:
    """The printer's own letters are about six tenths as wide as they are high."""
    high = round(size * dots)
    wide = min(high, round(ROOM * dots / (0.6 * max(len(text), 1))))
    return f"^FO{5 * dots},{round(top * dots)}^A0N,{high},{wide}^FH_^FD{_hex(text)}^FS"


def _hex(text: str) -> str:
    return "".join(f"_{byte:02X}" if byte in b"^~_\\" or byte > 126 else chr(byte) for byte in text.encode())


def _pdf(rows: list[Row], shipment: Shipment, format: LabelFormat) -> bytes:
    from fpdf import FPDF  # what draws a PDF is slow to load, and most processes never draw one

    alone = format is LabelFormat.PDF_10X15
    sheet = FPDF(unit="mm", format=(WIDTH, HEIGHT) if alone else "A4")
    sheet.set_creation_date(datetime.combine(shipment.ship_on, time(12), UTC))
    sheet.set_auto_page_break(False)
    sheet.add_page()
    left, top = (0.0, 0.0) if alone else (10.0, 10.0)
    if not alone:
        sheet.set_line_width(0.1)
        sheet.rect(left, top, WIDTH, HEIGHT)
    for down, size, text in rows:
        sheet.set_font("helvetica", "B" if size > 4 else "", size / 0.3528)
        sheet.set_stretching(min(100.0, 100 * ROOM / max(sheet.get_string_width(text), 1)))
        sheet.text(left + 5, top + down + size * 0.8, text)
    sheet.set_stretching(100)
    sheet.set_fill_color(0, 0, 0)
    sheet.rect(left, top + 38, WIDTH, 0.3, "F")
    text = _code(shipment.reference)
    spans = widths(text)
    module = min(0.5, (WIDTH - 16) / sum(spans))
    x = left + (WIDTH - module * sum(spans)) / 2
    for at, span in enumerate(spans):
        if at % 2 == 0:
            sheet.rect(x, top + 115, span * module, 22, "F")
        x += span * module
    sheet.set_font("helvetica", "", 10)
    sheet.text(left + (WIDTH - sheet.get_string_width(text)) / 2, top + 142, text)
    return bytes(sheet.output())
