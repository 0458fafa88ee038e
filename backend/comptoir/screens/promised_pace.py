"""What each place's promises reckon with: its capacity, the pace that was learned there by part of the day, which of the two holds."""

from collections.abc import Sequence
from typing import Final

import msgspec

from comptoir.kit.db import Connection

MOST: Final = 2_000
_SQL: Final = """
SELECT l.id, l.name, l.capacity_per_hour AS capacity, l.promises_learned AS learned,
  ARRAY(SELECT (SELECT s.works_per_hour FROM store_pace s WHERE s.location = l.id AND s.part = p) FROM generate_series(0, 3) p) AS paces
FROM location l WHERE l.closed_at IS NULL AND ($1::text[] IS NULL OR l.id = ANY($1)) ORDER BY l.name, l.id LIMIT $2
"""


class PlacePace(msgspec.Struct, frozen=True):
    """One place: works in an hour by its capacity, and by what was learned in the morning, at midday, in the afternoon, in the evening
    (None: too few busy hours to know). `learned`: its promises reckon with these."""

    id: str
    name: str
    capacity: int
    learned: bool
    paces: list[float | None]

    @property
    def even(self) -> int | None:
        """Works in an hour, where all known parts of the day have about the same."""
        said = {round(pace) for pace in self.paces if pace is not None}
        return said.pop() if len(said) == 1 else None

    @property
    def known(self) -> bool:
        return any(pace is not None for pace in self.paces)


async def read(connection: Connection, locations: Sequence[str] | None) -> list[PlacePace]:
    """These places (None: all) by name."""
    rows = await connection.fetch(_SQL, None if locations is None else list(locations), MOST)
    return [PlacePace(**dict(row)) for row in rows]
