"""The ledger as the sender sees it: what is due on a medium, every try, receipts, last words."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.db import Pool, borrowed
from comptoir.notifications.escalating import HELD_UP, End, Receipt, Try, Wait
from comptoir.notifications.model import Medium, Recipient, Subscription
from comptoir.notifications.providers.port import Answer

_CLAIM = """
WITH next AS (
  SELECT id FROM message WHERE medium = $1 AND next_at <= $2 AND (claimed_until IS NULL OR claimed_until <= $2)
    -- A mail waits for the invoice that its own event is owed.
    AND ($1 <> 'email' OR NOT EXISTS (SELECT FROM delivery d WHERE d.listener = 'invoices' AND d.stream = message.stream
      AND d.seq = message.seq AND d.state = 'open'))
  ORDER BY next_at, id LIMIT $3 FOR UPDATE SKIP LOCKED
), ours AS (
  UPDATE message m SET claimed_until = $4 FROM next n WHERE m.id = n.id
  RETURNING m.id, m.order_id, m.seq, m.template, m.language, m.subject, m.body, m.sms, m.push, m.plan, m.useful_until, m.tries_before, m.recipient
)
SELECT m.*, CASE WHEN m.recipient = 'collector' THEN split_part(k.name, ' ', 1) ELSE c.first_name END AS first_name,
  coalesce(CASE WHEN m.recipient = 'collector' THEN k.phone ELSE c.phone END, '') AS phone,
  coalesce(CASE WHEN m.recipient = 'collector' THEN k.email ELSE coalesce(CASE WHEN m.template = 'withdrawal_received' THEN
    (SELECT r.reply_to FROM event e JOIN return_request r ON r.id::text = e.body->>'request' WHERE e.stream = m.order_id AND e.seq = m.seq) END,
    c.email) END, '') AS email,
  c.erased_at IS NOT NULL AS erased, m.recipient = 'collector' AND k.order_id IS NULL AS outdated,
  CASE WHEN m.recipient = 'collector' THEN coalesce(k.generation, 0) ELSE o.link_generation END AS link_generation,
  c.first_name || ' ' || left(c.last_name, 1) || '.' AS buyer,
  coalesce((SELECT jsonb_agg(jsonb_build_object('id', u.id, 'endpoint', u.endpoint, 'p256dh', u.p256dh, 'auth', u.auth) ORDER BY u.made_at)
    FROM push_subscription u WHERE u.order_id = m.order_id), '[]') AS browsers,
  coalesce((SELECT jsonb_object_agg(p.location, p.generation) FROM pickup_pass p WHERE p.order_id = m.order_id), '{}') AS passes,
  coalesce((SELECT jsonb_agg(jsonb_build_object('medium', t.medium, 'begun_at', t.begun_at, 'ended_at', t.ended_at, 'outcome', t.outcome,
    'code', t.code, 'receipt', t.receipt, 'not_before', t.not_before) ORDER BY t.n) FROM message_try t
    WHERE t.message = m.id AND (t.n > m.tries_before OR t.receipt IN ('delivered', 'seen'))), '[]') AS tries,
  (SELECT count(*)::int FROM message_try t WHERE t.message = m.id) AS made
