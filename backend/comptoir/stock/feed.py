"""The till feed's rules: what is reported becomes movements. Pure and total: a line is applied or told why not.

Every line carries its own id, so repeating is harmless. An absolute figure holds for its `as_of`: it is applied as the
difference to what the ledger said then, and what happened later stays. A movement that arrives late, with a time before
the last absolute figure of its row, is kept in the ledger beside a line that takes its effect back: the figure had
already seen it. So any order of arrival ends in the same level.

A kit has no stock of its own: what is sold, brought back or received of it moves its parts, in lines that name it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID, uuid5

import msgspec

from comptoir.kit.codes import gtin14
from comptoir.kit.words import Code, Instant, Signed, Slug
from comptoir.stock.model import Fact, Movement

AHEAD = timedelta(minutes=5)
"""How far a sender's clock may be ahead of ours."""

MOST_MOVEMENTS = 500
MOST_LEVELS = 5_000

ReportedFact = Literal["till_sale", "till_return", "receipt", "adjustment"]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9_]*\Z")]


class ReportedMovement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that happened in a building. `quantity` is units: positive, and signed for an adjustment only."""

    id: UUID
    location: Slug
    fact: ReportedFact
    quantity: Signed
    happened_at: Instant
    sku: Code | None = None
    barcode: Code | None = None
    reason: Reason | None = None


class MovementReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The wire form: up to 500 movements of any locations."""

    movements: Annotated[tuple[ReportedMovement, ...], msgspec.Meta(min_length=1, max_length=MOST_MOVEMENTS)]


class PostMovements(msgspec.Struct, frozen=True):
    """Post what happened in the shops; each line is its own command by its own id."""

    id: UUID
    movements: tuple[ReportedMovement, ...]


class ReportedLevel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What another system believes a location held of one SKU, sellable, in units."""

    sku: Code
    on_hand: Signed


class SnapshotReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The wire form: absolute figures of one location at one moment; SKUs that are not named stay as they are."""

    location: Slug
    as_of: Instant
    levels: Annotated[tuple[ReportedLevel, ...], msgspec.Meta(min_length=1, max_length=MOST_LEVELS)]


class PostSnapshot(msgspec.Struct, frozen=True):
    """Correct the ledger to what another system said at `as_of`."""

    id: UUID
    location: str
    as_of: datetime
    levels: tuple[ReportedLevel, ...]


class Problem(msgspec.Struct, frozen=True):
    """Why a line was not applied: the code of its problem page and the status it would have had alone."""

    code: str
    status: int
    type: str


class MovementOutcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one line."""

    id: UUID
    status: Literal["applied", "again", "problem"]
    problem: Problem | None = None


class MovementsPosted(msgspec.Struct, frozen=True):
    """One outcome per line, in the order sent."""

    results: tuple[MovementOutcome, ...]


class LevelOutcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one figure: how far the ledger was off, or which later figure made it too old."""

    sku: str
    status: Literal["applied", "again", "older", "problem"]
    difference: int | None = None
    last_as_of: datetime | None = None
    problem: Problem | None = None


class SnapshotPosted(msgspec.Struct, frozen=True):
    """One outcome per figure, in the order sent."""

    location: str
    as_of: datetime
    results: tuple[LevelOutcome, ...]


class Known(msgspec.Struct, frozen=True):
    """What the sender may speak of: SKUs, barcodes (as GTIN-14 or as printed) and the locations it reaches.

    `kits` has each SKU that is a kit with its (part, units in one kit); a kit that nobody gave parts has none.
    """

    skus: frozenset[str]
    barcodes: Mapping[str, str]
    locations: frozenset[str]
    kits: Mapping[str, Sequence[tuple[str, int]]] = {}


class Standing(msgspec.Struct, frozen=True):
    """One row of the ledger as a figure of `as_of` meets it, locked.

    `since` is the sum of on-hand movements after that moment; `anchored_at` is when the last absolute figure (a
    snapshot or an approved count) held, if there was one.
    """

    on_hand: int
    since: int
    anchored_at: datetime | None

    @property
    def then(self) -> int:
        """What the ledger says was on hand at that moment."""
        return self.on_hand - self.since


def problem(code: str, status: int) -> Problem:
    return Problem(code, status, f"/problems/{code}")


def spelled(barcode: str) -> str:
    """A barcode's one spelling: 14 digits when it is a valid GTIN, else as it is printed."""
    return gtin14(barcode) or barcode


