"""Where a device is, in words that it may show with no network."""

from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Pool, borrowed
from comptoir.kit.errors import NotFound

_SQL = """
SELECT l.id AS location, l.name AS location_name, l.time_zone, d.id AS device, d.name AS device_name
FROM device d JOIN location l ON l.id = d.location WHERE d.id = $1 AND ($2::text[] IS NULL OR l.id = ANY($2))
"""


class Place(msgspec.Struct, frozen=True):
    """A location as a device keeps it."""

    id: str
    name: str
    time_zone: str


class Named(msgspec.Struct, frozen=True):
    """A device and the name on its back."""

    id: UUID
    name: str


class Here(msgspec.Struct, frozen=True):
    """The device and where it belongs."""

    location: Place
    device: Named


async def read(pool: Pool, actor: Actor) -> Here:
    """The actor's device and its location."""
    async with borrowed(pool) as connection:
        row = await connection.fetchrow(_SQL, actor.device, actor.locations)
    if row is None:
        raise NotFound("location_not_found")
    place = Place(row["location"], row["location_name"], row["time_zone"])
    return Here(place, Named(row["device"], row["device_name"]))
