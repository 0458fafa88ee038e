"""Money that waits: what has not gone and why, what did not agree with a provider's list, who moves money and until when it was compared."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection

MOST: Final = 100

_WAITING: Final = """
SELECT i.id, i.order_id AS order, o.number, i.kind, i.state, i.amount_minor, trim(o.currency) AS currency, i.reason, i.due_at, coalesce(c.name, o.channel) AS channel,
  count(*) OVER ()::int AS of, coalesce(p.tries, 0) AS tries, p.state AS part, p.next_at, coalesce(p.problem, '') AS problem, coalesce(p.words, '') AS words,
  coalesce(a.name, '') AS account, coalesce(p.reference, '') AS payment
FROM payment_intention i JOIN sales_order o ON o.id = i.order_id LEFT JOIN channel c ON c.id = o.channel
LEFT JOIN LATERAL (SELECT s.* FROM payment_part s WHERE s.intention = i.id AND s.state <> 'confirmed'
  ORDER BY s.state <> 'failed', s.state = 'sent', s.n LIMIT 1) p ON true
LEFT JOIN payment_account a ON a.id = p.account
WHERE (i.state IN ('intended', 'failed') AND i.due_at <= $1) OR (i.state = 'sent' AND i.sent_at <= $1 - interval '5 days') ORDER BY i.state <> 'failed', i.due_at, i.id LIMIT 100
"""
_DIFFERENCES: Final = """
SELECT m.id, m.kind, m.what, m.day, m.provider_ref AS reference, m.ours_minor, m.theirs_minor, coalesce(a.name, m.account) AS account,
  coalesce(p.order_id, m.order_id) AS order, o.number, coalesce(trim(o.currency), 'EUR') AS currency
FROM payment_mismatch m LEFT JOIN payment_account a ON a.id = m.account LEFT JOIN payment_part p ON p.id = m.part LEFT JOIN sales_order o ON o.id = coalesce(p.order_id, m.order_id)
WHERE m.settled_at IS NULL ORDER BY m.found_at, m.id LIMIT 100
"""
_ACCOUNTS: Final = """
SELECT a.id, a.kind, a.name, a.channel, a.provider, a.active, a.version, a.refused_at, c.name AS channel_name,
  (SELECT max(k.day) FROM payment_checked k WHERE k.account = a.id) AS compared
FROM payment_account a LEFT JOIN channel c ON c.id = a.channel WHERE $1::text IS NULL OR a.id = $1 ORDER BY a.name, a.id LIMIT 100
"""


class Waiting(msgspec.Struct, frozen=True):
    """An intention that is due and has not gone, or went and was not confirmed for days; `part` is how far its first open part is, None when nobody was asked."""

    id: UUID
    order: UUID
    number: str
    kind: str
    state: str
    amount_minor: int
    currency: str
    reason: str
    due_at: datetime
    channel: str
    of: int
    tries: int = 0
    part: str | None = None
    next_at: datetime | None = None
    problem: str = ""
    words: str = ""
    account: str = ""
    payment: str = ""

    @property
    def retried(self) -> bool:
        """Whether somebody can be asked again."""
        return self.part in ("failed", "due", "unknown", "by_hand") or (self.part is None and self.state == "failed")


class Difference(msgspec.Struct, frozen=True):
    """What did not agree with a provider's list of a day."""

    id: UUID
    kind: str
    what: str
    day: date
    reference: str
    account: str
    currency: str
    ours_minor: int | None = None
    theirs_minor: int | None = None
    order: UUID | None = None
    number: str | None = None


class AccountRow(msgspec.Struct, frozen=True):
    """Who moves money for which payments, and the last day that was compared."""

    id: str
    kind: str
    name: str
    active: bool
    version: int
    channel: str | None = None
    channel_name: str | None = None
    provider: str | None = None
    refused_at: datetime | None = None
    compared: date | None = None


async def list_waiting(connection: Connection, now: datetime) -> list[Waiting]:
    """What is due and has not gone: what failed first, then the oldest; at most a hundred."""
    return [_read(row, Waiting) for row in await connection.fetch(_WAITING, now)]


async def list_differences(connection: Connection) -> list[Difference]:
    """What nobody has looked at yet, oldest first; at most a hundred."""
    return [_read(row, Difference) for row in await connection.fetch(_DIFFERENCES)]


async def list_accounts(connection: Connection, account: str | None = None) -> list[AccountRow]:
    """Every account, or the one that is asked for."""
    return [_read(row, AccountRow) for row in await connection.fetch(_ACCOUNTS, account)]


def _read(row: Any, kind: Any) -> Any:
    return msgspec.convert(dict(row), kind)
