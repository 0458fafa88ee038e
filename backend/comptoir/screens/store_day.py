"""A store's day in figures: today's work by stage, the team, devices, what was not found, how long bags have waited. Of the team, never of a person.

First names say who is there, and nothing says how quick or how much: figures are the store's.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from comptoir.kit.db import Connection
from comptoir.screens.device_list import app_state, silence

THERE: Final = timedelta(minutes=30)
"""Whoever is signed in on a device and did something within it is there."""
FEW: Final = 5
STAGES: Final = {
    "to_pick": "'open', 'accepted'",
    "picking": "'picking'",
    "picked": "'picked', 'packed', 'labeled'",
    "staged": "'staged'",
    "gone": "'handed_over', 'handed_to_carrier', 'in_transit', 'delivered', 'delivery_failed', 'returned_to_sender', 'closed'",
}
"""Where a work is on its way out, and the states that this is."""
OLD: Final = timedelta(days=3)
"""A bag that waits longer is old."""
SOON_BACK: Final = timedelta(days=1)

_SQL: Final = f"""
WITH today AS (SELECT w.status, w.kind FROM work w WHERE w.location = $1 AND w.created_at >= $3),
waits AS (SELECT w.staged_at, w.collect_until FROM work w WHERE w.location = $1 AND w.status = 'staged'),
missed AS (SELECT p.sku, p.quantity, p.reason, p.at FROM short_pick p WHERE p.location = $1 AND p.at >= $3 AND p.undone_at IS NULL)
SELECT (SELECT count(*)::int FROM today) AS came,
  {", ".join(f"(SELECT count(*)::int FROM today WHERE status IN ({states})) AS {name}" for name, states in STAGES.items())},
  ARRAY(SELECT DISTINCT s.first_name FROM sign_in i JOIN device d ON d.id = i.device JOIN staff s ON s.id = i.staff
    WHERE d.location = $1 AND i.ended_at IS NULL AND i.ends_at > $2 AND i.seen_at > $4 ORDER BY 1 LIMIT 40) AS people,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('name', d.name, 'heard_at', d.last_seen_at, 'app_version', d.app_version) ORDER BY d.name), '[]')
    FROM (SELECT name, last_seen_at, app_version FROM device WHERE location = $1 AND revoked_at IS NULL ORDER BY name LIMIT 40) d) AS devices,
  (SELECT coalesce(sum(quantity), 0)::int FROM missed) AS missing,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('sku', q.sku, 'name', q.name, 'units', q.units, 'reason', q.reason) ORDER BY q.last DESC), '[]') FROM (
    SELECT m.sku, concat_ws(', ', s.name, nullif(s.variant, '')) AS name, sum(m.quantity)::int AS units, min(m.reason) AS reason, max(m.at) AS last
    FROM missed m JOIN sku s ON s.sku = m.sku GROUP BY 1, 2 ORDER BY max(m.at) DESC LIMIT {FEW}) q) AS shorts,
  (SELECT coalesce(sum(l.quantity - l.shorted - l.canceled), 0)::int FROM work w JOIN work_line l ON l.work = w.id WHERE w.location = $1 AND w.picked_at >= $3) AS found,
  (SELECT count(*)::int FROM waits WHERE staged_at >= $3) AS bags_today, (SELECT count(*)::int FROM waits WHERE staged_at < $3 AND staged_at >= $5) AS bags_days,
  (SELECT count(*)::int FROM waits WHERE staged_at < $5) AS bags_old, (SELECT count(*)::int FROM waits WHERE collect_until < $6) AS bags_back
"""


class Seen(msgspec.Struct, frozen=True):
    """A device and when it was last heard of."""

    name: str
    heard_at: datetime | None = None
    app_version: str = ""

    def old(self, newest: str) -> bool:
        """Whether it runs another version of the app than the newest."""
        return app_state(self.app_version, newest) == "old"

    def silent_minutes(self, now: datetime) -> int:
        """Whole minutes without a word, once they are too many; else 0."""
        return silence(self.heard_at, now)


class Missing(msgspec.Struct, frozen=True):
    """Units of an article that were not found today, and why."""

    sku: str
    name: str
    units: int
    reason: str


class StoreDay(msgspec.Struct, frozen=True):
    """Works that came in since midnight by where they are now; who is there; devices; units found and missing among what was picked
    today; bags on their shelf by age: today's, up to three days, older, and those that go back within a day."""

    came: int
    to_pick: int
    picking: int
    picked: int
    staged: int
    gone: int
    people: list[str]
    devices: list[Seen]
    missing: int
    shorts: list[Missing]
    found: int
    bags_today: int
    bags_days: int
    bags_old: int
    bags_back: int

    @property
    def find_rate(self) -> int | None:
        """Of a hundred units that were looked for today, those found; None before the first."""
        tried = self.found + self.missing
        return round(100 * self.found / tried) if tried else None


async def read(connection: Connection, location: str, midnight: datetime, now: datetime) -> StoreDay:
    """A store's day; `midnight` is when it began there."""
    row = await connection.fetchrow(_SQL, location, now, midnight, now - THERE, midnight - OLD, now + SOON_BACK)
    assert row is not None
    plain = dict(row)
    plain["devices"], plain["shorts"] = (msgspec.json.decode(plain[name]) for name in ("devices", "shorts"))
    return msgspec.convert(plain, StoreDay)
