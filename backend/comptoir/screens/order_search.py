"""Orders newest first for the people who look after them: by what they wait for, or by whatever somebody has of one. Keyset paging."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.codes import gtin14, parse
from comptoir.kit.db import Connection
from comptoir.orders.sql import STILL_NEEDED

MOST = 100
Filter = Literal["all", "held", "short", "untold", "to_pick", "ready", "canceled"]
FILTERS: tuple[Filter, ...] = ("all", "held", "short", "untold", "to_pick", "ready", "canceled")

# Each filter starts from the small index that knows it; without one the newest orders are walked.
_WHICH = {
    "all": "true",
    "held": "EXISTS (SELECT FROM order_hold h WHERE h.order_id = o.id AND h.released_at IS NULL)",
    "short": "EXISTS (SELECT FROM exception e WHERE e.order_id = o.id AND e.kind = 'short_choice' AND e.resolved_at IS NULL)",
    "untold": f"o.id IN (SELECT m.order_id FROM message m WHERE m.status = 'failed' AND {STILL_NEEDED.strip()})",
    "to_pick": "EXISTS (SELECT FROM work w WHERE w.order_id = o.id AND w.status IN ('open', 'accepted', 'picking', 'picked'))",
    "ready": "EXISTS (SELECT FROM work w WHERE w.order_id = o.id AND w.status = 'staged')",
    "canceled": "o.progress = 'canceled'",
}
NAMES: Final = 20_000
"""Customers of one name that are looked at, for who sees some places only; CROWD of them for who sees all."""
CROWD: Final = 1_000
DEEP: Final = 100
"""Promises of an article that are looked at in each place, the newest first."""
_UP_TO = "(plain_name($13) || chr(1114111))"
_LAST_FIRST, _FIRST_LAST = (
    "plain_name(c.last_name || ' ' || c.first_name)",
    "plain_name(c.first_name || ' ' || c.last_name)",
)
_MANY = f"CASE WHEN $3::text[] IS NULL THEN {CROWD} ELSE {NAMES} END"
# OFFSET 0 keeps the planner from reading all that a place ever did, only to look one order up in it.
_MINE = """($3::text[] IS NULL OR EXISTS (SELECT FROM work w WHERE w.order_id = o.id AND w.location = ANY($3) OFFSET 0)
    OR EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.location = ANY($3) OFFSET 0))"""

# Every way to an order is an index; what the words cannot be is NULL and finds nothing. `why` says which way it was.
_HITS = f"""
asked AS MATERIALIZED (SELECT s.sku, s.name FROM sku s WHERE s.sku = ANY($6::text[])
  UNION SELECT s.sku, s.name FROM barcode b JOIN sku s ON s.sku = b.sku WHERE b.code = ANY($6::text[])),
promised AS MATERIALIZED (SELECT a.sku AS asked, a.name, a.sku FROM asked a
  UNION SELECT a.sku, a.name, k.component FROM asked a JOIN kit_component k ON k.kit = a.sku),
