"""Recalls as people see them: the list, one with what its places found and decided, whose customers were told and reached."""

from datetime import datetime
from typing import Any, Final, Literal, get_args
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound

MOST: Final = 100
MOST_CUSTOMERS: Final = 200
MOST_IN_FILE: Final = 50_000
NOTHING_OF_OTHERS: Final[dict[str, Any]] = {"sold_at_till": 0}
"""What the whole house had when it began is for those who see the whole house."""
Reach = Literal["waiting", "sent", "delivered", "unreachable"]

_HEAD = """
SELECT r.id, r.number, r.sku, s.name, s.variant, s.deciding, s.picture, r.lots, r.hazard_fr, r.hazard_en, r.remedies, r.contact, r.note, r.status, r.since,
  r.opened_at, r.closed_at, r.sell_again, r.effect::text AS effect,
  coalesce((SELECT t.first_name FROM staff t WHERE t.id::text = r.opened_by), '') AS opened_by,
  coalesce((SELECT t.first_name FROM staff t WHERE t.id::text = r.closed_by), '') AS closed_by
FROM recall r JOIN sku s ON s.sku = r.sku
"""
_SEEN = "EXISTS (SELECT FROM recall_place p WHERE p.recall = r.id AND ($1::text[] IS NULL OR p.location = ANY($1)))"
_PLACES = """
SELECT p.recall, p.location, l.name AS store, l.time_zone, p.status = 'done' AS done, p.done_at, p.missing, p.on_hand + p.apart AS expected_then,
  greatest(0, coalesce(v.on_hand, 0) - coalesce(o.released, 0))::int + greatest(0, p.apart - coalesce(f.apart, 0))::int AS to_find,
  coalesce(f.units, 0)::int AS found, coalesce(o.destroyed, 0)::int AS destroyed, coalesce(o.vendor, 0)::int AS vendor, coalesce(o.released, 0)::int AS released,
  coalesce((SELECT t.first_name FROM staff t WHERE t.id::text = p.done_by), '') AS done_by,
  (SELECT coalesce(string_agg(DISTINCT u.lot, ', '), '') FROM recall_unit u WHERE u.recall = p.recall AND u.location = p.location AND u.lot <> '') AS lots,
  (SELECT count(*)::int FROM rma_unit u WHERE u.location = p.location AND u.sku = r.sku AND u.state = 'here') AS returned_here
FROM recall_place p JOIN recall r ON r.id = p.recall JOIN location l ON l.id = p.location LEFT JOIN stock_level v ON v.sku = r.sku AND v.location = p.location
LEFT JOIN (SELECT recall, location, sum(units) AS units, sum(units) FILTER (WHERE source = 'apart') AS apart FROM recall_unit WHERE recall = ANY($2::uuid[]) GROUP BY 1, 2) f
  ON f.recall = p.recall AND f.location = p.location
LEFT JOIN (SELECT recall, location, sum(units) FILTER (WHERE outcome = 'destroyed') AS destroyed, sum(units) FILTER (WHERE outcome = 'vendor') AS vendor,
    sum(units) FILTER (WHERE outcome = 'released') AS released FROM recall_outcome WHERE recall = ANY($2::uuid[]) GROUP BY 1, 2) o ON o.recall = p.recall AND o.location = p.location
WHERE ($1::text[] IS NULL OR p.location = ANY($1)) AND p.recall = ANY($2::uuid[])
"""
# The message that told them: to this order, or to another one of the same customer. One is written a moment after it is due.
_CUSTOMERS = """
SELECT c.recall, c.order_id, o.number, c.units, c.told_at, c.told_with IS NOT NULL AS by_another, coalesce(c.told_with, c.order_id) AS told_by,
  CASE WHEN m.id IS NULL OR m.status = 'due' THEN 'waiting' WHEN m.status IN ('delivered', 'seen') THEN 'delivered' WHEN m.status = 'sent' THEN 'sent'
    ELSE 'unreachable' END AS reach, coalesce(m.reason, '') AS why, coalesce(w.location, '') AS location, coalesce(w.store, '') AS store,
  (SELECT count(*)::int FROM rma_unit u WHERE u.order_id = c.order_id AND u.sku = r.sku AND u.state IN ('here', 'placed', 'gone')) AS returned
FROM recall_order c JOIN recall r ON r.id = c.recall JOIN sales_order o ON o.id = c.order_id
LEFT JOIN LATERAL (SELECT w.location, l.name AS store FROM work w JOIN work_line n ON n.work = w.id AND n.sku = r.sku JOIN location l ON l.id = w.location
  WHERE w.order_id = c.order_id ORDER BY n.handed_over + n.delivered + n.in_transit DESC, w.id LIMIT 1) w ON true
LEFT JOIN LATERAL (SELECT x.id, x.status, x.reason FROM message x JOIN event e ON e.stream = x.stream AND e.seq = x.seq
  WHERE x.order_id = coalesce(c.told_with, c.order_id) AND x.template = 'recall' AND e.body->>'recall' = r.id::text ORDER BY x.made_at DESC LIMIT 1) m ON true
WHERE c.recall = ANY($2::uuid[]) AND ($1::text[] IS NULL OR w.location = ANY($1))
"""


