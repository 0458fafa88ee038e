"""Several writes sent as one statement: what a group leaves behind costs one round trip, not one per table."""

import re
from functools import lru_cache
from typing import Any

from comptoir.kit.db import Tx

_PLACEHOLDER = re.compile(r"\$(\d+)")


class Together(Tx):
    """A transaction that keeps the writes it is given and sends them with `send`.

    All of them see the rows as they were before the first: no write may need what another one wrote.
    """

    __slots__ = ("_values", "_writes")

    def __init__(self, tx: Tx) -> None:
        super().__init__(tx.connection, tx.who, tx.now)
        self.touched = tx.touched
        self._writes: list[str] = []
        self._values: list[Any] = []

    async def run(self, sql: str, *args: Any) -> str:
        """Keep an INSERT, UPDATE or DELETE."""
        self._writes.append(f"w{len(self._writes)} AS ({_shifted(sql, len(self._values))})")
        self._values.extend(args)
        return ""

    async def send(self) -> None:
        """Carry out everything that was kept."""
        if self._writes:
            await self.connection.execute(f"WITH {', '.join(self._writes)} SELECT", *self._values)


@lru_cache(maxsize=1000)
def _shifted(sql: str, by: int) -> str:
    return _PLACEHOLDER.sub(lambda found: f"${int(found[1]) + by}", sql) if by else sql
