"""The carriers that can be set up, by name: one row each, from what an account holds to an adapter. A new carrier is one more row."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from comptoir.carriers.colissimo import Colissimo, ColissimoAccount
from comptoir.carriers.http import Patience
from comptoir.carriers.la_poste import LaPoste, LaPosteAccount
from comptoir.carriers.model import Carrier
from comptoir.carriers.mondial_relay import MondialRelay, MondialRelayAccount
from comptoir.carriers.rate_table import RateTable
from comptoir.carriers.tariffs import Tariff, gaps


class BadAccount(ValueError):
    """What an account holds cannot be used. The text names the field, never its value."""


class Made(msgspec.Struct, frozen=True):
    """How one carrier is made. `account` is the struct of its settings and secrets; `secrets` names the fields to keep sealed."""

    account: type[msgspec.Struct]
    make: Callable[[Any, Patience | None, Tariff | None], Carrier]
    secrets: tuple[str, ...] = ()


class TableAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A price list needs nothing but the carrier's name, as labels and pages show it."""

    name: str


def _table(account: TableAccount, patience: Patience | None, tariff: Tariff | None) -> Carrier:
    if tariff is None:
        raise BadAccount("tariff is missing")
    return RateTable(account.name, tariff)


KNOWN: Final[Mapping[str, Made]] = {
    "colissimo": Made(ColissimoAccount, Colissimo, ("password", "api_key", "okapi_key")),
    "la_poste": Made(LaPosteAccount, lambda account, patience, tariff: LaPoste(account, patience), ("okapi_key",)),
    "mondial_relay": Made(MondialRelayAccount, MondialRelay, ("key", "password")),
    "table": Made(TableAccount, _table),
}


def make_carrier(kind: str, account: Mapping[str, Any], tariff: Mapping[str, Any] | None = None, patience: Patience | None = None) -> Carrier:  # fmt: skip
    """The adapter of one account, from plain settings and secrets; BadAccount says what is missing or wrong."""
    made = KNOWN.get(kind)
    if made is None:
        raise BadAccount("there is no such carrier")
    try:
        settings = msgspec.convert(account, made.account)
        list_of_prices = None if tariff is None else msgspec.convert(tariff, Tariff)
    except msgspec.ValidationError as wrong:
        raise BadAccount(str(wrong)) from None
    if list_of_prices is not None and (found := gaps(list_of_prices)):
        raise BadAccount("; ".join(found))
    return made.make(settings, patience, list_of_prices)


def _maker(kind: str) -> Callable[[Mapping[str, Any], Mapping[str, str]], Carrier]:
    def make(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> Carrier:
        rest = {name: value for name, value in settings.items() if name != "tariff"}
        return make_carrier(kind, {**rest, **secrets}, settings.get("tariff"))

    return make


MAKERS: Final = {kind: _maker(kind) for kind in KNOWN}
"""By name, from an account's settings (its price list under `tariff`) and its secrets."""
