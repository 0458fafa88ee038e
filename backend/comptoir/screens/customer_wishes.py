"""What a customer has switched off, and by which media they can be reached: for the page of their messages."""

from uuid import UUID

import msgspec

from comptoir.kit.db import Connection

_SQL = """
SELECT coalesce(c.phone, '') <> '' AS phone, coalesce(c.email, '') <> '' AS email,
  coalesce((SELECT jsonb_agg(jsonb_build_array(p.topic, p.medium)) FROM customer_preference p WHERE p.customer = c.id), '[]') AS off
FROM sales_order o JOIN customer c ON c.id = o.customer WHERE o.id = $1
"""


class Wishes(msgspec.Struct, frozen=True):
    """`off` holds (topic, medium)."""

    phone: bool
    email: bool
    off: tuple[tuple[str, str], ...]


async def find_wishes(connection: Connection, order: UUID) -> Wishes:
    """Of the customer of an order that the link has opened already."""
    row = await connection.fetchrow(_SQL, order)
    if row is None:
        return Wishes(False, False, ())
    return Wishes(row["phone"], row["email"], msgspec.json.decode(row["off"], type=tuple[tuple[str, str], ...]))
