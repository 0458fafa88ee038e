"""Values in words, in French and English: "92 %", "3 h 20", "129,00 €". Pure."""

from decimal import Decimal
from typing import Final

from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision

from comptoir.kit.i18n import t
from comptoir.reporting.reports import Shown, Value

NOTHING: Final = "–"
MINUTE, HOUR, DAY = 60, 3600, 86400


def say(value: Value, shown: Shown, language: str, currency: str = "EUR", *, whole: bool = False) -> str:
    """The value as a person reads it; a dash where there is none. `whole`: money from a thousand on without its cents, where room is scarce."""
    if value is None:
        return NOTHING
    if shown == "share":
        return format_percent(value, format=_percent(language, value), locale=language)
    if shown == "money":
        amount = Decimal(int(value)).scaleb(-get_currency_precision(currency))
        if whole and abs(amount) >= 1000:
            pattern = "#,##0\u00a0¤" if language == "fr" else "¤#,##0"
            return format_currency(amount, currency, pattern, locale=language, currency_digits=False)
        return format_currency(amount, currency, locale=language)
    if shown == "days":
        return t("trends.days_n", language, n=format_decimal(Decimal(str(round(value, 1))), locale=language))
    if shown == "time":
        return _time(round(value), language)
    return str(format_decimal(value, locale=language))


def _percent(language: str, value: float) -> str:
    """One decimal only where rounding would hide that something is missing or is there."""
    space = "\u202f" if language == "fr" else ""
    return f"#,##0.0{space}%" if 0 < value < 0.005 or 0.995 <= value < 1 else f"#,##0{space}%"


def _time(seconds: int, language: str) -> str:
    if seconds < 90:
        return t("trends.seconds_n", language, n=seconds)
    if seconds < 90 * MINUTE:
        return t("trends.minutes_n", language, n=round(seconds / MINUTE))
    if seconds < 2 * DAY:
        minutes = round(seconds / MINUTE)
        return t("trends.hours_n", language, n=minutes // 60, minutes=f"{minutes % 60:02}")
    hours = round(seconds / HOUR)
    return t("trends.days_and_hours", language, n=hours // 24, hours=hours % 24)
