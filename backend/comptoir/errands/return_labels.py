"""Buys the labels of the way back and asks carriers where their parcels are: on file before each call, what came of it after."""

import asyncio
import logging
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import uuid5

from comptoir.carriers import model as said
from comptoir.carriers.model import LabelAnswer, TrackingEvent
from comptoir.errands.buy_label import ask, ask_void, fetch, read
from comptoir.errands.shipments import read_wanted_return
from comptoir.errands.tracking import AWAY, REFUSED, ask_where, heard_events
from comptoir.flows.send_back import doubt_lost_return_calls
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import borrowed, in_transaction
from comptoir.kit.errors import Outage
from comptoir.kit.ids import new_id
from comptoir.shipping import way_back_sql
from comptoir.shipping.tracking import HearTracking
from comptoir.shipping.way_back import RecordReturnLabel, RecordReturnVoid, ReturnLabel

if TYPE_CHECKING:
    from comptoir.house import House

AT_ONCE: Final = 8
ROUNDS: Final = 4
SET: Final = 100
"""Parcels that one round asks for."""

NOT_TOLD: Final = timedelta(hours=12)
log = logging.getLogger("comptoir.labels")


async def buy_return_labels(house: "House") -> int:
    """One round of labels to buy and to give back; how many carriers were asked. Calls that were lost are in doubt first, and never made again by themselves."""
    await in_transaction(house.pool, SYSTEM.who, house.clock(), doubt_lost_return_calls)
    asked = 0
    for _ in range(ROUNDS):
        wanted = await in_transaction(
            house.pool, SYSTEM.who, house.clock(), lambda tx: way_back_sql.claim_calls(tx, AT_ONCE)
        )
        voids = await in_transaction(
            house.pool, SYSTEM.who, house.clock(), lambda tx: way_back_sql.claim_voids(tx, AT_ONCE)
        )
        if not wanted and not voids:
            break
        asked += len(wanted) + len(voids)
        await asyncio.gather(*(_buy(house, one) for one in wanted), *(_give_back(house, one) for one in voids))
    return asked


async def _buy(house: "House", label: ReturnLabel) -> None:
    carrier = await house.carriers.of(label.account)
    formats = carrier.capabilities.formats if carrier is not None else ()
    async with borrowed(house.pool) as connection:
        wanted = await read_wanted_return(connection, label.id, house.clock(), formats)
    answer: LabelAnswer
    if carrier is None:
        answer = said.AccountRefused("no_connector")
    elif wanted is None:
        answer = said.Refused((said.Reason("sender", "no_address"),))
    else:
        answer = await ask(carrier, label.reference, label.id, wanted)
        if isinstance(answer, said.Unknown) and answer.numbers:
            answer = await fetch(carrier, answer, wanted.format)
    content, media_type = b"", ""
    if isinstance(answer, said.Labeled):
        content, media_type = answer.label.content, answer.label.media_type
    log.info("label %s: %s", label.reference, type(answer).__name__)
    record = RecordReturnLabel(uuid5(label.id, f"answer {label.tries}"), label.id, read(answer), content, media_type)
    await house.runner.perform(record, SYSTEM)


async def _give_back(house: "House", label: ReturnLabel) -> None:
    carrier = await house.carriers.of(label.account)
    shipment = label.shipment_ref or label.tracking_number or ""
    word, words, wait = await ask_void(carrier, shipment, label.reference)
    answered = uuid5(label.id, f"void {label.void_tries}")
    await house.runner.perform(RecordReturnVoid(answered, label.id, word, words, wait), SYSTEM)


async def ask_ways_back(house: "House") -> int:
    """Carriers are asked where parcels on their way back are; how many parcels."""
    due = await way_back_sql.claim_asks(house.pool, house.clock(), SET)
    accounts: dict[str, list[ReturnLabel]] = defaultdict(list)
    for one in due:
        accounts[one.account].append(one)
    await asyncio.gather(*(_account(house, account, found) for account, found in accounts.items()))
    return len(due)


async def _account(house: "House", account: str, due: list[ReturnLabel]) -> None:
    carrier = await house.carriers.of(account)
    if carrier is None or not carrier.capabilities.tracking:
        return await _again(house, due, NOT_TOLD)
    size = max(1, carrier.capabilities.track_at_once)
    for at in range(0, len(due), size):
        batch = due[at : at + size]
        told = await ask_where(carrier, [one.tracking_number or "" for one in batch])
        if not isinstance(told, said.Tracked):
            return await _again(house, due[at:], REFUSED if isinstance(told, said.AccountRefused) else AWAY)
        await _keep(house, batch, told)
    return None


async def _keep(house: "House", batch: list[ReturnLabel], told: said.Tracked) -> None:
    by_number: dict[str, list[TrackingEvent]] = defaultdict(list)
    for event in told.events:
        by_number[event.number].append(event)
    for one in batch:
        events = heard_events(by_number.get(one.tracking_number or "", []))
        if not events:
            continue
        try:
            await house.runner.perform(HearTracking(new_id(), one.account, one.tracking_number or "-", events), SYSTEM)
        except Outage:
            raise
        except Exception:
            # One parcel's history that the books cannot hold keeps no other parcel waiting.
            log.exception("what was told of return label %s could not be kept", one.id)
    # Whose standing changed has its own time already.
    await _again(house, batch, max(timedelta(seconds=told.wait_seconds), NOT_TOLD))


async def _again(house: "House", due: list[ReturnLabel], wait: timedelta) -> None:
    await way_back_sql.ask_again(house.pool, [one.id for one in due], house.clock() + wait)
