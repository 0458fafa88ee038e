"""A label is wanted: who carries the parcel is chosen, and the wish is on file before any carrier hears of it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from comptoir.flows.move_work import locked_work
from comptoir.fulfillment.model import Work
from comptoir.kit.actor import Actor
from comptoir.kit.db import Connection, Event, Tx
from comptoir.kit.errors import Conflict, Invalid
from comptoir.kit.ids import new_id
from comptoir.shipping import labels, sql
from comptoir.shipping.arriving import Spoken
from comptoir.shipping.choosing import COMPARE, Chosen, NobodyTakes, Offer, choose
from comptoir.shipping.commands import AskLabel, LabelStands, SettleChoice
from comptoir.shipping.handing import due_on
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

_WAITING: Final = """
SELECT a.location, a.order_id, a.parcel, a.account, a.service, p.weight_grams, p.length_mm, p.width_mm, p.height_mm, w.promise_at, l.time_zone
FROM label_attempt a JOIN parcel p ON p.id = a.parcel JOIN work w ON w.id = a.work JOIN location l ON l.id = a.location
WHERE a.id = $1 AND a.state = 'intended' AND a.chosen_because = $2
"""

ACCOUNT_RESTS: Final = timedelta(hours=1)
"""How long an account that its carrier refused is left alone; then one label asks again, which makes nothing while it is refused."""


class Candidates(msgspec.Struct, frozen=True):
    """All who could take a parcel, in the order of head office; what holds when no price comes; the day, and when it should arrive."""

    label: UUID
    location: str
    offers: tuple[Offer, ...]
    otherwise: Spoken
    today: date
    promised_on: date
    time_zone: str


class ChoiceStands(msgspec.Struct, frozen=True):
    """The carrier that was settled; None when there was nothing to settle any more."""

    label: UUID
    carrier: str | None


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
    because = "person" if account else chosen.because if chosen.because in ("asked", "only") else COMPARE
    await sql.insert_attempt(
        tx, attempt, parcel, n, LabelState.INTENDED, reference, account=offer.account.id, carrier=offer.account.carrier,
        service=offer.service, relay=delivery.relay_id if delivery.kind == "relay" else None, because=because,
    )  # fmt: skip
    if because != COMPARE:
        body = {"parcel": parcel.id, "carrier": offer.account.carrier, "because": because}
        tx.tell(Event("shipping.label_asked", work.order_id, body, work.location, work.id))
    return LabelState.INTENDED


async def candidates(tx: Tx, label: UUID) -> Candidates | None:
    """Who could take the parcel of a label that waits for prices; None once it is settled or given up."""
    row = await tx.row(_WAITING, label, COMPARE)
    if row is None:
        return None
    delivery = await delivery_of(tx, row["order_id"])
    size = Size(row["length_mm"], row["width_mm"], row["height_mm"]) if row["length_mm"] else None
    offers = offers_of(await accounts_of(tx, row["location"]), delivery.kind, row["weight_grams"] or 0)
    chosen = choose(delivery, await pieces_of(tx, row["parcel"]), row["weight_grams"] or 0, size, offers)
    able = (
        () if isinstance(chosen, NobodyTakes) else (chosen.offer, *(one for one in chosen.able if one != chosen.offer))
    )
    today = tx.now.astimezone(ZoneInfo(row["time_zone"])).date()
    leaves = row["promise_at"].astimezone(ZoneInfo(row["time_zone"])).date()
    kept = Spoken(row["account"], row["service"], "first")
    return Candidates(label, row["location"], able, kept, today, due_on(delivery.kind, leaves), row["time_zone"])


async def settle_choice(tx: Tx, command: SettleChoice, actor: Actor, now: datetime) -> ChoiceStands:
    """The prices were compared; what was settled or given up meanwhile stays as it is."""
    carrier = await sql.settle_choice(tx, command.label, command.taken)
    if carrier is not None:
        label = await sql.lock_attempt(tx, command.label, None)
        taken = command.taken
        body = {
            "parcel": label.parcel,
            "carrier": carrier,
            "because": taken.because,
            "minor": taken.minor,
            "days": taken.days,
        }
        tx.tell(Event("shipping.label_asked", label.order_id, body, label.location, label.work))
    return ChoiceStands(command.label, carrier)


def offers_of(accounts: Sequence[Account], kind: str, grams: int) -> list[Offer]:
    """What each account offers for one kind of delivery."""
    return [offer_of(one, one.services[kind], grams) for one in accounts if one.services.get(kind)]


async def _choose(
    tx: Tx, work: Work, parcel: Parcel, delivery: Delivery, account: str | None, service: str | None
) -> Chosen | NobodyTakes:  # fmt: skip
    grams = parcel.weight_grams or 0
    accounts = await accounts_of(tx, work.location)
    if account is not None:
        named = next((one for one in accounts if one.id == account), None)
        if named is None:
            raise Invalid("account_unknown", account=account)
        kinds = ("relay",) if delivery.kind == "relay" else ("home", "express")
        if service and service not in [named.services.get(kind) for kind in kinds]:
            raise Invalid("service_unknown", service=service)
        offers = [offer_of(named, service or named.services.get(delivery.kind, ""), grams)]
        # A person says which: the customer's relay still binds, their carrier is this one.
        delivery = msgspec.structs.replace(delivery, carrier=named.carrier, service=None)
    else:
        offers = offers_of(accounts, delivery.kind, grams)
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
    return await read_accounts(tx.connection, location, tx.now)


async def read_accounts(connection: Connection, location: str, now: datetime) -> list[Account]:
    """The same, for whoever only looks."""
    decode = msgspec.json.decode
    return [
        msgspec.convert({**dict(row), "services": decode(row["services"]), "settings": decode(row["settings"])}, Account)
        for row in await connection.fetch(_ACCOUNTS, location, now - ACCOUNT_RESTS)
    ]  # fmt: skip
