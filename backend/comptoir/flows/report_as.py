"""Who did it, when, and whether they might: judged at the time of the fact, never at the time it arrives."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.journal import DeviceEvent
from comptoir.kit.actor import Actor, Role
from comptoir.kit.db import Tx
from comptoir.kit.errors import Forbidden

TIME_SLACK = timedelta(minutes=2)
UNLOCK_LASTS = timedelta(hours=14)
"""A day's work after an unlock, also past midnight."""


class Reporter(msgspec.Struct, frozen=True):
    """When it happened, and who did it; `problem` when the manager must hear of who it was."""

    at: datetime
    actor: Actor
    problem: str | None = None


# A fact may come by another device of the same store; it stays the fact of the device that its sign-in belongs to.
_SIGN_IN = """
SELECT i.staff, i.device, i.started_at, i.ended_at, s.role, s.language, s.disabled_at, d.revoked_at, d.location, l.time_zone,
  (SELECT max(e.happened_at) FROM device_event e WHERE e.sign_in = i.id AND e.kind = 'unlock' AND e.outcome <> 'refused'
    AND e.happened_at BETWEEN i.ended_at AND $3) AS unlocked_at
FROM sign_in i JOIN staff s ON s.id = i.staff JOIN device d ON d.id = i.device JOIN location l ON l.id = d.location
WHERE i.id = $1 AND ($2::text[] IS NULL OR d.location = ANY($2))
"""


async def report_as(tx: Tx, event: DeviceEvent, device: Actor, now: datetime) -> Reporter:
    """The person of the fact's sign-in. Forbidden `not_signed_in_then` when there is no such sign-in in this store, or it
    had ended and nobody unlocked the device under it since.
    """
    at = event.happened_at(now)
    row = await tx.row(_SIGN_IN, event.sign_in_id, device.locations, at + TIME_SLACK)
    if row is None:
        raise Forbidden("not_signed_in_then")
    at = max(at, row["started_at"])
    role: Role = row["role"] if row["role"] in ("associate", "store_manager") else "associate"
    actor = Actor(
        str(row["staff"]), role, device.locations, row["device"], "handheld", language=row["language"],
        sign_in=event.sign_in_id,
    )  # fmt: skip
    problem = None
    if row["ended_at"] is not None and at > row["ended_at"] + TIME_SLACK:
        problem = judged(event.type, at, row)
    return Reporter(at, actor, problem)


def judged(type: str, at: datetime, row: Any) -> str | None:
    """A fact from after the end of its sign-in: nothing to say, a code for the manager, or Forbidden."""
    if row["disabled_at"] is not None:
        return "person_disabled"
    if row["revoked_at"] is not None:
        return "device_revoked"
    zone = ZoneInfo(row["time_zone"])
    if type == "unlock" and at.astimezone(zone).date() == row["started_at"].astimezone(zone).date():
        return None
    if row["unlocked_at"] is not None and at <= row["unlocked_at"] + UNLOCK_LASTS:
        return None
    raise Forbidden("not_signed_in_then")


async def tell_who(tx: Tx, event: DeviceEvent, problem: str, device: Actor, at: datetime) -> None:
    """The manager hears once per sign-in that facts came under it that nobody should have made."""
    told = await tx.value(
        "SELECT true FROM exception WHERE kind = $1 AND body->>'sign_in' = $2 AND resolved_at IS NULL LIMIT 1",
        problem, str(event.sign_in_id),
    )  # fmt: skip
    row = None if told else await tx.row(
        "SELECT i.staff, i.device, d.location FROM sign_in i JOIN device d ON d.id = i.device"
        " WHERE i.id = $1 AND ($2::text[] IS NULL OR d.location = ANY($2))", event.sign_in_id, device.locations,
    )  # fmt: skip
    if row is not None:
        await work_sql.insert_exception(
            tx, row["location"], problem, "store_manager",
            body={"sign_in": event.sign_in_id, "who": row["staff"], "device": row["device"], "at": at, "type": event.type},
        )  # fmt: skip


async def tell_refused(tx: Tx, event: DeviceEvent, why: str, device: Actor) -> None:
    """A fact that cannot be taken stays on its device; the manager hears of the first of a kind under each sign-in."""
    known = await tx.value(
        "SELECT true FROM exception WHERE kind = 'report_refused' AND body->>'sign_in' = $1 AND body->>'why' = $2"
        " AND location = ANY($3::text[]) AND resolved_at IS NULL LIMIT 1",
        str(event.sign_in_id), why, list(device.locations or ()),
    )  # fmt: skip
    if known is None:
        who = await tx.value(
            "SELECT i.staff FROM sign_in i JOIN device d ON d.id = i.device WHERE i.id = $1 AND d.location = ANY($2::text[])",
            event.sign_in_id, list(device.locations or ()),
        )  # fmt: skip
        await work_sql.insert_exception(
            tx, (device.locations or ("",))[0], "report_refused", "store_manager",
            body={
                "sign_in": event.sign_in_id, "why": why, "type": event.type, "device": device.device,
                **({"who": who} if who else {}),
            },
        )  # fmt: skip
