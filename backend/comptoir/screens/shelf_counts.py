"""Counts of whole shelves as a manager sees them: which shelves there are and when they were counted, who counts which, and what came of one."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound

MOST: Final = 60
MOST_SHELVES: Final = 400
MOST_LINES: Final = 800

_READ: Final = """
SELECT h.id, h.location, l.name AS store, l.time_zone, h.aisle, h.bay, h.status, h.opened_at, h.until, h.ended_at, d.name AS device, t.first_name AS holder,
  e.first_name AS ended_by, (SELECT count(*)::int FROM stock_count k WHERE k.shelf = h.id) AS articles,
  (SELECT count(*)::int FROM stock_count k WHERE k.shelf = h.id AND k.status = 'asked') AS waiting
FROM (SELECT * FROM shelf_count WHERE ($1::text[] IS NULL OR location = ANY($1)) AND {which} LIMIT {limit}) h
JOIN location l ON l.id = h.location LEFT JOIN device d ON d.id = h.device LEFT JOIN staff t ON t.id::text = h.holder LEFT JOIN staff e ON e.id::text = h.ended_by
"""
_GOING_ON: Final = (
    _READ.format(which="true ORDER BY status = 'open' DESC, opened_at DESC, id", limit="$2")
    + "ORDER BY h.status = 'open' DESC, h.opened_at DESC, h.id"
)
_ONE: Final = _READ.format(which="id = $2", limit="1")
_PAGE: Final = (
    _READ.format(
        which="($2::text IS NULL OR location = $2) AND ($3::text IS NULL OR status = $3) AND ($4::timestamptz IS NULL OR (opened_at, id) < ($4, $5::uuid))"
        " ORDER BY opened_at DESC, id DESC",
        limit="$6",
    )
    + "ORDER BY h.opened_at DESC, h.id DESC"
)
_SHELVES: Final = """
SELECT h.aisle, h.bay, count(*)::int AS articles, min(v.counted_at) AS counted_at, count(*) FILTER (WHERE v.counted_at IS NULL AND v.on_hand <> 0)::int AS never
FROM shelf_place h LEFT JOIN stock_level v ON v.sku = h.sku AND v.location = h.location
WHERE h.location = $1 GROUP BY h.aisle, h.bay ORDER BY length(h.aisle), h.aisle, length(h.bay), h.bay LIMIT $2
"""
_LINES: Final = """
SELECT k.id, k.sku, s.name, s.variant, s.deciding, s.picture, k.status, k.counted, k.expected, k.unseen, k.reason = 'shelf_extra' AS extra, k.moved,
  s.price_minor, s.currency FROM stock_count k JOIN sku s ON s.sku = k.sku WHERE k.shelf = $1
ORDER BY abs(coalesce(k.counted, 0) - coalesce(k.expected, 0)) * s.price_minor DESC, s.name, s.sku LIMIT $2
"""


class Counting(msgspec.Struct, frozen=True):
    """One count of a shelf; `waiting` articles have no figure yet. Who has it on which device, until when; who ended it."""

    id: UUID
    location: str
    store: str
    time_zone: str
    aisle: str
    bay: str
    status: str
    opened_at: datetime
    until: datetime | None
    ended_at: datetime | None
    device: str | None
    holder: str | None
    ended_by: str | None
    articles: int
    waiting: int

    @property
    def place(self) -> str:
        """Where the next page begins."""
        return f"{self.opened_at.isoformat().replace('+00:00', 'Z')}_{self.id}"


class Shelf(msgspec.Struct, frozen=True):
    """One bay of a store: how many articles have their place there, the oldest count of any of them, how many never had one."""

    aisle: str
    bay: str
    articles: int
    counted_at: datetime | None
    never: int


class Line(msgspec.Struct, frozen=True):
    """One article of a shelf: counted, what the ledger said of that moment, and what became of it."""

    id: UUID
    sku: str
    name: str
    variant: str
    deciding: str
    picture: str
    status: str
    counted: int | None
    expected: int | None
    unseen: bool
    extra: bool
    moved: bool
    price_minor: int
    currency: str

    @property
    def difference(self) -> int:
        return 0 if self.counted is None or self.expected is None else self.counted - self.expected


async def read(connection: Connection, actor: Actor) -> list[Counting]:
    """Those that go on first, then the newest; of the actor's stores."""
    return [Counting(**row) for row in await connection.fetch(_GOING_ON, _places(actor), MOST)]


async def read_page(
    connection: Connection, actor: Actor, location: str | None, status: str | None, after: tuple[datetime, UUID] | None, limit: int
) -> list[Counting]:  # fmt: skip
    """Those of the actor's stores, of one of them and in one state if named, newest first, after this (opened at, id)."""
    at, last = after if after is not None else (None, None)
    rows = await connection.fetch(_PAGE, _places(actor), location, status, at, last, min(limit, MOST_LINES))
    return [Counting(**row) for row in rows]


async def read_one(connection: Connection, shelf: UUID, actor: Actor) -> tuple[Counting, list[Line]]:
    """One with its articles, the largest difference in money first. NotFound `shelf_not_found`."""
    rows = await connection.fetch(_ONE, _places(actor), shelf)
    if not rows:
        raise NotFound("shelf_not_found", shelf=str(shelf))
    return Counting(**rows[0]), [Line(**row) for row in await connection.fetch(_LINES, shelf, MOST_LINES)]


async def read_shelves(connection: Connection, location: str) -> list[Shelf]:
    """The bays of a store in walk order; the door has seen to it that the store is the actor's."""
    return [Shelf(**row) for row in await connection.fetch(_SHELVES, location, MOST_SHELVES)]


def _places(actor: Actor) -> list[str] | None:
    return None if actor.locations is None else list(actor.locations)
