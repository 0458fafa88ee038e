"""The small language of message texts: `{order}` becomes what it names, and that is all. Nothing is ever evaluated. Pure.

A line is left out when something in it is empty, and written once for each value where there are several (two stores, two parcels):
this is all that a text needs instead of conditions and loops.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

_PLACEHOLDER: Final = re.compile(r"\{ ?([a-z][a-z_]{0,31}) ?\}")
_BLANK_LINES: Final = re.compile(r"\n{3,}")

Values = Mapping[str, tuple[str, ...]]
"""What each placeholder becomes in one message: nothing, one text, or one for each part of the order."""


class UnknownPlaceholder(LookupError):
    """A text names something that its message does not have."""


def names_in(text: str) -> list[str]:
    """The placeholders of a text in their order, each once."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(text)))


def stray_brace(text: str) -> str | None:
    """The piece around the first brace that belongs to no placeholder; None when there is none."""
    rest = _PLACEHOLDER.sub(lambda found: " " * len(found[0]), text)
    found = re.search(r"[{}]", rest)
    if found is None:
        return None
    line = text.rfind("\n", 0, found.start()) + 1
    return text[max(line, found.start() - 12) : found.start() + 12].partition("\n")[0]


def compose(text: str, values: Values) -> str:
    """The text with every placeholder replaced, in one pass: a value cannot smuggle in another placeholder.

    Raises UnknownPlaceholder when `values` lacks a name.
    """
    lines = [line for written in text.split("\n") for line in _lines(written, values)]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def _lines(written: str, values: Values) -> list[str]:
    names = names_in(written)
    for name in names:
        if name not in values:
            raise UnknownPlaceholder(name)
    counts = [len(values[name]) for name in names]
    if 0 in counts:
        return []
    # What there is one of stands in each line; where lists differ in length, the longest tells how often.
    return [
        _PLACEHOLDER.sub(lambda found, at=at: values[found[1]][min(at, len(values[found[1]]) - 1)], written)  # type: ignore[misc]
        for at in range(max(counts, default=1))
    ]


class Text(msgspec.Struct, frozen=True):
    """A subject and a body, with placeholders; `sms` and `push` are the words of these media where they have their own."""

    subject: str
    body: str
    sms: str = ""
    push: str = ""

    @property
    def own(self) -> dict[str, str]:
        """The media that have words of their own, and these."""
        return {medium: words for medium, words in (("sms", self.sms), ("push", self.push)) if words}

    def words_on(self, medium: str) -> str:
        """What a medium says: its own words where somebody wrote some, else those of all."""
        return self.own.get(medium, self.body)


def compose_text(text: Text, values: Values) -> Text:
    """Every part with its placeholders replaced; what is empty stays empty. Raises UnknownPlaceholder."""
    parts = (text.subject, text.body, text.sms, text.push)
    return Text(*(compose(part, values) if part else "" for part in parts))


def read(raw: str) -> Text:
    """A text as a file keeps it: the first line is the subject."""
    subject, _, body = raw.strip().partition("\n")
    return Text(subject.strip(), body.strip())
