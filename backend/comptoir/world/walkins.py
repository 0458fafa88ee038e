"""People who buy in the shop while the web orders: sales drawn by the hour, posted to the public till feed.

`sales` is pure. `walk` posts them with the till's API key until its time or its number of sales is over.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import httpx
import msgspec

from comptoir.world.articles import ARTICLES
from comptoir.world.cast import TILL_KEY
from comptoir.world.numbers import draw
from comptoir.world.scripts import NAMESPACE
from comptoir.world.shelves import SHELF
from comptoir.world.stores import STORES, Location

MOST_SALES = 10_000
"""However long it runs, one run posts no more sales than this."""
LONGEST = timedelta(hours=12)
MOST_WAITING = 1_000

# Visitors of a store's hours, as parts of its busiest: quiet morning, noon, full afternoon.
_SHAPE = {9: 3, 10: 4, 11: 6, 12: 8, 13: 6, 14: 6, 15: 8, 16: 9, 17: 10, 18: 9, 19: 5, 20: 2}
_SOLD = [article for article in ARTICLES if not article.components and not article.blocked]


class Sale(msgspec.Struct, frozen=True):
    """One line of a till receipt."""

    id: UUID
    location: str
    sku: str
    quantity: int
    happened_at: datetime


def rate_per_hour(store: Location, at: datetime) -> int:
    """Sales an hour in this store at this time: half its picking capacity at its busiest, none when it is closed."""
    here = at.astimezone(ZoneInfo(store.time_zone))
    clock = f"{here.hour:02d}:{here.minute:02d}"
    if not any(opens <= clock < closes for opens, closes in store.hours[here.weekday()]):
        return 0
    return max(1, store.capacity_per_hour * _SHAPE.get(here.hour, 1) // 20)


def sales(store: Location, minute: datetime) -> tuple[Sale, ...]:
    """What the store's tills sold in one minute; the same minute gives the same sales with the same ids."""
    assert minute.tzinfo is not None
    minute = minute.astimezone(UTC).replace(second=0, microsecond=0)
    rate = rate_per_hour(store, minute)
    whole, rest = divmod(rate, 60)
    number = whole + (draw(1, 60, "walk-in", store.id, minute.isoformat()) <= rest)
    found = []
    for rank in range(number):
        key = f"sale|{store.id}|{minute.isoformat()}|{rank}"
        article = _SOLD[draw(0, len(_SOLD) - 1, key)]
        if (store.id, article.sku) in SHELF:
            found.append(Sale(uuid5(NAMESPACE, key), store.id, article.sku, 1, minute))
    return tuple(found)


def till(address: str, key: str = TILL_KEY.secret) -> httpx.AsyncClient:
    """A connection to the till feed of the server at `address`."""
    return httpx.AsyncClient(base_url=address, timeout=10, headers={"Authorization": f"Bearer {key}"})


async def walk(
    client: httpx.AsyncClient,
    *,
    clock: Callable[[], datetime],
    lasts: timedelta = LONGEST,
    most: int = MOST_SALES,
    tick_seconds: float = 60,
    minutes_per_tick: int = 1,
) -> int:
    """Post the sales of every store minute by minute; the number posted.

    A feed that is away is tried again at the next tick: a sale has its id, so repeating it has no effect. No more than
    a thousand sales wait for it; older ones are given up.
    """
    began = at = clock()
    waiting: list[Sale] = []
    posted = 0
    while clock() - began < min(lasts, LONGEST) and posted < min(most, MOST_SALES):
        for _ in range(minutes_per_tick):
            waiting += [sale for store in STORES for sale in sales(store, at)]
            at += timedelta(minutes=1)
        waiting = waiting[-MOST_WAITING:]
        batch = waiting[: min(100, most - posted)]
        if batch and await _post(client, batch):
            posted += len(batch)
            waiting = waiting[len(batch) :]
        await asyncio.sleep(tick_seconds)
    return posted


async def _post(client: httpx.AsyncClient, batch: list[Sale]) -> bool:
    """Whether the feed has them; a 4xx other than 429 is ours to mend and is raised."""
    body = {
        "movements": [
            {
                "id": str(sale.id),
                "location": sale.location,
                "sku": sale.sku,
                "fact": "till_sale",
                "quantity": sale.quantity,
                "happened_at": sale.happened_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
            for sale in batch
        ]
    }
    try:
        answer = await client.post("/api/v1/stock/movements", json=body)
    except httpx.TransportError:
        return False
    if answer.status_code == 429 or answer.status_code >= 500:
        return False
    answer.raise_for_status()
    return True
