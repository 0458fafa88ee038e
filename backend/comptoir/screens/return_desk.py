"""The returns desk: whose goods came back, found by anything that somebody brings; what of an order may come back; what is under way here.

What a customer holds in the hand (a number, an invoice, a label, a pass) finds any order of the house; a name or an article finds
orders of this store alone. Of another store's customer the desk reads a first name and an initial.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.fulfillment.offline_counter import short_name
from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound

MOST: Final = 30
LATELY: Final = timedelta(days=60)
"""How far back a name or an article looks."""

_REACHED = "n.handed_over + n.delivered + CASE k.kind WHEN 'ship' THEN n.in_transit ELSE 0 END"
"""A carrier may never say that a parcel arrived."""
_GONE = (
    f"(SELECT coalesce(sum({_REACHED}), 0)::int FROM work_line n JOIN work k ON k.id = n.work WHERE n.order_id = o.id)"
)
_BACK = (
    "(SELECT count(*)::int FROM rma_unit u JOIN rma r ON r.id = u.rma WHERE u.order_id = o.id"
    " AND u.state IN ('expected', 'here', 'placed', 'gone', 'lost') AND r.status NOT IN ('declined', 'canceled'))"
)
_HERE = "EXISTS (SELECT FROM work w WHERE w.order_id = o.id AND w.location = $1)"
_LAST = "(SELECT max(coalesce(w.handed_over_at, w.told_at, w.created_at)) FROM work w WHERE w.order_id = o.id)"
_LAST_FIRST = "plain_name(c.last_name || ' ' || c.first_name)"
_FIRST_LAST = "plain_name(c.first_name || ' ' || c.last_name)"
_UP_TO = "(plain_name($10) || chr(1114111))"
_LATELY_HERE = "SELECT FROM work w WHERE w.order_id = o.id AND w.location = $1 AND w.created_at > $11"
# Every way to an order is an index; what the words cannot be is NULL and finds nothing.
_FOUND = f"""
WITH articles AS MATERIALIZED (SELECT s.sku FROM sku s WHERE s.sku = ANY($4::text[]) UNION SELECT b.sku FROM barcode b WHERE b.code = ANY($4::text[])),
hits AS MATERIALIZED (
  SELECT o.id, 1 AS rank, 'number' AS why FROM sales_order o WHERE o.number = ANY($2::text[])
  UNION ALL SELECT o.id, 2, 'number' FROM sales_order o WHERE o.external_number = ANY($2::text[])
  UNION ALL SELECT d.order_id, 3, 'invoice' FROM document d WHERE d.number = ANY($2::text[])
  UNION ALL SELECT t.order_id, 4, 'parcel' FROM label_attempt t WHERE t.tracking_number = ANY($2::text[])
  UNION ALL SELECT t.order_id, 4, 'parcel' FROM label_attempt t WHERE t.reference = ANY($2::text[])
  UNION ALL SELECT p.order_id, 5, 'pass' FROM pickup_pass p WHERE p.qr_hash = $3
  UNION ALL SELECT p.order_id, 5, 'pass' FROM pickup_pass p WHERE p.location = $1 AND p.letters_hash = $5
  UNION ALL SELECT w.order_id, 6, 'number' FROM work w WHERE w.id = $6
  UNION ALL SELECT o.id, 7, 'number' FROM sales_order o WHERE o.link_hash = $7
  UNION ALL SELECT o.id, 8, 'phone' FROM customer c JOIN sales_order o ON o.customer = c.id WHERE phone_key(c.phone) = phone_key($8) AND c.phone IS NOT NULL
  UNION ALL SELECT o.id, 9, 'email' FROM customer c JOIN sales_order o ON o.customer = c.id WHERE lower(c.email) = lower($9) AND c.email IS NOT NULL
  UNION ALL (SELECT o.id, 10, 'name' FROM (
      (SELECT c.id FROM customer c WHERE {_LAST_FIRST} ~>=~ plain_name($10) AND {_LAST_FIRST} ~<~ {_UP_TO} LIMIT 1000)
      UNION ALL (SELECT c.id FROM customer c WHERE {_FIRST_LAST} ~>=~ plain_name($10) AND {_FIRST_LAST} ~<~ {_UP_TO} LIMIT 1000)
    ) n JOIN sales_order o ON o.customer = n.id WHERE EXISTS ({_LATELY_HERE}) LIMIT {MOST})
  UNION ALL (SELECT m.order_id, 11, 'article' FROM articles a CROSS JOIN LATERAL (SELECT DISTINCT v.order_id FROM stock_movement v
      WHERE v.sku = a.sku AND v.location = $1 AND v.fact IN ('hand_over', 'carrier_took') AND v.happened_at > $11 AND v.order_id IS NOT NULL LIMIT 200) m)
),
best AS MATERIALIZED (SELECT DISTINCT ON (id) id, why FROM hits ORDER BY id, rank)
SELECT * FROM (
  SELECT o.id, o.number, c.first_name, c.last_name, o.collector, o.placed_at, {_LAST} AS last_at, {_GONE} AS gone, {_BACK} AS back, b.why, {_HERE} AS here
  FROM best b JOIN sales_order o ON o.id = b.id JOIN customer c ON c.id = o.customer
) x ORDER BY (x.gone > x.back) DESC, x.last_at DESC NULLS LAST, x.id DESC LIMIT {MOST}
"""


class Words(msgspec.Struct, frozen=True):
    """What somebody looks for, as each way of looking takes it; None where it cannot be that."""

    numbers: list[str] | None = None
    qr_hash: bytes | None = None
    articles: list[str] | None = None
    letters_hash: bytes | None = None
    work: UUID | None = None
    link_hash: bytes | None = None
    phone: str | None = None
    email: str | None = None
    name: str | None = None


class Found(msgspec.Struct, frozen=True):
    """An order that goods may come back from: `left` units are with the customer."""

    order: UUID
    number: str
    name: str
    placed_at: datetime
    last_at: datetime | None
    left: int
    back: int
    why: str


async def find(connection: Connection, location: str, words: Words, now: datetime) -> list[Found]:
    """Up to 30 orders: those with goods that may come back before the others, the latest first."""
    rows = await connection.fetch(
        _FOUND, location, words.numbers, words.qr_hash, words.articles, words.letters_hash, words.work, words.link_hash,
        words.phone, words.email, words.name, now - LATELY,
    )  # fmt: skip
    return [
        Found(
            row["id"], row["number"], named(row["first_name"], row["last_name"], here=row["here"]), row["placed_at"],
            row["last_at"], row["gone"] - row["back"], row["back"], row["why"],
        )
        for row in rows
    ]  # fmt: skip


def named(first: str, last: str, *, here: bool) -> str:
    """A customer's name as this desk may read it."""
    whole = f"{first} {last}".strip()
    return whole if here else short_name(whole)


