"""Levels against their ledger, and what is promised beyond what is there: a slice of all rows at a time, and what is known to be wrong again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from comptoir.kit.db import Tx

LEVELS: Final = 5_000
LINES: Final = 50_000
"""A slice ends after so many levels or so many ledger lines, whichever comes first: what one look reads does not grow with the network."""
MOVED: Final = 20_000
KNOWN: Final = 500

_SUMS: Final = (
    "coalesce(sum(on_hand), 0) AS on_hand, coalesce(sum(reserved), 0) AS reserved, coalesce(sum(set_aside), 0) AS set_aside,"
    " coalesce(sum(unsellable), 0) AS unsellable"
)
# A side without a row is at nought; (l) the level, (m) the ledger.
_FIGURES: Final = (
    "greatest(abs(coalesce(l.on_hand, 0) - coalesce(m.on_hand, 0)), abs(coalesce(l.reserved, 0) - coalesce(m.reserved, 0)),"
    " abs(coalesce(l.set_aside, 0) - coalesce(m.set_aside, 0)), abs(coalesce(l.unsellable, 0) - coalesce(m.unsellable, 0)))::int AS unlike,"
    " greatest(0, coalesce(l.reserved, 0) - coalesce(l.on_hand, 0)) AS over"
)
_EDGE: Final = """
SELECT sku, location FROM (
  (SELECT sku, location FROM stock_movement WHERE (sku, location) > ($1::text, $2::text) ORDER BY sku, location OFFSET $3 LIMIT 1)
  UNION ALL (SELECT sku, location FROM stock_level WHERE (sku, location) > ($1::text, $2::text) ORDER BY sku, location OFFSET $4 LIMIT 1)) e
ORDER BY sku, location LIMIT 1
"""
_AFTER: Final = "(sku, location) > ($1::text, $2::text)"
_UPTO: Final = "(sku, location) <= ($3::text, $4::text)"
_SLICE: Final = """
SELECT coalesce(l.sku, m.sku) AS sku, coalesce(l.location, m.location) AS location, {figures}
FROM (SELECT sku, location, on_hand, reserved, set_aside, unsellable FROM stock_level WHERE {where}) l
FULL JOIN (SELECT sku, location, {sums} FROM stock_movement WHERE {where} GROUP BY sku, location) m ON m.sku = l.sku AND m.location = l.location
"""
_KEYS: Final = f"""
SELECT k.sku, k.location, {_FIGURES} FROM unnest($1::text[], $2::text[]) AS k (sku, location)
LEFT JOIN stock_level l ON l.sku = k.sku AND l.location = k.location
CROSS JOIN LATERAL (SELECT {_SUMS} FROM stock_movement v WHERE v.sku = k.sku AND v.location = k.location) m
"""
_MOVED: Final = """
SELECT l.sku, l.location, l.reserved - l.on_hand AS over FROM (SELECT DISTINCT sku, location FROM stock_movement WHERE recorded_at > $1 LIMIT $2) k
JOIN stock_level l ON l.sku = k.sku AND l.location = k.location WHERE l.reserved > l.on_hand
"""

Edge = tuple[str, str]


async def begin(tx: Tx, name: str) -> tuple[Edge, datetime]:
    """Where the last slice ended, and when; this look's moment is kept."""
    await tx.run(
        "INSERT INTO stock_look (name, sku, location, looked_at) VALUES ($1, '', '', $2) ON CONFLICT DO NOTHING",
        name, tx.now,
    )  # fmt: skip
    row = await tx.row("SELECT sku, location, looked_at FROM stock_look WHERE name = $1 FOR UPDATE", name)
    assert row is not None
    return (row["sku"], row["location"]), row["looked_at"]


async def edge_of(tx: Tx, after: Edge, levels: int = LEVELS, lines: int = LINES) -> Edge | None:
    """The last row of the slice that begins after this one; None when it goes to the end."""
    row = await tx.row(_EDGE, *after, lines, levels)
    return (row["sku"], row["location"]) if row else None


async def look_at_slice(tx: Tx, after: Edge, edge: Edge | None) -> None:
    """What is wrong in a slice is on file, and what is right is not."""
    where = _AFTER if edge is None else f"{_AFTER} AND {_UPTO}"
    bounds = after if edge is None else (*after, *edge)
    said = _SLICE.format(figures=_FIGURES, sums=_SUMS, where=where)
    rows = await tx.rows(f"SELECT * FROM ({said}) x WHERE unlike > 0 OR over > 0", *bounds)
    await _keep(tx, rows)
    at = len(bounds) + 1
    await tx.run(f"DELETE FROM stock_fault WHERE {where} AND seen_at < ${at}", *bounds, tx.now)


async def look_at_known(tx: Tx) -> None:
    """Rows that were wrong are looked at again, those first that were not for longest."""
    known = await tx.rows(
        "SELECT kind, sku, location FROM stock_fault ORDER BY seen_at, kind, location, sku LIMIT $1", KNOWN
    )
    if not known:
        return
    skus, places = [row["sku"] for row in known], [row["location"] for row in known]
    await _keep(tx, await tx.rows(f"SELECT DISTINCT * FROM ({_KEYS}) x WHERE unlike > 0 OR over > 0", skus, places))
    await tx.run(
        "DELETE FROM stock_fault f USING unnest($1::text[], $2::text[], $3::text[]) AS k (kind, sku, location)"
        " WHERE f.kind = k.kind AND f.sku = k.sku AND f.location = k.location AND f.seen_at < $4",
        [row["kind"] for row in known], skus, places, tx.now,
    )  # fmt: skip


async def look_at_moved(tx: Tx, since: datetime) -> None:
    """What moved since then and is promised beyond what is there: nobody waits for its slice to come round."""
    rows = await tx.rows(_MOVED, since, MOVED)
    await _write(tx, "stock", [(row["sku"], row["location"], row["over"]) for row in rows])


async def end(tx: Tx, name: str, edge: Edge | None) -> None:
    """The next slice begins after this one's edge, or from the beginning."""
    sku, location = edge or ("", "")
    await tx.run(
        "UPDATE stock_look SET sku = $2, location = $3, looked_at = $4, round_at = CASE WHEN $5 THEN $4 ELSE round_at END WHERE name = $1",
        name, sku, location, tx.now, edge is None,
    )  # fmt: skip


async def _keep(tx: Tx, rows: Sequence[Any]) -> None:
    for kind, figure in (("ledger", "unlike"), ("stock", "over")):
        await _write(tx, kind, [(row["sku"], row["location"], row[figure]) for row in rows if row[figure] > 0])


async def _write(tx: Tx, kind: str, found: Sequence[tuple[str, str, int]]) -> None:
    if not found:
        return
    await tx.run(
        "INSERT INTO stock_fault (kind, sku, location, units, found_at, seen_at)"
        " SELECT $1, sku, location, units, $2, $2 FROM unnest($3::text[], $4::text[], $5::int[]) AS n (sku, location, units)"
        " ON CONFLICT (kind, location, sku) DO UPDATE SET units = excluded.units, seen_at = excluded.seen_at",
        kind, tx.now, [one[0] for one in found], [one[1] for one in found], [one[2] for one in found],
    )  # fmt: skip
