"""Reads of stock: what may be promised now, the levels of a store, the ledger of a row, what a code is there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound

MOST = 500
T = TypeVar("T")

_FREE = (
    "CASE WHEN {level}.no_promise_until > {now} OR {sku}.blocked_reason IS NOT NULL THEN 0"
    " ELSE greatest(0, {level}.on_hand - {level}.reserved - {level}.safety_stock) END"
)


class LevelView(msgspec.Struct, frozen=True):
    """One row of stock with what may be promised of it."""

    sku: str
    location: str
    on_hand: int
    reserved: int
    set_aside: int
    unsellable: int
    safety_stock: int
    available: int
    no_promise_until: datetime | None
    counted_at: datetime | None
    sold_at: datetime | None


class MovementView(msgspec.Struct, frozen=True):
    """One line of the ledger."""

    id: UUID
    fact: str
    on_hand: int
    reserved: int
    set_aside: int
    unsellable: int
    reason: str | None
    order_id: UUID | None
    work: UUID | None
    who: str
    happened_at: datetime
    recorded_at: datetime


class FoundArticle(msgspec.Struct, frozen=True):
    """What a scanned code is, and what this store has of it: for the scan screens."""

    sku: str
    name: str
    variant: str
    picture: str
    blocked_reason: str | None
    aisle: str | None
    bay: str | None
    level: str | None
    on_hand: int
    set_aside: int
    available: int
    counted_at: datetime | None
    sold_at: datetime | None
    open_count: UUID | None


class CountView(msgspec.Struct, frozen=True):
    """A count with the article's name: `expected` is what the ledger said of the moment of counting, `because` why the figure was believed."""

    id: UUID
    location: str
    sku: str
    name: str
    variant: str
    status: str
    reason: str
    asked_at: datetime
    counted: int | None
    expected: int | None
    counted_at: datetime | None
    moved: bool
    shelf: UUID | None
    because: str

    @property
    def place(self) -> str:
        """Where the next page begins."""
        return f"{self.asked_at.isoformat().replace('+00:00', 'Z')}_{self.id}"


class FigureView(msgspec.Struct, frozen=True):
    """What somebody counted once; `parts` are the units of each of several shelves, `seconds` how long it took."""

    quantity: int
    expected: int
    parts: list[int]
    seconds: int
    counted_at: datetime


async def find_free(connection: Connection, skus: Sequence[str], now: datetime) -> dict[str, dict[str, int]]:
    """Units that may be promised: SKU -> location -> units; a kit has as many as its scarcest part. One statement.

    A SKU that exists and lies nowhere has an empty dict; one that does not exist is left out.
    """
    plain = _FREE.format(level="l", sku="s", now="$2")
    rows = await connection.fetch(
        "SELECT a.sku, f.locations, f.units FROM sku a LEFT JOIN LATERAL ("
        " SELECT array_agg(x.location) AS locations, array_agg(x.units::int) AS units FROM ("
        f"  SELECT l.location, {plain} AS units FROM stock_level l JOIN sku s ON s.sku = l.sku"
        "   WHERE l.sku = a.sku AND NOT a.is_kit"
        "  UNION ALL SELECT l.location, CASE WHEN a.blocked_reason IS NULL AND count(*) ="
        f"   (SELECT count(*) FROM kit_component WHERE kit = a.sku) THEN min({plain} / k.quantity) ELSE 0 END"
        "   FROM kit_component k JOIN stock_level l ON l.sku = k.component JOIN sku s ON s.sku = k.component"
        "   WHERE a.is_kit AND k.kit = a.sku GROUP BY l.location) AS x) AS f ON true"
        " WHERE a.sku = ANY($1::text[])",
        list(skus), now,
    )  # fmt: skip
    return {row[0]: dict(zip(row[1] or (), row[2] or (), strict=True)) for row in rows}


async def find_free_here(
    connection: Connection, location: str, skus: Sequence[str], now: datetime
) -> list[tuple[str, int | None]]:
    """Units of each SKU that this location may promise, in the order asked; None for an unknown SKU. One statement."""
    plain, part = _FREE.format(level="l", sku="s", now="$3"), _FREE.format(level="pl", sku="ps", now="$3")
    rows = await connection.fetch(
        f"SELECT w.sku, CASE WHEN s.sku IS NULL THEN NULL WHEN NOT s.is_kit THEN coalesce({plain}, 0)"
        " WHEN s.blocked_reason IS NOT NULL THEN 0 ELSE coalesce((SELECT min(CASE WHEN pl.sku IS NULL THEN 0"
        f" ELSE {part} / k.quantity END) FROM kit_component k JOIN sku ps ON ps.sku = k.component"
        " LEFT JOIN stock_level pl ON pl.sku = k.component AND pl.location = $2 WHERE k.kit = w.sku), 0) END"
        " FROM unnest($1::text[]) WITH ORDINALITY AS w (sku, sort) LEFT JOIN sku s ON s.sku = w.sku"
        " LEFT JOIN stock_level l ON l.sku = w.sku AND l.location = $2 ORDER BY w.sort",
        list(skus), location, now,
    )  # fmt: skip
    return [(row[0], row[1]) for row in rows]


