"""Writes and locks of the labels of the way back: asked for, answered, followed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.db import Pool, Tx
from comptoir.shipping.labels import CALL_LIMIT, Answer, Settled
from comptoir.shipping.model import LabelState
from comptoir.shipping.tracking import Status
from comptoir.shipping.tracking_sql import LEASE
from comptoir.shipping.way_back import ReturnLabel, Sender, WayBack

_LABEL = (
    "id, rma, order_id, n, method, location, account, carrier, service, state, reference, tries, tracking_number, shipment_ref,"
    " problem, status, status_at, code, settled_at, sent_at, void_state, void_tries"
)
_LIVE = ["intended", "calling", "bought", "unknown"]


def _label(row: Any) -> ReturnLabel:
    return msgspec.convert(dict(row), ReturnLabel)


async def live(tx: Tx, rma: UUID) -> ReturnLabel | None:
    """The label of a return that stands or is being asked for, locked."""
    row = await tx.row(
        f"SELECT {_LABEL} FROM return_label WHERE rma = $1 AND state = ANY($2::text[]) FOR NO KEY UPDATE", rma, _LIVE
    )
    return _label(row) if row else None


async def lock(tx: Tx, label: UUID) -> ReturnLabel | None:
    row = await tx.row(f"SELECT {_LABEL} FROM return_label WHERE id = $1 FOR NO KEY UPDATE", label)
    return _label(row) if row else None


async def next_number(tx: Tx, rma: UUID) -> int:
    """Which label of a return the next one is: 1, 2, 3."""
    last: int = await tx.value("SELECT coalesce(max(n), 0) FROM return_label WHERE rma = $1", rma)
    return last + 1


async def insert(
    tx: Tx, label: UUID, rma: UUID, order: UUID, n: int, way: WayBack, location: str, grams: int, fee_minor: int,
    sender: Sender | None, reference: str, currency: str,
) -> None:  # fmt: skip
    await tx.run(
        "INSERT INTO return_label (id, rma, order_id, n, method, location, account, carrier, service, weight_grams, fee_minor, sender,"
        " state, reference, currency, next_at, intended_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::jsonb, 'intended',"
        " $13, $14, $15, $15)",
        label, rma, order, n, way.method, location, way.account, way.carrier, way.service, grams, fee_minor,
        None if sender is None else msgspec.json.encode(sender).decode(), reference, currency, tx.now,
    )  # fmt: skip


async def settle(
    tx: Tx, label: UUID, settled: Settled, answer: Answer, media_type: str, content: bytes, ask_at: datetime | None
) -> None:
    """What its carrier's answer means for it; a number and a file are only kept with a label that stands, or is looked for."""
    still_open = settled.state in (LabelState.INTENDED, LabelState.UNKNOWN)
    await tx.run(
        "UPDATE return_label SET state = $2, problem = $3, mend = $4, words = nullif($5, ''), next_at = $6, tracking_number = $7,"
        " shipment_ref = nullif($8, ''), cost_minor = $9, settled_at = CASE WHEN $10 THEN NULL ELSE $11::timestamptz END,"
        " media_type = nullif($12, ''), content = CASE WHEN $12 = '' THEN NULL ELSE $13::bytea END, ask_at = $14 WHERE id = $1",
        label, settled.state.value, settled.problem, settled.mend, answer.words[:1000], settled.next_at,
        answer.numbers[0] if answer.numbers else None, answer.shipment_ref, answer.cost_minor, still_open, tx.now,
        media_type if content else "", content, ask_at,
    )  # fmt: skip


async def give_up(tx: Tx, label: UUID) -> None:
    """It is not wanted any more, or nobody knows of it."""
    await tx.run(
        "UPDATE return_label SET state = 'given_up', next_at = NULL, ask_at = NULL, settled_at = $2 WHERE id = $1", label, tx.now
    )  # fmt: skip


async def throw_away(tx: Tx, label: UUID, why: str) -> None:
    """Nobody will use it; its carrier is told as soon as the worker comes by."""
    await tx.run(
        "UPDATE return_label SET state = 'voided', ended_why = $2, ask_at = NULL, claimed_until = NULL, void_state = 'intended', void_next_at = $3"
        " WHERE id = $1",
        label, why, tx.now,
    )  # fmt: skip


async def lock_unused(tx: Tx, before: datetime, limit: int) -> list[ReturnLabel]:
    """Labels bought before then that no carrier has seen on a parcel."""
    rows = await tx.rows(
        f"SELECT {_LABEL} FROM return_label WHERE state = 'bought' AND sent_at IS NULL AND settled_at < $1"
        " ORDER BY settled_at, id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED",
        before, limit,
    )  # fmt: skip
    return [_label(row) for row in rows]


async def claim_voids(tx: Tx, limit: int) -> list[ReturnLabel]:
    """Labels that their carrier has to take back. A call that nobody came back from is made again: giving back twice gives back once."""
    rows = await tx.rows(
        "WITH due AS (SELECT id FROM return_label WHERE void_state IN ('intended', 'calling') AND void_next_at <= $1"
        " ORDER BY void_next_at, id LIMIT $2 FOR UPDATE SKIP LOCKED) UPDATE return_label a SET void_state = 'calling',"
        f" void_tries = void_tries + 1, void_next_at = $3 FROM due WHERE a.id = due.id RETURNING {_of('a')}",
        tx.now, limit, tx.now + CALL_LIMIT,
    )  # fmt: skip
    return [_label(row) for row in rows]