FROM ours m JOIN sales_order o ON o.id = m.order_id JOIN customer c ON c.id = o.customer LEFT JOIN collector k ON k.order_id = m.order_id
"""


class DueMessage(msgspec.Struct):
    """A message whose time has come, with its marks, and what fills them in; `tries` of this round in their order, `made` counts all."""

    id: UUID
    order_id: UUID
    seq: int
    template: str
    language: str
    subject: str
    body: str
    plan: tuple[Medium, ...]
    useful_until: datetime
    first_name: str
    phone: str
    email: str
    erased: bool
    link_generation: int
    passes: dict[str, int]
    tries: tuple[Try, ...]
    made: int
    browsers: tuple[Subscription, ...] = ()
    recipient: Recipient = "customer"
    outdated: bool = False
    buyer: str = ""
    sms: str = ""
    push: str = ""


async def claim(pool: Pool, medium: Medium, now: datetime, limit: int, until: datetime) -> list[DueMessage]:
    """Lease up to `limit` messages that are due on a medium."""
    async with borrowed(pool) as connection:
        rows = await connection.fetch(_CLAIM, medium, now, limit, until)
    return [msgspec.convert(_decoded(dict(row)), DueMessage) for row in rows]


def _decoded(row: dict[str, Any]) -> dict[str, Any]:
    row["passes"] = msgspec.json.decode(row["passes"])
    row["browsers"] = msgspec.json.decode(row["browsers"])
    row["tries"] = msgspec.json.decode(row["tries"], type=tuple[Try, ...])
    return row


async def begin_try(pool: Pool, message: UUID, n: int, medium: Medium, provider: str, now: datetime) -> bool:
    """Keep that a try begins, before anybody is called; False when somebody else has begun it."""
    async with borrowed(pool) as connection:
        done = await connection.execute(
            "INSERT INTO message_try (message, n, medium, provider, begun_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            message, n, medium, provider, now,
        )  # fmt: skip
    return done == "INSERT 0 1"


async def end_try(pool: Pool, message: UUID, n: int, answer: Answer, now: datetime) -> tuple[Receipt | None, str]:
    """Keep what the provider said; (receipt, code) as they stand. A receipt that was quicker than the answer stays, with its reason."""
    async with borrowed(pool) as connection:
        row = await connection.fetchrow(
            "UPDATE message_try SET ended_at = $3, outcome = $4, code = coalesce(nullif($5, ''), code), provider_ref = $6, not_before = $7,"
            " receipt = coalesce(receipt, $8), receipt_at = CASE WHEN receipt IS NULL AND $8::text IS NOT NULL THEN $3 ELSE receipt_at END"
            " WHERE message = $1 AND n = $2 RETURNING receipt, code",
            message, n, now, answer.outcome, answer.code, answer.ref, not_before(answer, now), answer.receipt,
        )  # fmt: skip
    return (row["receipt"], row["code"]) if row else (answer.receipt, answer.code)


def not_before(answer: Answer, now: datetime) -> datetime | None:
    """When the provider wants to be asked again, where it said so."""
    return now + timedelta(seconds=answer.wait_seconds) if answer.wait_seconds else None


async def wait(pool: Pool, message: UUID, move: Wait, medium: Medium) -> None:
    """Nothing to do before a moment; `sent` once a provider has it."""
    async with borrowed(pool) as connection:
        await connection.execute(
            "UPDATE message SET status = CASE WHEN $4 THEN 'sent' ELSE status END, reason = NULL, medium = $3, next_at = $2, claimed_until = NULL"
            " WHERE id = $1 AND settled_at IS NULL",
            message, move.until, medium, move.sent,
        )  # fmt: skip


async def pass_on(pool: Pool, message: UUID, medium: Medium, now: datetime) -> None:
    """The message is another medium's now."""
    async with borrowed(pool) as connection:
        await connection.execute(
            "UPDATE message SET medium = $2, next_at = $3, claimed_until = NULL WHERE id = $1 AND settled_at IS NULL",
            message, medium, now,
        )  # fmt: skip


async def end(pool: Pool, message: UUID, move: End, now: datetime) -> None:
    """The message's last word."""
    async with borrowed(pool) as connection:
        await connection.execute(
            "UPDATE message SET status = $2, reason = nullif($3, ''), next_at = NULL, claimed_until = NULL, settled_at = $4"
            " WHERE id = $1 AND settled_at IS NULL",
            message, move.status, move.reason, now,
        )  # fmt: skip


async def suppress(pool: Pool, message: UUID, reason: str, now: datetime) -> None:
    """It is not sent any more, and why."""
    async with borrowed(pool) as connection:
        await connection.execute(
            "UPDATE message SET status = 'suppressed', reason = $2, next_at = NULL, claimed_until = NULL, settled_at = $3"
            " WHERE id = $1 AND settled_at IS NULL",
            message, reason, now,
        )  # fmt: skip


