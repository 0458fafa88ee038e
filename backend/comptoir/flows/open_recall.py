"""An article is dangerous: from one commit on nobody sells, picks, sends or hands it over, every place is asked to take it out.

What follows for single orders and customers is done right after, each in its own transaction (`flows/stop_recalled.py`).
"""

from datetime import datetime

import msgspec

from comptoir.catalog import sql as catalog_sql
from comptoir.flows import auditing
from comptoir.fulfillment import sql as work_sql
from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection, Event, Tx
from comptoir.kit.errors import Conflict, Forbidden, Invalid, NotFound
from comptoir.stock import recalling_sql as sql
from comptoir.stock.events import blocked, stream_of
from comptoir.stock.limits_sql import find_rules
from comptoir.stock.recalling import OpenRecall, RecallTold, check, looked_from


class PlaceEffect(msgspec.Struct, frozen=True):
    """What the books have at one place: on hand, of that promised and already off the shelf, not for sale, bags that wait."""

    location: str
    name: str
    on_hand: int
    reserved: int
    set_aside: int
    apart: int
    bags: int


class RecallEffect(msgspec.Struct, frozen=True):
    """What a recall would stop, and whom it concerns; units unless it says otherwise.

    `people`: customers, each once however often they ordered; `reachable` of them by e-mail, SMS or notification. `sold_at_till`: nobody
    knows to whom.
    """

    places: tuple[PlaceEffect, ...]
    orders_waiting: int
    waiting: int
    transfers: int
    on_the_way_between: int
    parcels_on_the_way: int
    with_customers: int
    orders_with_customers: int
    people: int
    reachable: int
    sold_at_till: int
    returned: int

    @property
    def on_hand(self) -> int:
        return sum(place.on_hand for place in self.places)

    @property
    def apart(self) -> int:
        return sum(place.apart for place in self.places)

    @property
    def set_aside(self) -> int:
        return sum(place.set_aside for place in self.places)

    @property
    def bags(self) -> int:
        return sum(place.bags for place in self.places)

    @property
    def unreachable(self) -> int:
        return self.people - self.reachable


_EFFECT = """
WITH had AS (
  SELECT l.order_id, sum(l.handed_over + l.delivered)::int AS has, sum(CASE WHEN w.kind = 'ship' THEN l.in_transit ELSE 0 END)::int AS going
  FROM (SELECT DISTINCT m.order_id FROM stock_movement m WHERE m.sku = $1 AND m.fact IN ('hand_over', 'carrier_took') AND m.order_id IS NOT NULL AND m.happened_at >= $2) g
  JOIN work_line l ON l.order_id = g.order_id AND l.sku = $1 JOIN work w ON w.id = l.work AND w.location = l.location
  GROUP BY l.order_id HAVING sum(l.handed_over + l.delivered + CASE WHEN w.kind = 'ship' THEN l.in_transit ELSE 0 END) > 0),
people AS (
  SELECT coalesce(nullif(lower(c.email), ''), nullif(regexp_replace(c.phone, '[^0-9+]', '', 'g'), ''), o.id::text) AS contact,
    bool_or(c.erased_at IS NULL AND (coalesce(c.email, '') <> '' OR coalesce(c.phone, '') <> '' OR EXISTS (SELECT FROM push_subscription u WHERE u.order_id = o.id))) AS reached
  FROM had h JOIN sales_order o ON o.id = h.order_id JOIN customer c ON c.id = o.customer GROUP BY 1),
waiting AS (
  SELECT q.order_id, sum(q.unsourced + q.held + coalesce(l.units, 0))::int AS units FROM requirement q LEFT JOIN LATERAL (
    SELECT sum(l.reserved + l.picked + l.staged + CASE WHEN w.kind = 'transfer' THEN l.in_transit ELSE 0 END) AS units FROM work_line l JOIN work w ON w.id = l.work AND w.location = l.location
    WHERE l.order_id = q.order_id AND l.order_line = q.line AND l.part = q.part) l ON true
  WHERE q.sku = $1 AND q.order_id IN (SELECT r.order_id FROM reservation r WHERE r.sku = $1 UNION SELECT u.order_id FROM requirement u WHERE u.sku = $1 AND u.unsourced > 0)
  GROUP BY q.order_id HAVING sum(q.unsourced + q.held + coalesce(l.units, 0)) > 0)
SELECT
  (SELECT coalesce(jsonb_agg(jsonb_build_object('location', l.id, 'name', l.name, 'on_hand', v.on_hand, 'reserved', v.reserved, 'set_aside', v.set_aside,
      'apart', greatest(0, v.unsellable - (SELECT count(*) FROM rma_unit u WHERE u.location = l.id AND u.sku = $1 AND u.state = 'here')),
      'bags', (SELECT count(*) FROM bag b WHERE b.location = l.id AND b.gone_at IS NULL AND EXISTS (SELECT FROM work_line n WHERE n.work = b.work AND n.sku = $1 AND n.staged > 0)))
      ORDER BY v.on_hand DESC, l.name), '[]') FROM stock_level v JOIN location l ON l.id = v.location
    WHERE v.sku = $1 AND (l.closed_at IS NULL OR v.on_hand > 0 OR v.unsellable > 0)) AS places,
  (SELECT count(*)::int FROM waiting) AS orders_waiting, (SELECT coalesce(sum(units), 0)::int FROM waiting) AS waiting,
  (SELECT count(DISTINCT t.id)::int FROM transfer_line n JOIN transfer t ON t.id = n.transfer WHERE n.sku = $1 AND t.status = 'created' AND n.reserved + n.picked > 0) AS transfers,
  (SELECT coalesce(sum(n.in_transit), 0)::int FROM transfer_line n WHERE n.sku = $1 AND n.reserved + n.picked + n.in_transit > 0) AS on_the_way_between,
  (SELECT coalesce(sum(going), 0)::int FROM had) AS parcels_on_the_way, (SELECT coalesce(sum(has), 0)::int FROM had) AS with_customers,
  (SELECT count(*)::int FROM had) AS orders_with_customers, (SELECT count(*)::int FROM people) AS people,
  (SELECT count(*) FILTER (WHERE reached)::int FROM people) AS reachable,
  (SELECT coalesce(-sum(m.on_hand), 0)::int FROM stock_movement m WHERE m.sku = $1 AND m.fact IN ('till_sale', 'till_return') AND m.happened_at >= $2) AS sold_at_till,
  (SELECT count(*)::int FROM rma_unit u WHERE u.sku = $1 AND u.state = 'here') AS returned
"""


