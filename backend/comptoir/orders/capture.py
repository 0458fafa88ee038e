"""Is this order acceptable? Pure: the order and the catalog's facts in; the reasons to hold it, or a refusal, out.

Our own API is strict to the cent. A channel's customer has already paid, so its order is never refused: what does not
add up, or is not known, is kept as sent and held for a person.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

from comptoir.kit.errors import Invalid
from comptoir.kit.money import split, vat_on, vat_within
from comptoir.orders.model import Address, HoldReason, OrderedLine, PlaceOrder

POSTCODES = {
    "FR": re.compile(r"[0-9]{5}\Z"),
    "MC": re.compile(r"980[0-9]{2}\Z"),
    "DE": re.compile(r"[0-9]{5}\Z"),
    "BE": re.compile(r"[0-9]{4}\Z"),
}


class Part(msgspec.Struct, frozen=True):
    """One SKU of a kit: how many go into one kit, and its share of the kit's price in basis points."""

    sku: str
    quantity: int
    share_bp: int


class Requirement(msgspec.Struct, frozen=True):
    """A SKU and quantity that a line needs; `part` counts from 1 inside a kit."""

    line: int
    part: int
    sku: str
    quantity: int
    share_minor: int


class Reason(msgspec.Struct, frozen=True):
    """Why an order is held, with what a person should look at."""

    reason: HoldReason
    detail: str = ""


class Review(msgspec.Struct, frozen=True):
    """What the order needs, and why it is held, if it is."""

    requirements: tuple[Requirement, ...]
    reasons: tuple[Reason, ...]


def review(
    order: PlaceOrder, kits: Mapping[str, Sequence[Part]], known: Mapping[str, object], *, strict: bool
) -> Review:
    """Check totals, payment, address and articles.

    `known` has the SKUs of the catalog, `kits` the parts of those that are kits. Raises Invalid (`totals_differ`,
    `line_total_differs`, `vat_differs`, `unknown_sku`, `payment_differs`, `at_store_not_offered`, `pickup_needs_location`,
    `address_missing`) when `strict`; else these become reasons to hold.
    """
    reasons: list[Reason] = []
    if order.payment.state == "at_store":
        raise Invalid("at_store_not_offered")
    for number, line in enumerate(order.lines, 1):
        if line.method == "pickup" and line.location is None:
            raise Invalid("pickup_needs_location", line=number)
    for code, facts in sums_that_differ(order, tolerance=0 if strict else 1):
        if strict:
            raise Invalid(code, **facts)
        reasons.append(Reason("totals", ", ".join(f"{name} {value}" for name, value in facts.items())))
    unknown = [n for n, line in enumerate(order.lines, 1) if line.sku is None or line.sku not in known]
    if unknown:
        if strict:
            raise Invalid("unknown_sku", lines=[{"line": n, "sku": order.lines[n - 1].sku} for n in unknown])
        reasons.append(
            Reason(
                "unknown_item", ", ".join(order.lines[n - 1].external_sku or order.lines[n - 1].title for n in unknown)
            )
        )
    if order.payment.state == "pending":
        reasons.append(Reason("payment"))
    elif order.payment.amount_minor < order.total_minor:
        if strict:
            raise Invalid("payment_differs", paid_minor=order.payment.amount_minor, total_minor=order.total_minor)
        reasons.append(Reason("payment", f"{order.payment.amount_minor} < {order.total_minor}"))
    if any(line.method == "ship" for line in order.lines):
        fault = fault_of_address(order.ship_to)
        if fault:
            if strict and order.ship_to is None:
                raise Invalid("address_missing")
            reasons.append(Reason("address", fault))
    if order.hold is not None:
        reasons.append(Reason("manual", order.hold))
    return Review(tuple(requirements(order.lines, kits, known)), one_per_reason(reasons))


def sums_that_differ(order: PlaceOrder, tolerance: int) -> list[tuple[str, dict[str, int]]]:
    """Each sum of the order that is off by more than `tolerance` minor units per line: (code, facts)."""
    wrong: list[tuple[str, dict[str, int]]] = []
    vat_of = vat_within if order.prices_include_vat else vat_on
    for number, line in enumerate(order.lines, 1):
        due = line.quantity * line.unit_price_minor - line.discount_minor
        if abs(due - line.total_minor) > tolerance:
            wrong.append(
                ("line_total_differs", {"line": number, "expected_minor": due, "sent_minor": line.total_minor})
            )
        if abs(vat_of(line.total_minor, line.vat_rate_bp) - line.vat_minor) > 1:
            wrong.append(
                (
                    "vat_differs",
                    {
                        "line": number,
                        "expected_minor": vat_of(line.total_minor, line.vat_rate_bp),
                        "sent_minor": line.vat_minor,
                    },
                )
            )
    vat = sum(line.vat_minor for line in order.lines) + order.shipping_vat_minor
    if abs(vat - order.vat_minor) > tolerance * len(order.lines):
        wrong.append(("vat_differs", {"expected_minor": vat, "sent_minor": order.vat_minor}))
    total = sum(line.total_minor for line in order.lines) + order.shipping_minor
    if not order.prices_include_vat:
        total += order.vat_minor
    if abs(total - order.total_minor) > tolerance * len(order.lines):
        wrong.append(("totals_differ", {"expected_minor": total, "sent_minor": order.total_minor}))
    return wrong


def fault_of_address(to: Address | None) -> str:
    """What a carrier would send back: the missing or impossible part, or nothing."""
    if to is None:
        return "missing"
    for part in ("street", "city", "postcode"):
        if not getattr(to, part).strip() and not (part == "postcode" and to.country not in POSTCODES):
            return part
    shape = POSTCODES.get(to.country)
    return "postcode" if shape and not shape.match(to.postcode.strip()) else ""


def requirements(
    lines: Sequence[OrderedLine], kits: Mapping[str, Sequence[Part]], known: Mapping[str, object]
) -> list[Requirement]:
    """Explode kits; the parts' price shares sum to the line's total. Unknown lines need nothing until they are mapped."""
    needed: list[Requirement] = []
    for number, line in enumerate(lines, 1):
        if line.sku is None or line.sku not in known:
            continue
        parts = kits.get(line.sku)
        if not parts:
            needed.append(Requirement(number, 1, line.sku, line.quantity, line.total_minor))
            continue
        shares = split(line.total_minor, [part.share_bp for part in parts])
        needed += [
            Requirement(number, i, part.sku, part.quantity * line.quantity, share)
            for i, (part, share) in enumerate(zip(parts, shares, strict=True), 1)
        ]
    return needed


def one_per_reason(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """Two findings of one reason are one hold whose detail names both."""
    merged: dict[HoldReason, list[str]] = {}
    for found in reasons:
        merged.setdefault(found.reason, []).extend([found.detail] if found.detail else [])
    return tuple(Reason(reason, "; ".join(details)[:500]) for reason, details in merged.items())
