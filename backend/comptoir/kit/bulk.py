"""Set-based inserts: many rows, one statement, one array per column."""

from collections.abc import Sequence
from typing import Any

from comptoir.kit.columns import columns_of, way_of
from comptoir.kit.db import Tx


class Bulk:
    """An INSERT of many rows. `columns` maps column to SQL type; rows are tuples in that order."""

    def __init__(self, table: str, conflict: str = "", **columns: str) -> None:
        self._ways = [way_of(kind) for kind in columns.values()]
        arrays = ", ".join(
            f"${i}::{kind}[]" if way is list else f"${i}::text::{kind}[]"
            for i, (kind, way) in enumerate(zip(columns.values(), self._ways, strict=True), 1)
        )
        self.sql = f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM unnest({arrays}) {conflict}".rstrip()

    async def insert(self, tx: Tx, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            columns = columns_of(rows)
            await tx.run(self.sql, *[way(column) for way, column in zip(self._ways, columns, strict=True)])