_ORDER = f"""
SELECT o.id AS order, o.number, o.currency, c.first_name, c.last_name, {_HERE.replace("$1", "$2")} AS here, o.placed_at, o.channel, o.language, o.shipping_minor,
  l.time_zone,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('line', r.line, 'part', r.part, 'sku', r.sku, 'ordered', r.quantity, 'share_minor', r.share_minor,
      'name', s.name, 'variant', s.variant, 'deciding', s.deciding, 'picture', s.picture, 'style', s.style, 'blocked', s.blocked_reason,
      'title', i.title, 'kit', i.sku <> r.sku, 'of_kit', r.quantity / i.quantity,
      'kit_codes', CASE WHEN i.sku <> r.sku THEN ARRAY(SELECT b.code FROM barcode b WHERE b.sku = i.sku ORDER BY b.code) || i.sku ELSE ARRAY[]::text[] END,
      'total_minor', i.total_minor, 'category', s.category,
      'vat_beside_minor', CASE WHEN o.total_minor = o.goods_minor - o.discount_minor + o.shipping_minor THEN 0 ELSE i.vat_minor END,
      'gone', (SELECT coalesce(sum({_REACHED}), 0) FROM work_line n JOIN work k ON k.id = n.work
        WHERE n.order_id = o.id AND n.order_line = r.line AND n.part = r.part),
      'taken', ARRAY(SELECT u.nth FROM rma_unit u WHERE u.order_id = o.id AND u.line = r.line AND u.part = r.part
        AND u.state IN ('expected', 'here', 'placed', 'gone', 'lost') ORDER BY u.nth),
      'place', (SELECT concat_ws(' ', h.aisle, h.bay, h.level) FROM shelf_place h WHERE h.location = $2 AND h.sku = r.sku),
      'codes', ARRAY(SELECT b.code FROM barcode b WHERE b.sku = r.sku ORDER BY b.code)) ORDER BY r.line, r.part), '[]')
    FROM requirement r JOIN order_line i ON i.order_id = r.order_id AND i.line = r.line JOIN sku s ON s.sku = r.sku WHERE r.order_id = o.id) AS lines,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('id', x.id, 'number', x.number, 'status', x.status, 'opened_at', x.opened_at, 'origin', x.origin,
      'units', (SELECT count(*) FROM rma_unit u WHERE u.rma = x.id)) ORDER BY x.opened_at), '[]') FROM rma x WHERE x.order_id = o.id) AS returns
FROM sales_order o JOIN customer c ON c.id = o.customer JOIN location l ON l.id = $2 WHERE o.id = $1
"""


