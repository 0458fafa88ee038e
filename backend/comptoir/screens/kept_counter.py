"""Everything a hand-over needs with no network: each staged order of the store, its bags, its lines, what its pass is checked against.

No phone, no e-mail, no address; of the person a first name and an initial.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.fulfillment.offline_counter import Lease, Letters, short_name, without_secrets
from comptoir.kit.db import Connection

MOST = 300
"""Orders a device keeps; a shelf holds fewer."""

_SQL = """
WITH here AS (
  SELECT w.order_id, min(w.staged_at) AS since FROM work w
  WHERE w.location = $1 AND w.kind = 'pickup' AND w.status = 'staged' GROUP BY w.order_id ORDER BY since NULLS LAST, w.order_id LIMIT $2
)
SELECT o.id AS "order", o.number, coalesce(nullif(o.collector, ''), c.first_name || ' ' || c.last_name) AS name,
  (SELECT jsonb_agg(jsonb_build_object('id', w.id, 'collect_until', w.collect_until,
      'lines', (SELECT coalesce(jsonb_agg(jsonb_build_object('line', l.line::text, 'name', s.name, 'variant', s.variant, 'deciding', s.deciding,
          'picture', s.picture, 'staged', l.staged, 'minimum_age', s.minimum_age, 'blocked', s.blocked_reason) ORDER BY l.line), '[]')
        FROM work_line l JOIN sku s ON s.sku = l.sku WHERE l.work = w.id AND l.staged > 0),
      'bags', (SELECT coalesce(jsonb_agg(jsonb_build_object('tag', b.tag, 'place', b.place) ORDER BY b.tag), '[]')
        FROM bag b WHERE b.work = w.id AND b.gone_at IS NULL)) ORDER BY w.created_at, w.id)
    FROM work w WHERE w.order_id = o.id AND w.location = $1 AND w.kind = 'pickup' AND w.status = 'staged') AS works,
  EXISTS (SELECT FROM work w WHERE w.order_id = o.id AND w.location = $1 AND w.kind = 'pickup'
    AND w.status IN ('open', 'accepted', 'picking', 'picked')) AS part,
  (SELECT jsonb_build_object('since', a.at, 'place', a.place) FROM arrival a
    WHERE a.order_id = o.id AND a.location = $1 AND a.done_at IS NULL) AS arrival,
  encode(p.qr_hash, 'hex') AS pass_hash, p.generation,
  (SELECT jsonb_build_object('salt', f.salt, 'hash', encode(f.hash, 'hex')) FROM offline_letters f
    WHERE f.order_id = o.id AND f.location = $1 AND f.generation = p.generation) AS letters
FROM here JOIN sales_order o ON o.id = here.order_id JOIN customer c ON c.id = o.customer
LEFT JOIN pickup_pass p ON p.order_id = o.id AND p.location = $1
ORDER BY here.since NULLS LAST, o.number LIMIT $2
"""


class KeptCounter(msgspec.Struct, frozen=True):
    """The store's shelf as JSON-able orders, and the passes whose letters nobody has worked out yet."""

    orders: list[dict[str, Any]]
    missing: list[Letters]


async def read(connection: Connection, location: str, *, secrets: bool) -> KeptCounter:
    """The staged orders of a store, longest on the shelf first, at most 300; `secrets` for the device that holds the counter."""
    orders, missing = [], []
    for row in await connection.fetch(_SQL, location, MOST):
        works = msgspec.json.decode(row["works"])
        letters = msgspec.json.decode(row["letters"]) if row["letters"] else None
        untils = [work["collect_until"] for work in works if work["collect_until"]]
        order = {
            "order": str(row["order"]), "number": row["number"], "name": short_name(row["name"]), "works": works,
            "part": row["part"], "collect_until": min(untils, default=None),
            "arrival": msgspec.json.decode(row["arrival"]) if row["arrival"] else None,
            "pass_hash": row["pass_hash"], "letters": letters,
        }  # fmt: skip
        orders.append(order if secrets else without_secrets(order))
        if secrets and row["pass_hash"] and letters is None:
            missing.append(Letters(row["order"], row["generation"], UUID(works[0]["id"])))
    return KeptCounter(orders, missing)


_LEASE = (
    "SELECT c.device, c.lease_until, d.name FROM counter_lease c JOIN device d ON d.id = c.device"
    " WHERE c.location = $1 AND c.lease_until > $2"
)


async def lease(connection: Connection, location: str, device: Any, now: datetime) -> Lease | None:
    """Who holds the counter of the store; None when nobody does."""
    row = await connection.fetchrow(_LEASE, location, now)
    return Lease(row["device"] == device, row["lease_until"], row["name"]) if row else None
