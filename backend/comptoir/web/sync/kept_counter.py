"""The counter part of `POST /sync/keep`: the lease for this device, and the shelf it can hand over from with no network."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from comptoir.flows.lease_counter import keep_letters, lease_counter
from comptoir.fulfillment.offline_counter import Letters, hash_letters
from comptoir.fulfillment.passes import pass_letters
from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed, in_transaction
from comptoir.kit.ids import Seal
from comptoir.screens import kept_counter

AT_ONCE: Final = 12
"""Passes whose letters one answer works out, about half a second of a thread; the next answer does the next ones."""


async def keep_counter(
    house: House, actor: Actor, now: datetime, picture: Callable[[str], str] = str
) -> dict[str, Any] | None:
    """Give or renew the counter lease and read the shelf: {lease: {mine, until, holder}, orders, more}; None without a store.

    `more`: some letters are still to be worked out, ask again soon. Another device's counter comes without anything to
    check a pass against. `picture` gives the address of a picture's key.
    """
    if actor.device is None or not actor.locations:
        return None
    location = actor.locations[0]
    lease = await in_transaction(house.pool, actor.who, now, lambda tx: lease_counter(tx, location, actor, now))
    async with borrowed(house.pool) as connection:
        kept = await kept_counter.read(connection, location, secrets=lease.mine)
    chosen = kept.missing[:AT_ONCE]
    if chosen:
        made = await asyncio.to_thread(work_out, house.seal, location, chosen)
        await in_transaction(house.pool, actor.who, now, lambda tx: keep_letters(tx, location, made, actor))
        known = {str(of.order): {"salt": str(of.salt), "hash": hashed.hex()} for of, hashed in made}
        for order in kept.orders:
            order["letters"] = known.get(order["order"], order["letters"])
    for line in (line for order in kept.orders for work in order["works"] for line in work["lines"]):
        line["picture"] = picture(line["picture"] or "")
    until = lease.until.isoformat().replace("+00:00", "Z")
    return {
        "lease": {"mine": lease.mine, "until": until, "holder": lease.holder},
        "orders": kept.orders,
        "more": len(kept.missing) > len(chosen),
    }


def work_out(seal: Seal, location: str, passes: list[Letters]) -> list[tuple[Letters, bytes]]:
    """What the letters of these passes are checked against; slow, so in a thread."""
    return [
        (of, hash_letters(pass_letters(seal, of.order, location, of.generation), of.salt)) for of in passes
    ]  # fmt: skip
