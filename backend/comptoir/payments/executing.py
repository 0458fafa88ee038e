"""How far an intention is, and what an answer changes of it. Pure: rows and answers in, the next state out.

    due --call--> calling --answer--> confirmed | sent | failed | due again (nothing was made) | unknown | by_hand
    unknown, sent --look--> the same; a look that finds nothing makes an unknown part due again

Nothing is called twice without a look between, unless it is certain that nothing was made. Whatever waits for long is shown to people.
"""

from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID, uuid5

import msgspec

from comptoir.kit.errors import Conflict
from comptoir.payments.model import Again, Done, InDoubt, Kind, Looked, NotMine, NotThere, Outcome, Refused

State = Literal["due", "calling", "unknown", "sent", "confirmed", "failed", "by_hand"]
Standing = Literal["intended", "sent", "confirmed", "failed"]
GONE: Final = ("sent", "confirmed")
"""The provider has answered that it does it, or did."""

CALL_SECONDS: Final = 45.0
CALL_LIMIT: Final = timedelta(seconds=90)
"""Whoever has not come back with an answer by then is dead, and the part is `unknown`. Every call ends well before it."""

LOOK_AFTER: Final = timedelta(seconds=60)
"""How long a request without an answer is left to arrive before its effect is looked for."""

FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(hours=1)
LIFE: Final = timedelta(days=3)
"""After so long without an answer that moves anything, a person decides."""

STUCK_AFTER: Final = timedelta(hours=6)
"""After so long a manager hears of money that has not gone."""

_LOOK_FIRST: Final = ("away", "vanished")


class Part(msgspec.Struct, frozen=True):
    """An intention on one payment, as it is kept."""

    id: UUID
    intention: UUID
    order_id: UUID
    reference: str
    kind: Kind
    amount_minor: int
    account: str | None
    state: State
    key: UUID
    tries: int
    made_at: datetime
    provider_ref: str | None = None
    problem: str | None = None
    sent_at: datetime | None = None


class After(msgspec.Struct, frozen=True):
    """What a part is from now on."""

    state: State
    next_at: datetime | None = None
    reference: str | None = None
    problem: str | None = None
    words: str = ""


def settle(part: Part, answer: Outcome | Looked, now: datetime) -> After:
    """What an answer to a call or to a look means for a part."""
    looked = part.state in ("unknown", "sent")
    match answer:
        case Done(reference=reference, settled=True):
            return After("confirmed", reference=reference)
        case Done(reference=reference):
            return After("sent", now + LONGEST_WAIT, reference)
        case Refused(why=why, final=True, words=words):
            return After("failed", reference=part.provider_ref, problem=why, words=words)
        case Refused(why=why):
            return _wait(part, why, now, LONGEST_WAIT, looked)
        case Again(why=why, after=after):
            return _wait(part, why, now, timedelta(seconds=after), looked)
        case InDoubt(why=why):
            return After("unknown", now + LOOK_AFTER, problem=why)
        case NotThere() if part.state == "sent":
            return After("failed", reference=part.provider_ref, problem="vanished")
        case NotThere():
            return After("due", now)
        case NotMine():
            return After("by_hand", problem="not_theirs")


def _wait(part: Part, why: str, now: datetime, at_least: timedelta, looked: bool) -> After:
    state: State = part.state if looked else "due"
    if now - part.made_at > LIFE and part.state != "sent":
        return After("failed", problem="away" if looked else "given_up")
    return After(state, now + max(wait_after(part.tries), min(at_least, LONGEST_WAIT)), part.provider_ref, why)


def wait_after(tries: int) -> timedelta:
    """How long to leave a provider alone after so many tries: 5 s, 10 s, 20 s ... an hour."""
    doubled: int = 2 ** min(max(tries - 1, 0), 12)
    return min(FIRST_WAIT * doubled, LONGEST_WAIT)


def stands(parts: list[State]) -> Standing:
    """An intention's state from its parts: failed when one needs a person, confirmed when all are, sent when all have gone."""
    if "failed" in parts:
        return "failed"
    if parts and all(state == "confirmed" for state in parts):
        return "confirmed"
    return "sent" if parts and all(state in GONE for state in parts) else "intended"


def again(part: Part, accounts: bool, now: datetime) -> After | None:
    """A person asks for another try: what a failed part becomes, None when it stays. `accounts`: somebody can be asked.

    What was refused gets another key (`next_key`), because a provider answers an old one as before; what was never answered is
    looked for first, under the old one.
    """
    if part.state in GONE or part.state == "calling" or not accounts:
        return None
    if part.state == "failed":
        return After("unknown" if part.problem in _LOOK_FIRST else "due", now)
    return After("due" if part.state == "by_hand" else part.state, now)


def next_key(part: Part) -> UUID:
    """The provider's key of a part from now on."""
    fresh = part.state == "failed" and part.problem not in _LOOK_FIRST
    return uuid5(part.key, "again") if fresh else part.key


def may_be_done_by_hand(state: str, parts: list[State]) -> None:
    """May a person say that they did it? Conflict `money_moved` when it has gone or is not wanted, `money_on_its_way` during a call."""
    if state in ("confirmed", "withdrawn") or (parts and all(one in GONE for one in parts)):
        raise Conflict("money_moved")
    if "calling" in parts:
        raise Conflict("money_on_its_way")
