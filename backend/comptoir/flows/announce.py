"""A manager announces something to the devices of stores, corrects it, ends it; a device tells that it was read on it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from comptoir.flows import auditing
from comptoir.fulfillment.model import Outcome, ReadAnnouncement
from comptoir.kit.actor import Actor, Role
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict, Forbidden, NotFound
from comptoir.kit.runner import Flow
from comptoir.staff import announcing_sql as sql
from comptoir.staff.announcing import (
    MOST_OPEN,
    Announce,
    Announced,
    CorrectAnnouncement,
    EndAnnouncement,
    checked,
)

MAY: Final[tuple[Role, ...]] = ("store_manager", "regional_manager", "head_office", "integrator")


async def announce(tx: Tx, command: Announce, actor: Actor, now: datetime) -> Announced:
    """NotFound `location_not_found` when one of the stores is not the actor's; Conflict `announcements_full`; Invalid of its words and its end."""
    actor.needs(*MAY)
    text = checked(command.text, command.until, now)
    wanted = sorted(set(command.locations))
    if not all(actor.reaches(place) for place in wanted) or await sql.lock_places(tx, wanted) != wanted:
        raise NotFound("location_not_found")
    store = await sql.full(tx, wanted, MOST_OPEN)
    if store is not None:
        raise Conflict("announcements_full", store=store, most=MOST_OPEN)
    await sql.insert(tx, command.id, text, command.urgent, command.until, actor.who, wanted)
    await auditing.keep(tx, actor, "announcement.made", "announcement", command.id, None, _one(wanted))
    tx.touched.update(wanted)
    return Announced(command.id, 1, 1)


async def correct(tx: Tx, command: CorrectAnnouncement, actor: Actor, now: datetime) -> Announced:
    """NotFound `announcement_not_found`; Forbidden `announcement_of_others`; Conflict `announcement_over`, `changed_meanwhile`."""
    text = checked(command.text, command.until, now)
    row, places = await _open(tx, command.announcement, actor, now)
    if row["version"] != command.version:
        raise Conflict("changed_meanwhile")
    stood = await auditing.standing(tx, "announcement", command.announcement)
    version, edition = await sql.change(tx, command.announcement, text, command.urgent, command.until)
    await auditing.keep(
        tx, actor, "announcement.corrected", "announcement", command.announcement, stood, _one(places)
    )  # fmt: skip
    tx.touched.update(places)
    return Announced(command.announcement, version, edition)


async def end(tx: Tx, command: EndAnnouncement, actor: Actor, now: datetime) -> Announced:
    """NotFound `announcement_not_found`; Forbidden `announcement_of_others`; Conflict `announcement_over`."""
    row, places = await _open(tx, command.announcement, actor, now)
    stood = await auditing.standing(tx, "announcement", command.announcement)
    await sql.end(tx, command.announcement, actor.who)
    await auditing.keep(tx, actor, "announcement.ended", "announcement", command.announcement, stood, _one(places))
    tx.touched.update(places)
    return Announced(command.announcement, row["version"], row["edition"])


async def _open(tx: Tx, announcement: UUID, actor: Actor, now: datetime) -> tuple[Any, list[str]]:
    actor.needs(*MAY)
    found = await sql.lock(tx, announcement)
    if found is None or not any(actor.reaches(place) for place in found[1]):
        raise NotFound("announcement_not_found")
    row, places = found
    if not all(actor.reaches(place) for place in places):
        # It stands in the actor's store too, and was said by somebody who looks after more of them.
        raise Forbidden("announcement_of_others")
    if row["ended_at"] is not None or row["until_at"] <= now:
        raise Conflict("announcement_over")
    return row, places


def _one(places: list[str]) -> str | None:
    return places[0] if len(places) == 1 else None


async def read_reported(tx: Tx, report: ReadAnnouncement, actor: Actor, at: datetime) -> Outcome:
    """Somebody tapped "read" on this device; kept of the device alone. NotFound `announcement_not_found` when it is none of its store's."""
    newest = await sql.edition_at(tx, report.announcement, actor.locations)
    if newest is None or report.edition > newest or actor.device is None or not actor.locations:
        raise NotFound("announcement_not_found")
    place = actor.locations[0]
    await sql.keep_receipt(tx, report.announcement, report.edition, actor.device, place, at)
    tx.touched.add(place)
    return Outcome("applied", facts={"announcement": str(report.announcement)})


FLOWS: Mapping[type, Flow] = {Announce: announce, CorrectAnnouncement: correct, EndAnnouncement: end}
