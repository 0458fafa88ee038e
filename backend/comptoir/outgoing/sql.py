"""Rows of endpoints and deliveries, written. A delivery is claimed when nothing of the same subject is open before it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from comptoir.kit.db import Pool, Tx, borrowed
from comptoir.kit.errors import Conflict, NotFound
from comptoir.kit.ids import new_ids
from comptoir.kit.outbox import Told
from comptoir.outgoing.bodies import TEST, body_of, test_body
from comptoir.outgoing.judging import Answer
from comptoir.outgoing.model import MOST_ENDPOINTS, MOST_REPLAYED, Endpoint, ReplaySpan, SaveEndpoint

HEARD_WHILE: Final = "EXISTS (SELECT FROM webhook_endpoint e WHERE e.state <> 'closed' AND m.kind = ANY(e.kinds))"
"""When an event of kind `m.kind` is worth a delivery of the outbox: some endpoint wants it."""

_CLAIM: Final = """
WITH ready AS (
  SELECT e.id, e.state, e.rests_until, CASE WHEN e.failures >= $5 THEN 1 ELSE $4::int END - coalesce(f.n, 0) AS room
  FROM webhook_endpoint e LEFT JOIN unnest($2::uuid[], $3::int[]) AS f (id, n) ON f.id = e.id WHERE e.state <> 'closed'
), next AS (
  SELECT d.id FROM ready r CROSS JOIN LATERAL (
    SELECT o.id, o.due_at FROM webhook_delivery o
    WHERE o.endpoint = r.id AND o.state = 'open' AND o.due_at <= $1 AND (o.claimed_until IS NULL OR o.claimed_until <= $1)
      AND (o.test OR (r.state = 'active' AND (r.rests_until IS NULL OR r.rests_until <= $1)))
      AND NOT EXISTS (SELECT FROM webhook_delivery b WHERE b.endpoint = o.endpoint AND b.stream = o.stream AND b.seq < o.seq AND b.state = 'open')
    ORDER BY o.test DESC, o.due_at, o.seq, o.id LIMIT greatest(0, r.room)
  ) d ORDER BY d.due_at LIMIT greatest(0, $6::int)
)
UPDATE webhook_delivery d SET claimed_until = $7, attempts = attempts + 1 FROM next n, webhook_endpoint e
WHERE d.id = n.id AND d.state = 'open' AND (d.claimed_until IS NULL OR d.claimed_until <= $1) AND e.id = d.endpoint
RETURNING d.id, d.endpoint, d.body, d.attempts, d.tries_from, d.test, d.claimed_until AS until, e.url, e.secret_number,
  coalesce(e.old_secret_until > $1, false) AS both
