"""A store's open recalls as a device keeps them for the time with no network."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.screens import recalls


async def kept_recalls(
    house: House, actor: Actor, now: datetime, picture: Callable[[str], str], language: str
) -> dict[str, Any] | None:
    """`{at, location, rows}` of the device's store, pictures as addresses; None for an actor of no store."""
    if not actor.locations:
        return None
    location = actor.locations[0]
    async with borrowed(house.pool) as connection:
        rows = await recalls.tasks(connection, location, language, actor.device)
    told = [{**msgspec.to_builtins(row), "picture": picture(row.picture)} for row in rows]
    return {"at": now.isoformat().replace("+00:00", "Z"), "location": location, "rows": told}
