"""Reads what invoices need of an order: how it was sold, by whom, what was canceled of it, what its documents hold already."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.invoices import sql
from comptoir.invoices.composing import Part, Sale, Sold
from comptoir.invoices.model import SHIPPING, Buyer, Need, Seller, Setting, Standing
from comptoir.invoices.reckoning import rate_of
from comptoir.kit.db import Tx
from comptoir.kit.i18n import t
from comptoir.kit.money import half_up
from comptoir.returns.accessories import Absent
from comptoir.returns.refunding import gross_shares

STANDARD_BP = 2000

_ORDER = """
SELECT o.number, o.language, trim(o.currency) AS currency, o.placed_at, o.goods_minor, o.discount_minor, o.shipping_minor, o.vat_minor,
  o.total_minor, o.canceled_at, o.progress, coalesce(h.invoices, 'at_hand_over') AS setting, coalesce(h.name, o.channel) AS paid_by,
  c.first_name, c.last_name, a.name AS ship_name, a.street, a.street2, a.postcode, a.city, a.country,
  b.name AS company, b.siren, b.vat_number,
  (SELECT coalesce(sum(p.captured_minor), 0)::bigint FROM payment p WHERE p.order_id = o.id) AS captured_minor,
  (SELECT coalesce(sum(p.amount_minor), 0)::bigint FROM payment p WHERE p.order_id = o.id AND p.state IN ('authorized', 'captured',
    'part_refunded', 'refunded')) AS covered_minor
FROM sales_order o JOIN customer c ON c.id = o.customer LEFT JOIN channel h ON h.id = o.channel
LEFT JOIN order_address a ON a.order_id = o.id LEFT JOIN order_company b ON b.order_id = o.id WHERE o.id = $1
"""
_LINES = (
    "SELECT l.line, concat_ws(', ', coalesce(s.name, l.title), nullif(s.variant, '')) AS title, l.quantity, l.unit_price_minor,"
    " l.vat_rate_bp, l.vat_minor, l.total_minor, l.method FROM order_line l LEFT JOIN sku s ON s.sku = l.sku"
    " WHERE l.order_id = $1 ORDER BY l.line"
)
# Who sells is the entity of the place that has the work; before there is any, of the place that was chosen, else of any.
_NEEDS = """
SELECT r.line, r.part, r.quantity, r.share_minor, r.canceled, concat_ws(', ', s.name, nullif(s.variant, '')) AS name,
  coalesce((SELECT p.legal_entity FROM work_line w JOIN location p ON p.id = w.location
      WHERE w.order_id = r.order_id AND w.order_line = r.line AND w.part = r.part ORDER BY w.work DESC LIMIT 1),
    (SELECT p.legal_entity FROM order_line l JOIN location p ON p.id = l.location WHERE l.order_id = r.order_id AND l.line = r.line),
    (SELECT min(id) FROM legal_entity)) AS legal_entity
