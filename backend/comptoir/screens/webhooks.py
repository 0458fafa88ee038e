"""Endpoints of webhooks with their health, and what each was sent: one list, one endpoint, its deliveries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound

MOST: Final = 100

_ENDPOINTS: Final = """
SELECT e.id, e.name, e.url, e.kinds, e.locations, e.state, e.paused_because, e.paused_at, e.secret_number, e.old_secret_until, e.failures, e.failing_since,
  e.rests_until, e.last_success_at, e.last_failure_at, e.last_error, e.version, e.made_at, w.waiting, w.oldest, g.given_up
FROM webhook_endpoint e
CROSS JOIN LATERAL (SELECT count(*)::int AS waiting, min(d.made_at) AS oldest FROM webhook_delivery d WHERE d.endpoint = e.id AND d.state = 'open' AND NOT d.test) w
CROSS JOIN LATERAL (SELECT count(*)::int AS given_up FROM webhook_delivery d WHERE d.endpoint = e.id AND d.state = 'failed' AND NOT d.test AND d.made_at > $3) g
WHERE e.state <> 'closed' AND ($1::text[] IS NULL OR e.locations <@ $1) AND ($2::uuid IS NULL OR e.id = $2)
ORDER BY e.state = 'active', e.failing_since, e.name, e.id LIMIT 100
"""
_DELIVERIES: Final = """
SELECT d.id, d.kind, d.stream AS subject, d.seq AS sequence, d.state, d.test, d.made_at, d.due_at, d.attempts, d.last_try_at, d.done_at, d.last_status,
  d.last_error, d.took_ms, d.body, (SELECT o.number FROM sales_order o WHERE o.id = d.stream) AS order_number
FROM webhook_delivery d JOIN webhook_endpoint e ON e.id = d.endpoint
WHERE d.endpoint = $1 AND e.state <> 'closed' AND ($2::text[] IS NULL OR e.locations <@ $2) AND ($3::text IS NULL OR d.state = $3)
  AND ($4::uuid IS NULL OR (d.made_at, d.id) < (SELECT b.made_at, b.id FROM webhook_delivery b WHERE b.id = $4 AND b.endpoint = $1))
ORDER BY d.made_at DESC, d.id DESC LIMIT $5
"""


class EndpointRow(msgspec.Struct, frozen=True):
    """An endpoint and how it takes what it is sent; `given_up` counts the last thirty days."""

    id: UUID
    name: str
    url: str
    kinds: tuple[str, ...]
    locations: tuple[str, ...] | None
    state: str
    paused_because: str | None
    paused_at: datetime | None
    secret_number: int
    old_secret_until: datetime | None
    failures: int
    failing_since: datetime | None
    rests_until: datetime | None
    last_success_at: datetime | None
    last_failure_at: datetime | None
    last_error: str
    version: int
    made_at: datetime
    waiting: int
    oldest: datetime | None
    given_up: int

    @property
    def host(self) -> str:
        """The address without what may be a secret in it."""
        return self.url.split("?")[0].removeprefix("https://")


class DeliveryRow(msgspec.Struct, frozen=True):
    """One delivery: what happened, how far it is, what the endpoint last said."""

    id: UUID
    kind: str
    subject: UUID
    sequence: int
    state: str
    test: bool
    made_at: datetime
    due_at: datetime
    attempts: int
    last_try_at: datetime | None
    done_at: datetime | None
    last_status: int | None
    last_error: str
    took_ms: int | None
    body: str
    order_number: str | None


async def list_endpoints(connection: Connection, locations: Sequence[str] | None, since: datetime) -> list[EndpointRow]:
    """Those that somebody reaches, the troubled first; what was given up is counted from `since`."""
    rows = await connection.fetch(_ENDPOINTS, _reached(locations), None, since)
    return [_read(row, EndpointRow) for row in rows]


async def find_endpoint(
    connection: Connection, endpoint: UUID, locations: Sequence[str] | None, since: datetime
) -> EndpointRow:
    """One of them. NotFound `webhook_not_found`."""
    row = await connection.fetchrow(_ENDPOINTS, _reached(locations), endpoint, since)
    if row is None:
        raise NotFound("webhook_not_found")
    found: EndpointRow = _read(row, EndpointRow)
    return found


async def list_deliveries(
    connection: Connection,
    endpoint: UUID,
    locations: Sequence[str] | None,
    state: str | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[DeliveryRow]:
    """What an endpoint was or is to be sent, newest first, after one of them."""
    rows = await connection.fetch(_DELIVERIES, endpoint, _reached(locations), state, after, limit)
    return [_read(row, DeliveryRow) for row in rows]


def _reached(locations: Sequence[str] | None) -> list[str] | None:
    return None if locations is None else list(locations)


def _read(row: Any, kind: Any) -> Any:
    return msgspec.convert(dict(row), kind)
