"""Articles that were missing: how many of them, out of how many that were looked for, in which store. Only `report_figure` is read."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection
from comptoir.reporting.queries import LIVE

FEW: Final = 5
"""An article that was looked for less often says nothing by its rate: by rate it comes last."""
_NAME: Final = "concat_ws(', ', k.name, nullif(k.variant, ''), nullif(k.deciding, ''))"
_ARTICLES: Final = f"""
WITH missing AS MATERIALIZED (SELECT f.key, sum(f.a)::bigint AS short FROM report_figure f
    WHERE f.build = {LIVE} AND f.grain = $1::char(1) AND f.measure = 'short_sku' AND f.location = ANY($2::text[]) AND f.day BETWEEN $3 AND $4 GROUP BY 1 HAVING sum(f.a) > 0),
found AS (SELECT f.key, sum(f.a)::bigint AS found FROM report_figure f
    WHERE f.build = {LIVE} AND f.grain = $1::char(1) AND f.measure = 'found_sku' AND f.key = ANY(ARRAY(SELECT key FROM missing)) AND f.location = ANY($2::text[]) AND f.day BETWEEN $3 AND $4 GROUP BY 1)
SELECT m.key, coalesce(nullif({_NAME}, ''), m.key), m.short, coalesce(n.found, 0), count(*) OVER () FROM missing m LEFT JOIN found n USING (key) LEFT JOIN sku k ON k.sku = m.key
ORDER BY CASE WHEN $5 AND m.short + coalesce(n.found, 0) >= {FEW} THEN m.short::float8 / (m.short + coalesce(n.found, 0)) END DESC NULLS LAST, m.short DESC, m.key LIMIT $6 OFFSET $7
"""
_STORES: Final = f"""
SELECT f.location, coalesce(sum(f.a) FILTER (WHERE f.measure = 'short_sku'), 0)::bigint, coalesce(sum(f.a) FILTER (WHERE f.measure = 'found_sku'), 0)::bigint FROM report_figure f
WHERE f.build = {LIVE} AND f.grain = $1::char(1) AND f.measure IN ('short_sku', 'found_sku') AND f.key = $2 AND f.location = ANY($3::text[]) AND f.day BETWEEN $4 AND $5 GROUP BY 1
"""


class Missed(msgspec.Struct, frozen=True):
    """Units that were missing and units that were found, of one article or of one article in one store."""

    key: str
    name: str
    short: int
    found: int

    @property
    def asked(self) -> int:
        return self.short + self.found

    @property
    def rate(self) -> float:
        """The part that was missing of what was looked for."""
        return self.short / self.asked if self.asked else 0.0


async def articles(
    connection: Connection, actor: Actor, grain: str, locations: Sequence[str], first: date, last: date, most: int, after: int = 0, *, by_rate: bool = False
) -> tuple[int, list[Missed]]:  # fmt: skip
    """(How many articles were missing at all, some of them): those most units of which were missing first, or by the rate."""
    mine = [one for one in locations if actor.reaches(one)]
    rows = await connection.fetch(_ARTICLES, grain, mine, first, last, by_rate, most, after)
    return (rows[0][4] if rows else 0), [Missed(*row[:4]) for row in rows]


async def stores_of(
    connection: Connection,
    actor: Actor,
    grain: str,
    sku: str,
    places: Sequence[tuple[str, str]],
    first: date,
    last: date,
) -> list[Missed]:
    """One article in each of these stores (id, name) that looked for it; where most were missing first."""
    names = {id: name for id, name in places if actor.reaches(id)}
    rows = await connection.fetch(_STORES, grain, sku, list(names), first, last)
    return sorted((Missed(id, names[id], short, found) for id, short, found in rows), key=lambda one: (-one.short, one.name))  # fmt: skip


async def name_of(connection: Connection, sku: str) -> str:
    """What the article is called; its code where nobody knows it."""
    found: str | None = await connection.fetchval(f"SELECT {_NAME} FROM sku k WHERE k.sku = $1", sku)
    return found or sku
