"""What suppliers bring, as people see it: a place's list, one order with its lines, cartons and deliveries, and what differs."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound
from comptoir.receiving.lifecycle import AWAITED, PURCHASE, Status
from comptoir.receiving.model import DifferenceStatus, Kind

MOST = 100

_HEAD = """
SELECT p.id, p.number, p.location, d.name AS store, d.time_zone, p.supplier, p.expected_on, p.delivery_note, p.note, p.status, p.created_at, p.received_at, p.ended_at,
  (SELECT s.first_name FROM staff s WHERE s.id::text = p.created_by) AS created_by,
  coalesce(l.ordered, 0) AS ordered, coalesce(l.good, 0) AS good, coalesce(l.damaged, 0) AS damaged, coalesce(l.over, 0) AS over, coalesce(l.short, 0) AS short,
  coalesce(l.articles, 0) AS articles, (SELECT count(DISTINCT c.sscc)::int FROM asn a JOIN asn_carton c ON c.asn = a.id WHERE a.purchase = p.id) AS cartons,
  (SELECT count(*)::int FROM receiving_difference x WHERE x.purchase = p.id AND x.status IN ('open', 'claimed')) AS to_decide,
  EXISTS (SELECT FROM goods_receipt g WHERE g.purchase = p.id AND g.status = 'counting') AS counting{more}
FROM purchase p JOIN location d ON d.id = p.location
CROSS JOIN LATERAL (SELECT sum(ordered)::int AS ordered, sum(good)::int AS good, sum(damaged)::int AS damaged, sum(greatest(0, good + damaged - ordered))::int AS over,
  sum(greatest(0, ordered - good - damaged))::int AS short, count(*)::int AS articles FROM purchase_line WHERE purchase = p.id) l
"""
_REACHED = "($1::text[] IS NULL OR p.location = ANY($1))"
_LIST = _HEAD.format(more="")
_ONE = _HEAD.format(
    more=""",
  coalesce((SELECT r.blind FROM receiving_rule r WHERE r.location = p.location), false) AS blind,
  coalesce((SELECT jsonb_agg(jsonb_build_object('line', n.line, 'sku', n.sku, 'name', s.name, 'variant', s.variant, 'deciding', s.deciding, 'picture', s.picture,
      'ordered', n.ordered, 'good', n.good, 'damaged', n.damaged, 'blocked', s.blocked_reason IS NOT NULL, 'aisle', h.aisle, 'bay', h.bay, 'level', h.level,
      'codes', (SELECT coalesce(jsonb_agg(b.code ORDER BY b.code), '[]') FROM barcode b WHERE b.sku = n.sku),
      'photo', (SELECT f.id FROM goods_photo f WHERE f.purchase = p.id AND f.sku = n.sku)) ORDER BY n.line)
    FROM purchase_line n JOIN sku s ON s.sku = n.sku LEFT JOIN shelf_place h ON h.location = p.location AND h.sku = n.sku WHERE n.purchase = p.id), '[]') AS lines,
  coalesce((SELECT jsonb_agg(jsonb_build_object('sscc', c.sscc, 'asn', a.number, 'sku', c.sku, 'quantity', c.quantity,
      'counted', (SELECT coalesce(sum(e.units), 0) FROM goods_receipt_entry e WHERE e.purchase = p.id AND e.sscc = c.sscc AND e.sku = c.sku)) ORDER BY a.created_at, c.sscc, c.sku)
    FROM asn a JOIN asn_carton c ON c.asn = a.id WHERE a.purchase = p.id), '[]') AS contents,
  coalesce((SELECT jsonb_agg(jsonb_build_object('number', g.number, 'status', g.status, 'last', g.last, 'opened_at', g.opened_at, 'closed_at', g.closed_at,
      'by', (SELECT s.first_name FROM staff s WHERE s.id::text = g.closed_by),
      'good', (SELECT coalesce(sum(e.units), 0) FROM goods_receipt_entry e WHERE e.receipt = g.id AND NOT e.damaged),
      'damaged', (SELECT coalesce(sum(e.units), 0) FROM goods_receipt_entry e WHERE e.receipt = g.id AND e.damaged)) ORDER BY g.opened_at, g.number)
    FROM goods_receipt g WHERE g.purchase = p.id), '[]') AS receipts"""
)
_DIFFERENCES = """
SELECT x.id, x.purchase, p.number, p.supplier, x.location, d.name AS store, d.time_zone, x.kind, x.status, x.sku, s.name, s.variant, s.deciding, s.picture, x.code, x.units,
  x.made_at, x.decided_at, (SELECT t.first_name FROM staff t WHERE t.id::text = x.decided_by) AS decided_by, x.note,
  (SELECT f.id FROM goods_photo f WHERE f.purchase = x.purchase AND f.sku = x.sku AND x.kind = 'damaged') AS photo
