"""What the screen shows is the pack plus the journal: counts are sums of facts, in the order they happened.

Pure, total, deltas only. An undo takes one earlier fact back (an undo too); what is over the quantity is not counted
but flagged; a fact of a kind or a line that we do not know changes nothing. `pwa/static/js/fold.js` gives the same
view; `tests/vectors/fold.json` holds both to it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec

LineState = Literal["todo", "now", "picked", "short", "parked"]
Next = Literal["pick", "stage", "done"]
UNDOABLE = frozenset({"pick", "short", "look_again", "stage", "undo"})


class Place(msgspec.Struct, frozen=True):
    """Where an article lives: aisle, bay, level, as the shop writes them."""

    aisle: str | int | None = None
    bay: str | int | None = None
    level: str | int | None = None


class PackLine(msgspec.Struct, frozen=True):
    """One line as the server knew it when it made the pack."""

    line: str | int
    quantity: int
    picked: int = 0
    short: int = 0
    place: Place | None = None
    parked_until: str | None = None
    stop: int | None = None
    """Its turn in the walk that the server laid out; without it the place decides."""


class PackBag(msgspec.Struct, frozen=True):
    """One bag tag and the shelf it stands on."""

    bag: str
    place: str | None = None


class PackWork(msgspec.Struct, frozen=True):
    """One work of the pack."""

    id: str
    lines: tuple[PackLine, ...]
    bags: tuple[PackBag, ...] = ()
    kind: str = "pickup"


class Pack(msgspec.Struct, frozen=True):
    """The works of one walk. `counted_through`: facts up to this number are already in the pack's own counts."""

    works: tuple[PackWork, ...]
    counted_through: int = 0


class Fact(msgspec.Struct, frozen=True):
    """One entry of the journal; `refused` once the server has said no."""

    seq: int
    id: str
    type: str
    body: Mapping[str, Any] = {}
    refused: bool = False


class LineView(msgspec.Struct):
    """One line now. `sent`: units the server has; `saved`: units only this device has; `over`: scans beyond need."""

    line: str | int
    quantity: int
    picked: int
    short: int
    remaining: int
    state: LineState
    saved: int
    sent: int
    over: int


class BagView(msgspec.Struct):
    """One staged bag; `sent` when the server knows it."""

    bag: str
    place: str | None
    sent: bool


class WorkView(msgspec.Struct):
    """One work now, its lines in walk order, and what comes next for it."""

    id: str
    complete: bool
    staged: bool
    sent: bool
    next: Next
    lines: list[LineView]
    bags: list[BagView]


class Spot(msgspec.Struct):
    """A line by its work."""

    work: str
    line: str | int


class View(msgspec.Struct):
    """All of it: works, the walk over all lines, where one stands, and how much only this device knows."""

    works: list[WorkView]
    order: list[Spot]
    current: Spot | None
    unsent: int
    released: bool


class _Tally:
    """The counts of one line while facts are added."""

    def __init__(self, line: PackLine) -> None:
        self.line = line
        self.picked, self.short = min(line.picked, line.quantity), line.short
        self.saved = self.over = 0
        self.parked = line.parked_until is not None

    @property
    def remaining(self) -> int:
        return max(0, self.line.quantity - self.picked - self.short)

    def pick(self, wanted: int, sent: bool) -> None:
        counted = min(wanted, self.line.quantity - self.picked)
        self.picked += counted
        # Found after all: what was reported short shrinks by what turned up.
        self.short = min(self.short, self.line.quantity - self.picked)
        self.over += wanted - counted
        self.saved += 0 if sent else counted
        self.parked = False

    def report_short(self, wanted: int) -> None:
        self.short += min(wanted, self.remaining)
        self.parked = False


def fold(pack: Pack, journal: Sequence[Fact], acked_through: int) -> View:
    """The view of `pack` after the facts of `journal`, of which the server has those up to `acked_through`."""
    facts = [fact for fact in sorted(journal, key=lambda fact: fact.seq) if not fact.refused]
    void = _taken_back(facts)
    tallies = {(work.id, str(line.line)): _Tally(line) for work in pack.works for line in work.lines}
    bags = {work.id: {bag.bag: BagView(bag.bag, bag.place, True) for bag in work.bags} for work in pack.works}
    released = False
    for fact in facts:
        counted = fact.seq <= pack.counted_through
        if counted and fact.id in void and not _void_then(facts, fact, pack.counted_through):
            _take_out(tallies, bags, fact)
        if counted or fact.id in void:
            continue
        sent = fact.seq <= acked_through
        tally = tallies.get(_spot(fact))
        if fact.type == "pick" and tally:
            tally.pick(_units(fact), sent)
        elif fact.type == "short" and tally:
            tally.report_short(_units(fact))
        elif fact.type == "look_again" and tally:
            tally.parked = tally.remaining > 0
        elif fact.type == "stage" and _text(fact, "work") in bags and _text(fact, "bag"):
            bags[_text(fact, "work")][_text(fact, "bag")] = BagView(_text(fact, "bag"), _text(fact, "place"), sent)
        elif fact.type == "release":
            released = True
    return _view(pack, tallies, bags, released, [fact for fact in facts if fact.seq > acked_through], _works(facts))


