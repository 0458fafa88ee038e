"""What becomes of a label that was asked for: what an answer means, when it is tried again, what a person may decide. Pure.

intended --call--> calling --answer--> bought | refused | intended again (certainly nothing was made) | unknown
unknown: a parcel may exist at the carrier. Nobody calls again; a person looks, and types the number or lets it be bought anew.
"""

from datetime import datetime, timedelta
from typing import Literal, Protocol

import msgspec

from comptoir.kit.errors import Conflict
from comptoir.shipping.model import Attempt, LabelState, Mend

CALL_LIMIT = timedelta(seconds=90)
"""Whoever has not come back with an answer by then is dead, and the label is `unknown`. Every call ends well before it."""

CALL_SECONDS = 30.0
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=10)
MOST_TRIES = 200
"""A carrier that is down for a day is still asked when it is back; after that a person decides."""

Word = Literal["bought", "refused", "busy", "unknown", "account_refused", "number_wanted", "not_offered"]


class Answer(msgspec.Struct, frozen=True):
    """What a carrier said, in words of ours: the errand translates. `mend` and `words` come with a refusal."""

    word: Word
    problem: str | None = None
    mend: Mend | None = None
    words: str = ""
    numbers: tuple[str, ...] = ()
    shipment_ref: str = ""
    cost_minor: int | None = None
    currency: str = "EUR"
    wait_seconds: float = 0.0


class Settled(msgspec.Struct, frozen=True):
    """The attempt's next state, and when it is tried again where it is."""

    state: LabelState
    problem: str | None = None
    mend: Mend | None = None
    next_at: datetime | None = None


class Tried(Protocol):
    """A label that its carrier was asked for so many times."""

    @property
    def tries(self) -> int: ...


def settle(attempt: Tried, answer: Answer, now: datetime) -> Settled:
    """What an answer means for an attempt. Only `busy` is ever tried again: there certainly is no label."""
    if answer.word == "bought" and answer.numbers:
        return Settled(LabelState.BOUGHT)
    if answer.word == "busy" and attempt.tries < MOST_TRIES:
        wait = max(wait_after(attempt.tries), timedelta(seconds=answer.wait_seconds))
        return Settled(LabelState.INTENDED, "carrier_busy", None, now + min(wait, timedelta(hours=1)))
    if answer.word in ("bought", "unknown"):
        return Settled(LabelState.UNKNOWN, "label_unknown", "carrier")
    if answer.word == "account_refused":
        return Settled(LabelState.REFUSED, "account_refused", "account")
    if answer.word in ("number_wanted", "not_offered"):
        return Settled(LabelState.REFUSED, "number_wanted", "carrier")
    if answer.word == "busy":
        return Settled(LabelState.REFUSED, "carrier_away", "carrier")
    return Settled(LabelState.REFUSED, answer.problem or "carrier_refused", answer.mend or "carrier")


def wait_after(tries: int) -> timedelta:
    """How long to leave a carrier alone after so many tries: 5 s, 10 s, 20 s ... 10 minutes."""
    doubled: int = 2 ** min(max(tries - 1, 0), 12)
    return min(FIRST_WAIT * doubled, LONGEST_WAIT)


def may_ask(live: Attempt | None) -> None:
    """May a label be asked for? Conflict `label_there`, `label_being_bought` or `label_to_check`."""
    if live is None:
        return
    if live.state in (LabelState.BOUGHT, LabelState.MANUAL):
        raise Conflict("label_there", tracking_number=live.tracking_number)
    raise Conflict("label_to_check" if live.state == LabelState.UNKNOWN else "label_being_bought")


def may_type(live: Attempt | None) -> LabelState | None:
    """May a person type a number that the carrier gave them? What becomes of the attempt that stands: given up, or None."""
    if live is None:
        return None
    if live.state in (LabelState.INTENDED, LabelState.UNKNOWN):
        return LabelState.GIVEN_UP
    raise Conflict("label_being_bought" if live.state == LabelState.CALLING else "label_there")


def may_give_up(attempt: Attempt) -> None:
    """A person found no label at the carrier's. Conflict `label_not_in_doubt`."""
    if attempt.state != LabelState.UNKNOWN:
        raise Conflict("label_not_in_doubt")


def may_void(attempt: Attempt) -> str | None:
    """May the label be thrown away? The carrier hears of it (`intended`) where it made the label. Conflict `label_gone`."""
    if attempt.state not in (LabelState.BOUGHT, LabelState.MANUAL):
        raise Conflict("label_gone")
    return "intended" if attempt.state == LabelState.BOUGHT and attempt.account else None


def reference(order_number: str, work: str, parcel: int, attempt: int) -> str:
    """Ours on the label: the order, four signs of the work, the parcel, and which try it is: `W-104233-3F9A-1-2`."""
    return f"{order_number}-{work[-4:].upper()}-{parcel}-{attempt}"
