"""Where each device's journal stands; one that begins anew without saying so has lost what was in the old one."""

from datetime import datetime, timedelta
from uuid import UUID

from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.journal import Batch, DeviceEvent
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict

CLOCK_SLACK = timedelta(minutes=2)
"""A device's clock may be off by this much before anybody is told."""
FAR = 10**9
"""Seconds: thirty years, which is as wrong as a clock is ever said to be."""


async def follow_journal(tx: Tx, batch: Batch, device: Actor, now: datetime) -> int:
    """Lock the batch's journal; the number of the line it waits for. Conflict `device_clone` when it is another device's."""
    follows = batch.follows
    is_new = await tx.value(
        "INSERT INTO journal (id, device, started_at, last_at, follows, follows_acked) VALUES ($1, $2, $3, $3, $4, $5)"
        " ON CONFLICT (id) DO NOTHING RETURNING true",
        batch.journal_id, device.device, now, follows.journal_id if follows else None, follows.acked_through if follows else None,
    )  # fmt: skip
    journal = await tx.row("SELECT device, expected_seq FROM journal WHERE id = $1 FOR NO KEY UPDATE", batch.journal_id)
    assert journal is not None
    if journal["device"] != device.device:
        raise Conflict("device_clone")
    if is_new:
        await note_loss(tx, batch, device)
    expected: int = journal["expected_seq"]
    return expected


# The packs that somebody still has on this device, and what this device had told of them in journals before this one.
_BEFORE = """
SELECT j.id AS journal, j.expected_seq - 1 AS last_seq, j.last_at,
  ARRAY(SELECT p.id FROM pack p WHERE p.device = d.id AND p.closed_at IS NULL
    AND EXISTS (SELECT FROM device_event e JOIN journal o ON o.id = e.journal WHERE e.pack = p.id AND o.device = d.id AND e.journal <> $2) ORDER BY p.id) AS packs,
  ARRAY(SELECT DISTINCT w.order_number FROM pack p JOIN work w ON w.pack = p.id WHERE p.device = d.id AND p.closed_at IS NULL ORDER BY 1) AS orders
FROM device d JOIN journal j ON j.device = d.id AND j.id <> $2 WHERE d.id = $1 AND ($3::uuid IS NULL OR j.id = $3)
ORDER BY j.last_at DESC, j.id DESC LIMIT 1
"""


async def note_loss(tx: Tx, batch: Batch, device: Actor) -> None:
    """A journal has begun anew: the manager hears of it when facts may be missing, with the last line that was heard of.

    One that says which journal it follows has lost nothing, as long as the server has all that was acknowledged there.
    """
    follows = batch.follows
    row = await tx.row(_BEFORE, device.device, batch.journal_id, follows.journal_id if follows else None)
    if row is None:
        return
    missing = max(0, follows.acked_through - row["last_seq"]) if follows else 0
    if missing or (follows is None and row["packs"]):
        await work_sql.insert_exception(
            tx, device.locations[0] if device.locations else "", "journal_lost", "store_manager",
            body={
                "device": device.device, "last_seq": row["last_seq"], "last_at": row["last_at"], "missing": missing,
                "packs": row["packs"], "orders": row["orders"],
            },
        )  # fmt: skip


def clock_off(events: tuple[DeviceEvent, ...], now: datetime) -> int | None:
    """Seconds that the device's own clock is ahead (behind: negative), by its last line; None within two minutes.

    A device that knows the difference says so with each line; one that does not may still write from the future.
    """
    if not events:
        return None
    last = events[-1]
    ahead = timedelta(milliseconds=-last.offset_ms)
    try:
        off = ahead + max(timedelta(0), last.at_wall - ahead - now)
    except OverflowError:
        off = ahead
    return max(-FAR, min(FAR, round(off.total_seconds()))) if abs(off) > CLOCK_SLACK else None


async def keep_place(tx: Tx, journal: UUID, expected: int, device: Actor, off: int | None, now: datetime) -> None:
    """The next line's number, and what the device's clock is off by."""
    await tx.run("UPDATE journal SET expected_seq = $2, last_at = $3 WHERE id = $1", journal, expected, now)
    await tx.run(
        "UPDATE device SET clock_off_seconds = $2 WHERE id = $1 AND clock_off_seconds IS DISTINCT FROM $2",
        device.device, off,
    )  # fmt: skip
