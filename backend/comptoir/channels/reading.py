"""Reads what a shop wrote: leniently where a person can still act on it, else not at all."""

import html
import json
import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from comptoir.channels.model import Untranslatable
from comptoir.kit.money import half_up, vat_on

# ISO 4217: the currencies whose minor unit is not a hundredth.
_NO_DECIMALS = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())  # noqa: SIM905
_THREE_DECIMALS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())  # noqa: SIM905
_AMOUNT = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")
_TAG = re.compile(r"<[^<>]{0,200}>")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_ODD_IN_PHONE = re.compile(r"[^+0-9 ()./-]+")
_CURRENCY = re.compile(r"[A-Z]{3}")
_COUNTRY = re.compile(r"[A-Z]{2}")
MOST_MINOR = 10**12
Object = dict[str, Any]


def read_object(body: bytes) -> Object:
    """The body as one JSON object; numbers with a point are kept exactly as written."""
    try:
        found = json.loads(body.decode("utf-8"), parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError, InvalidOperation):
        raise Untranslatable("not_json") from None
    if not isinstance(found, dict):
        raise Untranslatable("not_an_object")
    return found


def _no_constant(_: str) -> None:
    raise ValueError("not a number")


def decimals(currency: str) -> int:
    """Digits after the point of one currency unit: 2 for EUR, 0 for JPY, 3 for KWD."""
    return 0 if currency in _NO_DECIMALS else 3 if currency in _THREE_DECIMALS else 2


def minor(value: Any, currency: str, field: str) -> int:
    """An amount such as "398.00" in minor units, half up beyond them. Untranslatable when it is none."""
    text = value if isinstance(value, str) else format(value, "f") if _is_number(value) else ""
    if not _AMOUNT.fullmatch(text):
        raise Untranslatable("not_an_amount", field)
    number = Decimal(text).scaleb(decimals(currency))
    numerator, denominator = number.as_integer_ratio()
    found = half_up(numerator, denominator) if numerator >= 0 else -half_up(-numerator, denominator)
    if abs(found) > MOST_MINOR:
        raise Untranslatable("amount_too_large", field)
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool) and bool(-(10**13) < value < 10**13)


def quantity(value: Any, field: str) -> int:
    """A number of units, zero for a line that was taken off."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 10_000:
        raise Untranslatable("not_a_quantity", field)
    return value


def basis_points(rate: Any, whole: int, field: str) -> int:
    """A tax rate in basis points: 0.06 of a `whole` of 1, or 20 of a `whole` of 100."""
    number: Any = Decimal(rate) if isinstance(rate, str) and _AMOUNT.fullmatch(rate) else rate
    if not _is_number(number):
        raise Untranslatable("not_a_rate", field)
    if not 0 <= number <= whole:
        raise Untranslatable("not_a_rate", field)
    numerator, denominator = (Decimal(number) * 10_000 / whole).as_integer_ratio()
    return half_up(numerator, denominator)


def rate_behind(tax_minor: int, net_minor: int) -> int:
    """The roundest rate in basis points that gives exactly this tax on this net price, for shops that send no rate."""
    if net_minor <= 0 or tax_minor <= 0:
        return 0
    for step in (100, 50, 10, 1):
        rate = step * half_up(tax_minor * 10_000, net_minor * step)
        if rate <= 10_000 and vat_on(net_minor, rate) == tax_minor:
            return rate
    return min(10_000, half_up(tax_minor * 10_000, net_minor))


def moment(value: Any, field: str) -> datetime:
    """A moment in UTC; one without a zone is UTC already (WooCommerce's `_gmt` fields)."""
    try:
        found = datetime.fromisoformat(value)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise Untranslatable("not_a_moment", field) from None
    if not 1990 <= found.year <= 2200:
        raise Untranslatable("not_a_moment", field)
    return found


def identifier(value: Any, field: str) -> str:
    """A shop's own id, a whole number or a short code, as text."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**20:
        return str(value)
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_:/.-]{1,80}", value):
        return value
    raise Untranslatable("no_id", field)


def currency_of(value: Any, field: str = "currency") -> str:
    if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
        raise Untranslatable("no_currency", field)
    return value


def words(value: Any, longest: int = 120) -> str:
    """Text on one line: entities decoded (`&ndash;`), tags and control characters gone, cut to `longest`."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**20:
        value = str(value)
    if not isinstance(value, str):
        return ""
    text = html.unescape(_TAG.sub("", value[:4000]))
    return " ".join(_CONTROL.sub(" ", text).split())[:longest].strip()


def email(value: Any) -> str | None:
    """An e-mail address, or None when it could not be one."""
    text = words(value, 255)
    return text if _EMAIL.fullmatch(text) and len(text) <= 254 else None


def phone(value: Any) -> str | None:
    """A phone number with whatever is odd taken out, or None when fewer than four digits remain."""
    text = re.sub(r"\([^()0-9]*\)", "", _ODD_IN_PHONE.sub("", words(value))).lstrip(" ./-)").rstrip(" ./-(")
    text = text[:1] + text[1:].replace("+", "")
    return text if sum(c.isdigit() for c in text) >= 4 and len(text) <= 32 and text[0] in "+(0123456789" else None


def country(value: Any) -> str:
    """A country's two letters, or nothing."""
    text = words(value, 8).upper()
    return text if _COUNTRY.fullmatch(text) else ""


def postcode(value: Any) -> str:
    return re.sub(r"[^A-Za-z0-9 -]+", "", words(value))[:12].strip()


def code(value: Any, otherwise: str) -> str:
    """A machine's code of at most 64 characters, or `otherwise`."""
    text = re.sub(r"[^A-Za-z0-9._:/#+-]+", "_", words(value, 64))
    return re.sub(r"^[^A-Za-z0-9]+", "", text) or otherwise


def objects(value: Any, most: int, field: str) -> list[Object]:
    """A list of objects, or none at all; Untranslatable when it is longer than `most`."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Untranslatable("not_a_list", field)
    if len(value) > most:
        raise Untranslatable("too_many", field)
    return value


def inner(value: Any) -> Object:
    """An object inside another; an empty one when it is missing."""
    return value if isinstance(value, dict) else {}
