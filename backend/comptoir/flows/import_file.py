"""A file of places, hours, people, articles, reasons, shelves or safety stock is taken in: all of it, or nothing and what is wrong by line.

A column that the file has not stays as it is; a row that it has not, too. What is the same already changes nothing, so the same
file may come again. `Runner.rehearse` of the command is the preview.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID, uuid5

import msgspec

from comptoir.flows import auditing, import_rows
from comptoir.flows.file_kinds import KINDS, WEEK, FileKind, Key, Kind, Row
from comptoir.flows.import_rows import Changing
from comptoir.kit.actor import Actor
from comptoir.kit.cells import Wrong
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict, Invalid, Refusal
from comptoir.kit.runner import Flow
from comptoir.kit.sheets import Sheet

SHOWN: Final = 50
MOST_TOLD: Final = 100
KEPT_WHEN_EMPTY: Final = ("latitude", "longitude")
NAMESPACE: Final = UUID("5e1ec7ed-0000-7000-8000-000000000039")


class Line(msgspec.Struct, frozen=True):
    """One filled line of the file: its number, and its cells by column."""

    line: int
    cells: dict[str, str]


class ImportFile(msgspec.Struct, frozen=True):
    """Take a file in; with `expects`, only if it would do what the preview showed."""

    id: UUID
    kind: FileKind
    lines: tuple[Line, ...]
    expects: Annotated[str, msgspec.Meta(max_length=64)] = ""


class ChangedRow(msgspec.Struct, frozen=True):
    """A row that is new or becomes another: (column, before, after)."""

    line: int
    key: tuple[str, ...]
    new: bool
    changes: tuple[tuple[str, str, str], ...]


class FileTaken(msgspec.Struct, frozen=True):
    """What the file did: rows in it, new, changed, the same already; the first fifty; `mark` names just this effect."""

    kind: FileKind
    rows: int
    new: int
    changed: int
    same: int
    first: tuple[ChangedRow, ...]
    mark: str


class Fault(msgspec.Struct, frozen=True):
    """What is wrong in one line: a code, the column, the text that stands there, what may stand there."""

    line: int
    reason: str
    column: str = ""
    value: str = ""
    wanted: str = ""


def lines_of(kind: FileKind, sheet: Sheet) -> tuple[Line, ...]:
    """The file's lines by column. Invalid `column_missing`, `column_unknown`, `bad_rows` for lines of another width."""
    known = KINDS[kind].columns
    for name in KINDS[kind].key:
        if name not in sheet.columns:
            raise Invalid("column_missing", column=name)
    for name in sheet.columns:
        if name not in known or sheet.columns.count(name) > 1:
            raise Invalid("column_unknown", column=name[:60])
    refuse(
        [
            Fault(n, "wrong_number_of_columns", value=str(len(cells)))
            for n, cells in sheet.lines
            if len(cells) != len(sheet.columns)
        ]
    )
    return tuple(Line(n, dict(zip(sheet.columns, cells, strict=True))) for n, cells in sheet.lines)


async def import_file(tx: Tx, command: ImportFile, actor: Actor, now: datetime) -> FileTaken:
    """Invalid `bad_rows` with the faults by line; Conflict `file_outdated` when it would do something else than was shown."""
    kind = KINDS[command.kind]
    actor.needs(*kind.roles)
    await tx.run("SELECT pg_advisory_xact_lock(hashtext($1))", f"file {command.kind}")
    read, faults = read_cells(command, kind)
    keys = [_key(kind, row) for _, row in read]
    standing = {_key(kind, row): row for row in await kind.read(tx.connection, actor.locations, keys)}
    wanted, missed = compared(kind, read, standing)
    faults += missed
    changing = [one for one in wanted if one.before != one.after]
    taken = _told(command, len(wanted), changing)
    if command.expects and command.expects != taken.mark:
        raise Conflict("file_outdated")
    if not faults:
        for one in changing:
            try:
                await import_rows.WRITE[command.kind](tx, one, actor, now)
            except Refusal as refusal:
                value = next((str(fact) for fact in refusal.facts.values() if isinstance(fact, str)), "")
                faults.append(Fault(one.line, refusal.code, value=value[:60]))
            if len(faults) >= MOST_TOLD:
                break
    refuse(faults)
    if changing:
        await auditing.note(
            tx, actor, f"import.{command.kind}", command.kind,
            changes=[("rows", None, taken.rows), ("new", None, taken.new), ("changed", None, taken.changed)],
        )  # fmt: skip
    return taken


