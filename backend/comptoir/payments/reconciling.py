"""Whether a provider's own list of a day agrees with ours. Pure: two lists in, what does not agree out."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import msgspec

from comptoir.payments.model import AtProvider, Entry, Kind

MismatchKind = Literal["missing_here", "missing_there", "amount"]


class Ours(msgspec.Struct, frozen=True):
    """A refund as it is on file here. `gone`: we say that it went."""

    part: UUID
    key: UUID
    reference: str
    amount_minor: int
    gone: bool


class Mismatch(msgspec.Struct, frozen=True):
    """One thing that does not agree; amounts are None on the side that has nothing.

    Of a void, `missing_there` is an authorization that we let go and they still hold or have captured; `missing_here` one that
    they let go and we count on.
    """

    kind: MismatchKind
    reference: str
    part: UUID | None = None
    ours_minor: int | None = None
    theirs_minor: int | None = None
    what: Kind = "refund"
    order: UUID | None = None


class OurPayment(msgspec.Struct, frozen=True):
    """A payment as it is on file here, under the provider's name of it. `busy`: a call of ours is out and not answered."""

    order: UUID
    payment: str
    captured_minor: int
    authorized_minor: int
    voided: bool
    busy: bool


def differs(mine: OurPayment | None, theirs: AtProvider | None) -> Mismatch | None:
    """What does not agree of one payment: captured there and not here, here and not there, other amounts, a void that was not done.

    `theirs` None: they do not know it. What nobody captured and nobody holds agrees.
    """
    ours, there = mine.captured_minor if mine else 0, theirs.captured_minor if theirs else 0
    name = theirs.payment if theirs else mine.payment if mine else ""
    order = mine.order if mine else None
    if mine is not None and mine.voided and theirs is not None and (there or theirs.authorized_minor):
        held = there or theirs.authorized_minor
        return Mismatch("missing_there", name, theirs_minor=held, what="void", order=order)
    if ours != there:
        kind: MismatchKind = "missing_here" if not ours else "missing_there" if not there else "amount"
        return Mismatch(kind, name, None, ours or None, there or None, "capture", order)
    if mine is not None and mine.authorized_minor and not ours and (theirs is None or theirs.gone):
        return Mismatch("missing_here", name, ours_minor=mine.authorized_minor, what="void", order=order)
    return None


def compare(ours: Sequence[Ours], known: Sequence[Ours], theirs: Sequence[Entry]) -> tuple[list[Mismatch], list[Ours]]:
    """What does not agree, and what of `ours` their list of the day does not have: those are asked about one by one.

    `ours`: what went that day by our books; `known`: whatever we have, of any day, under the references and keys of their list.
    A refund that was made and that we take for failed is missing here as much as one that we never asked for.
    """
    by_reference = {one.reference: one for one in known if one.reference}
    by_key = {one.key: one for one in known}
    found, seen = [], set()
    for entry in theirs:
        mine = by_reference.get(entry.reference) or (by_key.get(entry.key) if entry.key else None)
        if mine is None:
            found.append(Mismatch("missing_here", entry.reference, theirs_minor=entry.amount_minor))
            continue
        seen.add(mine.part)
        if mine.amount_minor != entry.amount_minor:
            found.append(Mismatch("amount", entry.reference, mine.part, mine.amount_minor, entry.amount_minor))
        elif not mine.gone:
            found.append(Mismatch("missing_here", entry.reference, mine.part, theirs_minor=entry.amount_minor))
    return found, [one for one in ours if one.part not in seen]
