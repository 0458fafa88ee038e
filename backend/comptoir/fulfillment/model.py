"""The words of store work: work and its lines, what hands report, and what comes of it."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from comptoir.fulfillment.lifecycles import LIFECYCLES, Action, Status
from comptoir.kit.reasons import ReasonCode
from comptoir.kit.words import Code, Maybe, Note, Units

LineNumber = Annotated[int, msgspec.Meta(ge=1, le=500)]
Corrected = Annotated[int, msgspec.Meta(ge=-10_000, le=10_000)]
Millimeters = Annotated[int, msgspec.Meta(ge=1, le=20_000)]


class WorkLine(msgspec.Struct, frozen=True):
    """Where the units of one requirement are, at one location; the eight states sum to `quantity`."""

    work: UUID
    line: int
    order_line: int
    part: int
    sku: str
    quantity: int
    reserved: int
    picked: int
    staged: int
    in_transit: int
    handed_over: int
    delivered: int
    shorted: int
    canceled: int


class Work(msgspec.Struct, frozen=True):
    """A fulfillment order: what one location must do for one order."""

    id: UUID
    location: str
    order_id: UUID
    order_number: str
    kind: str
    status: Status
    promise_at: datetime
    taken_by: UUID | None
    pack: UUID | None
    collect_until: datetime | None
    lines: tuple[WorkLine, ...] = ()
    ended_because: str | None = None

    def line(self, number: int) -> WorkLine | None:
        return next((line for line in self.lines if line.line == number), None)

    def total(self, state: str) -> int:
        """Units of all lines in one state."""
        return sum(getattr(line, state) for line in self.lines)

    def after(self, action: Action) -> Status:
        return LIFECYCLES[self.kind].after(action, self.status)

    def allows(self, action: Action) -> bool:
        return LIFECYCLES[self.kind].allows(action, self.status)


class Moved(msgspec.Struct, frozen=True):
    """Units of a line that change their state: from one of WorkLine's states to another."""

    line: int
    source: str
    to: str
    units: int


# What hands report. The envelope (journal, sequence, times) is the sync door's; these are the bodies by `type`.