async def settle_void(
    tx: Tx, label: UUID, state: LabelState, void_state: str, words: str, next_at: datetime | None
) -> None:
    """What its carrier said to having it back."""
    await tx.run(
        "UPDATE return_label SET state = $2, void_state = $3, void_words = nullif($4, ''), void_next_at = $5 WHERE id = $1",
        label, state.value, void_state, words[:1000], next_at,
    )  # fmt: skip


async def claim_calls(tx: Tx, limit: int) -> list[ReturnLabel]:
    """Labels whose time has come, each marked as being asked for at this moment, before any carrier is called."""
    rows = await tx.rows(
        "WITH due AS (SELECT id FROM return_label WHERE state = 'intended' AND next_at <= $1 ORDER BY next_at, id LIMIT $2"
        " FOR UPDATE SKIP LOCKED) UPDATE return_label a SET state = 'calling', called_at = $1, tries = tries + 1, next_at = NULL"
        f" FROM due WHERE a.id = due.id RETURNING {_of('a')}",
        tx.now, limit,
    )  # fmt: skip
    return [_label(row) for row in rows]


async def doubt_lost_calls(tx: Tx) -> list[ReturnLabel]:
    """Calls that nobody came back from."""
    rows = await tx.rows(
        "UPDATE return_label SET state = 'unknown', problem = 'label_unknown', mend = 'carrier'"
        f" WHERE state = 'calling' AND called_at < $1 RETURNING {_LABEL}",
        tx.now - CALL_LIMIT,
    )  # fmt: skip
    return [_label(row) for row in rows]


async def find_number(tx: Tx, carrier: str, number: str) -> UUID | None:
    """The newest label of a carrier, or of an account, with this number."""
    found: UUID | None = await tx.value(
        "SELECT id FROM return_label WHERE tracking_number = $1 AND (carrier = $2 OR account = $2) ORDER BY settled_at DESC LIMIT 1",
        number, carrier,
    )  # fmt: skip
    return found


async def keep_standing(
    tx: Tx,
    label: UUID,
    status: Status,
    at: datetime | None,
    code: str,
    sent_at: datetime | None,
    ask_at: datetime | None,
    look_at: datetime | None,
) -> None:
    """Where its parcel is from now on."""
    await tx.run(
        "UPDATE return_label SET status = $2, status_at = $3, code = $4, sent_at = $5, ask_at = $6, look_at = $7, claimed_until = NULL WHERE id = $1",
        label, status, at, code, sent_at, ask_at, look_at,
    )  # fmt: skip


async def claim_silent(tx: Tx, limit: int) -> list[ReturnLabel]:
    """Labels whose parcel a person has to ask for by now, each once until somebody has decided."""
    rows = await tx.rows(
        "WITH due AS (SELECT id FROM return_label WHERE look_at <= $1 ORDER BY look_at, id LIMIT $2 FOR UPDATE SKIP LOCKED)"
        f" UPDATE return_label a SET look_at = NULL FROM due WHERE a.id = due.id RETURNING {_of('a')}",
        tx.now, limit,
    )  # fmt: skip
    return [_label(row) for row in rows]


async def look_again(tx: Tx, rma: UUID, at: datetime) -> None:
    """A person waits: the question comes back then, unless something is heard before."""
    await tx.run("UPDATE return_label SET look_at = $2 WHERE rma = $1 AND state = 'bought'", rma, at)


async def claim_asks(pool: Pool, now: datetime, limit: int) -> list[ReturnLabel]:
    """Labels whose carrier is to be asked where the parcel is, for some minutes this worker's."""
    rows = await pool.fetch(
        "WITH next AS (SELECT id FROM return_label WHERE ask_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1)"
        " ORDER BY ask_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
        f" UPDATE return_label a SET claimed_until = $3 FROM next WHERE next.id = a.id RETURNING {_of('a')}",
        now, limit, now + LEASE,
    )  # fmt: skip
    return [_label(row) for row in rows]


async def ask_again(pool: Pool, labels: Sequence[UUID], at: datetime) -> None:
    """Their carriers are asked again then, unless something new gave them another time already."""
    await pool.execute(
        "UPDATE return_label SET ask_at = $2, claimed_until = NULL WHERE id = ANY($1::uuid[]) AND claimed_until IS NOT NULL",
        list(labels), at,
    )  # fmt: skip


async def fee_of(tx: Tx, rma: UUID) -> int:
    """What the label costs its customer, in minor units: nothing as long as no carrier has the parcel."""
    found: int = await tx.value(
        "SELECT coalesce(max(fee_minor), 0) FROM return_label WHERE rma = $1 AND state = 'bought' AND sent_at IS NOT NULL", rma
    )  # fmt: skip
    return found


async def stop_asking(tx: Tx, rma: UUID) -> None:
    """The parcel is here: nobody asks for it any more."""
    await tx.run("UPDATE return_label SET ask_at = NULL, look_at = NULL, claimed_until = NULL WHERE rma = $1", rma)


def _of(name: str) -> str:
    return ", ".join(f"{name}.{column.strip()}" for column in _LABEL.split(","))
