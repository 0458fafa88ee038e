"""What carriers tell of parcels by themselves: the account's secret signs the bytes, its carrier's table gives each code its status."""

from functools import cache
from typing import TYPE_CHECKING, Annotated, Final, get_args

import msgspec

from comptoir.carriers import statuses
from comptoir.errands.carriers import FOR_PUSHES
from comptoir.kit.actor import SYSTEM
from comptoir.kit.db import borrowed
from comptoir.kit.ids import new_id
from comptoir.kit.words import Instant
from comptoir.shipping.tracking import HeardEvent, HearTracking, Status

if TYPE_CHECKING:
    from comptoir.house import House

TABLES: Final = {"colissimo": "la_poste", "chronopost": "la_poste"}
"""Carriers whose codes another's table has."""

MOST: Final = 200


class PushedEvent(msgspec.Struct, frozen=True):
    """One thing that happened; `code` is the carrier's own, or a word of our vocabulary from one that has no codes."""

    number: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    at: Instant
    where: Annotated[str, msgspec.Meta(max_length=200)] = ""
    text: Annotated[str, msgspec.Meta(max_length=500)] = ""


class Pushed(msgspec.Struct, frozen=True):
    """The body of a push: at most 200 events of whatever parcels."""

    events: Annotated[list[PushedEvent], msgspec.Meta(max_length=MOST)]


def secrets_of(house: "House", account: str) -> list[str]:
    """What may sign for an account: `push`, and `push_old` while it changes. Empty: this account pushes nothing."""
    held = house.settings.carrier_secrets.get(account, {})
    return [held[name] for name in FOR_PUSHES if held.get(name)]


async def hear_pushed(house: "House", account: str, pushed: Pushed) -> int:
    """Keep what is new; how many events that was. Numbers that are not ours, and events told before, are passed over."""
    async with borrowed(house.pool) as connection:
        carrier = await connection.fetchval("SELECT carrier FROM carrier_account WHERE id = $1", account)
    if carrier is None:
        return 0
    new = 0
    for number in dict.fromkeys(event.number for event in pushed.events):
        events = tuple(
            HeardEvent(event.code, status_of(carrier, event.code), event.at, event.where, event.text)
            for event in pushed.events if event.number == number
        )  # fmt: skip
        heard = await house.runner.perform(HearTracking(new_id(), account, number, events, "push"), SYSTEM)
        new += int(heard.read()["new"])
    return new


def status_of(carrier: str, code: str) -> Status:
    """By the carrier's table; `unknown` for a code that it does not have."""
    table = _table(TABLES.get(carrier, carrier))
    if table is None:
        return code if code in get_args(Status) else "unknown"  # type: ignore[return-value]
    return table.get(code, "unknown")


@cache
def _table(carrier: str) -> dict[str, Status] | None:
    try:
        return dict(statuses.table(carrier))
    except FileNotFoundError:
        return None


__all__ = ["Pushed", "PushedEvent", "hear_pushed", "secrets_of", "status_of"]
