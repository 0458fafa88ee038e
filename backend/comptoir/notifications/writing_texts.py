"""Administrators write the texts of messages. Every change is a new version; going back is one too, and nothing is overwritten."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Final
from uuid import UUID

import msgspec

from comptoir.flows import auditing
from comptoir.kit.actor import Actor
from comptoir.kit.db import Tx
from comptoir.kit.errors import Conflict, Invalid, NotFound
from comptoir.notifications import texts_queries
from comptoir.notifications.checking import Fault, find_faults
from comptoir.notifications.occasions import Language, Occasion
from comptoir.notifications.placeholders import Text
from comptoir.notifications.recovering import spellings
from comptoir.notifications.texts_queries import How
from comptoir.staff import sql as staff

VersionNumber = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Typed = Annotated[str, msgspec.Meta(max_length=20_000)]
"""What somebody typed: longer than may be saved, so that it is refused with words and not lost."""


class SaveText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Let this text hold; `version` is the one it was written over, 0 when there was none."""

    id: UUID
    occasion: Occasion
    language: Language
    version: VersionNumber
    subject: Typed
    body: Typed
    sms: Typed = ""
    push: Typed = ""


class RestoreText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Let an earlier version hold again; `restored` 0 is the text that comes along."""

    id: UUID
    occasion: Occasion
    language: Language
    version: VersionNumber
    restored: VersionNumber


class TryText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Send a text once to a colleague. The address is `to`, for the check alone: the command keeps a digest of itself and no more."""

    id: UUID
    occasion: Occasion
    language: Language
    subject: Typed
    body: Typed
    to: Annotated[str, msgspec.Meta(max_length=254)]
    sms: Typed = ""
    push: Typed = ""


class Saved(msgspec.Struct, frozen=True):
    """The version that holds now."""

    version: int


class Faulty(Invalid):
    """A text that is not fit to be sent; `faults` says everything that is wrong with it."""

    default_code: ClassVar[str] = "text_faulty"

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults=[msgspec.structs.asdict(fault) for fault in faults])
        self.faults = faults


def tidy(subject: str, body: str, sms: str = "", push: str = "") -> Text:
    """The typed text with plain line ends, and without spaces that nobody sees."""
    return Text(subject.strip(), *(_tidied(words) for words in (body, sms, push)))


def _tidied(words: str) -> str:
    lines = [line.rstrip() for line in words.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return "\n".join(lines).strip()


def checked(occasion: Occasion, language: Language, text: Text) -> Text:
    """The text itself. Raises Invalid `text_faulty`."""
    faults = find_faults(occasion, language, text)
    if faults:
        raise Faulty(faults)
    return text


async def save_text(tx: Tx, command: SaveText, actor: Actor, now: datetime) -> Saved:
    """A new version. Raises Invalid `text_faulty`, Conflict `text_changed_meanwhile`."""
    actor.needs("head_office")
    typed = tidy(command.subject, command.body, command.sms, command.push)
    text = checked(command.occasion, command.language, typed)
    return await _append(tx, command, actor, now, "written", None, text)


async def restore_text(tx: Tx, command: RestoreText, actor: Actor, now: datetime) -> Saved:
    """A new version with earlier words. Raises NotFound `text_version_not_found`, Invalid `text_faulty`, Conflict `text_changed_meanwhile`."""
    actor.needs("head_office")
    text = None
    if command.restored:
        found = await texts_queries.find_version(tx.connection, command.occasion, command.language, command.restored)
        if found is None:
            raise NotFound("text_version_not_found")
        text = found.text
    if text is None:
        return await _append(tx, command, actor, now, "delivered", None, Text("", ""))
    # What was right when it was written may name something that there is no more.
    text = checked(command.occasion, command.language, text)
    return await _append(tx, command, actor, now, "restored", command.restored, text)


async def try_text(tx: Tx, command: TryText, actor: Actor, now: datetime) -> Saved:
    """Note that a test leaves; whoever calls sends it once this is done. Raises Invalid `text_faulty`, `test_to_customer`."""
    actor.needs("head_office")
    checked(command.occasion, command.language, tidy(command.subject, command.body, command.sms, command.push))
    if await _is_customer(tx, command.to):
        raise Invalid("test_to_customer")
    await staff.insert_audit(tx, actor, "message_text.tried", f"{command.occasion}.{command.language}")
    return Saved(0)


_CUSTOMER: Final = """
SELECT EXISTS (SELECT FROM customer c WHERE c.erased_at IS NULL AND (lower(c.email) = $1 OR c.phone = ANY($2::text[])))
  AND NOT EXISTS (SELECT FROM staff s WHERE lower(s.email) = $1 AND s.disabled_at IS NULL)
"""


async def _is_customer(tx: Tx, to: str) -> bool:
    """Whether the address is a customer's and no colleague's."""
    typed = to.strip()
    found: bool = await tx.value(_CUSTOMER, typed.lower(), [] if "@" in typed else spellings(typed))
    return found


async def _append(
    tx: Tx, command: SaveText | RestoreText, actor: Actor, now: datetime, how: How, restored: int | None, text: Text
) -> Saved:
    # Two at once compute the same number; the later one meets the key, runs again and finds the other's version.
    newest = await tx.value(
        "SELECT coalesce(max(version), 0) FROM message_text_version WHERE occasion = $1 AND language = $2",
        command.occasion, command.language,
    )  # fmt: skip
    if newest != command.version:
        raise Conflict("text_changed_meanwhile", version=newest)
    key = f"{command.occasion}.{command.language}"
    before = await auditing.standing(tx, "message_text", key)
    await tx.run(
        "INSERT INTO message_text_version (occasion, language, version, how, restored, subject, body, sms, push, who, made_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        command.occasion, command.language, newest + 1, how, restored, text.subject, text.body, text.sms, text.push,
        actor.who, now,
    )  # fmt: skip
    await auditing.keep(tx, actor, "message_text.saved", "message_text", key, before)
    return Saved(newest + 1)


FLOWS: Final[dict[type, Any]] = {SaveText: save_text, RestoreText: restore_text, TryText: try_text}