FROM requirement r JOIN sku s ON s.sku = r.sku WHERE r.order_id = $1 ORDER BY r.line, r.part
"""
_HANDED = (
    "SELECT w.order_line, w.part, sum(g.quantity - g.refused)::int AS units, min(v.at) AS at FROM hand_over v"
    " JOIN hand_over_line g ON g.hand_over = v.id JOIN work_line w ON w.work = g.work AND w.line = g.line"
    " WHERE v.id = $1 AND v.undone_at IS NULL GROUP BY w.order_line, w.part HAVING sum(g.quantity - g.refused) > 0"
)
_SHIPPED = (
    "SELECT w.order_line, w.part, sum(b.quantity)::int AS units, min(f.closed_at) AS at FROM manifest f"
    " JOIN manifest_parcel m ON m.manifest = f.id JOIN parcel p ON p.id = m.parcel JOIN parcel_line b ON b.parcel = p.id"
    " JOIN work_line w ON w.work = b.work AND w.line = b.line WHERE f.id = $1 AND f.state = 'closed' AND p.order_id = $2"
    " GROUP BY w.order_line, w.part"
)
# Refused at a counter whose hand-over may still be taken back: these units may yet be the customer's.
_UNSETTLED = (
    "SELECT w.order_line, w.part, sum(g.refused)::int FROM hand_over v JOIN hand_over_line g ON g.hand_over = v.id AND g.refused > 0"
    " JOIN work_line w ON w.work = g.work AND w.line = g.line"
    " JOIN event e ON e.stream = v.order_id AND e.kind = 'fulfillment.hand_over_settled' AND e.body->>'hand_over' = v.id::text"
    " WHERE v.order_id = $1 AND v.undone_at IS NULL AND e.withdrawn_at IS NULL AND e.due_at > $2 GROUP BY w.order_line, w.part"
)
_RETURNED = (
    "SELECT line, part, nth, refund_minor, kept_minor, absent FROM rma_unit WHERE rma = $1 AND line IS NOT NULL AND state IN ('here', 'placed', 'gone', 'lost')"
    " ORDER BY line, part, nth"
)
_SELLER = "SELECT * FROM legal_entity WHERE id = $1"


class InvoiceFacts(msgspec.Struct, frozen=True):
    """An order as its invoices see it. `is_confirmed`: nothing holds it and it is paid or its payment is promised."""

    sale: Sale
    ordered_at: datetime
    setting: Setting
    is_confirmed: bool
    standings: tuple[Standing, ...]


class Entity(msgspec.Struct, frozen=True):
    """A legal entity, and how its documents are numbered and dated."""

    seller: Seller
    prefix: str
    time_zone: str


async def find_invoice_facts(tx: Tx, order: UUID) -> InvoiceFacts | None:
    """What is true of the order now; None when there is no such order."""
    row = await tx.row(_ORDER, order)
    if row is None:
        return None
    lines = await tx.rows(_LINES, order)
    needs = await tx.rows(_NEEDS, order)
    # Some shops sell without VAT and add it at the end: then what a line cost is its total and its VAT.
    adds_vat = row["total_minor"] != row["goods_minor"] - row["discount_minor"] + row["shipping_minor"]
    return InvoiceFacts(
        sale=_sale(row, lines, needs, adds_vat),
        ordered_at=row["placed_at"],
        setting=row["setting"],
        is_confirmed=row["progress"] not in ("received", "held", "canceled")
        and row["covered_minor"] >= row["total_minor"],
        standings=await _standings(tx, order, row, lines, needs, adds_vat),
    )


def _sale(row: Any, lines: list[Any], needs: list[Any], adds_vat: bool) -> Sale:
    sold = {
        line["line"]: Sold(
            line["title"], line["quantity"], _unit_gross(line, adds_vat), line["vat_rate_bp"],
            {need["part"]: Part(need["name"], need["quantity"]) for need in needs if need["line"] == line["line"]},
        )
        for line in lines
    }  # fmt: skip
    rates = sorted({line["vat_rate_bp"] for line in lines} | {STANDARD_BP})
    shipping_vat = row["vat_minor"] - sum(line["vat_minor"] for line in lines)
    return Sale(
        order_number=row["number"], language=row["language"], currency=row["currency"], buyer=_buyer(row), sold=sold,
        shipping_rate_bp=rate_of(_shipping(row, lines, adds_vat), max(0, shipping_vat), rates),
        shipping_words=t("document.shipping", row["language"]), is_paid=row["captured_minor"] >= row["total_minor"],
        paid_by=row["paid_by"],
    )  # fmt: skip


def _unit_gross(line: Any, adds_vat: bool) -> int:
    price: int = line["unit_price_minor"]
    return price + half_up(price * line["vat_rate_bp"], 10_000) if adds_vat else price


def _shipping(row: Any, lines: list[Any], adds_vat: bool) -> int:
    shipping: int = row["shipping_minor"]
    return shipping + row["vat_minor"] - sum(line["vat_minor"] for line in lines) if adds_vat else shipping


def _buyer(row: Any) -> Buyer:
    return Buyer(
        name=row["ship_name"] or f"{row['first_name']} {row['last_name']}", company=row["company"] or "",
        siren=row["siren"] or "", vat_number=row["vat_number"] or "", street=row["street"] or "",
        street2=row["street2"] or "", postcode=row["postcode"] or "", city=row["city"] or "", country=row["country"] or "",
    )  # fmt: skip


async def _standings(
    tx: Tx, order: UUID, row: Any, lines: list[Any], needs: list[Any], adds_vat: bool
) -> tuple[Standing, ...]:
    held = await sql.held_of(tx, order)
    open_still = {(r[0], r[1]): r[2] for r in await tx.rows(_UNSETTLED, order, tx.now)}
    gross_of: dict[Need, int] = {}
    for line in lines:
        parts = [need for need in needs if need["line"] == line["line"]]
        shares = [need["share_minor"] for need in parts]
        for need, gross in zip(
            parts, gross_shares(line["total_minor"], line["vat_minor"] if adds_vat else 0, shares), strict=True
        ):
            gross_of[need["line"], need["part"]] = gross
    standings = []
    for need in needs:
        at: Need = (need["line"], need["part"])
        canceled = need["canceled"] - open_still.get(at, 0)
        mine = tuple(one for one in held if one.need == at)
        standings.append(Standing(at, need["quantity"], canceled, gross_of[at], need["legal_entity"], mine))
    shipping = _shipping(row, lines, adds_vat)
    if shipping > 0 and standings:
        # It goes with what is shipped; an order that ships nothing paid it for whatever comes first.
        ships = {line["line"] for line in lines if line["method"] == "ship"}
        seller = next((one for one in standings if one.need[0] in ships), standings[0]).legal_entity
        mine = tuple(one for one in held if one.need == SHIPPING)
        standings.append(Standing(SHIPPING, 1, int(row["canceled_at"] is not None), shipping, seller, mine))
    return tuple(standings)


async def find_handed(tx: Tx, hand_over: UUID) -> tuple[dict[Need, int], datetime | None]:
    """Units by need that left with a hand-over, refused ones apart, and when; nothing when it was taken back."""
    rows = await tx.rows(_HANDED, hand_over)
    return {(row["order_line"], row["part"]): row["units"] for row in rows}, rows[0]["at"] if rows else None


async def find_shipped(tx: Tx, manifest: UUID, order: UUID) -> tuple[dict[Need, int], datetime | None]:
    """Units by need of this order that left with a driver, and when; nothing when they were taken back."""
    rows = await tx.rows(_SHIPPED, manifest, order)
    return {(row["order_line"], row["part"]): row["units"] for row in rows}, rows[0]["at"] if rows else None


class Returned(msgspec.Struct, frozen=True):
    """A settled return by need: (which unit, what was given for it), the same of what was kept, and what was missing in both languages."""

    given: dict[Need, list[tuple[int, int]]]
    kept: dict[Need, list[tuple[int, int]]]
    absent: dict[Need, list[Absent]]
    shipping_minor: int


async def find_returned(tx: Tx, rma: UUID) -> Returned:
    """Which units came back and what was given for each, and for the delivery; what was kept for accessories that were missing."""
    found = Returned({}, {}, {}, 0)
    for row in await tx.rows(_RETURNED, rma):
        need = (row["line"], row["part"])
        found.given.setdefault(need, []).append((row["nth"], row["refund_minor"]))
        if row["kept_minor"]:
            found.kept.setdefault(need, []).append((row["nth"], row["kept_minor"]))
            found.absent.setdefault(need, []).extend(msgspec.json.decode(row["absent"], type=list[Absent]))
    shipping = await tx.value("SELECT amount_minor FROM refund_line WHERE cause = $1 AND line = 0", rma)
    return msgspec.structs.replace(found, shipping_minor=shipping or 0)


async def find_entity(tx: Tx, id: str) -> Entity:
    """The seller as it is today."""
    row = await tx.row(_SELLER, id)
    assert row is not None
    seller = Seller(
        row["name"], row["address"], row["country"], row["siren"], row["vat_number"], row["rcs"], row["capital_minor"]
    )
    return Entity(seller, row["document_prefix"], row["time_zone"])
