"""How an order wants to be sent: written when it is placed, or when its customer chooses."""

from uuid import UUID

from comptoir.kit.bulk import Bulk
from comptoir.kit.db import Tx
from comptoir.shipping.relays import RelayChosen

DELIVERIES = Bulk(
    "order_delivery", order_id="uuid", kind="text", carrier="text", relay_id="text", relay_name="text", relay_street="text", relay_postcode="text",
    relay_city="text", relay_country="text", chosen_at="timestamptz", chosen_by="text",
)  # fmt: skip


async def standing(tx: Tx, order: UUID) -> tuple[bool, bool]:
    """Whether something of the order is still to be sent, and whether a label exists or is being bought for it."""
    row = await tx.row(
        "SELECT EXISTS (SELECT FROM order_line l WHERE l.order_id = $1 AND l.method = 'ship' AND l.canceled < l.quantity)"
        " AND EXISTS (SELECT FROM sales_order o WHERE o.id = $1 AND o.progress NOT IN ('canceled', 'fulfilled', 'closed')) AS ships,"
        " EXISTS (SELECT FROM label_attempt a WHERE a.order_id = $1"
        " AND a.state IN ('intended', 'calling', 'bought', 'unknown', 'manual')) AS labeled",
        order,
    )
    assert row is not None
    return row["ships"], row["labeled"]


async def put_relay(tx: Tx, order: UUID, relay: RelayChosen | None, who: str) -> None:
    """To a relay, or to the door. What else was wished (a gift) stays."""
    one = relay
    await tx.run(
        "INSERT INTO order_delivery (order_id, kind, carrier, relay_id, relay_name, relay_street, relay_postcode, relay_city, relay_country,"
        " chosen_at, chosen_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        " ON CONFLICT (order_id) DO UPDATE SET kind = excluded.kind, carrier = excluded.carrier, service = NULL, relay_id = excluded.relay_id,"
        " relay_name = excluded.relay_name, relay_street = excluded.relay_street, relay_postcode = excluded.relay_postcode,"
        " relay_city = excluded.relay_city, relay_country = excluded.relay_country, chosen_at = excluded.chosen_at, chosen_by = excluded.chosen_by",
        order, "relay" if one else "home", one and one.carrier, one and one.id, one and one.name, one and one.street, one and one.postcode,
        one and one.city, one and one.country, tx.now, who,
    )  # fmt: skip
