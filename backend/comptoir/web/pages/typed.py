"""A form whose fields depend on what is edited: read one by one, kept as typed when one of them is wrong."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from comptoir.kit.errors import Invalid, Malformed

MOST_FIELDS: Final = 30_000
MOST_LETTERS: Final = 1_000
_MONEY: Final = re.compile(r"([-+−–]?)\s*(\d{1,7})(?:[.,](\d{1,2}))?\Z")
_CLOCK: Final = re.compile(r"([01]?\d|2[0-4])\s*[:hH]\s*([0-5]\d)\Z")


class Typed:
    """The fields by name. What cannot be read raises Invalid with the field's name, so that the page can point at it."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        if len(data) > MOST_FIELDS:
            raise Malformed("malformed", where="$")
        self.fields: dict[str, list[str]] = {}
        for name, value in data.items():
            values = value if isinstance(value, list) else [value]
            if not all(isinstance(one, str) and len(one) <= MOST_LETTERS for one in values):
                raise Malformed("malformed", where=f"$.{name[:40]}")
            self.fields[name] = values

    def text(self, name: str) -> str:
        return self.fields.get(name, [""])[-1].strip()

    def many(self, name: str) -> tuple[str, ...]:
        """Every value of a field that may come several times, each once, empty ones left out."""
        return tuple(dict.fromkeys(one.strip() for one in self.fields.get(name, ()) if one.strip()))

    def id(self) -> UUID:
        try:
            return UUID(self.text("id"))
        except ValueError:
            raise Malformed("malformed", where="$.id") from None

    def whole(self, name: str, least: int, most: int, default: int | None = None) -> int:
        """Invalid `number_wrong` outside of the bounds, or where it is no number."""
        text = self.text(name).replace(" ", "").replace("\u202f", "").replace("\xa0", "")
        if not text and default is not None:
            return default
        if not text.isascii() or not text.isdigit() or len(text) > 9 or not least <= int(text) <= most:
            raise Invalid("number_wrong", field=name, least=least, most=most)
        return int(text)

    def minor(self, name: str, most: int = 10_000_000, *, signed: bool = False, default: int | None = None) -> int:
        """ "4,90", "4.9 €" or "5" in cents. Invalid `amount_wrong`."""
        text = self.text(name).replace("€", "").replace("\u202f", "").replace("\xa0", "").strip()
        if not text and default is not None:
            return default
        match = _MONEY.match(text)
        if match is None:
            raise Invalid("amount_wrong", field=name)
        minor = int(match[2]) * 100 + int((match[3] or "0").ljust(2, "0"))
        if match[1] and match[1] != "+":
            minor = -minor
        if minor > most or (minor < 0 and (not signed or -minor > most)):
            raise Invalid("amount_wrong", field=name)
        return minor

    def clock(self, name: str, most: int = 1_440) -> int:
        """ "17:00" or "17 h 00" in minutes after midnight. Invalid `clock_wrong`."""
        match = _CLOCK.match(self.text(name))
        if match is None or int(match[1]) * 60 + int(match[2]) > most:
            raise Invalid("clock_wrong", field=name)
        return int(match[1]) * 60 + int(match[2])

    def moment(self, name: str, zone: ZoneInfo) -> datetime | None:
        """A day with an hour (`name`_day, `name`_time; midnight without one) in a zone; None without a day. Invalid `date_wrong`."""
        day = self.text(f"{name}_day")
        if not day:
            return None
        try:
            at = time.fromisoformat(self.text(f"{name}_time") or "00:00")
            local = datetime.combine(date.fromisoformat(day), at.replace(tzinfo=None), tzinfo=zone)
            return local.astimezone(UTC)
        except (ValueError, OverflowError):
            raise Invalid("date_wrong", field=name) from None


def chosen(values: Sequence[str], among: Sequence[str]) -> tuple[str, ...]:
    """What was ticked and can be ticked, in the order of the choices."""
    return tuple(one for one in among if one in values)
