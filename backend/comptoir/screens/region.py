"""The region now: one row per store, the most troubled first. One statement over the partial indexes of live work."""

from datetime import datetime

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection
from comptoir.screens.order_messages import STILL_NEEDED

MOST = 1000

# The works of a store come in the order of their promise, so the n-th of them is done after n / capacity hours: whoever
# is promised earlier than that is at risk although there is time left. Nothing promised after the last of them can be.
# Only the index is read, never the works.
_SQL = """
WITH red AS MATERIALIZED (
  SELECT w.location, count(DISTINCT m.order_id)::int AS untold FROM message m JOIN sales_order o ON o.id = m.order_id JOIN work w ON w.order_id = m.order_id
  WHERE m.status = 'failed' AND {still} GROUP BY w.location)
SELECT l.id, l.name, l.city, l.time_zone, l.kind, l.paused_until, coalesce(r.name, '') AS region,
  live.open, live.late, risk.at_risk, live.next_promise, here.waiting, here.waiting_since, here.untaken, shelf.staged, shelf.lapsing, todo.exceptions, coalesce(red.untold, 0) AS untold
FROM location l LEFT JOIN region r ON r.id = l.region LEFT JOIN red ON red.location = l.id
CROSS JOIN LATERAL (
  SELECT count(*)::int AS open, (count(*) FILTER (WHERE w.promise_at < $2))::int AS late, min(w.promise_at) AS next_promise
  FROM work w WHERE w.location = l.id AND w.status IN ('open', 'accepted', 'picking', 'picked')) live
CROSS JOIN LATERAL (
  SELECT count(*)::int AS at_risk
  FROM (SELECT w.promise_at, live.late + row_number() OVER (ORDER BY w.promise_at) AS turn FROM work w
        WHERE w.location = l.id AND w.status IN ('open', 'accepted', 'picking', 'picked') AND w.promise_at >= $2
          AND w.promise_at < $2 + greatest(interval '15 minutes', live.open * interval '1 hour' / l.capacity_per_hour)) q
  WHERE q.promise_at < $2 + greatest(interval '15 minutes', q.turn * interval '1 hour' / l.capacity_per_hour)) risk
CROSS JOIN LATERAL (
  SELECT count(*)::int AS waiting, min(a.at) AS waiting_since, (count(*) FILTER (WHERE a.taken_by IS NULL))::int AS untaken
  FROM arrival a WHERE a.location = l.id AND a.done_at IS NULL) here
CROSS JOIN LATERAL (
  SELECT count(*)::int AS staged, (count(*) FILTER (WHERE w.collect_until < $2 + interval '24 hours'))::int AS lapsing
  FROM work w WHERE w.location = l.id AND w.status = 'staged') shelf
CROSS JOIN LATERAL (
  SELECT count(*)::int AS exceptions FROM exception e WHERE e.location = l.id AND e.resolved_at IS NULL) todo
WHERE $1::text[] IS NULL OR l.id = ANY($1)
ORDER BY live.late > 0 DESC, here.waiting_since < $2 - interval '4 minutes' DESC NULLS LAST, live.late DESC, risk.at_risk DESC,
  here.waiting DESC, todo.exceptions DESC, live.open DESC, l.name LIMIT $3
""".replace("{still}", STILL_NEEDED.strip())


class StoreNow(msgspec.Struct, frozen=True):
    """One store's figures: works to pick or stage, of these late and at risk; customers who are here; bags on the shelf; `untold` orders
    of which a message reached nobody."""

    id: str
    name: str
    city: str
    time_zone: str
    kind: str
    paused_until: datetime | None
    region: str
    open: int
    late: int
    at_risk: int
    next_promise: datetime | None
    waiting: int
    waiting_since: datetime | None
    untaken: int
    staged: int
    lapsing: int
    exceptions: int
    untold: int = 0

    @property
    def calm(self) -> bool:
        return not (self.late or self.at_risk or self.waiting or self.exceptions or self.untold)


class RegionNow(msgspec.Struct, frozen=True):
    """All stores that somebody watches."""

    stores: list[StoreNow]

    def total(self, figure: str) -> int:
        return sum(getattr(store, figure) for store in self.stores)

    def most(self, figure: str) -> StoreNow | None:
        """The store that has most of something, if any has it."""
        first = max(self.stores, key=lambda store: getattr(store, figure), default=None)
        return first if first is not None and getattr(first, figure) else None

    def with_any(self, figure: str) -> int:
        """How many stores have some of it."""
        return sum(1 for store in self.stores if getattr(store, figure))

    @property
    def longest(self) -> StoreNow | None:
        """Where somebody has waited longest."""
        here = [(store.waiting_since, at) for at, store in enumerate(self.stores) if store.waiting_since is not None]
        return self.stores[min(here)[1]] if here else None

    @property
    def regions(self) -> list[str]:
        return sorted({store.region for store in self.stores if store.region})

    @property
    def time_zone(self) -> str:
        return self.stores[0].time_zone if self.stores else "Europe/Paris"


async def read(connection: Connection, actor: Actor, now: datetime) -> RegionNow:
    """The actor's stores as they are at `now`, the most troubled first, at most 1,000."""
    rows = await connection.fetch(_SQL, list(actor.locations) if actor.locations is not None else None, now, MOST)
    return RegionNow([StoreNow(*row) for row in rows])
