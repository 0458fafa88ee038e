"""Rows of recalls: one open recall of an article at a time; a place's row is locked before its bags and its level."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection, Tx
from comptoir.kit.errors import NotFound
from comptoir.kit.ids import new_id
from comptoir.stock.recalling import DecideRecalled, OpenRecall, Place, Recall, Source

_PLACE_TOO = "INSERT INTO recall_place (recall, location, on_hand, apart, status) VALUES ($1, $2, 0, 0, 'open') ON CONFLICT DO NOTHING"
_RECALL = "id, number, sku, lots, status, since"


async def insert(tx: Tx, command: OpenRecall, since: datetime, effect: bytes) -> str:
    """A new recall; the number that people call it by."""
    number: str = await tx.value(
        "INSERT INTO recall (id, number, sku, lots, hazard_fr, hazard_en, remedies, contact, since, effect, note, status, opened_at, opened_by, looked_at)"
        " VALUES ($1, 'RP-' || nextval('recall_number'), $2, $3::text[], $4, $5, $6::text[], $7, $8, $9::text::jsonb, $10, 'open', $11, $12, $11) RETURNING number",
        command.id, command.sku, sorted(set(command.lots)), command.hazard_fr.strip(), command.hazard_en.strip(), sorted(set(command.remedies)),
        command.contact.strip(), since, effect.decode(), command.note.strip(), tx.now, tx.who,
    )  # fmt: skip
    return number


async def find_open(connection: Connection, sku: str) -> Recall | None:
    """The open recall of an article, if there is one."""
    row = await connection.fetchrow(f"SELECT {_RECALL} FROM recall WHERE sku = $1 AND status = 'open'", sku)
    return msgspec.convert(dict(row), Recall) if row else None


async def list_open(connection: Connection) -> list[Recall]:
    """All open recalls, the oldest first."""
    rows = await connection.fetch(
        f"SELECT {_RECALL} FROM recall WHERE status = 'open' ORDER BY opened_at, id LIMIT 100"
    )
    return [msgspec.convert(dict(row), Recall) for row in rows]


async def lock(tx: Tx, recall: UUID) -> Recall:
    """NotFound `recall_not_found`."""
    row = await tx.row(f"SELECT {_RECALL} FROM recall WHERE id = $1 FOR NO KEY UPDATE", recall)
    if row is None:
        raise NotFound("recall_not_found")
    return msgspec.convert(dict(row), Recall)


async def hold_open(tx: Tx, recall: UUID) -> Recall:
    """The recall, which does not end before this transaction does; many places may hold it at once. NotFound `recall_not_found`."""
    row = await tx.row(f"SELECT {_RECALL} FROM recall WHERE id = $1 FOR SHARE", recall)
    if row is None:
        raise NotFound("recall_not_found")
    return msgspec.convert(dict(row), Recall)


async def ask_places(tx: Tx, recall: UUID, sku: str) -> list[str]:
    """Every place that the books know the article of is asked to look, also where they say that there is none."""
    rows = await tx.rows(
        "INSERT INTO recall_place (recall, location, on_hand, apart, status)"
        " SELECT $1, v.location, v.on_hand, greatest(0, v.unsellable - (SELECT count(*) FROM rma_unit u WHERE u.location = v.location AND u.sku = v.sku"
        "   AND u.state = 'here')::int), 'open' FROM stock_level v JOIN location l ON l.id = v.location"
        " WHERE v.sku = $2 AND (l.closed_at IS NULL OR v.on_hand > 0 OR v.unsellable > 0) ON CONFLICT DO NOTHING RETURNING location",
        recall, sku,
    )  # fmt: skip
    return [row[0] for row in rows]


async def lock_place(tx: Tx, recall: Recall, location: str, actor: Actor) -> Place:
    """One place, locked; one that the books knew nothing of gets its row when somebody there tells. NotFound `recall_not_found` for a place of others."""
    if not actor.reaches(location):
        raise NotFound("recall_not_found")
    await tx.run(_PLACE_TOO, recall.id, location)
    await tx.row(
        "SELECT 1 FROM recall_place WHERE recall = $1 AND location = $2 FOR NO KEY UPDATE", recall.id, location
    )
    (found,) = await places(tx, recall, location)
    return found


# Whoever has looked has looked at what the books had then: with goods that have come since, they have to look again.
_PLACES = """
SELECT coalesce(v.on_hand, 0)::int - coalesce(o.released, 0)::int, greatest(0, p.apart - coalesce(f.apart, 0))::int, coalesce(f.units, 0)::int, coalesce(o.units, 0)::int,
  p.status = 'done' AND greatest(0, coalesce(v.on_hand, 0) - coalesce(o.released, 0)) + greatest(0, p.apart - coalesce(f.apart, 0)) <= p.missing
