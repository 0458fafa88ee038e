"""A label is wanted: who carries the parcel is chosen, and the wish is on file before any carrier hears of it."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from comptoir.flows.move_work import locked_work
from comptoir.fulfillment.model import Work
from comptoir.kit.actor import Actor
from comptoir.kit.db import Event, Tx
from comptoir.kit.errors import Conflict, Invalid
from comptoir.kit.ids import new_id
from comptoir.shipping import labels, sql
from comptoir.shipping.choosing import Chosen, NobodyTakes, choose
from comptoir.shipping.commands import AskLabel, LabelStands
from comptoir.shipping.model import Account, Delivery, LabelState, Parcel, Piece, Size, State
from comptoir.shipping.services import offer_of

_PIECES: Final = """
SELECT l.sku, l.quantity, s.weight_grams, s.length_mm, s.width_mm, s.height_mm, s.dangerous, s.dangerous_amount, s.fragile, s.ships_alone
FROM parcel_line l JOIN sku s ON s.sku = l.sku WHERE l.parcel = $1 ORDER BY l.line
"""
_DELIVERY: Final = (
    "SELECT kind, carrier, service, relay_id, relay_name, gift, gift_note FROM order_delivery WHERE order_id = $1"
)
_ACCOUNTS: Final = """
SELECT id, carrier, name, services, settings, label_format, refused_at IS NOT NULL AND refused_at > $2 AS refused FROM carrier_account
WHERE active AND (locations IS NULL OR $1 = ANY(locations)) ORDER BY id
"""

ACCOUNT_RESTS: Final = timedelta(hours=1)
"""How long an account that its carrier refused is left alone; then one label asks again, which makes nothing while it is refused."""


async def ask_by_itself(tx: Tx, work: Work, parcel: Parcel) -> None:
    """A parcel was just closed: its label is asked for without a tap. When nobody may carry it, that is written instead."""
    if await sql.live_attempt(tx, parcel.id) is None:
        await _intend(tx, work, parcel, new_id(), None, None)


async def ask_label(tx: Tx, command: AskLabel, actor: Actor, now: datetime) -> LabelStands:
    """Asked for by a person. Conflict `label_there`, `label_being_bought`, `label_to_check`, `parcel_open`; Invalid `account_unknown`."""
    work = await locked_work(tx, await sql.work_of(tx, command.parcel, actor.locations), actor)
    (parcel,) = [one for one in await sql.lock_parcels(tx, work.id) if one.id == command.parcel]
    labels.may_ask(await sql.live_attempt(tx, parcel.id))
    if parcel.state != State.PACKED:
        raise Conflict("parcel_open")
    state = await _intend(tx, work, parcel, command.id, command.account, command.service)
    return LabelStands(command.id, parcel.id, state.value, parcel.state.value)


async def forget_unasked(tx: Tx, parcel: Parcel, reason: str) -> None:
    """A label that no carrier has heard of is not wanted any more."""
    live = await sql.live_attempt(tx, parcel.id)
    if live is not None and live.state == LabelState.INTENDED:
        await sql.end_attempt(tx, live.id, LabelState.GIVEN_UP, reason)


async def _intend(
    tx: Tx, work: Work, parcel: Parcel, attempt: UUID, account: str | None, service: str | None
) -> LabelState:  # fmt: skip
    n = await sql.next_number(tx, parcel.id)
    reference = labels.reference(work.order_number, work.id.hex, parcel.number, n)
    delivery = await delivery_of(tx, work.order_id)
    chosen = await _choose(tx, work, parcel, delivery, account, service)
    if isinstance(chosen, NobodyTakes):
        await sql.insert_attempt(
            tx, attempt, parcel, n, LabelState.REFUSED, reference, relay=delivery.relay_id, problem=chosen.why, mend=chosen.mend,
            words=chosen.sku,
        )  # fmt: skip
        tx.tell(
            Event(
                "shipping.label_refused",
                work.order_id,
                {"parcel": parcel.id, "why": chosen.why},
                work.location,
                work.id,
            )
        )
        return LabelState.REFUSED
    offer = chosen.offer
    await sql.insert_attempt(
        tx, attempt, parcel, n, LabelState.INTENDED, reference, account=offer.account.id, carrier=offer.account.carrier,
        service=offer.service, relay=delivery.relay_id if delivery.kind == "relay" else None, because=chosen.because,
    )  # fmt: skip
    tx.tell(Event("shipping.label_asked", work.order_id, {"parcel": parcel.id, "carrier": offer.account.carrier,
                  "because": chosen.because}, work.location, work.id))  # fmt: skip
    return LabelState.INTENDED


async def _choose(
    tx: Tx, work: Work, parcel: Parcel, delivery: Delivery, account: str | None, service: str | None
) -> Chosen | NobodyTakes:  # fmt: skip
    grams = parcel.weight_grams or 0
    accounts = await accounts_of(tx, work.location)
    if account is not None:
        named = next((one for one in accounts if one.id == account), None)
        if named is None:
            raise Invalid("account_unknown", account=account)
        offers = [offer_of(named, service or named.services.get(delivery.kind, ""), grams)]
        # A person says which: the customer's relay still binds, their carrier is this one.
        delivery = msgspec.structs.replace(delivery, carrier=named.carrier, service=None)
    else:
        offers = [
            offer_of(one, one.services[delivery.kind], grams) for one in accounts if one.services.get(delivery.kind)
        ]
    return choose(delivery, await pieces_of(tx, parcel.id), grams, parcel.size, [one for one in offers if one.service])


async def pieces_of(tx: Tx, parcel: UUID) -> list[Piece]:
    """Every unit in a parcel, with what packing must know of it."""
    return [piece_of(row) for row in await tx.rows(_PIECES, parcel) for _ in range(row["quantity"])]


def piece_of(row: Any) -> Piece:
    size = Size(row["length_mm"], row["width_mm"], row["height_mm"]) if row["length_mm"] else None
    return Piece(
        row["sku"], row["weight_grams"], size, row["dangerous"], row["dangerous_amount"], row["fragile"], row["ships_alone"]
    )  # fmt: skip


async def delivery_of(tx: Tx, order: UUID) -> Delivery:
    """How the customer wants it sent; to the door where nobody said."""
    row = await tx.row(_DELIVERY, order)
    return Delivery(**dict(row)) if row else Delivery()


async def accounts_of(tx: Tx, location: str) -> list[Account]:
    """The carriers' accounts that a store sends with, in the order of their names."""
    decode = msgspec.json.decode
    return [
        msgspec.convert({**dict(row), "services": decode(row["services"]), "settings": decode(row["settings"])}, Account)
        for row in await tx.rows(_ACCOUNTS, location, tx.now - ACCOUNT_RESTS)
    ]  # fmt: skip
