"""A document's page: A4, in the letters of Source Sans, made for PDF/A-3. Pure: the same content gives the same bytes."""

import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from html import escape
from typing import Any, Final

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, get_currency_precision
from fpdf import FPDF

from comptoir.invoices.facturx import NAME, as_xml
from comptoir.invoices.letters import BOLD, REGULAR, known, slim
from comptoir.invoices.model import Content, Line
from comptoir.kit.i18n import t

LEFT: Final = 18.0
WIDTH: Final = 174.0
BOTTOM: Final = 268.0
"""Millimeters from the top that a table may reach; the foot stands below."""

INK: Final = (20, 22, 26)
MUTED: Final = (68, 73, 81)
HAIR: Final = (220, 216, 207)
PLATE: Final = (15, 69, 156)


class Column:
    """One column of a table: its words, width in millimeters, and where its text stands."""

    def __init__(self, words: str, width: float, align: str = "R") -> None:
        self.words, self.width, self.align = words, width, align


class Sheet(FPDF):
    """The paper: fonts, foot, and how a document's language writes days and amounts."""

    def __init__(self, content: Content) -> None:
        super().__init__(format="A4", enforce_compliance="PDF/A-3B")
        self.content = content
        self.lang_code = content.language if content.language in ("fr", "en") else "fr"
        self.add_font("sans", "", slim(REGULAR))
        self.add_font("sans", "B", slim(BOLD))
        self.set_margins(LEFT, 18, LEFT)
        self.c_margin = 0
        self.set_auto_page_break(False)
        self.set_lang({"fr": "fr-FR", "en": "en-GB"}[self.lang_code])
        self.set_title(f"{self.say(content.kind)} {content.number}")
        self.set_author(content.seller.name)
        self.set_creation_date(datetime.combine(content.issued_on, time(12), UTC))
        self.set_xmp_metadata(xmp_of(content, self.title or ""))

    # ------------------------------------------------------------ words

    def say(self, key: str, **facts: Any) -> str:
        return t(f"document.{key}", self.lang_code, **facts)

    def day(self, day: date) -> str:
        return format_date(day, "long", locale=self._locale)

    def money(self, minor: int) -> str:
        return format_currency(self._amount(minor), self.content.currency, locale=self._locale)

    def whole(self, minor: int) -> str:
        """An amount that has no cents to speak of."""
        shape = "#,##0 ¤" if self.lang_code == "fr" else "¤#,##0"
        return format_currency(
            self._amount(minor), self.content.currency, shape, locale=self._locale, currency_digits=False
        )

    def figure(self, minor: int) -> str:
        """An amount without its currency, for columns."""
        precision = get_currency_precision(self.content.currency)
        return format_decimal(self._amount(minor), format=f"#,##0.{'0' * precision}", locale=self._locale)

    def rate(self, rate_bp: int) -> str:
        percent = format_decimal(Decimal(rate_bp) / 100, locale=self._locale)
        return f"{percent} %" if self.lang_code == "fr" else f"{percent}%"

    def _amount(self, minor: int) -> Decimal:
        return Decimal(minor).scaleb(-get_currency_precision(self.content.currency))

    @property
    def _locale(self) -> str:
        return {"fr": "fr_FR", "en": "en_GB"}[self.lang_code]

    # ------------------------------------------------------------ drawing

    def ink(self, size: float, color: tuple[int, int, int] = INK, *, bold: bool = False) -> None:
        self.set_font("sans", "B" if bold else "", size)
        self.set_text_color(*color)

    def put(self, x: float, y: float, width: float, words: str, align: str = "L", height: float = 5) -> None:
        """One line of text in a box; it is made smaller before it leaves its box."""
        size = self.font_size_pt
        words = writable(words)
        while self.get_string_width(words) > width and self.font_size_pt > 6:
            self.set_font_size(self.font_size_pt - 0.25)
        self.set_xy(x, y)
        self.cell(width, height, words, align=align)
        self.set_font_size(size)

    def flow(self, x: float, y: float, width: float, words: str, height: float = 4.4) -> float:
        """Text over as many lines as it needs; where it ends."""
        self.set_xy(x, y)
        self.multi_cell(width, height, writable(words), align="L", new_x="LEFT", new_y="NEXT")
        return self.get_y()

    def rows(self, width: float, words: str) -> int:
        """How many lines a text needs."""
        lines = self.multi_cell(width, 4, writable(words), dry_run=True, output="LINES")
        assert isinstance(lines, list)
        return len(lines)

    def rule(self, y: float, color: tuple[int, int, int] = HAIR, thick: float = 0.2) -> None:
        self.set_draw_color(*color)
        self.set_line_width(thick)
        self.line(LEFT, y, LEFT + WIDTH, y)

    def foot(self, page: int) -> None:
        """Who sells, in full, and which page this is."""
        seller = self.content.seller
        said = [seller.name]
        if seller.capital_minor:
            said.append(self.say("capital", amount=self.whole(seller.capital_minor)))
        said += [seller.address, self.say("siren", number=siren(seller.siren)), seller.rcs]
        said.append(self.say("vat_number", number=seller.vat_number))
        self.page = page
        self.rule(278)
        # Named anew on every page that is gone back to: a font is said once per page only.
        self.ink(9)
        self.ink(8, MUTED)
        self.put(LEFT, 279.5, WIDTH - 28, " · ".join(part for part in said if part))
        self.put(LEFT + WIDTH - 26, 279.5, 26, self.say("page", page=page, pages=self.pages_count), "R")


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