hits AS MATERIALIZED (
  SELECT o.id, 1 AS rank, 'number' AS why, '' AS what FROM sales_order o WHERE o.number = ANY($5::text[])
  UNION ALL SELECT o.id, 2, 'external', o.external_number FROM sales_order o WHERE o.external_number = ANY($5::text[])
  UNION ALL SELECT d.order_id, 3, 'invoice', d.number FROM document d WHERE d.number = ANY($5::text[])
  UNION ALL SELECT t.order_id, 4, 'tracking', t.tracking_number FROM label_attempt t WHERE t.tracking_number = ANY($5::text[])
  UNION ALL SELECT t.order_id, 5, 'parcel', t.reference FROM label_attempt t WHERE t.reference = ANY($5::text[])
  UNION ALL SELECT p.order_id, 6, 'pass', '' FROM pickup_pass p WHERE p.qr_hash = $7
  UNION ALL SELECT p.order_id, 6, 'pass', '' FROM unnest($8::text[], $9::bytea[]) AS g (place, hash)
    JOIN pickup_pass p ON p.location = g.place AND p.letters_hash = g.hash
  UNION ALL SELECT w.order_id, 7, 'bag', b.tag FROM location l JOIN bag b ON b.location = l.id AND b.tag = ANY($10::text[]) AND b.gone_at IS NULL
    JOIN work w ON w.id = b.work WHERE $3::text[] IS NULL OR l.id = ANY($3)
  UNION ALL SELECT o.id, 8, 'phone', '' FROM customer c JOIN sales_order o ON o.customer = c.id WHERE phone_key(c.phone) = phone_key($11) AND c.phone IS NOT NULL
  UNION ALL SELECT a.order_id, 8, 'phone', '' FROM order_address a WHERE phone_key(a.phone) = phone_key($11) AND a.phone IS NOT NULL
  UNION ALL SELECT o.id, 9, 'email', '' FROM customer c JOIN sales_order o ON o.customer = c.id WHERE lower(c.email) = lower($12) AND c.email IS NOT NULL
  UNION ALL (SELECT o.id, 10, 'name', '' FROM (
      (SELECT c.id FROM customer c WHERE {_LAST_FIRST} ~>=~ plain_name($13) AND {_LAST_FIRST} ~<~ {_UP_TO} LIMIT {_MANY})
      UNION ALL (SELECT c.id FROM customer c WHERE {_FIRST_LAST} ~>=~ plain_name($13) AND {_FIRST_LAST} ~<~ {_UP_TO} LIMIT {_MANY})
    ) n JOIN sales_order o ON o.customer = n.id WHERE {_MINE} LIMIT {CROWD})
  UNION ALL (SELECT o.id, 11, 'collector', o.collector FROM sales_order o WHERE o.collector IS NOT NULL
    AND plain_name(o.collector) ~>=~ plain_name($13) AND plain_name(o.collector) ~<~ {_UP_TO} LIMIT {CROWD})
  UNION ALL SELECT m.order_id, 12, 'article', p.name FROM promised p CROSS JOIN location l CROSS JOIN LATERAL (
      SELECT v.order_id FROM stock_movement v WHERE v.sku = p.sku AND v.location = l.id AND v.fact = 'reserve' AND v.order_id IS NOT NULL
      ORDER BY v.happened_at DESC LIMIT {DEEP}) m
    WHERE ($3::text[] IS NULL OR l.id = ANY($3)) AND EXISTS (SELECT FROM order_line i WHERE i.order_id = m.order_id AND i.sku = p.asked
      UNION ALL SELECT FROM requirement q WHERE q.order_id = m.order_id AND q.sku = p.asked)
  UNION ALL SELECT h.order_id, 13, 'article', coalesce(nullif(i.title, ''), i.external_sku, '') FROM order_hold h JOIN order_line i ON i.order_id = h.order_id
    WHERE h.released_at IS NULL AND (i.sku IN (SELECT a.sku FROM asked a) OR i.external_sku = ANY($6::text[]))
),
best AS MATERIALIZED (SELECT DISTINCT ON (id) id, why, what FROM hits ORDER BY id, rank)"""
_SQL = """
{with}SELECT o.id, o.number, coalesce(ch.name, o.channel) AS channel, o.progress, o.received_at, o.currency, o.total_minor, c.first_name, c.last_name,
  ARRAY(SELECT h.reason FROM order_hold h WHERE h.order_id = o.id AND h.released_at IS NULL ORDER BY h.placed_at) AS held,
  EXISTS (SELECT FROM exception e WHERE e.order_id = o.id AND e.kind = 'short_choice' AND e.resolved_at IS NULL) AS short,
  ARRAY(SELECT DISTINCT p.name FROM work w JOIN location p ON p.id = w.location WHERE w.order_id = o.id ORDER BY p.name LIMIT 4) AS stores,
  ARRAY(SELECT DISTINCT w.status FROM work w WHERE w.order_id = o.id) AS statuses,
  (SELECT coalesce(sum(l.quantity - l.canceled), 0)::int FROM order_line l WHERE l.order_id = o.id) AS units, {why} AS why, {what} AS what
