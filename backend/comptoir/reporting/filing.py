"""A report as a file for a spreadsheet, and the same figures for other programs. Pure."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from babel.numbers import get_currency_precision

from comptoir.kit import sheets
from comptoir.reporting.reports import Report, Shown, Value, Values


def file_of(report: Report, currency: str, rows: Sequence[tuple[date, str, str, Values]], language: str) -> bytes:
    """(First day of the period, store's id, its name, values), one line each."""
    money = [currency] if report.money else []
    head = [
        "from",
        "store",
        "store_name",
        *(one.name for one in report.columns),
        *(["currency"] if report.money else []),
    ]
    lines = (
        [
            first.isoformat(),
            store,
            name,
            *(plain(values[one.name], one.shown, currency) for one in report.columns),
            *money,
        ]
        for first, store, name, values in rows
    )
    return sheets.write(head, lines, language)


def plain(value: Value, shown: Shown, currency: str) -> Decimal | int | None:
    """A value to count with: parts of one with four decimals, whole seconds, money in major units."""
    if value is None:
        return None
    if shown == "money":
        return Decimal(int(value)).scaleb(-get_currency_precision(currency or "EUR"))
    if shown in ("share", "days"):
        return Decimal(f"{value:.{4 if shown == 'share' else 2}f}")
    return round(value)
