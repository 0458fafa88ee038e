"""Tables for a spreadsheet, out and in: UTF-8 with its mark, as a spreadsheet of the reader's language opens them; nothing in a cell is a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from comptoir.kit.errors import Invalid

MOST_BYTES: Final = 5_000_000
MOST_CELL: Final = 2_000
_BEGINS: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


class Sheet(msgspec.Struct, frozen=True):
    """A file as it was read: names of its columns, and its filled lines by their number in it (the header is line 1)."""

    columns: tuple[str, ...]
    lines: tuple[tuple[int, tuple[str, ...]], ...]


def guarded(value: Any) -> str:
    """A cell as text; what would be a formula gets an apostrophe before it, which `unguarded` takes away again."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_BEGINS) and not _is_number(text) else text


def unguarded(text: str) -> str:
    """The cell as it was before `guarded`."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(_BEGINS) else text


def write(columns: Sequence[str], rows: Iterable[Sequence[Any]], language: str = "fr") -> bytes:
    """The file: CRLF, UTF-8 with its mark. In French semicolons, and a comma in a Decimal; in English commas, and a point: with anything
    else a spreadsheet puts all of a line into one cell, and reads 12.05 as a day in May."""
    delimiter, point = (",", ".") if language == "en" else (";", ",")
    text = io.StringIO()
    lines = csv.writer(text, delimiter=delimiter)
    lines.writerow(columns)
    lines.writerows(
        [f"{cell:f}".replace(".", point) if isinstance(cell, Decimal) else guarded(cell) for cell in row]
        for row in rows
    )
    return text.getvalue().encode("utf-8-sig")


def read(body: bytes, most_rows: int) -> Sheet:
    """A file with semicolons, commas or tabs, in UTF-8 with or without its mark, or as Windows writes it.

    Invalid `too_large`, `bad_text`, `not_csv` with its line, `too_many_rows`.
    """
    if len(body) > MOST_BYTES:
        raise Invalid("too_large", most_bytes=MOST_BYTES)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("cp1252", "replace")
    if "\0" in text:
        raise Invalid("bad_text")
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(";,\t", key=first.count), strict=True)
    lines: list[tuple[int, tuple[str, ...]]] = []
    try:
        header = tuple(name.strip().lower() for name in next(reader, []))
        for fields in reader:
            if any(field.strip() for field in fields):
                if len(lines) >= most_rows:
                    raise Invalid("too_many_rows", most=most_rows)
                lines.append((reader.line_num, tuple(unguarded(field.strip(" \u00a0\u202f")) for field in fields)))
    except csv.Error:
        raise Invalid("not_csv", line=reader.line_num) from None
    return Sheet(header, tuple(lines))


def _is_number(text: str) -> bool:
    digits = text.removeprefix("-").replace(",", "").replace(".", "")
    return text[:1] == "-" and digits.isascii() and digits.isdigit()