def read_movement(line: ReportedMovement, known: Known, now: datetime) -> Movement | Problem:
    """The ledger line for what was reported, or why there is none."""
    if line.location not in known.locations:
        return problem("unknown_location", 404)
    if (line.sku is None) == (line.barcode is None):
        return problem("sku_or_barcode", 422)
    sku = line.sku if line.sku is not None else known.barcodes.get(spelled(line.barcode or ""))
    if sku is None or sku not in known.skus:
        return problem("unknown_sku", 404)
    if line.quantity == 0 or (line.quantity < 0 and line.fact != "adjustment"):
        return problem("quantity_out_of_range", 422)
    if line.fact == "adjustment" and line.reason is None:
        return problem("reason_missing", 422)
    if line.happened_at > now + AHEAD:
        return problem("in_the_future", 422)
    units = -line.quantity if line.fact == "till_sale" else line.quantity
    return Movement(
        sku, line.location, Fact(line.fact), on_hand=units, reason=line.reason, happened_at=line.happened_at, id=line.id
    )


def read_line(line: ReportedMovement, known: Known, now: datetime) -> Sequence[Movement] | Problem:
    """The ledger lines for what was reported, the first under its id, or why there are none. Of a kit they are its parts'."""
    read = read_movement(line, known, now)
    if isinstance(read, Problem):
        return read
    if read.sku not in known.kits:
        return (read,)
    parts = known.kits[read.sku]
    # A correction speaks of units that somebody saw, and nobody sees a kit on a shelf of parts.
    if not parts or read.fact is Fact.ADJUSTMENT:
        return problem("kit_has_no_stock", 422)
    return [
        Movement(
            part, read.location, read.fact, on_hand=units * read.on_hand, reason=f"kit:{read.sku}",
            happened_at=read.happened_at, id=uuid5(line.id, part) if n else line.id,
        )
        for n, (part, units) in enumerate(parts)
    ]  # fmt: skip


def same_line(a: Movement, b: Movement) -> bool:
    """Do two ledger lines with one id say the same?"""
    return all(
        getattr(a, name) == getattr(b, name) for name in ("sku", "location", "fact", "on_hand", "reason", "happened_at")
    )


def sort_movements(
    lines: Sequence[ReportedMovement], known: Known, kept: Mapping[UUID, Movement], now: datetime
) -> tuple[list[Movement], list[MovementOutcome]]:
    """What is new, to be posted, and the outcome of every line in order; `kept` is what the ledger has by id."""
    fresh: dict[UUID, Sequence[Movement]] = {}
    outcomes: list[MovementOutcome] = []
    for line in lines:
        read = read_line(line, known, now)
        if isinstance(read, Problem):
            outcomes.append(MovementOutcome(line.id, "problem", read))
            continue
        before = kept.get(line.id) or next(iter(fresh.get(line.id, ())), None)
        if before is None:
            fresh[line.id] = read
            outcomes.append(MovementOutcome(line.id, "applied"))
        elif same_line(before, read[0]):
            outcomes.append(MovementOutcome(line.id, "again"))
        else:
            outcomes.append(MovementOutcome(line.id, "problem", problem("id_reused", 409)))
    return [one for ones in fresh.values() for one in ones], outcomes


def take_back_late(movement: Movement, anchored_at: datetime | None, anchor: Fact) -> Movement | None:
    """The line beside a late movement: the last absolute figure had seen it already. None when it is not late."""
    assert movement.happened_at is not None
    if anchored_at is None or movement.happened_at > anchored_at:
        return None
    return Movement(
        movement.sku,
        movement.location,
        anchor,
        on_hand=-movement.on_hand,
        reason="late_movement",
        happened_at=anchored_at,
    )


def correct(
    sku: str, location: str, figure: int, as_of: datetime, standing: Standing
) -> tuple[Movement | None, LevelOutcome]:
    """Apply one absolute figure. One older than the last is ignored and told; the same again changes nothing."""
    difference = figure - standing.then
    if standing.anchored_at is not None and as_of < standing.anchored_at:
        return None, LevelOutcome(sku, "older", last_as_of=standing.anchored_at)
    if standing.anchored_at == as_of:
        if difference == 0:
            return None, LevelOutcome(sku, "again", 0)
        return None, LevelOutcome(sku, "problem", problem=problem("as_of_reused", 409))
    return (
        Movement(sku, location, Fact.SNAPSHOT, on_hand=difference, happened_at=as_of),
        LevelOutcome(sku, "applied", difference),
    )
