"""Draws the slip that lies in a parcel: A4, in the customer's language, with a code that opens the order at any scanner."""

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any, Final

import segno
from babel.numbers import format_currency, get_currency_precision
from fpdf import FPDF

from comptoir.invoices.letters import BOLD, REGULAR, slim
from comptoir.invoices.sheet import BOTTOM, HAIR, INK, LEFT, MUTED, PLATE, WIDTH, writable
from comptoir.kit.dates import LONG, date_words
from comptoir.kit.i18n import t
from comptoir.shipping.slip import Slip, SlipLine

CODE_MM: Final = 26.0
CODE_AT: Final = LEFT + WIDTH - CODE_MM


def draw_slip(slip: Slip) -> bytes:
    """The PDF; the same slip gives the same bytes."""
    paper = _Paper(slip)
    paper.add_page()
    y = _head(paper)
    y = _table(paper, y)
    _end(paper, y)
    return bytes(paper.output())


class _Paper(FPDF):
    """Fonts, and how a language writes days and amounts."""

    def __init__(self, slip: Slip) -> None:
        super().__init__(format="A4")
        self.slip = slip
        self.language = slip.language if slip.language in ("fr", "en") else "fr"
        self.add_font("sans", "", slim(REGULAR))
        self.add_font("sans", "B", slim(BOLD))
        self.set_margins(LEFT, 18, LEFT)
        self.c_margin = 0
        self.set_auto_page_break(False)
        self.set_lang({"fr": "fr-FR", "en": "en-GB"}[self.language])
        self.set_title(f"{self.title_words} {slip.number}")
        self.set_creation_date(datetime.combine(slip.ordered_on, time(12), UTC))

    @property
    def title_words(self) -> str:
        return self.say("slip_gift" if self.slip.gift else "slip")

    @property
    def locale(self) -> str:
        return {"fr": "fr_FR", "en": "en_GB"}[self.language]

    def say(self, key: str, **facts: Any) -> str:
        return t(f"document.{key}", self.language, **facts)

    def money(self, minor: int) -> str:
        amount = Decimal(minor).scaleb(-get_currency_precision(self.slip.currency))
        return format_currency(amount, self.slip.currency, locale=self.locale)

    def ink(self, size: float, color: tuple[int, int, int] = INK, *, bold: bool = False) -> None:
        self.set_font("sans", "B" if bold else "", size)
        self.set_text_color(*color)

    def put(self, x: float, y: float, width: float, words: str, align: str = "L") -> None:
        """One line; made smaller before it leaves its box."""
        size, words = self.font_size_pt, writable(words)
        while self.get_string_width(words) > width and self.font_size_pt > 6:
            self.set_font_size(self.font_size_pt - 0.25)
        self.set_xy(x, y)
        self.cell(width, 5, words, align=align)
        self.set_font_size(size)

    def flow(self, x: float, y: float, width: float, words: str, height: float = 4.6) -> float:
        self.set_xy(x, y)
        self.multi_cell(width, height, writable(words), align="L", new_x="LEFT", new_y="NEXT")
        return self.get_y()

    def rule(self, y: float, color: tuple[int, int, int] = HAIR) -> None:
        self.set_draw_color(*color)
        self.set_line_width(0.2)
        self.line(LEFT, y, LEFT + WIDTH, y)

    def code(self, x: float, y: float, text: str) -> None:
        """The order as QR, dark squares on white, four modules of quiet around it."""
        rows = [bytes(row) for row in segno.make(text, error="m", micro=False).matrix_iter(border=4)]
        side = CODE_MM / len(rows)
        self.set_fill_color(*INK)
        for down, row in enumerate(rows):
            for across, dark in enumerate(row):
                if dark:
                    self.rect(x + across * side, y + down * side, side, side, "F")


