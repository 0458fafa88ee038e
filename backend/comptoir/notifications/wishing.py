"""What a customer wants to hear, and by which medium: set on a page behind the order's link, kept as what is switched off."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Invalid, NotFound
from comptoir.notifications import silence
from comptoir.notifications.model import Medium, Topic
from comptoir.notifications.planning import NEEDED, WRITTEN

OFFERED: Final[dict[Topic, tuple[Medium, ...]]] = {
    "ready": ("sms", "email", "push"), "changes": ("sms", "email", "push"), "papers": ("sms", "email"), "survey": ("email", "push"),
}  # fmt: skip
"""The switches of the page; a medium that does not reach the customer has none."""

Switch = tuple[Topic, Medium]


class SetWishes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The switches that are on, of those that the page showed."""

    id: UUID
    order: UUID
    on: Annotated[tuple[Switch, ...], msgspec.Meta(max_length=12)]


class Unsubscribe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing more of what nobody needs. `mark` is the digest of an address (silence.py) that is to be spared for good, and `how` who said so."""

    id: UUID
    order: UUID
    mark: bytes = b""
    how: str = ""


class Wished(msgspec.Struct, frozen=True):
    """It is kept."""


def switches(phone: bool, email: bool) -> tuple[Switch, ...]:
    """Those of a customer who can be reached like this."""
    there: dict[Medium, bool] = {"push": True, "sms": phone, "email": email}
    return tuple((topic, medium) for topic, media in OFFERED.items() for medium in media if there[medium])


def check(shown: Collection[Switch], on: Collection[Switch]) -> None:
    """Invalid `medium_needed` when what the contract needs could no longer be told by SMS or e-mail."""
    for topic in sorted(NEEDED):
        written = {switch for switch in shown if switch[0] == topic and switch[1] in WRITTEN}
        if written and not written & set(on):
            raise Invalid("medium_needed", topic=topic)


async def set_wishes(tx: Tx, command: SetWishes, actor: Actor, now: datetime) -> Wished:
    """Only the switches that were shown change. Invalid `medium_needed`; NotFound behind another order's link."""
    row = await _customer(tx, command.order, actor)
    shown = switches(row["phone"], row["email"])
    check(shown, command.on)
    await _keep(tx, row["customer"], command.order, shown, frozenset(shown) - frozenset(command.on), now)
    return Wished()


async def unsubscribe(tx: Tx, command: Unsubscribe, actor: Actor, now: datetime) -> Wished:
    """Questions on how it was end, on every medium; all else stays as it is."""
    row = await _customer(tx, command.order, actor)
    survey: list[Switch] = [("survey", medium) for medium in OFFERED["survey"]]
    await _keep(tx, row["customer"], command.order, survey, survey, now)
    if command.mark:
        await tx.run(silence.KEEP, "email", command.mark, now, command.how)
    return Wished()


async def _customer(tx: Tx, order: UUID, actor: Actor) -> Any:
    row = await tx.row(
        "SELECT o.customer, coalesce(c.phone, '') <> '' AS phone, coalesce(c.email, '') <> '' AS email FROM sales_order o"
        " JOIN customer c ON c.id = o.customer WHERE o.id = $1 AND c.erased_at IS NULL FOR NO KEY UPDATE OF o",
        order,
    )  # fmt: skip
    if row is None or actor.who != f"customer:{order}":
        raise NotFound("order_not_found")
    return row


async def _keep(
    tx: Tx, customer: UUID, order: UUID, shown: Collection[Switch], off: Collection[Switch], now: datetime
) -> None:
    """`off` of `shown` is off, the rest of it is on; an event only when something changed, so that a repeat says nothing."""
    on = [switch for switch in shown if switch not in off]
    gone = await tx.rows(
        "DELETE FROM customer_preference p USING unnest($2::text[], $3::text[]) AS n (topic, medium)"
        " WHERE p.customer = $1 AND p.topic = n.topic AND p.medium = n.medium RETURNING p.topic",
        customer, [topic for topic, _ in on], [medium for _, medium in on],
    )  # fmt: skip
    made = await tx.rows(
        "INSERT INTO customer_preference (customer, topic, medium, made_at) SELECT $1, n.topic, n.medium, $4"
        " FROM unnest($2::text[], $3::text[]) AS n (topic, medium) ON CONFLICT DO NOTHING RETURNING topic",
        customer, [topic for topic, _ in off], [medium for _, medium in off], now,
    )  # fmt: skip
    if gone or made:
        tx.tell(Event("customer.wishes_changed", order, {"topics": sorted({row["topic"] for row in (*gone, *made)})}))


FLOWS: Final[dict[type, Any]] = {SetWishes: set_wishes, Unsubscribe: unsubscribe}