def siren(number: str) -> str:
    """732829320 as people read it: in threes."""
    return " ".join(number[i : i + 3] for i in range(0, len(number), 3)) if len(number) == 9 else number


def writable(words: str) -> str:
    """The text in letters that the font has: others lose their accents, or stand as a question mark."""
    words = words.replace("\u202f", "\u00a0")
    if all(ord(letter) in known() or letter == "\n" for letter in words):
        return words
    return "".join(_nearest(letter) for letter in unicodedata.normalize("NFC", words))


def _nearest(letter: str) -> str:
    if ord(letter) in known() or letter == "\n":
        return letter
    plain = [part for part in unicodedata.normalize("NFKD", letter) if ord(part) in known()]
    return "".join(plain) or "?"


def xmp_of(content: Content, title: str) -> str:
    """What the file says of itself: PDF/A-3, and for a business that it holds Factur-X data and of which profile."""
    day = f"{content.issued_on.isoformat()}T12:00:00Z"
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">'
        "<pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>"
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(title)}</rdf:li></rdf:Alt></dc:title>'
        f"<dc:creator><rdf:Seq><rdf:li>{escape(content.seller.name)}</rdf:li></rdf:Seq></dc:creator>"
        f"<xmp:CreateDate>{day}</xmp:CreateDate><xmp:ModifyDate>{day}</xmp:ModifyDate><xmp:MetadataDate>{day}</xmp:MetadataDate>"
        f"</rdf:Description>{_FACTUR_X if content.buyer.company else ''}</rdf:RDF></x:xmpmeta>"
    )


def _property(name: str, words: str) -> str:
    return (
        f'<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{name}</pdfaProperty:name><pdfaProperty:valueType>Text</pdfaProperty:valueType>'
        f"<pdfaProperty:category>external</pdfaProperty:category><pdfaProperty:description>{words}</pdfaProperty:description></rdf:li>"
    )


# The namespace keeps the number of Factur-X's first version, whatever the profile's own.
_FACTUR_X: Final = (
    '<rdf:Description rdf:about="" xmlns:fx="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#">'
    f"<fx:DocumentType>INVOICE</fx:DocumentType><fx:DocumentFileName>{NAME}</fx:DocumentFileName>"
    "<fx:Version>1.0</fx:Version><fx:ConformanceLevel>EN 16931</fx:ConformanceLevel></rdf:Description>"
    '<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"'
    ' xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">'
    '<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource"><pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>'
    "<pdfaSchema:namespaceURI>urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#</pdfaSchema:namespaceURI>"
    "<pdfaSchema:prefix>fx</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq>"
    + _property("DocumentFileName", "name of the embedded XML invoice file")
    + _property("DocumentType", "INVOICE")
    + _property("Version", "version of the XML schema")
    + _property("ConformanceLevel", "profile of the embedded data")
    + "</rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"
)
