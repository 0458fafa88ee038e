"""Set-based inserts: many rows, one statement, one array per column."""

from collections.abc import Sequence
from typing import Any

from comptoir.kit.db import Tx


class Bulk:
    """An INSERT of many rows. `columns` maps column to SQL type; rows are tuples in that order."""

    def __init__(self, table: str, conflict: str = "", **columns: str) -> None:
        arrays = ", ".join(f"${i}::{kind}[]" for i, kind in enumerate(columns.values(), 1))
        self.sql = f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM unnest({arrays}) {conflict}".rstrip()

    async def insert(self, tx: Tx, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            await tx.run(self.sql, *[list(column) for column in zip(*rows, strict=True)])