FROM recall_place p LEFT JOIN stock_level v ON v.sku = $2 AND v.location = p.location
LEFT JOIN (SELECT location, sum(units) AS units, sum(units) FILTER (WHERE source = 'apart') AS apart FROM recall_unit WHERE recall = $1 GROUP BY location) f
  ON f.location = p.location
LEFT JOIN (SELECT location, sum(units) AS units, sum(units) FILTER (WHERE outcome = 'released') AS released FROM recall_outcome WHERE recall = $1 GROUP BY location) o ON o.location = p.location
WHERE p.recall = $1 AND ($3::text IS NULL OR p.location = $3) ORDER BY p.location
"""


async def places(tx: Tx, recall: Recall, location: str | None = None) -> tuple[Place, ...]:
    """How far every place is, or one."""
    return tuple(Place(*row) for row in await tx.rows(_PLACES, recall.id, recall.sku, location))


_MORE_HAS_COME = """
UPDATE recall_place p SET status = 'open', missing = NULL, done_at = NULL, done_by = NULL, asked_at = $3
FROM stock_level v WHERE p.recall = $1 AND p.status = 'done' AND v.sku = $2 AND v.location = p.location
  AND greatest(0, v.on_hand - (SELECT coalesce(sum(o.units), 0) FROM recall_outcome o WHERE o.recall = p.recall AND o.location = p.location AND o.outcome = 'released'))
    + greatest(0, p.apart - (SELECT coalesce(sum(u.units), 0) FROM recall_unit u WHERE u.recall = p.recall AND u.location = p.location AND u.source = 'apart')) > p.missing
RETURNING p.location
"""


async def ask_again(tx: Tx, recall: Recall) -> list[str]:
    """Places where goods of it have come since: those that had looked are asked anew, those that had none are asked too."""
    again = [row[0] for row in await tx.rows(_MORE_HAS_COME, recall.id, recall.sku, tx.now)]
    new = await tx.rows(
        "INSERT INTO recall_place (recall, location, on_hand, apart, status, asked_at) SELECT $1, v.location, v.on_hand, 0, 'open', $3"
        " FROM stock_level v WHERE v.sku = $2 AND v.on_hand > 0 ON CONFLICT DO NOTHING RETURNING location",
        recall.id, recall.sku, tx.now,
    )  # fmt: skip
    return again + [row[0] for row in new]


async def held(tx: Tx, sku: str, location: str) -> int:
    """Units of an open recall that lie there apart and whose end nobody has decided about."""
    found: int = await tx.value(
        "SELECT coalesce((SELECT sum(u.units) FROM recall_unit u WHERE u.recall = r.id AND u.location = $2), 0)::int"
        " - coalesce((SELECT sum(o.units) FROM recall_outcome o WHERE o.recall = r.id AND o.location = $2), 0)::int"
        " FROM recall r WHERE r.sku = $1 AND r.status = 'open'",
        sku, location,
    ) or 0  # fmt: skip
    return max(0, found)


async def note_units(
    tx: Tx, recall: UUID, location: str, units: int, source: Source, at: datetime, lot: str = ""
) -> UUID:
    """Units came out of sale, or went back (below zero); the id of the row."""
    made = new_id()
    await tx.run(
        "INSERT INTO recall_unit (id, recall, location, units, source, lot, at, who) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        made, recall, location, units, source, lot, at, tx.who,
    )  # fmt: skip
    return made


async def note_from_bag(tx: Tx, sku: str, location: str, units: int, at: datetime) -> None:
    """Goods of a stopped order were carried back, by whatever page, or are in hand again: they count as found while the article is recalled."""
    recall = await find_open(tx.connection, sku)
    if recall is not None:
        await tx.run(_PLACE_TOO, recall.id, location)
        await note_units(tx, recall.id, location, units, "bag", at)


async def end_place(tx: Tx, recall: UUID, location: str, missing: int, at: datetime) -> None:
    """Hands have looked everywhere there; so many units that the books have were not found."""
    await tx.run(
        "UPDATE recall_place SET status = 'done', missing = $3, done_at = coalesce(done_at, $4), done_by = coalesce(done_by, $5)"
        " WHERE recall = $1 AND location = $2",
        recall, location, missing, at, tx.who,
    )  # fmt: skip


async def insert_outcome(tx: Tx, command: DecideRecalled) -> None:
    """What became of units, with its proof."""
    await tx.run(
        "INSERT INTO recall_outcome (id, recall, location, outcome, units, proof, at, who) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        command.id, command.recall, command.location, command.fate.value, command.units, command.proof.strip(), tx.now, tx.who,
    )  # fmt: skip


async def close(tx: Tx, recall: UUID, sell_again: bool, note: str) -> None:
    """It has ended."""
    await tx.run(
        "UPDATE recall SET status = 'closed', closed_at = $2, closed_by = $3, sell_again = $4,"
        " note = concat_ws(E'\\n', nullif(note, ''), nullif($5, '')) WHERE id = $1",
        recall, tx.now, tx.who, sell_again, note.strip(),
    )  # fmt: skip


# An order whose units have left for its customer, and how many are there still for all we know.
_WITH_CUSTOMERS = """
INSERT INTO recall_order AS r (recall, order_id, units)
SELECT $1, l.order_id, sum(l.handed_over + l.delivered + CASE WHEN w.kind = 'ship' THEN l.in_transit ELSE 0 END)::int
FROM (SELECT DISTINCT m.order_id FROM stock_movement m WHERE m.sku = $2 AND m.fact IN ('hand_over', 'carrier_took') AND m.order_id IS NOT NULL
    AND m.happened_at >= $3 AND ($4::timestamptz IS NULL OR m.recorded_at >= $4)) g
