"""A stock file becomes figures, or a list of what is wrong with it by line. Pure; nothing of a bad file is applied.

Columns by name, in any order: `location`, `sku` or `barcode`, `on_hand`, and `safety_stock` where it is to be set.
Separated by `;` or `,`, in UTF-8 (with or without its mark) or Latin-1, as spreadsheets write it.
"""

import csv
import io
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.kit.errors import Invalid
from comptoir.stock.feed import spelled

MOST_BYTES = 10_000_000
MOST_ROWS = 100_000
MOST_TOLD = 100
"""Bad rows that an answer names; it always gives their number."""

MOST_UNITS = 1_000_000
COLUMNS = ("location", "sku", "barcode", "on_hand", "safety_stock")


class Row(msgspec.Struct, frozen=True):
    """One figure of the file; `line` is its line in it, the header being line 1."""

    line: int
    location: str
    sku: str
    barcode: str
    on_hand: int
    safety_stock: int | None


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with one line: a code, and the field's text as it stands there."""

    line: int
    reason: str
    value: str = ""


class ImportStock(msgspec.Struct, frozen=True):
    """Set the figures of a whole file as they were at `as_of`."""

    id: UUID
    as_of: datetime
    rows: tuple[Row, ...]


class StockImported(msgspec.Struct, frozen=True):
    """How many figures were in the file, and how many of them were wrong, the same, or older than what is known."""

    rows: int
    applied: int
    unchanged: int
    older: int


def read_text(body: bytes) -> str:
    """The file's text: UTF-8 if it is that, else Latin-1 as Windows writes it. Invalid `bad_text` for binary bytes."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("cp1252", "replace")
    if "\0" in text:
        raise Invalid("bad_text")
    return text


def parse(body: bytes) -> tuple[tuple[Row, ...], tuple[Fault, ...]]:
    """Rows and faults of a file. Invalid `too_large`, `bad_text`, `column_missing`, `too_many_rows`."""
    if len(body) > MOST_BYTES:
        raise Invalid("too_large", most_bytes=MOST_BYTES)
    text = read_text(body)
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") >= first.count(",") else ",")
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        places = find_columns(header)
        rows: list[Row] = []
        faults: list[Fault] = []
        for fields in _filled(reader):
            if len(rows) + len(faults) >= MOST_ROWS:
                raise Invalid("too_many_rows", most=MOST_ROWS)
            found = read_row(reader.line_num, fields, places, len(header))
            (rows if isinstance(found, Row) else faults).append(found)  # type: ignore[arg-type]
    except csv.Error as wrong:
        raise Invalid("not_csv", line=reader.line_num) from wrong
    return tuple(rows), tuple(faults)


def find_columns(header: list[str]) -> dict[str, int]:
    """Where each column stands. Invalid `column_missing`."""
    places = {name: header.index(name) for name in COLUMNS if name in header}
    for needed in ("location", "on_hand"):
        if needed not in places:
            raise Invalid("column_missing", column=needed)
    if "sku" not in places and "barcode" not in places:
        raise Invalid("column_missing", column="sku")
    return places


def read_row(line: int, fields: list[str], places: Mapping[str, int], width: int) -> Row | Fault:
    """One line of the file as a figure, or what is wrong with it."""
    if len(fields) != width:
        return Fault(line, "wrong_number_of_columns", str(len(fields)))
    told = {name: fields[at].strip(" \u00a0\u202f") for name, at in places.items()}
    for value in told.values():
        if len(value) > 64 or not value.isprintable():
            return Fault(line, "unreadable", value[:64].encode("ascii", "replace").decode())
    if not told["location"]:
        return Fault(line, "location_missing")
    if not told.get("sku") and not told.get("barcode"):
        return Fault(line, "sku_missing")
    on_hand = units(told["on_hand"])
    safety = units(told["safety_stock"]) if told.get("safety_stock") else None
    if on_hand is None:
        return Fault(line, "not_a_number", told["on_hand"])
    if told.get("safety_stock") and (safety is None or safety < 0):
        return Fault(line, "not_a_number", told["safety_stock"])
    return Row(line, told["location"], told.get("sku", ""), told.get("barcode", ""), on_hand, safety)


def units(text: str) -> int | None:
    """A whole number of units, or nothing."""
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 7 or int(digits) > MOST_UNITS:
        return None
    return int(text)


def resolve(
    rows: Collection[Row], skus: Collection[str], barcodes: Mapping[str, str], locations: Collection[str]
) -> tuple[dict[tuple[str, str], Row], list[Fault]]:
    """Rows by (SKU, location), and those that name what does not exist or come twice."""
    found: dict[tuple[str, str], Row] = {}
    faults: list[Fault] = []
    for row in rows:
        sku = row.sku or barcodes.get(spelled(row.barcode), "")
        if row.location not in locations:
            faults.append(Fault(row.line, "unknown_location", row.location))
        elif sku not in skus:
            faults.append(Fault(row.line, "unknown_sku", row.sku or row.barcode))
        elif (sku, row.location) in found:
            faults.append(Fault(row.line, "comes_twice", f"{sku} {row.location}"))
        else:
            found[sku, row.location] = row
    return found, faults


def refuse(faults: Collection[Fault]) -> None:
    """Invalid `bad_rows` with the first hundred of them, when there are any."""
    if faults:
        told = sorted(faults, key=lambda fault: fault.line)[:MOST_TOLD]
        raise Invalid("bad_rows", count=len(faults), rows=[msgspec.to_builtins(fault) for fault in told])


def _filled(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    return (fields for fields in reader if any(field.strip() for field in fields))
