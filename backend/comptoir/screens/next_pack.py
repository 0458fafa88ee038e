"""What the start button begins: the next cart of a device, said before anybody taps."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from comptoir.fulfillment.waving import Free, choose, lay_out
from comptoir.fulfillment.waving_queries import find_cart_size, find_free
from comptoir.kit.db import Connection


class Offer(msgspec.Struct, frozen=True):
    """A cart as its button tells it: how many orders and units, whole minutes; `work` when it is one order alone.

    `most` is what a cart of this store takes: by the time of the tap another one may be the best.
    """

    orders: int
    units: int
    minutes: int
    most: int
    work: UUID | None = None


class NextPack(msgspec.Struct, frozen=True):
    """What is free in a store, read once for all its devices."""

    free: Sequence[Free]
    most: int

    def offer(self, device: UUID | None, now: datetime) -> Offer | None:
        """What `start_pack` would give this device now; None when nothing is free."""
        chosen = choose(self.free, now, self.most, device)
        if not chosen:
            return None
        cart = lay_out(chosen)
        return Offer(len(chosen), cart.units, cart.minutes, self.most, chosen[0].id if len(chosen) == 1 else None)


async def read(connection: Connection, location: str, now: datetime) -> NextPack:
    """The free works of one location; the caller has checked that the actor reaches it."""
    return NextPack(await find_free(connection, location, now), await find_cart_size(connection, location))