def _taken_back(facts: Sequence[Fact]) -> set[str]:
    """The ids of facts that an undo in force takes back; read from the last, so that an undone undo has no force."""
    types = {fact.id: fact for fact in facts}
    void: set[str] = set()
    for fact in reversed(facts):
        if fact.type == "undo" and fact.id not in void:
            target = types.get(_text(fact, "event"))
            if target and target.seq < fact.seq and target.type in UNDOABLE:
                void.add(target.id)
    return void


def _works(facts: Sequence[Fact]) -> dict[str, str]:
    """The work each fact is about, by its id; an undo is about what it takes back."""
    about: dict[str, str] = {}
    for fact in facts:
        about[fact.id] = _text(fact, "work") or about.get(_text(fact, "event"), "")
    return about


def _void_then(facts: Sequence[Fact], fact: Fact, through: int) -> bool:
    """Whether the pack's own counts already leave the fact out."""
    return fact.id in _taken_back([other for other in facts if other.seq <= through])


def _take_out(tallies: Mapping[tuple[str, str], _Tally], bags: Mapping[str, dict[str, BagView]], fact: Fact) -> None:
    tally = tallies.get(_spot(fact))
    if fact.type == "pick" and tally:
        tally.picked = max(0, tally.picked - _units(fact))
    elif fact.type == "short" and tally:
        tally.short = max(0, tally.short - _units(fact))
    elif fact.type == "look_again" and tally:
        tally.parked = False
    elif fact.type == "stage":
        bags.get(_text(fact, "work"), {}).pop(_text(fact, "bag"), None)


def _view(
    pack: Pack,
    tallies: Mapping[tuple[str, str], _Tally],
    bags: Mapping[str, dict[str, BagView]],
    released: bool,
    unsent: Sequence[Fact],
    about: Mapping[str, str],
) -> View:
    order = [Spot(work.id, line.line) for work, line in walk(pack)]
    open_spots = [spot for spot in order if tallies[spot.work, str(spot.line)].remaining]
    waiting = [spot for spot in open_spots if not tallies[spot.work, str(spot.line)].parked]
    current = next(iter(waiting or open_spots), None)
    works = []
    for work in pack.works:
        lines = [
            _line_view(tallies[spot.work, str(spot.line)], spot == current) for spot in order if spot.work == work.id
        ]
        placed = list(bags[work.id].values())
        complete = all(line.remaining == 0 for line in lines)
        staged = any(bag.place for bag in placed)
        # A parcel goes on to the packing table, a transfer to its boxes; only what somebody collects is put on a shelf.
        to_stage = complete and not staged and work.kind == "pickup" and any(line.picked for line in lines)
        sent = all(about[fact.id] != work.id for fact in unsent)
        step: Next = "stage" if to_stage else "done" if complete else "pick"
        works.append(WorkView(work.id, complete, staged, sent, step, lines, placed))
    return View(works, order, current, len(unsent), released)


def _line_view(tally: _Tally, now: bool) -> LineView:
    line, remaining = tally.line, tally.remaining
    saved = min(tally.saved, tally.picked)
    state: LineState = "todo"
    if remaining == 0:
        state = "short" if tally.short else "picked"
    elif now:
        state = "now"
    elif tally.parked:
        state = "parked"
    return LineView(
        line.line, line.quantity, tally.picked, tally.short, remaining, state, saved, tally.picked - saved, tally.over
    )


def walk(pack: Pack) -> Iterable[tuple[PackWork, PackLine]]:
    """All lines by their stops; those that have none after them by aisle, bay, level, numbers by value.

    Lines with neither come last, in the order of the pack.
    """
    lines = [(work, line) for work in pack.works for line in work.lines]
    return sorted(lines, key=lambda pair: _walk_key(pair[1]))


def _walk_key(line: PackLine) -> tuple[bool, int, bool, list[list[tuple[int, int, str]]]]:
    if line.stop is not None:
        return (False, line.stop, False, [])
    if line.place is None:
        return (True, 0, True, [])
    return (True, 0, False, [_natural(part) for part in (line.place.aisle, line.place.bay, line.place.level)])


def _natural(part: str | int | None) -> list[tuple[int, int, str]]:
    pieces = re.findall(r"[0-9]+|[^0-9]+", "" if part is None else str(part))
    return [(0, int(piece), "") if piece[0] in "0123456789" else (1, 0, piece) for piece in pieces]


def _text(fact: Fact, key: str) -> str:
    value = fact.body.get(key)
    return value if isinstance(value, str) else ""


def _spot(fact: Fact) -> tuple[str, str]:
    line = fact.body.get("line")
    named = isinstance(line, str | int) and not isinstance(line, bool)
    return _text(fact, "work"), str(line) if named else ""


def _units(fact: Fact) -> int:
    value = fact.body.get("quantity")
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 10_000 else 0
