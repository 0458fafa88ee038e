"""The writes of parcels and labels. A work's row is locked before its parcels, so two devices take turns."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.kit.db import Tx
from comptoir.kit.errors import NotFound
from comptoir.shipping.arriving import Spoken
from comptoir.shipping.choosing import COMPARE
from comptoir.shipping.labels import CALL_LIMIT, Answer, Settled
from comptoir.shipping.model import LIVE_LABELS, Attempt, LabelState, Parcel, ParcelLine, Size, State

_PARCEL = (
    "id, work, location, order_id, number, state, box, length_mm, width_mm, height_mm, weight_grams, label, version"
)
_ATTEMPT = (
    "id, parcel, n, work, location, order_id, account, carrier, service, relay_id, state, reference, tracking_number,"
    " shipment_ref, cost_minor, currency, problem, mend, words, tries, next_at, called_at, void_state, void_tries"
)
_LIVE = [state.value for state in LIVE_LABELS]


def read_parcel(row: Any, lines: Sequence[ParcelLine]) -> Parcel:
    size = Size(row["length_mm"], row["width_mm"], row["height_mm"]) if row["length_mm"] else None
    return Parcel(
        row["id"], row["work"], row["location"], row["order_id"], row["number"], State(row["state"]), row["box"], size,
        row["weight_grams"], row["label"], row["version"], tuple(lines),
    )  # fmt: skip


async def work_of(tx: Tx, parcel: UUID, locations: tuple[str, ...] | None) -> UUID:
    """The work of a parcel. NotFound `parcel_not_found` when the locations do not reach it."""
    work: UUID | None = await tx.value(
        "SELECT work FROM parcel WHERE id = $1 AND ($2::text[] IS NULL OR location = ANY($2))", parcel, locations
    )
    if work is None:
        raise NotFound("parcel_not_found")
    return work


async def lock_parcels(tx: Tx, work: UUID) -> list[Parcel]:
    """The parcels of a work that this transaction has locked, canceled ones too, by number."""
    rows = await tx.rows(f"SELECT {_PARCEL} FROM parcel WHERE work = $1 ORDER BY number FOR NO KEY UPDATE", work)
    lines: dict[UUID, list[ParcelLine]] = {row["id"]: [] for row in rows}
    for row in await tx.rows("SELECT parcel, line, sku, quantity FROM parcel_line WHERE work = $1 ORDER BY line", work):
        lines[row["parcel"]].append(ParcelLine(row["line"], row["sku"], row["quantity"]))
    return [read_parcel(row, lines[row["id"]]) for row in rows]


async def insert_parcel(
    tx: Tx, parcel: UUID, work: UUID, location: str, order: UUID, number: int, at: datetime
) -> None:  # fmt: skip
    await tx.run(
        "INSERT INTO parcel (id, work, location, order_id, number, opened_at, opened_by) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        parcel, work, location, order, number, at, tx.who,
    )  # fmt: skip


async def is_taken(tx: Tx, parcel: UUID, work: UUID) -> bool:
    """Whether this id names a parcel of another work."""
    found: bool = await tx.value("SELECT true FROM parcel WHERE id = $1 AND work <> $2", parcel, work)
    return bool(found)


async def add_units(tx: Tx, parcel: UUID, work: UUID, location: str, line: int, sku: str, units: int) -> None:
    """More of a line in a parcel, or less (negative); nothing left is no row."""
    await tx.run(
        "INSERT INTO parcel_line (parcel, line, work, location, sku, quantity) SELECT $1, $2, $3, $4, $5, $6 WHERE $6 > 0"
        " ON CONFLICT (parcel, line) DO UPDATE SET quantity = parcel_line.quantity + $6",
        parcel, line, work, location, sku, units,
    )  # fmt: skip
    if units < 0:
        await tx.run("DELETE FROM parcel_line WHERE parcel = $1 AND line = $2 AND quantity <= $3", parcel, line, -units)
        await tx.run(
            "UPDATE parcel_line SET quantity = quantity + $3 WHERE parcel = $1 AND line = $2", parcel, line, units
        )


async def close_parcel(
    tx: Tx, parcel: UUID, state: State, box: str | None, size: Size | None, grams: int, at: datetime
) -> None:  # fmt: skip
    await tx.run(
        "UPDATE parcel SET state = $2, box = $3, length_mm = $4, width_mm = $5, height_mm = $6, weight_grams = $7,"
        " packed_at = $8, packed_by = $9, version = version + 1 WHERE id = $1",
        parcel, state.value, box, size and size.length_mm, size and size.width_mm, size and size.height_mm, grams, at, tx.who,
    )  # fmt: skip


async def set_state(tx: Tx, parcel: UUID, state: State, label: UUID | None = None) -> None:
    """Reopened, labeled, without a label again, or canceled; what was written about closing stays with a closed one."""
    await tx.run(
        "UPDATE parcel SET state = $2, label = $3, labeled_at = CASE WHEN $3::uuid IS NULL THEN NULL ELSE $4::timestamptz END,"
        " canceled_at = CASE WHEN $2 = 'canceled' THEN $4::timestamptz END, packed_at = CASE WHEN $2 = 'open' THEN NULL ELSE packed_at END,"
        " version = version + 1 WHERE id = $1",
        parcel, state.value, label, tx.now,
    )  # fmt: skip


async def find_box(tx: Tx, box: str, location: str) -> Size | None:
    """The size of a box that the store has; None when there is no such box here."""
    row = await tx.row(
        "SELECT length_mm, width_mm, height_mm FROM box_type WHERE id = $1 AND (location IS NULL OR location = $2)", box, location
    )  # fmt: skip
    return Size(*row) if row else None


def _attempt(row: Any) -> Attempt:
    return msgspec.convert(dict(row), Attempt)


async def live_attempt(tx: Tx, parcel: UUID) -> Attempt | None:
    """The label of a parcel that stands or is being asked for, locked."""
    row = await tx.row(
        f"SELECT {_ATTEMPT} FROM label_attempt WHERE parcel = $1 AND state = ANY($2::text[]) FOR NO KEY UPDATE", parcel, _LIVE
    )  # fmt: skip
    return _attempt(row) if row else None


async def lock_attempt(tx: Tx, attempt: UUID, locations: tuple[str, ...] | None) -> Attempt:
    """NotFound `label_not_found` when the locations do not reach it."""
    row = await tx.row(
        f"SELECT {_ATTEMPT} FROM label_attempt WHERE id = $1 AND ($2::text[] IS NULL OR location = ANY($2)) FOR NO KEY UPDATE",
        attempt, locations,
    )  # fmt: skip
    if row is None:
        raise NotFound("label_not_found")
    return _attempt(row)


async def next_number(tx: Tx, parcel: UUID) -> int:
    """Which try of a parcel the next label is: 1, 2, 3."""
    last: int = await tx.value("SELECT coalesce(max(n), 0) FROM label_attempt WHERE parcel = $1", parcel)
    return last + 1


async def insert_attempt(
    tx: Tx, attempt: UUID, parcel: Parcel, n: int, state: LabelState, reference: str, *, account: str | None = None, carrier: str = "",
    service: str = "", relay: str | None = None, because: str = "", problem: str | None = None, mend: str | None = None,
    words: str | None = None, tracking_number: str | None = None, reason: str = "",
) -> None:  # fmt: skip
    settled = state not in (LabelState.INTENDED, LabelState.CALLING, LabelState.UNKNOWN)
    await tx.run(
        "INSERT INTO label_attempt (id, parcel, n, work, location, order_id, account, carrier, service, relay_id, chosen_because,"
        " state, reference, tracking_number, problem, mend, words, reason, next_at, intended_at, intended_by, settled_at, settled_by)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)",
        attempt, parcel.id, n, parcel.work, parcel.location, parcel.order_id, account, carrier, service, relay, because,
        state.value, reference, tracking_number, problem, mend, words, reason, None if settled else tx.now, tx.now, tx.who,
        tx.now if settled else None, tx.who if settled else None,
    )  # fmt: skip


async def settle_attempt(tx: Tx, attempt: UUID, settled: Settled, answer: Answer, reason: str = "") -> None:
    """What became of it. A number is only kept with a label that stands, or one that has to be looked for."""
    still_open = settled.state in (LabelState.INTENDED, LabelState.UNKNOWN)
    await tx.run(
        "UPDATE label_attempt SET state = $2, problem = $3, mend = $4, words = nullif($5, ''), next_at = $6, numbers = $7,"
        " tracking_number = ($7::text[])[1], shipment_ref = nullif($8, ''), cost_minor = $9, currency = $10, reason = $11,"
        " settled_at = CASE WHEN $12 THEN NULL ELSE $13::timestamptz END, settled_by = CASE WHEN $12 THEN NULL ELSE $14 END WHERE id = $1",
        attempt, settled.state.value, settled.problem, settled.mend, answer.words[:1000], settled.next_at, list(answer.numbers),
        answer.shipment_ref, answer.cost_minor, answer.currency, reason, still_open, tx.now, tx.who,
    )  # fmt: skip


async def end_attempt(tx: Tx, attempt: UUID, state: LabelState, reason: str) -> None:
    """A person's word: it is given up."""
    await tx.run(
        "UPDATE label_attempt SET state = $2, reason = $3, next_at = NULL, settled_at = $4, settled_by = $5 WHERE id = $1",
        attempt, state.value, reason, tx.now, tx.who,
    )  # fmt: skip


