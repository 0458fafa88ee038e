"""The list of counts as a device keeps it for the time with no network."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.screens import counts


async def kept_counts(
    house: House, actor: Actor, now: datetime, picture: Callable[[str], str], begun: Sequence[UUID] = ()
) -> dict[str, Any] | None:
    """`{at, location, rows, shelves}` of the device's store, pictures as addresses; None for an actor of no store. Nothing says what is expected.

    What was `begun` on the device is on it as long as it is asked for, however long the list is. A shelf that this device has comes with its list; of the others it is told who has them.
    """
    if not actor.locations:
        return None
    location = actor.locations[0]
    async with borrowed(house.pool) as connection:
        rows = await counts.read(connection, location, begun=begun)
        shelves = await counts.read_shelves(connection, location, actor.device, now)
        lists = {one.id: await counts.read(connection, location, one.id) for one in shelves if one.mine}

    def told(rows: list[counts.CountRow]) -> list[dict[str, Any]]:
        return [{**msgspec.to_builtins(row), "picture": picture(row.picture)} for row in rows]

    return {
        "at": now.isoformat().replace("+00:00", "Z"), "location": location, "rows": told(rows),
        "shelves": [msgspec.to_builtins(one) | {"rows": told(lists.get(one.id, []))} for one in shelves],
    }  # fmt: skip
