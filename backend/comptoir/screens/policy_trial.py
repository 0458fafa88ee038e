"""What a policy that is only tried would have done so far: by day, and the orders with the largest difference."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection
from comptoir.sourcing.why import Why

DAYS: Final = 92
EXAMPLES: Final = 10


class Day(msgspec.Struct, frozen=True):
    """Decisions of one day (of the retailer's zone), how many would have been others; parcels and costs of both, in the figures in force."""

    day: date
    decisions: int
    differing: int
    parcels: int
    tried_parcels: int
    cost_minor: int
    tried_minor: int


class Difference(msgspec.Struct, frozen=True):
    """One order. What each policy sends is (location, units), missing units under no name."""

    order: UUID
    number: str
    at: datetime
    cost_minor: int
    tried_minor: int
    sent: tuple[tuple[str, int], ...]
    tried: tuple[tuple[str, int], ...]


class Trial(msgspec.Struct, frozen=True):
    """All of it, the newest day first."""

    days: tuple[Day, ...]
    differences: tuple[Difference, ...]

    def sum(self, figure: str) -> int:
        return sum(getattr(day, figure) for day in self.days)


_DAYS: Final = """
SELECT (d.at AT TIME ZONE 'Europe/Paris')::date AS day, count(*)::int AS decisions, count(*) FILTER (WHERE d.tried_differs)::int AS differing,
  sum(d.parcels)::int AS parcels, sum(d.tried_parcels)::int AS tried_parcels, sum(d.cost_minor::bigint) AS cost_minor,
  sum(d.tried_minor::bigint) AS tried_minor
FROM sourcing_decision d WHERE d.tried_policy = $1 AND d.at >= $2::timestamptz - make_interval(days => $3) GROUP BY 1 ORDER BY 1 DESC LIMIT $3
"""
_LARGEST: Final = """
SELECT d.order_id, o.number, d.at, d.cost_minor, d.tried_minor, d.body FROM sourcing_decision d JOIN sales_order o ON o.id = d.order_id
WHERE d.tried_policy = $1 AND d.at >= $2::timestamptz - make_interval(days => $3) AND d.tried_differs
ORDER BY abs(d.tried_minor - d.cost_minor) DESC, d.at DESC LIMIT $4
"""


async def read(connection: Connection, number: int, now: datetime) -> Trial:
    """Of the last three months at most."""
    days = [
        Day(**{**row, "cost_minor": int(row["cost_minor"]), "tried_minor": int(row["tried_minor"])})
        for row in await connection.fetch(_DAYS, number, now, DAYS)
    ]
    rows = await connection.fetch(_LARGEST, number, now, DAYS, EXAMPLES)
    return Trial(tuple(days), tuple(_difference(*row) for row in rows))


def _difference(order: UUID, number: str, at: datetime, cost: int, tried: int, body: bytes) -> Difference:
    why = msgspec.json.decode(body, type=Why)
    other = why.shadow.plan if why.shadow else why.taken
    return Difference(order, number, at, cost, tried, why.taken.sent(), other.sent())