async def void_attempt(tx: Tx, attempt: UUID, void_state: str | None, reason: str) -> None:
    """The label is thrown away here; `void_state` intended: the carrier will be told."""
    await tx.run(
        "UPDATE label_attempt SET state = 'voided', reason = $3, voided_at = $4, voided_by = $5, void_state = $2,"
        " void_next_at = CASE WHEN $2::text IS NULL THEN NULL ELSE $4::timestamptz END WHERE id = $1",
        attempt, void_state, reason, tx.now, tx.who,
    )  # fmt: skip


async def keep_file(tx: Tx, attempt: UUID, media_type: str, sha256: bytes, content: bytes) -> None:
    """The label's bytes, once: a second telling changes nothing."""
    await tx.run(
        "INSERT INTO label_file (attempt, media_type, sha256, content, made_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        attempt, media_type, sha256, content, tx.now,
    )  # fmt: skip


async def refuse_account(tx: Tx, account: str, words: str) -> None:
    """The carrier does not know us any more: for a while nothing is asked of this account."""
    await tx.run(
        "UPDATE carrier_account SET refused_at = $2, refused_words = $3 WHERE id = $1",
        account, tx.now, words[:1000],
    )  # fmt: skip


async def trust_account(tx: Tx, account: str) -> None:
    """The carrier knows us again."""
    await tx.run(
        "UPDATE carrier_account SET refused_at = NULL, refused_words = NULL WHERE id = $1 AND refused_at IS NOT NULL", account
    )  # fmt: skip


