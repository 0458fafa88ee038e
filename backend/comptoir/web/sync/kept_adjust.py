"""What a device needs to correct a figure with no network: the reasons, what may be corrected alone, what waits or was declined."""

from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from comptoir.house import House
from comptoir.kit.actor import Actor
from comptoir.kit.db import borrowed
from comptoir.kit.reason_rows import list_reasons
from comptoir.screens import adjustments
from comptoir.stock.adjust_reasons import ADJUST
from comptoir.stock.adjusting import acts_as, needs_proof
from comptoir.stock.limits_sql import find_rules

DECLINED_SHOWN: Final = timedelta(days=2)


async def kept_adjust(house: House, actor: Actor, now: datetime, language: str) -> dict[str, Any]:
    """`{at, location, alone: {role: [units, cents]}, role, reasons, told}` of the device's store."""
    location = (actor.locations or ("",))[0]
    async with borrowed(house.pool) as connection:
        reasons = await list_reasons(connection, ADJUST)
        rules = await find_rules(connection)
        told = await adjustments.of_store(connection, location, now - DECLINED_SHOWN)
    words = {one.code: one.says(language) for one in reasons}
    return {
        "at": now.isoformat().replace("+00:00", "Z"), "location": location, "role": actor.role,
        "alone": {
            "associate": [rules.associate_units, rules.associate_minor], "store_manager": [rules.manager_units, rules.manager_minor],
        },
        "reasons": [
            {"code": one.code, "words": words[one.code], "proof": needs_proof(acts_as(one.acts), ""), "photo": one.photo} for one in reasons if one.used
        ],
        "told": [{**msgspec.to_builtins(one), "why": words.get(one.reason, one.reason)} for one in told],
    }  # fmt: skip
