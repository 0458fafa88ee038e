"""The packing table: ship work that is picked, and one work with its goods, its parcels, their labels, and the store's boxes."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection
from comptoir.kit.errors import NotFound

_PARCELS: Final = """
(SELECT coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'number', p.number, 'state', p.state, 'box', p.box, 'weight_grams', p.weight_grams,
    'units', (SELECT coalesce(sum(x.quantity), 0) FROM parcel_line x WHERE x.parcel = p.id),
    'lines', (SELECT coalesce(jsonb_agg(jsonb_build_object('line', x.line, 'quantity', x.quantity) ORDER BY x.line), '[]') FROM parcel_line x WHERE x.parcel = p.id),
    'label', (SELECT jsonb_build_object('id', a.id, 'state', a.state, 'carrier', a.carrier, 'name', coalesce(c.name, a.carrier), 'service', a.service,
        'reference', a.reference, 'tracking_number', a.tracking_number, 'problem', a.problem, 'mend', a.mend, 'words', a.words, 'next_at', a.next_at,
        'void_state', a.void_state, 'because', a.chosen_because, 'media', (SELECT f.media_type FROM label_file f WHERE f.attempt = a.id LIMIT 1),
        'print', (SELECT j.state FROM print_job j WHERE j.kind = 'label' AND j.source = a.id ORDER BY j.made_at DESC LIMIT 1))
      FROM label_attempt a LEFT JOIN carrier_account c ON c.id = a.account WHERE a.parcel = p.id ORDER BY a.n DESC LIMIT 1)) ORDER BY p.number), '[]')
  FROM parcel p WHERE p.work = w.id AND p.state <> 'canceled')
"""
_LIST: Final = f"""
SELECT l.name AS store, l.time_zone, (SELECT coalesce(jsonb_agg(to_jsonb(r) ORDER BY r.rank, r.promise_at, r.id), '[]') FROM (
  SELECT w.id, w.order_id AS order, w.order_number AS number, w.status, w.promise_at, w.flagged, w.tote,
    (SELECT coalesce(sum(x.picked + x.staged), 0) FROM work_line x WHERE x.work = w.id) AS units,
    coalesce((SELECT d.city FROM order_address d WHERE d.order_id = w.order_id), '') AS city,
    u.first_name || ' ' || left(u.last_name, 1) || '.' AS customer, CASE w.status WHEN 'picked' THEN 0 WHEN 'packed' THEN 1 ELSE 2 END AS rank,
    {_PARCELS} AS parcels
  FROM work w JOIN sales_order o ON o.id = w.order_id JOIN customer u ON u.id = o.customer
  WHERE w.location = $1 AND w.kind = 'ship' AND w.status IN ('picked', 'packed', 'labeled') ORDER BY w.promise_at, w.id LIMIT 200) r) AS works
FROM location l WHERE l.id = $1
"""
_STATION: Final = f"""
SELECT w.id, w.order_id AS order, w.order_number AS number, w.status, w.promise_at, w.flagged, w.tote, l.time_zone, o.language,
  coalesce((SELECT d.city FROM order_address d WHERE d.order_id = w.order_id), '') AS city, u.first_name || ' ' || left(u.last_name, 1) || '.' AS customer,
  coalesce(v.kind, 'home') AS delivery, v.relay_name, coalesce(v.gift, false) AS gift,
  (SELECT coalesce(jsonb_object_agg(j.id, j.expected_seq - 1), '{{}}')
    FROM (SELECT id, expected_seq FROM journal WHERE device = $3 ORDER BY last_at DESC, id DESC LIMIT 3) j) AS counted,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('line', n.line, 'sku', n.sku, 'name', s.name, 'variant', s.variant, 'deciding', s.deciding, 'picture', s.picture,
      'quantity', n.picked + n.staged, 'to_find', n.reserved, 'grams', s.weight_grams, 'length_mm', s.length_mm, 'width_mm', s.width_mm, 'height_mm', s.height_mm,
      'dangerous', s.dangerous, 'amount', s.dangerous_amount, 'fragile', s.fragile, 'ships_alone', s.ships_alone,
      'codes', (SELECT coalesce(jsonb_agg(b.code ORDER BY b.code), '[]') FROM barcode b WHERE b.sku = n.sku)) ORDER BY n.line), '[]')
    FROM work_line n JOIN sku s ON s.sku = n.sku WHERE n.work = w.id AND n.reserved + n.picked + n.staged > 0) AS lines,
  {_PARCELS} AS parcels,
  (SELECT coalesce(jsonb_agg(DISTINCT jsonb_build_object('account', c.id, 'name', c.name, 'service', s.value)), '[]')
    FROM carrier_account c, jsonb_each_text(c.services) s WHERE c.active AND (c.locations IS NULL OR w.location = ANY(c.locations))
      AND (s.key = 'relay') = (coalesce(v.kind, 'home') = 'relay')) AS ways,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('id', b.id, 'fr', b.name_fr, 'en', b.name_en, 'kind', b.kind, 'length_mm', b.length_mm, 'width_mm', b.width_mm,
      'height_mm', b.height_mm, 'tare_grams', b.tare_grams, 'max_grams', b.max_grams) ORDER BY b.length_mm::bigint * b.width_mm * b.height_mm, b.id), '[]')
    FROM (SELECT * FROM box_type WHERE active AND (location IS NULL OR location = w.location) LIMIT 40) b) AS boxes
