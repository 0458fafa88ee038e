"""A parcel's label is scanned onto the pile of the driver who will take it; what does not belong there, or is not paid any more, is a manager's to look at."""

from datetime import datetime
from typing import Any
from uuid import UUID

from comptoir.flows.unpaid import unpaid_minor
from comptoir.fulfillment import resolving_sql
from comptoir.fulfillment import sql as work_sql
from comptoir.fulfillment.model import LoadParcel, Outcome
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.shipping import handing
from comptoir.shipping import manifest_sql as sql
from comptoir.shipping.handing import UnloadParcel

SILENT = ("loaded", "again")
"""What needs nobody: the parcel is where it belongs."""


async def load_reported(tx: Tx, report: LoadParcel, actor: Actor, at: datetime, event: UUID) -> Outcome:
    """Told by a device: hands have put it there. A parcel that should not be there is one, and the manager's case."""
    assert actor.locations
    location = actor.locations[0]
    parcel = await sql.find_scanned(tx, location, report.code)
    unpaid = parcel is not None and bool(await unpaid_minor(tx.connection, parcel.order_id, at))
    done = handing.load(parcel, report.lane, unpaid=unpaid)
    tx.touched.add(location)
    if done == "loaded":
        assert parcel is not None
        manifest = await sql.open_manifest(tx, location, parcel)
        await sql.add_parcel(tx, manifest, location, parcel, actor.who, at, actor.device)
    work = parcel.work if parcel else None
    effect: dict[str, Any] = {"kind": "load", "work": work, "location": location, "did": done}
    if parcel is not None:
        effect["parcel"] = parcel.id
    if done in SILENT or done == "already_left":
        return Outcome("applied", None, work, {"did": done}, effect)
    kind = "parcel_unpaid" if done == "unpaid" else "wrong_parcel_loaded"
    effect["exception"] = await work_sql.insert_exception(
        tx, location, kind, "store_manager", order=parcel.order_id if parcel else None, work=work,
        body={"why": done, "lane": report.lane, "number": parcel.number if parcel else report.code[:60], "who": actor.who, "at": at, "event": event},
    )  # fmt: skip
    return Outcome("applied_with_exception", kind, work, {"did": done}, effect)


async def undo_load(tx: Tx, effect: dict[str, Any], actor: Actor, at: datetime) -> Outcome:
    """The parcel is in hand again, as long as the driver has not left."""
    work = UUID(effect["work"]) if effect.get("work") else None
    if effect.get("exception"):
        await resolving_sql.close(tx, UUID(effect["exception"]), "undone", actor.who, tx.now)
    if effect["did"] == "loaded" and not await sql.take_off(tx, effect["location"], UUID(effect["parcel"])):
        return Outcome("applied", "already_left", work)
    tx.touched.add(effect["location"])
    return Outcome("applied", None, work)


async def unload_parcel(tx: Tx, command: UnloadParcel, actor: Actor, now: datetime) -> bool:
    """It stays here; False when it was on no open manifest."""
    tx.touched.add(command.location)
    return actor.reaches(command.location) and await sql.take_off(tx, command.location, command.parcel)