FROM receiving_difference x JOIN purchase p ON p.id = x.purchase JOIN location d ON d.id = x.location LEFT JOIN sku s ON s.sku = x.sku
WHERE ($1::text[] IS NULL OR x.location = ANY($1)) AND {which} LIMIT $2
"""


class Head(msgspec.Struct, frozen=True):
    """A purchase order without its lines; every figure is the sum of its lines, in units. `short` is missing so far."""

    id: UUID
    number: str
    location: str
    store: str
    time_zone: str
    supplier: str
    status: Status
    created_at: datetime
    ordered: int
    good: int
    damaged: int
    over: int
    short: int
    articles: int
    cartons: int
    to_decide: int
    counting: bool
    """A delivery is being counted."""
    delivery_note: str = ""
    note: str = ""
    expected_on: date | None = None
    received_at: datetime | None = None
    ended_at: datetime | None = None
    created_by: str | None = None

    @property
    def actions(self) -> tuple[str, ...]:
        """What may be done next."""
        return tuple(action.value for action in PURCHASE.actions(self.status))

    def due(self, now: datetime) -> bool:
        """It is expected today or was before, by the place's own day, or has begun to come."""
        today = now.astimezone(ZoneInfo(self.time_zone)).date()
        return self.counting or (self.expected_on is not None and self.expected_on <= today)

    @property
    def came(self) -> int:
        """Units that were counted."""
        return self.good + self.damaged

    @property
    def place(self) -> str:
        """Where the next page begins."""
        return f"{self.created_at.isoformat().replace('+00:00', 'Z')}_{self.id}"


class LineView(msgspec.Struct, frozen=True):
    """One article of an order, with what a hand needs to know it and to put it away."""

    line: int
    sku: str
    name: str
    variant: str
    deciding: str
    picture: str
    ordered: int
    good: int
    damaged: int
    blocked: bool
    codes: list[str]
    aisle: str | None = None
    bay: str | None = None
    level: str | None = None
    photo: UUID | None = None

    @property
    def place(self) -> dict[str, str | None] | None:
        return {"aisle": self.aisle, "bay": self.bay, "level": self.level} if self.aisle else None

    @property
    def counted(self) -> int:
        return self.good + self.damaged

    @property
    def over(self) -> int:
        return max(0, self.counted - self.ordered)

    @property
    def short(self) -> int:
        return max(0, self.ordered - self.counted)


class Content(msgspec.Struct, frozen=True):
    """One article in one carton: announced, and counted out of it."""

    sscc: str
    asn: str
    sku: str
    quantity: int
    counted: int


class Delivery(msgspec.Struct, frozen=True):
    """One delivery of the order."""

    number: str
    status: str
    last: bool
    opened_at: datetime
    good: int
    damaged: int
    closed_at: datetime | None = None
    by: str | None = None


class PurchaseView(msgspec.Struct, frozen=True):
    """One purchase order, whole."""

    head: Head
    blind: bool
    lines: list[LineView]
    contents: list[Content]
    receipts: list[Delivery]

    @property
    def cartons(self) -> dict[str, list[Content]]:
        """The announced cartons by SSCC."""
        found: dict[str, list[Content]] = {}
        for content in self.contents:
            found.setdefault(content.sscc, []).append(content)
        return found


