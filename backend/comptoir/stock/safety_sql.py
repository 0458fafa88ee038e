"""Safety stock where it is read: resolved into the levels, a slice at a time, rows locked in (SKU, location) order."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from comptoir.kit.bulk import Bulk
from comptoir.kit.db import Connection, Tx
from comptoir.stock.ruling import ArticleMoved, SafetyEffect
from comptoir.stock.safety import KIND, Known, Line, Rules

Key = tuple[str, str]
FIRST: Final[Key] = ("", "")
SLICE: Final = 2_000
LONGEST: Final = timedelta(seconds=60)
"""Longer than any transaction that makes a level: whoever began before a version holds is looked at once more after this."""
RULES = Bulk(
    "safety_rule", number="int", sku="text", category="text", location="text", region="text", kind="text", units="int", weight="smallint",
)  # fmt: skip

IN_FORCE: Final = f"(SELECT number FROM policy WHERE kind = '{KIND}' AND active_from <= {{now}} ORDER BY active_from DESC, number DESC LIMIT 1)"
RULED: Final = (
    "coalesce((SELECT r.units FROM safety_rule r WHERE r.number = {number} AND r.sku IN ({sku}, '') AND r.category IN (coalesce({article}.category, ''), '')"
    " AND r.location IN ({place}.id, '') AND r.region IN (coalesce({place}.region, ''), '') AND r.kind IN ({place}.kind, '')"
    " ORDER BY r.weight DESC LIMIT 1), 0)"
)
"""What the lines of a version say of a row, where few rows are asked for; the same as `safety.ruled`."""

_WHAT: Final = (("''", "''"), ("''", "s.category"), ("l.sku", "''"))
_WHERE: Final = (
    ("''", "''", "''"),
    ("''", "''", "p.kind"),
    ("''", "p.region", "''"),
    ("''", "p.region", "p.kind"),
    ("p.id", "''", "''"),
)


def _joins() -> str:
    """One join for each weight that a line may have: of many rows each is found once, by equality."""
    return "\n".join(
        f"LEFT JOIN safety_rule r{5 * a + b} ON r{5 * a + b}.number = $1::int AND r{5 * a + b}.weight = {5 * a + b}"
        + "".join(
            f" AND r{5 * a + b}.{column} = {value}"
            for column, value in zip(("sku", "category", "location", "region", "kind"), what + where, strict=True)
        )
        for a, what in enumerate(_WHAT)
        for b, where in enumerate(_WHERE)
    )


JOINS: Final = _joins()
RULED_OF_MANY: Final = f"coalesce({', '.join(f'r{weight}.units' for weight in range(14, -1, -1))}, 0)"
"""The same for many rows `l` with their article `s` and place `p`, after `JOINS`: the line with the highest weight."""


async def in_force(connection: Connection, now: datetime) -> int:
    """The version that holds, 0 for none."""
    found: int | None = await connection.fetchval("SELECT " + IN_FORCE.format(now="$1::timestamptz"), now)
    return found or 0


async def begun_at(connection: Connection, number: int) -> datetime | None:
    """Since when a version holds."""
    at: datetime | None = await connection.fetchval(
        "SELECT active_from FROM policy WHERE kind = $1 AND number = $2", KIND, number
    )
    return at


async def put_lines(tx: Tx, number: int, rules: Rules) -> None:
    """The lines of a version, where levels are resolved from."""
    await RULES.insert(tx, [(number, *line.key, line.units, line.weight) for line in rules.lines])


async def known_names(connection: Connection, lines: Sequence[Line]) -> Known:
    """Which of the names in these lines there are."""
    row = await connection.fetchrow(
        "SELECT ARRAY(SELECT sku FROM sku WHERE sku = ANY($1::text[])) AS skus,"
        " ARRAY(SELECT DISTINCT category FROM sku WHERE category = ANY($2::text[])) AS categories,"
        " ARRAY(SELECT id FROM location WHERE id = ANY($3::text[])) AS locations, ARRAY(SELECT id FROM region WHERE id = ANY($4::text[])) AS regions",
        *([*{getattr(line, part) for line in lines}] for part in ("sku", "category", "location", "region")),
    )  # fmt: skip
    assert row is not None
    return Known(*(frozenset(row[part]) for part in ("skus", "categories", "locations", "regions")))


_ALIGN = f"""
WITH slice AS MATERIALIZED (SELECT l.sku, l.location FROM stock_level l {{of}}),
wanted AS MATERIALIZED (
  SELECT l.sku, l.location, {RULED_OF_MANY} AS ruled FROM slice l JOIN sku s ON s.sku = l.sku JOIN location p ON p.id = l.location
  {JOINS}),
