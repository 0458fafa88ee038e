"""A body that could be sent, made from its type: words by field name, else the least that the bounds allow.

The documentation shows it, and the tests of hostile input begin from it, one field at a time.
"""

from typing import Annotated, Any, Final

import msgspec
from msgspec import inspect as kinds

FIRST_ID: Final = "0192f0c8-6a00-7000-8000-000000000001"
MOMENT: Final = "2026-11-21T10:30:00Z"
WORDS: Final[dict[str, Any]] = {
    "bags": ["B:0412"], "badge": "U:ORME-1001", "barcode": "3701234567894", "city": "Lyon", "code": "3701234567894",
    "siren": "999000185", "vat_number": "FR06999000185",
    "collector": "Camille Perrin", "country": "FR", "currency": "EUR", "email": "camille.perrin@example.com",
    "external_sku": "", "first_name": "Camille", "language": "fr", "last_name": "Perrin", "letters": "KRTBNE",
    "location": "lyon-part-dieu", "locations": ["lyon-part-dieu"], "name": "Camille Perrin", "note": "Vu avec le magasin",
    "password": "une longue phrase secrète", "phone": "+33639980142", "pin": "418273", "place": "",
    "postcode": "69003", "provider": "stripe", "reason": "Inventaire", "reference": "pi_3QExample", "region": "",
    "sku": "DERBY-HELENE-NOIR-39", "street": "14 rue des Tilleuls", "style": "DERBY-HELENE", "hours": "9:00-12:30",
    "scopes": ["orders:read"], "services": ["pickup"], "title": "Derby Hélène, noir, 39", "from": "",
    **dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), "9:00-19:30"),
    "state": "captured", "if_short": "refuse", "hold": None, "consents": [], "street2": "",
}  # fmt: skip
NUMBERS: Final = {
    "amount_minor": 12900, "quantity": 1, "total_minor": 12900, "unit_price_minor": 12900, "vat_minor": 2150,
    "vat_rate_bp": 2000, "price_minor": 12900, "on_hand": 4, "minutes": 30, "capacity_per_hour": 20, "hold_days": 7,
    "line": 1, "share_bp": 5000, "version": 1,
}  # fmt: skip


def example_of(kind: Any) -> Any:
    """Plain JSON values that decode as `kind` (a msgspec struct or an annotated type)."""
    return _value(kinds.type_info(kind), "", set())


def _value(kind: kinds.Type, name: str, above: set[Any]) -> Any:
    if WORDS.get(name, "") in (None, []) and not isinstance(kind, kinds.StrType):
        return WORDS[name]
    if isinstance(kind, kinds.Metadata):
        return _value(kind.type, name, above)
    if isinstance(kind, kinds.StructType):
        return _struct(kind, above)
    if isinstance(kind, kinds.UnionType):
        return _union(kind, name, above)
    if isinstance(kind, kinds.LiteralType):
        return WORDS[name] if WORDS.get(name) in kind.values else kind.values[0]
    if isinstance(kind, kinds.EnumType):
        return next(iter(kind.cls)).value
    if isinstance(kind, kinds.StrType):
        return _text(kind, name)
    if isinstance(kind, kinds.IntType | kinds.FloatType):
        least = kind.ge if kind.ge is not None else 0
        told = NUMBERS.get(name, least)
        return told if (kind.le is None or told <= kind.le) and told >= least else least
    if isinstance(kind, kinds.CollectionType):
        if isinstance(WORDS.get(name), list):
            return WORDS[name]
        return [_value(kind.item_type, name.removesuffix("s"), above)] * max(1, kind.min_length or 0)
    if isinstance(kind, kinds.TupleType):
        return [_value(part, name, above) for part in kind.item_types]
    return _plain(kind)


def _plain(kind: kinds.Type) -> Any:
    if isinstance(kind, kinds.UUIDType):
        return FIRST_ID
    if isinstance(kind, kinds.DateTimeType):
        return MOMENT
    if isinstance(kind, kinds.DateType):
        return MOMENT[:10]
    if isinstance(kind, kinds.BoolType):
        return True
    if isinstance(kind, kinds.NoneType):
        return None
    return {}


def _struct(kind: kinds.StructType, above: set[Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if kind.tag_field is not None:
        made[kind.tag_field] = kind.tag
    for field in kind.fields:
        if kind.cls not in above:
            made[field.encode_name] = _value(field.type, field.encode_name, above | {kind.cls})
    return made


def _union(kind: kinds.UnionType, name: str, above: set[Any]) -> Any:
    real = [part for part in kind.types if not isinstance(part, kinds.NoneType)]
    if isinstance(WORDS.get(name), list):
        real = [part for part in real if isinstance(part, kinds.CollectionType)] or real
    return _value(real[0], name, above) if real else None


def _text(kind: kinds.StrType, name: str) -> str:
    for told in (WORDS.get(name), WORDS.get(name + "s"), "text", "a", "1", "A" * (kind.min_length or 1), "1.0"):
        if isinstance(told, str) and _fits(told, kind):
            return told
    return ""


def _fits(text: str, kind: kinds.StrType) -> bool:
    bounds = msgspec.Meta(min_length=kind.min_length, max_length=kind.max_length, pattern=kind.pattern)
    try:
        msgspec.convert(text, Annotated[str, bounds])
    except msgspec.ValidationError:
        return False
    return True