class DifferenceView(msgspec.Struct, frozen=True):
    """One difference, in what a person needs to decide."""

    id: UUID
    purchase: UUID
    number: str
    supplier: str
    location: str
    store: str
    time_zone: str
    kind: Kind
    status: DifferenceStatus
    units: int
    made_at: datetime
    note: str
    sku: str | None = None
    name: str | None = None
    variant: str | None = None
    deciding: str | None = None
    picture: str | None = None
    code: str | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    photo: UUID | None = None

    @property
    def place(self) -> str:
        """Where the next page begins."""
        return f"{self.made_at.isoformat().replace('+00:00', 'Z')}_{self.id}"


async def of_store(connection: Connection, location: str) -> list[Head]:
    """What a place waits for, what is due first on top, at most 100."""
    rows = await connection.fetch(
        f"{_LIST} WHERE p.location = $1 AND p.status IN ('open', 'receiving') ORDER BY p.expected_on NULLS LAST, p.created_at, p.id LIMIT 100",
        location,
    )
    return [_read(row, Head) for row in rows]


async def read_list(
    connection: Connection, actor: Actor, after: tuple[datetime, UUID] | None = None, limit: int = 50, *,
    status: Sequence[str] | None = None, location: str | None = None,
) -> list[Head]:  # fmt: skip
    """Purchase orders of the actor's places, newest first."""
    at, last = after if after is not None else (None, None)
    rows = await connection.fetch(
        f"{_LIST} WHERE {_REACHED} AND ($2::text[] IS NULL OR p.status = ANY($2)) AND ($3::text IS NULL OR p.location = $3)"
        " AND ($4::timestamptz IS NULL OR (p.created_at, p.id) < ($4, $5::uuid)) ORDER BY p.created_at DESC, p.id DESC LIMIT $6",
        places(actor), None if status is None else list(status), location, at, last, min(limit, MOST + 1),
    )  # fmt: skip
    return [_read(row, Head) for row in rows]


async def awaited(connection: Connection, actor: Actor, location: str | None = None) -> tuple[list[Head], int]:
    """What suppliers are to bring to the actor's places, what is due first on top, at most a hundred; and how much it is in all."""
    rows = await connection.fetch(
        f"{_LIST} WHERE {_REACHED} AND p.status = ANY($2::text[]) AND ($3::text IS NULL OR p.location = $3)"
        " ORDER BY p.status = 'open', p.expected_on NULLS LAST, p.created_at, p.id LIMIT $4",
        places(actor), list(AWAITED), location, MOST,
    )  # fmt: skip
    total: int = await connection.fetchval(
        f"SELECT count(*)::int FROM purchase p WHERE {_REACHED} AND p.status = ANY($2::text[]) AND ($3::text IS NULL OR p.location = $3)",
        places(actor), list(AWAITED), location,
    )  # fmt: skip
    return [_read(row, Head) for row in rows], total


async def one(connection: Connection, purchase: UUID, actor: Actor) -> PurchaseView:
    """An order with its lines, cartons and deliveries. NotFound `purchase_not_found`."""
    row = await connection.fetchrow(f"{_ONE} WHERE {_REACHED} AND p.id = $2", places(actor), purchase)
    if row is None:
        raise NotFound("purchase_not_found")
    plain = dict(row)
    parts = {name: plain.pop(name) for name in ("lines", "contents", "receipts")}
    blind = plain.pop("blind")
    return PurchaseView(
        msgspec.convert(plain, Head), blind, msgspec.json.decode(parts["lines"], type=list[LineView]),
        msgspec.json.decode(parts["contents"], type=list[Content]), msgspec.json.decode(parts["receipts"], type=list[Delivery]),
    )  # fmt: skip


