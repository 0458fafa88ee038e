"""Plays what the demo world's managers did besides orders, through the flows that their pages reach: announcements, plans of days, a recall."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from comptoir.flows.announce import announce, correct, end, read_reported
from comptoir.flows.open_recall import PlaceEffect, RecallEffect, find_effect, open_recall
from comptoir.flows.pull_recalled import done_reported, pull_reported
from comptoir.fulfillment.model import ReadAnnouncement, RecallDone, RecallPull
from comptoir.kit.actor import Actor, Role
from comptoir.kit.db import Pool, Tx, borrowed, in_transaction
from comptoir.kit.ids import digest, new_id
from comptoir.seeding.reference import staff_id
from comptoir.staff import announcing_sql
from comptoir.staff.announcing import Announce, CorrectAnnouncement, EndAnnouncement
from comptoir.stock.recalling import SINCE_MONTHS, OpenRecall, Remedy, looked_from
from comptoir.tower.day_planning import NOBODY_PLANNED, SaveDayPlan, usual_each
from comptoir.tower.day_plans import save
from comptoir.world.cast import ASSOCIATES
from comptoir.world.notices import Dangerous, Handheld, Notice, Planned, handhelds, notices, planned, recalled
from comptoir.world.scripts import NAMESPACE
from comptoir.world.stores import LYON

HALF_AN_HOUR = timedelta(minutes=30)


async def load(pool: Pool, now: datetime, day: date) -> None:
    """Announce, plan and recall; a refusal is a fault of the description and is raised."""
    for notice in notices(now):
        await _announce(pool, notice)
    for device in handhelds(now):
        await _read(pool, device, now)
    kept: dict[date, int] = {}
    for plan in planned(day):
        await _plan(pool, plan, kept.get(plan.day, 0), now)
        kept[plan.day] = kept.get(plan.day, 0) + 1
    await _recall(pool, recalled(now))


async def _announce(pool: Pool, notice: Notice) -> None:
    made, by = uuid5(NAMESPACE, f"notice|{notice.key}"), _manager(notice.by, notice.stores)
    first = Announce(made, notice.text, notice.until, notice.stores, notice.urgent)
    await _at(pool, notice.made_at, by, lambda tx: announce(tx, first, by, tx.now))
    if notice.corrected:
        again = CorrectAnnouncement(new_id(), made, 1, notice.corrected, notice.until, notice.urgent)
        await _at(pool, notice.made_at + HALF_AN_HOUR, by, lambda tx: correct(tx, again, by, tx.now))
    if notice.ended_at is not None:
        over = EndAnnouncement(new_id(), made)
        await _at(pool, notice.ended_at, by, lambda tx: end(tx, over, by, tx.now))


async def _read(pool: Pool, device: Handheld, now: datetime) -> None:
    made, at = uuid5(NAMESPACE, f"device|{device.name}"), now - HALF_AN_HOUR
    held = Actor("device", "associate", (device.store,), device=made, via="sync")

    async def work(tx: Tx) -> None:
        # Nobody holds its credential: it is there to be read about.
        await tx.run(
            "INSERT INTO device (id, location, name, credential_hash, enrolled_at, last_seen_at) VALUES ($1, $2, $3, $4, $5, $6)",
            made, device.store, device.name, digest(str(made)), now - timedelta(days=40), device.seen_at,
        )  # fmt: skip
        for key in device.read:
            shown = uuid5(NAMESPACE, f"notice|{key}")
            edition = await announcing_sql.edition_at(tx, shown, (device.store,))
            assert edition is not None, f"{key} is not announced to {device.store}"
            await read_reported(tx, ReadAnnouncement(shown, edition), held, at)

    await _at(pool, at, held, work)


async def _plan(pool: Pool, plan: Planned, number: int, now: datetime) -> None:
    people = tuple(plan.people.get(hour, nobody) for hour, nobody in enumerate(NOBODY_PLANNED))
    command = SaveDayPlan(new_id(), plan.store, plan.day, number, usual_each(LYON.capacity_per_hour), people)
    by = _manager(plan.by, (plan.store,))
    await _at(pool, now, by, lambda tx: save(tx, command, by, tx.now))


async def _recall(pool: Pool, what: Dangerous) -> None:
    found = await _unwanted(pool, what)
    if found is None:
        return
    sku, effect = found
    made = uuid5(NAMESPACE, f"recall|{what.key}")
    command = OpenRecall(
        made, sku, what.hazard_fr, what.hazard_en, (Remedy.REFUND, Remedy.REPLACEMENT), what.contact, lots=what.lots
    )
    office = _manager(what.by, None)
    await _at(pool, what.opened_at, office, lambda tx: open_recall(tx, command, office, tx.now))
    # One store has looked everywhere; the others have it in their list of work.
    looks = next((place for place in effect.places if place.location != LYON.id and _hands(place)), None)
    if looks is not None:
        await _look(pool, made, looks, what.opened_at + HALF_AN_HOUR)


async def _look(pool: Pool, recall: UUID, place: PlaceEffect, at: datetime) -> None:
    hands = _hands(place)
    assert hands is not None
    if place.on_hand:
        pulled = RecallPull(recall, place.on_hand)
        await _at(pool, at, hands, lambda tx: pull_reported(tx, pulled, hands, at))
    await _at(pool, at, hands, lambda tx: done_reported(tx, RecallDone(recall), hands, at))


async def _unwanted(pool: Pool, what: Dangerous) -> tuple[str, RecallEffect] | None:
    """The first of the articles that no order and no transfer waits for: the demo's stories go on as they are."""
    async with borrowed(pool) as connection:
        for sku in what.skus:
            effect = await find_effect(connection, sku, looked_from(what.opened_at, SINCE_MONTHS))
            if not (effect.orders_waiting or effect.transfers or effect.on_the_way_between or effect.set_aside):
                return sku, effect
    return None


def _hands(place: PlaceEffect) -> Actor | None:
    who = next((one for one in ASSOCIATES if one.location == place.location and one.role == "associate"), None)
    return Actor(str(staff_id(who.key)), "associate", (place.location,), via="sync") if who else None


def _manager(key: str, places: tuple[str, ...] | None) -> Actor:
    role: Role = "head_office" if places is None else "store_manager"
    return Actor(str(staff_id(key)), role, places)


async def _at(pool: Pool, at: datetime, who: Actor, work: Callable[[Tx], Awaitable[object]]) -> None:
    await in_transaction(pool, who.who, at, work)