class Line(msgspec.Struct, frozen=True):
    """One article of an order, or one part of a kit: how many reached the customer; `taken`: which of them are back or announced."""

    line: int
    part: int
    sku: str
    ordered: int
    share_minor: int
    name: str
    variant: str
    deciding: str
    picture: str
    style: str
    title: str
    kit: bool
    total_minor: int
    category: str
    vat_beside_minor: int
    gone: int
    taken: list[int]
    codes: list[str]
    kit_codes: list[str] = []
    """Of the kit that it is a part of: its scan stands for all its parts."""
    of_kit: int = 1
    blocked: str | None = None
    place: str | None = None

    @property
    def left(self) -> int:
        """Units that may still come back."""
        return max(0, self.gone - len(self.taken))


class Earlier(msgspec.Struct, frozen=True):
    """A return of the same order."""

    id: UUID
    number: str
    status: str
    opened_at: datetime
    origin: str
    units: int


class Order(msgspec.Struct, frozen=True):
    """An order as the returns desk looks at it."""

    order: UUID
    number: str
    currency: str
    name: str
    first_name: str
    placed_at: datetime
    channel: str
    language: str
    shipping_minor: int
    time_zone: str
    lines: list[Line]
    returns: list[Earlier]

    @property
    def left(self) -> int:
        return sum(line.left for line in self.lines)


async def read_order(connection: Connection, order: UUID, location: str) -> Order:
    """The order with what may come back; NotFound `order_not_found`."""
    row = await connection.fetchrow(_ORDER, order, location)
    if row is None:
        raise NotFound("order_not_found")
    told: dict[str, Any] = dict(row)
    name = named(told.pop("first_name"), told.pop("last_name"), here=told.pop("here"))
    read = {key: msgspec.json.decode(value) if key in ("lines", "returns") else value for key, value in told.items()}
    return msgspec.convert(read | {"name": name, "first_name": name.split(" ")[0]}, Order)


_DESK = """
SELECT r.id, r.number, r.status, r.opened_at, r.origin, o.number AS order_number, c.first_name, c.last_name,
  (SELECT count(*)::int FROM rma_unit u WHERE u.rma = r.id AND u.state <> 'canceled') AS units
FROM rma r LEFT JOIN sales_order o ON o.id = r.order_id LEFT JOIN customer c ON c.id = o.customer
WHERE r.location = $1 AND r.status IN ('requested', 'received', 'inspected') ORDER BY r.status = 'requested', r.opened_at LIMIT 50
"""
_AWAY = "SELECT count(*)::int FROM rma_unit u WHERE u.location = $1 AND u.state = 'here' AND u.disposition IS NOT NULL"


