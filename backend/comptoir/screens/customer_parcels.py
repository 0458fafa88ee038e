"""An order's parcels as its customer sees them: where each is in words, by when, and its carrier's own page."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from comptoir.shipping.links import carrier_name, tracking_link

PARCELS = """
coalesce((SELECT jsonb_agg(jsonb_build_object('id', t.parcel, 'carrier', t.carrier, 'number', t.number, 'status', t.status, 'status_at', t.status_at,
    'due_on', t.due_on, 'delivered_at', t.delivered_at, 'handed_at', t.handed_at,
    'missed', EXISTS (SELECT FROM exception x WHERE x.order_id = o.id AND x.kind = 'parcel_not_received' AND x.body ->> 'parcel' = t.parcel::text))
  ORDER BY t.handed_at, t.parcel) FROM tracking t WHERE t.order_id = o.id), '[]') AS parcels
""".strip()
"""Of the order `o`, as JSON; for the statement of the customer's page."""

DELIVERY = """
(SELECT jsonb_build_object('kind', d.kind, 'gift', d.gift, 'name', coalesce(d.relay_name, ''), 'street', coalesce(d.relay_street, ''),
  'postcode', coalesce(d.relay_postcode, ''), 'city', coalesce(d.relay_city, '')) FROM order_delivery d WHERE d.order_id = o.id) AS delivery,
(EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.method = 'ship' AND l.canceled < l.quantity)
  AND o.progress NOT IN ('canceled', 'fulfilled', 'closed')
  AND NOT EXISTS (SELECT FROM label_attempt a WHERE a.order_id = o.id AND a.state IN ('intended', 'calling', 'bought', 'unknown', 'manual'))
  AND EXISTS (SELECT FROM carrier_account c WHERE c.active AND c.services ? 'relay')) AS relay_open
""".strip()
"""How it is sent, and whether its customer may still choose a pick-up point."""


class CustomerParcel(msgspec.Struct, frozen=True):
    """One parcel that left. `status` is the one vocabulary's; `missed`: the customer said that it did not come."""

    id: UUID
    carrier: str
    number: str
    status: str
    due_on: date
    handed_at: datetime
    status_at: datetime | None = None
    delivered_at: datetime | None = None
    missed: bool = False

    @property
    def link(self) -> str:
        """The carrier's own page about it; empty when we know none."""
        return tracking_link(self.carrier, self.number)

    @property
    def name(self) -> str:
        return carrier_name(self.carrier)

    @property
    def is_over(self) -> bool:
        return self.status in ("delivered", "return_to_sender", "cancelled")


class Delivery(msgspec.Struct, frozen=True):
    """How it is sent; a relay has its name and address."""

    kind: str
    gift: bool = False
    name: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
