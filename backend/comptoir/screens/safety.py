"""What a page of safety stock shows beside its rules: articles by name, and how many rows have a figure of their own."""

from collections.abc import Sequence
from typing import Final

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection

SHOWN: Final = 200
"""Lines that a page shows; the file has all."""

_READ: Final = """
SELECT (SELECT coalesce(jsonb_object_agg(s.sku, trim(s.name || ' ' || s.deciding)), '{}') FROM sku s WHERE s.sku = ANY($1::text[]))::text AS articles,
  (SELECT count(*)::int FROM (SELECT FROM stock_level l WHERE l.safety_own IS NOT NULL AND ($2::text[] IS NULL OR l.location = ANY($2)) LIMIT $3) o) AS own
"""


class Beside(msgspec.Struct, frozen=True):
    """`articles`: SKU -> name; `own`: rows whose figure was set for them alone, counted up to `MOST_OWN`."""

    articles: dict[str, str]
    own: int

    def article(self, sku: str) -> str:
        """What it is called; one that is gone under its code."""
        return self.articles.get(sku, sku)


MOST_OWN: Final = 100_000


async def read(connection: Connection, skus: Sequence[str], actor: Actor) -> Beside:
    """Both at once."""
    places = None if actor.locations is None else list(actor.locations)
    row = await connection.fetchrow(_READ, list(dict.fromkeys(skus)), places, MOST_OWN)
    assert row is not None
    return Beside(msgspec.json.decode(row["articles"], type=dict[str, str]), row["own"])
