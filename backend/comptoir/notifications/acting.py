"""What a person does about a message that nobody has: send it again, say that the customer was told, correct the address."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, Invalid, NotFound
from comptoir.kit.words import Email, Phone
from comptoir.notifications.model import Medium
from comptoir.notifications.numbers import e164
from comptoir.notifications.planning import COURSES, media_of
from comptoir.notifications.sql import OFF
from comptoir.orders import sql as orders_sql


class SendAgain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new round over all media of a red message."""

    id: UUID
    order: UUID
    message: UUID


class ToldByPerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody called, or said it at the counter: the message is settled."""

    id: UUID
    order: UUID
    message: UUID


class CorrectContact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The customer's number and address as they should be; the order's red messages go out again."""

    id: UUID
    order: UUID
    phone: Phone | None = None
    email: Email | None = None


class Acted(msgspec.Struct, frozen=True):
    """How many messages are on their way again, and how many were settled."""

    sent_again: int = 0
    settled: int = 0


# A message that calls for something is sent again only while it is true (I10); what tells what happened stays true.
_STILL_TRUE: Final = """
CASE
  WHEN m.template IN ('ready', 'reminder', 'last_day') THEN EXISTS (SELECT FROM work w WHERE w.order_id = m.order_id AND w.status = 'staged')
  WHEN m.template = 'missed' THEN EXISTS (SELECT FROM work w WHERE w.order_id = m.order_id AND w.status = 'staged' AND w.rescue_until IS NOT NULL)
  WHEN m.template = 'collector' THEN EXISTS (SELECT FROM collector k WHERE k.order_id = m.order_id)
  WHEN m.template = 'delayed' THEN EXISTS (SELECT FROM work w WHERE w.order_id = m.order_id AND w.told_at IS NOT NULL
    AND (w.status IN ('open', 'accepted', 'picking', 'picked') OR w.kind = 'transfer' AND w.status = 'in_transit'))
  WHEN m.template = 'running_late' THEN EXISTS (SELECT FROM work w WHERE w.order_id = m.order_id AND w.kind = 'pickup' AND w.status IN ('open', 'accepted', 'picking', 'picked'))
  WHEN m.template = 'early' THEN EXISTS (SELECT FROM arrival a WHERE a.order_id = m.order_id AND a.done_at IS NULL)
  WHEN m.template = 'short' THEN EXISTS (SELECT FROM requirement r WHERE r.order_id = m.order_id AND r.unsourced > 0)
  WHEN m.template = 'parcel_ready' THEN EXISTS (SELECT FROM tracking t WHERE t.order_id = m.order_id AND t.status = 'ready_for_pickup')
  WHEN m.template = 'parcel_failed' THEN EXISTS (SELECT FROM tracking t WHERE t.order_id = m.order_id AND t.status = 'delivery_failed')
  WHEN m.template = 'parcel_delayed' THEN EXISTS (SELECT FROM tracking t WHERE t.order_id = m.order_id
    AND t.status NOT IN ('delivered', 'ready_for_pickup', 'return_to_sender', 'cancelled'))
  ELSE true END
"""
_RED: Final = f"""
SELECT m.id, m.template, m.status, m.reason, m.recipient, {_STILL_TRUE} AS still_true,
  CASE WHEN m.recipient = 'collector' THEN k.phone IS NOT NULL ELSE coalesce(c.phone, '') <> '' END AS phone,
  CASE WHEN m.recipient = 'collector' THEN k.email IS NOT NULL ELSE coalesce(c.email, '') <> '' OR m.template = 'withdrawal_received'
    AND EXISTS (SELECT FROM return_request r WHERE r.order_id = m.order_id AND r.reply_to IS NOT NULL) END AS email,
  c.erased_at IS NOT NULL AS erased, EXISTS (SELECT FROM push_subscription p WHERE p.order_id = m.order_id) AS push,
  {OFF}
FROM message m JOIN sales_order o ON o.id = m.order_id JOIN customer c ON c.id = o.customer LEFT JOIN collector k ON k.order_id = m.order_id
WHERE m.order_id = $1 AND ($2::uuid IS NULL OR m.id = $2) AND ($2::uuid IS NOT NULL OR m.status = 'failed') ORDER BY m.made_at, m.id FOR UPDATE OF m
"""


