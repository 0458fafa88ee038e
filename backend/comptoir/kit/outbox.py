"""Events become deliveries, one per listener; deliveries are made in order per (listener, stream), each effect once.

    event rows --fan_out--> delivery rows --claim (a lease)--> deliver (effect and "done" in one transaction)

A worker that dies keeps nothing: its leases run out and others go on. Nothing here is a cursor over a number, because
transactions do not commit in the order of their numbers.
"""

import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection, Pool, Tx, borrowed, in_transaction

SET = 500
"""Events that one fan-out takes."""

CLAIM = 50
LEASE = timedelta(seconds=60)
"""How long a claimed delivery is left to its worker."""

ATTEMPTS = 12
"""Tries before a delivery is dead: about two hours, then a person must look."""

FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(minutes=30)


class Told(msgspec.Struct, frozen=True):
    """One event as a listener gets it. (stream, seq) names it for ever; the body carries ids, never names."""

    stream: UUID
    seq: int
    kind: str
    at: datetime
    who: str
    body: dict[str, Any]
    location: str | None = None
    work: UUID | None = None


class Claimed(msgspec.Struct, frozen=True):
    """A delivery that is ours until `until`."""

    listener: str
    stream: UUID
    seq: int
    attempts: int
    until: datetime


class Dead(msgspec.Struct, frozen=True):
    """A delivery that nobody tries any more; `error` names the kind of fault, never what was in it."""

    listener: str
    stream: UUID
    seq: int
    kind: str
    attempts: int
    error: str | None
    due_at: datetime


Listener = Callable[[Tx, Told], Awaitable[None]]
"""`listener(tx, told)`: its effect commits together with "done". It must not call out and may run again."""

SetListener = Callable[[Tx, Sequence[UUID]], Awaitable[None]]
"""`listener(tx, streams)`: hears only that something happened in these streams, many at once, and looks for itself. What it
does must not depend on how often or in which order it is told."""

_FAN_OUT = """
WITH taken AS (
  SELECT stream, seq, kind, due_at, withdrawn_at FROM event WHERE NOT fanned_out ORDER BY at, stream, seq LIMIT $1 FOR
      UPDATE SKIP LOCKED
), made AS (
  INSERT INTO delivery (listener, stream, seq, due_at, state)
  SELECT m.listener, t.stream, t.seq, t.due_at, CASE WHEN t.withdrawn_at IS NULL THEN 'open' ELSE 'withdrawn' END
  FROM taken t JOIN unnest($2::text[], $3::text[]) AS m (kind, listener) ON m.kind = t.kind
  WHERE %s
  ON CONFLICT DO NOTHING
), marked AS (
  UPDATE event e SET fanned_out = true FROM taken t WHERE e.stream = t.stream AND e.seq = t.seq RETURNING 1
)
SELECT count(*) FROM marked
"""

# An earlier event of the stream that is not fanned out yet counts as an earlier open delivery: two workers may fan out
# the two halves of one stream, and the later half may commit first.
_CLAIM = """
WITH next AS (
  SELECT listener, stream, seq FROM delivery d
  WHERE state = 'open' AND due_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1) AND d.listener <> ALL($4::text[])
    AND NOT EXISTS (SELECT FROM delivery b WHERE b.listener = d.listener AND b.stream = d.stream AND b.seq < d.seq AND
        b.state = 'open')
    AND NOT EXISTS (SELECT FROM event e WHERE e.stream = d.stream AND e.seq < d.seq AND NOT e.fanned_out)
  ORDER BY due_at, stream, seq LIMIT $2 FOR UPDATE SKIP LOCKED
)
UPDATE delivery d SET claimed_until = $3, attempts = attempts + 1 FROM next n
WHERE d.listener = n.listener AND d.stream = n.stream AND d.seq = n.seq
RETURNING d.listener, d.stream, d.seq, d.attempts, d.claimed_until AS until
"""


async def fan_out(
    pool: Pool,
    listeners: Mapping[str, Sequence[str]],
    now: datetime,
    limit: int = SET,
    heard_while: Mapping[str, str] | None = None,
) -> int:
    """Turn up to `limit` new events into deliveries, one per listener of their kind; how many events were taken.

    `heard_while`: listener -> SQL on `m.kind` under which it listens at all. It is asked in the statement that takes the events,
    so whoever began to listen before an event was told hears of it.
    """
    pairs = [(kind, name) for kind, names in listeners.items() for name in names]
    unless = [f"(m.listener <> '{name}' OR {asked})" for name, asked in (heard_while or {}).items()]

    async def work(tx: Tx) -> int:
        taken: int = await tx.value(
            _FAN_OUT % (" AND ".join(unless) or "true"), limit, [kind for kind, _ in pairs], [name for _, name in pairs]
        )
        return taken

    return await in_transaction(pool, "system", now, work)


async def claim(pool: Pool, now: datetime, limit: int = CLAIM, without: Sequence[str] = ()) -> list[Claimed]:
    """Lease up to `limit` deliveries that are due and have no earlier open one of the same listener and stream.

    `without` names listeners that are served in sets (`deliver_set`).
    """

    async def work(tx: Tx) -> list[Claimed]:
        rows = [
            msgspec.convert(dict(row), Claimed) for row in await tx.rows(_CLAIM, now, limit, now + LEASE, list(without))
        ]
        return sorted(rows, key=lambda row: (row.stream, row.seq, row.listener))

    return await in_transaction(pool, "system", now, work)


