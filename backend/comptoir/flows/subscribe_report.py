"""A manager gets a report by mail, or no more of it."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict, NotFound
from comptoir.kit.runner import Flow
from comptoir.reporting import subscribing_sql as sql
from comptoir.reporting.reports import REPORTS
from comptoir.reporting.subscribing import MOST, Stopped, StopReport, Subscribed, SubscribeReport, next_at


async def subscribe_report(tx: Tx, command: SubscribeReport, actor: Actor, now: datetime) -> Subscribed:
    """NotFound `report_not_found`, `location_not_found`; Conflict `mail_address_missing`, `too_many_reports`. Twice is once."""
    actor.needs("store_manager", "regional_manager", "head_office")
    if command.report not in REPORTS:
        raise NotFound("report_not_found")
    staff = UUID(actor.who)
    zone = await tx.value(
        "SELECT time_zone FROM location WHERE ($1::text IS NULL OR id = $1) AND ($2::text[] IS NULL OR id = ANY($2))"
        " GROUP BY time_zone ORDER BY count(*) DESC, time_zone LIMIT 1",
        command.location,
        actor.locations,
    )
    if zone is None:
        raise NotFound("location_not_found")
    standing = await sql.lock_standing(tx, staff)
    for one in standing:
        if (one["report"], one["rhythm"], one["location"]) == (command.report, command.rhythm, command.location):
            return Subscribed(one["id"], one["next_at"])
    if not await tx.value("SELECT email FROM staff WHERE id = $1", staff):
        raise Conflict("mail_address_missing")
    if len(standing) >= MOST:
        raise Conflict("too_many_reports")
    at = next_at(command.rhythm, zone, now)
    await sql.insert(tx, command, staff, zone, actor.language, at)
    return Subscribed(command.id, at)


async def stop_report(tx: Tx, command: StopReport, actor: Actor, now: datetime) -> Stopped:
    """By whoever gets it, or by the link in the mail. NotFound `subscription_not_found`."""
    staff = await tx.value("SELECT staff FROM report_subscription WHERE id = $1 FOR UPDATE", command.subscription)
    if staff is None or actor.who not in (str(staff), by_link(command.subscription)):
        raise NotFound("subscription_not_found")
    await sql.end(tx, command.subscription, "stopped")
    return Stopped(command.subscription)


def by_link(subscription: UUID) -> str:
    """Who acts when the link of a mail is used."""
    return f"subscription:{subscription}"


FLOWS: Mapping[type, Flow] = {SubscribeReport: subscribe_report, StopReport: stop_report}