JOIN work_line l ON l.order_id = g.order_id AND l.sku = $2 JOIN work w ON w.id = l.work AND w.location = l.location
GROUP BY l.order_id HAVING sum(l.handed_over + l.delivered + CASE WHEN w.kind = 'ship' THEN l.in_transit ELSE 0 END) > 0
ON CONFLICT (recall, order_id) DO UPDATE SET units = excluded.units WHERE r.units < excluded.units
"""


async def note_orders(tx: Tx, recall: Recall, recorded_since: datetime | None) -> None:
    """Write down whose customers have the article: all since the recall looks back, or those whose goods left lately."""
    await tx.run(_WITH_CUSTOMERS, recall.id, recall.sku, recall.since, recorded_since)


async def look_on(tx: Tx, recall: UUID) -> datetime | None:
    """Through which moment the ledger was looked through; it is now from here on. None when the recall has ended."""
    found: datetime | None = await tx.value(
        "UPDATE recall r SET looked_at = $2 FROM (SELECT id, looked_at FROM recall WHERE id = $1 AND status = 'open' FOR NO KEY UPDATE) b"
        " WHERE r.id = b.id RETURNING b.looked_at",
        recall, tx.now,
    )  # fmt: skip
    return found


async def take_untold(tx: Tx, recall: UUID, most: int) -> list[UUID]:
    """Orders whose customers nobody has told, marked as told by this transaction: one order per customer, the newest; the others point at it."""
    rows = await tx.rows(_UNTOLD, recall, most, tx.now)
    return [row["order_id"] for row in rows if row["told_with"] is None]


# The same customer is the same e-mail address, else the same number, as far as anybody can tell.
_CONTACT = "coalesce(nullif(lower(c.email), ''), nullif(regexp_replace(c.phone, '[^0-9+]', '', 'g'), ''), o.id::text)"
_UNTOLD = f"""
WITH taken AS (SELECT r.order_id FROM recall_order r WHERE r.recall = $1 AND r.told_at IS NULL ORDER BY r.order_id LIMIT $2 FOR UPDATE),
named AS (SELECT o.id, {_CONTACT} AS contact, o.placed_at FROM taken t JOIN sales_order o ON o.id = t.order_id JOIN customer c ON c.id = o.customer),
before AS (SELECT DISTINCT ON (contact) contact, id FROM (SELECT o.id, {_CONTACT} AS contact, r.told_at FROM recall_order r JOIN sales_order o ON o.id = r.order_id
    JOIN customer c ON c.id = o.customer WHERE r.recall = $1 AND r.told_at IS NOT NULL AND r.told_with IS NULL) b WHERE contact IN (SELECT contact FROM named)
  ORDER BY contact, told_at),