async def find_effect(connection: Connection, sku: str, since: datetime) -> RecallEffect:
    """What a recall of the article would stop and whom it concerns, as of now. NotFound `unknown_sku`; Invalid `kit_has_no_stock`."""
    kit = await connection.fetchval("SELECT is_kit FROM sku WHERE sku = $1", sku)
    if kit is None:
        raise NotFound("unknown_sku", sku=sku)
    if kit:
        raise Invalid("kit_has_no_stock", sku=sku)
    row = await connection.fetchrow(_EFFECT, sku, since)
    assert row is not None
    return msgspec.convert({**dict(row), "places": msgspec.json.decode(row["places"])}, RecallEffect)


async def needs_right(connection: Connection, actor: Actor) -> None:
    """Head office opens recalls; so do regions where head office lets them, and keys that reach every place. Forbidden `role_lacks_right`."""
    actor.needs("head_office", "regional_manager", "integrator", "system")
    if actor.role == "integrator" and actor.locations is not None:
        raise Forbidden("role_lacks_right", role=actor.role)
    if actor.role == "regional_manager" and not (await find_rules(connection)).regions_recall:
        raise Forbidden("role_lacks_right", role=actor.role)


async def open_recall(tx: Tx, command: OpenRecall, actor: Actor, now: datetime) -> RecallTold:
    """NotFound `unknown_sku`; Invalid `kit_has_no_stock`, `recall_needs_two_remedies`, `recall_plays_down`; Conflict `recall_is_open`."""
    await needs_right(tx.connection, actor)
    check(command)
    before = await auditing.standing(tx, "sku", command.sku)
    # The article's row is held from here on: of two who open one at once the second finds the first's.
    if await catalog_sql.lock_article(tx, command.sku) is None:
        raise NotFound("unknown_sku", sku=command.sku)
    if known := await sql.find_open(tx.connection, command.sku):
        raise Conflict("recall_is_open", number=known.number, recall=str(known.id))
    since = looked_from(now, command.months)
    effect = await find_effect(tx.connection, command.sku, since)
    number = await sql.insert(tx, command, since, msgspec.json.encode(effect))
    await catalog_sql.set_blocked(tx, command.sku, f"{number} {command.hazard_fr}"[:1000])
    await work_sql.flag_recalled(tx, command.sku)
    # What customers brought back and waits for its shelf goes back to its vendor instead.
    await tx.run(
        "UPDATE rma_unit SET disposition = 'vendor' WHERE sku = $1 AND state = 'here' AND disposition = 'shelf'",
        command.sku,
    )
    tx.touched.update(await sql.ask_places(tx, command.id, command.sku))
    await sql.note_orders(tx, await sql.lock(tx, command.id), None)
    await auditing.keep(tx, actor, "recall.open", "sku", command.sku, before, number=number)
    tx.tell(
        blocked(command.sku, number),
        Event("stock.recall_opened", stream_of(command.sku), {"recall": command.id, "number": number, "sku": command.sku}),
    )  # fmt: skip
    return RecallTold(command.id, number, command.sku, "open")