_LIST = f"""
WITH asked AS (SELECT r.id, r.number, r.sku, s.name, s.variant, s.deciding, s.picture, r.lots, r.status, r.opened_at, r.closed_at, r.sell_again
  FROM recall r JOIN sku s ON s.sku = r.sku WHERE {_SEEN} AND ($2 = '' OR r.sku = $2) ORDER BY r.status = 'closed', r.opened_at DESC, r.id LIMIT $3)
SELECT a.*, coalesce(t.places, 0)::int AS places, coalesce(t.done, 0)::int AS done, coalesce(t.found, 0)::int AS found, coalesce(t.expected, 0)::int AS expected,
  coalesce(t.undecided, 0)::int AS undecided
FROM asked a LEFT JOIN (SELECT p.recall, count(*) AS places, count(*) FILTER (WHERE p.done) AS done, sum(p.found) AS found,
    sum(p.found + CASE WHEN p.done THEN coalesce(p.missing, 0) ELSE p.to_find END) AS expected, sum(greatest(0, p.found - p.destroyed - p.vendor - p.released)) AS undecided
  FROM ({_PLACES.replace("ANY($2::uuid[])", "ANY(ARRAY(SELECT id FROM asked))")}) p GROUP BY p.recall) t ON t.recall = a.id
ORDER BY a.status = 'closed', a.opened_at DESC, a.id
"""


class RecallLine(msgspec.Struct, frozen=True):
    """One recall in a list, with the sums of the actor's places in units; `done` of them have looked."""

    id: UUID
    number: str
    sku: str
    name: str
    variant: str
    deciding: str
    picture: str
    lots: list[str]
    status: str
    opened_at: datetime
    places: int
    done: int
    found: int
    expected: int
    undecided: int
    closed_at: datetime | None = None
    sell_again: bool | None = None


class PlaceRow(msgspec.Struct, frozen=True):
    """One place: what the books had when it began and have to be found now, what hands found, what became of it. Units."""

    recall: UUID
    location: str
    store: str
    time_zone: str
    done: bool
    expected_then: int
    to_find: int
    found: int
    destroyed: int
    vendor: int
    released: int
    lots: str
    returned_here: int
    done_by: str
    done_at: datetime | None = None
    missing: int | None = None

    @property
    def expected(self) -> int:
        """What hands were to find there, with what has come since it began."""
        return self.found + (self.missing or 0) if self.done else self.found + self.to_find

    @property
    def undecided(self) -> int:
        return max(0, self.found - self.destroyed - self.vendor - self.released)


class CustomerRow(msgspec.Struct, frozen=True):
    """One order whose customer has the article, and whether they heard of it; no name, no address."""

    recall: UUID
    order_id: UUID
    number: str
    units: int
    by_another: bool
    told_by: UUID
    reach: Reach
    why: str
    location: str
    store: str
    returned: int
    told_at: datetime | None = None


