"""What a policy may name, for pickers and for words: places with their regions, channels, categories of articles."""

from typing import Final

import msgspec

from comptoir.kit.db import Connection

MOST: Final = 2_000


class Names(msgspec.Struct, frozen=True):
    """Pairs of (id, name), by name; categories are words of their own."""

    locations: tuple[tuple[str, str], ...]
    regions: tuple[tuple[str, str], ...]
    channels: tuple[tuple[str, str], ...]
    categories: tuple[str, ...]

    def name(self, id: str) -> str:
        """The name of a location or a region; what is not there any more under its id."""
        return dict(self.regions + self.locations).get(id, id)

    def channel(self, id: str) -> str:
        return dict(self.channels).get(id, id)


_READ: Final = """
SELECT
  (SELECT coalesce(jsonb_agg(jsonb_build_array(l.id, l.name) ORDER BY l.name, l.id), '[]') FROM (SELECT id, name FROM location LIMIT $1) l)::text AS locations,
  (SELECT coalesce(jsonb_agg(jsonb_build_array(r.id, r.name) ORDER BY r.name, r.id), '[]') FROM (SELECT id, name FROM region LIMIT $1) r)::text AS regions,
  (SELECT coalesce(jsonb_agg(jsonb_build_array(c.id, c.name) ORDER BY c.name, c.id), '[]') FROM (SELECT id, name FROM channel LIMIT $1) c)::text AS channels,
  ARRAY(SELECT DISTINCT category FROM sku WHERE category <> '' ORDER BY 1 LIMIT $1) AS categories
"""


async def read(connection: Connection) -> Names:
    """All of them, bounded."""
    row = await connection.fetchrow(_READ, MOST)
    assert row is not None
    locations, regions, channels = (
        msgspec.json.decode(row[part], type=tuple[tuple[str, str], ...])
        for part in ("locations", "regions", "channels")
    )
    return Names(locations, regions, channels, tuple(row["categories"]))