def _head(paper: _Paper) -> float:
    slip = paper.slip
    paper.ink(11, INK, bold=True)
    paper.put(LEFT, 18, 90, slip.seller)
    paper.ink(9, MUTED)
    paper.flow(LEFT, 23.5, 90, "\n".join(slip.sender))
    paper.code(CODE_AT, 15, f"W:{slip.number}")
    paper.ink(22, PLATE, bold=True)
    paper.put(LEFT, 46, 120, paper.title_words)
    paper.ink(11, INK, bold=True)
    paper.put(LEFT, 55, 90, paper.say("slip_order", number=slip.number))
    paper.ink(9.5, MUTED)
    day = date_words(slip.ordered_on, LONG, paper.locale)
    paper.put(LEFT, 60.5, 90, paper.say("slip_ordered", day=day))
    paper.put(LEFT, 65.5, 90, paper.say("slip_parcels", n=max(1, slip.parcels), units=slip.units))
    paper.ink(9, MUTED)
    paper.put(LEFT + 100, 55, 74, paper.say("slip_to"))
    paper.ink(11, INK, bold=True)
    y = paper.flow(LEFT + 100, 60.2, 74, slip.recipient[0] if slip.recipient else "", 5)
    paper.ink(9.5)
    y = (
        paper.flow(LEFT + 100, y, 74, "\n".join((*slip.recipient[1:], *((slip.relay,) if slip.relay else ()))))
        if slip.recipient[1:] or slip.relay
        else y
    )
    if slip.gift and slip.gift_note:
        paper.ink(12, INK)
        y = paper.flow(
            LEFT, max(y, 76) + 6, WIDTH, f"« {slip.gift_note} »" if paper.language == "fr" else f"“{slip.gift_note}”", 6
        )
    return max(y, 76) + 8


def _row(paper: _Paper, y: float, line: SlipLine) -> float:
    priced = not paper.slip.gift
    width = WIDTH - (66 if priced else 18)
    paper.ink(10)
    end = paper.flow(LEFT, y + 1.6, width, line.name)
    if line.variant:
        paper.ink(8.5, MUTED)
        end = paper.flow(LEFT, end - 0.4, width, line.variant, 4)
    paper.ink(10, INK, bold=True)
    paper.put(LEFT + width, y + 1.4, 14, str(line.quantity), "R")
    if priced:
        paper.ink(10)
        paper.put(LEFT + width + 16, y + 1.4, 24, paper.money(line.each_minor), "R")
        paper.put(LEFT + width + 42, y + 1.4, 24, paper.money(line.each_minor * line.quantity), "R")
    return end + 1.6


def _table(paper: _Paper, y: float) -> float:
    y = _columns(paper, y)
    for line in paper.slip.lines:
        if y + 14 > BOTTOM:
            paper.add_page()
            paper.ink(9, MUTED)
            paper.put(LEFT, 14, WIDTH, paper.say("slip_order", number=paper.slip.number), "R")
            y = _columns(paper, 24.0)
        y = _row(paper, y, line)
        paper.rule(y)
    return y + 8


def _columns(paper: _Paper, y: float) -> float:
    priced = not paper.slip.gift
    width = WIDTH - (66 if priced else 18)
    paper.ink(8.5, MUTED)
    paper.put(LEFT, y, width, paper.say("article"))
    paper.put(LEFT + width, y, 14, paper.say("quantity"), "R")
    if priced:
        paper.put(LEFT + width + 16, y, 24, paper.say("slip_each"), "R")
        paper.put(LEFT + width + 42, y, 24, paper.say("slip_sum"), "R")
    paper.rule(y + 6, INK)
    return y + 6


def _end(paper: _Paper, y: float) -> None:
    """Where it goes back to, kept together."""
    if y + 26 > BOTTOM:
        paper.add_page()
        y = 24.0
    paper.ink(10, INK, bold=True)
    paper.put(LEFT, y, WIDTH, paper.say("slip_return"))
    paper.ink(9.5)
    y = paper.flow(LEFT, y + 5.4, WIDTH, " · ".join((paper.slip.seller, *paper.slip.sender)))
    paper.ink(9, MUTED)
    paper.flow(LEFT, y + 1, WIDTH, paper.say("slip_gift_more" if paper.slip.gift else "slip_more"))
