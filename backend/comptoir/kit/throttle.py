"""Counts that hold over all processes: so many requests in a window, and a memory of failed tries."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from comptoir.kit.db import Connection, Pool, Tx, borrowed
from comptoir.kit.errors import Refusal, TooMany

EPOCH: Final = datetime(2020, 1, 1, tzinfo=UTC)


class Limit(msgspec.Struct, frozen=True):
    """At most `count` in each `window`; `name` begins the counted key."""

    name: str
    count: int
    window: timedelta

    def window_of(self, now: datetime) -> datetime:
        """When the window that `now` lies in began."""
        return EPOCH + (now - EPOCH) // self.window * self.window


async def take(pool: Pool, limit: Limit, whose: str, now: datetime, units: int = 1) -> int:
    """Count `units` against a limit and give the sum so far. TooMany `too_many` with `retry_after` seconds above it."""
    began = limit.window_of(now)
    async with borrowed(pool) as connection:
        count: int = await connection.fetchval(
            "INSERT INTO throttle (key, window_start, count) VALUES ($1, $2, $3)"
            " ON CONFLICT (key, window_start) DO UPDATE SET count = throttle.count + excluded.count RETURNING count",
            f"{limit.name}:{whose}", began, units,
        )  # fmt: skip
    if count - units >= limit.count:
        raise TooMany("too_many", retry_after=int((began + limit.window - now).total_seconds()) + 1)
    return count


class Allowance:
    """A limit for what comes often: a process takes `block` units from the common count and spends them by itself.

    The limit is never exceeded; what a process took and did not spend lapses with the window.
    """

    SIZE: Final = 4096

    def __init__(self, pool: Pool, limit: Limit, block: int) -> None:
        self.pool = pool
        self.limit = limit
        self.block = block
        self._left: dict[str, tuple[datetime, int]] = {}
        self._fetching: set[asyncio.Task[None]] = set()

    def spend_held(self, whose: str, now: datetime) -> bool:
        """One more out of what this process holds; False when it holds nothing. The next block is fetched before that."""
        held = self._left.get(whose)
        if held is None or held[1] == 0 or held[0] != self.limit.window_of(now):
            return False
        self._left[whose] = (held[0], held[1] - 1)
        if held[1] == self.block // 4:
            task = asyncio.get_running_loop().create_task(self._fetch(whose, now))
            self._fetching.add(task)
            task.add_done_callback(self._fetching.discard)
        return True

    async def _fetch(self, whose: str, now: datetime) -> None:
        # Used up, or the database is away: that shows on the first request which finds nothing held.
        with contextlib.suppress(Refusal):
            await take(self.pool, self.limit, whose, now, self.block)
            began = self.limit.window_of(now)
            held = self._left.get(whose)
            if held is not None and held[0] == began:
                self._left[whose] = (began, held[1] + self.block)

    async def spend(self, whose: str, now: datetime) -> None:
        """One more. TooMany when the common count is used up."""
        began = self.limit.window_of(now)
        held = self._left.get(whose)
        left = held[1] if held is not None and held[0] == began else 0
        if left == 0:
            await take(self.pool, self.limit, whose, now, self.block)
            if len(self._left) >= self.SIZE:
                self._left.clear()
            left = self.block
        self._left[whose] = (began, left - 1)


async def claim_try(
    tx: Tx,
    keys: Sequence[str],
    now: datetime,
    memory: timedelta,
    wait: Callable[[str, list[datetime]], datetime | None],
) -> datetime | None:
    """Note a try before its outcome is known, so that a hundred at once are a hundred tries.

    `wait(key, earlier failures)` says until when the key must wait; the latest such moment is given back and nothing is
    noted, else None. A success is told by `forget`.
    """
    for key in sorted(keys):
        await tx.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"try:{key}")
    rows = await tx.rows(
        "SELECT key, window_start, count FROM throttle WHERE key = ANY($1::text[]) AND window_start > $2 ORDER BY 1, 2 LIMIT 2000",
        list(keys), now - memory,
    )  # fmt: skip
    failures: dict[str, list[datetime]] = {key: [] for key in keys}
    for row in rows:
        failures[row["key"]] += [row["window_start"]] * row["count"]
    waits = [until for key in keys if (until := wait(key, failures[key])) is not None]
    if waits:
        return max(waits)
    await tx.run(
        "INSERT INTO throttle (key, window_start, count) SELECT k, $2, 1 FROM unnest($1::text[]) AS u (k)"
        " ON CONFLICT (key, window_start) DO UPDATE SET count = throttle.count + 1",
        list(keys), now,
    )  # fmt: skip
    return None


async def forget(connection: Connection, keys: Sequence[str]) -> None:
    """The try succeeded, or a manager lifted the wait: earlier failures count no more."""
    await connection.execute("DELETE FROM throttle WHERE key = ANY($1::text[])", list(keys))


async def forget_like(connection: Connection, beginning: str) -> None:
    """Forget every key with this beginning (a person on all devices)."""
    await connection.execute("DELETE FROM throttle WHERE starts_with(key, $1)", beginning)


async def sweep(connection: Connection, before: datetime) -> str:
    """Delete what began before a moment; the worker does it once in a while."""
    return await connection.execute(
        "DELETE FROM throttle WHERE ctid = ANY (ARRAY(SELECT ctid FROM throttle WHERE window_start < $1 LIMIT 5000))",
        before,
    )
