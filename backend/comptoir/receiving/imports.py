"""A file of purchase orders becomes orders, or a list of what is wrong with it by line. Pure; nothing of a bad file is applied.

Columns by name, in any order: `number`, `supplier`, `location`, `sku` or `barcode`, `quantity`, and `expected_on` (YYYY-MM-DD, or
DD/MM/YYYY) and `delivery_note` where they are known. One row per article; rows of one number are one order. Separated by `;` or `,`, UTF-8.
"""

import csv
import io
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from uuid import UUID

import msgspec

from comptoir.kit.cells import Wrong, day_of
from comptoir.kit.codes import parse as parse_code
from comptoir.kit.errors import Invalid
from comptoir.receiving.model import MOST_LINES

MOST_BYTES = 2_000_000
MOST_ROWS = 10_000
MOST_TOLD = 100
NEEDED = ("number", "supplier", "location", "quantity")
COLUMNS = (*NEEDED, "sku", "barcode", "expected_on", "delivery_note")
A_DAY = day_of(())
"""As spreadsheets write it too: 24/11/2026."""

_SAME = ("supplier", "location", "expected_on", "delivery_note")


class Row(msgspec.Struct, frozen=True):
    """One article of one order; `line` is its line in the file, the header being line 1."""

    line: int
    number: str
    supplier: str
    location: str
    sku: str
    barcode: str
    quantity: int
    expected_on: date | None
    delivery_note: str


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with one line: a code, and the field's text as it stands there."""

    line: int
    reason: str
    value: str = ""


class ImportPurchases(msgspec.Struct, frozen=True):
    """Make all orders of a file."""

    id: UUID
    rows: tuple[Row, ...]


class PurchasesImported(msgspec.Struct, frozen=True):
    """How many orders were made, and how many units they ask for."""

    orders: int
    units: int


def parse(body: bytes) -> tuple[tuple[Row, ...], tuple[Fault, ...]]:
    """Rows and faults of a file. Invalid `too_large`, `bad_text`, `column_missing`, `too_many_rows`, `not_csv`."""
    if len(body) > MOST_BYTES:
        raise Invalid("too_large", most_bytes=MOST_BYTES)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("cp1252", "replace")
    if "\0" in text:
        raise Invalid("bad_text")
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") >= first.count(",") else ",")
    rows: list[Row] = []
    faults: list[Fault] = []
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        at = {name: header.index(name) for name in COLUMNS if name in header}
        for needed in (*NEEDED, *(() if "barcode" in at else ("sku",))):
            if needed not in at:
                raise Invalid("column_missing", column=needed)
        for fields in reader:
            if not any(field.strip() for field in fields):
                continue
            if len(rows) + len(faults) >= MOST_ROWS:
                raise Invalid("too_many_rows", most=MOST_ROWS)
            found = read_row(reader.line_num, fields, at, len(header))
            if isinstance(found, Row):
                rows.append(found)
            else:
                faults.append(found)
    except csv.Error as wrong:
        raise Invalid("not_csv", line=reader.line_num) from wrong
    return tuple(rows), tuple(faults)


def read_row(line: int, fields: list[str], at: Mapping[str, int], width: int) -> Row | Fault:
    """One line of the file, or what is wrong with it."""
    if len(fields) != width:
        return Fault(line, "wrong_number_of_columns", str(len(fields)))
    told = {name: fields[place].strip(" \u00a0\u202f") for name, place in at.items()}
    for value in told.values():
        if len(value) > 64 or not value.isprintable():
            return Fault(line, "unreadable", value[:64].encode("ascii", "replace").decode())
    for needed in ("number", "supplier", "location"):
        if not told[needed]:
            return Fault(line, f"{needed}_missing")
    sku, barcode = told.get("sku", ""), told.get("barcode", "")
    if not sku and not barcode:
        return Fault(line, "sku_missing")
    units = told["quantity"]
    if not (units.isascii() and units.isdigit() and 1 <= int(units[:6]) <= 10_000 and len(units) <= 5):
        return Fault(line, "not_a_number", units)
    try:
        expected = date.fromisoformat(A_DAY(told["expected_on"])) if told.get("expected_on") else None
    except Wrong:
        return Fault(line, "not_a_day", told["expected_on"])
    return Row(
        line, told["number"], told["supplier"], told["location"], sku, barcode, int(units), expected,
        told.get("delivery_note", ""),
    )  # fmt: skip


def spelled(barcode: str) -> str:
    """A barcode as our list writes it."""
    return parse_code(barcode).code or barcode


def group(
    rows: Collection[Row], skus: Collection[str], barcodes: Mapping[str, str], locations: Collection[str],
    numbers: Collection[str],
) -> tuple[dict[str, list[tuple[Row, str]]], list[Fault]]:  # fmt: skip
    """Rows with their SKU by the number of their order; and those that name what does not exist, a number that is taken, or contradict the first row of theirs."""
    found: dict[str, list[tuple[Row, str]]] = {}
    faults: list[Fault] = []
    for row in rows:
        sku = row.sku or barcodes.get(spelled(row.barcode), "")
        first = found[row.number][0][0] if row.number in found else row
        if row.number in numbers:
            faults.append(Fault(row.line, "number_known", row.number))
        elif row.location not in locations:
            faults.append(Fault(row.line, "unknown_location", row.location))
        elif sku not in skus:
            faults.append(Fault(row.line, "unknown_sku", row.sku or row.barcode))
        elif any(getattr(row, name) != getattr(first, name) for name in _SAME):
            faults.append(Fault(row.line, "not_the_same_order", row.number))
        else:
            found.setdefault(row.number, []).append((row, sku))
    faults += [
        Fault(lines[MOST_LINES][0].line, "too_many_lines", number)
        for number, lines in found.items() if len(lines) > MOST_LINES
    ]  # fmt: skip
    return found, faults


def refuse(faults: Iterable[Fault]) -> None:
    """Invalid `bad_rows` with the first hundred of them, when there are any."""
    found = sorted(faults, key=lambda fault: fault.line)
    if found:
        raise Invalid("bad_rows", count=len(found), rows=[msgspec.to_builtins(fault) for fault in found[:MOST_TOLD]])
