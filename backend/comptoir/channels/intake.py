"""Works off the inbox: translate, look up the SKUs, place the order or follow what the shop says of it.

Deliveries come late, twice and in any order; whatever their order, the end is the same, because every step asks first
what is on file and the shop's newer word wins. Nothing is refused for a business reason: an order that cannot simply go
on is held, a message that cannot be read fails visibly.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from comptoir.channels import sql
from comptoir.channels.model import ChannelCancel, ChannelOrder, Ignored, Meaning, Translate, Untranslatable, event_id
from comptoir.channels.shopify.translate import translate as translate_shopify
from comptoir.channels.sql import Letter
from comptoir.channels.woocommerce.translate import translate as translate_woocommerce
from comptoir.house import House
from comptoir.kit.actor import SYSTEM
from comptoir.kit.errors import Conflict, Outage, Refusal
from comptoir.orders.following import FollowChannel

TRANSLATE: Mapping[str, Translate] = {"shopify": translate_shopify, "woocommerce": translate_woocommerce}

AT_ONCE = 8
ATTEMPTS = 12
"""Tries before a message is given to a person: about five hours."""

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
KEPT = timedelta(days=90)
"""How long a delivery is recognized when it comes again; the failed ones are gone with it."""

NEED_A_PERSON = {"changed": "changed_in_the_shop", "revived": "revived_in_the_shop"}
END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)

log = logging.getLogger("comptoir.intake")


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many tries: doubling from five seconds, an hour at most."""
    return min(LONGEST_WAIT, FIRST_WAIT * (1 << min(attempts - 1, 20)))


async def drain_inbox(house: House, limit: int = 50) -> int:
    """Work off up to `limit` messages; how many were taken. Messages about one order go one after the other."""
    letters = await sql.claim(house.pool, house.clock(), limit)
    by_order: dict[UUID, list[tuple[Letter, Meaning]]] = {}
    for letter in letters:
        try:
            meaning = read(letter, house)
        except Untranslatable as wrong:
            await sql.settle(house.pool, letter, "failed", str(wrong), None, house.clock())
            continue
        except Exception:
            log.exception("delivery %s of %s cannot be read", letter.delivery_id, letter.channel)
            await sql.settle(house.pool, letter, "failed", "unreadable", None, house.clock())
            continue
        if isinstance(meaning, Ignored):
            await sql.settle(house.pool, letter, "done", meaning.reason, None, house.clock())
            continue
        by_order.setdefault(order_of(meaning), []).append((letter, meaning))
    turn = asyncio.Semaphore(AT_ONCE)

    async def in_turn(found: list[tuple[Letter, Meaning]]) -> None:
        async with turn:
            for letter, meaning in sorted(found, key=lambda pair: told_at(pair[1])):
                await work_off(house, letter, meaning)

    await asyncio.gather(*(in_turn(found) for found in by_order.values()))
    return len(letters)


async def sweep(house: House) -> int:
    """Forget messages that are older than a shop's memory."""
    return await sql.sweep_inbox(house.pool, house.clock() - KEPT)


def read(letter: Letter, house: House) -> Meaning:
    """What a message means. Raises Untranslatable."""
    places = frozenset(place.id for place in house.outlook.places if place.pickup)
    return TRANSLATE[letter.kind](letter.channel, letter.topic, letter.body, places)


def order_of(meaning: Meaning) -> UUID:
    assert not isinstance(meaning, Ignored)
    return meaning.order if isinstance(meaning, ChannelCancel) else meaning.order.id


def told_at(meaning: Meaning) -> datetime:
    """When the shop says it was so; what is for good comes last."""
    assert not isinstance(meaning, Ignored)
    at = meaning.updated_at if isinstance(meaning, ChannelCancel) else meaning.facts.updated_at
    return at or END_OF_TIME


async def work_off(house: House, letter: Letter, meaning: Meaning) -> None:
    """Carry out one message and settle it; what went wrong outside of it is tried again, a bounded number of times."""
    order = order_of(meaning)
    try:
        state, problem = await carry_out(house, letter, meaning)
    except Refusal as refusal:
        if not isinstance(refusal, Outage):
            await sql.settle(house.pool, letter, "failed", refusal.code, order, house.clock())
            return
        await try_later(house, letter, refusal.code)
    except Exception as fault:
        log.exception("delivery %s of %s was cut short", letter.delivery_id, letter.channel)
        await try_later(house, letter, type(fault).__name__)
    else:
        await sql.settle(house.pool, letter, state, problem, order, house.clock())


async def try_later(house: House, letter: Letter, problem: str) -> None:
    if letter.attempts >= ATTEMPTS:
        await sql.settle(house.pool, letter, "failed", f"given up: {problem}", None, house.clock())
    else:
        await sql.put_off(house.pool, letter, problem, house.clock() + wait_after(letter.attempts))


async def carry_out(house: House, letter: Letter, meaning: Meaning) -> tuple[str, str | None]:
    """Place the order if it is new, then follow what the shop says of it; (state of the message, what to tell)."""
    notes: tuple[str, ...] = ()
    if isinstance(meaning, ChannelOrder):
        notes = meaning.notes
        if not await sql.is_on_file(house.pool, meaning.order.id):
            await place(house, meaning)
    done = await house.runner.perform(word_of(letter, meaning), SYSTEM)
    outcome = done.read()["outcome"]
    if outcome in NEED_A_PERSON:
        return "failed", NEED_A_PERSON[outcome]
    if outcome == "stale":
        return "stale", None
    return "done", "; ".join(notes) or None


async def place(house: House, meaning: ChannelOrder) -> None:
    """Place a shop's order with our SKUs on its lines; the SKUs of unknown codes stay empty and hold it."""
    lines = meaning.order.lines
    skus = await sql.skus_of(house.pool, meaning.facts.channel, [line.external_sku for line in lines])
    named = tuple(msgspec.structs.replace(line, sku=skus.get(line.external_sku)) for line in lines)
    try:
        await house.orders.submit(msgspec.structs.replace(meaning.order, lines=named), SYSTEM, meaning.facts)
    except Conflict as conflict:
        # Another worker placed another delivery of the same order a moment ago; this one follows it.
        if conflict.code != "id_reused":
            raise


def word_of(letter: Letter, meaning: Meaning) -> FollowChannel:
    """A message as the shop's word about an order."""
    mine = event_id(letter.channel, letter.delivery_id)
    if isinstance(meaning, ChannelCancel):
        return FollowChannel(
            id=mine,
            order=meaning.order,
            channel=letter.channel,
            external_id=meaning.external_id,
            updated_at=meaning.updated_at,
            canceled=True,
            reason=meaning.reason,
        )
    assert isinstance(meaning, ChannelOrder)
    return FollowChannel(
        id=mine,
        order=meaning.order.id,
        channel=letter.channel,
        external_id=meaning.facts.external_id,
        updated_at=meaning.facts.updated_at,
        payment=meaning.order.payment,
        total_minor=meaning.order.total_minor,
    )