held AS (
  SELECT l.sku, l.location, w.ruled FROM stock_level l JOIN wanted w ON w.sku = l.sku AND w.location = l.location
  WHERE l.safety_stock <> coalesce(l.safety_own, w.ruled) ORDER BY l.sku, l.location FOR NO KEY UPDATE OF l),
done AS (
  UPDATE stock_level l SET safety_stock = coalesce(l.safety_own, h.ruled) FROM held h WHERE l.sku = h.sku AND l.location = h.location RETURNING l.location)
SELECT (SELECT array_agg(DISTINCT location) FROM done) AS places, n.seen, e.sku, e.location
FROM (SELECT count(*)::int AS seen FROM slice) n LEFT JOIN (SELECT sku, location FROM slice ORDER BY sku DESC, location DESC LIMIT 1) e ON true
"""
_SLICE: Final = _ALIGN.format(of="WHERE (l.sku, l.location) > ($2, $3) ORDER BY l.sku, l.location LIMIT $4::int")
_SKUS: Final = _ALIGN.format(of="WHERE l.sku = ANY($2::text[])")
_KEYS: Final = _ALIGN.format(
    of="JOIN unnest($2::text[], $3::text[]) AS k (sku, location) ON k.sku = l.sku AND k.location = l.location"
)


class Walk(msgspec.Struct, frozen=True):
    """How far the levels are in line with a version; `settled`: all of them were, once. -1 is no version's number."""

    number: int
    sku: str
    location: str
    begun_at: datetime
    settled: bool


async def lock_walk(tx: Tx) -> Walk:
    """The one row, made where there is none; two who walk wait for each other."""
    await tx.run("INSERT INTO safety_walk (one, number, begun_at) VALUES (true, -1, $1) ON CONFLICT DO NOTHING", tx.now)
    row = await tx.row("SELECT number, sku, location, begun_at, settled FROM safety_walk FOR UPDATE")
    assert row is not None
    return Walk(**row)


async def is_settled(connection: Connection, number: int) -> bool:
    """Do all levels follow this version already? One that holds is walked through within seconds."""
    return number == 0 or bool(
        await connection.fetchval("SELECT settled FROM safety_walk WHERE number = $1 LIMIT 1", number)
    )


async def keep_walk(tx: Tx, walk: Walk) -> None:
    """How far it is now."""
    await tx.run(
        "UPDATE safety_walk SET number = $1, sku = $2, location = $3, begun_at = $4, settled = $5",
        walk.number, walk.sku, walk.location, walk.begun_at, walk.settled,
    )  # fmt: skip


async def walk_again(tx: Tx) -> None:
    """Places are of another region or kind: every level is looked at anew, soon."""
    await tx.run("UPDATE safety_walk SET number = -1, settled = false")


async def align(tx: Tx, number: int, after: Key, limit: int = SLICE) -> Key | None:
    """Bring the next levels after a key in line with a version; the last of them, None when there are no more."""
    row = await tx.row(_SLICE, number, *after, limit)
    assert row is not None
    tx.touched.update(row["places"] or ())
    return (row["sku"], row["location"]) if row["seen"] == limit else None