async def list_levels(
    connection: Connection, location: str, actor: Actor, after: str, limit: int, now: datetime
) -> list[LevelView]:
    """Levels of a location in SKU order after this SKU. NotFound `unknown_location` when it is not the actor's."""
    await check_reach(connection, location, actor)
    rows = await connection.fetch(
        "SELECT l.sku, l.location, l.on_hand, l.reserved, l.set_aside, l.unsellable, l.safety_stock,"
        f" {_FREE.format(level='l', sku='s', now='$4')} AS available, l.no_promise_until, l.counted_at, l.sold_at"
        " FROM stock_level l JOIN sku s ON s.sku = l.sku"
        " WHERE l.location = $1 AND l.sku > $2 ORDER BY l.sku LIMIT $3",
        location, after, min(limit, MOST), now,
    )  # fmt: skip
    return [_read(row, LevelView) for row in rows]


async def list_movements(
    connection: Connection, sku: str, location: str, actor: Actor, before: tuple[datetime, UUID] | None, limit: int
) -> list[MovementView]:
    """The ledger of one (SKU, location), what happened last first, before this (time, id)."""
    await check_reach(connection, location, actor)
    at, last = before if before is not None else (None, None)
    rows = await connection.fetch(
        "SELECT id, fact, on_hand, reserved, set_aside, unsellable, reason, order_id, work, who, happened_at, "
        "recorded_at"
        " FROM stock_movement WHERE sku = $1 AND location = $2"
        " AND ($3::timestamptz IS NULL OR (happened_at, id) < ($3, $4::uuid))"
        " ORDER BY happened_at DESC, id DESC LIMIT $5",
        sku, location, at, last, min(limit, MOST),
    )  # fmt: skip
    return [_read(row, MovementView) for row in rows]


async def find_article_here(
    connection: Connection, code: str, location: str, actor: Actor, now: datetime
) -> FoundArticle:
    """What a code (14 digits, as printed, or a SKU) is in this store. NotFound `unknown_location`, `unknown_code`."""
    await check_reach(connection, location, actor)
    row = await connection.fetchrow(
        "SELECT s.sku, s.name, s.variant, s.picture, s.blocked_reason, p.aisle, p.bay, p.level,"
        " coalesce(l.on_hand, 0) AS on_hand, coalesce(l.set_aside, 0) AS set_aside,"
        f" coalesce({_FREE.format(level='l', sku='s', now='$3')}, 0) AS available, l.counted_at, l.sold_at,"
        " (SELECT c.id FROM stock_count c WHERE c.location = $2 AND c.sku = s.sku"
        "  AND c.status IN ('asked', 'submitted', 'recount')) AS open_count"
        " FROM sku s LEFT JOIN stock_level l ON l.sku = s.sku AND l.location = $2"
        " LEFT JOIN shelf_place p ON p.sku = s.sku AND p.location = $2"
        " WHERE s.sku = coalesce((SELECT b.sku FROM barcode b WHERE b.code = $1), $1)",
        code, location, now,
    )  # fmt: skip
    if row is None:
        raise NotFound("unknown_code", scanned=code)
    return _read(row, FoundArticle)


_COUNTS = (
    "SELECT c.id, c.location, c.sku, coalesce(s.name, c.sku) AS name, coalesce(s.variant, '') AS variant, c.status, c.reason, c.asked_at, c.counted, c.expected,"
    " c.counted_at, c.moved, c.shelf, c.decided_because AS because FROM stock_count c LEFT JOIN sku s ON s.sku = c.sku"
)


async def list_counts(
    connection: Connection, location: str, actor: Actor, statuses: Sequence[str], after: tuple[datetime, UUID] | None, limit: int
) -> list[CountView]:  # fmt: skip
    """Counts of a location in these states, oldest first, after this (asked at, id). NotFound `unknown_location`."""
    await check_reach(connection, location, actor)
    at, last = after if after is not None else (None, None)
    rows = await connection.fetch(
        f"{_COUNTS} WHERE c.location = $1 AND c.status = ANY($2::text[]) AND ($3::timestamptz IS NULL OR (c.asked_at, c.id) > ($3, $4::uuid))"
        " ORDER BY c.asked_at, c.id LIMIT $5",
        location, list(statuses), at, last, min(limit, MOST),
    )  # fmt: skip
    return [_read(row, CountView) for row in rows]


async def find_count(connection: Connection, count: UUID, actor: Actor) -> tuple[CountView, list[FigureView]]:
    """One count with what was counted, in the order in which it was told. NotFound `count_not_found`, also for one of other places."""
    places = None if actor.locations is None else list(actor.locations)
    row = await connection.fetchrow(
        f"{_COUNTS} WHERE c.id = $1 AND ($2::text[] IS NULL OR c.location = ANY($2))", count, places
    )
    if row is None:
        raise NotFound("count_not_found", count=str(count))
    figures = await connection.fetch(
        "SELECT quantity, expected, parts, seconds, counted_at FROM stock_count_figure WHERE count_id = $1 ORDER BY recorded_at, id LIMIT 50",
        count,
    )
    return _read(row, CountView), [_read(figure, FigureView) for figure in figures]


async def check_reach(connection: Connection, location: str, actor: Actor) -> None:
    """NotFound `unknown_location` when it does not exist or is not the actor's: the two are not told apart."""
    known = actor.reaches(location) and await connection.fetchval("SELECT true FROM location WHERE id = $1", location)
    if not known:
        raise NotFound("unknown_location", location=location)


def _read(row: Any, kind: type[T]) -> T:
    return msgspec.convert(dict(row), kind)