class People(msgspec.Struct, frozen=True):
    """Customers, each once: who is still to hear of it, whose provider took it, who has it, who cannot be reached. Units that came back."""

    waiting: int = 0
    sent: int = 0
    delivered: int = 0
    unreachable: int = 0
    orders: int = 0
    units: int = 0
    returned: int = 0

    @property
    def all(self) -> int:
        return self.waiting + self.sent + self.delivered + self.unreachable


class RecallView(msgspec.Struct, frozen=True):
    """One recall with the actor's places and customers."""

    id: UUID
    number: str
    sku: str
    name: str
    variant: str
    deciding: str
    picture: str
    lots: list[str]
    hazard_fr: str
    hazard_en: str
    remedies: list[str]
    contact: str
    note: str
    status: str
    since: datetime
    opened_at: datetime
    opened_by: str
    closed_by: str
    effect: dict[str, Any]
    places: list[PlaceRow]
    people: People
    closed_at: datetime | None = None
    sell_again: bool | None = None

    def total(self, figure: str) -> int:
        """Of all places."""
        return sum(getattr(place, figure) or 0 for place in self.places)

    @property
    def done(self) -> int:
        return sum(place.done for place in self.places)


def _places(actor: Actor) -> list[str] | None:
    return list(actor.locations) if actor.locations is not None else None


async def read_list(connection: Connection, actor: Actor, sku: str = "") -> list[RecallLine]:
    """The newest recalls that any of the actor's places has to do with, open ones first; of one article where it is named."""
    return [RecallLine(**row) for row in await connection.fetch(_LIST, _places(actor), sku, MOST)]


async def read(connection: Connection, actor: Actor, recall: UUID) -> RecallView:
    """NotFound `recall_not_found`, also for one that none of the actor's places has to do with."""
    rows = await connection.fetch(f"{_HEAD} WHERE {_SEEN} AND r.id = $2", _places(actor), recall)
    if not rows:
        raise NotFound("recall_not_found")
    head, ids = dict(rows[0]), [recall]
    places = await connection.fetch(f"{_PLACES} ORDER BY p.status = 'done', l.name, p.location", _places(actor), ids)
    counted = ", ".join(
        f"count(DISTINCT told_by) FILTER (WHERE reach = '{one}')::int AS {one}" for one in get_args(Reach)
    )
    people = await connection.fetchrow(
        f"SELECT {counted}, count(*)::int AS orders, coalesce(sum(units), 0)::int AS units, coalesce(sum(returned), 0)::int AS returned FROM ({_CUSTOMERS}) c",
        _places(actor), ids,
    )  # fmt: skip
    effect = msgspec.json.decode(head["effect"]) if actor.locations is None else NOTHING_OF_OTHERS
    return RecallView(
        **{
            **head,
            "effect": effect,
            "places": [PlaceRow(**row) for row in places],
            "people": People(**dict(people or {})),
        }
    )


async def customers(
    connection: Connection, actor: Actor, recall: UUID, most: int = MOST_CUSTOMERS
) -> list[CustomerRow]:
    """Orders whose customers have the article, those first who could not be reached."""
    rows = await connection.fetch(
        f"SELECT * FROM ({_CUSTOMERS}) c ORDER BY c.reach <> 'unreachable', c.reach <> 'waiting', c.number LIMIT $3",
        _places(actor), [recall], most,
    )  # fmt: skip
    return [CustomerRow(**row) for row in rows]


class Outcome(msgspec.Struct, frozen=True):
    """What became of units of a place, and what proves it."""

    store: str
    time_zone: str
    outcome: str
    units: int
    proof: str
    at: datetime
    who: str


async def outcomes(connection: Connection, actor: Actor, recall: UUID) -> list[Outcome]:
    """The newest first."""
    rows = await connection.fetch(
        "SELECT l.name AS store, l.time_zone, o.outcome, o.units, o.proof, o.at, coalesce((SELECT t.first_name FROM staff t WHERE t.id::text = o.who), '') AS who"
        " FROM recall_outcome o JOIN location l ON l.id = o.location WHERE o.recall = $2 AND ($1::text[] IS NULL OR o.location = ANY($1))"
        " ORDER BY o.at DESC, o.id LIMIT 500",
        _places(actor), recall,
    )  # fmt: skip
    return [Outcome(**row) for row in rows]