async def align_skus(tx: Tx, skus: Sequence[str]) -> None:
    """An article is of another category: its levels are brought in line at once."""
    row = await tx.row(_SKUS, await in_force(tx.connection, tx.now), list(skus))
    assert row is not None
    tx.touched.update(row["places"] or ())


async def set_own(tx: Tx, units: Mapping[Key, int | None]) -> None:
    """What rows keep back by themselves, whatever the rules say; None: the rules again. The rows are locked in order first."""
    if not units:
        return
    skus, places = [sku for sku, _ in sorted(units)], [place for _, place in sorted(units)]
    await tx.rows(
        "SELECT FROM stock_level l JOIN unnest($1::text[], $2::text[]) AS k (sku, location) ON k.sku = l.sku AND k.location = l.location"
        " ORDER BY l.sku, l.location FOR NO KEY UPDATE OF l",
        skus, places,
    )  # fmt: skip
    await tx.run(
        "UPDATE stock_level l SET safety_own = k.units FROM unnest($1::text[], $2::text[], $3::int[]) AS k (sku, location, units)"
        " WHERE l.sku = k.sku AND l.location = k.location AND l.safety_own IS DISTINCT FROM k.units",
        skus, places, [units[key] for key in sorted(units)],
    )  # fmt: skip
    await tx.row(_KEYS, await in_force(tx.connection, tx.now), skus, places)
    tx.touched.update(places)


_EFFECT: Final = f"""
WITH weighed AS MATERIALIZED (
  SELECT l.sku, l.location, l.on_hand - l.reserved AS loose, l.safety_stock AS was,
    coalesce(l.safety_own, {RULED_OF_MANY}) AS will,
    s.blocked_reason IS NOT NULL OR coalesce(l.no_promise_until > $2::timestamptz, false) AS waits
  FROM stock_level l JOIN sku s ON s.sku = l.sku JOIN location p ON p.id = l.location
  {JOINS}),
moved AS MATERIALIZED (
  SELECT sku, location, CASE WHEN waits THEN 0 ELSE greatest(0, loose - will) - greatest(0, loose - was) END AS units FROM weighed WHERE will <> was),
most AS (
  SELECT m.sku, coalesce(-sum(m.units) FILTER (WHERE m.units < 0), 0)::int AS stops, coalesce(sum(m.units) FILTER (WHERE m.units > 0), 0)::int AS starts,
    count(*)::int AS places FROM moved m GROUP BY m.sku HAVING sum(abs(m.units)) > 0 ORDER BY sum(abs(m.units)) DESC, m.sku LIMIT 10)
SELECT coalesce(-sum(units) FILTER (WHERE units < 0), 0)::int AS stops, coalesce(sum(units) FILTER (WHERE units > 0), 0)::int AS starts,
  count(*)::int AS levels, count(DISTINCT location)::int AS places,
  (SELECT count(DISTINCT w.order_id)::int FROM work w JOIN work_line n ON n.work = w.id JOIN moved m ON m.sku = n.sku AND m.location = w.location
    WHERE w.status IN ('open', 'accepted', 'picking', 'picked', 'staged', 'packed', 'labeled') AND n.reserved + n.picked + n.staged > 0) AS orders,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('sku', o.sku, 'name', trim(s.name || ' ' || s.deciding), 'stops', o.stops, 'starts', o.starts,
    'places', o.places) ORDER BY o.stops + o.starts DESC, o.sku), '[]') FROM most o JOIN sku s ON s.sku = o.sku)::text AS articles
FROM moved
"""


async def effect(tx: Tx, number: int) -> SafetyEffect:
    """What the lines of a version change against what the levels keep back now."""
    row: Any = await tx.row(_EFFECT, number, tx.now)
    told = dict(row) | {"articles": msgspec.json.decode(row["articles"], type=tuple[ArticleMoved, ...])}
    return SafetyEffect(**told)
