"""What managers did, newest first: who and why, what was said to come of it, what came, until when it is taken back."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection
from comptoir.network.hours import zone_of
from comptoir.tower.acts import may_take_back
from comptoir.tower.effect import Effect

MOST: Final = 20
_ACTS: Final = """
SELECT a.id, a.location, l.name, l.time_zone, a.kind, coalesce(s.first_name || ' ' || s.last_name, k.name, '') AS by, a.who, a.why, a.at, a.undo_until,
  a.asked::text AS asked, a.said::text AS said, a.judge_at, a.came, a.undone_at, a.stayed::text AS stayed,
  coalesce(u.first_name || ' ' || u.last_name, v.name, '') AS undone_by_name, a.stores
FROM tower_action a JOIN location l ON l.id = a.location LEFT JOIN staff s ON s.id::text = a.who LEFT JOIN api_key k ON k.id::text = a.who
LEFT JOIN staff u ON u.id::text = a.undone_by LEFT JOIN api_key v ON v.id::text = a.undone_by
WHERE ($1::text[] IS NULL OR a.location = ANY($1)) AND ($2::text IS NULL OR a.location = $2)
  AND ($6::text IS NULL OR a.kind = $6) AND ($7::date IS NULL OR (a.at AT TIME ZONE l.time_zone)::date = $7)
  AND ($4::timestamptz IS NULL OR (a.at, a.id) < ($4, $5)) ORDER BY a.at DESC, a.id DESC LIMIT $3
"""


class ActRow(msgspec.Struct, frozen=True):
    """One act. `asked` is what was asked for; `said` its effect, store by store only where the reader reaches it; `came` the late orders that
    came of it, None until then. `mine`: the reader may take it back.
    """

    id: UUID
    location: str
    name: str
    time_zone: str
    kind: str
    by: str
    who: str
    why: str
    at: datetime
    undo_until: datetime
    asked: dict[str, Any]
    said: Effect
    judge_at: datetime
    came: int | None
    undone_at: datetime | None
    stayed: list[tuple[str, str]]
    undone_by_name: str = ""
    mine: bool = False

    @property
    def amount(self) -> int:
        """The number that its words have."""
        asked = self.asked
        return int(self.said.works or asked.get("people") or asked.get("per_hour") or 0)

    @property
    def end(self) -> datetime | None:
        """Until when it holds, or the hour that customers were told."""
        named = self.asked.get("to") if self.kind == "extend" else self.asked.get("until")
        return datetime.fromisoformat(named) if isinstance(named, str) else None

    @property
    def day(self) -> date:
        """The day of the store's own time on which it was done."""
        return self.at.astimezone(zone_of(self.time_zone)).date()

    def undoable(self, now: datetime) -> bool:
        return self.mine and self.undone_at is None and now < self.undo_until


async def read(
    connection: Connection, actor: Actor, location: str | None = None, most: int = MOST,
    before: tuple[datetime, UUID] | None = None, kind: str | None = None, day: date | None = None,
) -> list[ActRow]:  # fmt: skip
    """Acts on the actor's stores, or on one of them; of one kind, of one day in the store's own time."""
    reach: Sequence[str] | None = None if actor.locations is None else list(actor.locations)
    rows = await connection.fetch(_ACTS, reach, location, most, *(before or (None, None)), kind, day)
    found = []
    for row in rows:
        plain = dict(row)
        for name in ("asked", "said", "stayed"):
            plain[name] = msgspec.json.decode(plain[name])
        plain["mine"] = may_take_back(plain["kind"], plain.pop("stores"), actor)
        # What parcels did to a store of others is its manager's to read.
        plain["said"]["stores"] = [one for one in plain["said"]["stores"] if actor.reaches(one["location"])]
        found.append(msgspec.convert(plain, ActRow))
    return found


async def place_of(connection: Connection, act: UUID, locations: Sequence[str] | None) -> str | None:
    """The store of an act, if it is one of these."""
    found: str | None = await connection.fetchval(
        "SELECT location FROM tower_action WHERE id = $1 AND ($2::text[] IS NULL OR location = ANY($2))",
        act, None if locations is None else list(locations),
    )  # fmt: skip
    return found
