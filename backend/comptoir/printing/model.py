"""Printers, what waits for them, and what a person may ask of them. Pure.

queued -> sending -> printed
                  -> queued      nothing had reached the printer: again in a moment, for ten minutes
                  -> failed      part of it had, or the ten minutes are over: a person chooses
failed -> given up               printed elsewhere, downloaded, or not wanted any more
"""

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from comptoir.kit.words import Slug, Word

PrinterLanguage = Literal["zpl", "pdf"]
Media = Literal["10x15", "10x10", "a4", "a5"]
PaperKind = Literal["label", "manifest", "test"]
State = Literal["queued", "sending", "printed", "failed", "given_up"]
Outcome = Literal["sent", "not_reached", "not_ready", "broken"]
"""`sent`: the printer took all of it. `not_reached`, `not_ready` (no paper, paused, open): it took nothing. `broken`: nobody knows."""

PATIENCE: Final = timedelta(minutes=10)
"""After that a label that comes out by itself would surprise somebody: a person chooses."""

LONGEST_WAIT_SECONDS: Final = 30


class Printer(msgspec.Struct, frozen=True):
    """One printer of a store."""

    id: UUID
    location: str
    name: str
    host: str
    port: int
    language: PrinterLanguage
    media: Media
    active: bool = True
    version: int = 1
    last_ok_at: datetime | None = None
    last_failed_at: datetime | None = None
    failure: str = ""


class SavePrinter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A printer as it is to be from now on; `version` 0 makes it."""

    id: UUID
    location: Slug
    printer: UUID
    version: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
    name: Word
    host: Annotated[str, msgspec.Meta(min_length=2, max_length=45, pattern=r"^[0-9a-fA-F.:]+\Z")]
    port: Annotated[int, msgspec.Meta(ge=1024, le=65535)]
    language: PrinterLanguage
    media: Media
    active: bool = True


class DeclareNetworks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The networks in which a store's printers may be, as "192.168.10.0/24, 10.4.0.0/16"; empty: none."""

    id: UUID
    location: Slug
    networks: Annotated[str, msgspec.Meta(max_length=400)]
    public: bool = False


class AskPrint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document on paper, by this printer or by the one that fits. With `again` once more, though it was printed."""

    id: UUID
    location: Slug
    kind: PaperKind
    source: UUID
    title: Word
    language: PrinterLanguage
    printer: UUID | None = None
    again: bool = False


class SettlePrint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of a job that a person looks at: once more, by another printer, or nothing."""

    id: UUID
    job: UUID
    what: Literal["again", "other", "give_up"]
    printer: UUID | None = None


class PrintAsked(msgspec.Struct, frozen=True):
    """The job that will print it; None when the store has no printer that can."""

    job: UUID | None


class PrinterSaved(msgspec.Struct, frozen=True):
    printer: UUID
    version: int


class NetworksDeclared(msgspec.Struct, frozen=True):
    networks: tuple[str, ...]


def after(outcome: Outcome, tries: int, made_at: datetime, now: datetime) -> tuple[State, datetime | None]:
    """What a job is after a try, and when it is tried again. What may lie printed already is never sent again by itself."""
    if outcome == "sent":
        return "printed", None
    if outcome == "broken" or now - made_at >= PATIENCE:
        return "failed", None
    return "queued", now + timedelta(seconds=min(2 ** min(tries, 10), LONGEST_WAIT_SECONDS))


def fitting(printers: list[Printer], language: PrinterLanguage, kind: PaperKind) -> Printer | None:
    """The printer for such a document: it speaks its language; labels go to label paper, lists to sheets, where there are both."""
    able = [one for one in printers if one.active and one.language == language]
    small = kind != "manifest"
    return min(able, key=lambda one: ((one.media in ("10x15", "10x10")) != small, one.name.lower()), default=None)
