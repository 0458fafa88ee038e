"""What a cell of a file may say: each reader gives the one spelling of it, or says in one word what is wrong. Pure."""

import re
from collections.abc import Callable, Collection
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

Reader = Callable[[str], str]
"""The text as typed -> the one spelling. Raises Wrong."""

_SPAN: Final = re.compile(r"(\d{1,2})\s*[:hH]\s*(\d{2})\s*[-–]\s*(\d{1,2})\s*[:hH]\s*(\d{2})\Z")
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{1,39}\Z")
_YES: Final = frozenset({"yes", "oui", "1", "true", "vrai", "x"})
_NO: Final = frozenset({"no", "non", "0", "false", "faux", ""})


ID: Final = "a-z 0-9 -"
CODE: Final = "a-z 0-9 _"
A_DAY: Final = "2026-12-24"


class Wrong(Exception):
    """What is wrong with a cell; `code` names the words for it, `wanted` says what may stand there."""

    def __init__(self, code: str, wanted: str = "") -> None:
        super().__init__(code)
        self.code, self.wanted = code, wanted


def text(most: int = 120, *, needed: bool = False) -> Reader:
    """A line of text."""

    def read(typed: str) -> str:
        if needed and not typed:
            raise Wrong("missing")
        if len(typed) > most or not typed.isprintable():
            raise Wrong("unreadable", f"≤ {most}")
        return typed

    return read


def slug(*, needed: bool = True) -> Reader:
    """An id in small letters."""

    def read(typed: str) -> str:
        found = typed.lower()
        if not found and not needed:
            return ""
        if not _SLUG.match(found):
            raise Wrong("not_an_id" if found else "missing", ID)
        return found

    return read


def code(typed: str) -> str:
    """A word of small letters, digits and underlines."""
    found = typed.lower()
    if not _CODE.match(found):
        raise Wrong("not_an_id" if found else "missing", CODE)
    return found


def slugs(typed: str) -> str:
    """Ids with blanks between, each once, in order."""
    found = sorted(set(typed.lower().replace(",", " ").split()))
    if not all(_SLUG.match(one) for one in found):
        raise Wrong("not_an_id", ID)
    return " ".join(found)


def among(*words: str, several: bool = False) -> Reader:
    """One of some words, or several of them with blanks between."""

    def read(typed: str) -> str:
        found = sorted(set(typed.lower().replace(",", " ").split())) if several else [typed.lower()]
        if not set(found) <= set(words):
            raise Wrong("not_a_choice", ", ".join(words))
        return " ".join(found)

    return read


def whole(least: int, most: int, *, empty: bool = False) -> Reader:
    """A whole number within bounds."""

    def read(typed: str) -> str:
        digits = re.sub(r"[\s\u202f\xa0]", "", typed)
        if not digits and empty:
            return ""
        if not re.fullmatch(r"\d{1,9}", digits, re.ASCII) or not least <= int(digits) <= most:
            raise Wrong("not_a_number", f"{least}…{most}")
        return str(int(digits))

    return read


def decimal(places: int, least: Decimal, most: Decimal, *, empty: bool = False) -> Reader:
    """A number with a point or a comma, rounded to nothing: too many places are wrong."""
    wanted = f"{least}…{most}, 0.{'0' * places}"

    def read(typed: str) -> str:
        plain = re.sub(r"[\s\u202f\xa0€%]", "", typed).replace(",", ".")
        if not plain and empty:
            return ""
        try:
            found = Decimal(plain)
        except InvalidOperation:
            raise Wrong("not_a_number", wanted) from None
        exponent = found.as_tuple().exponent
        if not found.is_finite() or not least <= found <= most or not isinstance(exponent, int) or -exponent > places:
            raise Wrong("not_a_number", wanted)
        return f"{found:.{places}f}"

    return read


def yes_no(typed: str) -> str:
    """Yes or no, in either language."""
    found = typed.lower()
    if found not in _YES | _NO:
        raise Wrong("not_yes_or_no", "yes, no")
    return "yes" if found in _YES else "no"


def spans(typed: str) -> str:
    """Openings, "9:00-12:30, 14:00-19:30"; empty is closed."""
    found = []
    for part in filter(None, (part.strip() for part in typed.split(","))):
        match = _SPAN.match(part)
        if match is None:
            raise Wrong("not_hours")
        opens_h, opens_m, closes_h, closes_m = map(int, match.groups())
        opens, closes = opens_h * 60 + opens_m, closes_h * 60 + closes_m
        if opens_m > 59 or closes_m > 59 or opens >= closes or closes > 1440:
            raise Wrong("not_hours")
        found.append((opens, closes))
    return ", ".join(f"{o // 60}:{o % 60:02}-{c // 60}:{c % 60:02}" for o, c in sorted(found))


def minutes(written: str) -> list[tuple[int, int]]:
    """What `spans` wrote, in minutes after midnight."""
    found = []
    for part in filter(None, written.split(", ")):
        opens, _, closes = part.partition("-")
        (oh, om), (ch, cm) = opens.split(":"), closes.split(":")
        found.append((int(oh) * 60 + int(om), int(ch) * 60 + int(cm)))
    return found


def day_of(words: Collection[str]) -> Reader:
    """A weekday by its English name, or a day as 2026-12-24 or 24/12/2026."""

    def read(typed: str) -> str:
        found = typed.lower()
        if found in words:
            return found
        if match := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", found):
            found = f"{match[3]}-{int(match[2]):02}-{int(match[1]):02}"
        try:
            day = date.fromisoformat(found)
        except ValueError:
            raise Wrong("not_a_day", A_DAY) from None
        if not 2020 <= day.year < 2100:
            raise Wrong("not_a_day", A_DAY)
        return day.isoformat()

    return read
