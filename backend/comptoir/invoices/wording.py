"""What the law has documents say, by its date: series, names of the rates, mentions. Read from `wording.toml`, which says since when."""

import tomllib
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

PLACE: Final = Path(__file__).with_name("wording.toml")


class Dated(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing to say since a day; the latest entry of a key that has begun is the one that counts."""

    key: str
    valid_from: date
    fr: str
    en: str
    code: str = ""


class Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`series` by kind of document, `rate` by basis points, `mention` by occasion."""

    series: tuple[Dated, ...]
    rate: tuple[Dated, ...]
    mention: tuple[Dated, ...]


@cache
def wording() -> Wording:
    """The words of this installation, read once."""
    return msgspec.convert(tomllib.loads(PLACE.read_text(encoding="utf-8")), Wording)


def find(entries: Iterable[Dated], key: str, day: date) -> Dated | None:
    """The entry that counts on a day; None when nothing had begun by then."""
    begun = [one for one in entries if one.key == key and one.valid_from <= day]
    return max(begun, key=lambda one: one.valid_from, default=None)


def series(kind: str, day: date) -> str:
    """The letters of a kind's series on a day. LookupError when there is none."""
    found = find(wording().series, kind, day)
    if found is None:
        raise LookupError(kind)
    return found.fr


def rate_name(rate_bp: int, language: str, day: date) -> str:
    """What the rate is called, or nothing for a rate that French law does not know."""
    found = find(wording().rate, str(rate_bp), day)
    return _in(found, language) if found else ""


def mention(key: str, language: str, day: date, **facts: Any) -> str | None:
    """The sentence for an occasion with its facts put in; None when the law asks for none on that day."""
    found = find(wording().mention, key, day)
    return _in(found, language).format(**facts) if found else None


def code_of(sentence: str) -> str:
    """By which a business's data tells this mention; empty for one that has no code."""
    return next((one.code for one in wording().mention if one.code and sentence in (one.fr, one.en)), "")


def _in(found: Dated, language: str) -> str:
    return found.en if language == "en" else found.fr