chosen AS (SELECT n.id, coalesce(b.id, first_value(n.id) OVER (PARTITION BY n.contact ORDER BY n.placed_at DESC, n.id)) AS teller
  FROM named n LEFT JOIN before b USING (contact))
UPDATE recall_order r SET told_at = $3, told_with = nullif(c.teller, r.order_id) FROM chosen c WHERE r.recall = $1 AND r.order_id = c.id
RETURNING r.order_id, r.told_with
"""


# Where the books promise more than what is only to be carried out of bags, some work still waits; the rest is on its way between stores, or held.
_WAITS = """
SELECT l.order_id FROM stock_level v JOIN work w ON w.location = v.location AND w.status IN ('open', 'accepted', 'picking', 'picked', 'staged', 'packed', 'labeled')
  JOIN work_line l ON l.work = w.id AND l.location = w.location AND l.sku = v.sku AND l.reserved + l.picked + l.staged > 0
WHERE v.sku = $1 AND v.reserved > (SELECT coalesce(sum(p.quantity - p.done), 0) FROM put_back p WHERE p.location = v.location AND p.sku = v.sku AND p.promised
  AND p.done < p.quantity AND p.withdrawn_at IS NULL)
UNION ALL SELECT t.order_id FROM transfer_line n JOIN transfer t ON t.id = n.transfer WHERE n.sku = $1 AND n.reserved + n.picked + n.in_transit > 0
  AND n.in_transit > 0 AND t.order_id IS NOT NULL AND t.status IN ('shipped', 'receiving')
  AND EXISTS (SELECT FROM work_line l WHERE l.work = t.work AND l.sku = $1 AND l.in_transit > 0)
UNION ALL SELECT q.order_id FROM requirement q WHERE q.sku = $1 AND q.unsourced > 0
UNION ALL SELECT q.order_id FROM order_hold h JOIN requirement q ON q.order_id = h.order_id WHERE h.released_at IS NULL AND q.sku = $1 AND q.held > 0
"""


async def to_stop(connection: Connection, recall: Recall, most: int) -> Sequence[UUID]:
    """Orders that still wait for the article: promised, picked, in a bag, in a box, or held; not those whose parcel is a person's case."""
    rows = await connection.fetch(
        f"SELECT DISTINCT x.order_id FROM ({_WAITS}) x WHERE NOT EXISTS (SELECT FROM exception e WHERE e.order_id = x.order_id"
        " AND e.kind = 'recall_in_parcel' AND e.sku = $1 AND e.resolved_at IS NULL) ORDER BY x.order_id LIMIT $2",
        recall.sku, most,
    )  # fmt: skip
    return [row[0] for row in rows]


async def count_left(tx: Tx, recall: Recall) -> tuple[int, int]:
    """Orders that wait for it, those in a parcel with a label too; units that our own transfers carry or are about to."""
    row = await tx.row(
        f"SELECT (SELECT count(DISTINCT x.order_id)::int FROM ({_WAITS}) x) AS orders, (SELECT coalesce(sum(n.reserved + n.picked + n.in_transit), 0)::int"
        " FROM transfer_line n JOIN transfer t ON t.id = n.transfer WHERE n.sku = $1 AND n.reserved + n.picked + n.in_transit > 0"
        " AND t.order_id IS NULL AND t.status IN ('created', 'shipped', 'receiving')) AS between",
        recall.sku,
    )  # fmt: skip
    assert row is not None
    return row["orders"], row["between"]


async def transfers_to_stop(connection: Connection, recall: Recall, most: int) -> Sequence[UUID]:
    """Goods of our own that have not left yet."""
    rows = await connection.fetch(
        "SELECT DISTINCT t.id FROM transfer_line n JOIN transfer t ON t.id = n.transfer WHERE n.sku = $1 AND n.reserved + n.picked + n.in_transit > 0"
        " AND n.reserved + n.picked > 0 AND t.status = 'created' AND t.order_id IS NULL ORDER BY t.id LIMIT $2",
        recall.sku, most,
    )  # fmt: skip
    return [row[0] for row in rows]
