"""Tracking by La Poste Suivi v2: letters, Colissimo and Chronopost, ten numbers a call. No labels: La Poste has no open API for them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec

from comptoir.carriers import statuses
from comptoir.carriers.base import Base
from comptoir.carriers.http import Line, Patience
from comptoir.carriers.model import AccountRefused, Busy, Capabilities, TrackAnswer, Tracked, TrackingEvent

BASE: Final = "https://api.laposte.fr/suivi/v2"
AT_ONCE: Final = 10
PARIS: Final = ZoneInfo("Europe/Paris")
FOUND: Final = (200, 207)
ABSENT: Final = (400, 404)
"""A number that is none, and one that nobody has seen yet, look the same from here."""


class LaPosteAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`okapi_key` is the application's key at developer.laposte.fr."""

    okapi_key: str
    base: str = BASE

    def __repr__(self) -> str:
        return "LaPosteAccount()"


class _One(msgspec.Struct, rename="camel"):
    """What is said about one number; events are read one by one, so that a strange one does not hide the others."""

    return_code: int
    id_ship: str = ""
    shipment: dict[str, Any] | None = None


class LaPoste(Base):
    """`track` alone."""

    name = "la_poste"
    capabilities = Capabilities(tracking=True, track_at_once=AT_ONCE)

    def __init__(self, account: LaPosteAccount, patience: Patience | None = None) -> None:
        self.account = account
        self.line = Line(patience)

    async def track(self, numbers: Sequence[str]) -> TrackAnswer:
        """Whole histories; after a call that got no answer the numbers left are told under `again`."""
        events: list[TrackingEvent] = []
        absent: list[str] = []
        again: list[str] = []
        asked = list(dict.fromkeys(numbers))
        for at in range(0, len(asked), AT_ONCE):
            told = await self._ask(asked[at : at + AT_ONCE])
            if isinstance(told, AccountRefused | Busy):
                if at == 0 or isinstance(told, AccountRefused):
                    return told
                return Tracked(tuple(events), tuple(absent), (*again, *asked[at:]), told.wait_seconds)
            for number in asked[at : at + AT_ONCE]:
                one = told.get(number)
                if one is None or one.return_code not in (*FOUND, *ABSENT):
                    again.append(number)
                elif one.return_code in ABSENT or one.shipment is None:
                    absent.append(number)
                else:
                    events += _events(number, one.shipment)
        return Tracked(tuple(events), tuple(absent), tuple(again))

    async def close(self) -> None:
        await self.line.close()

    async def _ask(self, numbers: list[str]) -> dict[str, _One] | Busy | AccountRefused:
        url = f"{self.account.base}/idships/{','.join(quote(number, safe='') for number in numbers)}?lang=fr_FR"
        headers = {"accept": "application/json", "x-okapi-key": self.account.okapi_key}
        said = await self.line.ask("GET", url, headers=headers)
        if isinstance(said, Busy):
            return said
        if said.status in (401, 403):
            return AccountRefused(f"http_{said.status}")
        try:
            read = msgspec.json.decode(said.body, type=_One | list[_One])
        except msgspec.DecodeError:
            # A single number that is none comes back as 404 with a page instead of JSON.
            return {number: _One(404) for number in numbers} if said.status == 404 else Busy("nonsense")
        every = read if isinstance(read, list) else [read]
        if isinstance(read, _One) and len(numbers) == 1:
            return {numbers[0]: read}
        return {one.id_ship: one for one in every}


def _events(number: str, shipment: dict[str, Any]) -> Iterator[TrackingEvent]:
    """Oldest first; La Poste tells the newest first."""
    told = shipment.get("event")
    for event in reversed(told if isinstance(told, list) else []):
        code = event.get("code") if isinstance(event, dict) else None
        if isinstance(code, str) and code:
            text = event.get("label")
            yield TrackingEvent(
                number, code, statuses.meaning("la_poste", code), _at(event.get("date")), text=text if isinstance(text, str) else "",
            )  # fmt: skip


def _at(text: object) -> datetime | None:
    try:
        at = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=PARIS)).astimezone(UTC)
