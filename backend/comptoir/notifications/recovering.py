"""A customer has lost the link of the order's page: it is sent again to the number or address on file, never shown.

Whoever asks learns nothing: known and unknown contacts get the same answer.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.notifications.numbers import e164

LATEST: Final = 3
"""Orders of one person whose links are sent again."""
SINCE: Final = timedelta(days=120)

Contact = Annotated[str, msgspec.Meta(max_length=254)]


class RecoverLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Send the links of this contact's orders again."""

    id: UUID
    contact: Contact


class Looked(msgspec.Struct, frozen=True):
    """The same whether somebody was found or not."""


_OF_EMAIL: Final = "lower(c.email) = $1"
_OF_PHONE: Final = "c.phone = ANY($1::text[])"
_ORDERS: Final = """
SELECT o.id FROM customer c JOIN sales_order o ON o.customer = c.id
WHERE {whose} AND c.erased_at IS NULL AND o.received_at > $2 ORDER BY o.received_at DESC, o.id DESC LIMIT $3
"""


def spellings(number: str) -> list[str]:
    """How a number may stand on file: as typed, in E.164, and as people of its country write it."""
    whole = e164(number)
    if whole is None:
        return []
    national = "0" + whole.removeprefix("+33") if whole.startswith("+33") else whole
    pairs = " ".join(national[at : at + 2] for at in range(0, len(national), 2))
    return list(dict.fromkeys([whole, national, pairs, number.strip()]))


async def recover_link(tx: Tx, command: RecoverLink, actor: Actor, now: datetime) -> Looked:
    """An event for each order found; the message is written from it."""
    typed = command.contact.strip()
    if "@" in typed:
        whose, by, value = _OF_EMAIL, "email", typed.lower()  # type: tuple[str, str, Any]
    else:
        whose, by, value = _OF_PHONE, "sms", spellings(typed)
    rows = await tx.rows(_ORDERS.format(whose=whose), value, now - SINCE, LATEST) if value else []
    for row in rows:
        tx.tell(Event("customer.link_asked", row["id"], {"by": by}))
    return Looked()


FLOWS: Final[dict[type, Any]] = {RecoverLink: recover_link}