class Pick(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    work: UUID
    line: LineNumber
    quantity: Units = 1
    code: Annotated[str, msgspec.Meta(max_length=5000)] = ""


class Undo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Takes back an earlier event of this device, by its id."""

    event: UUID


class Short(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    work: UUID
    line: LineNumber
    quantity: Units
    reason: ReasonCode


class LookAgain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    work: UUID
    line: LineNumber


class Stage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    work: UUID
    bag: Annotated[str, msgspec.Meta(pattern=r"^B:[A-Za-z0-9-]{1,24}\Z")]
    place: Annotated[str, msgspec.Meta(pattern=r"^L:[A-Za-z0-9 -]{1,24}\Z")]


class RefusedUnits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    work: UUID
    line: LineNumber
    quantity: Units
    reason: Note = ""


class TriedOn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of a work's line that were tried on and not taken: how they are, and why by the code of a return's reason."""

    work: UUID
    line: LineNumber
    quantity: Units
    condition: Literal["as_new", "opened", "damaged"]
    reason: Annotated[str, msgspec.Meta(max_length=40)] = "no_reason"


class HandOver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The customer leaves with the goods. `bags` are the tags that were scanned; `proof` comes from pass or letters."""

    order: UUID
    works: Annotated[tuple[UUID, ...], msgspec.Meta(min_length=1, max_length=20)]
    bags: Annotated[tuple[Code, ...], msgspec.Meta(max_length=40)] = ()
    pass_: Annotated[str, msgspec.Meta(max_length=64)] | None = msgspec.field(default=None, name="pass")
    letters: Annotated[str, msgspec.Meta(max_length=16)] | None = None
    identity_checked: bool = False
    age_checked: bool = False
    collector: Maybe = ""
    override_reason: Note = ""
    refused: Annotated[tuple[RefusedUnits, ...], msgspec.Meta(max_length=100)] = ()
    tried: Annotated[tuple[TriedOn, ...], msgspec.Meta(max_length=100)] = ()
    """Left with the associate after trying on: handed over, and taken back in the same breath."""
    offline: bool = False
    """The device alone decided, with no network; `checked` is the proof that it compared by itself."""
    checked: Literal["pass", "letters"] | None = None


class PackParcel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of a line lie in a parcel; the first scan makes it, with an id that the device gives."""

    work: UUID
    parcel: UUID
    line: LineNumber
    quantity: Units = 1
    code: Annotated[str, msgspec.Meta(max_length=5000)] = ""


class CloseParcel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The parcel is closed: its box (None: the piece goes as it is, with its own measures where they are known) and weight."""

    work: UUID
    parcel: UUID
    weight_grams: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    box: Code | None = None
    size_mm: tuple[Millimeters, Millimeters, Millimeters] | None = None


class PutBack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    put_back: UUID
    quantity: Units = 1
    code: Annotated[str, msgspec.Meta(max_length=5000)] = ""
    place: Annotated[str, msgspec.Meta(max_length=64)] | None = None


class Release(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pause: what is picked stays picked, and a colleague may take the pack on."""

    pack: UUID


class Start(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Begin with a pack that was kept ahead, with or without a network."""

    pack: UUID


class Unlock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who had signed in on this device today is at it again; their sign-in goes on from here."""


class UnknownCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: Annotated[str, msgspec.Meta(max_length=5000)]
    symbology: Maybe = ""
    screen: Maybe = ""


class WorkNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    work: UUID
    text: Note


class Count(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One article counted; `parts` are the units of each of its shelves, `seconds` how long it took, `ago` how many seconds before it was told."""

    count: UUID
    quantity: Annotated[int, msgspec.Meta(ge=0, le=100_000)]
    parts: Annotated[tuple[Annotated[int, msgspec.Meta(ge=0, le=100_000)], ...], msgspec.Meta(max_length=6)] = ()
    seconds: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    ago: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0


class CountFound(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something lies on a shelf where nobody looked for it, or has a code that nobody knows."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
    near: Code | None = None


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units that lie on a shelf and are on no list, by the code that was scanned."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=100_000)]


class ShelfDone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole shelf is counted: `unseen` are the counts of its list that were shown as missing and confirmed, `extra` what was seen beside."""

    shelf: UUID
    unseen: Annotated[tuple[UUID, ...], msgspec.Meta(max_length=500)] = ()
    extra: Annotated[tuple[Seen, ...], msgspec.Meta(max_length=200)] = ()


class ReadAnnouncement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody has read what this device shows: these words of an announcement."""

    announcement: UUID
    edition: Annotated[int, msgspec.Meta(ge=1)]


class RecallPull(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of a recalled article were taken out of sale; `code` as it was scanned, for the lot that it may name."""

    recall: UUID
    quantity: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    code: Annotated[str, msgspec.Meta(max_length=512)] = ""


class RecallDone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hands have looked everywhere in this place for a recalled article."""

    recall: UUID


class Adjust(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A figure is corrected: so many units of an article, and why. Named by its SKU, or by the code as it was scanned; `photo` comes after it."""

    quantity: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    reason: Annotated[str, msgspec.Meta(min_length=2, max_length=40, pattern=r"^[a-z][a-z0-9_]*\Z")]
    sku: Code | None = None
    code: Annotated[str, msgspec.Meta(max_length=512)] = ""
    note: Note = ""
    photo: UUID | None = None


class PickForTransfer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units laid to a transfer; below zero they went back to their shelf."""

    transfer: UUID
    quantity: Corrected = 1
    code: Annotated[str, msgspec.Meta(max_length=5000)] = ""
    sku: Code | None = None
    carton: Annotated[str, msgspec.Meta(max_length=64)] = ""


class Receive(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of a transfer or of a purchase order that have come; below zero they were counted one too often.

    `damaged` ones cannot be sold. `carton` is the carton that they were taken out of, as it was scanned.
    """

    transfer: UUID | None = None
    purchase: UUID | None = None
    quantity: Corrected = 1
    code: Annotated[str, msgspec.Meta(max_length=5000)] = ""
    sku: Code | None = None
    damaged: bool = False
    carton: Annotated[str, msgspec.Meta(max_length=64)] = ""

    def __post_init__(self) -> None:
        if (self.transfer is None) == (self.purchase is None):
            raise ValueError("names a transfer or a purchase order, and not both")


class LoadParcel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hands have put a parcel with the others that one driver takes (`lane`): its label as it was scanned."""

    lane: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=512)]


Report = (
    Pick
    | Undo
    | Short
    | LookAgain
    | Stage
    | HandOver
    | PutBack
    | PackParcel
    | CloseParcel
    | Release
    | Start
    | Unlock
    | UnknownCode
    | WorkNote
    | Count
    | CountFound
    | ShelfDone
    | RecallPull
    | RecallDone
    | Adjust
    | PickForTransfer
    | Receive
    | LoadParcel
    | ReadAnnouncement
)

REPORTS: dict[str, type[Report]] = {
    "pick": Pick,
    "undo": Undo,
    "short": Short,
    "look_again": LookAgain,
    "stage": Stage,
    "hand_over": HandOver,
    "put_back": PutBack,
    "pack_parcel": PackParcel,
    "close_parcel": CloseParcel,
    "release": Release,
    "start": Start,
    "unlock": Unlock,
    "unknown_code": UnknownCode,
    "note": WorkNote,
    "count": Count,
    "count_found": CountFound,
    "shelf_done": ShelfDone,
    "recall_pull": RecallPull,
    "recall_done": RecallDone,
    "adjust": Adjust,
    "transfer_pick": PickForTransfer,
    "receive": Receive,
    "load_parcel": LoadParcel,
    "read": ReadAnnouncement,
}
"""The body of a device event, by the event's `type`."""


class Outcome(msgspec.Struct, frozen=True):
    """What came of a report. `effect` remembers what an undo must take back; `problem` is a code, never prose."""

    outcome: Literal["applied", "applied_with_exception", "refused"] = "applied"
    problem: str | None = None
    work: UUID | None = None
    facts: dict[str, Any] = {}
    effect: dict[str, Any] = {}


# Requests: they ask, and may be refused.


class StartPack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Take work on: the named works, or the best next cart of at most `next` works and what the store's cart takes."""

    id: UUID
    location: str
    works: Annotated[tuple[UUID, ...], msgspec.Meta(max_length=20)] = ()
    next: Annotated[int, msgspec.Meta(ge=0, le=20)] = 0


class PackStarted(msgspec.Struct, frozen=True):
    id: UUID
    works: tuple[UUID, ...]
    lease_until: datetime


class UndoHandOver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: UUID
    hand_over: UUID
    reason: Note = ""
