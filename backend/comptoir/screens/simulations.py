"""Simulations as their pages show them: the list, and one with its result and the numbers of the orders that it tells of."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound
from comptoir.sourcing.replay import Result

MOST: Final = 50


class Simulation(msgspec.Struct, frozen=True):
    """One of them. `place` is how many wait before it."""

    id: UUID
    policy_a: int
    policy_b: int
    since: datetime
    until: datetime
    state: str
    done: int
    total: int
    reason: str
    who: str | None
    made_at: datetime
    ended_at: datetime | None
    place: int
    result: Result | None = None
    numbers: dict[UUID, str] = {}

    @property
    def open(self) -> bool:
        return self.state in ("waiting", "running")


_ONE: Final = """
SELECT s.id, s.policy_a, s.policy_b, s.since, s.until, s.state, s.done, s.total, s.reason, f.first_name || ' ' || f.last_name AS who, s.made_at,
  s.ended_at, CASE WHEN s.state = 'waiting' THEN (SELECT count(*)::int FROM simulation b WHERE b.state IN ('waiting', 'running')
    AND (b.made_at, b.id) < (s.made_at, s.id)) ELSE 0 END AS place
"""


async def read(connection: Connection) -> list[Simulation]:
    """The latest, newest first, without their results."""
    rows = await connection.fetch(
        f"{_ONE} FROM simulation s LEFT JOIN staff f ON f.id::text = s.made_by ORDER BY s.made_at DESC, s.id DESC LIMIT $1",
        MOST,
    )
    return [Simulation(**row) for row in rows]


async def read_one(connection: Connection, simulation: UUID) -> Simulation:
    """One with its result. NotFound `simulation_not_found`."""
    row = await connection.fetchrow(
        f"{_ONE}, s.result::text AS result, (SELECT jsonb_object_agg(o.id, o.number) FROM jsonb_array_elements(s.result->'examples') e"
        " JOIN sales_order o ON o.id = (e->>'order')::uuid)::text AS numbers"
        " FROM simulation s LEFT JOIN staff f ON f.id::text = s.made_by WHERE s.id = $1",
        simulation,
    )  # fmt: skip
    if row is None:
        raise NotFound("simulation_not_found")
    held: dict[str, Any] = dict(row)
    result, numbers = held.pop("result"), held.pop("numbers")
    return Simulation(
        **held,
        result=msgspec.json.decode(result, type=Result) if result else None,
        numbers=msgspec.json.decode(numbers, type=dict[UUID, str]) if numbers else {},
    )
