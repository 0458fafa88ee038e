"""Values of a path or a query, held to their declared type: bounds and patterns count there as they do in a body."""

from typing import TypeVar

import msgspec

from comptoir.kit.errors import Malformed
from comptoir.kit.text import place_of, refuse_bad_text

T = TypeVar("T", bound=msgspec.Struct)


def asked(kind: type[T], **values: object) -> T:
    """The values as a question of this kind. Malformed, with `where` and `wrong`, when one is out of bounds."""
    refuse_bad_text(values)
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as wrong:
        raise Malformed("malformed", **place_of(wrong)) from None