async def deliver(pool: Pool, claimed: Claimed, listener: Listener, now: datetime) -> bool:
    """Run the listener; its effect and "done" commit together. False when the delivery is no longer ours.

    Whatever the listener raises passes through, with nothing written: `fail` then says when it is tried again.
    """

    async def work(tx: Tx) -> bool:
        row = await tx.row(
            "SELECT e.stream, e.seq, e.kind, e.at, e.who, e.body, e.location, e.work FROM delivery d JOIN event e"
            " USING (stream, seq)"
            " WHERE d.listener = $1 AND d.stream = $2 AND d.seq = $3 AND d.state = 'open' AND d.claimed_until = $4"
            " AND e.withdrawn_at IS NULL"
            " FOR UPDATE OF d",
            claimed.listener, claimed.stream, claimed.seq, claimed.until,
        )  # fmt: skip
        if row is None:
            return False
        await listener(tx, msgspec.convert({**dict(row), "body": msgspec.json.decode(row["body"])}, Told))
        await tx.run(
            "UPDATE delivery SET state = 'done', done_at = $4, claimed_until = NULL, last_error = NULL"
            " WHERE listener = $1 AND stream = $2 AND seq = $3",
            claimed.listener, claimed.stream, claimed.seq, now,
        )  # fmt: skip
        return True

    return await in_transaction(pool, "system", now, work)


async def deliver_set(pool: Pool, name: str, listener: SetListener, now: datetime, limit: int = SET) -> int:
    """Make up to `limit` deliveries of one listener at once; the effect and "done" of all of them commit together. How many.

    Whatever the listener raises passes through, with nothing written and every delivery as open as before.
    """

    async def work(tx: Tx) -> int:
        rows = await tx.rows(
            "SELECT stream, seq FROM delivery WHERE listener = $1 AND state = 'open' AND due_at <= $2"
            " AND (claimed_until IS NULL OR claimed_until <= $2) ORDER BY due_at, stream, seq LIMIT $3 FOR UPDATE SKIP LOCKED",
            name, now, limit,
        )  # fmt: skip
        if rows:
            await listener(tx, sorted({row["stream"] for row in rows}))
            await tx.run(
                "UPDATE delivery d SET state = 'done', done_at = $4, claimed_until = NULL, last_error = NULL, attempts = attempts + 1"
                " FROM unnest($2::uuid[], $3::int[]) AS m (stream, seq) WHERE d.listener = $1 AND d.stream = m.stream AND d.seq = m.seq",
                name, [row["stream"] for row in rows], [row["seq"] for row in rows], now,
            )  # fmt: skip
        return len(rows)

    return await in_transaction(pool, "system", now, work)


async def fail(pool: Pool, claimed: Claimed, fault: BaseException, now: datetime) -> bool:
    """Put a failed delivery off, twice as long each time, with jitter; True when it was its last try and is dead."""
    dead = claimed.attempts >= ATTEMPTS
    await pool.execute(
        "UPDATE delivery SET state = CASE WHEN $5 THEN 'dead' ELSE 'open' END, due_at = $6, claimed_until = NULL,"
        " last_error = $7"
        " WHERE listener = $1 AND stream = $2 AND seq = $3 AND state = 'open' AND claimed_until = $4",
        claimed.listener, claimed.stream, claimed.seq, claimed.until, dead, now + wait_after(claimed.attempts),
        type(fault).__name__,
    )  # fmt: skip
    return dead


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many failed tries: 2 s, 4 s, 8 s ... 30 min, each give or take a quarter."""
    doubled: int = 2 ** min(attempts - 1, 20)
    return min(FIRST_WAIT * doubled, LONGEST_WAIT) * random.uniform(0.75, 1.25)


async def withdraw(tx: Tx, stream: UUID, seqs: Sequence[int]) -> int:
    """Take back events whose time has not come; how many of their deliveries had already been made.

    A delivery that is being made right now is waited for. Zero: nobody has heard of these events, and nobody will.
    """
    await tx.run(
        "UPDATE event SET withdrawn_at = $3 WHERE stream = $1 AND seq = ANY($2::int[]) AND withdrawn_at IS NULL",
        stream,
        list(seqs),
        tx.now,
    )
    await tx.run(
        "UPDATE delivery SET state = 'withdrawn', done_at = $3, claimed_until = NULL WHERE stream = $1 AND seq ="
        " ANY($2::int[]) AND state = 'open'",
        stream, list(seqs), tx.now,
    )  # fmt: skip
    made: int = await tx.value(
        "SELECT count(*) FROM delivery WHERE stream = $1 AND seq = ANY($2::int[]) AND state = 'done'",
        stream,
        list(seqs),
    )
    return made


async def seqs_of(tx: Tx, stream: UUID, kind: str, key: str, value: str) -> list[int]:
    """The events of one kind in a stream whose body says `key` = `value` and that stand; for `withdraw`."""
    rows = await tx.rows(
        "SELECT seq FROM event WHERE stream = $1 AND kind = $2 AND body ->> $3 = $4 AND withdrawn_at IS NULL ORDER"
        " BY seq",
        stream,
        kind,
        key,
        value,
    )
    return [row[0] for row in rows]


async def next_due(connection: Connection) -> datetime | None:
    """When the earliest open delivery is due; None when there is none."""
    due: datetime | None = await connection.fetchval("SELECT min(due_at) FROM delivery WHERE state = 'open'")
    return due


async def list_dead(pool: Pool, limit: int = 100) -> list[Dead]:
    """Deliveries that nobody tries any more, newest first: a person at head office must look at them."""
    async with borrowed(pool) as connection:
        rows = await connection.fetch(
            "SELECT d.listener, d.stream, d.seq, e.kind, d.attempts, d.last_error AS error, d.due_at FROM delivery"
            " d JOIN event e USING (stream, seq)"
            " WHERE d.state = 'dead' ORDER BY d.due_at DESC LIMIT $1",
            limit,
        )  # fmt: skip
    return [msgspec.convert(dict(row), Dead) for row in rows]
