"""Safety stock by rule: how many units of an article a place keeps back. Pure: lines, an article and a place in, the line that holds out.

A line speaks of one article, of a category or of all, at one place, at places of a region and kind, of a region, of a kind, or at all.
The most specific one holds: what it says of the article weighs more than what it says of the place. No two lines say the same, so one holds.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import Annotated, Final, Literal

import msgspec

from comptoir.kit.errors import Invalid

KIND: Final = "safety"
"""Of its documents (`kit/policies.py`)."""
MOST_LINES: Final = 5_000
MOST_UNITS: Final = 100_000
PlaceKind = Literal["", "store", "warehouse"]
Name = Annotated[str, msgspec.Meta(max_length=64)]


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`units` that are never promised; what is empty matches all. A line with an article has no category, one with a place no region or kind."""

    units: Annotated[int, msgspec.Meta(ge=0, le=MOST_UNITS)]
    sku: Name = ""
    category: Name = ""
    location: Name = ""
    region: Name = ""
    kind: PlaceKind = ""

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What it speaks of; no other line of a document has the same."""
        return self.sku, self.category, self.location, self.region, self.kind

    @property
    def weight(self) -> int:
        """How specific it is: of two lines that match, the heavier one holds."""
        what = 2 if self.sku else 1 if self.category else 0
        where = 4 if self.location else 2 * bool(self.region) + bool(self.kind)
        return 5 * what + where


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """A document: its lines, in the order in which they are shown. It does not matter for what holds."""

    lines: Annotated[tuple[Line, ...], msgspec.Meta(max_length=MOST_LINES)] = ()

    @cached_property
    def by_key(self) -> Mapping[tuple[str, str, str, str, str], Line]:
        return {line.key: line for line in self.lines}


DEFAULT: Final = Rules()
"""What holds until head office has saved its own: nothing is kept back."""


class Article(msgspec.Struct, frozen=True):
    """What rules go by."""

    sku: str
    category: str = ""


class Place(msgspec.Struct, frozen=True):
    """What rules go by; `region` is empty where there is none."""

    id: str
    kind: str
    region: str = ""


def ruled(rules: Rules, article: Article, place: Place) -> Line | None:
    """The line that holds there; None where none matches, and nothing is kept back."""
    for key in _keys(article, place):
        if (found := rules.by_key.get(key)) is not None:
            return found
    return None


def kept_back(rules: Rules, article: Article, place: Place, own: int | None) -> int:
    """Units that are never promised: the row's own figure where it has one, else what the rules say."""
    if own is not None:
        return own
    line = ruled(rules, article, place)
    return 0 if line is None else line.units


class Why(msgspec.Struct, frozen=True):
    """Why `units` are kept back: the row's own figure, a line of the rules, or neither yet while the rules have just changed."""

    units: int
    own: bool = False
    line: Line | None = None


def why(rules: Rules, article: Article, place: Place, own: int | None, units: int) -> Why | None:
    """What a person is told of a row that keeps back so many units; None where it keeps none."""
    if not units:
        return None
    if own is not None:
        return Why(units, own=True)
    line = ruled(rules, article, place)
    return Why(units, line=line if line is not None and line.units == units else None)


def _keys(article: Article, place: Place) -> Iterator[tuple[str, str, str, str, str]]:
    """What a matching line may speak of, the heaviest first."""
    for sku, category in ((article.sku, ""), ("", article.category), ("", "")):
        yield sku, category, place.id, "", ""
        yield sku, category, "", place.region, place.kind
        yield sku, category, "", place.region, ""
        yield sku, category, "", "", place.kind
        yield sku, category, "", "", ""


class Known(msgspec.Struct, frozen=True):
    """What lines may name."""

    skus: Collection[str]
    categories: Collection[str]
    locations: Collection[str]
    regions: Collection[str]


def fault_of(line: Line, known: Known) -> str | None:
    """What is wrong with a line by itself: a code that names the words for it, or None."""
    if line.sku and line.category:
        return "safety_article_or_category"
    if line.location and (line.region or line.kind):
        return "safety_place_or_region"
    if line.sku and line.sku not in known.skus:
        return "unknown_sku"
    if line.category and line.category not in known.categories:
        return "unknown_category"
    if line.location and line.location not in known.locations:
        return "unknown_location"
    if line.region and line.region not in known.regions:
        return "unknown_region"
    return None


def check(rules: Rules, known: Known) -> None:
    """Invalid `safety_line_wrong` with its number, what it names and why; `safety_line_twice` for two that speak of the same."""
    seen: dict[tuple[str, str, str, str, str], int] = {}
    for number, line in enumerate(rules.lines, 1):
        if (why := fault_of(line, known)) is not None:
            raise Invalid("safety_line_wrong", line=number, why=why, name=named(line))
        if line.key in seen:
            raise Invalid("safety_line_twice", line=number, first=seen[line.key], name=named(line))
        seen[line.key] = number


def named(line: Line) -> str:
    """The ids that a line names, for a refusal."""
    return ", ".join(part for part in line.key if part)


def put(rules: Rules, line: Line) -> Rules:
    """With this line: in the place of the one that speaks of the same, else first."""
    if line.key in rules.by_key:
        return Rules(tuple(line if one.key == line.key else one for one in rules.lines))
    if len(rules.lines) >= MOST_LINES:
        raise Invalid("safety_too_many", most=MOST_LINES)
    return Rules((line, *rules.lines))


def without(rules: Rules, key: tuple[str, ...]) -> Rules:
    """Without the line that speaks of this; the same where there is none."""
    return Rules(tuple(line for line in rules.lines if line.key != key))


class Changed(msgspec.Struct, frozen=True):
    """One line that another document says otherwise; `before` None for a new one, `after` None for one that is gone."""

    line: Line
    before: int | None
    after: int | None


def changes(old: Rules, new: Rules) -> tuple[Changed, ...]:
    """Every line that is not the same, new and changed ones first."""
    told = [
        Changed(line, old.by_key[line.key].units if line.key in old.by_key else None, line.units)
        for line in new.lines
        if line.key not in old.by_key or old.by_key[line.key].units != line.units
    ]
    return (*told, *(Changed(line, line.units, None) for line in old.lines if line.key not in new.by_key))
