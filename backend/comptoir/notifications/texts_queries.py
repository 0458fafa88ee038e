"""Reads the texts that administrators wrote: the one that holds, and every version with who wrote it."""

from datetime import datetime
from typing import Final, Literal

import msgspec

from comptoir.kit.db import Connection
from comptoir.notifications.occasions import Language, Occasion
from comptoir.notifications.placeholders import Text

MOST_VERSIONS: Final = 50
How = Literal["written", "restored", "delivered"]


class Version(msgspec.Struct, frozen=True):
    """One version; `restored` is the one it brought back. `who` is a name as colleagues know it, empty when it is gone."""

    occasion: Occasion
    language: Language
    version: int
    how: How
    restored: int | None
    subject: str
    body: str
    who: str
    made_at: datetime
    sms: str = ""
    push: str = ""

    @property
    def text(self) -> Text | None:
        """Its words; None where it says that the text that comes along holds."""
        return None if self.how == "delivered" else Text(self.subject, self.body, self.sms, self.push)


_COLUMNS: Final = (
    "SELECT v.occasion, v.language, v.version, v.how, v.restored, v.subject, v.body, v.sms, v.push,"
    " coalesce(nullif(concat_ws(' ', s.first_name, s.last_name), ''), '') AS who, v.made_at"
    " FROM message_text_version v LEFT JOIN staff s ON s.id::text = v.who"
)
_HOLDS: Final = "SELECT subject, body, sms, push, how FROM message_text_version WHERE occasion = $1 AND language = $2 ORDER BY version DESC LIMIT 1"
_NEWEST: Final = f"SELECT * FROM (SELECT DISTINCT ON (occasion, language) * FROM ({_COLUMNS}) a ORDER BY occasion, language, version DESC) b LIMIT 200"
_VERSIONS: Final = f"{_COLUMNS} WHERE v.occasion = $1 AND v.language = $2 ORDER BY v.version DESC LIMIT {MOST_VERSIONS}"
_ONE: Final = f"{_COLUMNS} WHERE v.occasion = $1 AND v.language = $2 AND v.version = $3"


async def find_saved(connection: Connection, occasion: Occasion, language: str) -> Text | None:
    """The text that somebody saved and that holds now; None where the one that comes along does."""
    row = await connection.fetchrow(_HOLDS, occasion, language)
    if row is None or row["how"] == "delivered":
        return None
    return Text(row["subject"], row["body"], row["sms"], row["push"])


async def list_newest(connection: Connection) -> dict[tuple[str, str], Version]:
    """The newest version of each text that was ever changed, by occasion and language."""
    rows = await connection.fetch(_NEWEST)
    return {(row["occasion"], row["language"]): msgspec.convert(dict(row), Version) for row in rows}


async def list_versions(connection: Connection, occasion: Occasion, language: Language) -> list[Version]:
    """The versions of one text, newest first, fifty at most."""
    rows = await connection.fetch(_VERSIONS, occasion, language)
    return [msgspec.convert(dict(row), Version) for row in rows]


async def find_version(connection: Connection, occasion: str, language: str, version: int) -> Version | None:
    """One version; None when there is none of this number."""
    row = await connection.fetchrow(_ONE, occasion, language, version)
    return None if row is None else msgspec.convert(dict(row), Version)