# A receipt that did not arrive where it was asked for goes to the corrected address.
_REPLY_TO: Final = """
UPDATE return_request r SET reply_to = $2 WHERE r.order_id = $1 AND r.reply_to IS NOT NULL AND r.id::text IN (
  SELECT e.body->>'request' FROM message m JOIN event e ON e.stream = m.order_id AND e.seq = m.seq
  WHERE m.order_id = $1 AND m.template = 'withdrawal_received' AND m.status = 'failed')
"""


async def send_again(tx: Tx, command: SendAgain, actor: Actor, now: datetime) -> Acted:
    """A new round. Raises NotFound `message_not_found`, Conflict `message_not_red`, `no_longer_true`, `no_way_to_customer`."""
    await orders_sql.lock(tx, command.order, actor.locations)
    row = await _red(tx, command.order, command.message)
    if not row["still_true"]:
        raise Conflict("no_longer_true")
    if not await _begin_again(tx, command.order, row, now):
        raise Conflict("no_way_to_customer")
    return Acted(sent_again=1)


async def told_by_person(tx: Tx, command: ToldByPerson, actor: Actor, now: datetime) -> Acted:
    """The customer knows. Raises NotFound `message_not_found`, Conflict `message_not_red`."""
    await orders_sql.lock(tx, command.order, actor.locations)
    row = await _red(tx, command.order, command.message)
    await tx.run(
        "UPDATE message SET status = 'delivered', reason = 'by_person', settled_at = $2, settled_by = $3 WHERE id = $1",
        row["id"], now, actor.who,
    )  # fmt: skip
    tx.tell(Event("message.told", command.order, {"message": str(row["id"]), "template": row["template"]}))
    return Acted(settled=1)


async def correct_contact(tx: Tx, command: CorrectContact, actor: Actor, now: datetime) -> Acted:
    """Raises Invalid `no_contact` or `bad_phone`, Conflict `customer_erased`."""
    if command.phone is None and command.email is None:
        raise Invalid("no_contact")
    if command.phone is not None and e164(command.phone) is None:
        raise Invalid("bad_phone")
    order = await orders_sql.lock(tx, command.order, actor.locations)
    if not await orders_sql.change_contact(tx, order["customer"], command.phone, command.email):
        raise Conflict("customer_erased")
    if command.email is not None:
        await tx.run(_REPLY_TO, command.order, command.email)
    told = {"phone": command.phone is not None, "email": command.email is not None}
    tx.tell(Event("customer.contact_corrected", command.order, told))
    rows = await tx.rows(_RED, command.order, None)
    begun = [await _begin_again(tx, command.order, row, now) for row in rows if row["still_true"]]
    return Acted(sent_again=sum(begun))


async def _red(tx: Tx, order: UUID, message: UUID) -> Any:
    row = await tx.row(_RED, order, message)
    if row is None:
        raise NotFound("message_not_found")
    if row["status"] != "failed":
        raise Conflict("message_not_red")
    return row


async def _begin_again(tx: Tx, order: UUID, row: Any, now: datetime) -> bool:
    """A new round by the media that reach the customer now; False when none does."""
    course = COURSES[row["template"]]
    there: tuple[tuple[Medium, str], ...] = (("push", "push"), ("sms", "phone"), ("email", "email"))
    reach = frozenset(medium for medium, column in there if row[column])
    plan = list(media_of(row["template"], reach, msgspec.json.decode(row["off"])))
    if not plan or row["erased"]:
        return False
    await tx.run(
        "UPDATE message SET status = 'due', reason = NULL, plan = $2::text[], medium = ($2::text[])[1], next_at = $3, claimed_until = NULL,"
        " settled_at = NULL, settled_by = NULL, useful_until = greatest(useful_until, $4),"
        " tries_before = (SELECT count(*) FROM message_try t WHERE t.message = message.id) WHERE id = $1",
        row["id"], plan, now, now + course.useful,
    )  # fmt: skip
    tx.tell(Event("message.sent_again", order, {"message": str(row["id"]), "template": row["template"]}))
    return True


FLOWS: Final[dict[type, Any]] = {
    SendAgain: send_again,
    ToldByPerson: told_by_person,
    CorrectContact: correct_contact,
}