FROM work w JOIN location l ON l.id = w.location JOIN sales_order o ON o.id = w.order_id JOIN customer u ON u.id = o.customer
LEFT JOIN order_delivery v ON v.order_id = w.order_id
WHERE {{which}} AND w.location = $2 AND w.kind = 'ship' ORDER BY w.promise_at, w.id
"""


_ONE: Final = _STATION.replace("{which}", "w.id = $1")
_PICKED: Final = _STATION.replace(
    "{which}",
    "w.id IN (SELECT k.id FROM work k WHERE k.location = $2 AND k.kind = 'ship' AND k.status = 'picked' ORDER BY k.promise_at, k.id LIMIT $1)",
)
"""Whole pages of the works that are packed next."""
MOST_KEPT: Final = 12


class LabelView(msgspec.Struct, frozen=True):
    """The newest label that was asked for a parcel, as its page shows it."""

    id: UUID
    state: str
    carrier: str
    name: str
    service: str
    reference: str
    tracking_number: str | None = None
    problem: str | None = None
    mend: str | None = None
    words: str | None = None
    next_at: datetime | None = None
    void_state: str | None = None
    because: str = ""
    media: str | None = None
    print: str | None = None

    @property
    def pending(self) -> bool:
        """It comes by itself: nobody has to do anything."""
        return self.state in ("intended", "calling")


class Held(msgspec.Struct, frozen=True):
    """Units of a line in a parcel."""

    line: int
    quantity: int


class ParcelView(msgspec.Struct, frozen=True):
    """One parcel with its newest label."""

    id: UUID
    number: int
    state: str
    units: int
    lines: list[Held]
    box: str | None = None
    weight_grams: int | None = None
    label: LabelView | None = None


class PackRow(msgspec.Struct, frozen=True):
    """One work at the packing table."""

    id: UUID
    order: UUID
    number: str
    status: str
    promise_at: datetime
    units: int
    city: str
    customer: str
    parcels: list[ParcelView]
    flagged: str | None = None
    tote: int | None = None
    """Of the cart that it was picked in."""

    @property
    def troubled(self) -> bool:
        """A label of it waits for a person."""
        return any(p.state == "packed" and p.label and p.label.state in ("refused", "unknown") for p in self.parcels)

    @property
    def waiting(self) -> bool:
        """A label of it is on its way."""
        return any(p.state == "packed" and p.label and p.label.pending for p in self.parcels)


class Table(msgspec.Struct, frozen=True):
    """All that lies at a store's packing table."""

    store: str
    time_zone: str
    works: list[PackRow]

    def in_state(self, *states: str) -> list[PackRow]:
        return [work for work in self.works if work.status in states]


class Goods(msgspec.Struct, frozen=True):
    """One line of a work as it is packed; `quantity` counts what is off the shelf, packed or not."""

    line: int
    sku: str
    name: str
    variant: str
    deciding: str
    picture: str
    quantity: int
    to_find: int
    grams: int
    codes: list[str]
    fragile: bool
    ships_alone: bool
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    dangerous: str | None = None
    amount: int | None = None


class BoxView(msgspec.Struct, frozen=True):
    """A box of the store, named in both languages."""

    id: str
    fr: str
    en: str
    kind: str
    length_mm: int
    width_mm: int
    height_mm: int
    tare_grams: int
    max_grams: int


class WayView(msgspec.Struct, frozen=True):
    """A service of an account that could carry this work's parcels: to the door, or to the parcel shop that the customer chose."""

    account: str
    name: str
    service: str


class Station(msgspec.Struct, frozen=True):
    """One work at the table: what to put into which parcel. `counted`: per journal of the device, through which fact."""

    id: UUID
    order: UUID
    number: str
    status: str
    promise_at: datetime
    time_zone: str
    language: str
    city: str
    customer: str
    delivery: str
    gift: bool
    counted: dict[str, int]
    lines: list[Goods]
    parcels: list[ParcelView]
    ways: list[WayView]
    boxes: list[BoxView]
    relay_name: str | None = None
    flagged: str | None = None
    tote: int | None = None

    @property
    def open(self) -> ParcelView | None:
        return next((parcel for parcel in self.parcels if parcel.state == "open"), None)

    def closed(self) -> list[ParcelView]:
        return [parcel for parcel in self.parcels if parcel.state != "open"]

    def packed(self, line: int) -> int:
        """Units of a line that lie in closed parcels."""
        return sum(held.quantity for parcel in self.closed() for held in parcel.lines if held.line == line)

    @property
    def over(self) -> bool:
        """The work has left, or is no more."""
        return self.status not in ("picking", "picked", "packed", "labeled")


async def read_table(connection: Connection, location: str) -> Table:
    """The packing table of a store that the caller reaches."""
    row = await connection.fetchrow(_LIST, location)
    if row is None:
        raise NotFound("location_not_found")
    return msgspec.convert({**dict(row), "works": msgspec.json.decode(row["works"])}, Table)


async def read_station(connection: Connection, work: UUID, location: str, actor: Actor) -> Station:
    """NotFound `work_not_found` when it is no ship work of this store."""
    row = await connection.fetchrow(_ONE, work, location, actor.device)
    if row is None:
        raise NotFound("work_not_found")
    return _station(row)


async def read_picked(connection: Connection, location: str, actor: Actor) -> list[Station]:
    """What a device of this store keeps, so that it is packed with no network: the works that are picked, promised first."""
    return [_station(row) for row in await connection.fetch(_PICKED, MOST_KEPT, location, actor.device)]


def _station(row: Any) -> Station:
    json: dict[str, Any] = {
        name: msgspec.json.decode(row[name]) for name in ("counted", "lines", "parcels", "ways", "boxes")
    }  # fmt: skip
    return msgspec.convert({**dict(row), **json}, Station)
