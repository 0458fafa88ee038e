"""A document's page: A4, made for PDF/A-3. Pure: the same content gives the same bytes."""

from collections.abc import Sequence
from datetime import UTC, datetime, time

from babel.numbers import format_decimal

from comptoir.invoices.facturx import NAME, as_xml
from comptoir.invoices.model import Content, Line
from comptoir.invoices.sheet import BOTTOM, HAIR, INK, LEFT, MUTED, PLATE, WIDTH, Column, Sheet, siren


def draw_document(content: Content) -> bytes:
    """The PDF of a document; a business's invoice carries its figures as `factur-x.xml` too."""
    sheet = Sheet(content)
    sheet.add_page()
    y = _head(sheet)
    y = _table(sheet, y)
    y = _sums(sheet, y)
    _mentions(sheet, y)
    for page in range(1, sheet.pages_count + 1):
        sheet.foot(page)
    if content.buyer.company:
        made = datetime.combine(content.issued_on, time(12), UTC)
        sheet.embed_file(
            bytes=as_xml(content), basename=NAME, mime_type="text/xml", associated_file_relationship="Data",
            desc="Factur-X", creation_date=made, modification_date=made, compress=True,
        )  # fmt: skip
    return bytes(sheet.output())


def _head(sheet: Sheet) -> float:
    content = sheet.content
    sheet.ink(11, INK, bold=True)
    sheet.put(LEFT, 18, 85, content.seller.name)
    sheet.ink(9, MUTED)
    y = sheet.flow(LEFT, 23.5, 78, content.seller.address.replace(", ", "\n", 1))
    sheet.ink(24, PLATE, bold=True)
    sheet.put(LEFT + 84, 16.5, 90, sheet.say(content.kind), "R", 10)
    sheet.ink(11, INK, bold=True)
    sheet.put(LEFT + 84, 27, 90, f"{sheet.say('number')} {content.number}", "R")
    y = max(y, 33) + 11
    below = _facts(sheet, y)
    y = max(below, _buyer(sheet, y)) + 8
    if content.cites:
        sheet.ink(10, INK, bold=True)
        words = sheet.say("cites", number=content.cites.number, day=sheet.day(content.cites.issued_on))
        y = sheet.flow(LEFT, y, WIDTH, words, 5) + 5
    return y


def _facts(sheet: Sheet, y: float) -> float:
    """The dates and the order, as pairs."""
    content = sheet.content
    pairs = [(sheet.say("issued"), sheet.day(content.issued_on))]
    if content.kind == "invoice":
        supplied = sheet.day(content.supplied_on) if content.supplied_on else sheet.say("supplied_later")
        pairs.append((sheet.say("supplied"), supplied))
    ordered = sheet.say("ordered_on", number=content.order_number, day=sheet.day(content.ordered_on))
    pairs.append((sheet.say("ordered"), ordered))
    for words, value in pairs:
        sheet.ink(9, MUTED)
        sheet.put(LEFT, y, 30, words)
        sheet.ink(9.5)
        sheet.put(LEFT + 31, y, 58, value)
        y += 5.4
    return y


def _buyer(sheet: Sheet, y: float) -> float:
    """To whom, where a window envelope shows it."""
    buyer, x, width = sheet.content.buyer, LEFT + 100, 74.0
    sheet.ink(9, MUTED)
    sheet.put(x, y, width, sheet.say("buyer"))
    sheet.ink(11, INK, bold=True)
    y = sheet.flow(x, y + 5.2, width, buyer.company or buyer.name, 5)
    town = " ".join(part for part in (buyer.postcode, buyer.city) if part)
    abroad = buyer.country if buyer.country not in ("", sheet.content.seller.country) else ""
    numbers = [sheet.say("siren", number=siren(buyer.siren))] if buyer.siren else []
    numbers += [sheet.say("vat_number", number=buyer.vat_number)] if buyer.vat_number else []
    said = [buyer.name if buyer.company else "", buyer.street, buyer.street2, town, abroad, *numbers]
    sheet.ink(9.5)
    return sheet.flow(x, y, width, "\n".join(part for part in said if part)) if any(said) else y


def _columns(sheet: Sheet) -> list[Column]:
    discounted = any(line.discount_minor for line in sheet.content.lines)
    columns = [
        Column(sheet.say("quantity"), 12), Column(sheet.say("unit"), 25), Column(sheet.say("discount"), 23),
        Column(sheet.say("rate"), 14), Column(sheet.say("base"), 25), Column(sheet.say("gross"), 26),
    ]  # fmt: skip
    kept = [column for i, column in enumerate(columns) if discounted or i != 2]
    return [Column(sheet.say("article"), WIDTH - sum(column.width for column in kept), "L"), *kept]


