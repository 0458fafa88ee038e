"""The rows of a group of placed orders, gathered per table and written by one statement each."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from comptoir.fulfillment import sql as work_sql
from comptoir.kit.db import Event, insert_events
from comptoir.kit.ids import digest
from comptoir.kit.together import Together
from comptoir.orders import sql
from comptoir.orders.capture import Reason, Requirement
from comptoir.orders.model import ChannelFacts, OrderPlaced, PlacedWork, PlaceOrder
from comptoir.payments.sql import PAYMENTS
from comptoir.shipping.relay_sql import DELIVERIES
from comptoir.sourcing.model import Share
from comptoir.sourcing.sql import keep_decisions
from comptoir.sourcing.why import Why
from comptoir.stock import sql as stock_sql
from comptoir.stock.model import Fact, Movement
from comptoir.stock.promise import Reservation

UNPAID_WAITS = timedelta(minutes=30)
"""How long units are kept for an order whose payment is pending and names no time limit of its own."""

Row = tuple[Any, ...]


class Rows:
    """Collects; encodes with `keep` and `keep_taken`."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.customers: list[tuple[UUID, str, str, str | None, str | None, str, str]] = []
        self.orders: list[Row] = []
        self.addresses: list[Row] = []
        self.companies: list[Row] = []
        self.deliveries: list[Row] = []
        self.lines: list[Row] = []
        self.requirements: list[Row] = []
        self.holds: list[Row] = []
        self.payments: list[Row] = []
        self.reservations: list[Row] = []
        self.movements: list[Movement] = []
        self.works: list[Row] = []
        self.work_lines: list[Row] = []
        self.events: list[Event] = []
        self.brought: list[tuple[UUID, str]] = []
        """Works whose goods go to another store, where they are collected."""
        self.decisions: list[tuple[UUID, Why]] = []

    def add_order(
        self, command: PlaceOrder, channel: ChannelFacts | None, mark: bytes, answer: bytes, placed: OrderPlaced,
        needed: tuple[Requirement, ...], customer: UUID, who: str,
    ) -> None:  # fmt: skip
        person = command.customer
        self.customers.append(
            (
                customer,
                person.first_name,
                person.last_name,
                person.email,
                person.phone,
                command.language,
                " ".join(person.consents),
            )
        )
        goods = sum(line.quantity * line.unit_price_minor for line in command.lines)
        discount = sum(line.discount_minor for line in command.lines)
        self.orders.append(
            (command.id, placed.number, mark, answer, channel.channel if channel else "api", channel.external_id if channel else None,
             channel.external_number if channel else None, channel.updated_at if channel else None, customer, command.placed_at, self.now,
             command.language, command.currency, goods, discount, command.shipping_minor, command.vat_minor, command.total_minor,
             placed.progress.value, digest(placed.link.removeprefix("/o/")), command.collector or None, command.service or "standard")
        )  # fmt: skip
        if command.ship_to:
            to = command.ship_to
            self.addresses.append(
                (command.id, to.name, to.street, to.street2, to.postcode, to.city, to.country, to.phone)
            )
            if to.relay:
                at = to.relay
                self.deliveries.append(
                    (
                        command.id,
                        "relay",
                        at.carrier,
                        at.id,
                        at.name,
                        at.street,
                        at.postcode,
                        at.city,
                        at.country,
                        self.now,
                        "order",
                    )
                )
        if command.customer.company:
            of = command.customer.company
            self.companies.append((command.id, of.name, of.siren, of.vat_number))
        for number, line in enumerate(command.lines, 1):
            self.lines.append(
                (command.id, number, line.sku, line.external_sku or None, line.title, line.quantity, line.unit_price_minor, line.discount_minor,
                 line.vat_rate_bp, line.vat_minor, line.total_minor, line.method, line.location)
            )  # fmt: skip
        held = bool(placed.held)
        for need in needed:
            self.requirements.append(
                (
                    command.id,
                    need.line,
                    need.part,
                    need.sku,
                    need.quantity,
                    need.share_minor,
                    0,
                    need.quantity if held else 0,
                    0 if held else need.quantity,
                    0,
                )
            )
        pay = command.payment
        self.payments.append(
            (
                command.id,
                pay.reference,
                pay.provider,
                pay.state,
                pay.amount_minor,
                pay.amount_minor if pay.state == "captured" else 0,
                pay.expires_at,
            )
        )
        self.events.append(
            Event("order.placed", command.id, {"number": placed.number, "held": list(placed.held), "works": [
                {"id": work.id, "location": work.location, "kind": work.kind} for work in placed.works]})
        )  # fmt: skip

    def add_work(self, order: UUID, number: str, work: PlacedWork, shares: list[Share]) -> None:
        self.works.append(
            (
                work.id,
                work.location,
                order,
                number,
                work.kind,
                "open",
                work.promise_at,
                sum(s.quantity for s in shares),
                self.now,
            )
        )
        for i, share in enumerate(shares, 1):
            self.work_lines.append(
                (work.id, work.location, i, order, share.line, share.part, share.sku, share.quantity, share.quantity)
            )

    def add_reservation(self, command: PlaceOrder, share: Share, work: UUID | None, unpaid: bool) -> None:
        """Units that the plan takes; what was available then is added once they are taken."""
        until = (command.payment.expires_at or self.now + UNPAID_WAITS) if unpaid else None
        self.reservations.append(
            (
                share.place,
                share.sku,
                command.id,
                share.line,
                share.part,
                share.quantity,
                until,
                self.now,
            )
        )
        self.movements.append(
            Movement(share.sku, share.place, Fact.RESERVE, reserved=share.quantity, order_id=command.id, work=work)
        )

    def add_holds(self, command: PlaceOrder, reasons: list[Reason], who: str) -> None:
        for found in reasons:
            until = (command.payment.expires_at or self.now + UNPAID_WAITS) if found.reason == "payment" else None
            self.holds.append((command.id, found.reason, found.detail, self.now, who, until))

    async def keep(self, together: Together) -> None:
        """Encode what is known before the levels are locked, which is all but the reservations."""
        await sql.keep_customers(together, self.customers)
        await sql.ORDERS.insert(together, self.orders)
        await sql.ADDRESSES.insert(together, self.addresses)
        await sql.COMPANIES.insert(together, self.companies)
        await DELIVERIES.insert(together, self.deliveries)
        await sql.LINES.insert(together, self.lines)
        await sql.REQUIREMENTS.insert(together, self.requirements)
        await sql.HOLDS.insert(together, self.holds)
        await PAYMENTS.insert(together, self.payments)
        sums: dict[tuple[str, str], int] = {}
        for m in self.movements:
            sums[m.sku, m.location] = sums.get((m.sku, m.location), 0) + m.reserved
        if sums:
            await stock_sql.add_to_levels(together, list(sums), [(0, units, 0, 0) for units in sums.values()])
            await stock_sql.append(together, self.movements)
        await work_sql.WORKS.insert(together, self.works)
        await work_sql.WORK_LINES.insert(together, self.work_lines)
        together.touched.update(row[1] for row in self.works)
        await keep_decisions(together, self.decisions)
        await insert_events(together, self.events, [1] * len(self.events))

    async def keep_taken(self, together: Together, taken: Sequence[Reservation]) -> None:
        """Encode the reservations, one for each that the plan made, in its order."""
        await stock_sql.insert_reservations(
            together,
            [
                (*row[:6], of.available_when_promised, *row[6:])
                for row, of in zip(self.reservations, taken, strict=True)
            ],
        )
