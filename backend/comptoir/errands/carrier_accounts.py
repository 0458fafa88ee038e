"""What an account of each carrier takes: which settings a person types, which secrets it needs, and whether all of it makes a carrier."""

from collections.abc import Mapping
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

import msgspec

from comptoir.carriers.known import KNOWN, BadAccount, make_carrier
from comptoir.carriers.tariff_table import BadTable, read_table, write_table
from comptoir.carriers.tariffs import Tariff
from comptoir.kit.errors import Invalid
from comptoir.shipping.services import OURS
from comptoir.shipping.setting_up import NEVER_TYPED

KINDS: Final = tuple(sorted(KNOWN))
"""The carriers that head office may add an account of."""

WITH_PRICES: Final = frozenset(KINDS) - {"la_poste"}
"""Carriers whose accounts take a price list."""


class TypedSetting(msgspec.Struct, frozen=True):
    """A setting that a person types, or takes from `options`."""

    name: str
    options: tuple[str, ...] = ()


def typed_settings(kind: str) -> tuple[TypedSetting, ...]:
    """What a person may type for such an account: no secret, no address of a server, nothing that has a field of its own."""
    made = KNOWN.get(kind)
    if made is None:
        return ()
    hidden = NEVER_TYPED | set(made.secrets) | {"name"}
    hints = get_type_hints(made.account)
    return tuple(
        TypedSetting(name, get_args(hints[name]) if get_origin(hints[name]) is Literal else ())
        for name in made.account.__struct_fields__
        if name not in hidden
    )


def secrets_of(kind: str, held: Mapping[str, str]) -> tuple[tuple[str, bool], ...]:
    """The secrets of such an account by name, and whether each is there; never what they are."""
    made = KNOWN.get(kind)
    return tuple((name, name in held) for name in made.secrets) if made else ()


def prepare(
    kind: str, name: str, typed: Mapping[str, str], prices: str, before: Mapping[str, Any], secrets: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, Any] | None]:
    """(settings as typed, price list) of an account, once they make a carrier together with what is on file.

    Secrets that are not there yet are taken as given. Invalid `account_wrong` with the field, `prices_wrong` with the line.
    """
    made = KNOWN.get(kind)
    if made is None:
        return {}, before.get("tariff")
    allowed = {one.name for one in typed_settings(kind)}
    given = {key: value.strip() for key, value in typed.items() if key in allowed}
    if "name" in made.account.__struct_fields__:
        given["name"] = name
    tariff = _tariff(prices, before.get("tariff")) if kind in WITH_PRICES else None
    kept = {key: value for key, value in before.items() if key not in OURS and key not in given and key != "tariff"}
    sealed = {key: secrets.get(key, "not there yet") for key in made.secrets}
    try:
        make_carrier(kind, {**kept, **{key: value for key, value in given.items() if value}, **sealed}, tariff)
    except BadAccount as wrong:
        raise Invalid("account_wrong", wrong=str(wrong)) from None
    return given, tariff


def prices_of(settings: Mapping[str, Any]) -> str:
    """An account's price list as lines; empty without one, or with one that cannot be read."""
    try:
        return write_table(msgspec.convert(settings["tariff"], Tariff)) if settings.get("tariff") else ""
    except (msgspec.ValidationError, KeyError):
        return ""


def lacks_secrets(kind: str, held: Mapping[str, str]) -> bool:
    """Whether an account cannot work for want of secrets: one that its carrier always needs, or all of them."""
    made = KNOWN.get(kind)
    if made is None or not made.secrets:
        return False
    always = {one.name for one in msgspec.structs.fields(made.account) if one.required}
    return any(name not in held for name in made.secrets if name in always) or not set(made.secrets) & set(held)


def _tariff(text: str, before: Any) -> dict[str, Any] | None:
    try:
        old = msgspec.convert(before, Tariff) if before else None
    except msgspec.ValidationError:
        old = None
    try:
        found = read_table(text, old)
    except BadTable as wrong:
        raise Invalid("prices_wrong", line=wrong.line) from None
    return None if found is None else msgspec.to_builtins(found)