async def find(connection: Connection, location: str, codes: list[str]) -> tuple[UUID, str] | None:
    """The order that a scanned text leads to at this place, and the carton that it names: an SSCC, a delivery note or an order's number.

    What is awaited comes before what has ended.
    """
    row = await connection.fetchrow(
        "SELECT p.id, coalesce((SELECT c.sscc FROM asn a JOIN asn_carton c ON c.asn = a.id WHERE a.purchase = p.id AND c.sscc = ANY($2::text[]) LIMIT 1), '') AS sscc"
        " FROM purchase p WHERE p.location = $1 AND (p.number = ANY($2::text[]) OR (p.delivery_note <> '' AND p.delivery_note = ANY($2::text[]))"
        " OR p.id IN (SELECT a.purchase FROM asn a JOIN asn_carton c ON c.asn = a.id WHERE c.sscc = ANY($2::text[])))"
        " ORDER BY p.status IN ('open', 'receiving') DESC, p.created_at DESC LIMIT 1",
        location, codes,
    )  # fmt: skip
    return (row["id"], row["sscc"]) if row else None


async def differences(
    connection: Connection, actor: Actor, *, purchase: UUID | None = None, decided: bool = False
) -> list[DifferenceView]:
    """What is to be decided about, and claims without an answer, oldest first; with `decided` the latest hundred that were."""
    which = "x.purchase = $3" if purchase else "$3::uuid IS NULL"
    which += (
        " AND x.status IN ('accepted', 'recount', 'settled') ORDER BY x.decided_at DESC, x.id"
        if decided and not purchase
        else " AND x.status <> 'gone' ORDER BY x.status <> 'open', x.made_at, x.kind, x.sku, x.id" if purchase
        else " AND x.status IN ('open', 'claimed') ORDER BY x.status <> 'open', x.made_at, x.kind, x.sku, x.id"
    )  # fmt: skip
    rows = await connection.fetch(_DIFFERENCES.format(which=which), places(actor), MOST, purchase)
    return [_read(row, DifferenceView) for row in rows]


async def list_differences(
    connection: Connection, actor: Actor, after: tuple[datetime, UUID] | None, limit: int, *, status: Sequence[str],
    location: str | None = None, purchase: UUID | None = None,
) -> list[DifferenceView]:  # fmt: skip
    """Differences in these states, in the order in which they were found."""
    at, last = after if after is not None else (None, None)
    which = (
        "x.status = ANY($3::text[]) AND ($4::text IS NULL OR x.location = $4) AND ($5::uuid IS NULL OR x.purchase = $5)"
        " AND ($6::timestamptz IS NULL OR (x.made_at, x.id) > ($6, $7::uuid)) ORDER BY x.made_at, x.id"
    )
    rows = await connection.fetch(
        _DIFFERENCES.format(which=which), places(actor), min(limit, MOST), list(status), location, purchase, at, last
    )
    return [_read(row, DifferenceView) for row in rows]


async def photo(connection: Connection, picture: UUID, actor: Actor) -> bytes | None:
    """A picture of what came damaged, to whoever reaches the place."""
    found: bytes | None = await connection.fetchval(
        "SELECT bytes FROM goods_photo WHERE id = $1 AND ($2::text[] IS NULL OR location = ANY($2))",
        picture,
        places(actor),
    )
    return found


async def blind_places(connection: Connection, actor: Actor) -> list[tuple[str, str, bool]]:
    """(id, name, counts blind) of the actor's places."""
    rows = await connection.fetch(
        "SELECT l.id, l.name, coalesce(r.blind, false) AS blind FROM location l LEFT JOIN receiving_rule r ON r.location = l.id"
        " WHERE ($1::text[] IS NULL OR l.id = ANY($1)) ORDER BY l.name LIMIT 500",
        places(actor),
    )  # fmt: skip
    return [(row[0], row[1], row[2]) for row in rows]


def places(actor: Actor) -> list[str] | None:
    """The actor's places as SQL takes them."""
    return None if actor.locations is None else list(actor.locations)


def _read(row: Any, kind: Any) -> Any:
    return msgspec.convert(dict(row), kind)
