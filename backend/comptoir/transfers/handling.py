"""What hands do with a transfer. Pure: lines in, units that move out. Rules of reports are total: the world happened."""

from collections.abc import Iterable, Mapping

import msgspec

from comptoir.kit.errors import Conflict, Invalid
from comptoir.transfers.lifecycle import TO_RECEIVE, Action, Status
from comptoir.transfers.model import Line, SettleKind, Transfer, Wish


class Moved(msgspec.Struct, frozen=True):
    """Units of a line that change their state; both names are states of `model.Line`."""

    line: Line
    source: str
    to: str
    units: int


class Handled(msgspec.Struct, frozen=True):
    """Units that move, units that belong to no line's wish, and the exception's code when somebody must look."""

    moved: tuple[Moved, ...] = ()
    surplus: int = 0
    problem: str | None = None

    @property
    def units(self) -> int:
        return sum(move.units for move in self.moved)


def create(wishes: Iterable[Wish]) -> dict[str, int]:
    """Units asked for by article; the same article named twice is one line."""
    asked: dict[str, int] = {}
    for wish in wishes:
        asked[wish.sku] = asked.get(wish.sku, 0) + wish.quantity
    return asked


def spread(lines: Iterable[Line], source: str, to: str, units: int) -> tuple[Moved, ...]:
    """Up to `units` from one state to another, line after line."""
    found = []
    for line in lines:
        some = min(units, getattr(line, source))
        if some:
            found.append(Moved(line, source, to, some))
            units -= some
    return tuple(found)


def pick_reported(transfer: Transfer, sku: str, units: int) -> Handled:
    """`units` of an article were laid to the transfer; below zero they went back to their shelf.

    Goods that it does not ask for are surplus to be carried back: `more_than_needed`. It has left already, or is not
    wanted: `transfer_left`.
    """
    lines = transfer.of(sku)
    if transfer.status is not Status.CREATED or transfer.work is not None:
        return Handled((), max(0, units), "transfer_left")
    if units < 0:
        return Handled(spread(lines, "picked", "reserved", -units))
    moved = spread(lines, "reserved", "picked", units)
    surplus = units - sum(move.units for move in moved)
    return Handled(moved, surplus, "more_than_needed" if surplus else None)


def pick_exactly(transfer: Transfer, wishes: Iterable[Wish]) -> tuple[Moved, ...]:
    """The warehouse tells what it lays to the transfer, all at once. Invalid `more_than_asked` beyond what is promised."""
    found: list[Moved] = []
    for sku, units in create(wishes).items():
        lines = transfer.of(sku)
        there = sum(line.picked for line in lines)
        if units > there + sum(line.reserved for line in lines):
            raise Invalid("more_than_asked", sku=sku, wanted=units)
        found += spread(lines, "reserved", "picked", units - there)
    return tuple(found)


def ship(transfer: Transfer) -> tuple[Moved, ...]:
    """What was picked leaves, the rest is free again. Conflict `not_now`, `nothing_to_ship`."""
    transfer.after(Action.SHIP)
    if not transfer.total("picked"):
        raise Conflict("nothing_to_ship", number=transfer.number)
    left = tuple(Moved(line, "picked", "in_transit", line.picked) for line in transfer.lines if line.picked)
    return left + tuple(Moved(line, "reserved", "released", line.reserved) for line in transfer.lines if line.reserved)


def cancel(transfer: Transfer) -> tuple[Moved, ...]:
    """Every unit is free again; what was picked is to be carried back. Conflict `not_now`, `carries_order`."""
    transfer.after(Action.CANCEL)
    if transfer.order is not None:
        raise Conflict("carries_order", number=transfer.number)
    return tuple(
        Moved(line, state, "released", getattr(line, state))
        for line in transfer.lines for state in ("reserved", "picked") if getattr(line, state)
    )  # fmt: skip


def give_up(transfer: Transfer, sku: str) -> tuple[Moved, ...]:
    """Units of an article that may not travel any more, of what has not left; they are free where they are."""
    if transfer.status is not Status.CREATED or transfer.order is not None:
        return ()
    return tuple(
        Moved(line, state, "released", getattr(line, state))
        for line in transfer.of(sku) for state in ("reserved", "picked") if getattr(line, state)
    )  # fmt: skip


def receive_reported(transfer: Transfer, sku: str, units: int, *, damaged: bool = False) -> Handled:
    """`units` of an article have come; below zero they were counted one too often. `damaged` ones are here and not for sale.

    What was on its way arrives; what had been given up, or even written off, turns up; everything else is over. Goods of a transfer that has not
    left, is closed or was canceled are counted all the same, and somebody looks: `transfer_not_awaited`.
    """
    lines = transfer.of(sku)
    awaited = transfer.status in TO_RECEIVE
    waits = "in_transit" if awaited else "missing"
    problem = None if awaited else "transfer_not_awaited"
    arrived = "damaged" if damaged else "received"
    if units > 0:
        moved = spread(lines, waits, arrived, units)
        if not awaited:
            moved += spread(lines, "lost", arrived, units - sum(move.units for move in moved))
        return Handled(moved, units - sum(move.units for move in moved), problem)
    # What came beyond the wish was counted last: a correction begins there. A customer's units are in their work by now.
    over = 0 if damaged else min(-units, sum(line.over for line in lines))
    back = () if transfer.order else spread(lines, arrived, waits, -units - over)
    missed = -units - over - sum(move.units for move in back)
    return Handled(back, -over, problem or ("correction_too_late" if missed else None))


def close(transfer: Transfer) -> tuple[Moved, ...]:
    """What has not come by now is missing. Conflict `not_now`."""
    transfer.after(Action.CLOSE)
    return tuple(Moved(line, "in_transit", "missing", line.in_transit) for line in transfer.lines if line.in_transit)


def settle(transfer: Transfer, sku: str, kind: SettleKind, units: int) -> tuple[Moved, ...]:
    """Missing units of a transfer that has ended are accounted for. Conflict `not_now`; Invalid `more_than_missing`."""
    if transfer.status is not Status.CLOSED:
        raise Conflict("not_now", lifecycle="transfer", state=transfer.status.value, action="settle")
    moved = spread(transfer.of(sku), "missing", SETTLED[kind], units)
    if sum(move.units for move in moved) < units:
        raise Invalid("more_than_missing", sku=sku, wanted=units)
    return moved


SETTLED: Mapping[SettleKind, str] = {"found": "received", "lost": "lost", "stayed": "released"}
"""The state that missing units are in once somebody has said what became of them."""
