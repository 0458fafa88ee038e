"""Asks carriers for pick-up points near a postcode; what they answer is kept for some minutes, never what was asked by whom."""

import asyncio
import logging
from collections import OrderedDict
from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from comptoir.carriers.model import Closure, Relay, RelayAnswer, RelayQuery, Relays
from comptoir.errands.carriers import Carriers
from comptoir.kit import throttle
from comptoir.kit.db import Pool, borrowed
from comptoir.kit.errors import TooMany
from comptoir.kit.throttle import Limit
from comptoir.shipping.relays import MOST_SHOWN, RelayChosen, is_open_on_arrival

KEPT_FOR: Final = timedelta(minutes=15)
MOST_KEPT: Final = 500
MOST_ACCOUNTS: Final = 4
CALL_SECONDS: Final = 6.0
"""A customer waits: whoever has not answered by then is left out."""

PACE: Final = Limit("relays-of-account", 120, timedelta(minutes=1))
log = logging.getLogger("comptoir.relays")


class Offered(msgspec.Struct, frozen=True):
    """A relay of one account, as it is shown and chosen."""

    account: str
    chosen: RelayChosen
    relay: Relay

    @property
    def key(self) -> str:
        """What a form sends back."""
        return f"{self.account}|{self.relay.id}"


class Found(msgspec.Struct, frozen=True):
    """Relays, nearest first; `away` when a carrier did not answer."""

    offered: tuple[Offered, ...]
    away: bool = False


class RelayFinder:
    """One process's memory of what carriers answered, by postcode."""

    def __init__(self, pool: Pool, carriers: Carriers) -> None:
        self._pool, self._carriers = pool, carriers
        self._kept: OrderedDict[tuple[str, str, str], tuple[datetime, tuple[Offered, ...]]] = OrderedDict()

    async def near(self, country: str, postcode: str, city: str, grams: int, now: datetime) -> Found:
        """At most ten relays near a postcode, over all accounts that offer them."""
        async with borrowed(self._pool) as connection:
            rows = await connection.fetch(
                "SELECT id, carrier, services ->> 'relay' AS service FROM carrier_account"
                " WHERE active AND refused_at IS NULL AND services ? 'relay' ORDER BY id LIMIT $1",
                MOST_ACCOUNTS,
            )
        query = RelayQuery(country, postcode, city, (now + timedelta(days=1)).date(), weight_g=max(grams, 500))
        asked = await asyncio.gather(
            *(
                self._of_account(row["id"], row["carrier"], msgspec.structs.replace(query, service=row["service"]), now)
                for row in rows
            )
        )
        offered = [one for found in asked for one in found or ()]
        offered = [one for one in offered if is_open_on_arrival(_spans(one.relay.closures), now.date())]
        offered.sort(key=lambda one: (one.relay.distance_m is None, one.relay.distance_m or 0, one.key))
        return Found(tuple(offered[:MOST_SHOWN]), any(found is None for found in asked))

    async def _of_account(
        self, account: str, name: str, query: RelayQuery, now: datetime
    ) -> tuple[Offered, ...] | None:
        """One account's relays; None when it did not answer."""
        key = (account, query.country, query.postcode)
        kept = self._kept.get(key)
        if kept is not None and now - kept[0] < KEPT_FOR:
            return kept[1]
        carrier = await self._carriers.of(account)
        if carrier is None or not carrier.capabilities.relays:
            return ()
        try:
            await throttle.take(self._pool, PACE, account, now)
            answer: RelayAnswer = await asyncio.wait_for(carrier.relays(query), CALL_SECONDS)
        except TooMany:
            return None
        except Exception as fault:  # whatever an adapter raises: nobody answered
            log.error("%s told no relays: %s", name, type(fault).__name__)
            return None
        if not isinstance(answer, Relays):
            return None
        found = tuple(_offered(account, name, relay) for relay in answer.relays)
        self._kept[key] = (now, found)
        self._kept.move_to_end(key)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return found


def _offered(account: str, carrier: str, relay: Relay) -> Offered:
    place = relay.address
    chosen = RelayChosen(
        carrier, relay.id.strip()[:64], relay.name.strip()[:120] or relay.id, place.street.strip()[:120], place.postcode[:12],
        place.city.strip()[:120], place.country,
    )  # fmt: skip
    return Offered(account, chosen, relay)


def _spans(closures: tuple[Closure, ...]) -> tuple[tuple[date, date], ...]:
    return tuple((one.first, one.last) for one in closures)
