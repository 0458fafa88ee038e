"""Rules of safety stock as a table for a spreadsheet, out and in. Pure; nothing of a bad file is taken."""

from collections.abc import Mapping
from typing import Final

import msgspec

from comptoir.kit import cells, sheets
from comptoir.kit.cells import Wrong
from comptoir.kit.errors import Invalid
from comptoir.stock.safety import MOST_LINES, MOST_UNITS, Known, Line, Rules, fault_of, named

COLUMNS: Final = ("sku", "category", "location", "region", "kind", "units")
MOST_TOLD: Final = 100
_READ: Final[Mapping[str, cells.Reader]] = {
    "sku": cells.text(64), "category": cells.text(64), "location": cells.slug(needed=False), "region": cells.slug(needed=False),
    "kind": cells.among("", "store", "warehouse"), "units": cells.whole(0, MOST_UNITS),
}  # fmt: skip


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with one line of the file: a code, its column where there is one, and what stands there."""

    line: int
    reason: str
    column: str = ""
    value: str = ""


def write(rules: Rules, language: str) -> bytes:
    """One line per rule; empty cells match all."""
    rows = [(one.sku, one.category, one.location, one.region, one.kind, one.units) for one in rules.lines]
    return sheets.write(COLUMNS, rows, language)


def read(body: bytes, known: Known) -> Rules:
    """All of the file's lines.

    Invalid `too_large`, `bad_text`, `not_csv`, `too_many_rows`, `column_missing`; `bad_rows` with the first hundred lines that are wrong.
    """
    sheet = sheets.read(body, MOST_LINES)
    for needed in ("units",):
        if needed not in sheet.columns:
            raise Invalid("column_missing", column=needed)
    faults: list[Fault] = []
    lines: dict[tuple[str, ...], Line] = {}
    for number, fields in sheet.lines:
        found = _line(number, dict(zip(sheet.columns, fields, strict=False)), known)
        if isinstance(found, Line) and found.key in lines:
            found = Fault(number, "comes_twice", value=named(found))
        if isinstance(found, Fault):
            faults.append(found)
        else:
            lines[found.key] = found
    if faults:
        raise Invalid("bad_rows", count=len(faults), rows=[msgspec.to_builtins(one) for one in faults[:MOST_TOLD]])
    return Rules(tuple(lines.values()))


def _line(number: int, told: Mapping[str, str], known: Known) -> Line | Fault:
    found: dict[str, str] = {}
    for column, reader in _READ.items():
        try:
            found[column] = reader(told.get(column, ""))
        except Wrong as wrong:
            return Fault(number, wrong.code, column, told.get(column, "")[:64])
    units = int(found.pop("units"))
    line = msgspec.convert({"units": units, **found}, Line)
    why = fault_of(line, known)
    return line if why is None else Fault(number, why, value=named(line))
