"""What belongs to an article besides itself (cable, charger, manual, box): asked for when it comes back, and what its absence costs. Pure.

Head office says it of a SKU or of all of a category; under the same code a SKU's word stands over its category's. What is missing
lowers where the unit goes, and keeps back the sum that was set for it, where the law and the rules leave that to the house:

    withdrawal (L221-23)    as lost worth, told of in the terms and the right told of in time, never for our own fault
    guarantee               nothing
    goodwill, permission    the sum, unless it is our own fault
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from comptoir.kit.errors import Invalid
from comptoir.kit.words import Code, Word
from comptoir.returns.eligibility import Verdict

MOST: Final = 12
"""Accessories of one article: more than that nobody looks for at a counter."""

AccessoryCode = Annotated[str, msgspec.Meta(min_length=2, max_length=40, pattern=r"^[a-z][a-z0-9_]*\Z")]
Of = Literal["sku", "category"]
Keep = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]


class Accessory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of them in both languages; `keep_minor` is kept back when it is missing. Not `used`: it belongs to it no longer, or to this SKU not."""

    code: AccessoryCode
    fr: Word
    en: Word
    keep_minor: Keep = 0
    used: bool = True

    def says(self, language: str) -> str:
        """The words for a reader."""
        return self.en if language == "en" else self.fr


class Absent(msgspec.Struct, frozen=True):
    """What was not there, as it was worded and priced when somebody looked."""

    code: str
    fr: str
    en: str
    keep_minor: int = 0

    def says(self, language: str) -> str:
        """The words for a reader."""
        return self.en if language == "en" else self.fr


OTHER: Final = Absent("other", "une partie", "a part")
"""Something is missing and nobody can name it, as where a device has no list: no sum is set for it."""


class PutAccessories(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """This is all that belongs to a SKU, or to every article of a category, in the order in which it is asked for."""

    id: UUID
    kind: Of
    key: Code
    accessories: Annotated[tuple[Accessory, ...], msgspec.Meta(max_length=MOST)]


class AccessoriesStand(msgspec.Struct, frozen=True):
    """What was said of this SKU or category itself, and all that is asked for when one comes back."""

    kind: Of
    key: str
    accessories: tuple[Accessory, ...]
    asked: tuple[Accessory, ...]


def check(accessories: Sequence[Accessory]) -> None:
    """Invalid `accessory_twice`, `accessory_reserved` for the code of what nobody can name."""
    codes = [one.code for one in accessories]
    for code in codes:
        if code == OTHER.code:
            raise Invalid("accessory_reserved", accessory=code)
        if codes.count(code) > 1:
            raise Invalid("accessory_twice", accessory=code)


def asked_for(of_category: Iterable[Accessory], of_sku: Iterable[Accessory]) -> tuple[Accessory, ...]:
    """What is asked for of one article: its category's, with its own words over them, then what is its alone."""
    merged = {one.code: one for one in of_category}
    merged |= {one.code: one for one in of_sku}
    return tuple(one for one in merged.values() if one.used)


def absent_of(known: Sequence[Accessory], codes: Iterable[str]) -> tuple[Absent, ...]:
    """What is missing, each once. Invalid `unknown_accessory` for what does not belong to the article."""
    by_code = {one.code: Absent(one.code, one.fr, one.en, one.keep_minor) for one in known} | {OTHER.code: OTHER}
    wanted = tuple(dict.fromkeys(codes))
    for code in wanted:
        if code not in by_code:
            raise Invalid("unknown_accessory", accessory=code)
    return tuple(by_code[code] for code in wanted)


def kept_for(absent: Sequence[Absent], verdict: Verdict, worth_minor: int) -> int:
    """What is kept back of a unit's worth because of what was missing; never more than it is worth."""
    return min(worth_minor, sum(one.keep_minor for one in absent)) if verdict.incomplete else 0
