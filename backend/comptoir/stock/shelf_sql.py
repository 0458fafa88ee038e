"""Rows of shelf counts, and the counts that belong to them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import NotFound
from comptoir.kit.ids import new_id
from comptoir.stock.shelves import MOST_ARTICLES, ShelfCount

_SHELF = "id, location, aisle, bay, status, device, holder, taken_at, until, lease"


async def find(tx: Tx, shelf: UUID, actor: Actor) -> ShelfCount:
    """Read and lock one; NotFound `shelf_not_found` when it does not exist or is another store's."""
    row = await tx.row(
        f"SELECT {_SHELF} FROM shelf_count WHERE id = $1 AND ($2::text[] IS NULL OR location = ANY($2)) FOR NO KEY UPDATE",
        shelf, None if actor.locations is None else list(actor.locations),
    )  # fmt: skip
    if row is None:
        raise NotFound("shelf_not_found", shelf=str(shelf))
    return ShelfCount(**row)


async def list_open(tx: Tx, location: str) -> list[tuple[str, str]]:
    """(aisle, bay) of every shelf that is to be counted in a store."""
    rows = await tx.rows(
        "SELECT aisle, bay FROM shelf_count WHERE location = $1 AND status = 'open' LIMIT 1000", location
    )
    return [(row["aisle"], row["bay"]) for row in rows]


async def list_articles(tx: Tx, location: str, aisle: str, bay: str) -> list[str]:
    """SKUs whose place is on a shelf, one more than may be counted at once at most."""
    rows = await tx.rows(
        "SELECT h.sku FROM shelf_place h JOIN sku s ON s.sku = h.sku WHERE h.location = $1 AND h.aisle = $2 AND ($3 = '' OR h.bay = $3)"
        " AND NOT s.is_kit ORDER BY h.sku LIMIT $4",
        location, aisle, bay, MOST_ARTICLES + 1,
    )  # fmt: skip
    return [row["sku"] for row in rows]


async def insert(tx: Tx, shelf: ShelfCount, who: str) -> None:
    """A new one that nobody has yet."""
    await tx.run(
        "INSERT INTO shelf_count (id, location, aisle, bay, status, opened_at, opened_by) VALUES ($1, $2, $3, $4, 'open', $5, $6)",
        shelf.id, shelf.location, shelf.aisle, shelf.bay, tx.now, who,
    )  # fmt: skip


async def ask_all(tx: Tx, shelf: ShelfCount, skus: Sequence[str], who: str) -> None:
    """Ask for every article of the list; one that was asked for already joins it, one that waits for a decision stays out."""
    await tx.run(
        "INSERT INTO stock_count (id, location, sku, status, reason, asked_at, asked_by, shelf)"
        " SELECT t.id, $1, t.sku, 'asked', 'shelf', $2, $3, $4 FROM unnest($5::uuid[], $6::text[]) AS t (id, sku)"
        " ON CONFLICT (location, sku) WHERE status IN ('asked', 'submitted', 'recount')"
        " DO UPDATE SET shelf = excluded.shelf WHERE stock_count.status = 'asked' AND stock_count.shelf IS NULL",
        shelf.location, tx.now, who, shelf.id, [new_id() for _ in skus], list(skus),
    )  # fmt: skip


async def count_articles(tx: Tx, shelf: UUID) -> int:
    """How many counts belong to it."""
    found: int = await tx.value("SELECT count(*)::int FROM stock_count WHERE shelf = $1", shelf)
    return found


async def keep(tx: Tx, shelf: ShelfCount, who: str) -> None:
    """Write it as it stands; one that has ended is noted with its time and person, and no device has it."""
    over = shelf.status != "open"
    await tx.run(
        "UPDATE shelf_count SET status = $2, device = $3, holder = $4, taken_at = $5, until = $6, lease = $7, ended_at = $8, ended_by = $9 WHERE id = $1",
        shelf.id, shelf.status, *((None, None, shelf.taken_at, None) if over else (shelf.device, shelf.holder, shelf.taken_at, shelf.until)),
        shelf.lease, tx.now if over else None, who if over else None,
    )  # fmt: skip


async def lock_counts(tx: Tx, shelf: UUID) -> list[Any]:
    """Its counts that nobody has given a figure yet, locked: (id, sku), in SKU order."""
    return await tx.rows(
        "SELECT id, sku FROM stock_count WHERE shelf = $1 AND status = 'asked' ORDER BY sku LIMIT 1000 FOR NO KEY UPDATE",
        shelf,
    )


async def mark_unseen(tx: Tx, counts: Sequence[UUID]) -> None:
    """These were on the list, not seen, and whoever counted said so."""
    await tx.run("UPDATE stock_count SET unseen = true WHERE id = ANY($1::uuid[])", list(counts))


async def let_go(tx: Tx, shelf: UUID) -> None:
    """What nobody counted and nobody called missing is asked for by itself from now on."""
    await tx.run("UPDATE stock_count SET shelf = NULL WHERE shelf = $1 AND status = 'asked'", shelf)


async def cancel_asked(tx: Tx, shelf: UUID, who: str) -> None:
    """Its counts that nobody gave a figure are needed no more; those that a short or a person had asked for stay."""
    await tx.run(
        "UPDATE stock_count SET status = 'canceled', decided_at = $2, decided_by = $3 WHERE shelf = $1 AND status = 'asked' AND reason = 'shelf'",
        shelf, tx.now, who,
    )  # fmt: skip
    await let_go(tx, shelf)


async def join(tx: Tx, count: UUID, shelf: UUID) -> None:
    """An article that was seen and is on no list belongs to it too."""
    await tx.run("UPDATE stock_count SET shelf = $2 WHERE id = $1", count, shelf)


async def place_of(tx: Tx, sku: str, location: str) -> tuple[str, str] | None:
    """(aisle, bay) where an article has its place in a store."""
    row = await tx.row("SELECT aisle, bay FROM shelf_place WHERE location = $1 AND sku = $2", location, sku)
    return (row["aisle"], row["bay"]) if row else None


async def held_by_another(tx: Tx, count: UUID, device: UUID | None) -> bool:
    """Does this count, which has no figure yet, belong to an open shelf that another device has, or that was taken away from one?"""
    found: bool | None = await tx.value(
        "SELECT h.device IS DISTINCT FROM $2::uuid FROM stock_count k JOIN shelf_count h ON h.id = k.shelf WHERE k.id = $1 AND k.status = 'asked'"
        " AND h.status = 'open' AND h.lease > 0",
        count, device,
    )  # fmt: skip
    return bool(found)


async def shelf_of(tx: Tx, count: UUID) -> UUID | None:
    """The shelf count that a count belongs to."""
    found: UUID | None = await tx.value("SELECT shelf FROM stock_count WHERE id = $1", count)
    return found


async def case_open(tx: Tx, shelf: UUID) -> bool:
    """Does somebody know already that two devices counted it? One case is enough for all its articles."""
    found: bool = await tx.value(
        "SELECT EXISTS (SELECT FROM exception e JOIN shelf_count h ON h.location = e.location WHERE h.id = $1 AND e.kind = 'shelf_of_another'"
        " AND e.resolved_at IS NULL AND e.body->>'shelf' = h.id::text)",
        shelf,
    )  # fmt: skip
    return found
