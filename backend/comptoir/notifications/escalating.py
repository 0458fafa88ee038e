"""How a message goes from medium to medium until somebody has it. Pure: what was tried and the time go in, the next move comes out.

    due --try--> accepted --receipt--> delivered --opened--> seen
     |              |  no receipt in time, bounced
     |              v
     +--refused, unknown--> the next medium of the plan --none left--> failed: red on a person's screen

Where a medium takes a key, a try whose outcome nobody knows is made again under the same key. Where it takes none (SMTP, most SMS)
it is not: the message goes on to the next medium, or to a person (I7).
"""

from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from comptoir.notifications.model import Medium

Outcome = Literal["accepted", "refused", "busy", "unknown"]
"""What a provider said: took it; will never take it; not now; nothing that could be understood."""
Receipt = Literal["delivered", "failed", "seen"]


class Patience(msgspec.Struct, frozen=True):
    """How long a medium is given. `keyed`: a repeated try cannot double the message. `mute`: it tells of failures alone."""

    receipt: timedelta
    busy: timedelta
    keyed: bool = False
    mute: bool = False


PATIENCE: Final[dict[Medium, Patience]] = {
    "push": Patience(receipt=timedelta(minutes=2), busy=timedelta(minutes=1), keyed=True),
    "sms": Patience(receipt=timedelta(minutes=15), busy=timedelta(minutes=5)),
    "email": Patience(receipt=timedelta(hours=24), busy=timedelta(hours=4), mute=True),
}
HELD_UP: Final = "bounce_late"
"""What is noted of a mail whose server puts it off: of that one, no bounce in a day does not mean that it arrived."""
FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(minutes=30)


class Try(msgspec.Struct, frozen=True):
    """One try on one medium. No outcome: it was begun and its end was never heard of."""

    medium: Medium
    begun_at: datetime
    outcome: Outcome | None = None
    ended_at: datetime | None = None
    code: str = ""
    receipt: Receipt | None = None
    not_before: datetime | None = None


class Send(msgspec.Struct, frozen=True, tag="send"):
    """Try this medium now."""

    medium: Medium


class Wait(msgspec.Struct, frozen=True, tag="wait"):
    """Nothing to do before `until`; something was handed to a provider already when `sent`."""

    until: datetime
    sent: bool = False


class End(msgspec.Struct, frozen=True, tag="end"):
    """The message's last word, and why."""

    status: Literal["delivered", "seen", "failed"]
    reason: str = ""


Move = Send | Wait | End


def next_move(plan: tuple[Medium, ...], tries: tuple[Try, ...], useful_until: datetime, now: datetime) -> Move:
    """What is to be done with a message whose media are `plan`, in that order.

    After `useful_until` nothing new is tried: who has not heard by then must hear of it from a person.
    """
    receipts = {one.receipt for one in tries}
    if "seen" in receipts:
        return End("seen")
    if "delivered" in receipts:
        return End("delivered")
    last = "no_medium"
    for medium in plan:
        made = [one for one in tries if one.medium == medium]
        move, last = _on(medium, made, useful_until, now) if made else (Send(medium), last)
        if isinstance(move, Send) and now >= useful_until:
            return End("failed", last if made else "too_late")
        if move is not None:
            return move
    return End("failed", last)


def _on(medium: Medium, made: list[Try], useful_until: datetime, now: datetime) -> tuple[Move | None, str]:
    """The move that this medium still has, or None and why it has none."""
    patience, latest = PATIENCE[medium], made[-1]
    if latest.receipt == "failed":
        return None, latest.code or "not_delivered"
    if latest.outcome == "accepted":
        asked = (latest.ended_at or latest.begun_at) + patience.receipt
        if now < asked:
            return Wait(asked, sent=True), ""
        if not patience.mute:
            return None, "no_receipt"
        return (None, HELD_UP) if latest.code == HELD_UP else (End("delivered", "no_bounce"), "")
    if latest.outcome == "refused":
        return None, latest.code or "refused"
    if latest.outcome == "busy":
        at = max(latest.not_before or latest.begun_at, (latest.ended_at or latest.begun_at) + wait_after(len(made)))
        if at >= min(made[0].begun_at + patience.busy, useful_until):
            return None, latest.code or "busy"
        return (Send(medium) if now >= at else Wait(at)), ""
    # Unknown, or cut short: repeated only where a key makes one of both.
    unknown = [one for one in made if one.outcome in (None, "unknown")]
    if patience.keyed and len(unknown) < 3:
        at = latest.begun_at + wait_after(len(unknown))
        return (Send(medium) if now >= at else Wait(at)), ""
    return None, "unknown_outcome"


def wait_after(tries: int) -> timedelta:
    """How long to wait after so many tries: 5 s, 10 s, 20 s ... 30 min."""
    return min(LONGEST_WAIT, FIRST_WAIT * (1 << min(tries - 1, 20)))
