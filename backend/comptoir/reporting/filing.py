"""A report as a file for a spreadsheet, and the same figures for other programs. Pure."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from babel.numbers import get_currency_precision

from comptoir.reporting.reports import Report, Shown, Value, Values


def file_of(report: Report, currency: str, rows: Sequence[tuple[date, str, str, Values]]) -> bytes:
    """(First day of the period, store's id, its name, values) as UTF-8 CSV with a mark, which spreadsheets look for."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(
        ["from", "store", "store_name", *(one.name for one in report.columns), *(["currency"] if report.money else [])]
    )
    for first, store, name, values in rows:
        # What a spreadsheet would take for a formula stays text.
        safe = f"'{name}" if name[:1] in "=+-@" else name
        cells = [plain(values[one.name], one.shown, currency) for one in report.columns]
        lines.writerow([first.isoformat(), store, safe, *cells, *([currency] if report.money else [])])
    return text.getvalue().encode("utf-8-sig")


def plain(value: Value, shown: Shown, currency: str) -> str:
    """A value for a program: parts of one with four decimals, whole seconds, money in major units with a point."""
    if value is None:
        return ""
    if shown == "money":
        return f"{Decimal(int(value)).scaleb(-get_currency_precision(currency or 'EUR')):f}"
    if shown == "share":
        return f"{value:.4f}"
    if shown == "days":
        return f"{value:.2f}"
    return str(round(value))
