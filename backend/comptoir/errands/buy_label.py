"""Buys the labels that are wanted and gives back those that are void: on file before the call, what came of it after.

A worker that dies between the two leaves a call without an answer. It becomes `unknown`, and nobody calls again: a parcel
may exist at the carrier. Where the carrier had named it, its label is fetched; else a person looks.
"""

import asyncio
import logging
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

from comptoir.carriers import model as said
from comptoir.carriers.model import Carrier, LabelAnswer, LabelFormat, VoidAnswer
from comptoir.errands.compare_rates import settle_choices
from comptoir.errands.shipments import WantedLabel, read_wanted
from comptoir.flows.record_label import doubt_lost_calls
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import borrowed, in_transaction
from comptoir.shipping import sql
from comptoir.shipping.commands import RecordLabel, RecordVoid
from comptoir.shipping.labels import CALL_SECONDS, Answer
from comptoir.shipping.model import Attempt, Mend

if TYPE_CHECKING:
    from comptoir.house import House

AT_ONCE: Final = 8
ROUNDS: Final = 4

_MEND: Final[dict[str, Mend]] = {
    "recipient": "address", "sender": "account", "relay": "relay", "service": "service", "parcel": "weight", "value": "goods",
    "contents": "goods", "instructions": "address", "ship_on": "carrier", "format": "account", "other": "carrier",
}  # fmt: skip
"""The part of a shipment that a carrier refused -> what a person mends."""

log = logging.getLogger("comptoir.labels")


async def buy_labels(house: "House") -> int:
    """One round: lost calls become doubts, then what is due is bought and given back; how many carriers were asked."""
    now = house.clock()
    await in_transaction(house.pool, SYSTEM.who, now, doubt_lost_calls)
    await settle_choices(house)
    asked = 0
    for _ in range(ROUNDS):
        wanted = await in_transaction(house.pool, SYSTEM.who, house.clock(), lambda tx: sql.claim_calls(tx, AT_ONCE))
        voids = await in_transaction(house.pool, SYSTEM.who, house.clock(), lambda tx: sql.claim_voids(tx, AT_ONCE))
        if not wanted and not voids:
            break
        asked += len(wanted) + len(voids)
        await asyncio.gather(*(buy(house, one) for one in wanted), *(give_back(house, one) for one in voids))
    return asked


async def buy(house: "House", attempt: Attempt) -> None:
    """One label: ask its carrier, keep the answer. The attempt is `calling` on file already."""
    carrier = await house.carriers.of(attempt.account or "")
    async with borrowed(house.pool) as connection:
        wanted = await read_wanted(connection, attempt.id, house.clock())
    if carrier is None or wanted is None:
        answer: LabelAnswer = (
            said.AccountRefused("no_connector")
            if carrier is None
            else said.Refused((said.Reason("recipient", "no_address"),))
        )
    else:
        answer = await ask(carrier, attempt.reference, attempt.id, wanted)
    if isinstance(answer, said.Unknown) and answer.numbers and carrier is not None and wanted is not None:
        answer = await fetch(carrier, answer, wanted.format)
    content, media_type = b"", ""
    if isinstance(answer, said.Labeled) or (isinstance(answer, said.NumberWanted) and answer.label):
        assert answer.label is not None
        content, media_type = answer.label.content, answer.label.media_type
    log.info("label %s: %s", attempt.reference, type(answer).__name__)
    record = RecordLabel(uuid5(attempt.id, f"answer {attempt.tries}"), attempt.id, read(answer), content, media_type)
    await house.runner.perform(record, SYSTEM)


async def ask(carrier: Carrier, reference: str, key: UUID, wanted: WantedLabel) -> LabelAnswer:
    """One call for a label. Whatever an adapter raises, and no answer in time, is `Unknown`."""
    try:
        return await asyncio.wait_for(
            carrier.create_label(wanted.shipment, wanted.format, key), CALL_SECONDS
        )  # fmt: skip
    except TimeoutError:
        return said.Unknown("timeout")
    except Exception as fault:
        # Whatever it was, the request may have been out: nobody knows what the carrier made of it.
        log.error("label %s: %s", reference, type(fault).__name__)
        return said.Unknown("fault")


async def fetch(carrier: Carrier, doubt: said.Unknown, format: LabelFormat) -> LabelAnswer:
    """The carrier named a parcel, and its label did not come whole: it is fetched once, which buys nothing."""
    try:
        found = await asyncio.wait_for(carrier.reprint(doubt.numbers[0], format), CALL_SECONDS)
    except Exception as fault:
        log.error("reprint: %s", type(fault).__name__)
        return doubt
    return found if isinstance(found, said.Labeled) else doubt


def read(answer: LabelAnswer) -> Answer:
    """A carrier's answer in the words of labels."""
    match answer:
        case said.Labeled(label=label):
            return Answer(
                "bought", numbers=label.numbers, shipment_ref=label.shipment, cost_minor=label.cost_minor, currency=label.currency
            )  # fmt: skip
        case said.Refused(reasons=reasons):
            first = reasons[0]
            mend = _MEND.get(first.field.split(".")[0], "carrier")
            return Answer("refused", "carrier_refused", mend, " · ".join(one.words or one.code for one in reasons))
        case said.Busy(code=code, wait_seconds=wait):
            return Answer("busy", words=code, wait_seconds=wait)
        case said.Unknown(code=code, numbers=numbers):
            return Answer("unknown", words=code, numbers=numbers)
        case said.AccountRefused(code=code, words=words):
            return Answer("account_refused", words=words or code)
        case said.NumberWanted() | said.NotOffered():
            return Answer("number_wanted")


async def give_back(house: "House", attempt: Attempt) -> None:
    """Tell the carrier that a label is void; what it says is kept with the label."""
    carrier = await house.carriers.of(attempt.account or "")
    shipment = attempt.shipment_ref or attempt.tracking_number or ""
    word, words, wait = await ask_void(carrier, shipment, attempt.reference)
    record = RecordVoid(uuid5(attempt.id, f"void {attempt.void_tries}"), attempt.id, word, words, wait)
    await house.runner.perform(record, SYSTEM)


async def ask_void(carrier: Carrier | None, shipment: str, reference: str) -> tuple[str, str, float]:
    """Whether a carrier takes a label back: `confirmed`, `refused` or `busy`, its words, and for how long it wants to be left alone."""
    answer: VoidAnswer
    if carrier is None:
        answer = said.NotOffered()
    else:
        try:
            answer = await asyncio.wait_for(carrier.void(shipment), CALL_SECONDS)
        except Exception as fault:
            log.error("void %s: %s", reference, type(fault).__name__)
            answer = said.Busy("fault")
    match answer:
        case said.Voided():
            return "confirmed", "", 0.0
        case said.Busy(code=code, wait_seconds=wait):
            return "busy", code, wait
        case said.Unknown(code=code):
            # Giving a label back twice gives it back once.
            return "busy", code, 0.0
        case said.Refused(reasons=reasons):
            return "refused", " · ".join(one.words or one.code for one in reasons), 0.0
        case said.AccountRefused(words=told):
            return "refused", told, 0.0
        case said.NotOffered():
            return "refused", "not_offered", 0.0