FROM {from} JOIN customer c ON c.id = o.customer LEFT JOIN channel ch ON ch.id = o.channel
WHERE ($1::timestamptz IS NULL OR (o.received_at, o.id) < ($1, $2)) AND {which} AND {mine}
ORDER BY o.received_at DESC, o.id DESC LIMIT $4
"""


class FoundOrder(msgspec.Struct, frozen=True):
    """One row of the list; `units` is what is still wanted."""

    id: UUID
    number: str
    channel: str
    progress: str
    received_at: datetime
    currency: str
    total_minor: int
    first_name: str
    last_name: str
    held: list[str]
    short: bool
    stores: list[str]
    statuses: list[str]
    units: int
    why: str = ""
    """By what it was found, where something was looked for: `number`, `name`, `phone` ...; `what` says it, where it helps."""
    what: str = ""

    @property
    def state(self) -> str:
        """What a person looks for first: held, short, ready, else how far the order is."""
        if self.held:
            return "held"
        if self.short:
            return "short"
        if "staged" in self.statuses and self.progress not in ("fulfilled", "closed", "canceled"):
            return "ready"
        return self.progress

    @property
    def place(self) -> str:
        """Where the next page begins."""
        return f"{self.received_at.isoformat().replace('+00:00', 'Z')}_{self.id}"


class Words(msgspec.Struct, frozen=True):
    """What somebody looks for, as each way of looking takes it; None where it cannot be that."""

    plain: str
    numbers: list[str] | None = None
    codes: list[str] | None = None
    qr_hash: bytes | None = None
    letters: Sequence[tuple[str, bytes]] = ()
    tags: list[str] | None = None
    phone: str | None = None
    email: str | None = None
    name: str | None = None


def understood(text: str) -> Words:
    """Words as a person types or a scanner reads them. A pass and its letters are the door's to add: they need the seal."""
    plain = " ".join(text.split())
    whole = plain.replace(" ", "")
    if not plain:
        return Words("")
    scanned = parse(plain)
    own = scanned.kind in ("bag", "work", "place", "badge", "pass")
    bare = scanned.code.partition(":")[2] if own else whole.lstrip("#")
    numbers = list(dict.fromkeys([plain, whole, whole.upper(), bare, bare.upper(), f"W-{bare.upper()}", f"#{bare}"]))
    digits = sum(char.isdigit() for char in plain)
    phone = plain if digits >= 8 and all(char.isdigit() or char in "+ ()./-" for char in plain) else None
    code = gtin14(whole)
    codes = [
        plain,
        plain.upper(),
        whole.upper(),
        *([code] if code else []),
        *([scanned.code] if scanned.kind == "gtin" else []),
    ]
    letters = any(char.isalpha() for char in plain) and not own
    return Words(
        plain, numbers, list(dict.fromkeys(codes)), None, (), [bare.upper()] if scanned.kind == "bag" or not own else None,
        phone, plain if "@" in plain else None, plain if letters and "@" not in plain else None,
    )  # fmt: skip


async def read(
    connection: Connection, actor: Actor, which: Filter, words: Words, after: tuple[datetime, UUID] | None, limit: int
) -> list[FoundOrder]:
    """Up to `limit` (at most 100) of the actor's orders that came before `after`."""
    at, last = after if after is not None else (None, None)
    mine = list(actor.locations) if actor.locations is not None else None
    sql = _SQL.replace("{which}", _WHICH[which]).replace("{mine}", _MINE)
    if not words.plain:
        sql = (
            sql.replace("{with}", "").replace("{why}", "''").replace("{what}", "''").replace("{from}", "sales_order o")
        )
        rows = await connection.fetch(sql, at, last, mine, min(limit, MOST))
    else:
        sql = sql.replace("{with}", f"WITH {_HITS}").replace("{why}", "b.why").replace("{what}", "b.what")
        rows = await connection.fetch(
            sql.replace("{from}", "best b JOIN sales_order o ON o.id = b.id"), at, last, mine, min(limit, MOST),
            words.numbers, words.codes, words.qr_hash, [place for place, _ in words.letters], [mark for _, mark in words.letters],
            words.tags, words.phone, words.email, words.name,
        )  # fmt: skip
    return [FoundOrder(*row) for row in rows]