def read_cells(command: ImportFile, kind: Kind) -> tuple[list[tuple[int, Row]], list[Fault]]:
    """Every line in its one spelling, and the cells that cannot be read. Pure."""
    found: list[tuple[int, Row]] = []
    faults: list[Fault] = []
    for line in command.lines:
        read: Row = {}
        for column, typed in line.cells.items():
            try:
                read[column] = kind.columns[column](typed)
            except Wrong as wrong:
                faults.append(Fault(line.line, wrong.code, column, typed[:60], wrong.wanted))
        if len(read) < len(line.cells):
            continue
        if command.kind == "people" and not read["person"]:
            # Somebody new has an id of their own making: the same line again is the same person.
            named = "|".join(read.get(name, "").lower() for name in ("first_name", "last_name", "email"))
            read["person"] = str(uuid5(NAMESPACE, named))
        if command.kind == "hours" and read["day"] in WEEK:
            read["reason"] = ""
        found.append((line.line, read))
    return found, faults


def compared(
    kind: Kind, read: Sequence[tuple[int, Row]], standing: Mapping[Key, Row]
) -> tuple[list[Changing], list[Fault]]:
    """What each line makes of its row; lines that come twice, or name what is not there and cannot be made. Pure."""
    found: list[Changing] = []
    faults: list[Fault] = []
    seen: set[Key] = set()
    for line, row in read:
        key = _key(kind, row)
        before = standing.get(key)
        if key in seen:
            faults.append(Fault(line, "comes_twice", kind.key[0], " ".join(key)[:60]))
        elif before is None and not kind.may_add:
            faults.append(Fault(line, "not_there", kind.key[0], " ".join(key)[:60]))
        elif before is None and (lacks := next((name for name in kind.columns if name not in row), None)):
            faults.append(Fault(line, "new_row_lacks", lacks, " ".join(key)[:60]))
        else:
            # Coordinates that are not told stay: a new place gets its postcode's middle.
            told = {name: text for name, text in row.items() if text or before is None or name not in KEPT_WHEN_EMPTY}
            found.append(Changing(line, key, before, (before or {}) | told))
        seen.add(key)
    return found, faults


def refuse(faults: list[Fault]) -> None:
    """Invalid `bad_rows` with the first hundred of them, when there are any."""
    if faults:
        told = sorted(faults, key=lambda fault: fault.line)[:MOST_TOLD]
        raise Invalid("bad_rows", count=len(faults), rows=[msgspec.to_builtins(fault) for fault in told])


def _told(command: ImportFile, rows: int, changing: list[Changing]) -> FileTaken:
    all_of = [
        ChangedRow(
            one.line, one.key, one.before is None,
            tuple((name, (one.before or {}).get(name, ""), text) for name, text in one.after.items() if (one.before or {}).get(name) != text),
        )
        for one in changing
    ]  # fmt: skip
    mark = hashlib.sha256(msgspec.json.encode(all_of)).hexdigest()[:32]
    new = sum(one.new for one in all_of)
    return FileTaken(command.kind, rows, new, len(all_of) - new, rows - len(all_of), tuple(all_of[:SHOWN]), mark)


def _key(kind: Kind, row: Row) -> Key:
    return tuple(row[name] for name in kind.key)


FLOWS: Mapping[type, Flow] = {ImportFile: import_file}
