"""What a work's packing slip says: goods that are packed, for whom, from where."""

from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound
from comptoir.shipping.slip import Slip, SlipLine

_SQL: Final = """
SELECT w.order_number AS number, o.language, o.placed_at, trim(o.currency) AS currency, e.name AS seller, l.name AS store, l.street, l.postcode, l.city,
  l.time_zone, coalesce(a.name, u.first_name || ' ' || u.last_name) AS name, coalesce(a.street, '') AS to_street, coalesce(a.street2, '') AS to_street2,
  coalesce(a.postcode, '') AS to_postcode, coalesce(a.city, '') AS to_city, coalesce(v.gift, false) AS gift, coalesce(v.gift_note, '') AS gift_note,
  CASE WHEN v.kind = 'relay' THEN coalesce(v.relay_name, '') ELSE '' END AS relay,
  (SELECT count(*)::int FROM parcel p WHERE p.work = w.id AND p.state <> 'canceled') AS parcels,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('name', CASE WHEN g.sku = n.sku THEN coalesce(nullif(g.title, ''), s.name) ELSE s.name END, 'variant', concat_ws(', ', nullif(s.variant, ''), nullif(s.deciding, '')),
      'quantity', n.picked + n.staged + n.in_transit + n.delivered, 'each_minor', CASE WHEN g.sku = n.sku THEN g.unit_price_minor ELSE (r.share_minor / r.quantity)::int END) ORDER BY n.line), '[]')
    FROM work_line n JOIN sku s ON s.sku = n.sku JOIN order_line g ON g.order_id = n.order_id AND g.line = n.order_line
      JOIN requirement r ON r.order_id = n.order_id AND r.line = n.order_line AND r.part = n.part
    WHERE n.work = w.id AND n.picked + n.staged + n.in_transit + n.delivered > 0) AS lines
FROM work w JOIN sales_order o ON o.id = w.order_id JOIN customer u ON u.id = o.customer JOIN location l ON l.id = w.location
JOIN legal_entity e ON e.id = l.legal_entity LEFT JOIN order_address a ON a.order_id = w.order_id LEFT JOIN order_delivery v ON v.order_id = w.order_id
WHERE w.id = $1 AND w.kind = 'ship' AND ($2::text[] IS NULL OR w.location = ANY($2))
"""


async def read_slip(
    connection: Connection, work: UUID, locations: tuple[str, ...] | None, gift: bool | None = None
) -> Slip:
    """`gift` None: as the order says. NotFound `work_not_found` when it is no ship work of these places."""
    row = await connection.fetchrow(_SQL, work, list(locations) if locations is not None else None)
    if row is None:
        raise NotFound("work_not_found")
    town = f"{row['to_postcode']} {row['to_city']}".strip()
    to = (row["name"], row["to_street"], row["to_street2"], town)
    return Slip(
        row["number"], row["language"], row["placed_at"].astimezone(ZoneInfo(row["time_zone"])).date(), row["seller"],
        (row["store"], row["street"], f"{row['postcode']} {row['city']}"), tuple(part for part in to if part),
        msgspec.json.decode(row["lines"], type=tuple[SlipLine, ...]), row["parcels"], row["currency"],
        row["gift"] if gift is None else gift, row["gift_note"], row["relay"],
    )  # fmt: skip