class Open(msgspec.Struct, frozen=True):
    """A return that somebody here has still to do with."""

    id: UUID
    number: str
    status: str
    opened_at: datetime
    origin: str
    order_number: str | None
    name: str
    units: int


class Desk(msgspec.Struct, frozen=True):
    """What is under way at this store's desk; `away`: units that wait to be put where they belong."""

    open: list[Open]
    away: int

    @property
    def announced(self) -> list[Open]:
        return [one for one in self.open if one.status == "requested"]

    @property
    def begun(self) -> list[Open]:
        """Goods that are here, and nothing is settled yet."""
        return [one for one in self.open if one.status != "requested"]


async def read_desk(connection: Connection, location: str) -> Desk:
    """Announced and unfinished returns of this store, and how much is to be put away."""
    rows = await connection.fetch(_DESK, location)
    away = await connection.fetchval(_AWAY, location)
    return Desk(
        [
            Open(
                row["id"], row["number"], row["status"], row["opened_at"], row["origin"], row["order_number"],
                f"{row['first_name'] or ''} {row['last_name'] or ''}".strip(), row["units"],
            )
            for row in rows
        ],
        away or 0,
    )  # fmt: skip


_TO_PUT_AWAY = """
SELECT u.rma, u.n, r.number, u.sku, s.name, s.variant, s.deciding, s.picture, u.condition, u.disposition, s.blocked_reason AS blocked,
  concat_ws(' ', h.aisle, h.bay, h.level) AS place, ARRAY(SELECT b.code FROM barcode b WHERE b.sku = u.sku ORDER BY b.code) AS codes
FROM rma_unit u JOIN rma r ON r.id = u.rma JOIN sku s ON s.sku = u.sku LEFT JOIN shelf_place h ON h.location = u.location AND h.sku = u.sku
WHERE u.location = $1 AND u.state = 'here' AND u.disposition IS NOT NULL AND ($2::uuid IS NULL OR u.rma = $2)
ORDER BY u.disposition <> 'shelf', h.aisle NULLS LAST, h.bay, h.level, u.rma, u.n LIMIT 200
"""


class Away(msgspec.Struct, frozen=True):
    """One unit that came back and is to be put where it belongs."""

    rma: UUID
    n: int
    number: str
    sku: str
    name: str
    variant: str
    deciding: str
    picture: str
    condition: str | None
    disposition: str
    blocked: str | None
    place: str
    codes: list[str]

    @property
    def key(self) -> str:
        return f"{self.rma}-{self.n}"

    @property
    def on_shelf(self) -> bool:
        """It may be sold again."""
        return self.disposition == "shelf" and not self.blocked


async def to_put_away(connection: Connection, location: str, rma: UUID | None = None) -> list[Away]:
    """Units to put away in walk order, of one return or of the whole store."""
    return [Away(*row) for row in await connection.fetch(_TO_PUT_AWAY, location, rma)]


async def rma_of(connection: Connection, location: str, numbers: Sequence[str]) -> UUID | None:
    """The return of a number that a customer says or shows, or of our label on the parcel, at whatever store it was announced."""
    found: UUID | None = await connection.fetchval(
        "SELECT id FROM rma WHERE (number = ANY($1::text[]) OR id = (SELECT rma FROM return_label WHERE tracking_number = ANY($1::text[])"
        " ORDER BY intended_at DESC LIMIT 1)) AND (location IS NULL OR location = $2 OR status = 'requested') LIMIT 1",
        list(numbers), location,
    )  # fmt: skip
    return found


_USED = (
    "SELECT u.reason FROM (SELECT x.reason FROM rma_unit x WHERE x.state IN ('here', 'placed', 'gone') ORDER BY x.rma DESC LIMIT 1000) u"
    " GROUP BY u.reason ORDER BY count(*) DESC, u.reason LIMIT 100"
)


async def most_used(connection: Connection) -> list[str]:
    """Codes of reasons of the thousand units that came back last, the most frequent first."""
    return [row["reason"] for row in await connection.fetch(_USED)]