"""


_ABOUT: Final = """(location = ANY($6) OR body ->> 'to' = ANY($6) OR body ->> 'from' = ANY($6) OR EXISTS (
  SELECT FROM jsonb_array_elements(CASE jsonb_typeof(body -> 'works') WHEN 'array' THEN body -> 'works' END) w WHERE w ->> 'location' = ANY($6)))"""
"""`bodies.places_of` as SQL says it: whether an event is about one of the places in $6."""


class Claimed(msgspec.Struct, frozen=True):
    """A delivery that is ours until `until`, and where it goes; `both` secrets sign while one is being replaced."""

    id: UUID
    endpoint: UUID
    body: str
    attempts: int
    tries_from: datetime
    test: bool
    until: datetime
    url: str
    secret_number: int
    both: bool


async def lock_endpoint(tx: Tx, endpoint: UUID) -> Endpoint:
    """An endpoint, locked. NotFound `webhook_not_found`, for one that was removed too."""
    row = await tx.row(
        "SELECT id, version, name, url, kinds, locations, state, secret_number FROM webhook_endpoint"
        " WHERE id = $1 AND state <> 'closed' FOR NO KEY UPDATE",
        endpoint,
    )
    if row is None:
        raise NotFound("webhook_not_found")
    return msgspec.convert(dict(row), Endpoint)


async def insert_endpoint(tx: Tx, command: SaveEndpoint) -> None:
    """A new one. Conflict `too_many_webhooks`, `webhook_there` when its id is taken."""
    await tx.run("SELECT pg_advisory_xact_lock(hashtext('webhook_endpoint'))")
    if await tx.value("SELECT count(*) FROM webhook_endpoint WHERE state <> 'closed'") >= MOST_ENDPOINTS:
        raise Conflict("too_many_webhooks", most=MOST_ENDPOINTS)
    made = await tx.value(
        "INSERT INTO webhook_endpoint (id, name, url, kinds, locations, made_at, made_by) VALUES ($1, $2, $3, $4, $5, $6, $7)"
        " ON CONFLICT (id) DO NOTHING RETURNING true",
        command.endpoint, command.name, command.url, sorted(set(command.kinds)),
        None if command.locations is None else sorted(set(command.locations)), tx.now, tx.who,
    )  # fmt: skip
    if not made:
        raise Conflict("webhook_there")


async def put_endpoint(tx: Tx, command: SaveEndpoint) -> None:
    """Another name, address, choice of kinds or places. A new address begins anew: what waited for a later try of the old one is due."""
    moved = await tx.value("SELECT url <> $2 FROM webhook_endpoint WHERE id = $1", command.endpoint, command.url)
    await tx.run(
        "UPDATE webhook_endpoint SET name = $2, url = $3, kinds = $4, locations = $5, version = version + 1,"
        " failures = CASE WHEN url = $3 THEN failures ELSE 0 END, rests_until = CASE WHEN url = $3 THEN rests_until END,"
        " failing_since = CASE WHEN url = $3 THEN failing_since END WHERE id = $1",
        command.endpoint, command.name, command.url, sorted(set(command.kinds)),
        None if command.locations is None else sorted(set(command.locations)),
    )  # fmt: skip
    if moved:
        await _hurry(tx, command.endpoint)


async def next_secret(tx: Tx, endpoint: UUID, old_until: datetime | None) -> None:
    """The next secret; the one before signs until a moment."""
    await tx.run(
        "UPDATE webhook_endpoint SET secret_number = secret_number + 1, old_secret_until = $2, version = version + 1 WHERE id = $1",
        endpoint, old_until,
    )  # fmt: skip


async def pause(tx: Tx, endpoint: UUID, because: str) -> bool:
    """Nothing goes there; whether that is news."""
    done = await tx.run(
        "UPDATE webhook_endpoint SET state = 'paused', paused_because = $2, paused_at = $3, version = version + 1"
        " WHERE id = $1 AND state = 'active'",
        endpoint, because, tx.now,
    )  # fmt: skip
    return done == "UPDATE 1"


async def resume(tx: Tx, endpoint: UUID) -> None:
    """Everything that waits may go at once, with a clean slate."""
    await tx.run(
        "UPDATE webhook_endpoint SET state = 'active', paused_because = NULL, paused_at = NULL, failures = 0, failing_since = NULL,"
        " rests_until = NULL, version = version + 1 WHERE id = $1",
        endpoint,
    )
    await _hurry(tx, endpoint)


async def close(tx: Tx, endpoint: UUID) -> None:
    """Nothing goes there any more, and nothing waits."""
    await tx.run("UPDATE webhook_endpoint SET state = 'closed', version = version + 1 WHERE id = $1", endpoint)
    await tx.run(
        "UPDATE webhook_delivery SET state = 'dropped', done_at = $2, claimed_until = NULL WHERE endpoint = $1 AND state = 'open'",
        endpoint, tx.now,
    )  # fmt: skip


async def check_places(tx: Tx, locations: Sequence[str]) -> bool:
    """Whether all of these are places that exist."""
    known: int = await tx.value("SELECT count(*) FROM location WHERE id = ANY($1::text[])", list(locations))
    return known == len(set(locations))


async def insert_test(tx: Tx, delivery: UUID, endpoint: UUID) -> None:
    """A trial, due at once; its own subject, so that it waits for nothing."""
    await tx.run(
        "INSERT INTO webhook_delivery (id, endpoint, stream, seq, kind, body, test, made_at, due_at, tries_from)"
        " VALUES ($1, $2, $1, 0, $3, $4, true, $5, $5, $5)",
        delivery, endpoint, TEST, test_body(endpoint, tx.now).decode(), tx.now,
    )  # fmt: skip


async def wanting(tx: Tx, kind: str, places: Sequence[str]) -> list[tuple[UUID, tuple[str, ...] | None]]:
    """Who wants an event of this kind about these places: (endpoint, its locations)."""
    rows = await tx.rows(
        "SELECT id, locations FROM webhook_endpoint WHERE state <> 'closed' AND $1 = ANY(kinds) AND (locations IS NULL OR locations && $2::text[])"
        " ORDER BY id",
        kind, list(places),
    )  # fmt: skip
    return [(row["id"], None if row["locations"] is None else tuple(row["locations"])) for row in rows]


async def insert_deliveries(tx: Tx, told: Told, wanted: Sequence[tuple[UUID, tuple[str, ...] | None]]) -> None:
    """One delivery for each of them; the same event again makes no second one."""
    await tx.run(
        "INSERT INTO webhook_delivery (id, endpoint, stream, seq, kind, body, made_at, due_at, tries_from)"
        " SELECT i, e, $3, $4, $5, b, $6, $6, $6 FROM unnest($1::uuid[], $2::uuid[], $7::text[]) AS d (i, e, b)"
        " ON CONFLICT (endpoint, stream, seq) DO NOTHING",
        new_ids(len(wanted)), [endpoint for endpoint, _ in wanted], told.stream, told.seq, told.kind, tx.now,
        [body_of(told, locations).decode() for _, locations in wanted],
    )  # fmt: skip


async def replay_one(tx: Tx, endpoint: UUID, delivery: UUID) -> None:
    """It is due again, with the id it had. NotFound `webhook_delivery_not_found`."""
    found = await tx.value(
        "UPDATE webhook_delivery SET state = 'open', due_at = $3, tries_from = $3, attempts = 0, claimed_until = NULL, done_at = NULL"
        " WHERE id = $1 AND endpoint = $2 RETURNING true",
        delivery, endpoint, tx.now,
    )  # fmt: skip
    if not found:
        raise NotFound("webhook_delivery_not_found")


async def events_between(tx: Tx, endpoint: Endpoint, command: ReplaySpan) -> list[Told]:
    """What was told of its kinds and places in a span, oldest first; one more than may be replayed shows that it is too much."""
    rows = await tx.rows(
        "SELECT stream, seq, kind, at, who, body::text AS body, location, work FROM event"
        " WHERE at >= $1 AND at < $2 AND kind = ANY($3::text[]) AND withdrawn_at IS NULL AND due_at <= $4"
        f" AND ($6::text[] IS NULL OR {_ABOUT}) ORDER BY at, stream, seq LIMIT $5",
        command.since, command.until, list(endpoint.kinds), tx.now, MOST_REPLAYED + 1,
        None if endpoint.locations is None else list(endpoint.locations),
    )  # fmt: skip
    return [msgspec.convert({**dict(row), "body": msgspec.json.decode(row["body"])}, Told) for row in rows]


async def replay_events(tx: Tx, endpoint: Endpoint, events: Sequence[Told], *, failed: bool) -> int:
    """Due (again) for an endpoint; with `failed` only those that it did not take. How many."""
    count: int = await tx.value(
        "WITH put AS ("
        "  INSERT INTO webhook_delivery AS d (id, endpoint, stream, seq, kind, body, made_at, due_at, tries_from)"
        "  SELECT i, $2, s, q, k, b, $3, $3, $3 FROM unnest($1::uuid[], $4::uuid[], $5::int[], $6::text[], $7::text[]) AS e (i, s, q, k, b)"
        "  ON CONFLICT (endpoint, stream, seq) DO UPDATE SET state = 'open', due_at = $3, tries_from = $3, attempts = 0, done_at = NULL"
        "    WHERE d.state IN ('failed', 'dropped') OR (d.state = 'done' AND NOT $8)"
        "  RETURNING 1) SELECT count(*) FROM put",
        new_ids(len(events)), endpoint.id, tx.now, [e.stream for e in events], [e.seq for e in events], [e.kind for e in events],
        [body_of(e, endpoint.locations).decode() for e in events], failed,
    )  # fmt: skip
    return count


async def claim(
    pool: Pool, now: datetime, busy: dict[UUID, int], until: datetime, *, each: int, troubled: int, room: int
) -> list[Claimed]:
    """Lease what is due, `each` endpoint so many at once, `room` in all; one that keeps failing is tried with one."""
    async with borrowed(pool) as connection, connection.transaction():
        rows = await connection.fetch(_CLAIM, now, list(busy), list(busy.values()), each, troubled, room, until)
    return [msgspec.convert(dict(row), Claimed) for row in rows]


async def taken(tx: Tx, claimed: Claimed, answer: Answer) -> None:
    """It was delivered; an endpoint that had been failing gets at once what waits for a later try."""
    if not await _settle(tx, claimed, answer, "done", None):
        return
    was = await tx.value("SELECT failures FROM webhook_endpoint WHERE id = $1 FOR NO KEY UPDATE", claimed.endpoint)
    await tx.run(
        "UPDATE webhook_endpoint SET last_success_at = $2, failures = 0, failing_since = NULL, rests_until = NULL WHERE id = $1",
        claimed.endpoint, tx.now,
    )  # fmt: skip
    if was:
        await _hurry(tx, claimed.endpoint)


async def failed(tx: Tx, claimed: Claimed, answer: Answer, at: datetime | None) -> tuple[int, datetime]:
    """It was not; tried again `at`, or given up. The endpoint's failures in a row, and since when it takes nothing."""
    await _settle(tx, claimed, answer, "failed" if at is None else "open", at)
    row = await tx.row(
        "UPDATE webhook_endpoint SET failures = failures + 1, failing_since = coalesce(failing_since, $2), last_failure_at = $2, last_error = $3"
        " WHERE id = $1 RETURNING failures, failing_since",
        claimed.endpoint, tx.now, answer.code,
    )  # fmt: skip
    assert row is not None
    return row["failures"], row["failing_since"]