def _cells(sheet: Sheet, line: Line, discounted: bool) -> list[str]:
    cells = [
        format_decimal(line.quantity, locale="fr_FR"), sheet.figure((line.unit_net_e4 + 50) // 100),
        f"−{sheet.figure(line.discount_minor)}" if line.discount_minor else "", sheet.rate(line.rate_bp),
        sheet.figure(line.base_minor), sheet.figure(line.gross_minor),
    ]  # fmt: skip
    return [line.title, *(cell for i, cell in enumerate(cells) if discounted or i != 2)]


def _table(sheet: Sheet, y: float) -> float:
    columns = _columns(sheet)
    y = _table_head(sheet, columns, y)
    for line in sheet.content.lines:
        cells = _cells(sheet, line, len(columns) == 7)
        sheet.ink(9.5)
        height = 4.4 * sheet.rows(columns[0].width - 2, cells[0]) + 3.4
        if y + height > BOTTOM:
            y = _table_head(sheet, columns, _next_page(sheet))
        sheet.ink(9.5)
        sheet.flow(LEFT, y + 1.7, columns[0].width - 2, cells[0])
        _row(sheet, columns[1:], cells[1:], LEFT + columns[0].width, y + 1.4)
        y += height
        sheet.rule(y)
    return y + 6


def _table_head(sheet: Sheet, columns: Sequence[Column], y: float) -> float:
    sheet.ink(8.5, MUTED)
    _row(sheet, columns, [column.words for column in columns], LEFT, y)
    sheet.rule(y + 6, INK, 0.3)
    return y + 6


def _row(sheet: Sheet, columns: Sequence[Column], cells: Sequence[str], x: float, y: float) -> None:
    for column, cell in zip(columns, cells, strict=True):
        sheet.put(x, y, column.width, cell, column.align)
        x += column.width


def _sums(sheet: Sheet, y: float) -> float:
    """VAT per rate on the left, totals on the right; never torn apart."""
    content = sheet.content
    if y + 8 + 5.4 * max(len(content.rates) + 1, 4) > BOTTOM:
        y = _next_page(sheet)
    columns = [
        Column(sheet.say("per_rate"), 40, "L"), Column(sheet.say("per_base"), 23), Column(sheet.say("per_vat"), 23),
    ]  # fmt: skip
    sheet.ink(8.5, MUTED)
    _row(sheet, columns, [column.words for column in columns], LEFT, y)
    sheet.set_draw_color(*HAIR)
    sheet.set_line_width(0.2)
    sheet.line(LEFT, y + 5.6, LEFT + 86, y + 5.6)
    at = y + 6.2
    sheet.ink(9.5)
    for rate in content.rates:
        words = f"{sheet.rate(rate.rate_bp)} ({rate.name})" if rate.name else sheet.rate(rate.rate_bp)
        _row(sheet, columns, [words, sheet.figure(rate.base_minor), sheet.figure(rate.vat_minor)], LEFT, at)
        at += 5.4
    right = y
    x, width = LEFT + 104, 70.0
    for words, minor in ((sheet.say("total_base"), content.base_minor), (sheet.say("total_vat"), content.vat_minor)):
        sheet.ink(9.5)
        sheet.put(x, right, width, words)
        sheet.put(x, right, width, sheet.money(minor), "R")
        right += 5.4
    sheet.set_draw_color(*INK)
    sheet.set_line_width(0.3)
    sheet.line(x, right + 1, x + width, right + 1)
    sheet.ink(13, PLATE, bold=True)
    amount = sheet.money(content.gross_minor)
    sheet.put(x, right + 2.6, width, amount, "R", 7)
    sheet.ink(10, INK, bold=True)
    key = "total_gross" if content.kind == "invoice" else "total_credited"
    sheet.put(x, right + 2.8, width - 30, sheet.say(key), "L", 7)
    return max(at, right + 11) + 7


def _mentions(sheet: Sheet, y: float) -> None:
    sheet.ink(8.5, MUTED)
    for sentence in sheet.content.mentions:
        if y + 4 * sheet.rows(WIDTH, sentence) > BOTTOM + 6:
            y = _next_page(sheet)
            sheet.ink(8.5, MUTED)
        y = sheet.flow(LEFT, y, WIDTH, sentence, 4) + 1.2


def _next_page(sheet: Sheet) -> float:
    """A further page, with the number on top."""
    sheet.add_page()
    sheet.ink(9, MUTED)
    sheet.put(LEFT, 14, WIDTH, f"{sheet.say(sheet.content.kind)} {sheet.content.number}", "R")
    return 24.0
