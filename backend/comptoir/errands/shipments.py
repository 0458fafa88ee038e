"""One parcel as its carrier must know it: from the store, to the customer or their relay, with what is in it."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from comptoir.carriers.model import Address, ContentLine, LabelFormat, ParcelMeasures, Shipment
from comptoir.kit.db import Connection
from comptoir.kit.telephone import e164

_SQL: Final = """
SELECT a.reference, a.service, a.relay_id, o.number, o.language, trim(o.currency) AS currency, o.shipping_minor, c.label_format,
  p.length_mm, p.width_mm, p.height_mm, p.weight_grams, l.name AS store, l.street, l.postcode, l.city, l.country, l.phone, l.time_zone,
  e.name AS seller, d.name AS recipient, d.street AS to_street, d.street2 AS to_street2, d.postcode AS to_postcode, d.city AS to_city,
  trim(d.country) AS to_country, coalesce(d.phone, k.phone, '') AS to_phone, coalesce(k.email, '') AS to_email,
  v.relay_name, trim(v.relay_country) AS relay_country,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('description', s.name, 'quantity', x.quantity, 'value_minor', s.price_minor,
      'weight_g', greatest(1, s.weight_grams), 'sku', s.sku) ORDER BY x.line), '[]') FROM parcel_line x JOIN sku s ON s.sku = x.sku
    WHERE x.parcel = p.id) AS contents
FROM label_attempt a JOIN parcel p ON p.id = a.parcel JOIN sales_order o ON o.id = a.order_id JOIN customer k ON k.id = o.customer
JOIN location l ON l.id = a.location JOIN legal_entity e ON e.id = l.legal_entity LEFT JOIN carrier_account c ON c.id = a.account
LEFT JOIN order_address d ON d.order_id = a.order_id LEFT JOIN order_delivery v ON v.order_id = a.order_id
WHERE a.id = $1
"""
UNMEASURED_MM: Final = 100
"""A side of a parcel that nobody measured; carriers weigh, and measure what is big."""


class WantedLabel(msgspec.Struct, frozen=True):
    """What is asked of a carrier, and the form of the label."""

    shipment: Shipment
    format: LabelFormat


async def read_wanted(connection: Connection, attempt: UUID, now: datetime) -> WantedLabel | None:
    """The shipment of a label; None when the order has no address any more (its customer is erased)."""
    row = await connection.fetchrow(_SQL, attempt)
    if row is None or not row["recipient"]:
        return None
    return WantedLabel(_shipment(row, now), LabelFormat(row["label_format"] or "pdf_10x15"))


def _shipment(row: Any, now: datetime) -> Shipment:
    contents = msgspec.json.decode(row["contents"], type=tuple[ContentLine, ...])
    measured = (row["length_mm"] or UNMEASURED_MM, row["width_mm"] or UNMEASURED_MM, row["height_mm"] or UNMEASURED_MM)
    sender = Address(
        row["store"], row["street"], row["postcode"], row["city"], row["country"], row["seller"], phone=e164(row["phone"]) or ""
    )  # fmt: skip
    recipient = Address(
        row["recipient"], row["to_street"], row["to_postcode"], row["to_city"], row["to_country"], street2=row["to_street2"],
        phone=e164(row["to_phone"]) or "", email=row["to_email"],
    )  # fmt: skip
    return Shipment(
        row["reference"], row["number"], sender, recipient, row["service"], ParcelMeasures(*measured, row["weight_grams"]),
        now.astimezone(ZoneInfo(row["time_zone"])).date(), row["relay_id"] or "", sum(one.value_minor * one.quantity for one in contents),
        0, row["shipping_minor"], row["currency"], contents, "", "en" if row["language"] == "en" else "fr",
    )  # fmt: skip


_BACK: Final = """
SELECT a.reference, a.service, a.weight_grams, a.sender, o.number, o.language, trim(o.currency) AS currency, c.label_format,
  l.name AS store, l.street, l.postcode, l.city, l.country, l.phone, l.time_zone, e.name AS seller,
  coalesce(d.name, '') AS name, d.street AS from_street, d.street2 AS from_street2, d.postcode AS from_postcode, d.city AS from_city,
  trim(d.country) AS from_country, coalesce(d.phone, k.phone, '') AS from_phone, coalesce(k.email, '') AS from_email,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('description', s.name, 'quantity', u.units, 'value_minor', s.price_minor,
      'weight_g', greatest(1, s.weight_grams), 'sku', s.sku) ORDER BY s.sku), '[]')
    FROM (SELECT sku, count(*) AS units FROM rma_unit WHERE rma = a.rma AND state = 'expected' GROUP BY sku) u JOIN sku s ON s.sku = u.sku) AS contents
FROM return_label a JOIN sales_order o ON o.id = a.order_id JOIN customer k ON k.id = o.customer
JOIN location l ON l.id = a.location JOIN legal_entity e ON e.id = l.legal_entity JOIN carrier_account c ON c.id = a.account
LEFT JOIN order_address d ON d.order_id = a.order_id WHERE a.id = $1
"""


async def read_wanted_return(
    connection: Connection, label: UUID, now: datetime, formats: tuple[LabelFormat, ...]
) -> WantedLabel | None:
    """The same way back: from the customer to where the goods go, on paper that a printer at home has.

    None when there is no address to send from (any more).
    """
    row = await connection.fetchrow(_BACK, label)
    if row is None or not (row["sender"] or row["name"]):
        return None
    typed = msgspec.json.decode(row["sender"], type=dict[str, str]) if row["sender"] else None
    known = {"phone": e164(row["from_phone"]) or "", "email": row["from_email"]}
    sender = (
        Address(**typed, **known) if typed
        else Address(row["name"], row["from_street"], row["from_postcode"], row["from_city"], row["from_country"], street2=row["from_street2"], **known)
    )  # fmt: skip
    recipient = Address(
        row["store"], row["street"], row["postcode"], row["city"], row["country"], row["seller"], phone=e164(row["phone"]) or ""
    )  # fmt: skip
    contents = msgspec.json.decode(row["contents"], type=tuple[ContentLine, ...])
    shipment = Shipment(
        row["reference"], row["number"], sender, recipient, row["service"],
        ParcelMeasures(UNMEASURED_MM, UNMEASURED_MM, UNMEASURED_MM, row["weight_grams"]), now.astimezone(ZoneInfo(row["time_zone"])).date(),
        "", sum(one.value_minor * one.quantity for one in contents), 0, 0, row["currency"], contents, "",
        "en" if row["language"] == "en" else "fr",
    )  # fmt: skip
    papers = [one for one in (LabelFormat.PDF_A4, LabelFormat.PDF_10X15) if one in formats]
    return WantedLabel(shipment, papers[0] if papers else LabelFormat(row["label_format"]))
