"""Asks the carriers who could take a parcel what it costs and how long it takes, and settles who gets it; nothing is bought here.

Prices come from each account's list or from the carrier itself, all at once and outside of every transaction. Who does not
answer in time is left out: a parcel waits no longer than `PATIENCE` for the slowest.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec

from comptoir.carriers import model as said
from comptoir.carriers.comparing import compare
from comptoir.carriers.model import Capabilities, Rate, RateAnswer, Rated, Service, ServiceKind, Shipment
from comptoir.errands.shipments import read_wanted
from comptoir.flows.ask_label import Candidates, candidates
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import borrowed, in_transaction
from comptoir.shipping import sql
from comptoir.shipping.arriving import carrier_days
from comptoir.shipping.choosing import Offer, spoken
from comptoir.shipping.collection_queries import Calendar, calendars
from comptoir.shipping.commands import SettleChoice

if TYPE_CHECKING:
    from comptoir.house import House

AT_ONCE: Final = 16
PATIENCE: Final = 4.0
AHEAD: Final = timedelta(days=8)
"""How far a carrier's next collection is looked for; one whose week has none by then counts as that late."""

_KIND: Final[ServiceKind] = "home"
"""All offers are of the delivery's own kind, so they are compared as one."""

log = logging.getLogger("comptoir.labels")


async def settle_choices(house: "House") -> None:
    """Every label that waits for prices."""
    waiting = await in_transaction(house.pool, SYSTEM.who, house.clock(), lambda tx: sql.to_compare(tx, AT_ONCE))
    await asyncio.gather(*(settle(house, label) for label in waiting))


async def settle(house: "House", label: UUID) -> None:
    """One label: who could take it is asked for the price, and the choice is kept with its reason."""
    now = house.clock()
    found = await in_transaction(house.pool, SYSTEM.who, now, lambda tx: candidates(tx, label))
    if found is None:
        return
    async with borrowed(house.pool) as connection:
        wanted = await read_wanted(connection, label, now)
        weeks = await calendars(connection, (found.location,), now.date())
    taken = found.otherwise
    if wanted is not None and found.offers:
        answers = await asyncio.gather(*(_ask(house, one, wanted.shipment) for one in found.offers))
        left = carrier_days(found.today, found.promised_on)
        known = {
            one.account.id: _of_account(answer, one, _wait(found, one, weeks, now))
            for one, answer in zip(found.offers, answers, strict=True)
        }
        offered = {one.account.id: Capabilities((Service(one.service, _KIND, ""),)) for one in found.offers}
        taken = spoken(compare(known, offered, (_KIND,), left, wanted.shipment.currency), found.otherwise)
    await house.runner.perform(SettleChoice(uuid5(label, "choice"), label, taken), SYSTEM)


async def _ask(house: "House", offer: Offer, shipment: Shipment) -> RateAnswer:
    carrier = await house.carriers.of(offer.account.id)
    if carrier is None:
        return said.AccountRefused("no_connector")
    try:
        return await asyncio.wait_for(carrier.rates(shipment), PATIENCE)
    except Exception as fault:
        log.warning("rates of %s: %s", offer.account.id, type(fault).__name__)
        return said.Busy(type(fault).__name__)


def _of_account(answer: RateAnswer, offer: Offer, wait: int) -> RateAnswer:
    """The account's rate for the service that is offered, under the account's id; days counted from today."""
    if isinstance(answer, Rated):
        return Rated(
            tuple(
                msgspec.structs.replace(
                    rate, carrier=offer.account.id, days=None if rate.days is None else rate.days + wait
                )
                for rate in answer.rates
                if rate.service == offer.service
            )
        )
    if isinstance(answer, said.NotOffered) and offer.cost_minor is not None:
        return Rated((Rate(offer.account.id, offer.service, offer.cost_minor, "EUR", None),))
    return answer


def _wait(found: Candidates, offer: Offer, weeks: list[Calendar], now: datetime) -> int:
    """Carrier's days until it next comes to the store. A carrier without a week is brought to, today."""
    week = next((one for one in weeks if one.carrier == offer.account.carrier), None)
    times = week.times(now, now + AHEAD) if week else []
    if not times:
        return 0 if week is None else carrier_days(found.today, found.today + AHEAD)
    return carrier_days(found.today, times[0].astimezone(ZoneInfo(found.time_zone)).date())
