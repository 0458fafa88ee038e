"""Types for words, codes and times that come from outside: bounded, without control characters, times always aware."""

from datetime import datetime
from typing import Annotated

import msgspec

# \Z and not $: a dollar lets a trailing newline through. Letters of any script are welcome, control characters are not.
_CLEAN = r"^[^\x00-\x1f\x7f\ud800-\udfff]*\Z"
_CLEAN_LINES = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]*\Z"

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=_CLEAN)]
"""A name or a title: 1 to 120 characters on one line."""

Maybe = Annotated[str, msgspec.Meta(max_length=120, pattern=_CLEAN)]
"""Like Word, and may be empty."""

Note = Annotated[str, msgspec.Meta(max_length=1000, pattern=_CLEAN_LINES)]
"""Free text of a person: up to 1,000 characters, line breaks allowed."""

Code = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/#+ -]*\Z")]
"""A code as machines and labels carry it."""

Slug = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9-]*\Z")]
"""A readable key: `lyon-part-dieu`."""

Codename = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9_-]*\Z")]
"""A readable key as other people's systems name things: `mondial_relay`."""

Email = Annotated[
    str,
    msgspec.Meta(
        min_length=3,
        max_length=254,
        pattern=r"^[^@\s\x00-\x1f\x7f\ud800-\udfff]+@[^@\s\x00-\x1f\x7f\ud800-\udfff]+\.[^@\s\x00-\x1f\x7f\ud800-\udfff]+\Z",
    ),
]
Phone = Annotated[str, msgspec.Meta(min_length=4, max_length=32, pattern=r"^[+0-9(][0-9 ()./-]*\Z")]
Currency = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")]
Country = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}\Z")]
Siren = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{9}\Z")]
"""A French company's number: nine digits."""

VatNumber = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}[A-Z0-9]{2,13}\Z")]
"""A VAT number with its country."""

Postcode = Annotated[str, msgspec.Meta(max_length=12, pattern=r"^[A-Za-z0-9 -]*\Z")]

Minor = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
"""Money in the currency's minor unit (cents)."""

Units = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
Signed = Annotated[int, msgspec.Meta(ge=-1_000_000, le=1_000_000)]

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment: RFC 3339 with an offset; a time without one is refused."""