# Every open recall, also of an article that the books know nothing of here: whoever scans one is to hear of it. `counted` is read in one
# statement with the figures, so that a device counts none of its own facts twice.
_TASKS = """
SELECT r.id, r.number, r.sku, s.name, s.variant, s.deciding, s.picture, r.lots, CASE WHEN $2 = 'en' THEN r.hazard_en ELSE r.hazard_fr END AS hazard,
  p.recall IS NOT NULL AS asked, coalesce(p.status = 'done' AND t.to_find <= p.missing, false) AS done, t.found, t.to_find,
  CASE WHEN h.sku IS NULL THEN NULL ELSE jsonb_build_object('aisle', h.aisle, 'bay', h.bay, 'level', h.level)::text END AS place,
  ARRAY(SELECT b.place || ' ' || b.tag FROM bag b JOIN work_line n ON n.work = b.work AND n.location = b.location WHERE b.location = $1 AND b.gone_at IS NULL
    AND n.sku = r.sku AND (n.staged > 0 OR EXISTS (SELECT FROM put_back k WHERE k.work = b.work AND k.sku = r.sku AND k.done < k.quantity AND k.withdrawn_at IS NULL))
    ORDER BY 1 LIMIT 20) AS bags,
  ARRAY(SELECT b.code FROM barcode b WHERE b.sku = r.sku ORDER BY b.code LIMIT 20) AS codes,
  (SELECT coalesce(jsonb_object_agg(j.id, j.expected_seq - 1), '{}')::text
    FROM (SELECT id, expected_seq FROM journal WHERE device = $3 ORDER BY last_at DESC, id DESC LIMIT 3) j) AS counted
FROM recall r JOIN sku s ON s.sku = r.sku LEFT JOIN recall_place p ON p.recall = r.id AND p.location = $1
LEFT JOIN stock_level v ON v.sku = r.sku AND v.location = $1 LEFT JOIN shelf_place h ON h.location = $1 AND h.sku = r.sku
CROSS JOIN LATERAL (SELECT coalesce((SELECT sum(u.units) FROM recall_unit u WHERE u.recall = r.id AND u.location = $1), 0)::int AS found,
  greatest(0, coalesce(v.on_hand, 0) - coalesce((SELECT sum(o.units) FROM recall_outcome o WHERE o.recall = r.id AND o.location = $1 AND o.outcome = 'released'), 0))::int
    + greatest(0, coalesce(p.apart, 0) - coalesce((SELECT sum(u.units) FROM recall_unit u WHERE u.recall = r.id AND u.location = $1 AND u.source = 'apart'), 0))::int AS to_find) t
WHERE r.status = 'open' ORDER BY p.recall IS NULL, p.status = 'done', r.opened_at, r.id LIMIT 100
"""


class Task(msgspec.Struct, frozen=True):
    """What a store has to take out, as its handhelds show it. `codes` as scanned, the SKU itself among them; `bags`: place and tag of bags
    that hold it. `asked`: its books know the article. `counted`: per journal of the device, through which fact the figures go."""

    id: UUID
    number: str
    sku: str
    name: str
    variant: str
    deciding: str
    picture: str
    lots: list[str]
    hazard: str
    asked: bool
    done: bool
    found: int
    to_find: int
    place: dict[str, Any] | None
    bags: list[str]
    codes: list[str]
    counted: dict[str, int]


async def tasks(connection: Connection, location: str, language: str, device: UUID | None) -> list[Task]:
    """Open recalls as one store sees them: those first where it has not looked yet, last those of which it has nothing."""
    rows = await connection.fetch(_TASKS, location, language, device)
    return [
        Task(**{
            **dict(row), "place": msgspec.json.decode(row["place"]) if row["place"] else None, "codes": [*row["codes"], row["sku"]],
            "counted": msgspec.json.decode(row["counted"]),
        })
        for row in rows
    ]  # fmt: skip
