"""The paper that documents are drawn on: fonts, foot, pages, and how a language writes days and amounts."""

import unicodedata
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final

from babel.numbers import format_currency, format_decimal, get_currency_precision
from fpdf import FPDF

from comptoir.invoices.letters import BOLD, REGULAR, known, slim
from comptoir.invoices.model import Content
from comptoir.invoices.xmp import xmp_of
from comptoir.kit.dates import LONG, date_words
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
        return date_words(day, LONG, self._locale)

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