async def rest(tx: Tx, endpoint: UUID, until: datetime) -> None:
    """Leave an endpoint alone until a moment."""
    await tx.run("UPDATE webhook_endpoint SET rests_until = $2 WHERE id = $1", endpoint, until)


async def tried(tx: Tx, claimed: Claimed, answer: Answer) -> None:
    """A trial was made, once; whatever came of it stands in its row, and nothing is held against the endpoint."""
    await _settle(tx, claimed, answer, "done" if answer.meaning == "taken" else "failed", None)


async def give_up_old(pool: Pool, before: datetime, now: datetime) -> int:
    """What waited for three days, for an endpoint that is paused or failing, is given up; a bounded number each time."""
    async with borrowed(pool) as connection:
        done: str = await connection.execute(
            "UPDATE webhook_delivery SET state = 'failed', done_at = $2, claimed_until = NULL, last_error = CASE WHEN last_error = '' THEN 'paused'"
            " ELSE last_error END WHERE id IN (SELECT id FROM webhook_delivery WHERE state = 'open' AND tries_from < $1 ORDER BY tries_from LIMIT 5000)",
            before, now,
        )  # fmt: skip
    return int(done.split()[-1])


async def forget(pool: Pool, before: datetime) -> None:
    """What was settled long ago is of no use; a bounded number goes each time."""
    async with borrowed(pool) as connection:
        await connection.execute(
            "DELETE FROM webhook_delivery WHERE id IN (SELECT id FROM webhook_delivery WHERE state <> 'open' AND made_at < $1 ORDER BY made_at LIMIT 5000)",
            before,
        )


async def _settle(tx: Tx, claimed: Claimed, answer: Answer, state: str, due_at: datetime | None) -> bool:
    """Write what came of a try; False when somebody else has it by now."""
    done = await tx.run(
        "UPDATE webhook_delivery SET state = $3, due_at = coalesce($4, due_at), claimed_until = NULL, last_try_at = $5,"
        " done_at = CASE WHEN $3 <> 'open' THEN $5::timestamptz END, last_status = $6, last_error = $7, took_ms = $8"
        " WHERE id = $1 AND claimed_until = $2 AND state = 'open'",
        claimed.id, claimed.until, state, due_at, tx.now, answer.status, "" if answer.meaning == "taken" else answer.code, answer.took_ms,
    )  # fmt: skip
    return done == "UPDATE 1"


async def _hurry(tx: Tx, endpoint: UUID) -> None:
    await tx.run(
        "UPDATE webhook_delivery SET due_at = $2 WHERE endpoint = $1 AND state = 'open' AND due_at > $2",
        endpoint,
        tx.now,
    )
