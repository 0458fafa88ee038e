"""`comptoir check`: runs every query of invariants.sql on one moment of the database; each must give no row."""

import asyncio
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote
from weakref import WeakKeyDictionary

import asyncpg
import msgspec

INVARIANTS = Path(__file__).resolve().parent.parent / "invariants.sql"
MOST_SHOWN = 5
REPAIR = "repair: "
NO_REPAIR = "none by an act: keep a copy of the database, then look at what wrote these rows (docs/decisions/repairing-levels.md)"


class Invariant(msgspec.Struct, frozen=True):
    """A named query that must give no row, the sentence that says why, and what puts a row of it right where something does."""

    name: str
    sentence: str
    sql: str
    repair: str = ""

    def repair_of(self, row: dict[str, Any]) -> str:
        """What puts one of its rows right, with what the row says in the place of `{sku}` and the like."""
        return self.repair.format_map({name: quote(str(value), safe="") for name, value in row.items()})


class Breach(msgspec.Struct, frozen=True):
    """An invariant that does not hold: how many rows say so, and the first of them."""

    name: str
    sentence: str
    rows: int
    first: tuple[dict[str, Any], ...]
    repairs: tuple[str, ...] = ()


def read_invariants(text: str) -> list[Invariant]:
    """The queries of a file: `-- name:` begins one, its comment lines are the sentence, `-- repair:` says what puts a row right."""
    found = []
    for part in re.split(r"^-- name: ", text, flags=re.MULTILINE)[1:]:
        name, _, body = part.partition("\n")
        said = [line[3:] for line in body.splitlines() if line.startswith("-- ")]
        sentence = " ".join(line for line in said if not line.startswith(REPAIR))
        repair = next((line.removeprefix(REPAIR) for line in said if line.startswith(REPAIR)), "")
        sql = "\n".join(line for line in body.splitlines() if not line.startswith("--")).strip()
        found.append(Invariant(name.strip(), sentence, sql, repair))
    return found


_ready: "WeakKeyDictionary[Any, Any]" = WeakKeyDictionary()
"""The question for all invariants, by the connection that has planned it."""


@cache
def _all() -> tuple[list[Invariant], str]:
    """The invariants, and one statement that says whether any of them is broken."""
    invariants = read_invariants(INVARIANTS.read_text(encoding="utf-8"))
    each = " OR ".join(f"EXISTS ({invariant.sql.rstrip().removesuffix(';')})" for invariant in invariants)
    return invariants, f"SELECT {each}"


async def find_breaches(connection: "asyncpg.Connection[asyncpg.Record]") -> list[Breach]:
    """Every invariant that does not hold, all judged on one snapshot of the database."""
    breaches = []
    invariants, any_broken = _all()
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        # One question for all of them; only where something is wrong is it asked what. It is too long for the driver's own
        # memory of statements: unkept, it would be planned at every look.
        asked = _ready.get(connection) or await connection.prepare(any_broken)
        _ready[connection] = asked
        if not await asked.fetchval():
            return []
        for invariant in invariants:
            rows = await connection.fetch(invariant.sql)
            if rows:
                first = tuple(dict(row) for row in rows[:MOST_SHOWN])
                repairs = tuple(dict.fromkeys(invariant.repair_of(row) for row in first if invariant.repair))
                breaches.append(Breach(invariant.name, invariant.sentence, len(rows), first, repairs))
    return breaches


async def check(dsn: str) -> list[Breach]:
    """The breaches of the database at `dsn`."""
    connection = await asyncpg.connect(dsn, command_timeout=600)
    try:
        return await find_breaches(connection)
    finally:
        await connection.close()


def main(dsn: str) -> int:
    """Print what does not hold; the exit status is 1 when anything does not."""
    breaches = asyncio.run(check(dsn))
    for breach in breaches:
        sys.stdout.write(f"BROKEN  {breach.name}: {breach.sentence} ({breach.rows} rows)\n")
        for row in breach.first:
            sys.stdout.write("        " + ", ".join(f"{key}={value}" for key, value in row.items()) + "\n")
        for repair in breach.repairs or (NO_REPAIR,):
            sys.stdout.write(f"REPAIR  {repair}\n")
    total = len(read_invariants(INVARIANTS.read_text(encoding="utf-8")))
    sys.stdout.write(f"{total - len(breaches)} of {total} invariants hold\n")
    return 1 if breaches else 0
