"""The database: one pool per process, transactions opened here and nowhere else.

Piccolo's tables, migrations and simple reads share the same pool; hot paths speak SQL on the transaction's connection.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import asyncpg
import msgspec

from comptoir.kit.columns import literal
from comptoir.kit.errors import Outage

T = TypeVar("T")
if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:  # only the stubs are generic
    Connection = asyncpg.Connection
    Pool = asyncpg.Pool

TRIES = 4
"""How often a transaction is tried: the first time, and three retries with jitter after 40001, 40P01 or a lost race."""

LOST_RACES = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.UniqueViolationError)
AWAY = (
    asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError, asyncpg.CrashShutdownError, ConnectionError, TimeoutError, asyncio.TimeoutError,
)  # fmt: skip


class Event(msgspec.Struct, frozen=True):
    """A fact that happened, past tense: `fulfillment.handed_over`. The body carries ids, never names.

    `stream` orders facts (an order's id, mostly); `due_at` later than now means "unless undone before then".
    """

    kind: str
    stream: UUID
    body: dict[str, Any] = {}
    location: str | None = None
    work: UUID | None = None
    due_at: datetime | None = None


class Tx:
    """One open transaction: its connection, and the events that will be written when it ends well."""

    __slots__ = ("connection", "events", "now", "touched", "who")

    def __init__(self, connection: Connection, who: str, now: datetime) -> None:
        self.connection = connection
        self.who = who
        self.now = now
        self.events: list[Event] = []
        self.touched: set[str] = set()

    def tell(self, *events: Event) -> None:
        """Say what happened; the rows are written in this same transaction."""
        self.events.extend(events)
        for event in events:
            if event.location:
                self.touched.add(event.location)

    async def rows(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        return await self.connection.fetch(sql, *args)

    async def row(self, sql: str, *args: Any) -> asyncpg.Record | None:
        return await self.connection.fetchrow(sql, *args)

    async def value(self, sql: str, *args: Any) -> Any:
        return await self.connection.fetchval(sql, *args)

    async def run(self, sql: str, *args: Any) -> str:
        return await self.connection.execute(sql, *args)


async def open_pool(dsn: str, size: int = 6) -> Pool:
    """A pool of `size` connections with time limits; Outage when the database does not answer."""
    try:
        pool = await asyncpg.create_pool(
            dsn, min_size=min(2, size), max_size=size, command_timeout=30, timeout=10, reset=_leave_as_is,
            server_settings={"application_name": "comptoir", "lock_timeout": "5s", "statement_timeout": "30s",
                             "idle_in_transaction_session_timeout": "30s", "timezone": "UTC", "jit": "off"},
        )  # fmt: skip
    except (OSError, *AWAY) as away:
        raise Outage("database_away") from away
    assert pool is not None
    return pool


async def _leave_as_is(connection: Connection) -> None:
    """Nothing is set, listened to or locked on a pooled connection beyond its transaction: no round trip to undo it."""


@asynccontextmanager
async def borrowed(pool: Pool) -> AsyncIterator[Connection]:
    """A connection for reading; Outage `database_busy` when none comes free within two seconds."""
    try:
        connection = await pool.acquire(timeout=2)
    except AWAY as away:
        raise Outage("database_busy", retry_after=1) from away
    try:
        yield connection
    except AWAY as away:
        raise Outage("database_away", retry_after=2) from away
    finally:
        await pool.release(connection)


async def in_transaction(
    pool: Pool, who: str, now: datetime, work: Callable[[Tx], Awaitable[T]], *, tries: int = TRIES, wake: bool = True
) -> T:
    """Run `work` in one transaction, write its events, commit; retry lost races with jitter.

    The work must be safe to run again from the start. Events are written last, numbered per stream; two transactions
    that tell the same stream at once meet on the event's primary key, and the later one runs again.
    Listeners are woken at commit, once; `wake` False leaves that to a caller who does it afterwards.
    """
    for attempt in range(tries):
        async with borrowed(pool) as connection:
            try:
                async with connection.transaction():
                    tx = Tx(connection, who, now)
                    answer = await work(tx)
                    await write_events(tx)
                    if wake and tx.touched:
                        await tx.run("SELECT pg_notify('comptoir', $1)", keys_of(tx.touched))
                return answer
            except LOST_RACES:
                if attempt == tries - 1:
                    raise
        await asyncio.sleep(random.uniform(0.002, 0.02) * 2**attempt)
    raise AssertionError("unreachable")


async def write_events(tx: Tx) -> None:
    """Append the transaction's events to their streams."""
    if not tx.events:
        return
    streams = list({event.stream for event in tx.events})
    last = {
        row["stream"]: row["seq"]
        for row in await tx.rows(
            "SELECT stream, max(seq) AS seq FROM event WHERE stream = ANY($1::uuid[]) GROUP BY stream", streams
        )
    }
    seqs = []
    for event in tx.events:
        last[event.stream] = last.get(event.stream, 0) + 1
        seqs.append(last[event.stream])
    await insert_events(tx, tx.events, seqs)
    tx.events = []


async def insert_events(tx: Tx, events: Sequence[Event], seqs: Sequence[int]) -> None:
    """Write numbered events; whoever listens is told separately (`notify`)."""
    await tx.run(
        "INSERT INTO event (stream, seq, kind, location, work, who, at, due_at, body)"
        " SELECT s, q, k, l, w, $7, $8, d, b::jsonb"
        " FROM unnest($1::text::uuid[], $2::text::int[], $3::text::text[], $4::text::text[], $5::text::uuid[], $6::text::timestamptz[],"
        " $9::text[])"
        " AS e (s, q, k, l, w, d, b)",
        literal([e.stream for e in events]), literal(seqs), literal([e.kind for e in events]),
        literal([e.location for e in events]), literal([e.work for e in events]),
        literal([e.due_at or tx.now for e in events]), tx.who, tx.now,
        [msgspec.json.encode(e.body).decode() for e in events],
    )  # fmt: skip


def keys_of(locations: Iterable[str]) -> str:
    """What a NOTIFY carries: the keys of what changed, or `*` when they do not fit into its 8,000 bytes."""
    keys = ",".join(sorted(locations))
    return keys if len(keys) < 7000 else "*"
