"""Who holds this handheld, and in which store: the two names and the time zone that a page puts around its work."""

from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection


class SignedIn(msgspec.Struct, frozen=True):
    """A person's first name, the store's name, and the store's IANA time zone."""

    person: str
    location: str
    time_zone: str


async def read(connection: Connection, actor: Actor, location: str) -> SignedIn:
    """The names to show; a place the actor does not reach stays nameless."""
    row = await connection.fetchrow(
        "SELECT coalesce(s.first_name, ''), l.name, l.time_zone FROM location l LEFT JOIN staff s ON s.id = $1"
        " WHERE l.id = $2 AND ($3::text[] IS NULL OR l.id = ANY($3))",
        UUID(actor.who), location, actor.locations,
    )  # fmt: skip
    return SignedIn(*row) if row else SignedIn("", "", "UTC")