async def claim_calls(tx: Tx, limit: int) -> list[Attempt]:
    """Attempts whose time has come, each marked as being asked about at this moment, before anybody is called."""
    rows = await tx.rows(
        "WITH due AS (SELECT id FROM label_attempt WHERE state = 'intended' AND chosen_because <> $3 AND next_at <= $1 ORDER BY next_at, id LIMIT $2"
        " FOR UPDATE SKIP LOCKED) UPDATE label_attempt a SET state = 'calling', called_at = $1, tries = tries + 1, next_at = NULL"
        f" FROM due WHERE a.id = due.id RETURNING {', '.join('a.' + name.strip() for name in _ATTEMPT.split(','))}",
        tx.now, limit, COMPARE,
    )  # fmt: skip
    return [_attempt(row) for row in rows]


async def to_compare(tx: Tx, limit: int) -> list[UUID]:
    """Labels whose carrier waits for prices, the oldest first."""
    rows = await tx.rows(
        "SELECT id FROM label_attempt WHERE state = 'intended' AND chosen_because = $1 ORDER BY next_at, id LIMIT $2", COMPARE, limit
    )  # fmt: skip
    return [row["id"] for row in rows]


async def settle_choice(tx: Tx, attempt: UUID, taken: Spoken) -> str | None:
    """Its account, service and reason are settled; the carrier, or None where the label was settled or given up meanwhile.

    An account that was switched off meanwhile stays away: what was first on the list is kept.
    """
    carrier: str | None = await tx.value(
        "UPDATE label_attempt a SET account = coalesce(c.id, a.account), carrier = coalesce(c.carrier, a.carrier),"
        " service = CASE WHEN c.id IS NULL THEN a.service ELSE $3 END, chosen_because = CASE WHEN c.id IS NULL THEN 'first' ELSE $4 END"
        " FROM label_attempt b LEFT JOIN carrier_account c ON c.id = $2 AND c.active"
        " WHERE b.id = a.id AND a.id = $1 AND a.state = 'intended' AND a.chosen_because = $5 RETURNING a.carrier",
        attempt, taken.account, taken.service, taken.because, COMPARE,
    )  # fmt: skip
    return carrier


async def doubt_lost_calls(tx: Tx) -> list[Attempt]:
    """Calls that nobody came back from: whether the carrier made a label is not known, and they are never made again."""
    rows = await tx.rows(
        "UPDATE label_attempt SET state = 'unknown', problem = 'label_unknown', mend = 'carrier'"
        f" WHERE state = 'calling' AND called_at < $1 RETURNING {_ATTEMPT}",
        tx.now - CALL_LIMIT,
    )  # fmt: skip
    return [_attempt(row) for row in rows]


async def claim_voids(tx: Tx, limit: int) -> list[Attempt]:
    """Labels thrown away here that their carrier has to hear of. A call that nobody came back from is made again: giving back
    a label twice gives it back once."""
    rows = await tx.rows(
        "WITH due AS (SELECT id FROM label_attempt WHERE void_state IN ('intended', 'calling') AND void_next_at <= $1"
        " ORDER BY void_next_at, id LIMIT $2 FOR UPDATE SKIP LOCKED) UPDATE label_attempt a SET void_state = 'calling',"
        " void_tries = void_tries + 1, void_next_at = $3"
        f" FROM due WHERE a.id = due.id RETURNING {', '.join('a.' + name.strip() for name in _ATTEMPT.split(','))}",
        tx.now, limit, tx.now + CALL_LIMIT,
    )  # fmt: skip
    return [_attempt(row) for row in rows]


async def settle_void(tx: Tx, attempt: UUID, void_state: str, words: str, next_at: datetime | None) -> None:
    await tx.run(
        "UPDATE label_attempt SET void_state = $2, void_words = nullif($3, ''), void_next_at = $4 WHERE id = $1 AND void_state = 'calling'",
        attempt, void_state, words[:1000], next_at,
    )  # fmt: skip