async def opened_by_customer(pool: Pool, order: UUID, now: datetime, whose: Recipient = "customer") -> None:
    """The customer, or whoever collects for them, has looked at the order's page: whatever it was that left, was on its way or seemed lost, they know now."""
    async with borrowed(pool) as connection:
        await connection.execute(
            "UPDATE message SET status = 'seen', reason = 'page_opened', next_at = NULL, claimed_until = NULL, settled_at = $2"
            " WHERE order_id = $1 AND recipient = $3 AND status IN ('sent', 'delivered', 'failed') AND template <> 'withdrawal_received'",
            order, now, whose,
        )  # fmt: skip


_BY_REF = "provider = $1 AND provider_ref = $2"
_BY_TRY = "message = $1 AND n = $2 AND medium = 'email'"


async def keep_receipt(pool: Pool, provider: str, ref: str, receipt: Receipt, code: str, now: datetime) -> bool:
    """What a provider tells later of one message; it is looked at again at once. False when no such message is known.

    Receipts come late, twice and in any order: `seen` outlives `delivered`, and nothing outlives `seen`.
    """
    return await _keep(pool, _BY_REF, (provider, ref), receipt, code, now)


async def keep_mail_receipt(pool: Pool, message: UUID, n: int, receipt: Receipt, code: str, now: datetime) -> bool:
    """The same for the n-th try of a mail, which its mark names: also before the server's answer is on file, or when it never came."""
    return await _keep(pool, _BY_TRY, (message, n), receipt, code, now)


async def _keep(pool: Pool, of: str, key: tuple[Any, Any], receipt: Receipt, code: str, now: datetime) -> bool:
    async with borrowed(pool) as connection, connection.transaction():
        row = await connection.fetchrow(
            "UPDATE message_try SET receipt = $3, receipt_at = $5, code = CASE WHEN $3 = 'failed' THEN $4 ELSE code END"
            f" WHERE {of} AND (receipt IS NULL OR receipt = 'failed' OR (receipt = 'delivered' AND $3 = 'seen')) RETURNING message",
            *key, receipt, code, now,
        )  # fmt: skip
        if row is None:
            return bool(await connection.fetchval(f"SELECT true FROM message_try WHERE {of}", *key))
        # A word that comes after the last one corrects it: what was red is delivered, what seemed delivered bounced. What a person
        # told the customer stays told.
        await connection.execute(
            "UPDATE message SET next_at = $2, settled_at = NULL, reason = NULL, status = 'sent'"
            " WHERE id = $1 AND settled_by IS NULL AND status IN ('due', 'sent', 'delivered', 'failed')",
            row["message"], now,
        )  # fmt: skip
    return True


async def keep_note(pool: Pool, message: UUID, n: int, note: str, now: datetime) -> None:
    """What is told of a mail and decides nothing yet. That it is held up outlives other notes: a day's silence then means no arrival,
    and where it was taken for one, the message is looked at again."""
    async with borrowed(pool) as connection:
        await connection.execute(
            "WITH noted AS (UPDATE message_try SET code = $3 WHERE message = $1 AND n = $2 AND medium = 'email' AND receipt IS NULL"
            "   AND code <> $3 AND (code = '' OR $3 = $4) AND coalesce(outcome, 'accepted') = 'accepted' RETURNING message)"
            " UPDATE message SET next_at = $5, settled_at = NULL, reason = NULL, status = 'sent' WHERE id IN (SELECT message FROM noted)"
            "   AND $3 = $4 AND status = 'delivered' AND reason = 'no_bounce' AND settled_by IS NULL",
            message, n, note, HELD_UP, now,
        )  # fmt: skip


async def order_of(pool: Pool, message: UUID) -> tuple[UUID, Recipient] | None:
    """The order that a message is about, and to whom it went."""
    async with borrowed(pool) as connection:
        row = await connection.fetchrow("SELECT order_id, recipient FROM message WHERE id = $1", message)
    return (row["order_id"], row["recipient"]) if row else None
