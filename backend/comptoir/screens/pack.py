"""A pack as the handheld needs it: everything to pick, stage and refuse a wrong article with no further question to the server.

It holds numbers, the collector's first name and initial, article names and accepted codes; no phone, e-mail or address.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.fulfillment.short_reasons import SHORT
from comptoir.kit.actor import Actor
from comptoir.kit.db import Pool, borrowed
from comptoir.kit.reason_rows import list_reasons

_SQL = """
WITH chosen AS (
  SELECT p.id, p.location, p.lease_until, p.staff, p.closed_at, p.ahead, p.works AS made_of, p.walk FROM pack p WHERE p.id = ANY($1::uuid[]) AND ($2::text[] IS NULL OR p.location = ANY($2))
), works AS (
  SELECT w.*, c.id AS pack_id FROM work w JOIN chosen c ON c.id = w.pack
), needed AS (
  SELECT DISTINCT w.pack_id, w.location, s.style FROM works w JOIN work_line l ON l.work = w.id JOIN sku s ON s.sku = l.sku
)
SELECT c.id, c.location, c.lease_until, c.staff, c.closed_at, c.ahead, c.made_of, c.walk,
  (SELECT l.scan_totes FROM location l WHERE l.id = c.location) AS scan_totes,
  (SELECT coalesce(jsonb_object_agg(j.id, j.expected_seq - 1), '{}')
    FROM (SELECT id, expected_seq FROM journal WHERE device = $3 ORDER BY last_at DESC, id DESC LIMIT 3) j) AS counted,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('id', w.id, 'order', w.order_id, 'order_number', w.order_number, 'kind', w.kind, 'status', w.status, 'ended_because', w.ended_because, 'promise_at', w.promise_at, 'version', w.version, 'flagged', w.flagged,
      'collector', coalesce(nullif(o.collector, ''), u.first_name || ' ' || left(u.last_name, 1) || '.'),
      'lines', (SELECT jsonb_agg(jsonb_build_object('line', l.line::text, 'sku', l.sku, 'name', s.name, 'variant', s.variant, 'deciding', s.deciding, 'style', s.style, 'picture', s.picture,
          'quantity', l.quantity - l.canceled, 'picked', l.picked + l.staged + l.handed_over + l.in_transit, 'short', l.shorted, 'staged', l.staged, 'canceled', l.canceled, 'parked_until', l.parked_until, 'blocked', s.blocked_reason,
          'codes', (SELECT coalesce(jsonb_agg(b.code ORDER BY b.code), '[]') FROM barcode b WHERE b.sku = l.sku),
          'place', (SELECT jsonb_build_object('aisle', h.aisle, 'bay', h.bay, 'level', h.level) FROM shelf_place h WHERE h.location = l.location AND h.sku = l.sku)) ORDER BY l.line)
        FROM work_line l JOIN sku s ON s.sku = l.sku WHERE l.work = w.id),
      'bags', (SELECT coalesce(jsonb_agg(jsonb_build_object('bag', g.tag, 'place', g.place) ORDER BY g.tag), '[]') FROM bag g WHERE g.work = w.id AND g.gone_at IS NULL))
      ORDER BY w.promise_at, w.id), '[]')
    FROM works w JOIN sales_order o ON o.id = w.order_id JOIN customer u ON u.id = o.customer WHERE w.pack_id = c.id) AS works,
  (SELECT coalesce(jsonb_agg(t.code ORDER BY t.taken, length(t.code), t.code), '[]') FROM (SELECT regexp_replace(t.code, '^L:', '') AS code,
      EXISTS (SELECT FROM bag g WHERE g.location = t.location AND g.place = regexp_replace(t.code, '^L:', '') AND g.gone_at IS NULL) AS taken
      FROM staging_place t WHERE t.location = c.location LIMIT 200) t) AS places,
  (SELECT coalesce(jsonb_object_agg(k.code, k.facts), '{}') FROM (
      SELECT b.code, jsonb_build_object('sku', s.sku, 'name', s.name, 'variant', s.variant, 'deciding', s.deciding, 'style', s.style, 'picture', s.picture,
        'place', (SELECT jsonb_build_object('aisle', h.aisle, 'bay', h.bay, 'level', h.level) FROM shelf_place h WHERE h.location = c.location AND h.sku = s.sku)) AS facts
      FROM needed n JOIN sku s ON s.style = n.style JOIN barcode b ON b.sku = s.sku WHERE n.pack_id = c.id ORDER BY b.code LIMIT 1000) k) AS known
FROM chosen c ORDER BY c.id
"""


async def read_many(pool: Pool, packs: Sequence[UUID], actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """These packs as the actor's locations reach them, as JSON-able dicts (the shape is in docs/journeys/picking.md).

    `counted` says, per journal of the actor's device, through which fact the counts go: read in one statement with them,
    so that the fold counts no fact twice.
    """
    if not packs:
        return []
    async with borrowed(pool) as connection:
        locations = list(actor.locations) if actor.locations is not None else None
        rows = await connection.fetch(_SQL, list(packs), locations, actor.device)
        # In both languages: whose hand it will be is not known yet.
        reasons = [
            {"code": one.code, "fr": one.fr, "en": one.en} for one in await list_reasons(connection, SHORT) if one.used
        ]
    return [
        {
            "id": str(row["id"]), "location": row["location"], "lease_until": row["lease_until"].isoformat().replace("+00:00", "Z"),
            "server_time": now.isoformat().replace("+00:00", "Z"), "closed": row["closed_at"] is not None,
            "state": "ahead" if row["ahead"] else "open", "staff": str(row["staff"]) if row["staff"] else None, "counted": msgspec.json.decode(row["counted"]),
            "works": with_walk(msgspec.json.decode(row["works"]), row["made_of"], walk := msgspec.json.decode(row["walk"])),
            "minutes": walk.get("minutes"), "scan_totes": row["scan_totes"], "places": msgspec.json.decode(row["places"]),
            "reasons": reasons, "known": msgspec.json.decode(row["known"]),
        }
        for row in rows
    ]  # fmt: skip


def with_walk(works: list[dict[str, Any]], made_of: Sequence[UUID], walk: dict[str, Any]) -> list[dict[str, Any]]:
    """Each work with its `tote`, each line with its `stop` (from 1), None where the walk does not name them; changed in place."""
    at = {str(work): rank for rank, work in enumerate(made_of)}
    totes = walk.get("totes", [])
    stops = {(rank, str(line)): turn for turn, (rank, line) in enumerate(walk.get("stops", []), 1)}
    for work in works:
        rank = at.get(work["id"], len(totes))
        work["tote"] = totes[rank] if rank < len(totes) else None
        for line in work["lines"]:
            line["stop"] = stops.get((rank, line["line"]))
    return works


def has_changed(pack: dict[str, Any]) -> bool:
    """Whether somebody else changed what the pack asks for (units canceled, an article recalled, work taken away): only then is it sent again.

    What the device itself did is in its journal already, and the screen is the fold of both. A closed pack is empty, which
    says nothing: handed on, or run out while the device was away, and taken up again when it asks.
    """
    if pack["closed"]:
        return False
    return (
        not pack["works"]
        or any(line["canceled"] or line["blocked"] for work in pack["works"] for line in work["lines"])
        or any(work["status"] in ("canceled", "expired") for work in pack["works"])
    )
