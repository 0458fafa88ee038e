"""Bytes from outside become values here, strictly: no loose types, no bad text, no surprise deep inside the database."""

import re
from collections.abc import Hashable
from functools import cache
from typing import Any, TypeVar, cast

import msgspec

from comptoir.kit.errors import Malformed

T = TypeVar("T")
ALLOWED_CONTROLS = frozenset("\n\r\t")


def decode(body: bytes, kind: type[T]) -> T:
    """JSON bytes as `kind`. Malformed `body_missing`, `not_json`, `malformed` (with `where` and `wrong`) or `bad_text`.

    Types are strict: "5" is not a number. Of a key that comes twice the last one counts.
    """
    if not body:
        raise Malformed("body_missing")
    try:
        value: T = _decoder(cast(Hashable, kind)).decode(body)
    except msgspec.ValidationError as wrong:
        raise Malformed("malformed", **place_of(wrong)) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError, OverflowError):
        raise Malformed("not_json") from None
    if b"\\" in body:  # control characters can only come escaped: a body without a backslash holds none
        refuse_bad_text(msgspec.to_builtins(value))
    return value


_ESCAPE = re.compile(rb"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|\\.|\x7f|\xc2[\x80-\x9f]", re.DOTALL)
_GROUP_SEPARATOR = b"\\u001d"


def mend(body: bytes) -> bytes:
    """JSON whose text can be kept: what no text may hold becomes U+FFFD, and the separator of scanned codes a bar.

    For what machines have read and nobody can correct; a person's text is refused instead.
    """
    return _ESCAPE.sub(_mended, body) if b"\\" in body else body


def _mended(found: re.Match[bytes]) -> bytes:
    text = found[0].lower()
    if text == _GROUP_SEPARATOR:
        return b"|"
    if len(text) == 12 or (text[:1] == b"\\" and text[1:2] not in b"ubf"):
        return found[0]
    if len(text) == 6:
        value = int(text[2:], 16) if re.fullmatch(rb"[0-9a-f]{4}", text[2:]) else 0x41
        kept = not bad_text(chr(value))
        return found[0] if kept else rb"\ufffd"
    return rb"\ufffd"


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def place_of(wrong: msgspec.ValidationError) -> dict[str, str]:
    """`where` (a path such as `$.lines[0].sku`) and `wrong` (what is wrong there) of a validation error."""
    told, _, path = str(wrong).partition(" - at `")
    return {"where": path.rstrip("`") or "$", "wrong": told}


def bad_text(text: str) -> bool:
    """Whether text holds NUL, another control character than a line break or tab, or half a surrogate pair."""
    if text.isprintable():
        return False
    return any(
        (char < " " and char not in ALLOWED_CONTROLS) or "\x7f" <= char <= "\x9f" or "\ud800" <= char <= "\udfff"
        for char in text
    )


def refuse_bad_text(value: Any, where: str = "$") -> None:
    """Malformed `bad_text` with `where` for the first text in a decoded value, key or leaf, that cannot be kept."""
    if isinstance(value, str):
        if bad_text(value):
            raise Malformed("bad_text", where=where)
    elif isinstance(value, dict):
        for key, held in value.items():
            refuse_bad_text(key, where)
            refuse_bad_text(held, f"{where}.{key}")
    elif isinstance(value, list | tuple | set | frozenset):
        for place, held in enumerate(value):
            refuse_bad_text(held, f"{where}[{place}]")
